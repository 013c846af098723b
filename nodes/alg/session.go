package alg

import (
	"time"

	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// session is the session timer of a call as its P-CSCF sees it (RFC 4028 §8, TS 24.229 cl. 5.2.7).
type session struct {
	expiry sim.Timer
	slot   uint32
	why    sim.Cause // of the 2xx that the timer runs from

	interval time.Duration // 0: none
	byCaller bool          // the caller refreshes
}

// asked is what a session refresh request said when it went on.
type asked struct {
	interval time.Duration // 0: we asked for no timer
	timer    bool          // its sender supports session timers
}

// refresh is an UPDATE, or an INVITE inside the dialog, that has gone on.
type refresh struct {
	c     *call
	asked asked
}

// tooShort refuses a request whose session interval is below ours, where its sender can ask again (RFC 4028 §8.1).
func (p *ALG) tooShort(tx sip.TxID, m *sip.Message, why sim.Cause) bool {
	d, _ := m.SessionExpires()
	if p.cfg.SessionExpires == 0 || d == 0 || d >= p.minSE() || !m.Contains(sip.HSupported, "timer") {
		return false
	}
	r := p.fwd.Response(m, 422)
	r.Add(sip.HMinSE, sip.Seconds(p.minSE()))
	p.sip.Respond(tx, r, why)
	return true
}

func (p *ALG) minSE() time.Duration { return max(time.Duration(p.cfg.MinSE), sip.LeastSE) }

// ask puts our wish for a session timer into a request (RFC 4028 §8.1) and returns what it says as it goes on.
func (p *ALG) ask(m *sip.Message) asked {
	own := time.Duration(p.cfg.SessionExpires)
	if own == 0 {
		return asked{}
	}
	d, refresher := m.SessionExpires()
	a := asked{timer: m.Contains(sip.HSupported, "timer")}
	if d != 0 && d < p.minSE() && !a.timer {
		// A 422 would be the end of the call: the sender would not understand it.
		m.Set(sip.HMinSE, sip.Seconds(max(p.minSE(), m.MinSE())))
	}
	switch least := m.MinSE(); {
	case d == 0:
		a.interval = max(own, least)
		m.Set(sip.HSessionExpires, sip.Seconds(a.interval)) // who refreshes is not a proxy's to say
		return a
	case d < least:
		a.interval = least
	default:
		a.interval = min(d, max(own, least)) // reduced, never increased
	}
	if a.interval != d {
		v := sip.Seconds(a.interval)
		if refresher != "" {
			v += ";refresher=" + refresher
		}
		m.Set(sip.HSessionExpires, v)
	}
	return a
}

// refresh takes a request that may refresh the session.
func (c *call) refresh(tx sip.TxID, m *sip.Message, from sip.Flow, why sim.Cause) {
	p := c.p
	if p.tooShort(tx, m, why) {
		return
	}
	a := p.ask(m)
	p.pass(tx, m, from, why)
	if client := p.fwd.Client(tx); client != 0 {
		p.refreshes[client] = refresh{c, a}
	}
}

// renew takes a 2xx to a session refresh request on its way back: the session lasts its interval from now on, or without one
// for as long as it likes (RFC 4028 §8.2).
func (c *call) renew(m *sip.Message, a asked, why sim.Cause) {
	p := c.p
	if c.ended {
		return
	}
	if a.interval > 0 && a.timer && !m.Has(sip.HSessionExpires) {
		// The server knows nothing of session timers, the client does: the client is told to refresh.
		m.Add(sip.HSessionExpires, sip.Seconds(a.interval)+";refresher=uac")
		if !m.Contains(sip.HRequire, "timer") {
			m.Add(sip.HRequire, "timer")
		}
	}
	d, refresher := m.SessionExpires()
	if c.session == nil {
		if d == 0 {
			return
		}
		c.session = &session{slot: uint32(len(p.timed))}
		p.timed = append(p.timed, c)
	}
	at := sim.Never
	if d > 0 {
		at = p.K.Now().Add(d)
	}
	c.session.why, c.session.interval = why, d
	c.session.byCaller = (refresher == "uac") == (m.FromTag() == c.callerTag)
	p.K.Arm(&c.session.expiry, p.Entity, c.session.slot, at)
}

// Handle ends a call whose session timer has run out, or an outage of the controller.
func (p *ALG) Handle(slot uint32) {
	switch {
	case slot == slotBack:
		p.returned()
		return
	case slot >= slotFall:
		p.waitedFor(slot)
		return
	}
	if c := p.timed[slot]; c != nil && p.K.Due(&c.session.expiry, p.Entity, slot) {
		c.expired(p.Waited(c.session.why, "sip.session"))
	}
}

// expired ends the call, since nobody has refreshed it or said good-bye (row R-21 of spec reference §7.5).
func (c *call) expired(why sim.Cause) {
	if c.p.cfg.SessionEnd == "forget" {
		// RFC 4028 §8.3, TS 24.229 cl. 5.2.8.3: a proxy forgets what it has kept, and sends no BYE.
		c.end(c.p.Mark(why, "", nodes.SessionExpired, ""))
		return
	}
	// An IMS-ALG that takes the bearer away ends the call as it does for other reasons (TS 24.229 cl. 5.2.8.1.2) [SIM].
	c.release(408, "session expired", c.p.Mark(why, "", nodes.SessionExpired, ""))
}
