package ue

import (
	"strconv"
	"time"

	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// session is the session timer of a call (RFC 4028): one end refreshes by UPDATE at half the interval, the other hangs up shortly
// before it is over, so that no end waits for ever for a BYE that got lost.
type session struct {
	interval  time.Duration // 0: none was agreed on
	least     time.Duration // that somebody on the way has asked for, by 422
	refresher bool
	update    sip.TxID // the refresh under way
	next      deadline // refresh, or for the other end the end
}

// askSession writes what a request asks for (RFC 4028 §7.1).
func (c *call) askSession(m *sip.Message, refresher string) {
	d := time.Duration(c.u.cfg.SessionExpires)
	if c.session.interval > 0 {
		d = c.session.interval
	}
	if d > 0 {
		d = max(d, c.session.least)
	}
	if d <= 0 {
		return
	}
	m.Add(sip.HSupported, "timer")
	m.Add(sip.HSessionExpires, sessionExpires(d, refresher))
	m.Add(sip.HMinSE, sip.Seconds(max(c.session.least, sip.LeastSE)))
}

func sessionExpires(d time.Duration, refresher string) string {
	s := sip.Seconds(d)
	if refresher != "" {
		s += ";refresher=" + refresher
	}
	return s
}

// asked reads Session-Expires, which counts for no less than the least interval.
func asked(m *sip.Message) (d time.Duration, refresher string) {
	if d, refresher = m.SessionExpires(); d > 0 {
		d = max(d, sip.LeastSE)
	}
	return d, refresher
}

// agreeSession is the server's part (RFC 4028 §9): what the 2xx to m says of the timer.
func (c *call) agreeSession(m, r *sip.Message, why sim.Cause) {
	own := time.Duration(c.u.cfg.SessionExpires)
	if own <= 0 && c.session.interval == 0 {
		return
	}
	d, refresher := asked(m)
	switch {
	case d == 0: // the client does not know of it: the server refreshes
		d, refresher = max(own, c.session.interval, sip.LeastSE), "uas"
	case refresher == "" && !m.Contains(sip.HSupported, "timer"):
		refresher = "uas" // RFC 4028 §9: a proxy has asked, the client knows nothing of it
	case refresher == "":
		refresher = "uac"
	}
	if refresher == "uac" {
		r.Add(sip.HRequire, "timer")
	}
	r.Add(sip.HSessionExpires, sessionExpires(d, refresher))
	c.startSession(d, refresher == "uas", why)
}

// takeSession is the client's part (RFC 4028 §7.2): without a word of the server's the client refreshes.
func (c *call) takeSession(m *sip.Message, why sim.Cause) {
	d, refresher := asked(m)
	if d == 0 {
		d, refresher = max(time.Duration(c.u.cfg.SessionExpires), c.session.interval), "uac"
	}
	if d > 0 {
		c.startSession(d, refresher != "uas", why)
	}
}

func (c *call) startSession(d time.Duration, refresher bool, why sim.Cause) {
	s := &c.session
	s.interval, s.refresher = d, refresher
	wait := d / 2 // RFC 4028 §10
	if !refresher {
		wait = d - min(32*time.Second, d/3)
	}
	s.next.set(c.u.K.Now().Add(wait), why)
}

// sessionDue refreshes the session, or ends it.
func (c *call) sessionDue(why sim.Cause) {
	s := &c.session
	if c.state != talking {
		return
	}
	if !s.refresher || c.uas != nil {
		c.hangUp("failed", `SIP;cause=408;text="session expired"`, why)
		return
	}
	u := c.u
	m := c.unpacked().Request(sip.UPDATE)
	c.askSession(m, "uac")
	s.update = u.sip.Request(m, u.flow(c.dialog), why)
	u.byTx[s.update] = c
	c.rest()
}

// refreshed takes the final response to the refresh. Without a 2xx the call is over (RFC 4028 §10).
func (c *call) refreshed(status int, m *sip.Message, why sim.Cause) {
	c.session.update = 0
	switch {
	case c.state != talking:
	case status < 300:
		c.takeSession(m, why)
	default:
		c.hangUp("failed", "SIP;cause="+strconv.Itoa(status)+`;text="session not refreshed"`, why)
	}
}

// again sends the INVITE again with the interval that a 422 asks for (RFC 4028 §7.3).
func (c *call) again(m *sip.Message, why sim.Cause) bool {
	u := c.u
	seq, err := c.invite.CSeq()
	if least := m.MinSE(); err != nil || c.result != "" || least <= c.session.least || !c.invite.Has(sip.HSessionExpires) {
		return false
	}
	c.session.least = m.MinSE()
	next := c.invite.Clone()
	for _, h := range []sip.HeaderID{sip.HVia, sip.HSessionExpires, sip.HMinSE} {
		next.Remove(h)
	}
	next.RemoveToken(sip.HSupported, "timer")
	c.askSession(next, "")
	next.Set(sip.HCSeq, sip.CSeq{Seq: seq.Seq + 1, Method: sip.INVITE}.String())
	delete(u.byTx, c.tx)
	c.invite, c.dialog, c.uac = next, nil, sip.UAC{}
	c.tx = u.sip.Request(next, u.proxy, u.Mark(why, "", nodes.InviteSent, ""))
	u.byTx[c.tx] = c
	return true
}
