package sim

import "time"

// Server is a processor, or a pool of equal ones, with one FIFO of jobs: a node's CPU. Each job takes a stated time;
// done is called when it is finished, with the cause that the work's end is. A job of no cost on an idle processor is
// done at once, within Do, so that a node without processing cost adds no events.
type Server[J any] struct {
	Work

	k       *Kernel
	self    Entity
	done    func(J, Cause)
	waiting jobs[J]
	running []job[J] // by processor
	idle    []uint32 // processors, the next to be used last
	life    uint32   // how often the server was reset, in the upper half of the events' arg
}

// Work is what a server has done so far, for reports. Jobs, Used, Crypto and Waited count jobs when they are done.
type Work struct {
	Jobs       uint64
	Used       time.Duration // processor time spent, over all processors
	Crypto     time.Duration // of Used, on jobs booked as such
	Waited     time.Duration // time that jobs spent waiting for a processor
	MaxWaiting int           // most jobs that waited at once
}

// Work returns what each server of the run has done so far, by the server's name, in the order in which they were made.
func (k *Kernel) Work(each func(name string, w *Work)) {
	for i := range k.servers {
		each(k.servers[i].name, k.servers[i].work)
	}
}

type namedWork struct {
	name string
	work *Work
}

type job[J any] struct {
	j     J
	why   Cause
	cost  time.Duration
	share Share
	since Time // came in
	began Time
}

// MaxProcessors is the most processors that a Server can have.
const MaxProcessors = 1 << processorBits

const processorBits = 16

// NewServer makes a server of n processors, 1 to MaxProcessors. done must not be nil; it may call Do.
func NewServer[J any](k *Kernel, name string, n int, done func(J, Cause)) *Server[J] {
	if n < 1 || n > MaxProcessors {
		panic("sim: a server has 1 to 65536 processors")
	}
	s := &Server[J]{k: k, done: done, running: make([]job[J], n), idle: make([]uint32, n)}
	s.free()
	s.self = k.Add(name, s)
	k.servers = append(k.servers, namedWork{name, &s.Work})
	return s
}

// free makes all processors idle, so that the first is used first.
func (s *Server[J]) free() {
	n := len(s.running)
	s.idle = s.idle[:n]
	for i := range n {
		s.idle[i] = uint32(n - 1 - i)
	}
}

// Do queues a job that takes cost, not negative, booked as share (Processing or Crypto).
func (s *Server[J]) Do(j J, cost time.Duration, share Share, why Cause) {
	switch {
	case len(s.idle) == 0:
		s.waiting.push(job[J]{j, why, cost, share, s.k.now, s.k.now})
		s.MaxWaiting = max(s.MaxWaiting, s.waiting.n)
	case cost == 0:
		s.Jobs++
		s.done(j, why)
	default:
		s.start(job[J]{j, why, cost, share, s.k.now, s.k.now})
	}
}

// Waiting returns the number of jobs that have not begun.
func (s *Server[J]) Waiting() int { return s.waiting.n }

// Running returns the number of jobs that have begun and are not done.
func (s *Server[J]) Running() int { return len(s.running) - len(s.idle) }

// Reset drops all jobs, as a restart of the node does: done is not called for them, and nothing is counted.
func (s *Server[J]) Reset() {
	clear(s.running)
	s.free()
	s.waiting.clear()
	s.life += MaxProcessors
}

func (s *Server[J]) start(jb job[J]) {
	last := len(s.idle) - 1
	p := s.idle[last]
	s.idle = s.idle[:last]
	jb.began = s.k.now
	s.running[p] = jb
	s.k.At(s.k.now.Add(jb.cost), s.self, s.life|p)
}

// Handle ends the job of a processor.
func (s *Server[J]) Handle(arg uint32) {
	p := arg % MaxProcessors
	if arg-p != s.life {
		return // of a job that Reset dropped
	}
	jb := s.running[p]
	s.running[p] = job[J]{}
	s.idle = append(s.idle, p)
	s.Jobs++
	s.Used += jb.cost
	if jb.share == Crypto {
		s.Crypto += jb.cost
	}
	s.Waited += jb.began.Sub(jb.since)
	if s.waiting.n > 0 {
		s.start(s.waiting.pop())
	}
	why := jb.why
	if s.k.Tracing() {
		why = s.k.Record(Record{Cause: why, Node: s.self, Kind: "cpu.done", Queueing: jb.began.Sub(jb.since), Rest: rest(jb)})
	}
	s.done(jb.j, why)
}

// rest is what a job's time is that it did not spend waiting; none is nothing.
func rest[J any](jb job[J]) Share {
	if jb.cost == 0 {
		return Instant
	}
	return jb.share
}

// jobs is a ring of jobs whose size is a power of two.
type jobs[J any] struct {
	ring []job[J]
	head int
	n    int
}

func (q *jobs[J]) push(jb job[J]) {
	if q.n == len(q.ring) {
		r := make([]job[J], max(8, 2*q.n))
		for i := range q.n {
			r[i] = q.ring[(q.head+i)&(q.n-1)]
		}
		q.ring, q.head = r, 0
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = jb
	q.n++
}

func (q *jobs[J]) pop() job[J] {
	p := &q.ring[q.head&(len(q.ring)-1)]
	jb := *p
	*p = job[J]{} // hold on to nothing
	q.head++
	q.n--
	return jb
}

func (q *jobs[J]) clear() {
	clear(q.ring)
	q.head, q.n = 0, 0
}
