package invariant

import (
	"bytes"

	"imsim/netem/packet"
)

// end is what signalling on the wire has said of a transport address for media.
type end struct {
	known     bool
	secure    bool
	framed    bool            // ICE sets connections up, and frames what they carry
	gateway   bool            // an address of a gateway, out of an H.248 reply
	passing   bool            // of a gateway, and both sides of its stream are protected: end to end, past the gateway
	protected packet.AddrPort // the other side of a guarded one
	clear     bool            // of a gateway, and SDP has offered or answered it without TLS: a peer that had asked for it gets none
	guarded   bool            // plain, and the other side of its stream is protected: an e2ae session's core leg
}

// contextKey names a stream in a context of a gateway.
type contextKey struct {
	gateway packet.Addr
	context uint32
	stream  uint32
}

// streams are the addresses of a stream's two sides.
type streams struct{ sides []packet.AddrPort }

// The ports that signalling is looked for on.
const (
	h248Port = 2944
	sipPort  = 5060
)

// signalling learns from a message as it leaves its sender.
func (s *Suite) signalling(p *packet.Packet) {
	switch {
	case p.Proto == packet.UDP && p.SrcPort == h248Port:
		s.announced(p, p.Payload.Bytes())
		s.gateway(p)
	case p.SrcPort == sipPort || p.DstPort == sipPort:
		if p.Payload.Len == 0 {
			return
		}
		b := p.Payload.Bytes()
		s.announced(p, b)
		if i := bytes.Index(b, []byte("\nc=")); i >= 0 {
			lines(b[i+1:], func(at packet.AddrPort, secure, framed bool) {
				// What a gateway has said of its own address counts for more.
				if e := s.ends[at]; e.gateway {
					e.clear = !secure && !e.secure
					s.ends[at] = e
				} else {
					s.ends[at] = end{known: true, secure: secure, framed: framed}
				}
			})
		}
	}
}

// gateway learns the addresses that a media gateway answers a command with.
func (s *Suite) gateway(p *packet.Packet) {
	t := text{b: p.Payload.Bytes(), stream: 1}
	t.locals(func(context, stream uint32, sdp []byte) {
		lines(sdp, func(at packet.AddrPort, secure, framed bool) {
			if t.alone {
				// Of the participants of a conference some may be protected and some not (C2).
				s.ends[at] = end{known: true, secure: secure, framed: framed, gateway: true}
				return
			}
			key := contextKey{p.Src, context, stream}
			st := s.contexts[key]
			if st == nil {
				st = &streams{}
				s.contexts[key] = st
				if old, full := s.recent.push(key); full {
					delete(s.contexts, old)
				}
			}
			s.ends[at] = end{known: true, secure: secure, framed: framed, gateway: true}
			known := false
			for _, o := range st.sides {
				known = known || o == at
			}
			if !known {
				st.sides = append(st.sides, at)
			}
			s.pair(st.sides)
		})
	})
}

// pair marks the plain sides of a stream that has a protected one, and the sides of a stream that has two of these.
func (s *Suite) pair(sides []packet.AddrPort) {
	protected, plain := false, false
	var secured packet.AddrPort
	for _, a := range sides {
		if s.ends[a].secure {
			protected, secured = true, a
		}
		plain = plain || !s.ends[a].secure
	}
	for _, a := range sides {
		e := s.ends[a]
		e.guarded, e.protected = protected && !e.secure, secured
		e.passing = !plain && len(sides) > 1
		s.ends[a] = e
	}
}
