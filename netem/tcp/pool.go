package tcp

import "math/bits"

const (
	minRing     = 4  // chunks in the smallest buffer
	poolClasses = 20 // sizes minRing<<0 … minRing<<19
)

// Pool lends chunk buffers and event queues to the connections of one run, so that an idle connection holds none and a
// busy one allocates none. It is not safe for use by several goroutines. A nil Pool allocates and forgets.
type Pool struct {
	free       [poolClasses][]*buffer
	reports    []*reports
	extensions []*extension
}

// getReports returns an empty event queue.
func (p *Pool) getReports() *reports {
	if p == nil || len(p.reports) == 0 {
		return &reports{}
	}
	l := len(p.reports) - 1
	q := p.reports[l]
	p.reports = p.reports[:l]
	return q
}

// putReports takes an event queue back, which may be nil.
func (p *Pool) putReports(q *reports) {
	if p == nil || q == nil {
		return
	}
	q.n, q.more, q.moreHead = 0, q.more[:0], 0
	p.reports = append(p.reports, q)
}

// get returns a buffer of n chunks, a power of two.
func (p *Pool) get(n int) *buffer {
	if p != nil {
		f := &p.free[bits.TrailingZeros(uint(n/minRing))]
		if l := len(*f); l > 0 {
			b := (*f)[l-1]
			*f = (*f)[:l-1]
			return b
		}
	}
	return &buffer{make([]chunk, n)}
}

// put takes a buffer back, which may be nil. Its chunks must hold no octets any more.
func (p *Pool) put(b *buffer) {
	if p == nil || b == nil {
		return
	}
	f := &p.free[bits.TrailingZeros(uint(len(b.chunks)/minRing))]
	*f = append(*f, b)
}
