package alg

import (
	"fmt"
	"slices"
	"time"

	"imsim/internal/units"
	"imsim/netem"
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sip"
	"imsim/nodes/transport"
	"imsim/sim"
)

// ALG is what P-CSCF and IBCF have in common; they embed it.
type ALG struct {
	nodes.Base
	env  *nodes.Env
	cfg  settings
	on   Interface
	node Node
	sip  *transport.SIP
	fwd  *transport.Forwarder
	h248 *transport.H248

	calls       map[string]*call   // by Call-ID
	byTx        map[sip.TxID]*call // client transactions of INVITEs
	orders      map[h248.TransactionID]*order
	ctx         map[h248.ContextID]*call
	events      uint32 // numbers Events descriptors
	fingerprint string // the gateway's, as last heard: lines of calls share its text

	refreshes map[sip.TxID]refresh // by client transaction
	timed     []*call              // by timer slot; nil: gone
	falling   []*fall              // those that have had to wait, by their slots; nil: gone

	control control
}

// settings are all keys that the ALG knows; what has no place at a node is left out there.
type settings struct {
	Config
	Access
}

// Node is the network function around an ALG: it knows users and routes.
type Node interface {
	// Request takes a request that is none of the ALG's business, and reports whether it is one.
	Request(tx sip.TxID, m *sip.Message, from sip.Flow, why sim.Cause) (taken bool)
	// Response sees the response to a request that does not concern a call's bearer, before it is passed on.
	Response(request, m *sip.Message, why sim.Cause)
	// Call tells of the INVITE of a new call whether it comes from the served side, and which served party it concerns, nil
	// where none is known. It sees to the route.
	Call(m *sip.Message, from sip.Flow) (originating bool, served *Party)
	// Route sees to the route of any other request that is to go on.
	Route(m *sip.Message, from sip.Flow)
	// NextHop returns where a request goes.
	NextHop(m *sip.Message) (sip.Flow, error)
	// Ended is told that a call is over.
	Ended(callID string)
	// Timers returns the timer set for a next hop, nil for the core's.
	Timers(to sip.Flow) *sip.Timers
}

// Party is what an ALG needs to know of a served user.
type Party struct {
	Flow      sip.Flow // over which it registered
	BehindNAT bool     // the source of its REGISTER is not its contact
	Media     []string // media security mechanisms that it and the network have both announced
}

// can reports whether both sides announced a mechanism (TS 23.334 cl. 6.2.10.3.1.2.1 step 1).
func (u *Party) can(mechanism string) bool { return u != nil && slices.Contains(u.Media, mechanism) }

// Interface is what an ALG controls its gateway over.
type Interface uint8

// The interfaces.
const (
	Iq Interface = iota // IMS-ALG and IMS-AGW (TS 23.334)
	Ix                  // IBCF and TrGW (TS 29.162)
)

// realm returns the name of the side of a gateway that a leg is on: the served side is the access network or, on Ix, the
// network's own inside (spec reference §0.3).
func (i Interface) realm(served bool) string {
	switch {
	case i == Ix && served:
		return "internal"
	case i == Ix:
		return "external"
	case served:
		return "access"
	}
	return "core"
}

// New makes the ALG of a node on a host. A node that is a transport.Border has its way with messages.
func New(env *nodes.Env, host *netem.Host, on Interface, node Node, cfg Config, access Access) (*ALG, error) {
	p := &ALG{
		env: env, cfg: settings{cfg, access}, on: on, node: node, calls: map[string]*call{},
		byTx: map[sip.TxID]*call{}, orders: map[h248.TransactionID]*order{}, ctx: map[h248.ContextID]*call{},
		refreshes: map[sip.TxID]refresh{},
	}
	p.Base = nodes.NewBase(env.K, host, cfg.Costs.Processors, env.Obs, p)
	cost := time.Duration(nodes.Or(cfg.Costs.Message, units.Duration(2*time.Millisecond)))
	border, _ := node.(transport.Border)
	var err error
	if p.sip, err = transport.NewSIP(&p.Base, transport.SIPConfig{Core: true, Cost: cost, TimerC: transport.TimerC, Session: env.SessionOf, Border: border}, p); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	p.fwd = transport.NewForwarder(p.sip)
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

// SIP returns the node's SIP stack and its proxy core.
func (p *ALG) SIP() (*transport.SIP, *transport.Forwarder) { return p.sip, p.fwd }

// Calls returns the number of calls in progress.
func (p *ALG) Calls() int { return len(p.calls) }

// SIPRequest takes a request from either side.
func (p *ALG) SIPRequest(tx sip.TxID, m *sip.Message, from sip.Flow, why sim.Cause) {
	if !p.fwd.Enter(tx, m, why) {
		return
	}
	if p.node.Request(tx, m, from, why) {
		return
	}
	c := p.calls[m.CallID()]
	if c != nil {
		c.counted(m)
	}
	switch {
	case m.Method == sip.INVITE && m.ToTag() == "" && c == nil:
		p.invite(tx, m, from, why)
	case m.Method == sip.BYE && c != nil:
		c.bye(tx, m, why)
	case c != nil && m.Method == sip.INVITE:
		c.reinvite(tx, m, from, why)
	case c != nil && m.Method == sip.UPDATE:
		c.refresh(tx, m, from, why)
	default:
		p.pass(tx, m, from, why)
	}
}

// pass sends a request on by its route.
func (p *ALG) pass(tx sip.TxID, m *sip.Message, from sip.Flow, why sim.Cause) {
	p.node.Route(m, from)
	to, err := p.node.NextHop(m)
	if err != nil {
		p.fwd.Refuse(tx, m, 404, why)
		return
	}
	to.Timers = p.node.Timers(to)
	if c := p.calls[m.CallID()]; c != nil {
		m = c.renumbered(m)
	}
	p.fwd.Forward(tx, m, to, why)
}

// SIPResponse takes a response to a request that went through, or to one of our own.
func (p *ALG) SIPResponse(tx sip.TxID, m *sip.Message, why sim.Cause) {
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
	p.asSent(server, m)
	if r := p.sip.Layer.RequestOf(server); r != nil {
		p.node.Response(r, m, why)
	}
	p.sip.Respond(server, m, why)
}

// SIPAck passes the ACK of a 2xx on.
func (p *ALG) SIPAck(m *sip.Message, from sip.Flow, why sim.Cause) {
	if p.fwd.Enter(0, m, why) {
		p.pass(0, m, from, why)
		if c := p.calls[m.CallID()]; c != nil {
			c.fall.acknowledged(m, why)
		}
	}
}

// SIPCancel passes a CANCEL on, or ends a call that has not gone on yet. One that crosses the final response comes too
// late (RFC 3261 §9.1): that response goes back, and the caller ends what it did not want any more by BYE.
func (p *ALG) SIPCancel(tx sip.TxID, m *sip.Message, why sim.Cause) {
	if p.fwd.Client(tx) != 0 {
		p.fwd.Cancel(tx, m, why)
		return
	}
	if c := p.calls[m.CallID()]; c != nil && c.server == tx && c.client == 0 {
		c.refuse(487, why)
	}
}

// SIPFailed answers for a next hop that does not.
func (p *ALG) SIPFailed(tx sip.TxID, status int, why sim.Cause) {
	if c := p.byTx[tx]; c != nil {
		delete(p.byTx, tx)
		if c.fall.has(tx) {
			c.fall.giveUp(why)
			return
		}
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
