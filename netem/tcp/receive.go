package tcp

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// Readable returns how many octets can be read.
func (c *Conn) Readable() int {
	if c.rcv.n == 0 {
		return 0
	}
	return int(c.rcv.at(c.rcv.n-1).end() - c.rcv.at(0).seq)
}

// EOF reports whether the peer's FIN is in and everything before it has been read.
func (c *Conn) EOF() bool { return c.finTaken() && c.rcv.n == 0 }

// finTaken reports whether the peer's FIN has been reached in order.
func (c *Conn) finTaken() bool { return c.finSeen && c.rnxt == c.finSeq+1 }

// Read moves up to limit octets to the end of into and returns how many, and the cause that brought the last of them.
// Reading opens the receive window; where that is worth telling, Emit gives a window update, whose cause is why.
func (c *Conn) Read(now sim.Time, why sim.Cause, limit int, into *packet.Payload) (n int, last sim.Cause) {
	c.now = now
	for n < limit && c.rcv.n > 0 {
		k := c.rcv.first()
		last = k.why
		if l := limit - n; l < k.span.Len {
			into.Append(k.span.Slice(0, l))
			c.rcv.trim(k.seq + uint32(l))
			n = limit
			break
		}
		n += k.span.Len
		into.Append(k.span)
		c.rcv.pop(c.cfg.Pool)
	}
	c.readSince += uint32(n)
	if n > 0 && c.windowUpdateDue() {
		c.ackSoon(why)
	}
	return n, last
}

// space is what the receive buffer has room for.
func (c *Conn) space() uint32 {
	if c.rcv.n == 0 {
		return c.rcvBuf
	}
	return uint32(max(int(c.rcvBuf)-c.Readable(), 0))
}

// windowUpdateDue reports whether the window is more than half shut and can open by enough to tell the sender unasked:
// by two segments or half the buffer, and from a window below one segment by one (RFC 9293 §3.8.6.2.2).
func (c *Conn) windowUpdateDue() bool {
	if c.state < Established || c.finSeen || c.state == TimeWait {
		return false
	}
	largest := uint32(0xffff) << (c.rcvWS & 31)
	half := min(c.rcvBuf, largest) / 2
	if c.window() >= half {
		return false // the sender is not short of window: the next acknowledgement will do
	}
	edge := c.rnxt + min(c.space(), largest)
	if le(edge, c.redge) {
		return false
	}
	gain, seg := min(edge-c.redge, c.readSince), c.ownMSS
	if c.redge-c.rnxt < seg {
		return gain >= min(seg, half)
	}
	return gain >= min(2*seg, half)
}

// announceWindow returns the window field of the next segment and moves the right edge. The edge never moves back, and
// not forward by less than a segment or half the buffer (RFC 9293 §3.8.6.2.2).
func (c *Conn) announceWindow() uint16 {
	shift := c.rcvWS & 31 // it is 14 at most, which the compiler does not know
	edge := c.rnxt + min(c.space(), 0xffff<<shift)
	if lt(c.redge, edge) && edge-c.redge >= min(c.rcvBuf/2, c.ownMSS) {
		w := (edge - c.rnxt) >> shift
		if e := c.rnxt + w<<shift; lt(c.redge, e) {
			c.redge, c.readSince = e, 0
			return uint16(w)
		}
	}
	// Rounded up, so that the edge does not seem to move back.
	return uint16(min((c.redge-c.rnxt+1<<shift-1)>>shift, 0xffff))
}

// window is RCV.WND.
func (c *Conn) window() uint32 {
	if lt(c.redge, c.rnxt) {
		return 0
	}
	return c.redge - c.rnxt
}

// ackSoon has an acknowledgement sent at once.
func (c *Conn) ackSoon(why sim.Cause) { c.ackDue, c.ackWhy = true, why }

// ackLater acknowledges n octets that came in order: at once when more than a full-sized segment waits for it,
// otherwise within the delay (RFC 9293 §3.8.6.3, RFC 5681 §4.2).
func (c *Conn) ackLater(why sim.Cause) {
	d := or(c.cfg.DelayedACK, defaultDelayedACK)
	if c.cfg.QuickACK {
		d = c.x.quick.delay(c)
	}
	if d < 0 || c.rnxt-c.rack > c.rmss {
		c.ackSoon(why)
		return
	}
	if !c.timers.delack.armed() {
		c.timers.delack.arm(c.now.Add(d), why)
	}
}

// text takes the octets of a segment (RFC 9293 §3.10.7.4, seventh step) that starts at seq, cut to the window.
// It returns how many octets became readable.
func (c *Conn) text(why sim.Cause, seq uint32, p *packet.Payload) int {
	from, to := 0, p.Len
	if lt(seq, c.rnxt) {
		from = int(c.rnxt - seq)
	}
	if over := int(int32(seq + uint32(p.Len) - c.redge)); over > 0 {
		to -= over
	}
	if from >= to {
		c.ackSoon(why) // nothing new: our acknowledgement was lost, perhaps
		c.noteRepeated(seq, minSeq(seq+uint32(p.Len), c.rnxt))
		return 0
	}
	c.rmss = max(c.rmss, min(uint32(p.Len), c.ownMSS))
	if from > 0 {
		c.noteRepeated(seq, c.rnxt)
	}
	seq += uint32(from)
	if seq != c.rnxt {
		c.keep(why, seq, p, from, to)
		if c.sack {
			c.extend().blocks.arrived(&c.ooo, seq, seq+uint32(to-from))
		}
		if c.cfg.QuickACK {
			c.x.quick.start(c)
		}
		c.ackSoon(why) // RFC 5681 §4.2: out of order
		return 0
	}
	before := c.rnxt
	for i := range p.Spans {
		s := p.Spans[i]
		if to <= 0 {
			break
		}
		if from < s.Len {
			if a, b := max(from, 0), min(to, s.Len); a != 0 || b != s.Len {
				s = s.Slice(a, b)
			}
			c.rcv.push(c.cfg.Pool, c.rnxt, &s, why)
			c.rnxt += uint32(s.Len)
		}
		from -= p.Spans[i].Len
		to -= p.Spans[i].Len
	}
	if c.ooo.n > 0 {
		c.join(why)
		c.ackSoon(why) // RFC 5681 §4.2: a hole is filled, wholly or in part
		if c.x != nil {
			c.x.blocks.acknowledged(c.rnxt)
			c.retire()
		}
	} else {
		c.ackLater(why)
	}
	n := int(c.rnxt - before)
	c.octetsReceived += uint64(n)
	return n
}

// keep puts octets [from, to) of p, of which the first is seq, into the queue beyond the hole.
func (c *Conn) keep(why sim.Cause, seq uint32, p *packet.Payload, from, to int) {
	i := uint32(0)
	for j := range p.Spans {
		s := p.Spans[j]
		if to <= 0 {
			return
		}
		if from < s.Len {
			s = s.Slice(max(from, 0), min(to, s.Len))
			i = c.keepSpan(why, seq, s, i)
			seq += uint32(s.Len)
		}
		from -= p.Spans[j].Len
		to -= p.Spans[j].Len
	}
}

// keepSpan inserts what is not there yet of s, looking from the i-th chunk on.
func (c *Conn) keepSpan(why sim.Cause, seq uint32, s packet.Span, i uint32) uint32 {
	if n := c.ooo.n; n == 0 || le(c.ooo.at(n-1).end(), seq) { // beyond all that is kept, as most are behind a hole
		c.ooo.insert(c.cfg.Pool, n, seq, s, why)
		return 0
	}
	end := seq + uint32(s.Len)
	at := seq
	for ; at != end && i < c.ooo.n; i++ {
		k := c.ooo.at(i)
		if le(k.end(), at) {
			continue
		}
		if lt(at, k.seq) {
			to := minSeq(end, k.seq)
			c.ooo.insert(c.cfg.Pool, i, at, s.Slice(int(at-seq), int(to-seq)), why)
			at = to
			continue
		}
		c.noteRepeated(at, minSeq(end, k.end()))
		at = minSeq(end, k.end())
	}
	if at != end {
		c.ooo.insert(c.cfg.Pool, c.ooo.n, at, s.Slice(int(at-seq), s.Len), why)
	}
	return 0
}

// join moves what has become in order from the queue beyond the hole. The segment that filled the hole made it readable.
func (c *Conn) join(why sim.Cause) {
	c.ooo.dropBefore(c.cfg.Pool, c.rnxt)
	for c.ooo.n > 0 && c.ooo.at(0).seq == c.rnxt {
		k := c.ooo.at(0)
		c.rcv.push(c.cfg.Pool, c.rnxt, &k.span, why)
		c.rnxt = k.end()
		c.ooo.pop(c.cfg.Pool)
		c.ooo.dropBefore(c.cfg.Pool, c.rnxt)
	}
}
