package scscf

import (
	"fmt"
	"strconv"
	"time"

	"imsim/internal/units"
	"imsim/netem"
	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/nodes/transport"
	"imsim/sim"
)

// SCSCF is a serving CSCF with its registrar.
type SCSCF struct {
	nodes.Base
	env        *nodes.Env
	domain     string
	challenges bool
	border     string // Route value of the IBCF's entry, "" for none
	sip        *transport.SIP
	fwd        *transport.Forwarder
	bindings   map[string]binding // by public identity; never ranged over
	nonces     map[string]string  // by public identity: what the next answer must use
	rand       sim.Stream
}

// binding is where a registered identity is reached (RFC 3261 §10.3, RFC 3327).
type binding struct {
	contact string // URI
	path    []string
	expires sim.Time
}

// New makes an S-CSCF on a host.
func New(env *nodes.Env, host *netem.Host, cfg Config) (*SCSCF, error) {
	s := &SCSCF{env: env, domain: cfg.Domain, challenges: nodes.Or(cfg.Challenge, true), bindings: map[string]binding{}, nonces: map[string]string{}}
	if s.domain == "" {
		s.domain = env.Domain
	}
	if cfg.Border != "" {
		s.border = "<sip:" + env.Addr(cfg.Border).String() + ";lr>"
	}
	s.Base = nodes.NewBase(env.K, host, cfg.Costs.Processors, env.Obs, s)
	s.rand = env.K.Rand(s.Name + ".nonce")
	var err error
	s.sip, err = transport.NewSIP(&s.Base, transport.SIPConfig{
		Core: true, TimerC: transport.TimerC, Session: env.SessionOf, Cost: time.Duration(nodes.Or(cfg.Costs.Message, units.Duration(2*time.Millisecond))),
	}, s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	s.fwd = transport.NewForwarder(s.sip)
	return s, nil
}

// Handle has no timers of its own to run.
func (s *SCSCF) Handle(uint32) {}

// Registered returns the number of registered identities.
func (s *SCSCF) Registered() int { return len(s.bindings) }

// SIPRequest registers, or routes.
func (s *SCSCF) SIPRequest(tx sip.TxID, m *sip.Message, _ sip.Flow, why sim.Cause) {
	if !s.fwd.Enter(tx, m, why) {
		return
	}
	if m.Method == sip.REGISTER {
		s.register(tx, m, why)
		return
	}
	s.route(tx, m, why)
}

// register is the registrar (RFC 3261 §10.3, TS 24.229 cl. 5.4.1).
func (s *SCSCF) register(tx sip.TxID, m *sip.Message, why sim.Cause) {
	identity := sip.AddressURI(m.Get(sip.HTo))
	contact := sip.AddressURI(m.First(sip.HContact))
	if identity == "" || contact == "" {
		s.fwd.Refuse(tx, m, 400, why)
		return
	}
	if s.challenges && !s.authentic(identity, m) {
		s.challenge(tx, m, identity, why)
		return
	}
	expires, ok := m.Expires()
	if !ok {
		expires = 600000
	}
	r := sip.NewResponse(m, 200, "", s.sip.IDs.Tag())
	if expires == 0 {
		delete(s.bindings, identity)
		s.Mark(why, "", nodes.Deregistered, identity)
	} else {
		b := binding{contact: contact, expires: s.K.Now().Add(time.Duration(expires) * time.Second)}
		for p := range m.Values(sip.HPath) {
			b.path = append(b.path, p)
		}
		s.bindings[identity] = b
		r.Add(sip.HContact, "<"+contact+">;expires="+strconv.FormatUint(uint64(expires), 10))
		r.Copy(m, sip.HPath)
		r.Add(sip.HServiceRoute, "<sip:"+s.sip.Local.String()+";lr>")
		s.Mark(why, "", nodes.Registered, identity)
	}
	s.sip.Respond(tx, r, why)
}

// authentic reports whether the request answers our last challenge. Digest stands in for IMS AKA.
func (s *SCSCF) authentic(identity string, m *sip.Message) bool {
	auth := m.Get(sip.HAuthorization)
	if auth == "" {
		return false
	}
	c, err := sip.ParseCredentials(auth)
	nonce := s.nonces[identity]
	return err == nil && nonce != "" && c.Nonce == nonce && c.Valid(s.env.Secret(identity), sip.REGISTER)
}

func (s *SCSCF) challenge(tx sip.TxID, m *sip.Message, identity string, why sim.Cause) {
	nonce := strconv.FormatUint(s.rand.Uint64(), 16)
	s.nonces[identity] = nonce
	r := sip.NewResponse(m, 401, "", s.sip.IDs.Tag())
	r.Add(sip.HWWWAuthenticate, sip.Challenge{Realm: s.domain, Nonce: nonce, Algorithm: "MD5", QOP: "auth"}.String())
	s.sip.Respond(tx, r, why)
}

// route passes a request on: to the contact of a registered identity, or along its Route.
func (s *SCSCF) route(tx sip.TxID, m *sip.Message, why sim.Cause) {
	if !m.Has(sip.HRoute) {
		if b, ok := s.bindings[m.URI]; ok && b.expires > s.K.Now() {
			m.URI = b.contact
			for _, p := range b.path {
				m.Add(sip.HRoute, p)
			}
		} else if u, err := sip.ParseURI(m.URI); err == nil && u.Host == s.domain {
			s.fwd.Refuse(tx, m, 404, why)
			return
		} else if err == nil && s.border != "" && m.ToTag() == "" {
			m.Add(sip.HRoute, s.border) // TS 24.229 cl. 5.4.3.2 step 11: a user of another network, by way of the border
		}
	}
	if m.Method == sip.INVITE && m.ToTag() == "" {
		s.fwd.RecordRoute(m)
	}
	to, err := s.fwd.NextHop(m)
	if err != nil {
		s.fwd.Refuse(tx, m, 404, why)
		return
	}
	s.fwd.Forward(tx, m, to, why)
}

// SIPResponse passes a response back.
func (s *SCSCF) SIPResponse(tx sip.TxID, m *sip.Message, why sim.Cause) {
	if server, ok := s.fwd.Back(tx, m, why); ok {
		s.sip.Respond(server, m, why)
	}
}

// SIPAck passes the ACK of a 2xx on.
func (s *SCSCF) SIPAck(m *sip.Message, _ sip.Flow, why sim.Cause) {
	if s.fwd.Enter(0, m, why) {
		s.route(0, m, why)
	}
}

// SIPCancel passes a CANCEL on.
func (s *SCSCF) SIPCancel(tx sip.TxID, m *sip.Message, why sim.Cause) { s.fwd.Cancel(tx, m, why) }

// SIPFailed answers for a next hop that does not.
func (s *SCSCF) SIPFailed(tx sip.TxID, status int, why sim.Cause) { s.fwd.Failed(tx, status, why) }
