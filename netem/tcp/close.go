package tcp

import "imsim/sim"

// CloseWrite sends our FIN behind everything written; the peer may go on sending (half-close). In SYN-RECEIVED it waits for
// the handshake when something was written, and an active open whose SYN is unanswered ends at once (RFC 9293 §3.10.4).
func (c *Conn) CloseWrite(now sim.Time, why sim.Cause) {
	if c.state == Closed || c.finQueued {
		return
	}
	c.now = now
	if c.state == SynSent || c.held {
		c.dead()
		c.event(EvClosed, 0, why)
		return
	}
	c.finQueued, c.finWhy = true, why
	c.writeBlocked = false
}

// Close gives up both directions: our FIN goes behind everything written, and octets that arrive from now on are
// answered with RST. Octets that arrived and were not read make it an RST at once (RFC 9293 §3.6.1, RFC 2525 §2.17).
func (c *Conn) Close(now sim.Time, why sim.Cause) {
	if c.state == Closed || c.noReader {
		return
	}
	if c.rcv.n > 0 && c.state >= Established && c.state != TimeWait {
		c.Abort(now, why)
		return
	}
	c.CloseWrite(now, why)
	if c.state == Closed {
		return
	}
	c.noReader = true
	if c.state == FinWait2 {
		c.armOrphan(why)
	}
}

// Abort ends the connection at once, with RST where the peer may know of it (RFC 9293 §3.10.5). A held passive open is
// refused: <SEQ=0><ACK=ISN+1>.
func (c *Conn) Abort(now sim.Time, why sim.Cause) {
	if c.state == Closed {
		return
	}
	c.now = now
	s := c.state
	seq := c.nxt
	if c.held {
		seq = 0 // RFC 9293 §3.10.7.1
	}
	c.dead()
	switch s {
	case SynReceived, Established, FinWait1, FinWait2, CloseWait:
		c.rstDue, c.rstBare = true, false
		c.rstSeq, c.rstWhy, c.rstReason = seq, why, Aborted
	case TimeWait: // the owner has had its EvClosed
	default:
		c.report(EvClosed, Aborted, 0, why)
	}
}

// closingEarly reports whether our FIN may follow the SYN,ACK at once, because nothing was written (RFC 9293 §3.10.4:
// CLOSE in SYN-RECEIVED).
func (c *Conn) closingEarly() bool {
	if c.state != SynReceived || c.held || c.synDue || !c.finQueued || c.snd.n > 0 {
		return false
	}
	if c.cc.cwnd == 0 {
		c.cc.init(c.initialWindow())
	}
	return true
}

// ownFIN is the transition at the first transmission of our FIN.
func (c *Conn) ownFIN() {
	switch c.state {
	case Established, SynReceived:
		c.state = FinWait1
	case CloseWait:
		c.state = LastAck
	}
}

// ownFINAcknowledged is the transition when our FIN is acknowledged (RFC 9293 §3.10.7.4, fifth step). It returns false
// when the segment goes no further.
func (c *Conn) ownFINAcknowledged(why sim.Cause) bool {
	if !c.finSent || c.una != c.nxt {
		return true
	}
	switch c.state {
	case FinWait1:
		c.state = FinWait2
		if c.noReader {
			c.armOrphan(why)
		} else if d := c.cfg.HalfClosed; d > 0 {
			c.setTimer(orphan, c.now.Add(d), why)
		}
	case Closing:
		c.enterTimeWait(why)
		return false
	case LastAck:
		c.finished(why)
		return false
	}
	return true
}

// peerFIN is the transition at the peer's FIN in order (RFC 9293 §3.10.7.4, eighth step).
func (c *Conn) peerFIN(why sim.Cause) {
	switch c.state {
	case Established:
		c.state = CloseWait
	case FinWait1:
		c.state = Closing // ours is not acknowledged, or the state would be FIN-WAIT-2
	case FinWait2:
		c.enterTimeWait(why)
	}
}

// armOrphan limits FIN-WAIT-2 when nobody is left to read (Linux tcp_fin_timeout).
func (c *Conn) armOrphan(why sim.Cause) {
	if d := or(c.cfg.FinWait2, defaultFinWait2); d > 0 {
		c.setTimer(orphan, c.now.Add(d), why)
	}
}

// finished is LAST-ACK → CLOSED. What is unread stays readable.
func (c *Conn) finished(why sim.Cause) {
	c.snd.release(c.cfg.Pool)
	c.ooo.release(c.cfg.Pool)
	c.clearTimers()
	c.dropExtension()
	c.rackOn, c.sack = false, false
	c.ackDue = false
	c.state = Closed
	c.event(EvClosed, 0, why)
}
