package msrp

import (
	"math"
	"strconv"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// Conn is the MSRP side of one TCP or TLS connection, with the sessions bound to it. A session needs no transport of
// its own: several share one, told apart by the session-id in To-Path (RFC 4975 §5.4).
type Conn struct {
	ep      *Endpoint
	reading *reading // nil between two messages
	out     []Output // control outputs, in order
	outAt   int32
	lost    bool
	limited bool // room counts
	now     sim.Time
	why     sim.Cause // of the input at hand

	// Sending.
	bound   []*Session
	queue   []*outgoing    // the head is being sent; the others wait
	small   []ready        // responses, reports, binding SENDs: they go first
	waiting []transaction  // chunks without a response yet, in the order of their deadlines
	quiet   []transaction  // chunks that get a response only when something is wrong
	room    int            // octets that the transport takes
	piece   packet.Payload // the octets of the OutSend at hand; its array goes back to the endpoint
	over    *Output        // what a full transport left over from the last, nil for nothing

	first    sim.Time // deadline of the first request; Never when it has come
	firstWhy sim.Cause
}

type ready struct {
	octets []byte
	name   string
	id     string
	code   int
	s      *Session
	why    sim.Cause
}

// NewConn makes the MSRP side of a new connection of endpoint e. A passive endpoint gives how long it waits for the
// first valid request (RFC 4976 §6.1: 30 s); 0 waits for ever.
func (e *Endpoint) NewConn(now sim.Time, why sim.Cause, firstRequest time.Duration) *Conn {
	c := &Conn{ep: e, room: math.MaxInt, first: sim.Never, firstWhy: why}
	if firstRequest > 0 {
		c.first = now.Add(firstRequest)
	}
	return c
}

// Bind binds s to the connection and sends a SEND without a body (RFC 4975 §5.4, RFC 6135 §4.2.2: the active side sends
// at once, even when it has nothing to say).
func (c *Conn) Bind(now sim.Time, why sim.Cause, s *Session) {
	c.now, c.why = now, why
	c.bind(s)
	m := Message{
		ID: NewID(&c.ep.IDs), Method: "SEND", To: s.cfg.Remote, From: s.cfg.Local,
		MessageID: NewID(&c.ep.IDs), Range: ByteRange{1, 0, 0},
	}
	c.request(&m, s)
	c.await(transaction{id: m.ID, s: s, deadline: now.Add(s.cfg.Timeout), why: why})
}

// Adopt binds s to the connection and sends nothing: for a message that goes out at once.
func (c *Conn) Adopt(s *Session) { c.bind(s) }

func (c *Conn) bind(s *Session) {
	if s.conn == c || s.closed {
		return
	}
	if s.conn != nil {
		s.conn.unbind(s)
	}
	s.conn = c
	c.bound = append(c.bound, s)
}

func (c *Conn) unbind(s *Session) {
	s.conn = nil
	for i, b := range c.bound {
		if b == s {
			c.bound = append(c.bound[:i], c.bound[i+1:]...)
			break
		}
	}
	c.forget(s)
}

// Sessions returns how many sessions are bound to the connection; it may close when there is none (RFC 4975 §5.4).
func (c *Conn) Sessions() int { return len(c.bound) }

// Input takes octets that the peer sent.
func (c *Conn) Input(now sim.Time, why sim.Cause, p packet.Payload) {
	if c.lost {
		return
	}
	c.now, c.why = now, why
	r := c.read()
	r.parser.Push(p)
	for {
		e, ok := r.parser.Next()
		if !ok {
			c.rest()
			return
		}
		switch e.Kind {
		case Head:
			c.onHead(e.Msg)
		case Body:
			c.onBody(e.Msg, e.Span)
		case End:
			c.onEnd(e.Msg, e.Flag)
		case Broken:
			c.emit(Output{Kind: OutClose, Name: "malformed"})
		}
	}
}

// Lost tells the connection that its transport is gone: every session bound to it has failed (RFC 4975 §5.4).
// It returns to no life; a session can be bound to another connection.
func (c *Conn) Lost(now sim.Time, why sim.Cause) {
	c.now, c.why = now, why
	if c.lost {
		return
	}
	c.lost, c.first = true, sim.Never
	for len(c.bound) > 0 {
		s := c.bound[0]
		c.unbind(s)
		c.emit(Output{Kind: OutFailed, Session: s})
	}
	c.queue, c.small, c.waiting, c.quiet, c.over = nil, nil, nil, nil, nil
}

// Deadline returns when Tick is due.
func (c *Conn) Deadline() sim.Time {
	d := c.first
	if len(c.waiting) > 0 {
		d = min(d, c.waiting[0].deadline)
	}
	return d
}

// Tick takes the passing of time.
func (c *Conn) Tick(now sim.Time) {
	c.now = now
	if c.first <= now {
		c.first, c.why = sim.Never, c.firstWhy
		c.emit(Output{Kind: OutClose, Name: "no_first_request"})
	}
	for len(c.waiting) > 0 && c.waiting[0].deadline <= now {
		t := c.waiting[0]
		c.waiting = c.waiting[1:]
		c.why = t.why
		// RFC 4975 §7.1.3: no response in time counts as a failure of the chunk; it may have arrived all the same.
		c.failed(t, 408)
	}
}

// Next returns the next output.
func (c *Conn) Next() (Output, bool) {
	if int(c.outAt) < len(c.out) {
		o := c.out[c.outAt]
		c.out[c.outAt] = Output{}
		if c.outAt++; int(c.outAt) == len(c.out) {
			c.ep.outs, c.out, c.outAt = c.out[:0], nil, 0
		}
		return o, true
	}
	if c.piece.Spans == nil {
		c.piece.Spans, c.ep.spans = c.ep.spans, nil
	}
	o, ok := c.send()
	if !ok {
		c.piece.Reset()
		c.ep.spans, c.piece.Spans = c.piece.Spans, nil
	}
	return o, ok
}

func (c *Conn) emit(o Output) {
	o.Why = c.why
	if c.out == nil {
		c.out, c.ep.outs = c.ep.outs, nil
	}
	c.out = append(c.out, o)
}

// codeName returns a code as text; the frequent ones are constants.
func codeName(code int) string {
	if code == 200 {
		return "200"
	}
	return strconv.Itoa(code)
}
