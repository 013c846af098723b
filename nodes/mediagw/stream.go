package mediagw

import (
	"slices"
	"time"

	"imsim/netem/packet"
	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/sim"
)

// stream connects the two endpoints of one H.248 stream. It feeds the correlation machine and carries out what the
// machine decides.
type stream struct {
	gw       *Gateway
	id       uint16
	gen      uint8   // of its connections: how many pairs of endpoints were before
	prev     *stream // in force until this one is through; nil: none
	m        bearer.Machine
	sep      [2]*sep
	queue    []input // events that came up while others were being carried out
	busy     bool
	through  bool
	changing bool         // its remote addresses, in the transaction at hand
	pairs    []pair       // relay: remote addresses of the connections before
	left     bool         // both endpoints are subtracted, and the machine knows
	splice   *splice      // nil but for a stream whose one connection passes through (fwd.splice)
	app      *application // nil but at an MRFP, where the stream ends
}

type input struct {
	side  bearer.Side
	ev    bearer.Event
	cause string
	why   sim.Cause
}

// input feeds the machine one event, and what that brings about in turn, in order.
func (st *stream) input(side bearer.Side, ev bearer.Event, cause string, why sim.Cause) {
	if st.busy {
		st.queue = append(st.queue, input{side, ev, cause, why})
		return
	}
	st.busy = true
	gw := st.gw
	var out []bearer.Out
	st.queue, out, gw.queue, gw.outs = gw.queue, gw.outs, nil, nil
	st.queue = append(st.queue, input{side, ev, cause, why})
	for i := 0; i < len(st.queue); i++ {
		in := st.queue[i]
		before := st.m
		out = st.m.Input(in.side, in.ev, in.cause, out[:0])
		if st.m != before {
			st.mixTransition(in)
		}
		for _, o := range out {
			st.carryOut(o, in.why)
		}
		st.openOrClose(in.why)
		for _, s := range st.sep {
			if s != nil {
				s.armTimers(in.why)
				if s.leaving {
					s.retire()
				}
			}
		}
	}
	clear(st.queue)
	gw.queue, gw.outs = st.queue[:0], out[:0]
	st.queue, st.busy = nil, false
}

// mixTransition adds the step to the run's fingerprint.
func (st *stream) mixTransition(in input) {
	fp := st.gw.K.Fingerprint()
	fp.Mix(sim.FpTransition, uint64(in.ev)<<8|uint64(in.side))
	for i := range st.m.SEP {
		s := &st.m.SEP[i]
		fp.Mix(sim.FpTransition, uint64(s.TCP)<<16|uint64(s.TLS)<<8|uint64(s.Timers))
	}
}

// openOrClose follows the machine's through-connection.
func (st *stream) openOrClose(why sim.Cause) {
	if st.m.Through != st.through {
		st.through = st.m.Through
		name := nodes.ThroughEnded
		if st.through {
			name = nodes.Through
		}
		why = st.gw.Mark(why, st.name(), name, "")
		if st.app != nil {
			st.app.through(st.through, why)
		}
	}
	st.takeOver(why)
	if st.through {
		st.move(bearer.X, why)
		st.move(bearer.Y, why)
	}
}

// flows reports whether user data may pass from side to its partner (§7.3).
func (st *stream) flows(side bearer.Side) bool {
	return st.through && st.m.SEP[side].Mode.Receives() && st.m.SEP[side.Other()].Mode.Sends()
}

// move passes what waits on side to the partner, as much as it takes: the rest stays, and closes the sender's window.
func (st *stream) move(side bearer.Side, why sim.Cause) {
	if st.app != nil {
		st.app.move(why)
		return
	}
	from, to := st.sep[side], st.sep[side.Other()]
	if from == nil || to == nil || !st.flows(side) {
		return
	}
	if from.aware != nil && to.aware != nil {
		st.moveAware(from, to, why)
		return
	}
	for from.leg.Readable() > 0 && st.flows(side) {
		space := to.leg.Space()
		if space == 0 {
			to.leg.WantSpace()
			return
		}
		var p packet.Payload
		n, w := from.leg.Take(space, &p, why)
		if n == 0 {
			return
		}
		// The last to come true: the octets' arrival, or what made room for them.
		to.leg.Write(p, later(w, why))
		// halfCloseTimer: restarted by data in the direction that is open (§0.4).
		if to.state().Timers&(1<<bearer.HalfClose) != 0 {
			if to.deadlines != nil {
				to.deadlines[bearer.HalfClose] = deadline{}
			}
			to.armTimers(w)
		}
	}
	from.leg.Settled()
}

// later returns the cause that was recorded last.
func later(a, b sim.Cause) sim.Cause {
	if b.Record > a.Record {
		return b
	}
	return a
}

// carryOut does one action of the machine.
func (st *stream) carryOut(o bearer.Out, why sim.Cause) {
	s := st.sep[o.Side]
	if s == nil {
		st.app.carryOut(o, why)
		return
	}
	gw := st.gw
	if s.ice != nil && s.ice.instead(s, o, why) {
		return
	}
	switch o.Action {
	case bearer.Hold, bearer.HoldBriefly, bearer.Accept:
		if o.Action == bearer.Accept && s.held() {
			s.leg.ReleaseSYN(why)
			s.opening = nil
			return
		}
		s.source(why)
		s.leg.Accept(*s.opening, gw.tcp, o.Action != bearer.Accept)
		if o.Action == bearer.Accept {
			s.opening = nil
		}
	case bearer.Drop:
		gw.Mark(why, s.name(), nodes.SYNDropped, "")
		if s.held() {
			s.leg.Forget(why)
			s.newLeg()
		}
	case bearer.Refuse:
		if s.held() {
			s.leg.RefuseSYN(why)
		} else {
			gw.Host.Refuse(*s.opening, why)
			gw.Mark(why, s.name(), nodes.RSTSent, o.Cause)
		}
	case bearer.Establish:
		s.dial(why)
	case bearer.Renew:
		s.renew(why)
	case bearer.StartClient:
		s.leg.AttachTLS(s.tlsSession(tls.Client))
		s.leg.StartTLS(why)
	case bearer.AwaitHello:
		s.leg.AttachTLS(s.tlsSession(tls.Server))
		s.leg.StartTLS(why)
	case bearer.CloseTLS:
		s.leg.CloseTLS(why)
	case bearer.FIN:
		s.leg.FIN(why)
	case bearer.Reset:
		s.leg.Reset(true, why)
	case bearer.Abort:
		s.leg.Reset(false, why)
	case bearer.Silence:
		s.leg.Forget(why)
	case bearer.BadCert:
		s.leg.FailTLS(tls.BadCertificate, why)
	case bearer.Discard:
		s.leg.DiscardInput(why)
	case bearer.Suspend:
		s.leg.Suspend()
	case bearer.NotifyTCPFail, bearer.NotifyTLSFail, bearer.NotifyTCPRel, bearer.NotifyTLSRel, bearer.NotifyUp:
		gw.notify(s, o, why)
	case bearer.Reject449:
		// The command that carried the order answers it.
	}
}

// held reports whether the leg's SYN is neither answered nor refused.
func (s *sep) held() bool { return s.leg.Stream() != nil && s.leg.Stream().Held() }

// newLeg gives the endpoint a leg without a connection.
func (s *sep) newLeg() {
	s.leg = bearer.NewLeg(&s.st.gw.Base, s.name(), s)
	s.leg.Proto = s.proto
}

// defaultTimers are the supervisory timers of §0.4, in the order of bearer.Timer.
var defaultTimers = [bearer.NumTimers]time.Duration{
	bearer.SynHold: 4 * time.Second, bearer.EstGuard: 60 * time.Second, bearer.TLSGuard: 10 * time.Second,
	bearer.FPGuard: 10 * time.Second, bearer.Rel: 2 * time.Second, bearer.HalfClose: 60 * time.Second, bearer.MergeWait: 30 * time.Second,
}

// leave carries out a subtraction: what has been accepted is passed on first, then the machine closes the legs. The
// endpoints stay until their connections have ended, and go with their ports.
func (st *stream) leave(s *sep, why sim.Cause) {
	if st.left || st.sep[s.side] != s {
		return // with its partner, or replaced, in the same transaction
	}
	ev := bearer.SubtractOne
	if o := st.sep[s.side.Other()]; o == nil || o.leaving {
		ev, st.left = bearer.SubtractBoth, true
	}
	st.end(s.side, ev, why)
}

// end passes on what has been accepted, takes no connection any more at endpoints that leave, and tells the machine.
func (st *stream) end(side bearer.Side, ev bearer.Event, why sim.Cause) {
	if st.through {
		st.move(bearer.X, why)
		st.move(bearer.Y, why)
	}
	st.app.leave(why)
	for _, o := range st.sep {
		if o != nil && o.leaving {
			o.drop(why)
			o.close()
		}
	}
	st.input(side, ev, "", why)
}

// remove takes the stream out of its context, which stays: both endpoints leave their terminations.
func (st *stream) remove(side bearer.Side, why sim.Cause) {
	if st.left {
		return // by the command for its other side
	}
	for p := st.prev; p != nil; p = p.prev {
		p.giveWay(why)
	}
	st.left = true
	for _, s := range st.sep {
		if s != nil && !s.leaving {
			s.leaving = true
			s.term.forget(s)
		}
	}
	c := st.sep[side].term.ctx
	c.streams = slices.DeleteFunc(c.streams, func(o *stream) bool { return o == st })
	st.end(side, bearer.Removed, why)
}

// forget keeps the counters of an endpoint that leaves a termination which stays.
func (t *termination) forget(s *sep) {
	t.stats.sent += uint64(s.leg.Written)
	t.stats.received += uint64(s.leg.Read)
	t.seps = slices.DeleteFunc(t.seps, func(o *sep) bool { return o == s })
}
