package tcp

import "imsim/netem/packet"

// undo remembers what a reduction of the window took away, until it is known whether there was a loss at all.
type undo struct {
	cwnd, ssthresh uint32
	from, to       uint32 // what was under way: only its repetitions tell
	octets         uint32 // sent again and not reported as repeated
	at             uint32 // TSval of the first segment sent again (RetransmitTS of RFC 3522 §3.2)
	cubic          cubic
	open           bool // D-SACK may still undo
	stamped        bool // at is set and the first acknowledgement after it is awaited
	frto           uint8
}

// The steps of RFC 5682 §3.1 that wait for an acknowledgement.
const (
	frtoOff    uint8 = iota
	frtoFirst        // step 2: the first one after the timeout
	frtoSecond       // step 3: what comes once new data have been sent in place of old
)

// rememberWindow is called before a reduction. One that falls into a recovery is not undone.
func (c *Conn) rememberWindow() {
	if !c.cfg.Undo {
		return
	}
	u := &c.x.undo
	if c.rec.fast || c.rec.lost {
		*u = undo{}
		return
	}
	*u = undo{cwnd: c.cc.cwnd, ssthresh: c.cc.ssthresh, from: c.una, to: c.nxt, cubic: c.x.cubic, open: true}
}

// noteAgain takes n numbers that are being sent again.
func (c *Conn) noteAgain(n uint32) {
	u := &c.x.undo
	if !u.open {
		return
	}
	if u.octets == 0 && c.ts {
		u.at, u.stamped = c.tsNow(), true
	}
	u.octets += n
}

// eifel is RFC 3522 §3.2, steps 4 and 5: the first acknowledgement of something new after the first retransmission tells by
// its timestamp which of the two transmissions it answers.
func (c *Conn) eifel(h *packet.TCPHeader) {
	if u := &c.x.undo; u.stamped && h.HasTS {
		u.stamped = false
		if lt(h.TSEcr, u.at) {
			c.spurious()
		}
	}
}

// dsackUndo takes a report of octets that came twice (RFC 3708 §3): once that holds for all that was sent again, nothing was lost.
func (c *Conn) dsackUndo(l, r uint32) {
	u := &c.x.undo
	if !u.open || lt(l, u.from) || lt(u.to, r) || u.octets == 0 {
		return
	}
	if u.octets -= min(r-l, u.octets); u.octets == 0 {
		c.spurious()
	}
}

// frtoAck is an acknowledgement that advances after a timeout, by original octets that were not sent again (RFC 5682 §3.1).
func (c *Conn) frtoAck(original uint32) {
	u := &c.x.undo
	switch {
	case u.frto == frtoFirst && (le(u.to, c.una) || c.end == c.nxt || room(c.wnd, c.nxt-c.una) == 0):
		u.frto = frtoOff // step 2a; or there is nothing new to send
	case u.frto == frtoFirst:
		u.frto = frtoSecond // step 2b: new data go before what is presumed lost
	case original > 0:
		c.spurious() // step 3b
	default:
		u.frto = frtoOff
	}
}

// spurious undoes a recovery that repaired nothing (RFC 4015 §3.2): what was presumed lost is under way, the window goes back to
// where it was, in slow start and without a burst.
func (c *Conn) spurious() {
	u := &c.x.undo
	flight := c.nxt - c.una
	c.cc.ssthresh = max(c.cc.ssthresh, u.ssthresh, u.cwnd)
	c.cc.cwnd = max(c.cc.cwnd, min(u.cwnd, flight+c.initialWindow()))
	c.x.cubic = u.cubic
	r := &c.rec
	if c.scoreboard() {
		b := &c.x.board
		l := b.live()
		for i := range l {
			l[i].lost, l[i].twice = false, false
		}
		b.count()
		b.rescue, b.force = false, false
	}
	c.x.rack.reordering = c.x.rack.reordering || r.fast // RFC 4015 §3.3: the next one is given time
	r.fast, r.lost, r.dups = false, false, 0
	r.from, r.to = c.una, c.una
	*u = undo{}
	c.undone++
	c.refresh()
}
