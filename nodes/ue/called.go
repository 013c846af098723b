package ue

import (
	"time"

	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// invited takes an INVITE that starts a call.
func (u *UE) invited(tx sip.TxID, m *sip.Message, why sim.Cause) {
	c := &call{u: u, id: m.CallID(), tx: tx, invite: m, script: u.env.Scripts[m.CallID()]}
	c.why = u.Mark(why, "", nodes.InviteReceived, "")
	tag := u.sip.IDs.Tag()
	d, err := sip.NewUASDialog(m, tag, u.contact)
	if err != nil || c.script == nil {
		u.refuse(tx, m, 400, why)
		return
	}
	c.dialog = d
	c.uas = sip.NewUAS(m, u.sip.Layer.Timers(sip.Flow{}), u.sip.IDs.RSeq())
	u.add(c)
	if status := c.media.offered(c, m.Body, c.why); status != 0 {
		c.final(status, c.why)
		return
	}
	switch u.cfg.Alert {
	case "180":
		c.alert(180, "", false, c.why)
	case "183":
		c.alert(183, "", false, c.why)
	case "183-answer":
		c.alert(183, c.media.answer(c.why), sip.AllowsReliable(m), c.why)
	}
	if u.cfg.Pickup == 0 {
		c.answer(c.why)
	} else {
		c.pickup.set(u.K.Now().Add(time.Duration(u.cfg.Pickup)), c.why)
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
	if status == 183 {
		why = u.Mark(why, "", nodes.RingingSent, "")
	}
	c.uas.Respond(u.K.Now(), why, r, reliable)
	c.pumpUAS()
}

// answer sends the 200.
func (c *call) answer(why sim.Cause) {
	u := c.u
	r := c.newResponse(200)
	if !c.media.agreed {
		r.SetBody("application/sdp", c.media.answer(why))
	}
	why = u.Mark(why, "", nodes.AnswerSent, "")
	c.state = talking
	c.dialog.Confirm()
	c.uas.Respond(u.K.Now(), why, r, false)
	c.pumpUAS()
	c.media.connect(why)
}

// final refuses the INVITE.
func (c *call) final(status int, why sim.Cause) {
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
	u := c.u
	for {
		o, ok := c.uas.Next()
		if !ok {
			return
		}
		switch o.Kind {
		case sip.UASSend:
			u.sip.Respond(c.tx, o.Message, o.Why)
		case sip.UASNoPRACK:
			c.final(504, o.Why)
		case sip.UASNoACK:
			c.hangUp("failed", "", o.Why)
		}
	}
}

// acked takes the ACK of our 2xx.
func (c *call) acked(m *sip.Message, why sim.Cause) {
	if c.uas != nil && c.uas.Ack(m) {
		c.u.Mark(why, "", nodes.AckReceived, "")
		// What lasts as long as the call does not keep messages alive.
		c.dialog.Detach()
		c.invite, c.uas = nil, nil
		c.wake()
	}
}

// cancelled ends a call that was given up before the answer (RFC 3261 §9.2).
func (c *call) cancelled(why sim.Cause) {
	c.conclude("cancelled")
	c.final(487, why)
}
