package tcp

// recovery is what a sender knows about losses: NewReno (RFC 6582) on top of duplicate acknowledgements (RFC 5681 §3.2).
type recovery struct {
	recover  uint32 // one past the highest sequence number sent when the last recovery began
	from, to uint32 // still to be sent again: [from, to)
	flight   uint32 // under way when the first duplicate acknowledgement came
	dups     uint32
	fast     bool // fast recovery
	partial  bool // a partial acknowledgement has come in this recovery
	lost     bool // after a timeout: everything up to recover is presumed lost
}

func (r *recovery) pending() bool { return lt(r.from, r.to) }

// timeout presumes everything under way lost (RFC 6298 §5.4, RFC 6582 §4).
func (r *recovery) timeout(una, nxt uint32) {
	r.recover, r.from, r.to = nxt, una, nxt
	r.fast, r.partial, r.lost = false, false, true
	r.dups = 0
}

// duplicate is a duplicate acknowledgement (RFC 5681 §3.2).
func (c *Conn) duplicate() {
	r := &c.rec
	r.dups++
	switch {
	case r.fast:
		c.cc.cwnd += c.mss // RFC 5681 §3.2 (4): a segment has left the network
	case r.dups == 1:
		r.flight = c.nxt - c.una
	case r.dups == 3 && lt(r.recover, c.una):
		// RFC 6582 §3.2 (2): only when more than recover is acknowledged, so that a window is not halved twice.
		c.rememberWindow()
		c.reduce(r.flight) // RFC 5681 §3.2 (2): without what limited transmit sent
		r.recover = c.nxt
		r.fast, r.partial = true, false
		c.cc.cwnd = c.cc.ssthresh + 3*c.mss
		c.resendFirst()
	}
}

// resendFirst has the first unacknowledged segment sent again.
func (c *Conn) resendFirst() {
	c.rec.from, c.rec.to = c.una, minSeq(c.una+c.mss, c.nxt)
	c.rtt.timing = false // RFC 6298 §3: Karn's rule
}

// inflation is what limited transmit lets go beyond cwnd (RFC 3042 §2).
func (c *Conn) inflation() uint32 {
	if c.rec.fast || c.rec.lost {
		return 0
	}
	return min(c.rec.dups, 2) * c.mss
}

// advanced grows or deflates the window for n octets newly acknowledged up to c.una; flight is what was under way before.
func (c *Conn) advanced(n, flight uint32) (restart bool) {
	r := &c.rec
	r.from = maxSeq(r.from, c.una)
	r.to = maxSeq(r.to, r.from)
	r.dups = 0
	if !r.fast && lt(r.recover, c.una) {
		r.recover = c.una - 1 // keeps up with sequence numbers that wrap
	}
	if r.lost && le(r.recover, c.una) {
		r.lost = false
	}
	switch {
	case !r.fast:
		if c.x == nil && !c.ecn {
			c.cc.acked(n, flight, c.mss)
		} else {
			c.grow(n, flight)
		}
		return true
	case le(r.recover, c.una):
		// RFC 6582 §3.2 (3), full acknowledgement: against a burst.
		c.cc.cwnd = min(c.cc.ssthresh, max(c.nxt-c.una, c.mss)+c.mss)
		r.fast = false
		return true
	}
	// Partial acknowledgement: the next hole, deflate by what was acknowledged.
	c.resendFirst()
	c.cc.cwnd -= min(n, c.cc.cwnd-min(c.cc.cwnd, c.mss))
	if n >= c.mss {
		c.cc.cwnd += c.mss
	}
	restart = !r.partial // RFC 6582 §3.2 (3): the timer restarts on the first one only
	r.partial = true
	return restart
}
