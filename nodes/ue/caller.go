package ue

import (
	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// offer sends the INVITE.
func (c *call) offer(why sim.Cause) {
	u := c.u
	if !u.Registered() {
		c.rejected(403, why)
		return
	}
	c.media = &media{c: c}
	body, err := c.media.offer(why)
	if err != "" {
		c.conclude("failed")
		c.leave(u.Mark(why, "", nodes.CallRejected, err))
		return
	}
	m := sip.NewRequest(sip.INVITE, c.script.Target)
	m.Add(sip.HRoute, u.route)
	m.Add(sip.HFrom, "<"+u.identity+">;tag="+u.sip.IDs.Tag())
	m.Add(sip.HTo, "<"+c.script.Target+">")
	m.Add(sip.HCallID, c.id)
	m.Add(sip.HCSeq, sip.CSeq{Seq: u.sip.IDs.CSeq(), Method: sip.INVITE}.String())
	m.Add(sip.HContact, u.contact)
	m.Add(sip.HAllow, "INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, OPTIONS")
	m.Add(sip.HSupported, "100rel, path")
	c.askSession(m, "")
	m.Add(sip.HPPreferredIdentity, "<"+u.identity+">")
	if len(u.reg.agreed.security) > 0 && len(u.reg.agreed.media) > 0 {
		m.Add(sip.HSecurityVerify, sip.FormatMechanisms(u.reg.agreed.security))
	}
	m.SetBody("application/sdp", body)
	c.invite = m
	why = u.Mark(why, "", nodes.InviteSent, "")
	c.tx = u.sip.Request(m, u.proxy, why)
	u.byTx[c.tx] = c
	if p := c.script.Patience; p > 0 {
		c.reply.set(u.K.Now().Add(p), why)
	}
}

// invited takes a response to our INVITE.
func (c *call) invited(m *sip.Message, why sim.Cause) {
	switch {
	case m.Status == 100:
	case m.Status < 200:
		c.provisional(m, why)
	case m.Status < 300:
		c.answered(m, why)
	case m.Status == 422 && c.state == calling && c.again(m, why):
	default:
		c.rejected(m.Status, why)
	}
}

func (c *call) provisional(m *sip.Message, why sim.Cause) {
	u := c.u
	if c.state != calling {
		return // overtaken by the 2xx
	}
	verdict := c.uac.Provisional(m)
	if verdict == sip.Repeated || verdict == sip.OutOfOrder {
		return
	}
	if m.Status == 183 {
		why = u.Mark(why, "", nodes.RingingRecv, "")
	}
	if c.dialog == nil && m.ToTag() != "" {
		c.dialog, _ = sip.NewUACDialog(c.invite, m)
	}
	if verdict == sip.Reliable && c.dialog != nil {
		// RFC 3262 §4: a PRACK for each, in order.
		why = u.Mark(why, "", nodes.PrackSent, "")
		u.sip.Request(c.dialog.Prack(m), u.flow(c.dialog), why)
		if m.Body != "" {
			c.takeAnswer(m.Body, why)
		}
	}
}

func (c *call) answered(m *sip.Message, why sim.Cause) {
	u := c.u
	if again := c.uac.Success(m); again != nil {
		u.sip.Request(again, u.flow(c.unpacked()), why)
		return
	}
	if c.state != calling {
		return // over, or the 2xx of another branch, and forking is not modelled
	}
	why = u.Mark(why, "", nodes.AnswerReceived, "")
	c.reply = deadline{}
	if c.dialog == nil {
		d, err := sip.NewUACDialog(c.invite, m)
		if err != nil {
			c.rejected(500, why)
			return
		}
		c.dialog = d
	}
	c.dialog.ReceiveResponse(m)
	ack := c.dialog.Ack(c.invite)
	c.uac.Acked(m, ack)
	u.sip.Request(ack, u.flow(c.dialog), why)
	c.state = talking
	if c.result != "" {
		// The CANCEL came too late (RFC 3261 §9.1): what was answered is ended.
		c.hangUp(c.result, "", why)
		return
	}
	c.takeSession(m, why)
	if m.Body != "" {
		c.takeAnswer(m.Body, why)
	}
	if c.state != over {
		c.rest()
	}
}

// takeAnswer gives the answer to the media, once.
func (c *call) takeAnswer(body string, why sim.Cause) {
	if c.media.agreed {
		return
	}
	if err := c.media.answered(body, why); err != "" {
		c.hangUp("failed", `SIP;cause=488;text="`+err+`"`, why)
	}
}
