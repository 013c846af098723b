package tcp

import (
	"math/bits"
	"time"
)

// defaultOrphanRetries is what tcp_orphan_retries of 0 stands for in Linux.
const defaultOrphanRetries = 8

// retriesTime is how long n repetitions would take from MinRTO on, doubling up to MaxRTO (Linux: tcp_model_timeout; 924.6 s for 15).
func (c *Conn) retriesTime(n int) time.Duration {
	lo, hi := c.minRTO(), c.maxRTO()
	doublings := bits.Len64(uint64(hi/lo)) - 1
	if n <= doublings {
		return lo * (2<<n - 1)
	}
	return lo*(2<<doublings-1) + time.Duration(n-doublings)*hi
}

// retriesOver reports at a timeout whether it is time to give up (Linux: tcp_retries2, tcp_orphan_retries).
func (c *Conn) retriesOver() bool {
	n := c.cfg.Retries
	if n <= 0 {
		return false
	}
	if c.noReader {
		n = min(n, defaultOrphanRetries)
	}
	if c.x.retriedAt == 0 {
		c.x.retriedAt = c.now
		return false
	}
	return c.now.Sub(c.x.retriedAt) >= c.retriesTime(n)
}
