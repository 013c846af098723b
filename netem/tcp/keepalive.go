package tcp

import (
	"time"

	"imsim/sim"
)

// Defaults of keepalive, Linux's (tcp_keepalive_intvl, tcp_keepalive_probes).
const (
	defaultKeepAliveInterval = 75 * time.Second
	defaultKeepAliveProbes   = 9
)

// armKeepAlive waits for the connection to have been silent long enough; only with nothing under way (RFC 9293 §3.8.4).
func (c *Conn) armKeepAlive(why sim.Cause) {
	if c.cfg.KeepAlive > 0 && c.x != nil && c.use == idle && c.state >= Established && c.state < TimeWait && c.una == c.nxt {
		c.setTimer(keep, c.now.Add(c.cfg.KeepAlive), why)
	}
}

// silent is the expiry of the keepalive timer.
func (c *Conn) silent(why sim.Cause) {
	x := c.x
	interval := or(c.cfg.KeepAliveInterval, defaultKeepAliveInterval)
	if d := x.heard.Add(c.cfg.KeepAlive); d > c.now && x.probes == 0 {
		c.setTimer(keep, d, why) // something came meanwhile
		return
	}
	if int(x.probes) >= or(c.cfg.KeepAliveProbes, defaultKeepAliveProbes) {
		c.timedOut(why)
		return
	}
	x.probes++
	c.allow(why)
	c.keepDue = true
	c.setTimer(keep, c.now.Add(interval), why)
}

// hear notes a segment of the peer's.
func (c *Conn) hear(why sim.Cause) {
	x := c.x
	x.heard = c.now
	if x.probes > 0 {
		x.probes = 0
		if c.use == keep {
			c.setTimer(keep, c.now.Add(c.cfg.KeepAlive), why)
		}
	}
}
