package mediagw

import (
	"bytes"
	"slices"

	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// A controller that has agreed on a new connection from end to end (RFC 4145 §5, spec reference §2.11 fwd/modification) asks
// for a new port on each side of the stream. The gateway then has two pairs of endpoints for it: the one in force, and its
// successor, which is set up by the same rules as the first pair was. When the successor is through, it takes over, and the old
// pair is closed as a removed stream is: make before break. [SIM]

// reached finds the termination's endpoint of a stream that a command is about: the one there is, its successor where Local
// asks for a port, or its predecessor where Local goes back to that one's.
func (g *Gateway) reached(t *termination, s *sep, in *h248.Stream, after *[]func(), why sim.Cause) (*sep, *h248.ErrorDescriptor) {
	if in.Local == nil || s.relay != nil && s.st.splice == nil || s.st.app != nil {
		return s, nil
	}
	if s.missed && bytes.Contains(in.Local, []byte(" $ ")) {
		return s, s.anew()
	}
	if bytes.Contains(in.Local, []byte(" $ ")) && s.st.begun() {
		return g.successor(t, s)
	}
	if p := s.predecessor(); p != nil {
		if f, err := sdp.ParseFragment(string(in.Local)); err == nil && f.Port == p.local.Port {
			s.giveBack(p, after, why)
			return p, nil
		}
	}
	return s, nil
}

// begun reports whether anything has happened on the stream that another connection would have to go beside.
func (st *stream) begun() bool {
	return st.splice != nil || st.m.SEP[bearer.X].TCP > bearer.TCPHeld || st.m.SEP[bearer.Y].TCP > bearer.TCPHeld
}

// successor makes the endpoint that is to follow s, configured as s is until the command says otherwise.
func (g *Gateway) successor(t *termination, s *sep) (*sep, *h248.ErrorDescriptor) {
	local, ok := g.local(t.realm)
	if !ok {
		return nil, fault(h248.ErrInsufficientResources, "Insufficient resources: no free port")
	}
	next := t.ctx.successor(s.st)
	if next == nil {
		next = &stream{gw: g, id: s.st.id, prev: s.st, gen: s.st.gen + 1}
		next.m.Policy, next.m.Table = g.policy, g.table
		t.ctx.streams = append(t.ctx.streams, next)
	}
	x := s.state()
	n := &sep{
		st: next, term: t, local: local, side: s.side, proto: s.proto, request: s.request,
		latch: s.latch, filter: s.filter, secure: s.secure, wantsFP: s.wantsFP,
	}
	g.place(n)
	next.m.SEP[n.side] = bearer.SEP{Exists: true, Mode: x.Mode, Armed: x.Armed, Link: x.Link, Aware: x.Aware}
	t.seps[slices.Index(t.seps, s)] = n
	t.ctx.old = append(t.ctx.old, s)
	return n, nil
}

// successor returns the stream that is to follow st, or nil.
func (c *context) successor(st *stream) *stream {
	for _, o := range c.streams {
		if o.prev == st {
			return o
		}
	}
	return nil
}

// predecessor returns the endpoint that s is to follow, or nil.
func (s *sep) predecessor() *sep {
	if s.st.prev == nil {
		return nil
	}
	return s.st.prev.sep[s.side]
}

// giveBack goes back from a successor that is not through to the endpoint before it: the offer that asked for it was refused
// (RFC 3261 §14.1: the session stays as it was).
func (s *sep) giveBack(p *sep, after *[]func(), why sim.Cause) {
	c := s.term.ctx
	s.term.seps[slices.Index(s.term.seps, s)] = p
	c.old = slices.DeleteFunc(c.old, func(o *sep) bool { return o == p })
	c.streams = slices.DeleteFunc(c.streams, func(o *stream) bool { return o == s.st })
	s.leaving = true
	*after = append(*after, func() { s.st.leave(s, why) })
}

// takeOver ends the streams before this one: it is through, or nobody is to connect any more (holdconn).
func (st *stream) takeOver(why sim.Cause) {
	hold := st.m.SEP[bearer.X].TCPRole == bearer.HoldConn && st.m.SEP[bearer.Y].TCPRole == bearer.HoldConn
	up := st.through || st.splice != nil && st.splice.state == spliceUp
	if st.prev == nil || !up && !hold {
		return
	}
	for p := st.prev; p != nil; p = p.prev {
		p.giveWay(why)
	}
	st.prev = nil
}

// giveWay closes the connections of a stream that another has followed.
func (st *stream) giveWay(why sim.Cause) {
	if st.left {
		return
	}
	st.left = true
	var c *context
	for _, s := range st.sep {
		if s != nil {
			s.leaving, c = true, s.term.ctx
		}
	}
	if c != nil {
		c.streams = slices.DeleteFunc(c.streams, func(o *stream) bool { return o == st })
	}
	if st.splice != nil {
		st.splice.linger(why)
		return
	}
	st.end(bearer.X, bearer.Removed, why)
	for _, s := range st.sep {
		if s != nil {
			s.leg.DiscardInput(why) // a sender that has not heard yet sends it again on the new connection
		}
	}
}

// spare reports whether another pair of endpoints can still carry the stream, or comes to carry it: what happens to this one
// is then no news for the controller. [SIM]
func (st *stream) spare(c *context) bool {
	return st.app == nil && slices.ContainsFunc(c.streams, func(o *stream) bool {
		return o != st && o.id == st.id && !o.left && o.m.SEP[bearer.X].TCP != bearer.TCPClosed && o.m.SEP[bearer.Y].TCP != bearer.TCPClosed
	})
}

// name is the leg's name in milestones; that of a connection to come is one ahead.
func (s *sep) name() string {
	return nodes.LegName(s.term.realm, int(s.st.id), int(s.st.gen+s.renewals))
}

// name is what stands for the leg in milestones of the stream as a whole.
func (st *stream) name() string { return nodes.LegName("", int(st.id), int(st.gen)) }

// pair is the two remote addresses of a relayed connection.
type pair struct {
	remote [2]packet.AddrPort
	until  sim.Time // while it is still passed on, once another has followed: relayLinger
}

// readdress notes that a relayed stream is to have other remote addresses once the transaction is done: the connection
// between those that it has now is passed on for relayLinger (spec reference §2.11 relay/modification).
func (st *stream) readdress(after *[]func()) {
	if st.changing {
		return
	}
	st.changing = true
	was := st.remotes()
	*after = append(*after, func() {
		st.changing = false
		st.pairs = append(st.pairs, pair{was, st.gw.K.Now().Add(st.gw.relayLinger)})
	})
}

func (st *stream) remotes() (r [2]packet.AddrPort) {
	for side, s := range st.sep {
		if s != nil {
			r[side] = s.remote
		}
	}
	return r
}

// onto returns where a relayed segment that came from an address on one side goes on the other; ok is false for one of a
// connection whose time is over.
func (st *stream) onto(side bearer.Side, from packet.AddrPort) (to packet.AddrPort, ok bool) {
	other := st.sep[side.Other()].remote
	if from == st.sep[side].remote {
		return other, true
	}
	for i := len(st.pairs) - 1; i >= 0; i-- {
		if p := &st.pairs[i]; p.remote[side] == from {
			return p.remote[side.Other()], st.gw.K.Now() < p.until
		}
	}
	return other, true
}
