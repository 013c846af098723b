package netem

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// inFlight is a packet between the two ends of a direction.
type inFlight struct {
	p     *packet.Packet
	at    sim.Time // arrival
	given sim.Time // then it waited,
	start sim.Time // was transmitted,
	done  sim.Time // and was on the medium
}

// flight is a FIFO of packets in flight, a ring whose size is a power of two.
type flight struct {
	ring    []inFlight
	head, n int
}

func (f *flight) first() *inFlight { return &f.ring[f.head&(len(f.ring)-1)] }

// at returns the i-th entry from the front.
func (f *flight) at(i int) *inFlight { return &f.ring[(f.head+i)&(len(f.ring)-1)] }

// add returns the new last entry, to be filled.
func (f *flight) add() *inFlight {
	if f.n == len(f.ring) {
		f.grow()
	}
	e := &f.ring[(f.head+f.n)&(len(f.ring)-1)]
	f.n++
	return e
}

// drop removes the first entry. It leaves the packet in the ring, which keeps no packet alive that the pool does not.
func (f *flight) drop() {
	f.head++
	f.n--
}

func (f *flight) grow() {
	bigger := make([]inFlight, max(4, 2*len(f.ring)))
	for i := range f.n {
		bigger[i] = f.ring[(f.head+i)&(len(f.ring)-1)]
	}
	f.ring, f.head = bigger, 0
}

// overtake holds packets in flight that may overtake each other: a heap by arrival, then by the order they were given.
type overtake struct {
	h     []late
	given uint64
}

type late struct {
	inFlight
	n uint64
}

func (a *late) before(b *late) bool { return a.at < b.at || a.at == b.at && a.n < b.n }

func (o *overtake) push(e inFlight) {
	o.given++
	x := late{e, o.given}
	h := append(o.h, x)
	i := len(h) - 1
	for i > 0 && x.before(&h[(i-1)/2]) {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = x
	o.h = h
}

func (o *overtake) pop() inFlight {
	h := o.h
	top, last := h[0].inFlight, h[len(h)-1]
	h[len(h)-1] = late{}
	h = h[:len(h)-1]
	i := 0
	for {
		c := 2*i + 1
		if c >= len(h) {
			break
		}
		if c+1 < len(h) && h[c+1].before(&h[c]) {
			c++
		}
		if !h[c].before(&last) {
			break
		}
		h[i] = h[c]
		i = c
	}
	if len(h) > 0 {
		h[i] = last
	}
	o.h = h
	return top
}

// moveFlight carries the packets in flight over to the other form when reordering is switched.
func (d *Direction) moveFlight(reorder bool) {
	if reorder {
		for ; d.flying.n > 0; d.flying.drop() {
			d.late.push(*d.flying.first())
		}
		return
	}
	for len(d.late.h) > 0 {
		e := d.late.pop()
		d.arrival = max(d.arrival, e.at)
		*d.flying.add() = e
	}
}

// waiter is a packet whose transmission begins later.
type waiter struct {
	start sim.Time
	size  int32
}

// backlog counts the packets that wait for transmission. It forgets them when somebody looks, not by an event.
type backlog struct {
	ring    []waiter
	head, n int
	octets  int
}

// advance forgets those whose transmission has begun.
func (q *backlog) advance(now sim.Time) {
	for q.n > 0 && q.ring[q.head].start <= now {
		q.octets -= int(q.ring[q.head].size)
		q.head = (q.head + 1) & (len(q.ring) - 1)
		q.n--
	}
}

func (q *backlog) push(w waiter) {
	if q.n == len(q.ring) {
		bigger := make([]waiter, max(4, 2*len(q.ring)))
		for i := range q.n {
			bigger[i] = q.ring[(q.head+i)&(len(q.ring)-1)]
		}
		q.ring, q.head = bigger, 0
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = w
	q.n++
	q.octets += int(w.size)
}

func (q *backlog) clear() { q.head, q.n, q.octets = 0, 0, 0 }
