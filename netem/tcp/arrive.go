package tcp

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// Segment takes an arriving segment (RFC 9293 §3.10.7). The spans of p are shared, its slice is not kept.
// A closed connection ignores it: the host answers with ResetFor.
func (c *Conn) Segment(now sim.Time, why sim.Cause, h *packet.TCPHeader, p *packet.Payload) {
	if c.state == Closed {
		c.segsIn++
		return
	}
	c.begin(now, why)
	if !c.predicted(why, h, p) {
		c.arrive(why, h, p)
	}
	c.allow(why)
}

// begin notes that a segment has come.
func (c *Conn) begin(now sim.Time, why sim.Cause) {
	c.now = now
	c.segsIn++
	if c.x != nil && c.cfg.KeepAlive > 0 {
		c.hear(why)
	}
}

// arrive takes a segment of any kind in any state but CLOSED.
func (c *Conn) arrive(why sim.Cause, h *packet.TCPHeader, p *packet.Payload) {
	switch c.state {
	case SynSent:
		c.arriveSynSent(why, h)
	case SynReceived:
		if c.arriveSynReceived(why, h, p) {
			c.arriveSynchronized(why, h, p)
		}
	case TimeWait:
		c.arriveTimeWait(why, h, p)
	default:
		c.arriveSynchronized(why, h, p)
	}
}

// length is SEG.LEN: octets, SYN and FIN (RFC 9293 §3.3.1).
func length(h *packet.TCPHeader, octets int) uint32 {
	n := uint32(octets)
	if h.Flags&packet.SYN != 0 {
		n++
	}
	if h.Flags&packet.FIN != 0 {
		n++
	}
	return n
}

// acceptable is the sequence number test of RFC 9293 §3.10.7.4, first step.
func (c *Conn) acceptable(seq, n uint32) bool {
	w := c.window()
	switch {
	case n == 0 && w == 0:
		return seq == c.rnxt
	case n == 0:
		return seq-c.rnxt < w
	case w == 0:
		return false
	}
	return seq-c.rnxt < w || seq+n-1-c.rnxt < w
}

// arriveSynchronized is RFC 9293 §3.10.7.4 for the states with both SYNs through, and for SYN-RECEIVED once its own
// rules have had their say.
func (c *Conn) arriveSynchronized(why sim.Cause, h *packet.TCPHeader, p *packet.Payload) {
	n := length(h, p.Len)
	f := h.Flags
	if f&packet.RST == 0 && c.pawsFails(h) {
		c.answerUnacceptable(why, n) // RFC 7323 §5.3 R1
		return
	}
	if !c.acceptable(h.Seq, n) {
		if f&packet.RST != 0 {
			return
		}
		if c.window() == 0 && h.Seq == c.rnxt && f&(packet.ACK|packet.SYN) == packet.ACK {
			// RFC 9293 §3.10.7.4: with a zero window, valid ACKs are still processed.
			c.arriveAck(why, h, p)
		}
		if p.Len > 0 && le(h.Seq+uint32(p.Len), c.rnxt) {
			c.noteRepeated(h.Seq, h.Seq+uint32(p.Len))
		}
		c.answerUnacceptable(why, n)
		return
	}
	if f&packet.RST != 0 {
		// RFC 5961 §3.2: only the exact sequence number resets, anything else in the window is challenged.
		if h.Seq == c.rnxt {
			c.arriveReset(why)
		} else {
			c.challengeACK(why)
		}
		return
	}
	if f&packet.SYN != 0 && c.state == SynReceived && c.passive {
		c.reset(PeerReset, why) // RFC 9293 §3.10.7.4, fourth step: back to LISTEN
		return
	}
	if f&packet.SYN != 0 {
		c.challengeACK(why) // RFC 5961 §4.2
		return
	}
	if f&packet.ACK == 0 {
		return
	}
	c.noteTimestamp(h)
	if !c.arriveAck(why, h, p) {
		return
	}
	if p.Len == 0 && f&packet.FIN == 0 {
		return
	}
	c.arriveText(why, h, p)
}

// arriveAck is the fifth step. It returns false when the segment goes no further.
func (c *Conn) arriveAck(why sim.Cause, h *packet.TCPHeader, p *packet.Payload) bool {
	ack := h.Ack
	if !c.synAcked {
		if le(ack, c.iss) || lt(c.nxt, ack) {
			c.resetSegment(why, ack) // RFC 9293 §3.10.7.4: in SYN-RECEIVED
			return false
		}
		c.establish(why, h)
	}
	if lt(c.nxt, ack) || lt(ack, c.una-c.maxWnd) {
		c.challengeACK(why) // RFC 5961 §5.2
		return false
	}
	if lt(ack, c.una) {
		return true // an old duplicate: its octets may still be news
	}
	changed := c.takeWindow(h)
	c.arriveECN(h)
	news, repeated := uint32(0), false
	if c.sack && h.NumSACK > 0 {
		news, repeated = c.takeSACK(h)
	}
	if ack != c.una {
		c.acknowledged(h, why, news, repeated)
		c.eceNow = false
		return c.ownFINAcknowledged(why)
	}
	if c.x != nil {
		c.x.unheard = 0
	}
	if c.wnd == 0 && c.timers.giveUp.armed() {
		c.armUserTimeout(why) // RFC 9293 §3.8.6.1: a peer that answers is alive, however long its window is shut
	}
	if c.scoreboard() {
		c.duplicateSACK(why, h, news, repeated)
	}
	if c.use == persist {
		c.windowNews()
	} else if !c.sack && !changed && ack != c.nxt && p.Len == 0 && h.Flags&packet.FIN == 0 {
		c.duplicate() // RFC 5681 §2: all five conditions
	}
	return true
}

// windowNews is an acknowledgement while the persist timer runs.
func (c *Conn) windowNews() {
	if c.wnd > 0 {
		c.rtt.backoff = 0
		c.clearTimer() // Emit sends, or arms it again
	}
}

// arriveText is the seventh and the eighth step: octets and FIN.
func (c *Conn) arriveText(why sim.Cause, h *packet.TCPHeader, p *packet.Payload) {
	if c.state >= CloseWait {
		c.ackSoon(why) // after the peer's FIN there are no new octets: a repetition
		return
	}
	if c.noReader && p.Len > 0 && lt(c.rnxt, h.Seq+uint32(p.Len)) {
		// RFC 9293 §3.6.1, RFC 1122 §4.2.2.13: octets that nobody will read; Linux sends a bare RST.
		c.rstReason = Aborted
		c.resetSegment(why, h.Ack)
		c.dead()
		return
	}
	if h.Flags&packet.FIN != 0 {
		fin := h.Seq + uint32(p.Len)
		if le(fin, c.redge) && !c.finSeen {
			c.finSeen, c.finSeq = true, fin
		}
	}
	n := 0
	if p.Len > 0 {
		n = c.text(why, h.Seq, p)
	}
	if c.finSeen {
		if c.rnxt == c.finSeq {
			c.rnxt++
			c.redge = maxSeq(c.redge, c.rnxt)
			c.ackSoon(why)
			c.event(EvFINReceived, 0, why)
			c.event(EvReadable, n, why)
			c.peerFIN(why)
			return
		}
		if h.Flags&packet.FIN != 0 {
			c.ackSoon(why) // beyond a hole
		}
	}
	if n > 0 {
		c.event(EvReadable, n, why)
	}
}
