package ue

import (
	"fmt"
	"net/netip"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/nodes/protocol/msrp"
	"imsim/nodes/protocol/sip"
	"imsim/nodes/transport"
	"imsim/sim"
)

// UE is one user equipment.
type UE struct {
	nodes.Base
	cfg      Config
	env      *nodes.Env
	identity string
	domain   string
	contact  string
	known    netip.Addr // the address that others are told
	proxy    sip.Flow
	route    string // of requests that no dialog routes
	sip      *transport.SIP
	msrp     msrp.Endpoint
	rand     sim.Stream
	ice      *sim.Stream // of credentials and transactions; nil before the first
	reg      registration
	ipsec    string // parameters of ipsec-3gpp in Security-Client; "" before the first

	calls  []*call          // by slot; nil: free
	byID   map[string]*call // Call-ID
	byTx   map[sip.TxID]*call
	ports  uint16
	cert   *tls.Certificate
	index  int // of the UE
	certs  int // taken beside the first
	crypto *tls.CostTable
	unique uint64
}

// New makes a UE on a host. index numbers the UEs of the run, for certificates.
func New(env *nodes.Env, host *netem.Host, cfg Config, index int) (*UE, error) {
	u := &UE{cfg: cfg, env: env, index: index, byID: map[string]*call{}, byTx: map[sip.TxID]*call{}, ports: firstPort}
	u.Base = nodes.NewBase(env.K, host, cfg.Costs.Processors, env.Obs, u)
	u.identity = cfg.Identity
	if u.identity == "" {
		u.identity = "sip:" + u.Name + "@" + env.Domain
	}
	u.domain = env.Domain
	if id, err := sip.ParseURI(u.identity); err == nil {
		u.domain = id.Host
	}
	u.rand = env.K.Rand(u.Name)
	u.msrp.IDs = env.K.Rand(u.Name + ".msrp")
	u.unique = u.rand.Uint64()
	u.cert = tls.Pool(cfg.TLS.KeyType(), index)
	u.crypto = nodes.CryptoCosts(cfg.Costs.Crypto)
	var err error
	u.sip, err = transport.NewSIP(&u.Base, transport.SIPConfig{
		Core: cfg.SIPTimers == "core", Transport: cfg.Transport, Session: env.SessionOf,
		Cost: time.Duration(nodes.Or(cfg.Costs.Message, 0)),
	}, u)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", u.Name, err)
	}
	proxy := env.Addr(cfg.Proxy)
	u.proxy = u.sip.FlowTo(proxy)
	u.route = "<sip:" + proxy.String() + ";lr>"
	u.contact = "<" + u.sip.URI(u.Name) + ">"
	u.known = u.Addr.Netip()
	if a, err := netip.ParseAddr(cfg.Announce); err == nil {
		u.known = a
		u.contact = "<sip:" + u.Name + "@" + netip.AddrPortFrom(a, transport.SIPPort).String() + ">"
	}
	return u, nil
}

// Identity returns the public identity.
func (u *UE) Identity() string { return u.identity }

// Media ports are taken in turn from the dynamic range (RFC 6335 §6), so that a closed connection's port rests.
const firstPort = 49152

func (u *UE) port() uint16 {
	p := u.ports
	if u.ports++; u.ports == 0 {
		u.ports = firstPort
	}
	return p
}

// Handle runs the timers of calls.
func (u *UE) Handle(arg uint32) {
	if c := u.calls[arg]; c != nil && u.K.Due(&c.timer, u.Entity, arg) {
		c.tick()
	}
}

func (u *UE) add(c *call) {
	c.slot = uint32(len(u.calls))
	u.calls = append(u.calls, c)
	u.byID[c.id] = c
}

func (u *UE) remove(c *call) {
	// The slot is not used again: an entry for the old call's timer may still be queued.
	u.calls[c.slot] = nil
	delete(u.byID, c.id)
	delete(u.byTx, c.tx)
}

// SIPRequest takes a request from the network.
func (u *UE) SIPRequest(tx sip.TxID, m *sip.Message, from sip.Flow, why sim.Cause) {
	c := u.byID[m.CallID()]
	switch {
	case m.Method == sip.INVITE && c == nil:
		u.invited(tx, m, why)
	case c == nil:
		u.refuse(tx, m, 481, why) // RFC 3261 §12.2.2
	default:
		c.request(tx, m, why)
	}
}

func (u *UE) refuse(tx sip.TxID, m *sip.Message, status int, why sim.Cause) {
	r := sip.NewResponse(m, status, "", u.sip.IDs.Tag())
	u.sip.Respond(tx, r, why)
}

// SIPResponse takes a response.
func (u *UE) SIPResponse(tx sip.TxID, m *sip.Message, why sim.Cause) {
	if tx == u.reg.tx && tx != 0 {
		u.registerAnswered(m, why)
		return
	}
	if c := u.byTx[tx]; c != nil {
		if m.Status >= 300 || m.Status >= 200 && tx != c.tx && !c.isReinvite(tx) {
			delete(u.byTx, tx) // a 2xx to the INVITE may come again, and wants its ACK again (RFC 3261 §13.2.2.4)
		}
		c.response(tx, m, why)
	}
}

// SIPEnded lets go of what an INVITE needs as long as its 2xx can come again (RFC 3261 §13.2.2.4).
func (u *UE) SIPEnded(tx sip.TxID) {
	if c := u.byTx[tx]; c != nil {
		delete(u.byTx, tx)
		if tx == c.tx {
			c.uac = sip.UAC{}
		}
		c.reinviteEnded(tx)
	}
}

// SIPAck takes the ACK of a 2xx.
func (u *UE) SIPAck(m *sip.Message, _ sip.Flow, why sim.Cause) {
	if c := u.byID[m.CallID()]; c != nil {
		c.acked(m, why)
	}
}

// SIPCancel takes a CANCEL.
func (u *UE) SIPCancel(tx sip.TxID, m *sip.Message, why sim.Cause) {
	if c := u.byID[m.CallID()]; c != nil {
		c.cancelled(why)
	}
}

// SIPFailed takes the failure of a transaction.
func (u *UE) SIPFailed(tx sip.TxID, status int, why sim.Cause) {
	if tx == u.reg.tx && tx != 0 {
		u.reg.tx, u.reg.done = 0, false
		u.settle(u.Mark(why, "", nodes.RegisterRefused, fmt.Sprint(status)))
		return
	}
	if c := u.byTx[tx]; c != nil {
		delete(u.byTx, tx)
		c.failed(tx, status, why)
	}
}

// local returns the UE's media address with a new port.
func (u *UE) local() packet.AddrPort { return packet.AddrPort{Addr: u.Addr, Port: u.port()} }
