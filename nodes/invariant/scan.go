package invariant

import (
	"bytes"
	"net/netip"
	"strconv"

	"imsim/netem/packet"
)

// text walks through H.248 text (H.248.1 annex B) just far enough to find the Local descriptors in replies, and the
// context and stream that each belongs to. Only replies have the gateway's addresses in them.
type text struct {
	b       []byte
	context uint32
	stream  uint32
	alone   bool // the termination is one of an MRFP, where each connection ends
}

// locals calls found for every Local descriptor of the message.
func (t *text) locals(found func(context, stream uint32, sdp []byte)) {
	start := 0 // of the word that a brace may follow
	for i := 0; i < len(t.b); i++ {
		switch t.b[i] {
		case '"':
			n := bytes.IndexByte(t.b[i+1:], '"')
			if n < 0 {
				return
			}
			i += n + 1
		case ',', '}', '\n':
			start = i + 1
		case '{':
			name, value := split(t.b[start:i])
			start = i + 1
			switch {
			case is(name, "Context", "C"):
				t.context = number(value)
			case is(name, "Add", "A"), is(name, "Modify", "MF"), is(name, "AuditValue", "AV"):
				t.alone = bytes.HasPrefix(value, []byte("ip/mb/"))
			case is(name, "Stream", "ST"):
				t.stream = number(value)
			case is(name, "Local", "L"), is(name, "Remote", "R"):
				n := octets(t.b[i+1:])
				if n < 0 {
					return
				}
				if len(name) == 1 && name[0]|0x20 == 'l' || len(name) == 5 {
					found(t.context, t.stream, t.b[i+1:i+1+n])
				}
				i += n + 1
				start = i + 1
			}
		}
	}
}

// octets returns the length of an octet string up to its closing brace, or -1; a brace inside is escaped.
func octets(b []byte) int {
	for i, c := range b {
		if c == '}' && (i == 0 || b[i-1] != '\\') {
			return i
		}
	}
	return -1
}

// split takes "name = value" apart.
func split(b []byte) (name, value []byte) {
	name, value, _ = bytes.Cut(b, []byte{'='})
	return bytes.TrimSpace(name), bytes.TrimSpace(value)
}

func is(b []byte, long, short string) bool {
	return len(b) == len(short) && bytes.EqualFold(b, []byte(short)) || len(b) == len(long) && bytes.EqualFold(b, []byte(long))
}

func number(b []byte) uint32 {
	n, _ := strconv.ParseUint(string(b), 10, 32)
	return uint32(n)
}

// lines calls found for every media line over TCP that has an address, with whether it has TLS and whether ICE sets it up.
func lines(sdp []byte, found func(at packet.AddrPort, secure, framed bool)) {
	var session, media packet.Addr
	var port uint16
	var tcp, secure, framed, inMedia bool
	end := func() {
		a := media
		if !a.IsValid() {
			a = session
		}
		if inMedia && tcp && port != 0 && a.IsValid() {
			found(packet.AddrPort{Addr: a, Port: port}, secure, framed)
		}
	}
	for len(sdp) > 0 {
		line, rest, _ := bytes.Cut(sdp, []byte{'\n'})
		sdp = rest
		line = bytes.TrimSpace(line)
		if len(line) < 2 || line[1] != '=' {
			continue
		}
		switch line[0] {
		case 'a':
			framed = framed || inMedia && bytes.HasPrefix(line, []byte("a=candidate:")) && bytes.Contains(line, []byte(" tcptype "))
		case 'c':
			f := bytes.Fields(line[2:])
			if len(f) != 3 {
				continue
			}
			a, _ := netip.ParseAddr(string(f[2]))
			if inMedia {
				media = packet.AddrFrom(a)
			} else {
				session = packet.AddrFrom(a)
			}
		case 'm':
			end()
			f := bytes.Fields(line[2:])
			if len(f) < 3 {
				inMedia = false
				continue
			}
			p, _ := strconv.ParseUint(string(f[1]), 10, 16)
			port, inMedia, media = uint16(p), true, packet.Addr{}
			framed = false
			tcp = bytes.HasPrefix(f[2], []byte("TCP"))
			secure = tcp && bytes.Contains(f[2], []byte("/TLS"))
		}
	}
	end()
}
