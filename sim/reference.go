package sim

// reference is the plain queue that the ladder is held against, in tests and in benchmarks: a 4-ary heap, and a FIFO
// for the current instant. See Config.Queue.
type reference struct {
	heap []entry
	now  []entry
	head int
}

func (q *reference) push(e entry, now bool) {
	if now {
		q.now = append(q.now, e)
		return
	}
	h := append(q.heap, e)
	i := len(h) - 1
	for i > 0 {
		p := (i - 1) / 4
		if !e.before(h[p]) {
			break
		}
		h[i] = h[p]
		i = p
	}
	h[i] = e
	q.heap = h
}

func (q *reference) pop(until Time) (entry, bool) {
	// Heap entries of the current instant were scheduled earlier and go first.
	if q.head < len(q.now) && (len(q.heap) == 0 || q.heap[0].at > q.now[q.head].at) {
		e := q.now[q.head]
		q.head++
		if q.head == len(q.now) {
			q.now, q.head = q.now[:0], 0
		}
		return e, true
	}
	h := q.heap
	if len(h) == 0 || h[0].at > until {
		return entry{}, false
	}
	top := h[0]
	e := h[len(h)-1]
	h = h[:len(h)-1]
	i := 0
	for {
		c := 4*i + 1
		if c >= len(h) {
			break
		}
		end := min(c+4, len(h))
		for j := c + 1; j < end; j++ {
			if h[j].before(h[c]) {
				c = j
			}
		}
		if !h[c].before(e) {
			break
		}
		h[i] = h[c]
		i = c
	}
	if len(h) > 0 {
		h[i] = e
	}
	q.heap = h
	return top, true
}

func (q *reference) next() Time {
	at := Never
	if q.head < len(q.now) {
		at = q.now[q.head].at
	}
	if len(q.heap) != 0 {
		at = min(at, q.heap[0].at)
	}
	return at
}
