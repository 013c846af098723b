package pcscf

import (
	"fmt"
	"time"

	"imsim/internal/units"
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sip"
	"imsim/nodes/transport"
	"imsim/sim"
)

// PCSCF is a P-CSCF with IMS-ALG.
type PCSCF struct {
	nodes.Base
	cfg   Config
	env   *nodes.Env
	sip   *transport.SIP
	fwd   *transport.Forwarder
	h248  *transport.H248
	home  sip.Flow
	homed string // Route value of the home network's entry

	access      map[packet.Addr]bool // addresses of registering UEs; membership only
	users       map[string]*user     // by contact URI
	calls       map[string]*call     // by Call-ID
	byTx        map[sip.TxID]*call   // client transactions of INVITEs
	orders      map[h248.TransactionID]*order
	ctx         map[h248.ContextID]*call
	events      uint32 // numbers Events descriptors
	fingerprint string // the gateway's, as last heard: lines of calls share its text

	refreshes map[sip.TxID]refresh // by client transaction
	timed     []*call              // by timer slot; nil: gone
}

// New makes a P-CSCF on a host.
func New(env *nodes.Env, host *netem.Host, cfg Config) (*PCSCF, error) {
	p := &PCSCF{
		cfg: cfg, env: env, access: map[packet.Addr]bool{}, users: map[string]*user{}, calls: map[string]*call{},
		byTx: map[sip.TxID]*call{}, orders: map[h248.TransactionID]*order{}, ctx: map[h248.ContextID]*call{},
		refreshes: map[sip.TxID]refresh{},
	}
	p.Base = nodes.NewBase(env.K, host, cfg.Costs.Processors, env.Obs, p)
	cost := time.Duration(nodes.Or(cfg.Costs.Message, units.Duration(2*time.Millisecond)))
	var err error
	if p.sip, err = transport.NewSIP(&p.Base, transport.SIPConfig{Core: true, Cost: cost, TimerC: transport.TimerC, Session: env.SessionOf}, p); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	p.fwd = transport.NewForwarder(p.sip)
	home := env.Addr(cfg.Home)
	p.home = p.sip.FlowTo(home)
	p.homed = "<sip:" + home.String() + ";lr>"
	style := h248.Pretty
	if cfg.H248Encoding == "compact" {
		style = h248.Compact
	}
	p.h248, err = transport.NewH248(&p.Base, h248.Config{
		Role: h248.MGC, Style: style, ColdStart: true,
		ReqRetx: time.Duration(cfg.H248.Retransmit), TMax: time.Duration(cfg.H248.TMax),
		LongTimer: time.Duration(cfg.H248.LongTimer),
	}, env.Net.Node(cfg.Gateway), cost, p)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	return p, nil
}

// Calls returns the number of calls in progress.
func (p *PCSCF) Calls() int { return len(p.calls) }

// fromAccess reports whether a message came from a UE of ours.
func (p *PCSCF) fromAccess(f sip.Flow) bool { return p.access[packet.AddrFrom(f.Remote.Addr())] }

// SIPRequest takes a request from a UE or from the home network.
func (p *PCSCF) SIPRequest(tx sip.TxID, m *sip.Message, from sip.Flow, why sim.Cause) {
	if !p.fwd.Enter(tx, m, why) {
		return
	}
	if m.Method == sip.REGISTER {
		p.register(tx, m, from, why)
		return
	}
	c := p.calls[m.CallID()]
	switch {
	case m.Method == sip.INVITE && m.ToTag() == "" && c == nil:
		p.invite(tx, m, from, why)
	case m.Method == sip.BYE && c != nil:
		c.bye(tx, m, why)
	case c != nil && m.Method == sip.INVITE:
		c.reinvite(tx, m, why)
	case c != nil && m.Method == sip.UPDATE:
		c.refresh(tx, m, from, why)
	default:
		p.pass(tx, m, from, why)
	}
}

// pass sends a request on by its Route, or towards the home network.
func (p *PCSCF) pass(tx sip.TxID, m *sip.Message, from sip.Flow, why sim.Cause) {
	if !m.Has(sip.HRoute) && p.fromAccess(from) && m.ToTag() == "" {
		m.Add(sip.HRoute, p.homed)
	}
	to, err := p.nextHop(m)
	if err != nil {
		p.fwd.Refuse(tx, m, 404, why)
		return
	}
	to.Timers = p.timersTo(to)
	p.fwd.Forward(tx, m, to, why)
}

// timersTo returns the timer set for a next hop: towards a UE the P-CSCF has the UE's (TS 24.229 table 7.7.1).
func (p *PCSCF) timersTo(to sip.Flow) *sip.Timers {
	if p.fromAccess(to) {
		return &sip.UETimers
	}
	return nil
}

// SIPResponse takes a response to a request that went through, or to one of our own.
func (p *PCSCF) SIPResponse(tx sip.TxID, m *sip.Message, why sim.Cause) {
	if c := p.byTx[tx]; c != nil {
		c.response(tx, m, why)
		return
	}
	server, ok := p.fwd.Back(tx, m, why)
	if !ok {
		return
	}
	if r, ok := p.refreshes[tx]; ok && m.Status >= 200 {
		delete(p.refreshes, tx)
		if m.Status < 300 {
			r.c.renew(m, r.asked, why)
		}
	}
	if r := p.sip.Layer.RequestOf(server); r != nil && r.Method == sip.REGISTER {
		p.registered(r, m, why)
	}
	p.sip.Respond(server, m, why)
}

// SIPAck passes the ACK of a 2xx on.
func (p *PCSCF) SIPAck(m *sip.Message, from sip.Flow, why sim.Cause) {
	if p.fwd.Enter(0, m, why) {
		p.pass(0, m, from, why)
	}
}

// SIPCancel passes a CANCEL on, or ends a call that has not gone on yet. One that crosses the final response comes too
// late (RFC 3261 §9.1): that response goes back, and the caller ends what it did not want any more by BYE.
func (p *PCSCF) SIPCancel(tx sip.TxID, m *sip.Message, why sim.Cause) {
	if p.fwd.Client(tx) != 0 {
		p.fwd.Cancel(tx, m, why)
		return
	}
	if c := p.calls[m.CallID()]; c != nil && c.server == tx && c.client == 0 {
		c.refuse(487, why)
	}
}

// SIPFailed answers for a next hop that does not.
func (p *PCSCF) SIPFailed(tx sip.TxID, status int, why sim.Cause) {
	if c := p.byTx[tx]; c != nil {
		delete(p.byTx, tx)
		p.fwd.Failed(tx, status, why)
		if c.changing(tx) {
			c.change.takeBack(why)
			return
		}
		c.end(why)
		return
	}
	delete(p.refreshes, tx)
	p.fwd.Failed(tx, status, why)
}
