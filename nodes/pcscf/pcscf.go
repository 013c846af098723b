package pcscf

import (
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/alg"
	"imsim/nodes/protocol/sip"
	"imsim/nodes/transport"
	"imsim/sim"
)

// PCSCF is a P-CSCF with IMS-ALG.
type PCSCF struct {
	*alg.ALG
	cfg   Config
	sip   *transport.SIP
	fwd   *transport.Forwarder
	home  sip.Flow
	homed string // Route value of the home network's entry

	access map[packet.Addr]bool // addresses of registering UEs; membership only
	users  map[string]*user     // by contact URI
	ipsec  sim.Stream           // of SPIs
}

// New makes a P-CSCF on a host.
func New(env *nodes.Env, host *netem.Host, cfg Config) (*PCSCF, error) {
	p := &PCSCF{cfg: cfg, access: map[packet.Addr]bool{}, users: map[string]*user{}}
	var err error
	if p.ALG, err = alg.New(env, host, alg.Iq, p, cfg.Config, cfg.Access); err != nil {
		return nil, err
	}
	p.sip, p.fwd = p.SIP()
	p.ipsec = env.K.Rand(p.Name + ".ipsec")
	home := env.Addr(cfg.Home)
	p.home = p.sip.FlowTo(home)
	p.homed = "<sip:" + home.String() + ";lr>"
	return p, nil
}

// fromAccess reports whether a message came from a UE of ours.
func (p *PCSCF) fromAccess(f sip.Flow) bool { return p.access[packet.AddrFrom(f.Remote.Addr())] }

// Request takes a REGISTER.
func (p *PCSCF) Request(tx sip.TxID, m *sip.Message, from sip.Flow, why sim.Cause) bool {
	if m.Method != sip.REGISTER {
		return false
	}
	p.register(tx, m, from, why)
	return true
}

// Response takes the response to a REGISTER.
func (p *PCSCF) Response(request, m *sip.Message, why sim.Cause) {
	if request.Method == sip.REGISTER {
		p.registered(request, m, why)
	}
}

// Call says whose a call is: the UE's that sent the INVITE, or the one's that it is for.
func (p *PCSCF) Call(m *sip.Message, from sip.Flow) (originating bool, served *alg.Party) {
	var u *user
	if originating = p.fromAccess(from); originating {
		u = p.users[sip.AddressURI(m.First(sip.HContact))]
		m.Remove(sip.HSecurityVerify)
		if !m.Has(sip.HRoute) {
			m.Add(sip.HRoute, p.homed)
		}
	} else {
		u = p.users[m.URI]
	}
	if u == nil {
		return originating, nil
	}
	return originating, &u.Party
}

// Route sends a UE's request outside a dialog to the home network.
func (p *PCSCF) Route(m *sip.Message, from sip.Flow) {
	if !m.Has(sip.HRoute) && p.fromAccess(from) && m.ToTag() == "" {
		m.Add(sip.HRoute, p.homed)
	}
}

// Timers returns the timer set for a next hop: towards a UE the P-CSCF has the UE's (TS 24.229 table 7.7.1).
func (p *PCSCF) Timers(to sip.Flow) *sip.Timers {
	if p.fromAccess(to) {
		return &sip.UETimers
	}
	return nil
}

// Ended has nothing to do: users stay.
func (p *PCSCF) Ended(string) {}

// NextHop returns where a request goes. What is for a contact behind a NAT goes over the flow of its registration, which is
// the only way through: the contact's own address means nothing here (RFC 5626 §5.3).
func (p *PCSCF) NextHop(m *sip.Message) (sip.Flow, error) {
	if !m.Has(sip.HRoute) {
		if u := p.users[m.URI]; u != nil && u.BehindNAT {
			return u.Flow, nil
		}
	}
	return p.fwd.NextHop(m)
}
