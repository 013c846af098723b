package tcp

import (
	"time"

	"imsim/sim"
)

// timer is a deadline with the cause it was armed with.
type timer struct {
	at  sim.Time
	why sim.Cause
}

func (t *timer) arm(at sim.Time, why sim.Cause) { t.at, t.why = at, why }
func (t *timer) stop()                          { t.at = sim.Never }
func (t *timer) armed() bool                    { return t.at != sim.Never }

// purpose says what the retransmission timer waits for; the purposes exclude each other.
type purpose uint8

const (
	idle      purpose = iota
	handshake         // an answer to our SYN or SYN,ACK
	answer            // an acknowledgement of data or FIN (RFC 6298)
	persist           // the peer's window to open (RFC 9293 §3.8.6.1)
	reorder           // a segment to be overdue (RFC 8985 §6.2)
	tail              // the tail to be probed (RFC 8985 §7.2)
	keep              // a silent peer to be probed (RFC 9293 §3.8.4)
	quiet             // the end of TIME-WAIT
	orphan            // the peer's FIN in FIN-WAIT-2 after Close
)

// timers are the deadlines of a connection.
type timers struct {
	rtx    timer // by purpose
	delack timer // RFC 9293 §3.8.6.3
	giveUp timer // connect timeout, user timeout
}

// clearTimers stops all of them.
func (c *Conn) clearTimers() {
	c.timers.rtx.stop()
	c.timers.delack.stop()
	c.timers.giveUp.stop()
	c.use = idle
}

// setTimer arms the retransmission timer for a purpose.
func (c *Conn) setTimer(p purpose, at sim.Time, why sim.Cause) {
	c.use = p
	c.timers.rtx.arm(at, why)
}

func (c *Conn) clearTimer() {
	c.use = idle
	c.timers.rtx.stop()
}

// first returns the timer that is due next.
func (t *timers) first() *timer {
	f := &t.rtx
	if t.delack.at < f.at {
		f = &t.delack
	}
	if t.giveUp.at <= f.at {
		f = &t.giveUp
	}
	return f
}

// Deadline returns when Tick wants to be called, or sim.Never.
func (c *Conn) Deadline() sim.Time {
	if c.cfg == nil {
		return sim.Never
	}
	return c.timers.first().at
}

// TimerCause returns what armed the deadline that is due next. The owner records the waiting under it and passes Tick
// the record.
func (c *Conn) TimerCause() sim.Cause { return c.timers.first().why }

// Tick tells the connection that time has come to now. Of the deadlines that have passed the first takes effect, so
// that each has its own cause; Deadline tells whether another one is due.
func (c *Conn) Tick(now sim.Time, why sim.Cause) {
	if c.cfg == nil {
		return
	}
	c.now = now
	t := &c.timers
	switch f := t.first(); {
	case f.at > now:
		return
	case f == &t.giveUp:
		// RFC 9293 §3.10.8: the user timeout flushes all queues and tells the user; no segment is sent.
		c.timedOut(why)
		return
	case f == &t.delack:
		t.delack.stop()
		c.ackSoon(why)
		return
	}
	use := c.use
	c.clearTimer()
	switch use {
	case handshake:
		c.handshakeTimeout(why)
	case answer:
		c.retransmissionTimeout(why)
	case persist:
		c.persistTimeout(why)
	case reorder:
		c.overdue(why)
	case tail:
		c.probe(why)
	case keep:
		c.silent(why)
	case quiet:
		c.state = Closed // RFC 9293 §3.10.8: TIME-WAIT is over; the owner has had its EvClosed
	case orphan:
		c.dead()
		c.report(EvClosed, TimedOut, 0, why)
	}
}

func (c *Conn) timedOut(why sim.Cause) {
	r := TimedOut
	if c.softError {
		r = Unreachable // RFC 9293 §3.9.2.2: a soft error is what the user is told in the end
	}
	c.reset(r, why)
}

// synGap is the wait after the n-th SYN, n from 1, and whether it is followed by another SYN.
func (c *Conn) synGap(n int) (gap time.Duration, again bool) {
	rto := or(c.cfg.InitialRTO, defaultInitialRTO)
	switch {
	case c.state == SynReceived && c.passive:
		return rto << (n - 1), n <= 5 // Linux tcp_synack_retries
	case c.cfg.SYNSchedule == Linux && n <= 5:
		return rto, true // tcp_syn_linear_timeouts
	case c.cfg.SYNSchedule == Linux:
		return rto << min(n-5, 6), n <= 10
	case c.cfg.SYNSchedule == Steady:
		return rto, true
	case c.cfg.SYNSchedule == RFC:
		return min(rto<<min(n-1, 6), max(rto, defaultMaxRTO)), n <= 7
	}
	return rto << min(n-1, 6), n <= 6
}

// handshakeTimeout repeats the SYN or SYN,ACK, or gives up.
func (c *Conn) handshakeTimeout(why sim.Cause) {
	if _, again := c.synGap(int(c.syns)); !again && !c.timers.giveUp.armed() {
		c.timedOut(why)
		return
	}
	c.synDue = true
	c.allow(why)
}

// retransmissionTimeout is the expiry of RFC 6298 §5.4–5.6.
func (c *Conn) retransmissionTimeout(why sim.Cause) {
	if c.cfg.Retries > 0 && c.retriesOver() {
		c.timedOut(why)
		return
	}
	flight := c.nxt - c.una
	if c.rtt.backoff == 0 {
		c.rememberWindow()
		c.reduceTimeout(flight) // RFC 5681 §3.1: only the first timeout for the same data
	}
	c.cc.cwnd = c.mss // RFC 5681 §3.1: the loss window
	if c.x != nil {
		c.x.hystart = hystart{} // Linux: anew after a timeout
	}
	if c.rtt.backoff < 16 {
		c.rtt.backoff++
	}
	c.rtt.timing = false // RFC 6298 §3: Karn's rule
	if c.sack && c.synAcked {
		c.timeoutSACK()
	} else {
		c.rec.timeout(c.una, c.nxt)
	}
	c.allow(why)
}

// persistTimeout sends a window probe.
func (c *Conn) persistTimeout(why sim.Cause) {
	if c.cfg.Retries > 0 && c.wnd == 0 {
		if int(c.x.unheard) >= c.cfg.Retries {
			c.timedOut(why)
			return
		}
		c.x.unheard++
	}
	c.probeDue = c.wnd == 0
	c.override = !c.probeDue // RFC 9293 §3.8.6.2.1: the override timeout against silly windows
	if c.rtt.backoff < 16 {
		c.rtt.backoff++ // RFC 9293 §3.8.6.1: exponentially increasing
	}
	c.allow(why)
}
