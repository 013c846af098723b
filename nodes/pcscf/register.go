package pcscf

import (
	"slices"

	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/alg"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// user is what the P-CSCF knows of a contact. That the source of its REGISTER is not its contact tells of a NAT between
// (TS 24.229 cl. K.2.2).
type user struct {
	alg.Party
	contact string
	claimed []sip.Mechanism // Security-Client
}

// agree works out which media security the UE and the network have in common.
func (p *PCSCF) agree(u *user) {
	for _, name := range p.network() {
		if slices.ContainsFunc(u.claimed, func(m sip.Mechanism) bool { return m.Name == name && m.Media() }) {
			u.Media = append(u.Media, name)
		}
	}
}

// network returns the media security that the network announces.
func (p *PCSCF) network() []string {
	if p.cfg.MediaSec == nil {
		return []string{"msrp-tls", "bfcp-tls"}
	}
	return p.cfg.MediaSec
}

// securityServer returns the network's list as a header value, "" for none. It says what the network supports and is not
// cut down to what the UE announced.
func (p *PCSCF) securityServer() string {
	return sip.FormatMechanisms(sip.MediaMechanisms(p.network()))
}

// register takes a REGISTER of a UE (TS 24.229 cl. 5.2.2.1): the security headers are the first hop's and go no further
// (RFC 3329 §2.3.2), a Path brings terminating requests here.
func (p *PCSCF) register(tx sip.TxID, m *sip.Message, from sip.Flow, why sim.Cause) {
	p.access[packet.AddrFrom(from.Remote.Addr())] = true
	contact := sip.AddressURI(m.First(sip.HContact))
	claimed, err := m.Mechanisms(sip.HSecurityClient)
	if err != nil || contact == "" {
		p.fwd.Refuse(tx, m, 400, why)
		return
	}
	if verify, err := m.Mechanisms(sip.HSecurityVerify); err != nil || m.Has(sip.HSecurityVerify) && !p.verified(verify) {
		// RFC 3329 §2.3.1: somebody on the way has changed our list.
		r := sip.NewResponse(m, 494, "", p.sip.IDs.Tag())
		r.Add(sip.HSecurityServer, p.securityServer())
		p.Mark(why, "", nodes.RegisterRefused, "494")
		p.sip.Respond(tx, r, why)
		return
	}
	u := &user{Party: alg.Party{Flow: from}, contact: contact, claimed: claimed}
	if at, err := p.sip.FlowToURI(contact); err == nil {
		u.BehindNAT = at.Remote.Addr() != from.Remote.Addr()
	}
	p.users[contact+" pending"] = u
	for _, h := range []sip.HeaderID{sip.HSecurityClient, sip.HSecurityVerify} {
		m.Remove(h)
	}
	for _, h := range []sip.HeaderID{sip.HRequire, sip.HProxyRequire} {
		m.RemoveToken(h, "sec-agree")
		m.RemoveToken(h, "mediasec")
	}
	m.Add(sip.HPath, "<sip:"+p.sip.Local.String()+";lr>")
	p.fwd.Forward(tx, m, p.home, why)
}

// verified compares what the UE mirrors with what we sent.
func (p *PCSCF) verified(mirrored []sip.Mechanism) bool {
	return sip.SameMechanisms(sip.MediaMechanisms(p.network()), mirrored)
}

// registered takes the registrar's response: a 401 brings the UE our list, and so does a 200 that no challenge came
// before.
func (p *PCSCF) registered(request, m *sip.Message, why sim.Cause) {
	contact := sip.AddressURI(request.First(sip.HContact))
	u := p.users[contact+" pending"]
	if u == nil {
		return
	}
	if len(u.claimed) > 0 && (m.Status == 401 || m.Status == 200) && p.securityServer() != "" {
		m.Add(sip.HSecurityServer, p.securityServer())
	}
	if m.Status != 200 {
		return
	}
	delete(p.users, contact+" pending")
	if e, ok := request.Expires(); ok && e == 0 {
		delete(p.users, contact)
		return
	}
	p.agree(u)
	p.users[contact] = u
	p.Mark(why, "", nodes.Registered, contact)
}
