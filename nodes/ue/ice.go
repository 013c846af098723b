package ue

import (
	"net/netip"
	"slices"
	"strconv"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/ice"
	"imsim/nodes/protocol/sdp"
	"imsim/nodes/protocol/stun"
	"imsim/sim"
)

// checks is the ICE of a message line (RFC 6544): a full agent, and the connections that it opens and is opened to. Which of them
// carries the media is the agent's to find out; a=setup is left to say who is TLS client (RFC 6544 §4.4).
type checks struct {
	m       *media
	on      bool // both sides do ICE
	bad     bool // the peer's default destination is none of its candidates
	begun   bool
	mine    ice.Credentials
	peer    sdp.ICE
	agent   ice.Agent
	legs    []*bearer.Leg // by the agent's numbers
	early   []*bearer.Leg // opened to us before we know whom from; their SYNs are held
	made    int
	pumping bool
}

// gather makes our candidates, and listens at the passive one from the moment that they are sent (RFC 6544 §5).
func (m *media) gather() {
	u := m.c.u
	if u.ice == nil {
		r := u.K.Rand(u.Name + ".ice")
		u.ice = &r
	}
	u.port() // of the simultaneous-open candidate
	m.ice = &checks{m: m, mine: ice.NewCredentials(u.ice)}
}

func (x *checks) candidates() []ice.Candidate { return ice.Hosts(x.m.local.Netip()) }

// describe writes our side into a line.
func (x *checks) describe(l sdp.Line) {
	switch {
	case x == nil:
	case x.bad:
		l.Add(sdp.AttrICEMismatch, "")
	default:
		l.SetICE(sdp.ICE{Credentials: x.mine, Candidates: x.candidates()})
	}
}

// readICE takes the peer's side. Without ICE there the line is an ordinary one, from now on.
func (m *media) readICE(l sdp.Line, why sim.Cause) {
	x := m.ice
	if x == nil {
		return
	}
	if x.peer, x.on, x.bad = l.ICE(); !x.on && !x.bad {
		x.close(why)
		m.ice = nil
	}
}

// used reports that connections to us are those of checks, or may be.
func (x *checks) used() bool { return x != nil && !x.bad && (x.on || !x.m.agreed) }

// begin starts the checks: the answer has been received or sent.
func (x *checks) begin(why sim.Cause) {
	if x.begun {
		return
	}
	x.begun = true
	u := x.m.c.u
	x.agent.Start(u.K.Now(), why, ice.Config{
		Controlling: x.m.offerer || x.peer.Lite, PeerLite: x.peer.Lite, Local: x.candidates(), Remote: x.peer.Candidates,
		Mine: x.mine, Theirs: x.peer.Credentials, TieBreaker: u.ice.Uint64(), IDs: u.ice,
	})
	for _, l := range x.early {
		l.ReleaseSYN(why)
	}
	x.pump()
	x.m.c.wake()
}

// incoming takes a SYN for the passive candidate; before the checks have begun it is held.
func (x *checks) incoming(o tcp.Opening) {
	u := x.m.c.u
	if x.m.shut || x.m.leg != nil {
		u.Host.Refuse(o, o.Why)
		return
	}
	l := x.newLeg()
	l.Accept(o, u.tcpConfig(), !x.begun)
	x.early = append(x.early, l)
}

// event takes what happens on connections of which it is not known yet whether they will do; false for the selected one.
func (x *checks) event(l *bearer.Leg, ev bearer.Event, why sim.Cause) bool {
	if l == x.m.leg {
		return false
	}
	now := x.m.c.u.K.Now()
	n := slices.Index(x.legs, l)
	switch ev {
	case bearer.TCPUp:
		if i := slices.Index(x.early, l); i >= 0 {
			x.early = slices.Delete(x.early, i, i+1)
			s := l.Stream()
			x.set(x.agent.Accepted(s.Local().Netip(), s.Remote().Netip()), l)
		} else if n >= 0 {
			x.agent.Connected(why, n)
		}
	case bearer.TCPFail, bearer.RstIn, bearer.TCPLost, bearer.FinIn, bearer.TCPGone:
		if ev == bearer.FinIn {
			l.FIN(why)
		}
		if n >= 0 {
			x.agent.Lost(now, why, n)
		}
	}
	x.pump()
	x.m.c.wake()
	return true
}

// newLeg makes a leg for a connection that may be the one: until it is, it has a name of its own.
func (x *checks) newLeg() *bearer.Leg {
	x.made++
	l := bearer.NewLeg(&x.m.c.u.Base, "check"+strconv.Itoa(x.made), x.m)
	l.Frame(x.m)
	return l
}

func (x *checks) set(n int, l *bearer.Leg) {
	for len(x.legs) <= n {
		x.legs = append(x.legs, nil)
	}
	x.legs[n] = l
}

// LegFrame takes a frame that is STUN, or none though no pair has been selected.
func (m *media) LegFrame(l *bearer.Leg, frame []byte, why sim.Cause) {
	x := m.ice
	if n := slices.Index(x.legs, l); n >= 0 && !m.shut {
		x.agent.Received(m.c.u.K.Now(), why, n, frame)
		x.pump()
		m.c.wake()
	}
}

// pump carries out what the agent wants.
func (x *checks) pump() {
	if x.pumping {
		return
	}
	x.pumping = true
	u, m := x.m.c.u, x.m
	for {
		o, ok := x.agent.Next()
		if !ok || m.shut {
			break
		}
		switch o.Kind {
		case ice.OutDial:
			l := x.newLeg()
			x.set(o.Conn, l)
			if l.Dial(addrPort(o.Local), addrPort(o.Remote), u.tcpConfig(), o.Why) != nil {
				x.agent.Lost(u.K.Now(), o.Why, o.Conn)
			}
		case ice.OutSend:
			why := o.Why
			if t := stun.TypeOf(o.Frame); t == stun.Request {
				why = u.Mark(why, "", nodes.CheckSent, "")
			}
			x.legs[o.Conn].SendFrame(o.Frame, why)
		case ice.OutClose:
			x.drop(x.legs[o.Conn], o.Why)
		case ice.OutSelected:
			m.leg = x.legs[o.Conn]
			m.leg.Name = ""
			u.Host.Unlisten(m.local)
			why := u.Mark(o.Why, "", nodes.PairSelected, o.Remote.String())
			why = u.Mark(why, "", nodes.TCPEstablished, "")
			m.connected(why)
			m.leg.Select(why)
		case ice.OutFailed:
			m.c.mediaLost("ice", u.Mark(o.Why, "", nodes.TCPFailed, "ice"))
		}
	}
	x.pumping = false
}

// drop ends a connection that is not the one.
func (x *checks) drop(l *bearer.Leg, why sim.Cause) {
	switch {
	case l == nil:
	case l.Up():
		l.FIN(why)
	default:
		l.Forget(why)
	}
}

// close ends all connections but the selected one, which is the line's.
func (x *checks) close(why sim.Cause) {
	if x == nil {
		return
	}
	for _, l := range append(x.legs, x.early...) {
		if l != x.m.leg {
			x.drop(l, why)
		}
	}
}

func (x *checks) deadline() sim.Time {
	if x == nil || x.m.shut {
		return sim.Never
	}
	return x.agent.Deadline()
}

func (x *checks) tick(now sim.Time) {
	if x.deadline() <= now {
		x.agent.Tick(now, x.m.c.u.Waited(x.agent.TimerCause(), "ice.timer"))
		x.pump()
	}
}

func addrPort(a netip.AddrPort) packet.AddrPort {
	return packet.AddrPort{Addr: packet.AddrFrom(a.Addr()), Port: a.Port()}
}
