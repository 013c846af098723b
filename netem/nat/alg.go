package nat

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// sipPort is where an ALG looks for SIP (RFC 3261 §19.1.2).
const sipPort = 5060

// gateway does to a packet's payload what the ALG is for, before its addresses are translated. i is its session, or -1 for
// a datagram that a filter lets in without one. why is not empty if the packet must be dropped.
func (t *Table) gateway(now sim.Time, i int32, from Side, p *packet.Packet, ext packet.AddrPort) (why string) {
	if t.cfg.ALG == ALGDropTLS {
		if p.Proto == packet.TCP && beginsTLS(p.Payload) {
			return "TLS is not let through"
		}
		return ""
	}
	if p.SrcPort != sipPort && p.DstPort != sipPort || p.Frag.IsFragment() {
		return ""
	}
	a := announcer{t: t, now: now, from: from, proto: p.Proto, in: p.Src, why: p.Cause}
	switch {
	case p.Proto == packet.UDP && p.Payload.Len > 0:
		if msg := p.Payload.Bytes(); isSIP(msg) {
			if out, ok := rewriteSIP(msg, &a); ok {
				p.Payload = packet.PayloadOf(out)
			}
		}
	case p.Proto == packet.TCP && i >= 0:
		s := &t.sess[i]
		if s.splice == nil {
			s.splice = &splice{}
		}
		return s.splice.segment(from, p, &a)
	}
	return ""
}

// beginsTLS reports whether a payload begins with a TLS handshake record (RFC 8446 §5.1).
func beginsTLS(p packet.Payload) bool {
	if p.Len < 3 || len(p.Spans) == 0 || len(p.Spans[0].Bytes) < 3 {
		return false
	}
	b := p.Spans[0].Bytes
	return b[0] == 22 && b[1] == 3 && b[2] <= 4
}

// announcer is who knows what an address in a message becomes.
type announcer struct {
	t     *Table
	now   sim.Time
	from  Side
	proto packet.Proto // of the message
	in    packet.Addr  // of its sender
	why   sim.Cause
}

// signalling returns what an address in a header becomes.
func (a *announcer) signalling(at packet.AddrPort) (packet.AddrPort, bool) {
	return a.endpoint(a.proto, at)
}

// endpoint translates an announced endpoint: from inside, the sender's own becomes its mapping's, which is made and kept
// open for anybody; from outside, ours becomes the inside one.
func (a *announcer) endpoint(proto packet.Proto, at packet.AddrPort) (packet.AddrPort, bool) {
	t := a.t
	if a.from == Outside {
		if slot := t.mappingAt(proto, at); slot >= 0 && t.owns(at.Addr) {
			return t.maps[slot].in, true
		}
		return at, false
	}
	// Only what is the sender's own: nobody opens a way to others.
	if at.Addr != a.in || at.Port == 0 {
		return at, false
	}
	slot := t.mappingOf(proto, at, packet.AddrPort{})
	if slot < 0 {
		var ok bool
		if slot, ok = t.addMapping(a.now, proto, at, packet.AddrPort{}, a.why); !ok {
			t.Stats.OverQuota++
			return at, false
		}
	}
	m := &t.maps[slot]
	m.pinhole = true
	keep := t.cfg.Timers.Opening
	if proto == packet.UDP {
		keep = t.cfg.Timers.UDP
	}
	if till := a.now.Add(keep); m.deadline == sim.Never || till > m.deadline {
		t.queue.arm(&m.timed, till, a.why, aMapping, slot)
	}
	return m.ext, true
}

// address translates an address that is announced without a port: what any endpoint of the sender would have.
func (a *announcer) address(at packet.Addr) (packet.Addr, bool) {
	if a.from == Outside || at != a.in {
		return at, false
	}
	if n := a.t.ports.subs[a.t.subscriberOf(at)].pool; n >= 0 {
		return a.t.cfg.External[n], true
	}
	return at, false
}

// pinholeOf returns the mapping that an ALG has announced for an inside endpoint, or -1.
func (t *Table) pinholeOf(proto packet.Proto, in packet.AddrPort) int32 {
	if t.of(proto).MappingBehavior == EndpointIndependent {
		return -1 // that has been found
	}
	h := hash2(proto, in, packet.AddrPort{})
	for i := t.byIn.first(h); i >= 0; i = t.byIn.after(i) {
		if m := &t.maps[i]; t.byIn.hash[i] == h && m.proto == proto && m.in == in && m.pinhole && m.remote == (packet.AddrPort{}) {
			return i
		}
	}
	return -1
}
