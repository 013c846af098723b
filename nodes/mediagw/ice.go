package mediagw

import (
	"slices"
	"strconv"

	"imsim/netem/tcp"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/ice"
	"imsim/nodes/protocol/sdp"
	"imsim/nodes/protocol/stun"
	"imsim/sim"
)

// checks is the ICE of an endpoint: a lite agent behind one passive candidate (TS 23.334 cl. 5.18 [K], RFC 6544 §4.1). Every
// connection that comes is answered; the one that the peer nominates is the endpoint's, and counts as the SYN that the correlation
// machine waits for: before, it hears of none [I]. Its set-up is as good as held until the machine wants it answered.
type checks struct {
	lite  ice.Lite
	on    bool // ordered to answer (H.248.50: act as STUN server)
	conns []*bearer.Leg
	made  int
	won   bool
}

// maxChecks bounds the connections of an endpoint that nobody has nominated [SIM].
const maxChecks = 8

// setICE takes what Local says of ICE, and makes our side of it.
func (s *sep) setICE(f *sdp.Fragment) *h248.ErrorDescriptor {
	i, ok, choose := f.ICE()
	switch {
	case !ok && !choose:
		s.dropICE(sim.Cause{})
		return nil
	case f.Setup() != sdp.Passive && f.Setup() != sdp.ActPass:
		return fault(h248.ErrUnknownValue, "ICE lite needs a=setup:passive (RFC 6544 §4.1)")
	}
	if s.ice == nil {
		s.ice = &checks{}
	}
	x := s.ice
	if choose {
		g := s.st.gw
		if g.iceIDs == nil {
			r := g.K.Rand(g.Name + ".ice")
			g.iceIDs = &r
		}
		x.lite.Local = ice.NewCredentials(g.iceIDs)
	} else {
		x.lite.Local = i.Credentials
	}
	f.SetICE(sdp.ICE{Credentials: x.lite.Local, Lite: true, Candidates: []ice.Candidate{ice.LiteHost(s.local.Netip())}})
	return nil
}

// dropICE makes an ordinary endpoint of one with ICE, unless a connection has been selected.
func (s *sep) dropICE(why sim.Cause) {
	if s.ice == nil || s.ice.won {
		return
	}
	for _, l := range s.ice.conns {
		l.Reset(false, why)
	}
	s.ice = nil
}

// incoming takes a SYN for the candidate.
func (x *checks) incoming(s *sep, o tcp.Opening) {
	gw := s.st.gw
	if x.won || len(x.conns) >= maxChecks {
		gw.Mark(o.Why, s.term.realm, nodes.SYNDropped, o.Remote.String()) // D4
		return
	}
	gw.Work(&arrival{s, o}, 0, gw.costs.connection, sim.Processing, o.Why)
}

// arrival is a SYN that waits for the processor.
type arrival struct {
	s *sep
	o tcp.Opening
}

// WorkDone answers the SYN.
func (a *arrival) WorkDone(_ uint64, why sim.Cause) {
	s := a.s
	if s.ice == nil || s.ice.won || s.leaving {
		return
	}
	a.o.Why = why
	s.ice.made++
	l := bearer.NewLeg(&s.st.gw.Base, s.term.realm+"-check"+strconv.Itoa(s.ice.made), s)
	l.Proto = s.proto
	l.Frame(s)
	s.ice.conns = append(s.ice.conns, l)
	l.Accept(a.o, s.st.gw.tcp, !s.ice.on) // D4: before the order a SYN is held
}

// start answers checks from now on, and the SYNs that have come.
func (x *checks) start(why sim.Cause) {
	if x.on {
		return
	}
	x.on = true
	for _, l := range x.conns {
		l.ReleaseSYN(why)
	}
}

// event takes what happens on a connection that has not been nominated; false for others.
func (x *checks) event(l *bearer.Leg, ev bearer.Event, why sim.Cause) bool {
	if x == nil || !slices.Contains(x.conns, l) {
		return false
	}
	switch ev {
	case bearer.TCPFail, bearer.RstIn, bearer.TCPLost, bearer.TCPGone:
		x.conns = slices.DeleteFunc(x.conns, func(o *bearer.Leg) bool { return o == l })
	case bearer.FinIn:
		l.FIN(why)
	}
	return true
}

// frame is one that waits for the processor.
type frame struct {
	s     *sep
	l     *bearer.Leg
	frame []byte
}

// LegFrame takes a frame that is STUN, or none though its connection has not been nominated.
func (s *sep) LegFrame(l *bearer.Leg, b []byte, why sim.Cause) {
	gw := s.st.gw
	gw.Work(&frame{s, l, b}, 0, gw.costs.packet, sim.Processing, why)
}

// WorkDone answers a check.
func (f *frame) WorkDone(_ uint64, why sim.Cause) {
	s, l := f.s, f.l
	x, gw := s.ice, s.st.gw
	if x == nil || l != s.leg && !slices.Contains(x.conns, l) {
		return
	}
	if stun.IsMessage(f.frame) && stun.TypeOf(f.frame) == stun.Request {
		why = gw.Mark(why, s.term.realm, nodes.CheckReceived, "")
	}
	response, nominated, stray := x.lite.Answer(f.frame, l.Stream().Remote().Netip())
	if stray {
		l.FIN(why)
		return
	}
	if response != nil {
		l.SendFrame(response, why)
	}
	if nominated && !x.won && !s.leaving {
		x.choose(s, l, why)
	}
}

// choose makes a connection the endpoint's: ICE says where the peer is, so nothing is latched (spec reference §8.6). The machine
// sees a SYN.
func (x *checks) choose(s *sep, l *bearer.Leg, why sim.Cause) {
	x.won = true
	for _, o := range x.conns {
		if o != l {
			o.FIN(why)
		}
	}
	x.conns = nil
	s.leg, s.remote = l, l.Stream().Remote()
	l.Name = s.term.realm
	why = s.st.gw.Mark(why, s.term.realm, nodes.PairSelected, s.remote.String())
	l.Select(why)
	s.st.input(s.side, bearer.SynIn, "", why)
}

// instead carries out what is wanted of a SYN, for a connection that is up already; false for what else is wanted.
func (x *checks) instead(s *sep, o bearer.Out, why sim.Cause) bool {
	switch o.Action {
	case bearer.Hold, bearer.HoldBriefly:
		return true
	case bearer.Accept:
		s.st.input(s.side, bearer.TCPUp, "", s.st.gw.Mark(why, s.term.realm, nodes.TCPEstablished, ""))
		return true
	case bearer.Drop, bearer.Refuse:
		s.leg.Reset(false, why)
		return true
	}
	return false
}

// close ends what nobody has nominated.
func (x *checks) close() {
	for _, l := range x.conns {
		l.Reset(false, sim.Cause{})
	}
	x.conns = nil
}
