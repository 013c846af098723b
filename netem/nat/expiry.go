package nat

import "imsim/sim"

// expiry is a queue of deadlines that are moved on lazily: an entry that comes before its owner's deadline is put back,
// so that a packet that refreshes costs a store. A deadline moved earlier gets an entry of its own; those that were
// overtaken find that their owner waits for another.
type expiry struct {
	h   []due
	seq uint32 // entries of one instant come in the order in which they were made
}

type due struct {
	at   sim.Time
	seq  uint32
	slot int32
	gen  uint32
	what uint8
}

// What an entry is about.
const (
	aMapping = iota
	aSession
	aHeld
	aFragment
)

func (q *expiry) before(a, b *due) bool { return a.at < b.at || a.at == b.at && int32(a.seq-b.seq) < 0 }

func (q *expiry) push(at sim.Time, what uint8, slot int32, gen uint32) {
	q.seq++
	q.h = append(q.h, due{at, q.seq, slot, gen, what})
	i := len(q.h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !q.before(&q.h[i], &q.h[up]) {
			break
		}
		q.h[i], q.h[up] = q.h[up], q.h[i]
		i = up
	}
}

func (q *expiry) pop() due {
	top := q.h[0]
	last := len(q.h) - 1
	q.h[0] = q.h[last]
	q.h = q.h[:last]
	i := 0
	for {
		c := 2*i + 1
		if c >= last {
			break
		}
		if c+1 < last && q.before(&q.h[c+1], &q.h[c]) {
			c++
		}
		if !q.before(&q.h[c], &q.h[i]) {
			break
		}
		q.h[i], q.h[c] = q.h[c], q.h[i]
		i = c
	}
	return top
}

func (q *expiry) deadline() sim.Time {
	if len(q.h) == 0 {
		return sim.Never
	}
	return q.h[0].at
}

// timed is what has a deadline.
type timed struct {
	deadline, queued sim.Time // queued: of the entry that counts
	why              sim.Cause
	gen              uint32 // tells users of one slot apart
	live             bool
}

// arm sets a deadline.
func (q *expiry) arm(t *timed, at sim.Time, why sim.Cause, what uint8, slot int32) {
	t.deadline, t.why = at, why
	if at < t.queued {
		t.queued = at
		q.push(at, what, slot, t.gen)
	}
}

// due reports whether the entry's owner expires now. One that does not is queued again where needed.
func (q *expiry) due(t *timed, e *due) bool {
	if !t.live || t.gen != e.gen || t.queued != e.at {
		return false
	}
	if t.deadline > e.at {
		t.queued = sim.Never
		if t.deadline != sim.Never {
			q.arm(t, t.deadline, t.why, e.what, e.slot)
		}
		return false
	}
	t.queued = sim.Never
	return true
}
