package ue

import (
	"slices"
	"strconv"

	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// registration is the UE's state towards its registrar (TS 24.229 cl. 5.1.1).
type registration struct {
	done    bool // registered
	over    bool // registered, or refused
	tx      sip.TxID
	request *sip.Message
	seq     uint32
	nonces  uint32
	agreed  agreement // of the registration that counts
	next    agreement // of the one at hand
	leaving bool      // the request at hand de-registers
}

// agreement is what both sides have announced.
type agreement struct {
	security []sip.Mechanism // by the network (Security-Server), mirrored in Security-Verify
	media    []string        // by us (Security-Client, mediasec)
}

// MediaSecurity reports whether both sides announced the mechanism (TS 23.334 cl. 6.2.10.3.1.2.1 step 1).
func (u *UE) MediaSecurity(mechanism string) bool {
	if !u.reg.done {
		return false
	}
	return slices.Contains(u.reg.agreed.media, mechanism) &&
		slices.ContainsFunc(u.reg.agreed.security, func(m sip.Mechanism) bool { return m.Name == mechanism && m.Media() })
}

// Registered reports whether the UE is registered, or need not be.
func (u *UE) Registered() bool { return u.reg.done || u.cfg.Register == "none" }

// Settled reports whether the registration is over, one way or the other, or none is wanted.
func (u *UE) Settled() bool { return u.reg.over || u.cfg.Register == "none" }

func (u *UE) settle(why sim.Cause) {
	u.reg.over = true
	u.env.Ready(why)
}

// Register starts the registration.
func (u *UE) Register(why sim.Cause) {
	if u.cfg.Register == "none" {
		return
	}
	u.reg.seq = u.sip.IDs.CSeq()
	u.register(u.cfg.MediaSec, "600000", why)
}

// Reregister registers anew: with the given announcement of media security, or, where leave is set, for no time at all
// (TS 24.229 cl. 5.1.1.4, 5.1.1.6). What was agreed before counts until the answer.
func (u *UE) Reregister(media []string, leave bool, why sim.Cause) {
	switch {
	case u.cfg.Register == "none" || u.reg.request == nil || u.reg.tx != 0:
		return // one registration at a time [SIM]
	case leave:
		u.register(u.reg.agreed.media, "0", why)
	default:
		u.register(media, "600000", why)
	}
}

// register makes and sends a REGISTER without credentials: the registrar challenges each registration.
func (u *UE) register(media []string, expires string, why sim.Cause) {
	u.reg.next, u.reg.nonces, u.reg.leaving = agreement{media: media}, 0, expires == "0"
	m := sip.NewRequest(sip.REGISTER, "sip:"+u.domain)
	m.Add(sip.HRoute, u.route)
	m.Add(sip.HFrom, "<"+u.identity+">;tag="+u.sip.IDs.Tag())
	m.Add(sip.HTo, "<"+u.identity+">")
	if u.reg.request != nil {
		m.Copy(u.reg.request, sip.HCallID) // RFC 3261 §10.2: all registrations with one registrar have one Call-ID
	} else {
		m.Add(sip.HCallID, u.sip.IDs.CallID(u.Addr.String()))
	}
	m.Add(sip.HContact, u.contact)
	m.Add(sip.HExpires, expires)
	m.Add(sip.HSupported, "path")
	if list := u.securityClient(media); len(list) > 0 {
		// RFC 3329 §2.3.1
		m.Add(sip.HSecurityClient, sip.FormatMechanisms(list))
		tag := "sec-agree"
		switch u.cfg.OptionTag {
		case "mediasec":
			tag = "mediasec"
		case "both":
			tag = "sec-agree, mediasec"
		}
		m.Add(sip.HRequire, tag)
		m.Add(sip.HProxyRequire, tag)
	}
	u.reg.request = m
	u.sendRegister(why)
}

// securityClient is what the UE announces: IPsec for signalling, where it has it, and its media security beside.
func (u *UE) securityClient(media []string) []sip.Mechanism {
	list := sip.MediaMechanisms(media)
	if !u.cfg.IPsec {
		return list
	}
	if u.ipsec == "" {
		r := u.env.K.Rand(u.Name + ".ipsec")
		u.ipsec = sip.IPsecParams(r.Uint64())
	}
	return append([]sip.Mechanism{{Name: "ipsec-3gpp", Params: sip.Params(u.ipsec)}}, list...)
}

func (u *UE) sendRegister(why sim.Cause) {
	m := u.reg.request.Clone()
	m.Set(sip.HCSeq, sip.CSeq{Seq: u.reg.seq, Method: sip.REGISTER}.String())
	u.reg.seq++
	why = u.Mark(why, "", nodes.RegisterSent, "")
	u.reg.tx = u.sip.Request(m, u.proxy, why)
}

func (u *UE) registerAnswered(m *sip.Message, why sim.Cause) {
	switch {
	case m.Status < 200:
	case m.Status == 401 && u.reg.nonces < 2:
		u.challenged(m, why)
	case m.Status < 300:
		u.reg.tx = 0
		if len(u.reg.next.security) == 0 {
			u.noteSecurity(m) // no 401 came before: the 200 has the network's list
		}
		if u.reg.leaving { // what was agreed goes with the registration
			u.reg.done, u.reg.agreed = false, agreement{}
			u.settle(u.Mark(why, "", nodes.Deregistered, ""))
			return
		}
		u.reg.done, u.reg.agreed = true, u.reg.next
		u.settle(u.Mark(why, "", nodes.Registered, ""))
	default:
		u.reg.tx, u.reg.done = 0, false
		u.settle(u.Mark(why, "", nodes.RegisterRefused, strconv.Itoa(m.Status)))
	}
}

// noteSecurity keeps the network's list of mechanisms, if the message has one.
func (u *UE) noteSecurity(m *sip.Message) bool {
	list, err := m.Mechanisms(sip.HSecurityServer)
	if err != nil || len(list) == 0 {
		return false
	}
	u.reg.next.security = list
	return true
}

// challenged answers a 401: with credentials, and with the network's security list mirrored (RFC 3329 §2.3.1).
func (u *UE) challenged(m *sip.Message, why sim.Cause) {
	ch, err := sip.ParseChallenge(m.Get(sip.HWWWAuthenticate))
	if err != nil {
		u.reg.tx, u.reg.done = 0, false
		u.settle(u.Mark(why, "", nodes.RegisterRefused, "401"))
		return
	}
	u.reg.nonces++
	r := u.reg.request
	user := u.identity[len("sip:"):]
	cred := ch.Answer(user, u.env.Secret(u.identity), sip.REGISTER, r.URI, u.sip.IDs.CNonce(), 1)
	r.Set(sip.HAuthorization, cred.String())
	if u.noteSecurity(m) {
		r.Set(sip.HSecurityVerify, sip.FormatMechanisms(u.reg.next.security))
	}
	u.sendRegister(why)
}
