package sim

import "math/bits"

// ladder holds the pending events in a radix ladder. An event lies in the level of the highest base-256 digit in which
// its time differs from base, in the slot of its own digit there; a slot is a list of chunks. The earliest slot is
// opened when it is needed: a short one is sorted into bottom, a long one is dealt out over the levels below. So an
// event is moved a few times at most, whatever the delays are, and the order comes from the sort alone and is exact.
//
// Invariants: base is not later than the kernel's now; events before limit are in bottom, those from limit on in the
// levels; within a list, events of one instant and entity lie in the order they were scheduled.
type ladder struct {
	bottom []entry // latest first, so that the next event is the last element
	limit  uint64
	base   uint64
	calls  fifo // events of the current instant

	filled   uint8 // levels that are not empty, a bit each
	occupied [levels][radix / 64]uint64
	slots    [levels * radix]uint32 // last chunk of each slot's ring, 0: empty
	chunks   []chunk                // 0 is not used
	free     uint32                 // first of the unused chunks
	scratch  []entry

	ahead []Foreseer // by entity; as long as the last that asked needs
}

const (
	radix       = 256
	levels      = 8
	chunkLen    = 31
	bottomLimit = 96 // entries that bottom may grow to by insertion before it is split
)

// chunk is twelve cache lines. All chunks of a slot but the last are full.
type chunk struct {
	next uint32 // of the slot's ring: the last chunk names the first
	n    uint32
	_    [16]byte
	e    [chunkLen]entry
}

// push adds an event that is later than now.
func (q *ladder) push(e entry) {
	if uint64(e.at) < q.limit {
		q.insert(e)
		return
	}
	q.put(e)
}

// put adds an event to the levels.
func (q *ladder) put(e entry) {
	t := uint64(e.at)
	level := uint(bits.Len64((t^q.base)|1)-1) / 8
	digit := uint(t>>(level*8)) % radix
	slot := &q.slots[(level*radix+digit)%(levels*radix)]
	c := *slot
	if c == 0 {
		c = q.chunk()
		q.chunks[c].next = c
		*slot = c
		q.filled |= 1 << level
		q.occupied[level%levels][digit/64] |= 1 << (digit % 64)
	} else if q.chunks[c].n == chunkLen {
		last := c
		c = q.chunk()
		q.chunks[c].next = q.chunks[last].next
		q.chunks[last].next = c
		*slot = c
	}
	ch := &q.chunks[c]
	ch.e[ch.n] = e
	ch.n++
}

// chunk takes an empty chunk.
func (q *ladder) chunk() uint32 {
	c := q.free
	if c == 0 {
		if len(q.chunks) == 0 {
			q.chunks = make([]chunk, 1, 64)
		}
		q.chunks = append(q.chunks, chunk{})
		return uint32(len(q.chunks) - 1)
	}
	q.free = q.chunks[c].next
	q.chunks[c].n = 0
	return c
}

func (q *ladder) release(c uint32) {
	q.chunks[c].next = q.free
	q.free = c
}

// pop takes the next event, unless it is later than until. Events that were scheduled earlier for the instant now go
// before those scheduled in it.
func (q *ladder) pop(now, until Time) (entry, bool) {
	n := len(q.bottom)
	if q.calls.n != 0 && (n == 0 || q.bottom[n-1].at != now) {
		c := q.calls.pop()
		return entry{at: now, tie: uint64(c.to) << counterBits, arg: c.arg}, true
	}
	if n == 0 {
		if !q.refill(until) {
			return entry{}, false
		}
		n = len(q.bottom)
	}
	e := q.bottom[n-1]
	if e.at > until {
		return entry{}, false
	}
	q.bottom = q.bottom[:n-1]
	return e, true
}

// next returns the instant of the next event, or Never. It moves nothing, so that an event may still be scheduled
// for any instant from now on.
func (q *ladder) next(now Time) Time {
	if q.calls.n != 0 {
		return now
	}
	if n := len(q.bottom); n != 0 {
		return q.bottom[n-1].at
	}
	if q.filled == 0 {
		return Never
	}
	level, digit := q.first()
	last := q.slots[level*radix+digit]
	at := Never
	for c := q.chunks[last].next; ; c = q.chunks[c].next {
		ch := &q.chunks[c]
		for i := range ch.n {
			at = min(at, ch.e[i].at)
		}
		if c == last {
			return at
		}
	}
}

// first finds the earliest slot that is not empty.
func (q *ladder) first() (level, digit uint) {
	level = uint(bits.TrailingZeros8(q.filled))
	for w, m := range q.occupied[level%levels] {
		if m != 0 {
			return level, uint(w)*64 + uint(bits.TrailingZeros64(m))
		}
	}
	panic("sim: ladder level marked as filled is empty")
}

// refill opens slots until bottom holds the next events. It opens none that begins after until, which keeps base from
// overtaking now.
func (q *ladder) refill(until Time) bool {
	for q.filled != 0 {
		level, digit := q.first()
		width := uint64(1) << (level * 8)
		start := q.base&^(width<<8-1) | uint64(digit)*width
		if start > uint64(until) {
			return false
		}
		slot := &q.slots[level*radix+digit]
		last := *slot
		*slot = 0
		occ := &q.occupied[level]
		occ[digit/64] &^= 1 << (digit % 64)
		if occ[0]|occ[1]|occ[2]|occ[3] == 0 {
			q.filled &^= 1 << level
		}
		q.base = start
		switch head := q.chunks[last].next; {
		case head == last:
			q.sortChunk(&q.chunks[last])
			if len(q.ahead) > 0 {
				q.foresee(q.bottom)
			}
			q.release(last)
			q.limit = start + width
			return true
		case level == 0:
			q.sortInstant(last)
			q.limit = start + width
			return true
		default:
			q.deal(last, level <= 2 && len(q.ahead) > 0)
			q.limit = start
		}
	}
	return false
}

// deal spreads a slot over the levels below.
func (q *ladder) deal(last uint32, near bool) {
	for c := q.chunks[last].next; ; {
		ch := &q.chunks[c] // stays readable when put moves the arena
		next := ch.next
		if near {
			q.foresee(ch.e[:ch.n])
		}
		for i := range ch.n {
			q.put(ch.e[i])
		}
		q.release(c)
		if c == last {
			return
		}
		c = next
	}
}

// foresee tells those who asked for it of events that come soon.
func (q *ladder) foresee(soon []entry) {
	for _, again := range [...]bool{false, true} {
		for i := range soon {
			if to := soon[i].to(); int(to) < len(q.ahead) && q.ahead[to] != nil {
				q.ahead[to].Foresee(soon[i].arg, again)
			}
		}
	}
}
