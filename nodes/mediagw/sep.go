package mediagw

import (
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/sim"
)

// sep is one stream endpoint at run time: the address it owns, what the controller has configured, and the leg that
// carries its connection. What is decided about it is decided by the stream's correlation machine.
type sep struct {
	st   *stream
	term *termination
	slot uint32 // argument of the gateway's timer events
	side bearer.Side

	local  packet.AddrPort
	remote packet.AddrPort // as signalled, or latched
	proto  string

	request   uint32 // of the Events descriptor, for notifications
	latch     bool   // take the source of the first SYN for the remote address (H.248.37)
	latched   bool
	filter    bool // gm/saf: only from the signalled address
	secure    bool // the line's protocol has TLS
	wantsFP   bool // the controller asked for our fingerprint
	wantsIdle bool // and for a report where nothing comes to latch onto
	opened    bool // opening waits for the processor
	moving    bool // a transfer waits for the processor
	listening bool
	leaving   bool // subtracted
	renewals  uint8
	retired   bool
	fps       []tls.Fingerprint
	leg       *bearer.Leg
	next, old *bearer.Leg  // of a connection that replaces the leg's when it is up (E-28), and of the one that it replaced
	oldEnd    deadline     // relTimer of old
	opening   *tcp.Opening // the SYN at hand; nil once it has been answered
	aware     *aware       // nil where the gateway need not know the application
	ice       *checks      // nil without ICE
	deadlock  deadline     // of latching; zero: none runs
	punch     *punch       // nil but on a SEP that punches holes (H.248.84)
	missed    bool         // it has punched in vain, and waits for its controller to say what next

	deadlines *deadlines // nil while no timer runs
	timer     sim.Timer
	relay     *relay
}

// deadlines are those of an endpoint's timers. Endpoints take turns with them, as most run none while a call lasts.
type deadlines [bearer.NumTimers]deadline

type deadline struct {
	at  sim.Time
	why sim.Cause
}

// Work arguments of a sep.
const (
	workOpen = iota
	workMove
)

// state returns the machine's view of the endpoint.
func (s *sep) state() *bearer.SEP { return &s.st.m.SEP[s.side] }

// Incoming takes a SYN for the endpoint's port that belongs to no connection.
func (s *sep) Incoming(o tcp.Opening) {
	gw := s.st.gw
	if s.ice != nil {
		s.ice.incoming(s, o)
		return
	}
	if s.opened || s.punch != nil || s.missed || !s.admit(o.Remote) {
		// D4, F4, E-27: silently. So is what does not meet a punching SEP's own SYN (§8.5).
		gw.Mark(o.Why, s.name(), nodes.SYNDropped, o.Remote.String())
		return
	}
	s.opening, s.opened = &o, true
	gw.Work(s, workOpen, gw.costs.connection, sim.Processing, o.Why)
}

// admit says whether a SYN from that source may be looked at.
func (s *sep) admit(from packet.AddrPort) bool {
	switch {
	case s.latched && s.state().TCP != bearer.TCPIdle:
		// E-27: first packet only.
		if from != s.remote {
			s.term.stats.latchMismatch++
			return false
		}
	case s.latches() || !s.remote.Addr.IsValid():
		// H.248.37, RFC 7362: the source of the first SYN is the remote address.
	case s.filter && from.Addr != s.remote.Addr:
		// F4: gm/saf without latch.
		s.term.stats.filtered++
		return false
	}
	return true
}

// WorkDone goes on after the processor has done its part.
func (s *sep) WorkDone(arg uint64, why sim.Cause) {
	switch arg {
	case workOpen:
		s.opened = false
		s.opening.Why = why
		s.st.input(s.side, bearer.SynIn, "", why)
	case workMove:
		s.moving = false
		s.st.move(s.side, why)
	}
}

// LegEvent passes what happens on the leg to the correlation machine.
func (s *sep) LegEvent(l *bearer.Leg, ev bearer.Event, cause string, why sim.Cause) {
	if s.ice.event(l, ev, why) {
		return
	}
	if l == s.next && l != nil {
		s.renewal(ev, why)
		return
	}
	if l == s.old && ev == bearer.TCPGone && s.leaving {
		s.retire()
	}
	if l != s.leg || s.st.sep[s.side] != s {
		return
	}
	if s.aware.waits(s, ev, cause, why) {
		return
	}
	if ev == bearer.TCPFail && s.punch.again(s, cause, why) {
		return
	}
	if x := s.state(); ev == bearer.FinIn && (x.TLS == bearer.TLSEst || x.TLS == bearer.TLSCNSent) {
		s.term.stats.truncated++
	}
	if ev == bearer.TLSUp || ev == bearer.HandshakeUp {
		s.state().TLS13 = l.TLS().Info().Version == tls.TLS13
	}
	s.st.input(s.side, ev, cause, why)
}

// LegReadable moves user data to the partner, when the processor has time for it.
func (s *sep) LegReadable(l *bearer.Leg, why sim.Cause) {
	if l != s.leg || s.moving || !s.st.flows(s.side) {
		return
	}
	s.moving = true
	s.st.gw.Work(s, workMove, s.st.gw.costs.packet, sim.Processing, why)
}

// LegWritable goes on with what the partner holds back.
func (s *sep) LegWritable(l *bearer.Leg, why sim.Cause) {
	if l == s.leg {
		s.st.move(s.side.Other(), why)
	}
}

// armTimers brings the deadlines in line with the machine's set of running timers.
func (s *sep) armTimers(why sim.Cause) {
	if s.retired {
		return
	}
	gw := s.st.gw
	earliest := sim.Never
	on := s.state().Timers
	switch {
	case s.deadlines == nil && on != 0:
		s.deadlines = gw.lendDeadlines()
	case s.deadlines != nil && on == 0:
		*s.deadlines = deadlines{}
		gw.idle, s.deadlines = append(gw.idle, s.deadlines), nil
	}
	if s.deadlines != nil {
		earliest = s.deadlines.set(on, gw, why)
	}
	if s.punch != nil {
		earliest = min(earliest, s.punch.next)
	}
	if s.old != nil && s.oldEnd.at != 0 {
		earliest = min(earliest, s.oldEnd.at)
	}
	if s.deadlock.at != 0 {
		earliest = min(earliest, s.deadlock.at)
	}
	if sp := s.st.splice; sp != nil && s.side == sp.opener {
		earliest = min(earliest, sp.at)
	}
	gw.K.Arm(&s.timer, gw.Entity, s.slot, min(earliest, s.st.app.deadline()))
}

// set brings the deadlines in line with the set of running timers and returns the earliest.
func (ds *deadlines) set(running uint8, gw *Gateway, why sim.Cause) (earliest sim.Time) {
	earliest = sim.Never
	for t := range bearer.NumTimers {
		d := &ds[t]
		switch on := running&(1<<t) != 0; {
		case on && d.at == 0:
			*d = deadline{gw.K.Now().Add(gw.timers[t]), why}
		case !on:
			*d = deadline{}
		}
		if d.at != 0 && d.at < earliest {
			earliest = d.at
		}
	}
	return earliest
}

// lendDeadlines returns deadlines of which none is set.
func (g *Gateway) lendDeadlines() *deadlines {
	n := len(g.idle)
	if n == 0 {
		return &deadlines{}
	}
	d := g.idle[n-1]
	g.idle = g.idle[:n-1]
	return d
}

// fire handles the timers that are due.
func (s *sep) fire() {
	gw := s.st.gw
	now := gw.K.Now()
	if s.punch != nil && s.punch.next <= now {
		s.punch.retry(s)
	}
	s.endOld(now)
	if d := s.deadlock; d.at != 0 && d.at <= now {
		s.deadlocked()
	}
	if sp := s.st.splice; sp != nil && s.side == sp.opener && sp.at <= now {
		sp.fire()
	}
	for t := range bearer.NumTimers {
		if s.deadlines == nil {
			break
		}
		if d := s.deadlines[t]; d.at != 0 && d.at <= now {
			s.deadlines[t] = deadline{}
			s.st.input(s.side, bearer.TimerEvent(t), "", gw.Waited(d.why, t.String()))
		}
	}
	s.st.app.tick(now)
	s.armTimers(sim.Cause{})
}

// tlsSession makes the endpoint's session, as client or server.
func (s *sep) tlsSession(role tls.Role) tls.Session {
	gw := s.st.gw
	lowest, highest := gw.cfg.TLS.Versions()
	gw.sessions++
	c := tls.Config{
		Role: role, MinVersion: lowest, MaxVersion: highest, Certificate: gw.cfg.TLS.Shows(gw.certificate), Fingerprints: s.fps,
		Suites: gw.cfg.TLS.CipherSuites(), AllowSHA1: gw.cfg.TLS.AllowSHA1, Costs: gw.costs.crypto, Unique: gw.unique + gw.sessions,
	}
	if gw.env.Tamper != nil {
		gw.env.Tamper(gw.Name, &c)
	}
	return gw.env.Engine.NewSession(c)
}
