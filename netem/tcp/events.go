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

// reports is the queue of events: a few in place, more in a slice that only an owner who does not drain makes grow.
type reports struct {
	more     []report
	first    [inlineReports]report
	head     uint8
	n        uint8
	moreHead uint32
}

func (q *reports) push(k EventKind, r Reason, n int, why sim.Cause) {
	if q.n < inlineReports && len(q.more) == 0 {
		q.first[(q.head+q.n)%inlineReports] = report{k, r, uint32(n), why}
		q.n++
		return
	}
	q.more = append(q.more, report{k, r, uint32(n), why})
}

// HasEvent reports whether NextEvent would return a report.
func (c *Conn) HasEvent() bool { return c.events.n > 0 || len(c.events.more) > 0 }

// NextEvent returns the next report, in order.
func (c *Conn) NextEvent() (Event, bool) {
	q := &c.events
	var r report
	switch {
	case q.n > 0:
		r = q.first[q.head]
		q.head = (q.head + 1) % inlineReports
		q.n--
	case int(q.moreHead) < len(q.more):
		r = q.more[q.moreHead]
		q.moreHead++
		if int(q.moreHead) == len(q.more) {
			q.more, q.moreHead = q.more[:0], 0
		}
	default:
		return Event{}, false
	}
	return Event{Kind: r.kind, Reason: r.reason, N: int(r.n), Why: r.why}, true
}

func (c *Conn) event(k EventKind, n int, why sim.Cause) { c.events.push(k, None, n, why) }
