package mediagw

import (
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/mrfp"
	"imsim/nodes/protocol/msrp"
	"imsim/sim"
)

// application is the partner of a participant's endpoint at an MRFP (TS 23.333 cl. 5, spec reference §1.2, §2.10): the
// gateway itself is the end of the connection. For the correlation machine it is the other SEP of the stream, one that is
// always connected, so that every row holds for a single leg as it does for two.
type application struct {
	st     *stream
	member *mrfp.Member
	ctx    *context
	label  sim.SessionID
	own    string // path with which it has joined
	why    sim.Cause
	moving bool // waits for the processor
}

// attach makes a stream that ends here.
func (g *Gateway) attach(st *stream, c *context, why sim.Cause) {
	st.app = &application{st: st, ctx: c, label: why.Session, why: why}
	st.app.reset()
}

// reset puts the application's SEP as it was when nothing had happened on the leg.
func (a *application) reset() {
	y := &a.st.m.SEP[bearer.Y]
	*y = bearer.SEP{Exists: true, Remote: true, TCPRole: bearer.Active, TCP: bearer.TCPEst, Armed: y.Armed}
}

// configured takes the paths that the controller has given, or left to us.
func (a *application) configured(x *aware) {
	if a == nil || x == nil {
		return
	}
	if a.own != x.own {
		a.leave(a.why)
		a.own = x.own
		a.member = a.ctx.conference(a.st.gw).Join(x.own, a, a.label)
	}
	if x.peer != "" {
		a.member.SetRemote(x.peer)
	}
}

// conference returns the conference of a context.
func (c *context) conference(g *Gateway) *mrfp.Conference {
	if c.conf == nil {
		if g.msrp == nil {
			g.msrp = &msrp.Endpoint{IDs: g.K.Rand(g.Name + ".switch")}
		}
		c.conf = mrfp.NewConference(g.msrp)
	}
	return c.conf
}

// through follows the through-connection of the stream.
func (a *application) through(on bool, why sim.Cause) {
	switch now := a.st.gw.K.Now(); {
	case a.member == nil:
	case on:
		a.member.Up(now, why, a.st.m.SEP[bearer.X].TCPRole == bearer.Active)
	default:
		a.member.Lost(now, why)
	}
}

// leave ends the membership.
func (a *application) leave(why sim.Cause) {
	if a != nil && a.member != nil {
		a.member.Leave(a.st.gw.K.Now(), why)
		a.member, a.own = nil, ""
	}
}

// carryOut does what the machine has decided for the application's side.
func (a *application) carryOut(o bearer.Out, why sim.Cause) {
	st := a.st
	switch o.Action {
	case bearer.FIN:
		// It has nothing more to say when it has been told that the participant has not.
		st.input(bearer.Y, bearer.FinIn, "", why)
		st.input(bearer.Y, bearer.TCPGone, "", why)
	case bearer.NotifyTCPRel:
		// both directions are closed. The controller knows the application by the participant's termination.
		if x := &st.m.SEP[bearer.X]; !x.Told && !x.Leaving {
			x.Told = true
			st.gw.notify(st.sep[bearer.X], o, why)
		}
	}
}

// retry prepares the leg for another attempt, after one that has failed (spec reference §12.2: mrf.estRetry).
func (a *application) retry() {
	s := a.st.sep[bearer.X]
	x := s.state()
	s.newLeg()
	x.TCP, x.Told = bearer.TCPIdle, false
	if x.Protected() {
		x.TLS, x.Begun = bearer.TLSIdle, false
	}
	a.reset()
}

// failed reports that the only attempt so far has come to nothing.
func (a *application) failed() bool {
	return a != nil && a.st.m.SEP[bearer.X].TCP == bearer.TCPClosed && !a.st.m.Opened && !a.st.left
}

// move gives the application what has arrived, and the leg what the application has to send.
func (a *application) move(why sim.Cause) {
	s := a.st.sep[bearer.X]
	gw := a.st.gw
	for a.st.flows(bearer.X) && a.member != nil && s.leg.Readable() > 0 {
		var p packet.Payload
		n, w := s.leg.Take(64<<10, &p, why)
		if n == 0 {
			break
		}
		a.member.Input(gw.K.Now(), w, p)
		a.drain(w)
	}
	s.leg.Settled()
	a.drain(why)
}

// drain carries out what the member wants, and wakes those that a message has been passed to.
func (a *application) drain(why sim.Cause) {
	s := a.st.sep[bearer.X]
	gw := a.st.gw
	for a.member != nil && a.st.flows(bearer.Y) {
		o, ok := a.member.Next(gw.K.Now(), s.leg.Space())
		if !ok {
			break
		}
		switch o.Kind {
		case msrp.OutSend:
			w := o.Why
			if o.Name == "SEND" {
				w = gw.Mark(w, s.name(), nodes.MSRPSendSent, "")
			}
			s.leg.Write(o.Payload, w)
		case msrp.OutReceived:
			if o.Name == "SEND" {
				gw.Mark(o.Why, s.name(), nodes.MSRPSendReceived, "")
			}
		case msrp.OutBound:
			gw.Mark(o.Why, s.name(), nodes.MSRPBound, "")
		case msrp.OutMessage:
			if o.Received > 0 {
				gw.Mark(o.Why, s.name(), nodes.MSRPSwitched, itoa(o.Code))
			}
		case msrp.OutClose:
			// RFC 4975 §7.1: the stream cannot be made sense of any more, or nobody has bound it.
			w := gw.Mark(o.Why, s.name(), nodes.MSRPFailed, o.Name)
			s.leg.Reset(false, w)
			a.st.input(bearer.X, bearer.RstIn, "not MSRP", w)
		}
	}
	if a.member != nil && a.st.flows(bearer.Y) && s.leg.Space() == 0 {
		s.leg.WantSpace()
	}
	s.armTimers(why)
	if a.ctx.conf == nil {
		return
	}
	for m := a.ctx.conf.Woken(); m != nil; m = a.ctx.conf.Woken() {
		m.Owner.(*application).wake(sim.Cause{Record: why.Record, Session: m.Session})
	}
}

// wake has a copy sent when the processor has time for it (spec reference §11.4).
func (a *application) wake(why sim.Cause) {
	if !a.moving {
		a.moving = true
		a.st.gw.Work(a, 0, a.st.gw.costs.packet, sim.Processing, why)
	}
}

// WorkDone goes on after the processor has done its part.
func (a *application) WorkDone(_ uint64, why sim.Cause) {
	a.moving = false
	if a.st.sep[bearer.X].st == a.st {
		a.drain(why)
	}
}

// deadline is the member's next timer.
func (a *application) deadline() sim.Time {
	if a == nil || a.member == nil {
		return sim.Never
	}
	return a.member.Deadline()
}

// tick runs the member's timers.
func (a *application) tick(now sim.Time) {
	if a.deadline() <= now {
		a.member.Tick(now)
		a.drain(a.why)
	}
}

// armed takes what the controller wants to hear of the application's side.
func (a *application) armed(events bearer.Armed) {
	if a != nil {
		a.st.m.SEP[bearer.Y].Armed = events
	}
}
