package tcp

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// Write queues octets for the peer and returns how many of them there was room for; when not all, EvWritable follows.
// The spans are shared, not copied. After CloseWrite, and on a connection that is over, nothing is accepted.
func (c *Conn) Write(now sim.Time, why sim.Cause, p packet.Payload) (accepted int) {
	if c.state == Closed || c.finQueued {
		return 0
	}
	c.now = now
	room := c.WriteSpace()
	if p.Len > room {
		c.writeBlocked = true
	}
	for i := range p.Spans {
		s := p.Spans[i]
		if s.Len > room {
			s = s.Slice(0, room)
		}
		if s.Len == 0 {
			continue
		}
		c.snd.push(c.cfg.Pool, c.end, &s, why)
		c.end += uint32(s.Len)
		room -= s.Len
		accepted += s.Len
	}
	return accepted
}

// WantSpace asks for an EvWritable as after a Write that was not accepted whole: for who writes no more than there is room
// for, and found none.
func (c *Conn) WantSpace() { c.writeBlocked = true }

// WriteSpace returns how many octets Write would accept.
func (c *Conn) WriteSpace() int {
	if c.state == Closed || c.finQueued {
		return 0
	}
	return max(int(c.sndBuf)-c.buffered(), 0)
}

// buffered returns how many octets are written and not yet acknowledged.
func (c *Conn) buffered() int {
	if !c.synAcked {
		return int(c.end - c.iss - 1)
	}
	if lt(c.end, c.una) {
		return 0 // our FIN is
	}
	return int(c.end - c.una)
}

// WantDrained asks for one EvDrained when everything written so far and until then has been acknowledged; at once if it has.
func (c *Conn) WantDrained(now sim.Time, why sim.Cause) {
	c.now = now
	c.wantDrained = true
	c.checkDrained(why)
}

func (c *Conn) checkDrained(why sim.Cause) {
	if c.wantDrained && c.buffered() == 0 {
		c.wantDrained = false
		c.event(EvDrained, 0, why)
	}
}

// next decides how many octets of new data may go now, and whether our FIN goes with them.
func (c *Conn) next() (n uint32, fin, ok bool) {
	if c.finSent || c.rec.pending() {
		return 0, false, false
	}
	avail := c.end - c.nxt
	if avail == 0 && !c.finQueued {
		return 0, false, false
	}
	if c.x != nil && c.x.board.lost > 0 && c.x.undo.frto != frtoSecond {
		return 0, false, false // RFC 6675 §4, NextSeg (1): first what is lost
	}
	flight := c.nxt - c.una
	open := room(c.wnd, flight)
	if avail == 0 {
		return 0, true, open > 0
	}
	pipe, cwnd, mss := flight, c.cc.cwnd+c.inflation(), c.mss
	if c.x != nil {
		mss = c.segment()
		if c.x.board.on {
			pipe, cwnd = c.x.board.pipe, c.cc.cwnd
		}
	}
	usable := min(open, room(cwnd, pipe))
	n = min(avail, mss, usable)
	if n == 0 {
		return 0, false, false
	}
	if n < mss {
		// RFC 9293 §3.8.6.2.1: silly windows; half of the largest window ever offered is enough.
		if n < avail && (open > usable || n < c.maxWnd/2) && !c.override {
			return 0, false, false
		}
		// RFC 9293 §3.7.4: Nagle.
		if n == avail && c.cfg.Nagle && flight > 0 && !c.finQueued {
			return 0, false, false
		}
	}
	return n, n == avail && c.finQueued && open > n, true
}

// segment is the largest payload of the next segment: options take their part (RFC 6691 §2).
func (c *Conn) segment() uint32 {
	if c.x == nil {
		return c.mss
	}
	return c.mss - min(c.sackOctets(), c.mss/2)
}

func room(window, used uint32) uint32 {
	if window < used {
		return 0
	}
	return window - used
}

// acknowledged takes an acknowledgement of something new: h.Ack becomes SND.UNA.
func (c *Conn) acknowledged(h *packet.TCPHeader, why sim.Cause, news uint32, repeated bool) {
	ack := h.Ack
	n, flight := ack-c.una, c.nxt-c.una
	c.una = ack
	data := n
	if c.finSent && ack == c.nxt {
		data--
	}
	c.octetsAcked += uint64(data)
	if data > 0 {
		popped := c.snd.dropBefore(c.cfg.Pool, ack)
		c.cursor -= min(popped, c.cursor)
	}
	// RFC 6298 §3: one timed segment, never one sent again; with timestamps also what was (RFC 7323 §4.1).
	if c.rtt.timing && le(c.rtt.end, ack) {
		c.rtt.timing = false
		c.sample(c.now.Sub(c.rtt.at))
	} else if c.ts && h.HasTS && c.rtt.backoff > 0 {
		c.sampleTimestamp(h)
	}
	c.rtt.backoff = 0 // RFC 6298 §5.7 in spirit: new data got through
	if c.x != nil {
		c.x.retriedAt = 0
		if c.x.undo.stamped {
			c.eifel(h)
		}
	}
	restart := true
	if c.scoreboard() {
		original := uint32(0)
		if c.x.undo.frto != frtoOff {
			original = c.x.board.original(ack)
		}
		delivered := news + c.advanceBoard(h)
		if c.x.undo.frto != frtoOff {
			c.frtoAck(original)
		}
		if c.rackOn {
			c.probeAnswered(h, repeated)
		}
		c.recoverSACK(data, delivered, flight, repeated)
	} else {
		restart = c.advanced(data, flight)
	}
	switch {
	case ack == c.nxt:
		c.clearTimer() // RFC 6298 §5.2
		c.timers.giveUp.stop()
		if c.x != nil {
			c.allAcknowledged(why)
		}
	case restart || c.use != answer:
		c.armRTO(why) // RFC 6298 §5.3
		fallthrough
	default:
		c.armUserTimeout(why)
	}
	if c.writeBlocked && c.WriteSpace() >= int(c.sndBuf)/4 {
		c.writeBlocked = false
		c.event(EvWritable, 0, why)
	}
	if c.wantDrained {
		c.checkDrained(why)
	}
}

// sampleTimestamp measures with the echoed timestamp, in its ticks.
func (c *Conn) sampleTimestamp(h *packet.TCPHeader) {
	if ms := c.tsNow() - h.TSEcr; ms < 1<<20 {
		c.sample(max(time.Duration(ms)*granularity, granularity))
	}
}

// armRTO starts the retransmission timer, or a shorter one in its place (RFC 8985 §8).
func (c *Conn) armRTO(why sim.Cause) {
	at := c.now.Add(c.rtt.timeout(c.maxRTO()))
	if c.rackOn {
		c.x.rtoAt = at
		switch w := c.x.rack.wait; {
		case w > 0 && c.now.Add(w) < at:
			c.setTimer(reorder, c.now.Add(w), why)
			return
		case c.probesTail():
			c.armProbe(why)
			return
		}
	}
	c.setTimer(answer, at, why)
}

// keepTimer has a timer run for what has been sent; fresh says that it was new data.
func (c *Conn) keepTimer(why sim.Cause, fresh bool) {
	switch c.use {
	case answer, reorder:
	case tail:
		if fresh && !c.x.tlp.open {
			c.armProbe(why) // RFC 8985 §7.2: each transmission of new data starts it again
		}
	default:
		c.armRTO(why)
	}
}

// afterShort has the retransmission timer go on after a shorter one.
func (c *Conn) afterShort(why sim.Cause) {
	if c.una == c.nxt {
		return
	}
	if w := c.x.rack.wait; w > 0 && c.now.Add(w) < c.x.rtoAt {
		c.setTimer(reorder, c.now.Add(w), why)
		return
	}
	c.setTimer(answer, max(c.x.rtoAt, c.now+1), why)
}

// allAcknowledged is for a connection with an extension when nothing is under way any more.
func (c *Conn) allAcknowledged(why sim.Cause) {
	c.x.tlp.open = false
	c.x.rack.wait = 0
	if c.x.board.on && !c.rackOn {
		c.x.board.stop()
	}
	c.refresh()
	c.armKeepAlive(why)
	c.retire()
}

func (c *Conn) armUserTimeout(why sim.Cause) {
	if c.cfg.Retries > 0 && c.cfg.UserTimeout == 0 {
		return
	}
	c.timers.giveUp.arm(c.now.Add(or(c.cfg.UserTimeout, defaultUserTimeout)), why)
}

// takeWindow updates SND.WND (RFC 9293 §3.10.7.4, fifth check).
func (c *Conn) takeWindow(h *packet.TCPHeader) (changed bool) {
	if lt(c.wl1, h.Seq) || c.wl1 == h.Seq && le(c.wl2, h.Ack) {
		w := uint32(h.Window) << (c.sndWS & 31)
		changed = w != c.wnd
		c.wnd, c.wl1, c.wl2 = w, h.Seq, h.Ack
		c.maxWnd = max(c.maxWnd, w)
	}
	return changed
}
