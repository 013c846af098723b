package mrfc

import (
	"fmt"
	"time"

	"imsim/internal/units"
	"imsim/netem"
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sip"
	"imsim/nodes/transport"
	"imsim/sim"
)

// MRFC is a conference server: focus and MRFC.
type MRFC struct {
	nodes.Base
	cfg      Config
	env      *nodes.Env
	identity string // the conference's URI, and ours
	contact  string
	home     sip.Flow
	route    string
	sip      *transport.SIP
	h248     *transport.H248

	calls  []*call          // by timer slot; nil: over
	byID   map[string]*call // by Call-ID; never ranged over
	byTx   map[sip.TxID]*call
	asked  map[h248.TransactionID]*order // never ranged over
	conf   conference
	events uint32 // RequestIDs given out
}

// New makes a conference server on a host.
func New(env *nodes.Env, host *netem.Host, cfg Config) (*MRFC, error) {
	m := &MRFC{cfg: cfg, env: env, byID: map[string]*call{}, byTx: map[sip.TxID]*call{}, asked: map[h248.TransactionID]*order{}}
	m.Base = nodes.NewBase(env.K, host, cfg.Costs.Processors, env.Obs, m)
	cost := time.Duration(nodes.Or(cfg.Costs.Message, units.Duration(2*time.Millisecond)))
	var err error
	if m.sip, err = transport.NewSIP(&m.Base, transport.SIPConfig{Core: true, Session: env.SessionOf, Cost: cost}, m); err != nil {
		return nil, fmt.Errorf("%s: %w", m.Name, err)
	}
	if m.h248, err = transport.NewH248(&m.Base, cfg.endpoint(), env.Net.Node(cfg.Gateway), cost, m); err != nil {
		return nil, fmt.Errorf("%s: %w", m.Name, err)
	}
	home := env.Addr(cfg.Home)
	m.home, m.route = m.sip.FlowTo(home), "<sip:"+home.String()+";lr>"
	// A public service identity that names its host is routed without a look-up (TS 23.228 cl. 5.4.12, [SIM]).
	m.identity = m.sip.URI(m.Name)
	m.contact = "<" + m.identity + ">;isfocus" // RFC 4579 §5.1
	m.conf.forget()
	return m, nil
}

// Identity returns the conference's URI.
func (m *MRFC) Identity() string { return m.identity }

// Calls returns the number of participants' sessions.
func (m *MRFC) Calls() int { return len(m.byID) }

// H248 returns the association with the MRFP.
func (m *MRFC) H248() *transport.H248 { return m.h248 }

// Handle runs the timers of calls.
func (m *MRFC) Handle(slot uint32) {
	if c := m.calls[slot]; c != nil && m.K.Due(&c.timer, m.Entity, slot) {
		c.tick()
	}
}

// SIPRequest takes a request.
func (m *MRFC) SIPRequest(tx sip.TxID, r *sip.Message, _ sip.Flow, why sim.Cause) {
	c := m.byID[r.CallID()]
	switch {
	case c != nil:
		c.request(tx, r, why)
	case r.Method == sip.INVITE && r.ToTag() == "":
		m.invited(tx, r, why)
	default:
		m.refuse(tx, r, 481, why) // RFC 3261 §12.2.2
	}
}

func (m *MRFC) refuse(tx sip.TxID, r *sip.Message, status int, why sim.Cause) {
	m.sip.Respond(tx, sip.NewResponse(r, status, "", m.sip.IDs.Tag()), why)
}

// SIPResponse takes a response.
func (m *MRFC) SIPResponse(tx sip.TxID, r *sip.Message, why sim.Cause) {
	if c := m.byTx[tx]; c != nil {
		c.response(tx, r, why)
	}
}

// SIPEnded lets go of a transaction that nothing more comes of.
func (m *MRFC) SIPEnded(tx sip.TxID) { delete(m.byTx, tx) }

// SIPAck takes the ACK of a 2xx.
func (m *MRFC) SIPAck(r *sip.Message, _ sip.Flow, why sim.Cause) {
	if c := m.byID[r.CallID()]; c != nil {
		c.acked(r, why)
	}
}

// SIPCancel takes a CANCEL.
func (m *MRFC) SIPCancel(_ sip.TxID, r *sip.Message, why sim.Cause) {
	if c := m.byID[r.CallID()]; c != nil && c.state == joining {
		c.final(487, m.Mark(why, "", nodes.CancelReceived, ""))
	}
}

// SIPFailed takes the failure of a request: no answer counts as 408, no transport as 503.
func (m *MRFC) SIPFailed(tx sip.TxID, status int, why sim.Cause) {
	c := m.byTx[tx]
	if c == nil {
		return
	}
	delete(m.byTx, tx)
	if tx == c.tx {
		c.rejected(status, why)
	} else {
		c.over(why)
	}
}
