package tcp

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// chunk is a run of octets with its place in sequence space and the cause that brought it: a write, or an arriving segment.
type chunk struct {
	span packet.Span
	why  sim.Cause
	seq  uint32 // of the first octet
}

func (k *chunk) end() uint32 { return k.seq + uint32(k.span.Len) }

// buffer is what a ring lies in; a power of two of chunks.
type buffer struct{ chunks []chunk }

// ring is a queue of chunks in sequence order. It grows by doubling and is given back when it runs empty. It is small, for
// every connection has three, most of them empty.
type ring struct {
	buf  *buffer // nil: empty
	head uint32
	n    uint32
}

// at returns the i-th chunk from the front.
func (r *ring) at(i uint32) *chunk {
	b := r.buf.chunks
	return &b[(r.head+i)&uint32(len(b)-1)]
}

// first returns the first chunk.
func (r *ring) first() *chunk { return &r.buf.chunks[r.head] }

func (r *ring) full() bool { return r.buf == nil || int(r.n) == len(r.buf.chunks) }

// push adds octets at the end, joined to the last chunk where they are neighbours of one pattern with one cause, so
// that long synthetic transfers hold a single chunk.
func (r *ring) push(pool *Pool, seq uint32, s *packet.Span, why sim.Cause) {
	if r.n > 0 && s.Bytes == nil {
		l := r.at(r.n - 1)
		if l.span.Bytes == nil && l.why == why && l.span.Pattern == s.Pattern && l.span.Off+uint64(l.span.Len) == s.Off {
			l.span.Len += s.Len
			return
		}
	}
	if r.full() {
		r.grow(pool)
	}
	k := r.at(r.n)
	k.span, k.why, k.seq = *s, why, seq
	r.n++
}

// insert puts a chunk before the i-th, for queues that are not filled in order.
func (r *ring) insert(pool *Pool, i uint32, seq uint32, s packet.Span, why sim.Cause) {
	if r.full() {
		r.grow(pool)
	}
	r.n++
	for j := r.n - 1; j > i; j-- {
		*r.at(j) = *r.at(j - 1)
	}
	*r.at(i) = chunk{s, why, seq}
}

func (r *ring) grow(pool *Pool) {
	if r.buf == nil {
		r.buf = pool.get(minRing)
		return
	}
	b := pool.get(2 * len(r.buf.chunks))
	for i := range r.n {
		b.chunks[i] = *r.at(i)
	}
	pool.put(r.buf)
	r.buf, r.head = b, 0
}

// pop removes the first chunk.
func (r *ring) pop(pool *Pool) {
	k := r.first()
	if k.span.Bytes != nil {
		k.span.Bytes = nil
	}
	r.n--
	if r.n > 0 {
		r.head = (r.head + 1) & uint32(len(r.buf.chunks)-1)
		return
	}
	r.head = 0
	if pool != nil {
		pool.put(r.buf)
		r.buf = nil
	}
}

// trim cuts the first octets of the first chunk off, so that it starts at seq.
func (r *ring) trim(seq uint32) {
	k := r.first()
	n := int(seq - k.seq)
	if k.span.Bytes != nil {
		k.span = k.span.Slice(n, k.span.Len)
	} else {
		k.span.Off += uint64(n)
		k.span.Len -= n
	}
	k.seq = seq
}

// dropBefore removes everything before seq and returns how many whole chunks went.
func (r *ring) dropBefore(pool *Pool, seq uint32) (popped uint32) {
	for r.n > 0 {
		k := r.first()
		if !le(k.end(), seq) {
			if lt(k.seq, seq) {
				r.trim(seq)
			}
			return popped
		}
		r.pop(pool)
		popped++
	}
	return popped
}

// find returns the index of the chunk that holds seq, which must be inside the ring.
func (r *ring) find(seq uint32) uint32 {
	lo, hi := uint32(0), r.n-1
	for lo < hi {
		m := (lo + hi + 1) / 2
		if le(r.at(m).seq, seq) {
			lo = m
		} else {
			hi = m - 1
		}
	}
	return lo
}

// release drops everything and gives the buffer back.
func (r *ring) release(pool *Pool) {
	for i := range r.n {
		r.at(i).span.Bytes = nil
	}
	pool.put(r.buf)
	*r = ring{}
}
