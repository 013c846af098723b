package tcp

import (
	"time"

	"imsim/sim"
)

// Limits of Linux's delayed acknowledgements (TCP_ATO_MIN, TCP_DELACK_MAX, TCP_MAX_QUICKACKS).
const (
	minATO       = 40 * time.Millisecond
	maxATO       = 200 * time.Millisecond
	maxQuickACKs = 16
)

// quick is Linux's way of delaying acknowledgements: at once while quick mode lasts, then by an estimate of how the peer's
// segments follow each other.
type quick struct {
	left uint8 // acknowledgements that still go at once
	ato  time.Duration
	last sim.Time // when octets last came
}

// start begins quick mode.
func (q *quick) start(c *Conn) {
	n := c.rcvBuf / (2 * max(c.rmss, 536))
	q.left = uint8(min(max(n, 2), maxQuickACKs))
	q.ato = minATO
}

// delay takes octets that came in order and returns how long their acknowledgement may wait.
func (q *quick) delay(c *Conn) time.Duration {
	gap := c.now.Sub(q.last)
	first := q.last == 0
	q.last = c.now
	switch {
	case first:
	case gap <= minATO/2:
		q.ato = q.ato/2 + minATO/2
	case gap < q.ato:
		q.ato = min(q.ato/2+gap, maxATO)
	case gap > c.rtt.rto:
		q.start(c) // after an idle time
	}
	if q.left > 0 {
		q.left--
		return -1
	}
	return max(q.ato, minATO)
}
