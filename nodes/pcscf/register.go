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
	sent    []sip.Mechanism // Security-Server of the 401; nil before
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

// announce makes the network's list for a contact: it says what the network supports and is not cut down to what the UE
// announced. IPsec for signalling is listed first and has no part in what follows.
func (p *PCSCF) announce() []sip.Mechanism {
	list := sip.MediaMechanisms(p.network())
	if !p.cfg.IPsec {
		return list
	}
	return append([]sip.Mechanism{{Name: "ipsec-3gpp", Params: sip.Params(";q=0.1" + sip.IPsecParams(p.ipsec.Uint64()))}}, list...)
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
	u := &user{Party: alg.Party{Flow: from}, contact: contact, claimed: claimed}
	if !p.unchanged(u, m) {
		// RFC 3329 §2.3.1: somebody on the way has changed a list. Nothing is bound, and what was agreed before stays.
		r := sip.NewResponse(m, 494, "", p.sip.IDs.Tag())
		r.Add(sip.HSecurityServer, sip.FormatMechanisms(p.listFor(contact)))
		delete(p.users, contact+" pending")
		p.Mark(why, "", nodes.RegisterRefused, "494")
		p.sip.Respond(tx, r, why)
		return
	}
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

// unchanged reports whether the lists that a REGISTER brings are those that have been sent: Security-Verify mirrors what the
// 401 had, and Security-Client is as it was before the 401 (RFC 3329 §2.3.1, TS 24.229 cl. 5.2.2.2).
func (p *PCSCF) unchanged(u *user, m *sip.Message) bool {
	verify, err := m.Mechanisms(sip.HSecurityVerify)
	if err != nil {
		return false
	}
	before := p.users[u.contact+" pending"]
	if before == nil || !m.Has(sip.HAuthorization) {
		// The REGISTER that begins a registration. What it mirrors, if anything, is what it knows from the one before.
		return len(verify) == 0 || sip.SameMechanisms(p.listFor(u.contact), verify)
	}
	u.sent = before.sent
	return sip.SameMechanisms(before.sent, verify) && sip.SameMechanisms(before.claimed, u.claimed)
}

// listFor returns the list that a contact has been sent.
func (p *PCSCF) listFor(contact string) []sip.Mechanism {
	for _, key := range [...]string{contact + " pending", contact} {
		if u := p.users[key]; u != nil && u.sent != nil {
			return u.sent
		}
	}
	return p.announce()
}

// listToSend returns the list for a response. A 401 has all of it. A 200 has the media part, which a UE that no 401 came to
// learns from there; IPsec is never set up without a challenge.
func (p *PCSCF) listToSend(u *user, status int) []sip.Mechanism {
	if status == 200 {
		return sip.MediaMechanisms(p.network())
	}
	u.sent = p.announce()
	return u.sent
}

// registered takes the registrar's response, and puts our list in.
func (p *PCSCF) registered(request, m *sip.Message, why sim.Cause) {
	contact := sip.AddressURI(request.First(sip.HContact))
	u := p.users[contact+" pending"]
	if u == nil {
		return
	}
	if len(u.claimed) > 0 && (m.Status == 401 || m.Status == 200) {
		if list := p.listToSend(u, m.Status); len(list) > 0 {
			m.Add(sip.HSecurityServer, sip.FormatMechanisms(list))
		}
	}
	if m.Status < 200 || m.Status == 401 {
		return
	}
	delete(p.users, contact+" pending")
	if m.Status != 200 {
		return // what was agreed before stays
	}
	if e, ok := request.Expires(); ok && e == 0 {
		delete(p.users, contact) // and with it what was agreed
		p.Mark(why, "", nodes.Deregistered, contact)
		return
	}
	p.agree(u)
	p.users[contact] = u
	p.Mark(why, "", nodes.Registered, contact)
}
