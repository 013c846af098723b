package alg

import (
	"strconv"

	"imsim/nodes/protocol/sip"
)

// Where the ALG puts a request of its own into a dialog that passes through it, it is a B2BUA for the numbers of requests, too
// (RFC 3261 §12.2.1.1): what the end in whose name it has spoken sends from then on has a number that is ahead of the ALG's, and
// the response has the end's own again.

// numbers are those of both directions: from the caller, 0, and from the called, 1.
type numbers [2]numbering

// numbering is how the numbers of one end are changed.
type numbering struct {
	shifts []shift // by rising from
	last   uint32  // of the ALG's own requests
}

// shift adds to the end's numbers from one on, up to the next shift's.
type shift struct{ from, by uint32 }

// of returns the number with which the end's request goes on.
func (n *numbering) of(seq uint32) uint32 {
	by := uint32(0)
	for _, s := range n.shifts {
		if s.from <= seq {
			by = s.by
		}
	}
	return seq + by
}

// take returns the number of a request of the ALG in the name of an end whose own last one was seq.
func (n *numbering) take(seq uint32) uint32 {
	n.last = max(n.of(seq), n.last) + 1
	s := shift{seq + 1, n.last - seq}
	if k := len(n.shifts); k > 0 && n.shifts[k-1].from == s.from {
		n.shifts[k-1] = s
	} else {
		n.shifts = append(n.shifts, s)
	}
	return n.last
}

// side is the direction of the caller's requests, or of the called's.
func side(caller bool) int {
	if caller {
		return 0
	}
	return 1
}

// counted notes the number of a request that has come.
func (c *call) counted(m *sip.Message) {
	seq, err := m.CSeq()
	switch {
	case err != nil:
	case m.FromTag() == c.callerTag:
		c.callerSeq = max(c.callerSeq, seq.Seq)
	default:
		c.calledSeq = max(c.calledSeq, seq.Seq)
	}
}

// sent is the last number that an end has used itself.
func (c *call) sent(caller bool) uint32 {
	if caller {
		return c.callerSeq
	}
	return c.calledSeq
}

// last is the highest number that has gone on in an end's name.
func (c *call) last(caller bool) uint32 {
	seq := c.sent(caller)
	if c.numbers == nil {
		return seq
	}
	n := &c.numbers[side(caller)]
	return max(n.of(seq), n.last)
}

// take returns the number of a request of the ALG in an end's name.
func (c *call) take(caller bool) uint32 {
	if c.numbers == nil {
		c.numbers = &numbers{}
	}
	return c.numbers[side(caller)].take(c.sent(caller))
}

// renumbered returns a request as it is to go on: itself, or a copy with another number.
func (c *call) renumbered(m *sip.Message) *sip.Message {
	if c.numbers == nil {
		return m
	}
	seq, err := m.CSeq()
	n := c.numbers[side(m.FromTag() == c.callerTag)].of(seq.Seq)
	if err != nil || n == seq.Seq {
		return m
	}
	m = m.Clone()
	m.Set(sip.HCSeq, strconv.FormatUint(uint64(n), 10)+" "+seq.Method)
	return m
}

// asSent gives a response the number of the request as it came.
func (p *ALG) asSent(server sip.TxID, m *sip.Message) {
	r := p.sip.Layer.RequestOf(server)
	if r == nil {
		return
	}
	if came := r.Get(sip.HCSeq); came != m.Get(sip.HCSeq) {
		m.Set(sip.HCSeq, came)
	}
}
