package ue

import (
	"strconv"

	"imsim/nodes"
	"imsim/nodes/protocol/sdp"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// reinvited takes an INVITE inside the call (RFC 3261 §14.2).
func (c *call) reinvited(tx sip.TxID, m *sip.Message, why sim.Cause) {
	u := c.u
	why = u.Mark(why, "", nodes.InviteReceived, "")
	switch {
	case c.state != talking:
		u.refuse(tx, m, 481, why)
		return
	case c.uas != nil:
		// The one before has not had its ACK.
		r := sip.NewResponse(m, 500, "", "")
		r.Add(sip.HRetryAfter, strconv.FormatUint(u.rand.Below(11), 10))
		u.sip.Respond(tx, r, why)
		return
	case c.re != nil && c.re.invite != nil || c.changing():
		u.refuse(tx, m, 491, why) // glare; or what was agreed on last is not carried out yet [I]
		return
	case m.Body == "" || u.cfg.Reinvite == "refuse":
		u.refuse(tx, m, 488, why) // an offer in the 2xx is not modelled
		return
	}
	if status := c.reoffered(m.Body, why); status != 0 {
		u.refuse(tx, m, status, why)
		return
	}
	c.tx, c.invite = tx, m
	c.uas = sip.NewUAS(m, u.sip.Layer.Timers(sip.Flow{}), u.sip.IDs.RSeq())
	c.offers++
	r := c.newResponse(200)
	r.SetBody("application/sdp", c.describe(false))
	if c.session.interval > 0 {
		c.agreeSession(m, r, why)
	}
	c.uas.Respond(u.K.Now(), why, r, false)
	c.pumpUAS()
	c.proceed(why)
}

// reoffered works an offer inside the call into the media, up to the answer; status refuses it and leaves all as it was.
func (c *call) reoffered(body string, why sim.Cause) (status int) {
	d, err := sdp.Parse([]byte(body))
	if err != nil || d.Lines() <= len(c.more) || d.Lines() > maxLines {
		return 488 // RFC 3264 §8: lines are never fewer
	}
	known := len(c.more)
	undo := func() int {
		for m := range c.lines() {
			m.removing = false
			if m.next != nil {
				m.next.giveUp("refused", why)
			}
			if int(m.line) > known {
				m.close(why)
			}
		}
		c.more = c.more[:known]
		return 488
	}
	for m := range c.lines() {
		l := d.Line(int(m.line))
		switch {
		case m.gone:
		case m.audio != nil:
			if m.readAudio(l) != "" {
				return undo()
			}
		case l.Rejected():
			m.removing = true
		case m.effective(l) == sdp.NewConnection || m.tcpRole == sdp.HoldConn && sdp.OfferDefault(l.Setup()) != sdp.HoldConn:
			n := m.successor()
			if l.Connection() == sdp.NoConnection {
				n.connection = sdp.NoConnection
			}
			if n.consider(l, why) != 0 {
				return undo()
			}
			n.agreed = true
		default:
			if m.connection = sdp.ExistingConnection; l.Connection() == sdp.NoConnection {
				m.connection = sdp.NoConnection
			}
		}
	}
	for i := known + 1; i < d.Lines(); i++ {
		m := c.addLine()
		l := d.Line(i)
		if l.Rejected() || l.Media() != "message" || m.consider(l, why) != 0 {
			m.gone = true // RFC 3264 §6: answered with port 0
			continue
		}
		if l.Connection() == sdp.NoConnection {
			m.connection = sdp.NoConnection
		}
		m.agreed = true
	}
	for m := range c.lines() {
		if m.gone || m.removing || m.audio != nil {
			continue
		}
		l := d.Line(int(m.line))
		dir := meet(l.Direction().Reversed(), m.wish)
		m.dir = dir
		if m.next != nil {
			m.next.dir = dir
		} else {
			m.keep(l)
		}
	}
	return 0
}

// meet returns the direction that both allow.
func meet(a, b sdp.Direction) sdp.Direction {
	send := (a == sdp.SendRecv || a == sdp.SendOnly) && (b == sdp.SendRecv || b == sdp.SendOnly)
	receive := (a == sdp.SendRecv || a == sdp.RecvOnly) && (b == sdp.SendRecv || b == sdp.RecvOnly)
	switch {
	case send && receive:
		return sdp.SendRecv
	case send:
		return sdp.SendOnly
	case receive:
		return sdp.RecvOnly
	}
	return sdp.Inactive
}
