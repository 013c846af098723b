package h248

import "imsim/sim"

type deadlineKind uint8

const (
	repeatRequest deadlineKind = iota // of one of our requests
	loseRequest
	sendPending // for a transaction we execute
	repeatReply // that asks for an acknowledgement
	missSegments
)

// deadline is an entry of a heap ordered by (at, order). An entry whose owner has moved on is stale and skipped.
type deadline struct {
	at    sim.Time
	order uint64
	id    TransactionID
	kind  deadlineKind
}

type deadlines struct {
	heap  []deadline
	order uint64
}

func (d deadline) before(e deadline) bool {
	return d.at < e.at || (d.at == e.at && d.order < e.order)
}

func (s *deadlines) add(at sim.Time, kind deadlineKind, id TransactionID) {
	s.order++
	s.heap = append(s.heap, deadline{at, s.order, id, kind})
	h := s.heap
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h[i].before(h[up]) {
			break
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

func (s *deadlines) pop() {
	h := s.heap
	n := len(h) - 1
	h[0] = h[n]
	s.heap = h[:n]
	h = s.heap
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < n; c++ {
			if h[c].before(h[least]) {
				least = c
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
