package tcp

import (
	"time"

	"imsim/sim"
)

// granularity is G of RFC 6298 §2, the tick of the timestamp clock.
const granularity = time.Millisecond

// rtt estimates the round-trip time and keeps the retransmission timeout (RFC 6298). One segment is timed at a time,
// to the nanosecond.
type rtt struct {
	srtt, rttvar time.Duration // 0: no sample yet
	rto          time.Duration
	at           sim.Time // when the timed segment was sent
	end          uint32   // the acknowledgement that ends the timing
	timing       bool
	backoff      uint8 // doublings since the last acknowledgement of new data
}

// start begins to time the segment that ends before end, unless another one is being timed.
func (r *rtt) start(now sim.Time, end uint32) {
	if !r.timing {
		r.timing, r.at, r.end = true, now, end
	}
}

// sample takes a measurement into account (RFC 6298 §2.2, §2.3).
func (r *rtt) sample(m, lo, hi time.Duration) {
	if r.srtt == 0 {
		r.srtt, r.rttvar = max(m, 1), m/2
	} else {
		d := r.srtt - m
		if d < 0 {
			d = -d
		}
		// RFC 6298 §2.3: the variance first, with the old mean.
		r.rttvar += (d - r.rttvar) / 4
		r.srtt = max(r.srtt+(m-r.srtt)/8, 1)
	}
	r.rto = min(max(r.srtt+max(granularity, 4*r.rttvar), lo), hi)
}

// sample takes a measurement into account within the connection's limits.
func (c *Conn) sample(m time.Duration) {
	lo, hi := c.minRTO(), c.maxRTO()
	c.rtt.sample(m, lo, hi)
	if c.cfg.VarianceFloor {
		c.rtt.rto = min(c.rtt.srtt+max(lo, 4*c.rtt.rttvar), hi) // Linux: tcp_rto_min is a floor of the variance
	}
}

// timeout returns the retransmission timeout with its doublings (RFC 6298 §5.5).
func (r *rtt) timeout(hi time.Duration) time.Duration {
	t := r.rto
	for range r.backoff {
		if t >= hi {
			break
		}
		t *= 2
	}
	return min(t, hi)
}
