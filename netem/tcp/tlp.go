package tcp

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// tailProbe is the state of TLP (RFC 8985 §7.1).
type tailProbe struct {
	end  uint32 // TLP.end_seq
	open bool   // TLP.end_seq is not None
	copy bool   // TLP.is_retrans
}

// maxAckDelay is TLP.max_ack_delay: the worst case of a delayed acknowledgement, as Linux takes it.
const maxAckDelay = 200 * time.Millisecond

// probes reports whether a loss probe is to be scheduled rather than a timeout (RFC 8985 §7.2).
func (c *Conn) probesTail() bool {
	return c.rackOn && !c.x.tlp.open && c.x.board.sacked == 0 && !c.rec.fast && !c.rec.lost && c.rtt.backoff == 0 &&
		c.state >= Established && c.wnd > 0
}

// probeTimeout is TLP_calc_PTO.
func (c *Conn) probeTimeout() time.Duration {
	if c.rtt.srtt == 0 {
		return time.Second
	}
	t := 2 * c.rtt.srtt
	if c.nxt-c.una <= c.mss {
		t += maxAckDelay
	}
	return t
}

// armProbe schedules the loss probe, never later than the timeout.
func (c *Conn) armProbe(why sim.Cause) {
	c.setTimer(tail, min(c.now.Add(c.probeTimeout()), c.x.rtoAt), why)
}

// probe is TLP_send_probe (RFC 8985 §7.3): new data if there are any and the window allows, or the last segment again.
func (c *Conn) probe(why sim.Cause) {
	c.allow(why)
	c.tailDue = true
	c.afterShort(why)
}

// emitProbe sends the probe that is due.
func (c *Conn) emitProbe(out *packet.Packet) bool {
	c.tailDue = false
	if c.una == c.nxt || !c.scoreboard() || c.resend {
		return false
	}
	t := &c.x.tlp
	avail, flight := c.end-c.nxt, c.nxt-c.una
	if n := min(avail, c.segment(), room(c.wnd, flight)); !c.finSent && n > 0 && (n == avail || n == c.segment()) {
		c.emitNew(out, n, n == avail && c.finQueued && room(c.wnd, flight) > n)
		t.open, t.copy, t.end = true, false, c.nxt
		c.x.rtoAt = c.now.Add(c.rtt.timeout(c.maxRTO()))
		c.setTimer(answer, c.x.rtoAt, out.Cause) // RFC 8985 §7.3: then the timeout
		return true
	}
	b := &c.x.board
	i := len(b.live()) - 1
	n := min(b.live()[i].octets(), c.segment())
	if b.live()[i].octets() > n {
		b.split(i, b.live()[i].end-n)
		i++
	}
	c.emitRun(out, i, n)
	c.x.board.live()[i].twice = false // one of the two is enough for the pipe
	c.x.board.count()
	t.open, t.copy, t.end = true, true, c.nxt
	c.x.rtoAt = c.now.Add(c.rtt.timeout(c.maxRTO()))
	c.setTimer(answer, c.x.rtoAt, out.Cause)
	return true
}

// probeAnswered is TLP_process_ack (RFC 8985 §7.4.2).
func (c *Conn) probeAnswered(h *packet.TCPHeader, repeated bool) {
	t := &c.x.tlp
	if !t.open || lt(h.Ack, t.end) {
		return
	}
	switch {
	case !t.copy, repeated: // everything arrived, the probe too
		t.open = false
	case lt(t.end, h.Ack):
		t.open = false
		c.respond() // the probe repaired a loss
	case h.Ack == c.una && h.NumSACK == 0 && h.Flags&packet.FIN == 0 && c.una == t.end:
		t.open = false
	}
}
