package ue

import (
	"strconv"
	"strings"
	"time"

	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// session is the session timer of a call (RFC 4028): one end refreshes by UPDATE at half the interval, the other hangs up shortly
// before it is over, so that no end waits for ever for a BYE that got lost.
type session struct {
	interval  time.Duration // 0: none was agreed on
	refresher bool
	update    sip.TxID // the refresh under way
	next      deadline // refresh, or for the other end the end
}

// minSE is the least interval (RFC 4028 §5).
const minSE = 90 * time.Second

// askSession writes what a request asks for (RFC 4028 §7.1).
func (c *call) askSession(m *sip.Message, refresher string) {
	d := time.Duration(c.u.cfg.SessionExpires)
	if c.session.interval > 0 {
		d = c.session.interval
	}
	if d <= 0 {
		return
	}
	m.Add(sip.HSupported, "timer")
	m.Add(sip.HSessionExpires, sessionExpires(d, refresher))
	m.Add(sip.HMinSE, strconv.Itoa(int(minSE/time.Second)))
}

func sessionExpires(d time.Duration, refresher string) string {
	s := strconv.Itoa(int(d / time.Second))
	if refresher != "" {
		s += ";refresher=" + refresher
	}
	return s
}

// asked reads Session-Expires.
func asked(m *sip.Message) (d time.Duration, refresher string) {
	v := m.First(sip.HSessionExpires)
	n, params, _ := strings.Cut(v, ";")
	s, err := strconv.Atoi(strings.TrimSpace(n))
	if err != nil || s <= 0 || s > 1<<30 {
		return 0, ""
	}
	for p := range strings.SplitSeq(params, ";") {
		if k, w, _ := strings.Cut(strings.TrimSpace(p), "="); k == "refresher" {
			refresher = w
		}
	}
	return max(time.Duration(s)*time.Second, minSE), refresher
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
		d, refresher = max(own, c.session.interval, minSE), "uas"
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
