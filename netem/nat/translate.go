package nat

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// outbound translates a packet from inside to a remote endpoint.
func (t *Table) outbound(now sim.Time, p *packet.Packet, src, remote packet.AddrPort) Verdict {
	i, v := t.openOut(now, p, src, remote)
	if i < 0 {
		return v
	}
	s := &t.sess[i]
	if p.Proto == packet.TCP {
		if why := t.track(now, i, Inside, p); why != "" {
			return Verdict{Action: Drop, Why: why}
		}
		if len(t.held) > 0 && p.TCP.Flags.Has(packet.SYN) {
			t.crossed(t.maps[s.m].ext, remote)
		}
	} else {
		t.refresh(now, i, Inside, p.Cause)
	}
	ext := t.maps[s.m].ext
	if t.cfg.ALG != ALGNone {
		if v, done := t.gateway(now, i, Inside, p, ext); done {
			return v
		}
	}
	if p.TCP.Flags.Has(packet.RST) && p.Proto == packet.TCP && t.cfg.ResetCloses {
		t.endSession(now, i)
	}
	setSrc(p, ext)
	t.Stats.Out++
	return Verdict{Action: Forward}
}

// openOut finds or makes the session of a packet from inside; -1 and the verdict if it is not let through.
func (t *Table) openOut(now sim.Time, p *packet.Packet, src, remote packet.AddrPort) (int32, Verdict) {
	i := t.findOut(p.Proto, src, remote)
	if i >= 0 && !t.renewed(now, i, p) {
		return i, Verdict{}
	}
	if p.Proto == packet.TCP {
		switch f := p.TCP.Flags; {
		case f.Has(packet.SYN) && !f.Has(packet.ACK):
		// RFC 7857 §2.2: an RST opens nothing.
		case f.Has(packet.RST):
			return -1, Verdict{Action: Drop, Why: "RST of no connection"}
		case t.cfg.UnmatchedInside != Pickup:
			return -1, answer(t.cfg.UnmatchedInside, "no connection")
		}
	} else if p.Proto != packet.UDP && !isEcho(p) {
		return -1, Verdict{Action: Drop, Why: "echo reply that nobody asked for"}
	}
	slot := t.mappingOf(p.Proto, src, remote)
	if slot < 0 && t.cfg.ALG == ALGSIP {
		slot = t.pinholeOf(p.Proto, src)
	}
	if slot < 0 {
		var ok bool
		if slot, ok = t.addMapping(now, p.Proto, src, remote, p.Cause); !ok {
			t.Stats.OverQuota++
			return -1, answer(t.cfg.OverQuota, "no port left")
		}
	}
	if i = t.addSession(slot, remote, p.Cause); i < 0 {
		if t.maps[slot].sessions == 0 {
			t.removeMapping(now, slot)
		}
		t.Stats.OverQuota++
		return -1, answer(t.cfg.OverQuota, "no room for a session")
	}
	return i, Verdict{}
}

// renewed takes away the mapping of a connection that is over where the next one has another: connection-dependent
// mapping.
func (t *Table) renewed(now sim.Time, i int32, p *packet.Packet) bool {
	if t.of(packet.TCP).MappingBehavior != ConnectionDependent || p.Proto != packet.TCP || !opens(p) || !t.sess[i].tcp.over() {
		return false
	}
	t.endSession(now, i)
	return true
}

// inbound translates a packet from outside, or does not.
func (t *Table) inbound(now sim.Time, p *packet.Packet, remote, ext packet.AddrPort) Verdict {
	slot, v := t.admit(now, p, remote, ext)
	if slot < 0 {
		return v
	}
	if t.cfg.ALG != ALGNone {
		if v, done := t.gateway(now, t.findIn(p.Proto, ext, remote), Outside, p, t.maps[slot].in); done {
			return v
		}
	}
	setDst(p, t.maps[slot].in)
	t.Stats.In++
	v.Action = Forward
	if p.Proto == packet.TCP && p.TCP.Flags.Has(packet.RST) && t.cfg.ResetCloses {
		t.endSession(now, t.findIn(p.Proto, ext, remote))
	}
	return v
}

// admit returns the mapping by which a packet for an external endpoint is let in, or -1 and what becomes of it.
func (t *Table) admit(now sim.Time, p *packet.Packet, remote, ext packet.AddrPort) (int32, Verdict) {
	if i := t.findIn(p.Proto, ext, remote); i >= 0 {
		slot := t.sess[i].m
		if p.Proto != packet.TCP {
			t.refresh(now, i, Outside, p.Cause)
			return slot, Verdict{}
		}
		if t.of(packet.TCP).FilteringBehavior == ConnectionDependent && opens(p) && t.sess[i].tcp.over() {
			return t.unsolicited(now, p, "filtered")
		}
		if why := t.track(now, i, Outside, p); why != "" {
			return -1, Verdict{Action: Drop, Why: why}
		}
		return slot, Verdict{}
	}
	slot := t.mappingAt(p.Proto, ext)
	if slot < 0 {
		if t.forDMZ(p, ext) {
			return t.toHost(now, p, remote, ext)
		}
		if !t.owns(ext.Addr) || p.Proto != packet.TCP && p.Proto != packet.UDP && isEcho(p) {
			return -1, Verdict{Action: Local}
		}
		return t.unsolicited(now, p, "no mapping")
	}
	// RFC 7857 §6: what is filtered refreshes nothing.
	if !t.passes(slot, remote) {
		return t.unsolicited(now, p, "filtered")
	}
	if p.Proto != packet.TCP && !t.toDMZ(&t.maps[slot]) {
		// A session would be state that anybody outside can make; the mapping is all that this packet needs.
		t.maps[slot].both = true
		if t.cfg.RefreshInbound && !t.cfg.RefreshSessions {
			m := &t.maps[slot]
			t.queue.arm(&m.timed, now.Add(t.idle(m)), p.Cause, aMapping, slot)
		}
		return slot, Verdict{}
	}
	if p.Proto == packet.TCP && !opens(p) {
		return t.unsolicited(now, p, "no connection")
	}
	if t.cfg.Contest == ContestFiltered && t.findOut(p.Proto, t.maps[slot].in, remote) >= 0 {
		return t.unsolicited(now, p, "another mapping has the connection")
	}
	i := t.addSession(slot, remote, p.Cause)
	if i < 0 {
		t.Stats.OverQuota++
		return -1, Verdict{Action: Drop, Why: "no room for a session"}
	}
	t.begin(now, i, p)
	return slot, Verdict{}
}

// begin notes the first packet of a session from outside.
func (t *Table) begin(now sim.Time, i int32, p *packet.Packet) {
	if p.Proto == packet.TCP {
		t.track(now, i, Outside, p)
		return
	}
	s := &t.sess[i]
	m := &t.maps[s.m]
	m.both = true
	switch at := now.Add(t.idle(m)); {
	case t.cfg.RefreshSessions:
		t.queue.arm(&s.timed, at, p.Cause, aSession, i)
	case m.deadline == sim.Never || t.cfg.RefreshInbound:
		t.queue.arm(&m.timed, at, p.Cause, aMapping, s.m)
	}
}

// passes reports whether a mapping's filter lets in a remote endpoint without session (RFC 4787 §5, RFC 5382 REQ-3).
func (t *Table) passes(slot int32, remote packet.AddrPort) bool {
	if m := &t.maps[slot]; m.pinhole || m.dmz || t.toDMZ(m) {
		return true
	}
	switch t.of(t.maps[slot].proto).FilteringBehavior {
	case EndpointIndependent:
		return true
	case EndpointAddrDependent:
		for i := t.maps[slot].sessions; i != 0; i = t.sess[i-1].next {
			if t.sess[i-1].remote.Addr == remote.Addr {
				return true
			}
		}
	}
	return false
}

// unsolicited decides what is said to a packet from outside that is not let in.
func (t *Table) unsolicited(now sim.Time, p *packet.Packet, why string) (int32, Verdict) {
	t.Stats.Unsolicited++
	switch {
	case p.Proto == packet.UDP:
		return -1, answer(t.cfg.UnsolicitedUDP, why)
	case p.Proto != packet.TCP || p.TCP.Flags.Has(packet.RST):
		return -1, Verdict{Action: Drop, Why: why}
	case !opens(p):
		return -1, answer(t.cfg.UnmatchedOutside, why)
	case t.cfg.Unsolicited == PortUnreachable6s:
		return -1, t.hold(now, p, why)
	}
	return -1, answer(t.cfg.Unsolicited, why)
}

func answer(a Answer, why string) Verdict {
	if a == Silent {
		return Verdict{Action: Drop, Why: why}
	}
	return Verdict{Action: Refuse, Answer: a, Why: why}
}

// hairpin translates a packet from inside to an external endpoint: out, and in again (RFC 4787 §6, RFC 5382 REQ-8).
func (t *Table) hairpin(now sim.Time, p *packet.Packet, src, ext packet.AddrPort) Verdict {
	if t.of(p.Proto).Hairpinning == HairpinNone {
		// What has no way through is for a NAT's own address, whichever side it comes from.
		if p.Proto == packet.TCP && t.cfg.Unsolicited == PortUnreachable6s {
			return Verdict{Action: Drop, Why: "no hairpinning"}
		}
		_, v := t.unsolicited(now, p, "no hairpinning")
		return v
	}
	static := t.fixed && t.staticOf(ext.Addr, true) >= 0
	// RFC 5508 REQ-6: an echo request to an external address has no mapping to go to and is for the NAT.
	if isEcho(p) && !static {
		return Verdict{Action: Local}
	}
	was := src
	if v := t.outbound(now, p, src, ext); v.Action != Forward {
		return v
	}
	if static {
		t.arrive(p, t.staticOf(ext.Addr, true))
	} else if v := t.inbound(now, p, packet.AddrPort{Addr: p.Src, Port: p.SrcPort}, ext); v.Action != Forward {
		return v
	}
	if t.of(p.Proto).Hairpinning == HairpinInternal {
		setSrc(p, was)
	}
	t.Stats.Hairpins++
	return Verdict{Action: Turn}
}

// idle is how long a mapping that is not TCP lives without traffic.
func (t *Table) idle(m *mapping) (d time.Duration) {
	switch {
	case m.proto != packet.UDP:
		return t.cfg.Timers.ICMP
	case m.both:
		return t.cfg.Timers.UDP
	}
	return t.cfg.Timers.UDPInit
}

// refresh notes a packet of a UDP or ICMP session (RFC 4787 §4.3, REQ-6: outbound always, inbound where configured).
func (t *Table) refresh(now sim.Time, i int32, from Side, why sim.Cause) {
	s := &t.sess[i]
	m := &t.maps[s.m]
	if from == Outside {
		m.both = true
		if !t.cfg.RefreshInbound {
			return
		}
	}
	at := now.Add(t.idle(m))
	if t.cfg.RefreshSessions {
		t.queue.arm(&s.timed, at, why, aSession, i)
		return
	}
	t.queue.arm(&m.timed, at, why, aMapping, s.m)
}
