package msrp

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// outgoing is a message being sent.
type outgoing struct {
	Outgoing
	s        *Session
	why      sim.Cause
	at       int64 // octets of body that have been handed over
	span     int   // where those end in Body: in this span,
	off      int   // at this octet
	inChunk  int64 // of those, octets in the open chunk
	tid      string
	open     bool // a head has gone out, its end-line has not
	definite bool // the open chunk announced its end and must reach it
	end      int64
	failed   bool
	pending  int // chunks whose response is awaited
	finished bool
}

func (m *outgoing) left() int64 { return int64(m.Body.Len) - m.at }

// Send sends a message on session s, which must be bound to this connection, and returns its Message-ID.
func (c *Conn) Send(now sim.Time, why sim.Cause, s *Session, o Outgoing) string {
	if s.conn != c {
		panic("msrp: send on a session that is not bound to this connection")
	}
	c.now = now
	if o.ID == "" {
		o.ID = NewID(&c.ep.IDs)
	}
	c.queue = append(c.queue, &outgoing{Outgoing: o, s: s, why: why})
	return o.ID
}

// SetRoom tells the connection how many octets its transport takes at most from now on; each OutSend uses some up, and
// none is larger than what is left. Without a call there is no limit, and a chunk goes out whole. With one, a long chunk
// can be interrupted.
func (c *Conn) SetRoom(now sim.Time, n int) { c.now, c.room, c.limited = now, n, true }

// Respond answers request m (RFC 4975 §7.2): To-Path is the leftmost URI of its From-Path.
func (c *Conn) Respond(now sim.Time, why sim.Cause, m *Message, code int) {
	c.now, c.why = now, why
	c.respond(c.ep.find(m.To), m, code)
}

func (c *Conn) respond(s *Session, m *Message, code int) {
	r := Message{ID: m.ID, Code: code, Comment: Reason(code), To: First(m.From), From: First(m.To)}
	b := AppendEnd(AppendHead(make([]byte, 0, 72+len(r.To)+len(r.From)), &r), r.ID, false, Complete)
	c.small = append(c.small, ready{b, codeName(code), m.MessageID, code, s, c.why})
}

// ReportFailure sends a failure REPORT for octets r of message id, which came from path and had been answered 200.
func (c *Conn) ReportFailure(now sim.Time, why sim.Cause, s *Session, path, id string, r ByteRange, code int) {
	c.now, c.why = now, why
	c.report(s, path, id, r, code)
}

// report sends a REPORT (RFC 4975 §7.1.4): To-Path is the whole From-Path of the SEND.
func (c *Conn) report(s *Session, path, id string, r ByteRange, code int) {
	c.request(&Message{
		ID: NewID(&c.ep.IDs), Method: "REPORT", To: path, From: s.cfg.Local, MessageID: id, Range: r,
		Status: code, StatusComment: Reason(code),
	}, s)
}

// request queues a request without a body.
func (c *Conn) request(m *Message, s *Session) {
	b := AppendEnd(AppendHead(make([]byte, 0, 144+len(m.To)+len(m.From)), m), m.ID, false, Complete)
	c.small = append(c.small, ready{b, m.Method, m.MessageID, m.Status, s, c.why})
}

// send returns the next octets for the peer.
func (c *Conn) send() (Output, bool) {
	if c.room <= 0 {
		return Output{}, false
	}
	if o := c.over; o != nil {
		c.piece.Reset()
		c.piece.AppendPayload(o.Payload)
		c.over = nil
		return c.output(*o), true
	}
	c.prune()
	var m *outgoing
	if len(c.queue) > 0 {
		m = c.queue[0]
	}
	if m != nil && m.open {
		// RFC 4975 §5.1: a chunk gives way to a response, a report or another session; not before 2048 octets.
		switch {
		case m.failed:
			return c.closeChunk(m, Aborted), true
		case !m.definite && m.inChunk >= ChunkSize && m.left() > 0 && c.othersWait():
			return c.closeChunk(m, More), true
		}
		return c.moreBody(m)
	}
	if len(c.small) > 0 {
		r := c.small[0]
		c.small[0] = ready{}
		if c.small = c.small[1:]; len(c.small) == 0 {
			c.small = nil
		}
		c.piece.Reset()
		c.piece.Append(packet.Bytes(r.octets))
		return c.output(Output{Kind: OutSend, Session: r.s, Name: r.name, ID: r.id, Code: r.code, Why: r.why}), true
	}
	if m == nil {
		return Output{}, false
	}
	return c.openChunk(m)
}

// prune drops messages that are through or hopeless from the front of the queue.
func (c *Conn) prune() {
	for len(c.queue) > 0 {
		if m := c.queue[0]; m.open || !m.finished && !m.failed {
			return
		}
		c.queue[0] = nil
		if c.queue = c.queue[1:]; len(c.queue) == 0 {
			c.queue = nil
		}
	}
}

// othersWait reports whether something but the message at hand wants to be sent.
func (c *Conn) othersWait() bool {
	return len(c.small) > 0 || c.otherSession() > 0
}

// otherSession returns where in the queue the first message of another session waits; 0 for none.
func (c *Conn) otherSession() int {
	for i, m := range c.queue {
		if m.s != c.queue[0].s && !m.failed {
			return i
		}
	}
	return 0
}
