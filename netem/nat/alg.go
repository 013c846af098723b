package nat

import (
	"bytes"

	"imsim/netem/packet"
	"imsim/sim"
)

// sipPort is where an ALG looks for SIP (RFC 3261 §19.1.2).
const sipPort = 5060

// gateway does to a packet's payload what the ALG is for, before its addresses are translated. i is its session, or -1 for
// a datagram that a filter lets in without one. to is what the packet's source, from inside, or destination becomes. done is
// that of a packet that does not go on now: dropped, or held for the rest of a message.
func (t *Table) gateway(now sim.Time, i int32, from Side, p *packet.Packet, to packet.AddrPort) (v Verdict, done bool) {
	if t.cfg.ALG == ALGDropTLS {
		if p.Proto == packet.TCP && beginsTLS(p.Payload) {
			return Verdict{Action: Drop, Why: "TLS is not let through"}, true
		}
		return Verdict{}, false
	}
	if p.SrcPort != sipPort && p.DstPort != sipPort {
		return Verdict{}, false
	}
	if p.Frag.IsFragment() {
		t.Stats.Unread++
		return Verdict{}, false
	}
	a := announcer{t: t, now: now, from: from, proto: p.Proto, in: p.Src, why: p.Cause, to: to}
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
		// What turns back inside has two sessions to pass: it does not wait between them.
		a.holds = from == Inside && !t.owns(p.Dst) || from == Outside && !t.owns(p.Src)
		hold, why := s.splice.segment(from, p, &a)
		if why != "" {
			return Verdict{Action: Drop, Why: why}, true
		}
		return Verdict{Action: Hold}, hold
	}
	return Verdict{}, false
}

// unread counts a message that the ALG cannot read and lets through as it is.
func (a *announcer) unread() { a.t.Stats.Unread++ }

// send lets go of a segment that was held.
func (a *announcer) send(p *packet.Packet) {
	if a.from == Inside {
		setSrc(p, a.to)
	} else {
		setDst(p, a.to)
	}
	a.t.out = append(a.t.out, Output{Kind: OutForward, Side: 1 - a.from, Packet: p, Why: p.Cause})
}

// copy copies a segment of which a part is held.
func (a *announcer) copy(p *packet.Packet) *packet.Packet {
	if a.t.Clone != nil {
		return a.t.Clone(p)
	}
	q := *p
	q.Payload.Spans = append([]packet.Span(nil), p.Payload.Spans...)
	return &q
}

// let lets go of all that is held of a connection whose endpoints begin another.
func (a *announcer) let(s *splice) { a.t.dropHeld(s) }

// dropHeld drops what is held of a connection that is over.
func (t *Table) dropHeld(s *splice) {
	if s == nil {
		return
	}
	for d := range s.dir {
		for _, p := range s.dir[d].held {
			t.out = append(t.out, Output{Kind: OutDrop, Packet: p, Text: "the rest of a message never came", Why: p.Cause})
		}
		s.dir[d].held = nil
	}
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
	to    packet.AddrPort // see gateway
	holds bool            // segments may wait
}

// signalling returns what an address in a header becomes.
func (a *announcer) signalling(at packet.AddrPort) (packet.AddrPort, bool) {
	return a.endpoint(a.proto, at)
}

// uri returns what the address of a URI becomes. It is reached over the transport that its parameter names; without one over
// UDP (RFC 3263 §4.1), and by what is too large for that over TCP (RFC 3261 §18.1.1), at the same port where it is free.
func (a *announcer) uri(at packet.AddrPort, transport []byte) (packet.AddrPort, bool) {
	switch {
	case bytes.EqualFold(transport, []byte("tcp")):
		return a.endpoint(packet.TCP, at)
	case len(transport) > 0:
		return a.endpoint(packet.UDP, at)
	}
	to, ok := a.endpoint(packet.UDP, at)
	if !ok {
		return a.endpoint(packet.TCP, at)
	}
	if a.from == Inside {
		a.t.twin(a.now, packet.TCP, at, to, a.why)
	}
	return to, ok
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
	t.announce(a.now, slot, a.why)
	return t.maps[slot].ext, true
}

// announce opens a mapping to anybody for a while.
func (t *Table) announce(now sim.Time, slot int32, why sim.Cause) {
	m := &t.maps[slot]
	m.pinhole = true
	keep := t.cfg.Timers.Opening
	if m.proto == packet.UDP {
		keep = t.cfg.Timers.UDP
	}
	if till := now.Add(keep); m.deadline == sim.Never || till > m.deadline {
		t.queue.arm(&m.timed, till, why, aMapping, slot)
	}
}

// twin announces an external endpoint for another transport too, where its port is free there.
func (t *Table) twin(now sim.Time, proto packet.Proto, in, ext packet.AddrPort, why sim.Cause) {
	if slot := t.mappingAt(proto, ext); slot >= 0 && t.maps[slot].in == in && t.maps[slot].pinhole {
		t.announce(now, slot, why)
		return
	}
	at := 0
	for t.cfg.External[at] != ext.Addr {
		at++
	}
	// A block's ports are counted: the block of another transport has none to lend.
	if t.of(proto).Allocation == Block || t.mapped >= t.cfg.MaxMappings || t.mappingOf(proto, in, packet.AddrPort{}) >= 0 ||
		has(t.ports.pools[at*transports+kindOf(proto)].used, ext.Port) {
		return
	}
	sub := t.subscriberOf(in.Addr)
	if s := &t.ports.subs[sub]; t.full(s, proto) {
		return
	}
	t.take(at, proto, ext.Port, sub)
	t.announce(now, t.newMapping(mapping{in: in, ext: ext, remote: t.remoteKey(proto, packet.AddrPort{}), proto: proto, sub: sub}, why), why)
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
