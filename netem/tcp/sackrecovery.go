package tcp

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// dupThresh is DupThresh of RFC 6675 §2.
const dupThresh = 3

// scoreboard reports whether the sender goes by the scoreboard: what is lost stands there, not in recovery.from.
func (c *Conn) scoreboard() bool { return c.x != nil && c.x.board.on }

// pipe is what the network holds of ours.
func (c *Conn) pipe() uint32 {
	if c.scoreboard() {
		return c.x.board.pipe
	}
	return c.nxt - c.una
}

// recoverSACK takes what an acknowledgement has changed on the scoreboard: n octets acknowledged in order, delivered octets
// that had not been reported before; flight was under way before (RFC 6675 §5, RFC 8985 §6.2, RFC 6937 §3.1).
func (c *Conn) recoverSACK(n, delivered, flight uint32, repeated bool) {
	r, x := &c.rec, c.x
	b := &x.board
	over := (r.fast || r.lost) && le(r.recover, c.una)
	if over {
		if r.fast {
			c.cc.cwnd = max(c.cc.ssthresh, c.mss) // RFC 6937 §3.1: at the end of recovery
		}
		r.fast, r.lost = false, false
		r.dups = 0
		b.rescue, b.force = false, false
		l := b.live()
		for i := range l {
			l[i].twice = false
		}
		b.count()
	}
	if n > 0 && !r.fast {
		r.dups = 0
	} else if delivered > 0 && !r.fast && !r.lost {
		if r.dups++; r.dups == 1 {
			r.flight = flight
		}
	}
	if !r.fast && !r.lost && lt(r.recover, c.una) {
		r.recover = c.una - 1 // keeps up with sequence numbers that wrap
	}
	lost := b.lost
	if c.rackOn {
		c.rackWindow(repeated, over)
		c.rackDetect()
	} else if b.sacked > 0 {
		b.markLost(c.mss)
		b.count()
	}
	switch {
	case r.fast:
		c.reducing(delivered, n > 0 && b.lost <= lost)
	case r.lost:
		c.grow(min(n, delivered), flight) // what had been reported before the timeout proves nothing now
	case b.lost > lost || !c.rackOn && b.sacked > 0 && r.dups >= dupThresh:
		if le(r.recover, c.una) {
			c.enterRecovery(flight)
			c.reducing(delivered, false)
			break
		}
		fallthrough // RFC 6675 §5.1: what a timeout or another reaction covered begins no recovery
	default:
		if !over {
			c.grow(n, flight)
		}
	}
	c.refresh()
}

// duplicateSACK is an acknowledgement that does not advance (RFC 6675 §2: a duplicate one is one that reports news).
func (c *Conn) duplicateSACK(why sim.Cause, h *packet.TCPHeader, news uint32, repeated bool) {
	c.x.undo.frto = frtoOff // RFC 5682 §3.1, steps 2a and 3a
	c.refresh()
	if c.rackOn {
		c.probeAnswered(h, repeated)
	}
	if news == 0 && !repeated {
		return
	}
	c.recoverSACK(0, news, c.nxt-c.una, repeated)
	if c.rackOn && (c.x.rack.wait > 0 || c.use == reorder || c.use == tail) {
		c.afterShort(why) // RFC 8985 §7.2: no probe where something is reported
	}
}

// enterRecovery is step 4 of RFC 6675 §5.
func (c *Conn) enterRecovery(flight uint32) {
	r, b := &c.rec, &c.x.board
	if r.dups == 0 {
		r.flight = flight
	}
	c.rememberWindow()
	c.reduce(r.flight) // RFC 6675 §5 (4.2); RFC 5681 §3.2: without what limited transmit sent
	r.recover = c.nxt  // RFC 6675 §5 (4.1)
	r.fast, r.dups = true, 0
	c.cc.cwnd = c.cc.ssthresh
	if !c.rackOn && b.lost == 0 {
		b.markFirst(c.mss) // RFC 6675 §5 (4.3): the first segment presumed dropped
		b.count()
	}
	b.rescue, b.force = true, true
	c.x.prr.start(c.nxt - c.una)
	c.rtt.timing = false // RFC 6298 §3: Karn's rule
	c.x.tlp.open = false
}

// reducing sets the window during a recovery.
func (c *Conn) reducing(delivered uint32, safe bool) {
	b := &c.x.board
	if c.cfg.PRR {
		c.cc.cwnd = max(b.pipe+c.x.prr.count(delivered, b.pipe, c.cc.ssthresh, c.mss, safe), c.mss)
	}
}

// timeoutSACK is the expiry of the retransmission timer where selective acknowledgements are in use.
func (c *Conn) timeoutSACK() {
	b := &c.extend().board
	if !b.on {
		b.start(c.una, c.nxt, c.lastSent)
	}
	if l := b.live(); len(l) > 0 && l[0].sacked {
		b.renege()
	}
	if c.rackOn {
		c.rackTimeout()
	} else {
		l := b.live()
		for i := range l {
			// RFC 6675 §5.1: what was reported is used in what follows the timeout.
			l[i].lost, l[i].again, l[i].twice = !l[i].sacked, false, false
		}
	}
	b.count()
	b.rescue, b.force = false, true
	if c.cc.cwnd = c.mss; c.rackOn {
		c.cc.cwnd += b.pipe // RFC 8985 §6.3: what is not lost yet is still under way [SIM]
	}
	if u := &c.x.undo; c.rtt.backoff == 1 && u.open {
		u.frto = frtoFirst
	} else {
		u.frto = frtoOff
	}
	r := &c.rec
	r.recover, r.fast, r.lost, r.dups = c.nxt, false, true, 0
	c.x.tlp.open = false
	c.refresh()
}

// presumeLost has everything under way sent again without a sign of congestion.
func (c *Conn) presumeLost() {
	b := &c.x.board
	l := b.live()
	for i := range l {
		l[i].lost, l[i].again, l[i].twice = !l[i].sacked, false, false
	}
	b.count()
	b.force = true
	c.refresh()
}

// refresh notes whether there may be something to send again.
func (c *Conn) refresh() {
	b := &c.x.board
	c.resend = b.lost > 0 || c.rec.fast && !c.rackOn
}

// emitLost sends what NextSeg of RFC 6675 §4 gives before new data: rule 1.
func (c *Conn) emitLost(out *packet.Packet) bool {
	b := &c.x.board
	i := b.firstLost()
	if i < 0 || c.x.undo.frto == frtoSecond {
		return false
	}
	n := min(b.live()[i].octets(), c.segment())
	if !b.force && b.pipe+n > c.cc.cwnd {
		return false
	}
	b.force = false
	c.emitRun(out, i, n)
	return true
}

// emitMore sends what NextSeg gives when there are no new data: rules 3 and 4.
func (c *Conn) emitMore(out *packet.Packet) bool {
	b := &c.x.board
	if !c.rec.fast || c.rackOn || b.lost > 0 || b.sacked == 0 || b.pipe+c.mss > c.cc.cwnd {
		return false
	}
	l := b.live()
	high := len(l) - 1
	for high >= 0 && !l[high].sacked {
		high--
	}
	for i := range l[:max(high, 0)] {
		if !l[i].sacked && !l[i].again {
			c.emitRun(out, i, min(l[i].octets(), c.segment()))
			return true
		}
	}
	if last := len(l) - 1; b.rescue && !l[last].sacked && !l[last].again {
		b.rescue = false
		n := min(l[last].octets(), c.segment())
		if l[last].octets() > n {
			b.split(last, l[last].end-n)
			last++
		}
		c.emitRun(out, last, n)
		return true
	}
	return false
}

// emitRun sends the first n octets of a run again.
func (c *Conn) emitRun(out *packet.Packet, i int, n uint32) {
	b := &c.x.board
	seq := b.live()[i].seq
	c.emitOctets(out, seq, n, c.waitWhy)
	at := sim.Time(0)
	if c.rackOn {
		at = c.now
	}
	b.resent(i, n, at)
	if c.rec.fast {
		c.x.prr.out += n
	}
	c.refresh()
	c.keepTimer(c.waitWhy, false)
}
