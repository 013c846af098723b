package sim

// entry is a pending event: 24 octets without pointers.
type entry struct {
	at  Time
	tie uint64 // entity<<40 | entity's counter
	to  Entity
	arg uint32
}

func (a *entry) before(b *entry) bool { return a.at < b.at || a.at == b.at && a.tie < b.tie }

// queue is the reference implementation: a plain heap, and a FIFO for the current instant.
type queue struct {
	heap []entry
	now  []entry
	head int
}

func (q *queue) push(e entry, now bool) {
	if now {
		q.now = append(q.now, e)
		return
	}
	h := append(q.heap, e)
	i := len(h) - 1
	for i > 0 {
		p := (i - 1) / 4
		if !e.before(&h[p]) {
			break
		}
		h[i] = h[p]
		i = p
	}
	h[i] = e
	q.heap = h
}

func (q *queue) pop(until Time) (entry, bool) {
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
		for j := c + 1; j < min(c+4, len(h)); j++ {
			if h[j].before(&h[c]) {
				c = j
			}
		}
		if !h[c].before(&e) {
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
