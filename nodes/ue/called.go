package ue

import (
	"strings"
	"time"

	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// invited takes an INVITE that starts a call.
func (u *UE) invited(tx sip.TxID, m *sip.Message, why sim.Cause) {
	c := &call{u: u, id: strings.Clone(m.CallID()), tx: tx, invite: m, script: u.env.Scripts[m.CallID()]}
	c.why = u.Mark(why, "", nodes.InviteReceived, "")
	tag := u.sip.IDs.Tag()
	d, err := sip.NewUASDialog(m, tag, u.contact)
	if err != nil || c.script == nil {
		u.refuse(tx, m, 400, why)
		return
	}
	c.dialog, c.media = d, &media{c: c}
	c.uas = sip.NewUAS(m, u.sip.Layer.Timers(sip.Flow{}), u.sip.IDs.RSeq())
	u.add(c)
	if status := c.media.offered(m.Body, c.why); status != 0 {
		c.final(status, c.why)
		return
	}
	switch u.cfg.Alert {
	case "180":
		c.alert(180, "", false, c.why)
	case "183":
		c.alert(183, "", false, c.why)
	case "183-answer":
		reliable := sip.AllowsReliable(m)
		c.media.agreed = reliable // RFC 3262 §5: what an unreliable response shows, the 200 still has to say
		c.alert(183, c.describe(false), reliable, c.why)
	}
	if u.cfg.Pickup == 0 {
		c.answer(c.why)
	} else {
		c.reply.set(u.K.Now().Add(time.Duration(u.cfg.Pickup)), c.why)
	}
	if c.state != over {
		c.arm()
	}
}

// alert sends a provisional response.
func (c *call) alert(status int, body string, reliable bool, why sim.Cause) {
	u := c.u
	r := c.newResponse(status)
	if body != "" {
		r.SetBody("application/sdp", body)
	}
	c.uas.Respond(u.K.Now(), why, r, reliable)
	c.pumpUAS()
}

// answer sends the 200.
func (c *call) answer(why sim.Cause) {
	r := c.newResponse(200)
	if !c.media.agreed {
		c.media.agreed = true
		r.SetBody("application/sdp", c.describe(false))
	}
	c.state = talking
	c.agreeSession(c.invite, r, why)
	c.dialog.Confirm()
	c.uas.Respond(c.u.K.Now(), why, r, false)
	c.pumpUAS()
}

// final refuses the INVITE.
func (c *call) final(status int, why sim.Cause) {
	c.state = calling // a 2xx that waited for a PRACK is not sent any more
	c.uas.Respond(c.u.K.Now(), why, c.newResponse(status), false)
	c.pumpUAS()
	c.leave(why)
}

func (c *call) newResponse(status int) *sip.Message {
	r := sip.NewResponse(c.invite, status, "", c.dialog.LocalTag)
	if status > 100 && status < 300 {
		r.Add(sip.HContact, c.u.contact)
		r.Add(sip.HAllow, "INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, OPTIONS")
	}
	return r
}

// pumpUAS carries out what the user agent server core wants.
func (c *call) pumpUAS() {
	for {
		o, ok := c.uas.Next()
		if !ok {
			return
		}
		switch o.Kind {
		case sip.UASSend:
			c.respond(o)
		case sip.UASNoPRACK:
			c.final(504, o.Why)
		case sip.UASNoACK:
			c.noACK = true
			c.hangUp("failed", "", o.Why)
		}
	}
}

// respond sends a response. The one that carries the answer lets the active side dial (RFC 4145 §6).
func (c *call) respond(o sip.UASOutput) {
	u, m, why := c.u, o.Message, o.Why
	switch {
	case o.Again:
	case m.Status == 183:
		why = u.Mark(why, "", nodes.RingingSent, "")
	case m.Status >= 200 && m.Status < 300:
		why = u.Mark(why, "", nodes.AnswerSent, "")
	}
	u.sip.Respond(c.tx, m, why)
	if o.Again || m.Body == "" {
		return
	}
	for m := range c.lines() {
		m.begin(why)
	}
}

// acked takes the ACK of our 2xx.
func (c *call) acked(m *sip.Message, why sim.Cause) {
	if c.uas != nil && c.uas.Ack(m) {
		why = c.u.Mark(why, "", nodes.AckReceived, "")
		c.uas = nil
		if c.parting != nil && c.state == talking {
			c.hangUp(c.result, c.parting.reason, why)
		}
		c.rest()
		c.wake()
		c.pending(why)
	}
}

// cancelled ends a call that was given up before the answer (RFC 3261 §9.2).
func (c *call) cancelled(why sim.Cause) {
	c.conclude("cancelled")
	c.final(487, c.u.Mark(why, "", nodes.CancelReceived, ""))
}
