package queue

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// ring is a FIFO of packets whose size is a power of two.
type ring struct {
	of      []*packet.Packet
	head, n int
	octets  int
}

func (q *ring) push(p *packet.Packet, size int) {
	if q.n == len(q.of) {
		bigger := make([]*packet.Packet, max(4, 2*len(q.of)))
		for i := range q.n {
			bigger[i] = q.of[(q.head+i)&(len(q.of)-1)]
		}
		q.of, q.head = bigger, 0
	}
	q.of[(q.head+q.n)&(len(q.of)-1)] = p
	q.n++
	q.octets += size
}

// pop returns the first packet and its size, or nil.
func (q *ring) pop() (*packet.Packet, int) {
	if q.n == 0 {
		return nil, 0
	}
	p := q.of[q.head]
	q.of[q.head] = nil
	q.head = (q.head + 1) & (len(q.of) - 1)
	q.n--
	size := p.Len()
	q.octets -= size
	return p, size
}

func (q *ring) first() *packet.Packet { return q.of[q.head] }

// Queue is a discipline inside another; it is netem.Discipline.
type Queue interface {
	Enqueue(now sim.Time, p *packet.Packet, drop func(*packet.Packet))
	Dequeue(now sim.Time, drop func(*packet.Packet)) *packet.Packet
	Len() int
}

// FIFO is drop tail. A link does that itself, at less cost; this one is for use within others.
type FIFO struct {
	Packets int // most that wait; 0: no limit
	Octets  int
	q       ring
}

// Enqueue implements netem.Discipline.
func (f *FIFO) Enqueue(_ sim.Time, p *packet.Packet, drop func(*packet.Packet)) {
	size := p.Len()
	if f.Packets > 0 && f.q.n >= f.Packets || f.Octets > 0 && f.q.octets+size > f.Octets {
		drop(p)
		return
	}
	f.q.push(p, size)
}

// Dequeue implements netem.Discipline.
func (f *FIFO) Dequeue(sim.Time, func(*packet.Packet)) *packet.Packet {
	p, _ := f.q.pop()
	return p
}

// Len implements netem.Discipline.
func (f *FIFO) Len() int { return f.q.n }

// mark sets Congestion Experienced where the sender allows it (RFC 3168 §5).
func mark(p *packet.Packet) bool {
	if p.TOS&3 == 0 {
		return false
	}
	p.TOS |= 3
	return true
}
