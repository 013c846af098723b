package tcp

import "imsim/sim"

// report is an Event as it is kept.
type report struct {
	kind   EventKind
	reason Reason
	n      uint32
	why    sim.Cause
}

const inlineReports = 4

// reports is a queue of events: a few in place, more in a slice that only an owner who does not drain makes grow. A
// connection with a pool has one only while an event waits.
type reports struct {
	more     []report
	first    [inlineReports]report
	head     uint8
	n        uint8
	moreHead uint32
}

func (q *reports) empty() bool { return q.n == 0 && len(q.more) == 0 }

func (q *reports) push(r report) {
	if q.n < inlineReports && len(q.more) == 0 {
		q.first[(q.head+q.n)%inlineReports] = r
		q.n++
		return
	}
	q.more = append(q.more, r)
}

// pop takes the first report; there must be one.
func (q *reports) pop() (r report) {
	if q.n > 0 {
		r = q.first[q.head]
		q.head = (q.head + 1) % inlineReports
		q.n--
		return r
	}
	r = q.more[q.moreHead]
	q.moreHead++
	if int(q.moreHead) == len(q.more) {
		q.more, q.moreHead = q.more[:0], 0
	}
	return r
}

// HasEvent reports whether NextEvent would return a report.
func (c *Conn) HasEvent() bool { return c.events != nil && !c.events.empty() }

// NextEvent returns the next report, in order.
func (c *Conn) NextEvent() (Event, bool) {
	q := c.events
	if q == nil || q.empty() {
		return Event{}, false
	}
	r := q.pop()
	if c.cfg.Pool != nil && q.empty() {
		c.cfg.Pool.putReports(q)
		c.events = nil
	}
	return Event{Kind: r.kind, Reason: r.reason, N: int(r.n), Why: r.why}, true
}

func (c *Conn) report(k EventKind, r Reason, n int, why sim.Cause) {
	if c.events == nil {
		c.events = c.cfg.Pool.getReports()
	}
	c.events.push(report{k, r, uint32(n), why})
}

func (c *Conn) event(k EventKind, n int, why sim.Cause) { c.report(k, None, n, why) }
