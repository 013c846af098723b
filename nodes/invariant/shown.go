package invariant

import (
	"bytes"
	"crypto/sha1" // a fingerprint may be one, and then the nodes decide whether it counts
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"slices"

	"imsim/netem/packet"
	"imsim/sim"
)

// What a gateway's peer shows for a certificate stands on the wire in clear in TLS 1.2 (RFC 5246 §7.4.2), and so does what SDP has
// said of it. The two are compared here once more, whatever the gateway makes of them. In TLS 1.3 the certificate is
// encrypted, and only milestones tell.

// proof is what has been seen of the certificate of a protected leg's peer.
type proof struct {
	seen bool // it was in clear
	good bool // SDP has announced it, in this session
}

// maxHandshake bounds what is kept of a handshake.
const maxHandshake = 16 << 10

// handshakes reads the handshake messages that arrive on a protected leg, up to the certificate.
type handshakes struct {
	in   []byte // not yet a whole record
	hand []byte // not yet a whole message
}

// announced notes the fingerprints of a message's SDP, or that some may be cut off by the end of a fragment or segment.
func (s *Suite) announced(p *packet.Packet, b []byte) {
	id := p.Cause.Session
	if id%s.every != 0 {
		return // its packets are not looked at
	}
	if p.Frag.More {
		s.doubtful[id] = true
	}
	for {
		i := bytes.Index(b, fingerprintLine)
		if i < 0 {
			for n := 1; n < min(len(fingerprintLine), len(b)); n++ {
				if bytes.HasPrefix(fingerprintLine, b[len(b)-n:]) && p.Proto == packet.TCP {
					s.doubtful[id] = true
				}
			}
			return
		}
		b = b[i+len(fingerprintLine):]
		line, _, whole := bytes.Cut(b, []byte{'\n'})
		if !whole {
			s.doubtful[id] = true
		}
		if f := bytes.Fields(line); len(f) == 2 {
			if p := string(bytes.ToUpper(f[1])); len(s.prints[id]) < 16 && !slices.Contains(s.prints[id], p) {
				s.prints[id] = append(s.prints[id], p)
			}
		}
	}
}

var fingerprintLine = []byte("a=fingerprint:")

// proves goes through what arrives at a gateway on a protected leg.
func (s *Suite) proves(f *flow, p *packet.Packet) {
	h := f.peer
	if p.TCP.Seq != f.arrived { // lost, late or said again
		if int32(p.TCP.Seq-f.arrived) > 0 {
			f.peer = nil // a gap: nothing is known
		}
		return
	}
	for _, sp := range p.Payload.Spans {
		if sp.Bytes == nil || len(h.in)+len(h.hand) > maxHandshake {
			f.peer = nil
			return
		}
		h.in = append(h.in, sp.Bytes[:sp.Len]...)
	}
	for len(h.in) >= 5 {
		n := 5 + int(h.in[3])<<8 + int(h.in[4])
		if h.in[0] != handshake {
			f.peer = nil
			return
		}
		if len(h.in) < n {
			return
		}
		h.hand = append(h.hand, h.in[5:n]...)
		h.in = h.in[n:]
		for len(h.hand) >= 4 {
			m := 4 + int(h.hand[1])<<16 + int(h.hand[2])<<8 + int(h.hand[3])
			if len(h.hand) < m {
				break
			}
			if h.hand[0] == certificateMessage {
				s.proofs[f.key.local] = proof{true, s.known(certificateOf(h.hand[4:m]), f.session)}
				f.peer = nil
				return
			}
			h.hand = h.hand[m:]
		}
	}
}

const certificateMessage = 11

// certificateOf returns the first certificate of a message's list (RFC 5246 §7.4.2), nil for none.
func certificateOf(b []byte) []byte {
	if len(b) < 6 {
		return nil
	}
	if n := int(b[3])<<16 | int(b[4])<<8 | int(b[5]); n <= len(b)-6 {
		return b[6 : 6+n]
	}
	return nil
}

// known reports whether SDP has announced a certificate in the session.
func (s *Suite) known(der []byte, id sim.SessionID) bool {
	if s.doubtful[id] {
		return true // or it may be; nobody can tell
	}
	if der == nil {
		return false
	}
	a, b, c, d := sha1.Sum(der), sha256.Sum256(der), sha512.Sum384(der), sha512.Sum512(der)
	for _, sum := range [][]byte{a[:], b[:], c[:], d[:]} {
		var text []byte
		for i, x := range sum {
			if i > 0 {
				text = append(text, ':')
			}
			text = append(text, bytes.ToUpper(hex.AppendEncode(nil, []byte{x}))...)
		}
		for _, p := range s.prints[id] {
			if p == string(text) {
				return true
			}
		}
	}
	return false
}

// betrayed reports a protected leg whose peer has shown a certificate that nobody has announced.
func (s *Suite) betrayed(leg packet.AddrPort) bool {
	p := s.proofs[leg]
	return p.seen && !p.good
}
