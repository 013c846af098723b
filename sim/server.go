package sim

import "time"

// Server is a processor, or a pool of equal ones, with one FIFO of jobs: a node's CPU. Each job takes a stated time;
// done is called when it is finished, with the cause that the work's end is. A job of no cost on an idle processor is
// done at once, within Do, so that a node without processing cost adds no events.
type Server[J any] struct {
	k     *Kernel
	self  Entity
	done  func(J, Cause)
	free  int
	queue []job[J] // waiting, in order
	head  int
	busy  []job[J] // slots of running jobs, index = processor
	idle  []uint32
	Used  time.Duration // processor time spent so far
}

type job[J any] struct {
	j     J
	why   Cause
	cost  time.Duration
	share Share
	since Time
	began Time
}

// NewServer makes a server of n processors. done must not be nil.
func NewServer[J any](k *Kernel, name string, n int, done func(J, Cause)) *Server[J] {
	s := &Server[J]{k: k, done: done, busy: make([]job[J], n)}
	for i := range n {
		s.idle = append(s.idle, uint32(n-1-i))
	}
	s.self = k.Add(name, s)
	return s
}

// Do queues a job that takes cost, booked as share (Processing or Crypto).
func (s *Server[J]) Do(j J, cost time.Duration, share Share, why Cause) {
	jb := job[J]{j, why, cost, share, s.k.now, s.k.now}
	switch {
	case len(s.idle) == 0:
		s.queue = append(s.queue, jb)
	case cost == 0:
		s.done(j, why)
	default:
		s.start(jb)
	}
}

// Waiting returns the number of jobs that have not begun.
func (s *Server[J]) Waiting() int { return len(s.queue) - s.head }

func (s *Server[J]) start(jb job[J]) {
	p := s.idle[len(s.idle)-1]
	s.idle = s.idle[:len(s.idle)-1]
	jb.began = s.k.now
	s.busy[p] = jb
	s.k.At(s.k.now.Add(jb.cost), s.self, p)
}

// Handle ends the job of processor p.
func (s *Server[J]) Handle(p uint32) {
	jb := s.busy[p]
	s.busy[p] = job[J]{}
	s.idle = append(s.idle, p)
	s.Used += jb.cost
	if s.head < len(s.queue) {
		next := s.queue[s.head]
		s.queue[s.head] = job[J]{}
		if s.head++; s.head == len(s.queue) {
			s.queue, s.head = s.queue[:0], 0
		}
		s.start(next)
	}
	why := jb.why
	if s.k.Tracing() {
		why = s.k.Record(Record{Cause: why, Node: s.self, Kind: "cpu.done", Queueing: jb.began.Sub(jb.since), Rest: jb.share})
	}
	s.done(jb.j, why)
}
