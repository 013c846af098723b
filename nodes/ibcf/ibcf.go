package ibcf

import (
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/alg"
	"imsim/nodes/protocol/sip"
	"imsim/nodes/transport"
	"imsim/sim"
)

// IBCF is an IBCF with its ALG.
type IBCF struct {
	*alg.ALG
	fwd  *transport.Forwarder
	peer packet.Addr
	home string // Route value of the own network's entry
	away string // Route value of the other network's entry
	own  string // our own Route value
	thig *thig  // nil: the topology is shown
}

// New makes an IBCF on a host.
func New(env *nodes.Env, host *netem.Host, cfg Config) (*IBCF, error) {
	peer := env.Addr(cfg.Peer)
	b := &IBCF{peer: peer.Addr, home: route(env.Addr(cfg.Home)), away: route(peer)}
	domain := cfg.Domain
	if domain == "" {
		domain = env.Domain
	}
	if nodes.Or(cfg.Hiding, true) {
		b.thig = newThig(env, domain)
	}
	var err error
	// What the UEs have agreed on with their own networks is none of the border's business: TLS passes.
	if b.ALG, err = alg.New(env, host, alg.Ix, b, cfg.Config, alg.Access{Unsupported: "transparent"}); err != nil {
		return nil, err
	}
	var s *transport.SIP
	s, b.fwd = b.SIP()
	b.own = route(s.Local)
	if b.thig != nil {
		b.thig.at(s.Local)
	}
	return b, nil
}

func route(a packet.AddrPort) string { return "<sip:" + a.String() + ";lr>" }

// outside reports a flow from or to the other network.
func (b *IBCF) outside(f sip.Flow) bool { return packet.AddrFrom(f.Remote.Addr()) == b.peer }

// Request puts a REGISTER's way back through here (TS 24.229 cl. 5.10.2.1); everything goes on.
func (b *IBCF) Request(_ sip.TxID, m *sip.Message, _ sip.Flow, _ sim.Cause) bool {
	if m.Method == sip.REGISTER {
		m.Prepend(sip.HPath, b.own)
	}
	return false
}

// Response has nothing to add.
func (b *IBCF) Response(_, _ *sip.Message, _ sim.Cause) {}

// Call says that a call from within the network is an outgoing one.
func (b *IBCF) Call(m *sip.Message, from sip.Flow) (originating bool, served *alg.Party) {
	b.Route(m, from)
	return !b.outside(from), nil
}

// Route sends what has no route of its own across the border.
func (b *IBCF) Route(m *sip.Message, from sip.Flow) {
	switch {
	case m.Has(sip.HRoute) || m.ToTag() != "":
	case b.outside(from):
		m.Add(sip.HRoute, b.home)
	default:
		m.Add(sip.HRoute, b.away)
	}
}

// NextHop returns where a request goes.
func (b *IBCF) NextHop(m *sip.Message) (sip.Flow, error) { return b.fwd.NextHop(m) }

// Timers is nil: the core's.
func (b *IBCF) Timers(sip.Flow) *sip.Timers { return nil }

// Ended lets go of what hiding a call has taken.
func (b *IBCF) Ended(callID string) {
	if b.thig != nil {
		b.thig.ended(callID)
	}
}

// Comes puts back what a message from the other network has as tokens of ours.
func (b *IBCF) Comes(m *sip.Message, from sip.Flow) {
	if b.thig != nil && b.outside(from) {
		b.thig.reveal(m)
	}
}

// Goes hides what a message would show the other network.
func (b *IBCF) Goes(m *sip.Message, to sip.Flow) *sip.Message {
	if b.thig == nil || !b.outside(to) {
		return m
	}
	c := m.Clone()
	b.thig.hide(c)
	return c
}
