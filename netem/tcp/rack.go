package tcp

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// rack is the state of RACK (RFC 8985 §5.2).
type rack struct {
	at         sim.Time // RACK.xmit_ts
	end        uint32   // RACK.end_seq
	fack       uint32   // RACK.fack
	rtt        time.Duration
	minRTT     time.Duration // 0: no sample yet; the least of the connection's life [SIM]
	window     time.Duration // RACK.reo_wnd
	wait       time.Duration // until the next segment is overdue; 0: none
	dsackRound uint32        // RACK.dsack_round, when inRound
	mult       uint8         // RACK.reo_wnd_mult − 1
	persist    uint8         // RACK.reo_wnd_persist
	inRound    bool
	reordering bool // RACK.reordering_seen
	known      bool // a segment has been delivered
}

// useRACK reports whether RACK is wanted; it needs selective acknowledgements (RFC 8985 §4).
func (c *Conn) useRACK() bool { return c.cfg.RACK && !c.cfg.NoSACK }

// sentAfter is RACK_sent_after (RFC 8985 §6.2, step 2).
func sentAfter(t1 sim.Time, end1 uint32, t2 sim.Time, end2 uint32) bool {
	return t1 > t2 || t1 == t2 && lt(end2, end1)
}

// rackDelivered takes a segment of run k that ends before end and has just been acknowledged (RFC 8985 §6.2, steps 1 to 3).
func (c *Conn) rackDelivered(k *run, end uint32, h *packet.TCPHeader) {
	r := &c.x.rack
	m := c.now.Sub(k.at)
	if !k.again {
		if r.minRTT == 0 || m < r.minRTT {
			r.minRTT = max(m, 1) // step 1
		}
		if c.cfg.SlowStart != UntilLoss {
			c.x.hystart.sample(c.now, m)
		}
	} else {
		// Step 2: the acknowledgement of a segment sent again may be that of its first transmission.
		sentTS := uint32(uint64(k.at)/uint64(time.Millisecond)) + c.tsOffset
		if c.ts && h.HasTS && lt(h.TSEcr, sentTS) || m < r.minRTT {
			return
		}
	}
	if !r.known || sentAfter(k.at, end, r.at, r.end) {
		r.at, r.end, r.rtt = k.at, end, m
	}
	switch { // step 3
	case !r.known || lt(r.fack, end):
		r.fack = end
	case lt(end, r.fack) && !k.again:
		r.reordering = true
	}
	r.known = true
}

// rackWindow updates the reordering window (RFC 8985 §6.2, step 4).
func (c *Conn) rackWindow(repeated, recovered bool) {
	const rounds = 16
	r := &c.x.rack
	if r.inRound && le(r.dsackRound, c.una) {
		r.inRound = false
	}
	switch {
	case repeated && !r.inRound:
		r.inRound, r.dsackRound = true, c.nxt
		r.mult = min(r.mult+1, 250)
		r.persist = rounds
	case recovered && r.persist > 0:
		if r.persist--; r.persist == 0 {
			r.mult = 0
		}
	}
	if !r.reordering && (c.rec.fast || c.rec.lost || c.x.board.sacked > (dupThresh-1)*c.mss) {
		r.window = 0
		return
	}
	r.window = min(time.Duration(r.mult+1)*(r.minRTT/4), c.rtt.srtt)
}

// rackDetect marks what is overdue as lost and works out when the next will be (RFC 8985 §6.2, step 5).
func (c *Conn) rackDetect() {
	r, b := &c.x.rack, &c.x.board
	r.wait = 0
	if !r.known || b.sacked == 0 && !c.rec.fast && !c.rec.lost {
		return // what is left has been sent later than what has arrived
	}
	l := b.live()
	marked := false
	for i := range l {
		k := &l[i]
		if k.sacked || k.lost || !sentAfter(r.at, r.end, k.at, k.end) {
			continue
		}
		if left := k.at.Add(r.rtt + r.window).Sub(c.now); left <= 0 {
			k.lost, marked = true, true
		} else {
			r.wait = max(r.wait, left)
		}
	}
	if marked {
		b.count()
	}
}

// rackTimeout marks after the expiry of the retransmission timer (RFC 8985 §6.3).
func (c *Conn) rackTimeout() {
	r, b := &c.x.rack, &c.x.board
	l := b.live()
	for i := range l {
		if k := &l[i]; !k.sacked && (k.seq == c.una || k.at.Add(r.rtt+r.window) <= c.now) {
			k.lost = true
		}
	}
	r.wait = 0
}

// overdue is the expiry of the reordering timer.
func (c *Conn) overdue(why sim.Cause) {
	c.recoverSACK(0, 0, c.nxt-c.una, false)
	c.allow(why)
	c.afterShort(why)
}
