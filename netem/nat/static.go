package nat

import (
	"errors"
	"fmt"

	"imsim/netem/packet"
	"imsim/sim"
)

// checkStatic checks addresses that are translated one to one, and the DMZ host.
func (c *Config) checkStatic() error {
	none := packet.Addr{}
	switch {
	case len(c.Static) > 0 && c.Mode == NATModeNAT1To1:
		return errors.New("nat: static addresses are beside a pool: one to one has none")
	case c.DMZ != none && c.Mode == NATModeNAT1To1:
		return errors.New("nat: a DMZ host needs mappings: one to one has none")
	}
	for i, s := range c.Static {
		switch {
		case s.In == none || s.Ext == none || s.In.Is4() != s.Ext.Is4():
			return fmt.Errorf("nat: %v cannot be %v outside: two addresses of one family are needed", s.In, s.Ext)
		case s.In == c.DMZ:
			return fmt.Errorf("nat: the DMZ host %v has an address of its own", s.In)
		}
		for _, o := range c.Static[:i] {
			if o.In == s.In || o.Ext == s.Ext {
				return fmt.Errorf("nat: %v as %v: one of the two is there twice", s.In, s.Ext)
			}
		}
		for _, a := range c.External {
			if a == s.Ext {
				return fmt.Errorf("nat: %v is in the pool: a static address must not be", s.Ext)
			}
		}
	}
	return nil
}

// staticOf returns the number of an address that is translated one to one, or -1.
func (t *Table) staticOf(a packet.Addr, ext bool) int {
	for i := range t.cfg.Static {
		if s := &t.cfg.Static[i]; ext && s.Ext == a || !ext && s.In == a {
			return i
		}
	}
	if t.cfg.Mode == NATModeNAT1To1 {
		is := t.cfg.Internal
		if ext {
			is = t.cfg.External
		}
		for i := range is {
			if is[i] == a {
				return i
			}
		}
	}
	return -1
}

// becomes returns the other address of a static one.
func (t *Table) becomes(n int, ext bool) packet.Addr {
	switch {
	case t.cfg.Mode == NATModeNAT1To1 && ext:
		return t.cfg.External[n]
	case t.cfg.Mode == NATModeNAT1To1:
		return t.cfg.Internal[n]
	case ext:
		return t.cfg.Static[n].Ext
	}
	return t.cfg.Static[n].In
}

// static translates addresses one to one, without state (RFC 2663 §4.1.1: basic NAT). ok is false for packets of others.
func (t *Table) static(now sim.Time, from Side, p *packet.Packet) (v Verdict, ok bool) {
	if from == Outside {
		if n := t.staticOf(p.Dst, true); n >= 0 {
			t.arrive(p, n)
			t.Stats.In++
			return Verdict{Action: Forward}, true
		}
	} else if n := t.staticOf(p.Src, false); n >= 0 {
		was := p.Src
		becomes := t.becomes(n, true)
		if p.IsICMPError() {
			rewriteQuote(p, false, packet.AddrPort{Addr: becomes}, true)
		}
		p.Src = becomes
		if !t.owns(p.Dst) {
			t.Stats.Out++
			return Verdict{Action: Forward}, true
		}
		return t.turnStatic(now, p, was), true
	}
	if t.cfg.Mode == NATModeNAT1To1 {
		return Verdict{Action: Drop, Why: "no static address"}, true
	}
	return Verdict{}, false
}

// arrive brings a packet to the host that has an external address to itself.
func (t *Table) arrive(p *packet.Packet, n int) {
	in := t.becomes(n, false)
	if p.IsICMPError() {
		rewriteQuote(p, true, packet.AddrPort{Addr: in}, true)
	}
	p.Dst = in
}

// turnStatic brings what a static host sends to an external address back in (RFC 4787 §6).
func (t *Table) turnStatic(now sim.Time, p *packet.Packet, was packet.Addr) Verdict {
	if t.of(p.Proto).Hairpinning == HairpinNone {
		return Verdict{Action: Drop, Why: "no hairpinning"}
	}
	if n := t.staticOf(p.Dst, true); n >= 0 {
		t.arrive(p, n)
	} else {
		v := Verdict{}
		if p.Frag.IsFragment() {
			v = t.fragment(now, Outside, p)
		} else {
			v = t.whole(now, Outside, p)
		}
		if v.Action != Forward {
			return v
		}
	}
	if t.of(p.Proto).Hairpinning == HairpinInternal {
		p.Src = was
	}
	t.Stats.Hairpins++
	return Verdict{Action: Turn}
}

// toDMZ reports whether a mapping is the DMZ host's: anybody may come in.
func (t *Table) toDMZ(m *mapping) bool { return t.cfg.DMZ != (packet.Addr{}) && m.in.Addr == t.cfg.DMZ }

// forDMZ reports whether a packet from outside that has no mapping is for the DMZ host.
func (t *Table) forDMZ(p *packet.Packet, ext packet.AddrPort) bool {
	if t.cfg.DMZ == (packet.Addr{}) || !t.owns(ext.Addr) || ext.Addr.Is4() != t.cfg.DMZ.Is4() {
		return false
	}
	return p.Proto == packet.UDP || p.Proto == packet.TCP && opens(p)
}

// toHost makes a mapping for a packet from outside that goes to the DMZ host, port kept.
func (t *Table) toHost(now sim.Time, p *packet.Packet, remote, ext packet.AddrPort) (int32, Verdict) {
	in := packet.AddrPort{Addr: t.cfg.DMZ, Port: ext.Port}
	sub := t.subscriberOf(in.Addr)
	s := &t.ports.subs[sub]
	if t.mapped >= t.cfg.MaxMappings || t.byDst.n >= t.cfg.MaxSessions || t.full(s, p.Proto) {
		t.Stats.OverQuota++
		return -1, Verdict{Action: Drop, Why: "no room for a mapping"}
	}
	at := 0
	for t.cfg.External[at] != ext.Addr {
		at++
	}
	t.take(at, p.Proto, ext.Port, sub)
	slot := t.newMapping(mapping{in: in, ext: ext, proto: p.Proto, sub: sub, dmz: true}, p.Cause)
	t.begin(now, t.addSession(slot, remote, p.Cause), p)
	return slot, Verdict{}
}
