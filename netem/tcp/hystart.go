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
	HyStart                    // Linux's, with CUBIC only: at once, by delay or by the length of a train of acknowledgements
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
	hyBurst      = 4 * 64 << 10 // octets: four of the largest bursts that Linux hands to an interface
)

// hystart is the state of one slow start.
type hystart struct {
	least         time.Duration // Linux's delay_min: of data, since the beginning or the last timeout; 0: none yet
	fresh         time.Duration // the sample of the acknowledgement that came at freshAt; 0: none, or taken
	freshAt       sim.Time
	last, current time.Duration // lastRoundMinRTT, currentRoundMinRTT; 0: infinite
	baseline      time.Duration // cssBaselineMinRtt; 0: not in conservative slow start
	began, train  sim.Time      // of the round; the last acknowledgement of its train
	end           uint32        // windowEnd
	samples       uint8
	rounds        uint8 // of conservative slow start
	inside        bool
	found         bool // slow start has ended by these rules; Linux: not again before a timeout
}

// sample takes the round-trip time of a segment sent once. An acknowledgement of several counts as one sample, that of the
// segment sent last, so that the receiver's delay of acknowledgements is not taken for the path's.
func (h *hystart) sample(now sim.Time, m time.Duration) {
	m = max(m, 1)
	if h.least == 0 || m < h.least {
		h.least = m
	}
	if h.freshAt != now || h.fresh == 0 || m < h.fresh {
		h.fresh, h.freshAt = m, now
	}
}

// take counts the sample of the acknowledgement that came now.
func (h *hystart) take(now sim.Time) {
	if h.fresh == 0 || h.freshAt != now {
		return
	}
	if h.samples <= hySamples {
		h.samples++
	}
	if h.current == 0 || h.fresh < h.current {
		h.current = h.fresh
	}
	h.fresh = 0
}

// round begins a round when the one before is over.
func (h *hystart) round(now sim.Time, nxt uint32, over bool) {
	if h.inside && !over {
		return
	}
	h.last, h.current, h.samples = h.current, 0, 0
	h.end, h.began, h.train, h.inside = nxt, now, now, true
	if h.baseline > 0 {
		h.rounds++
	}
}

// slowStart grows the window below ssthresh for n octets acknowledged while flight were under way.
func (c *Conn) slowStart(n, flight uint32) {
	switch {
	case c.cfg.SlowStart == HyStart && c.rackOn && c.cfg.Congestion == CUBIC:
		c.linuxSlowStart(n, flight)
	case c.cfg.SlowStart == HyStartPP && c.rackOn && c.cc.ssthresh == unlimited:
		c.conservativeSlowStart(n, flight) // RFC 9406 §4.3: only for the initial slow start
	default:
		c.cc.acked(n, flight, c.mss)
	}
}

// linuxSlowStart is slow start with the HyStart of Linux's tcp_cubic.
func (c *Conn) linuxSlowStart(n, flight uint32) {
	h := &c.x.hystart
	// Linux: a round ends with the acknowledgement after that of its last segment.
	if sampled := h.fresh > 0 && h.freshAt == c.now; sampled && !h.found {
		h.round(c.now, c.nxt, lt(h.end, c.una))
		if c.cc.cwnd >= hyLowWindow*c.mss {
			h.take(c.now)
			// The samples before the ninth only count.
			if c.trainTooLong() || h.samples > hySamples && h.current > h.least+delayThreshold(h.least) {
				h.found, c.cc.ssthresh = true, c.cc.cwnd
				c.x.cubic.acked(&c.cc, c.now, c.rtt.srtt, n, c.mss) // this acknowledgement is one of congestion avoidance
				return
			}
		}
	}
	if 2*flight > c.cc.cwnd {
		// Linux counts the segments acknowledged, not the acknowledgements: with fewer, a train of half a round trip would end
		// slow start short of the bandwidth-delay product.
		c.cc.cwnd = min(c.cc.cwnd+n, c.cc.ssthresh)
	}
}

// conservativeSlowStart is slow start by RFC 9406 §4.2.
func (c *Conn) conservativeSlowStart(n, flight uint32) {
	h := &c.x.hystart
	h.round(c.now, c.nxt, le(h.end, c.una)) // a round ends when what was sent at its beginning is acknowledged
	if h.baseline > 0 && h.rounds >= hyRounds {
		c.cc.ssthresh = c.cc.cwnd // into congestion avoidance
		return
	}
	if 2*flight > c.cc.cwnd {
		grow := min(n, hyLimit*c.mss)
		if h.baseline > 0 {
			grow /= hyDivisor
		}
		c.cc.cwnd += grow
	}
	h.take(c.now)
	switch {
	case h.samples < hySamples:
	case h.baseline > 0 && h.current < h.baseline:
		h.baseline, h.rounds = 0, 0 // the delay was not a queue's: back to slow start
	case h.baseline == 0 && h.last > 0 && h.current >= h.last+delayThreshold(h.last):
		h.baseline, h.rounds = h.current, 0
	}
}

// delayThreshold is RttThresh of RFC 9406 §4.2, and the same of Linux.
func delayThreshold(before time.Duration) time.Duration {
	return max(hyMinThresh, min(before/8, hyMaxThresh))
}

// trainTooLong reports whether acknowledgements close to each other have been coming for half the least round-trip time, with
// something for the bursts in which Linux sends, up to a millisecond by the rate of two windows a round trip.
func (c *Conn) trainTooLong() bool {
	h := &c.x.hystart
	if c.now.Sub(h.train) > hyTrainApart {
		return false
	}
	h.train = c.now
	burst := min(time.Millisecond, c.rtt.srtt*hyBurst/time.Duration(2*c.cc.cwnd))
	return c.now.Sub(h.began) > (h.least+burst)/2
}
