package mrfc

import (
	"time"

	"imsim/internal/units"
	"imsim/nodes"
	"imsim/nodes/protocol/sdp"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// Call has the server call a user into the conference, and returns the Call-ID (spec reference §2.11, Mp dial-out).
func (m *MRFC) Call(script *nodes.Script, why sim.Cause) string {
	c := &call{script: script, id: m.sip.IDs.CallID(m.Addr.String())}
	m.env.Scripts[c.id] = script
	m.add(c)
	c.why = m.Mark(why, "", nodes.SessionStart, script.Class)
	c.secure = script.Security != nodes.SecurityNone
	c.own = sdp.ActPass
	if m.cfg.Offer != "" {
		c.own = sdp.ParseSetup(m.cfg.Offer)
	}
	c.reserve(c.own, c.why)
	return c.id
}

// offer sends the INVITE, with the termination's address.
func (c *call) offer(why sim.Cause) {
	m := c.m
	r := sip.NewRequest(sip.INVITE, c.script.Target)
	r.Add(sip.HRoute, m.route)
	r.Add(sip.HFrom, "<"+m.identity+">;tag="+m.sip.IDs.Tag())
	r.Add(sip.HTo, "<"+c.script.Target+">")
	r.Add(sip.HCallID, c.id)
	r.Add(sip.HCSeq, sip.CSeq{Seq: m.sip.IDs.CSeq(), Method: sip.INVITE}.String())
	r.Add(sip.HContact, m.contact)
	r.Add(sip.HAllow, "INVITE, ACK, CANCEL, BYE, UPDATE, OPTIONS")
	r.SetBody("application/sdp", c.describe(c.own))
	c.invite = r
	why = m.Mark(why, "", nodes.InviteSent, "")
	c.tx = m.sip.Request(r, m.home, why)
	m.byTx[c.tx] = c
	patience := m.cfg.GiveUp
	if patience == 0 {
		patience = units.Duration(3 * time.Minute)
	}
	c.next = deadline{m.K.Now().Add(time.Duration(patience)), why}
	c.arm()
}

// giveUp cancels the INVITE of a user who does not answer.
func (c *call) giveUp(why sim.Cause) { c.hangUp("cancelled", "", why) }

// accepted takes the 2xx: the roles are agreed, and the termination is configured.
func (c *call) accepted(r *sip.Message, why sim.Cause) {
	m := c.m
	if again := c.uac.Success(r); again != nil {
		m.sip.Request(again, c.flow(), why)
		return
	}
	if c.state != joining {
		return
	}
	why = m.Mark(why, "", nodes.AnswerReceived, "")
	d, err := sip.NewUACDialog(c.invite, r)
	if err != nil {
		c.rejected(500, why)
		return
	}
	c.dialog = d
	c.dialog.ReceiveResponse(r)
	ack := c.dialog.Ack(c.invite)
	c.uac.Acked(r, ack)
	m.sip.Request(ack, c.flow(), why)
	c.state, c.next = joined, deadline{}
	if c.result != "" {
		// The CANCEL came too late (RFC 3261 §9.1): what was answered is ended.
		c.hangUp(c.result, "", why)
		return
	}
	if wrong := c.answered(r.Body); wrong != "" {
		c.hangUp("failed", `SIP;cause=488;text="`+wrong+`"`, why)
		return
	}
	c.configure(why)
	c.scheduled(why)
}

// answered takes the answer; wrong says why it cannot be used.
func (c *call) answered(body string) (wrong string) {
	l, ok := theLine(body)
	if !ok {
		return "no message line"
	}
	var err error
	if c.role, _, err = sdp.Negotiate(c.own, l.Setup()); err != nil {
		return "RFC 4145: " + err.Error()
	}
	secure := c.secure
	c.takeLine(l)
	switch {
	case secure != c.secure:
		return "answer with other security than the offer"
	case c.secure && len(l.Fingerprints()) == 0:
		return "no fingerprint"
	}
	return ""
}
