package tcp

// The congestion control of a connection: NewReno's window (congestion.go) or CUBIC's (cubic.go), and when they are told.

// grow is for n octets newly acknowledged while flight octets were under way before.
func (c *Conn) grow(n, flight uint32) {
	if n == 0 || c.eceNow {
		return // RFC 3168 §6.1.2: not on an acknowledgement with ECE
	}
	if c.cfg.Congestion != CUBIC {
		if c.cc.cwnd < c.cc.ssthresh {
			c.slowStart(n, flight)
		} else {
			c.cc.acked(n, flight, c.mss)
		}
		return
	}
	u := &c.x.cubic
	if flight+c.mss <= c.cc.cwnd && (c.cc.cwnd >= c.cc.ssthresh || 2*flight <= c.cc.cwnd) {
		if u.inside {
			u.epoch += c.now - u.last // RFC 9438 §4.2: t leaves out the time in which the application limits
		}
	} else if c.cc.cwnd < c.cc.ssthresh {
		c.slowStart(n, flight)
	} else {
		u.acked(&c.cc, c.now, c.rtt.srtt, n, c.mss)
	}
	u.last = c.now
}

// reduce sets ssthresh after a sign of congestion with flight octets not acknowledged.
func (c *Conn) reduce(flight uint32) {
	// RFC 5681 §3.1 (4), RFC 9438 §4.6: at most this share of FlightSize. Where a lost retransmission holds SND.UNA back, the
	// octets reported selectively make FlightSize a multiple of the window, and ssthresh would grow with every loss; so
	// the window bounds it, as in Linux.
	window := c.cc.cwnd
	if c.rec.fast {
		window = max(window, c.cc.ssthresh) // PRR may hold the window lower for a while
	}
	flight = min(flight, window)
	if c.cfg.Congestion != CUBIC {
		c.cc.halve(flight, c.mss)
		return
	}
	c.x.cubic.reduce(&c.cc, flight, c.mss)
}

// reduceTimeout is reduce after the retransmission timer expired.
func (c *Conn) reduceTimeout(flight uint32) {
	c.reduce(flight)
	if c.cfg.Congestion == CUBIC {
		c.x.cubic.flat = true // RFC 9438 §4.8
	}
}

// respond is the reaction to congestion without a loss to repair: one reduction a window (RFC 3168 §6.1.2).
func (c *Conn) respond() bool {
	if c.rec.fast || c.rec.lost || !lt(c.rec.recover, c.una) {
		return false
	}
	c.reduce(c.nxt - c.una)
	c.cc.cwnd = min(c.cc.cwnd, c.cc.ssthresh)
	c.rec.recover = c.nxt
	return true
}
