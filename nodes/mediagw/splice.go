package mediagw

import (
	"time"

	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/sim"
)

// splice is mode fwd with one TCP connection (spec reference §2.1, fwd.splice [I]): segments pass as in mode relay, and the
// gateway follows the handshake and the end of the connection, so that it knows the direction, and can report.
type splice struct {
	st     *stream
	opener bearer.Side // the passive endpoint: its peer opens
	state  spliceState
	fin    [2]bool   // a FIN has come in on that side
	gone   bool      // another connection has followed: this one passes until at
	at     sim.Time  // estGuard, synTimeout, or the end of relayLinger
	why    sim.Cause // of at
}

type spliceState uint8

const (
	awaitSYN spliceState = iota
	awaitAnswer
	awaitACK
	spliceUp
	spliceOver
)

// spliced makes one connection of a stream, as soon as it is known that it has a direction and nobody ends TCP here; it
// reports whether the stream is of that kind.
func (st *stream) spliced(why sim.Cause) bool {
	if st.splice != nil {
		return true
	}
	if st.gw.cfg.Fwd != "splice" {
		return false
	}
	opener, found := bearer.X, false
	for side, s := range st.sep {
		x := &st.m.SEP[side]
		switch {
		case s == nil || s.leaving || s.secure || s.relay != nil || !x.Remote:
			return false
		case x.TCPRole == bearer.Passive && x.TCP <= bearer.TCPHeld && x.Link&(bearer.FwdLate|bearer.FwdEarly) != 0:
			opener, found = bearer.Side(side), true
		case x.TCPRole != bearer.Active || x.TCP != bearer.TCPIdle:
			return false
		}
	}
	if !found {
		return false
	}
	sp := &splice{st: st, opener: opener, at: sim.Never}
	st.splice = sp
	for side, s := range st.sep {
		if s.held() {
			// A SYN that was early (F6): its repetition passes.
			s.leg.Forget(why)
			s.newLeg()
		}
		x := &st.m.SEP[side]
		x.TCP, x.Timers = bearer.TCPIdle, 0
		st.gw.Host.Unlisten(s.local)
		s.relay = &relay{s: s}
		st.gw.Host.Relay(s.local, s.relayPacket)
		s.armTimers(why)
	}
	sp.wait(st.gw.timers[bearer.EstGuard], why) // F7
	return true
}

// wait sets the splice's deadline; zero stops it.
func (sp *splice) wait(d time.Duration, why sim.Cause) {
	sp.at, sp.why = sim.Never, why
	if d > 0 {
		sp.at = sp.st.gw.K.Now().Add(d)
	}
	sp.st.sep[sp.opener].armTimers(why)
}

// linger passes the connection on for relayLinger, as a relay does (spec reference §2.11), so that its ends can close it.
func (sp *splice) linger(why sim.Cause) {
	sp.wait(sp.st.gw.relayLinger, why)
	sp.gone = true
}

// fire reports a connection that has not come up, or ends one that another has followed.
func (sp *splice) fire() {
	if sp.gone {
		why := sp.st.gw.Waited(sp.why, "relayLinger")
		sp.at = sim.Never
		sp.over(why)
		sp.st.end(bearer.X, bearer.Removed, why)
		return
	}
	why := sp.st.gw.Waited(sp.why, "estGuard")
	side := sp.opener // F7
	if sp.state != awaitSYN {
		side = side.Other() // F2
	}
	sp.state = spliceOver
	sp.wait(0, why)
	sp.report(side, bearer.NotifyTCPFail, "timeout", why)
}

// admits says whether a segment may pass: a SYN only in the agreed direction (F5), and nothing that the source filter
// rejects (F4) or that has another source than the latched one (E-27).
func (sp *splice) admits(s *sep, p *packet.Packet) bool {
	gw := sp.st.gw
	from := packet.AddrPort{Addr: p.Src, Port: p.SrcPort}
	syn := p.TCP.Flags&(packet.SYN|packet.ACK) == packet.SYN
	ok := true
	switch {
	case s.latched && from != s.remote:
		s.term.stats.latchMismatch++
		ok = false
	case s.filter && from.Addr != s.remote.Addr:
		s.term.stats.filtered++
		ok = false
	case syn && s.side != sp.opener:
		ok = false
	}
	if !ok && syn {
		gw.Mark(p.Cause, s.name(), nodes.SYNDropped, from.String())
	}
	return ok
}

// follow takes a segment that came in on a side and passes on.
func (sp *splice) follow(side bearer.Side, p *packet.Packet) {
	gw := sp.st.gw
	f := p.TCP.Flags
	leg := func(s bearer.Side) string { return sp.st.sep[s].name() }
	switch {
	case f.Has(packet.RST) && sp.state != spliceOver:
		was := sp.state
		p.Cause = gw.Mark(p.Cause, leg(side), nodes.RSTReceived, "")
		sp.over(p.Cause)
		if was < spliceUp {
			gw.Mark(p.Cause, leg(side), nodes.TCPFailed, "refused") // F1
			sp.report(side, bearer.NotifyTCPFail, "refused", p.Cause)
		} else {
			sp.report(side, bearer.NotifyTCPRel, "reset", p.Cause) // F8
		}
	case f&(packet.SYN|packet.ACK) == packet.SYN && sp.state == awaitSYN:
		sp.state = awaitAnswer
		sp.wait(gw.tcp.ConnectTimeout, p.Cause)
	case f.Has(packet.SYN|packet.ACK) && side != sp.opener && sp.state == awaitAnswer:
		sp.state = awaitACK
		p.Cause = gw.Mark(p.Cause, leg(side), nodes.SYNACKReceived, "")
	case f.Has(packet.ACK) && side == sp.opener && sp.state == awaitACK:
		sp.state = spliceUp
		sp.wait(0, p.Cause)
		for s := range sp.st.sep {
			p.Cause = gw.Mark(p.Cause, leg(bearer.Side(s)), nodes.TCPEstablished, "")
		}
		p.Cause = gw.Mark(p.Cause, sp.st.name(), nodes.Through, "")
		sp.st.takeOver(p.Cause)
	}
	if f.Has(packet.FIN) && !sp.fin[side] && sp.state != spliceOver {
		sp.fin[side] = true
		p.Cause = gw.Mark(p.Cause, leg(side), nodes.FINReceived, "")
		if sp.fin[side.Other()] {
			sp.over(p.Cause)
			sp.report(side, bearer.NotifyTCPRel, "normal", p.Cause) // F9
		}
	}
}

func (sp *splice) over(why sim.Cause) {
	if sp.state == spliceUp {
		sp.st.gw.Mark(why, sp.st.name(), nodes.ThroughEnded, "")
	}
	sp.state = spliceOver
	if !sp.gone { // the last acknowledgements of one that is followed still pass
		sp.wait(0, why)
	}
}

// report tells the controller, where it has asked for that.
func (sp *splice) report(side bearer.Side, a bearer.Action, cause string, why sim.Cause) {
	s := sp.st.sep[side]
	armed := bearer.ArmTCPFail
	if a == bearer.NotifyTCPRel {
		armed = bearer.ArmTCPRel
	}
	if s.state().Armed&armed != 0 && !s.leaving {
		sp.st.gw.notify(s, bearer.Out{Side: side, Action: a, Cause: cause}, why)
	}
}
