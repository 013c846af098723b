package tcp

import (
	"time"

	"imsim/sim"
)

// SlowStart selects how slow start ends before a loss.
type SlowStart uint8

// The ways to end slow start. Both of HyStart need RACK, which knows the round-trip time of every segment.
const (
	UntilLoss SlowStart = iota // RFC 5681 §3.1
	HyStart                    // Linux's CUBIC: at once, by delay or by the length of a train of acknowledgements
	HyStartPP                  // RFC 9406: by delay, through five rounds of conservative slow start
)

// Constants of RFC 9406 §4.3 and of Linux's tcp_cubic.
const (
	hyMinThresh  = 4 * time.Millisecond
	hyMaxThresh  = 16 * time.Millisecond
	hySamples    = 8 // N_RTT_SAMPLE
	hyRounds     = 5 // CSS_ROUNDS
	hyDivisor    = 4 // CSS_GROWTH_DIVISOR
	hyLimit      = 8 // L, without pacing
	hyLowWindow  = 16
	hyTrainApart = 2 * time.Millisecond
)

// hystart is the state of one slow start.
type hystart struct {
	last, current time.Duration // lastRoundMinRTT, currentRoundMinRTT; 0: infinite
	baseline      time.Duration // cssBaselineMinRtt; 0: not in conservative slow start
	began, train  sim.Time      // of the round; the last acknowledgement of its train
	end           uint32        // windowEnd
	samples       uint8
	rounds        uint8 // of conservative slow start
	inside        bool
}

// sample takes the round-trip time of a segment sent once.
func (h *hystart) sample(m time.Duration) {
	if h.samples < hySamples {
		h.samples++
	}
	if h.current == 0 || m < h.current {
		h.current = max(m, 1)
	}
}

// slowStart grows the window below ssthresh for n octets acknowledged while flight were under way.
func (c *Conn) slowStart(n, flight uint32) {
	if c.cfg.SlowStart == UntilLoss || !c.rackOn {
		c.cc.acked(n, flight, c.mss)
		return
	}
	h := &c.x.hystart
	if !h.inside || lt(h.end, c.una) || h.end == c.una && c.cfg.SlowStart == HyStartPP {
		// RFC 9406 §4.2: a round ends when what was sent at its beginning is acknowledged; Linux: with the acknowledgement after.
		h.last, h.current, h.samples = h.current, 0, 0
		h.end, h.began, h.train, h.inside = c.nxt, c.now, c.now, true
		if h.baseline > 0 {
			if h.rounds++; h.rounds >= hyRounds {
				c.endSlowStart()
			}
		}
	}
	if c.cfg.SlowStart == HyStart {
		c.cc.acked(n, flight, c.mss)
		if c.cc.cwnd >= hyLowWindow*c.mss && (c.trainTooLong() || c.delayed(c.x.rack.minRTT)) {
			c.endSlowStart()
		}
		return
	}
	if 2*flight > c.cc.cwnd {
		grow := min(n, hyLimit*c.mss)
		if h.baseline > 0 {
			grow /= hyDivisor
		}
		c.cc.cwnd += grow
	}
	switch {
	case h.baseline > 0 && h.samples >= hySamples && h.current < h.baseline:
		h.baseline, h.rounds = 0, 0 // the delay was not a queue's: back to slow start
	case h.baseline == 0 && h.last > 0 && c.delayed(h.last):
		h.baseline, h.rounds = h.current, 0
	}
}

// delayed reports whether the round's delay is over that of before by RttThresh.
func (c *Conn) delayed(before time.Duration) bool {
	h := &c.x.hystart
	return h.samples >= hySamples && h.current >= before+max(hyMinThresh, min(before/8, hyMaxThresh))
}

// trainTooLong reports whether acknowledgements close to each other have been coming for half the least round-trip time.
func (c *Conn) trainTooLong() bool {
	h := &c.x.hystart
	if c.now.Sub(h.train) > hyTrainApart {
		return false
	}
	h.train = c.now
	return c.now.Sub(h.began) > c.x.rack.minRTT/2
}

// endSlowStart goes over to congestion avoidance without a reduction.
func (c *Conn) endSlowStart() {
	c.cc.ssthresh = c.cc.cwnd
	c.x.hystart = hystart{}
}
