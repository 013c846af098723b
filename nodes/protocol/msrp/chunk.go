package msrp

import (
	"bytes"
	"slices"

	"imsim/netem/packet"
	"imsim/sim"
)

// openChunk sends the head of the next chunk of m, and as much of its body as there is room for.
func (c *Conn) openChunk(m *outgoing) (Output, bool) {
	total := int64(m.Body.Len)
	size := m.left()
	if m.s.cfg.Policy == Fixed {
		size = min(size, ChunkSize)
	}
	m.end = m.at + size
	m.tid = c.transactionID(m, size)
	// RFC 4975 §5.1: a chunk of more than 2048 octets must be interruptible, so it does not announce its end.
	m.definite = size <= ChunkSize
	m.open, m.inChunk = true, 0
	h := Message{
		ID: m.tid, Method: "SEND", To: m.s.cfg.Remote, From: m.s.cfg.Local, MessageID: m.ID,
		Range: ByteRange{m.at + 1, m.end, total}, SuccessReport: m.SuccessReport, FailureReport: m.FailureReport,
		ContentType: m.ContentType,
	}
	if !m.definite {
		h.Range.End = Unknown
	}
	// Head and end-line share one buffer; the end-line's part is used when the chunk fits.
	buf := AppendHead(make([]byte, 0, 208+len(h.To)+len(h.From)+len(h.ContentType)), &h)
	n := len(buf)
	o := Output{Kind: OutSend, Session: m.s, Name: "SEND", ID: m.ID, Range: h.Range, Why: m.why}
	c.piece.Reset()
	c.piece.Append(packet.Bytes(buf[:n:n]))
	c.takeBody(m, min(size, int64(max(c.room-n, 0))))
	if m.at < m.end {
		return c.output(o), true
	}
	o.Flag = m.endFlag()
	buf = AppendEnd(buf, m.tid, m.ContentType != "", o.Flag)
	c.piece.Append(packet.Bytes(buf[n:]))
	c.chunkDone(m, o.Flag)
	return c.output(o), true
}

// moreBody goes on with an open chunk.
func (c *Conn) moreBody(m *outgoing) (Output, bool) {
	if m.at == m.end {
		return c.closeChunk(m, m.endFlag()), true
	}
	c.piece.Reset()
	c.takeBody(m, min(m.end-m.at, int64(c.room)))
	return c.output(Output{Kind: OutSend, Session: m.s, ID: m.ID, Why: m.why}), true
}

// endFlag returns the flag of a chunk that ends here.
func (m *outgoing) endFlag() byte {
	if m.left() == 0 {
		return Complete
	}
	return More
}

// closeChunk sends the end-line of the open chunk.
func (c *Conn) closeChunk(m *outgoing, flag byte) Output {
	c.piece.Reset()
	c.piece.Append(packet.Bytes(AppendEnd(nil, m.tid, m.ContentType != "", flag)))
	c.chunkDone(m, flag)
	return c.output(Output{Kind: OutSend, Session: m.s, ID: m.ID, Flag: flag, Why: m.why})
}

// takeBody adds the next n octets of the body to the piece to be sent.
func (c *Conn) takeBody(m *outgoing, n int64) {
	m.at += n
	m.inChunk += n
	for n > 0 {
		s := m.Body.Spans[m.span]
		k := int(min(n, int64(s.Len-m.off)))
		c.piece.Append(s.Slice(m.off, m.off+k))
		n -= int64(k)
		if m.off += k; m.off == s.Len {
			m.span, m.off = m.span+1, 0
		}
	}
}

// output finishes an OutSend whose octets are in c.piece. What there is no room for goes first the next time.
func (c *Conn) output(o Output) Output {
	if c.limited {
		if c.piece.Len > c.room {
			c.over = &Output{Kind: OutSend, Session: o.Session, ID: o.ID, Code: o.Code, Flag: o.Flag, Why: o.Why}
			c.over.Payload.AppendRange(c.piece, c.room, c.piece.Len)
			c.cutPiece(c.room)
			o.Flag = 0
		}
		c.room -= c.piece.Len
	}
	o.Payload = c.piece
	return o
}

// cutPiece leaves the first n octets of the piece.
func (c *Conn) cutPiece(n int) {
	c.piece.Len = n
	for i, s := range c.piece.Spans {
		if n < s.Len {
			if n > 0 {
				c.piece.Spans[i] = s.Slice(0, n)
				i++
			}
			c.piece.Spans = c.piece.Spans[:i]
			return
		}
		n -= s.Len
	}
}

// chunkDone starts the transaction timer (RFC 4975 §7.1.3: when the last octet has been handed over) and says who is next.
func (c *Conn) chunkDone(m *outgoing, flag byte) {
	m.open = false
	if flag != Aborted {
		t := transaction{id: m.tid, msg: m, s: m.s, why: m.why}
		switch m.FailureReport {
		case FailureYes:
			m.pending++
			t.deadline = c.now.Add(m.s.cfg.Timeout)
			c.await(t)
		case FailurePartial:
			t.deadline = sim.Never
			c.remember(t)
		}
	}
	switch {
	case flag == Complete:
		m.finished = true
		c.why = m.why
		c.emit(Output{Kind: OutSent, Session: m.s, ID: m.ID})
	case flag == More && c.otherSession() > 0:
		c.yield(m.s)
	}
}

// yield puts the messages of s behind those of the other sessions (RFC 4975 §5.1: fair to all that share a connection).
func (c *Conn) yield(s *Session) {
	slices.SortStableFunc(c.queue, func(a, b *outgoing) int {
		switch {
		case a.s == s && b.s != s:
			return 1
		case a.s != s && b.s == s:
			return -1
		}
		return 0
	})
}

// transactionID draws an id whose end-line does not occur in the next size octets of the body (RFC 4975 §7.1).
// Only real octets are searched, each span by itself.
func (c *Conn) transactionID(m *outgoing, size int64) string {
	for {
		id := NewID(&c.ep.IDs)
		if !m.contains(id, size) {
			return id
		}
	}
}

func (m *outgoing) contains(id string, size int64) bool {
	var needle [len(dashes) + IDLen]byte
	copy(needle[copy(needle[:], dashes):], id)
	off := m.off
	for i := m.span; size > 0; i++ {
		s := m.Body.Spans[i]
		n := int(min(size, int64(s.Len-off)))
		if s.Bytes != nil && bytes.Contains(s.Bytes[off:off+n], needle[:]) {
			return true
		}
		size -= int64(n)
		off = 0
	}
	return false
}
