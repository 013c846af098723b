package sim

// insert adds an event that comes before limit.
func (q *ladder) insert(e entry) {
	if len(q.bottom) >= bottomLimit {
		q.split(e.at)
		if uint64(e.at) >= q.limit {
			q.put(e)
			return
		}
	}
	b := append(q.bottom, e)
	i := len(b) - 1
	for i > 0 && b[i-1].before(e) {
		b[i] = b[i-1]
		i--
	}
	b[i] = e
	q.bottom = b
}

// split makes room in a full bottom for an event at the given instant, which is later than now, by giving back to the
// levels the later half, or as much as can be told apart by time. Without it, bursts of events close by would make
// insertion quadratic.
func (q *ladder) split(at Time) {
	b := q.bottom
	first := b[len(b)-1].at
	n := len(b) / 2 // entries to give back
	pivot := b[n].at
	if pivot == first {
		for n > 0 && b[n-1].at == first {
			n--
		}
		switch {
		case n > 0:
			pivot = b[n-1].at
		case at > first: // one instant, perhaps the current one: it stays, what is later goes elsewhere
			q.limit = uint64(first) + 1
			return
		}
	}
	for n < len(b) && b[n].at == pivot {
		n++
	}
	q.limit = uint64(pivot)
	for i := n - 1; i >= 0; i-- {
		q.put(b[i])
	}
	q.bottom = b[:copy(b, b[n:])]
}

// sortChunk makes bottom, which is empty, of a chunk.
func (q *ladder) sortChunk(ch *chunk) {
	b := q.bottom[:0]
	if cap(b) < bottomLimit+1 {
		b = make([]entry, 0, bottomLimit+1)
	}
	for j := range ch.n {
		e := ch.e[j]
		i := len(b)
		b = b[:i+1]
		for i > 0 && b[i-1].before(e) {
			b[i] = b[i-1]
			i--
		}
		b[i] = e
	}
	q.bottom = b
}

// sortInstant makes bottom of a slot of one instant, however long. Each entity's events are already in order, so a
// stable radix sort by entity is all that is needed.
func (q *ladder) sortInstant(last uint32) {
	b := q.bottom[:0]
	var differ Entity
	first := q.chunks[q.chunks[last].next].e[0].to()
	for c := q.chunks[last].next; ; {
		ch := &q.chunks[c]
		next := ch.next
		for i := range ch.n {
			differ |= ch.e[i].to() ^ first
		}
		b = append(b, ch.e[:ch.n]...)
		q.release(c)
		if c == last {
			break
		}
		c = next
	}
	if cap(q.scratch) < len(b) {
		q.scratch = make([]entry, cap(b))
	}
	to := q.scratch[:len(b)]
	for shift := uint(0); shift < entityBits; shift += 8 {
		if differ>>shift&0xff == 0 {
			continue
		}
		var at [radix]uint32
		for i := range b {
			at[uint8(b[i].to()>>shift)]++
		}
		sum := uint32(0)
		for d, n := range at {
			at[d] = sum
			sum += n
		}
		for i := range b {
			d := uint8(b[i].to() >> shift)
			to[at[d]] = b[i]
			at[d]++
		}
		b, to = to, b
	}
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	q.bottom, q.scratch = b, to[:cap(to)]
}
