package mrfc

import (
	"strings"

	"imsim/nodes"
	"imsim/nodes/protocol/sdp"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// invited takes the INVITE of a participant (TS 23.333 cl. 6.2.20.1 step 1).
func (m *MRFC) invited(tx sip.TxID, r *sip.Message, why sim.Cause) {
	why = m.Mark(why, "", nodes.InviteReceived, "")
	c := &call{id: strings.Clone(r.CallID()), dialIn: true, tx: tx, invite: r, why: why, script: m.env.Scripts[r.CallID()]}
	d, err := sip.NewUASDialog(r, m.sip.IDs.Tag(), m.contact)
	if err != nil {
		m.refuse(tx, r, 400, why)
		return
	}
	c.dialog = d
	c.uas = sip.NewUAS(r, m.sip.Layer.Timers(sip.Flow{}), m.sip.IDs.RSeq())
	m.add(c)
	l, ok := theLine(r.Body)
	if !ok {
		c.final(488, why)
		return
	}
	c.own = sdp.Answer(l.Setup(), sdp.ParseSetup(m.answer()))
	if _, c.role, err = sdp.Negotiate(l.Setup(), c.own); err != nil {
		c.final(488, why)
		return
	}
	c.takeLine(l)
	if c.secure && len(l.Fingerprints()) == 0 {
		c.final(488, why) // nothing to tell the participant by (TS 33.328 Annex G.2)
		return
	}
	c.reserve(c.role, why)
}

func (m *MRFC) answer() string {
	if m.cfg.Answer != "" {
		return m.cfg.Answer
	}
	return "active"
}

// reserved goes on when the MRFP has made the termination: the answer can be sent (step 6).
func (c *call) reserved(why sim.Cause) {
	if !c.dialIn {
		c.offer(why)
		return
	}
	c.state = joined
	c.dialog.Confirm()
	r := c.newResponse(200)
	r.SetBody("application/sdp", c.describe(c.own))
	c.uas.Respond(c.m.K.Now(), why, r, false)
	c.pump()
	c.arm()
}

// final refuses the INVITE.
func (c *call) final(status int, why sim.Cause) {
	c.uas.Respond(c.m.K.Now(), why, c.newResponse(status), false)
	c.pump()
	c.conclude("failed")
	c.over(why)
}

func (c *call) newResponse(status int) *sip.Message {
	r := sip.NewResponse(c.invite, status, "", c.dialog.LocalTag)
	if status < 300 {
		r.Add(sip.HContact, c.m.contact)
		r.Add(sip.HAllow, "INVITE, ACK, CANCEL, BYE, UPDATE, OPTIONS")
	}
	return r
}

// pump carries out what the user agent server core wants.
func (c *call) pump() {
	for c.uas != nil {
		o, ok := c.uas.Next()
		if !ok {
			return
		}
		switch o.Kind {
		case sip.UASSend:
			why := o.Why
			if !o.Again && o.Message.Status < 300 {
				why = c.m.Mark(why, "", nodes.AnswerSent, "")
			}
			c.m.sip.Respond(c.tx, o.Message, why)
		case sip.UASNoACK:
			c.uas = nil
			reason := ""
			if c.parting != nil {
				reason = c.parting.reason
			}
			c.hangUp("failed", reason, o.Why)
		}
	}
}

// acked takes the ACK of our 2xx.
func (c *call) acked(r *sip.Message, why sim.Cause) {
	if c.uas == nil || !c.uas.Ack(r) {
		return
	}
	why = c.m.Mark(why, "", nodes.AckReceived, "")
	c.uas = nil
	if p := c.parting; p != nil {
		c.hangUp(c.result, p.reason, why)
		return
	}
	c.scheduled(why)
}
