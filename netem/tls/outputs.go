package tls

import (
	"sync" //tidy:goroutine a pool of cleared memory, for all runs of a process

	"imsim/sim"
)

// outputs is a queue of outputs, borrowed while there are any.
type outputs struct {
	q    []Output
	head int
}

var outputsPool = sync.Pool{New: func() any { return new(outputs) }}

func (s *session) emit(o Output, why sim.Cause) {
	if s.out == nil {
		s.out = outputsPool.Get().(*outputs)
	}
	o.Why = why
	s.out.q = append(s.out.q, o)
}

// Next implements Session.
func (s *session) Next() (Output, bool) {
	if s.out == nil {
		return Output{}, false
	}
	o := s.out.q[s.out.head]
	if s.out.head++; s.out.head == len(s.out.q) {
		s.dropOutputs()
	}
	return o, true
}

func (s *session) dropOutputs() {
	if s.out == nil {
		return
	}
	clear(s.out.q)
	s.out.q, s.out.head = s.out.q[:0], 0
	outputsPool.Put(s.out)
	s.out = nil
}
