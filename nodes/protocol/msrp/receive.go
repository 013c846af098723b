package msrp

import (
	"slices"
	"strings"

	"imsim/netem/packet"
	"imsim/sim"
)

// reading is what a connection needs while it takes a message in. Between two messages it has none: the connections of an
// endpoint take turns with one.
type reading struct {
	parser  Parser
	session *Session // of the request at hand; nil when it was refused
	in      *incoming
	pos     int64 // position in the message of the next octet of body, from 0
	refused int   // code that the request at hand has got already
}

// read gives the connection what it needs for taking octets in.
func (c *Conn) read() *reading {
	if c.reading == nil {
		if c.reading, c.ep.reading = c.ep.reading, nil; c.reading == nil {
			c.reading = &reading{}
		}
	}
	return c.reading
}

// rest leaves it to others while the connection stands between two messages.
func (c *Conn) rest() {
	if p := &c.reading.parser; p.Idle() {
		p.forget()
		c.reading, c.ep.reading = nil, c.reading
	}
}

// incoming is a message of which some chunks have come.
type incoming struct {
	id       string
	body     assembly
	total    int64 // Unknown until a Byte-Range or the last chunk says
	complete bool  // the chunk with "$" has been seen
}

func (c *Conn) onHead(m *Message) {
	r := c.reading
	r.session, r.in, r.refused, r.pos = nil, nil, 0, 0
	if !m.IsRequest() {
		return
	}
	if m.Bad != "" {
		c.refuse(m, 400)
		return
	}
	s := c.ep.find(m.To)
	switch {
	case s == nil:
		c.refuse(m, 481) // RFC 4975 §7.3: no such session
		return
	case s.conn != nil && s.conn != c:
		c.refuse(m, 506) // RFC 4975 §7.3: bound to another connection
		return
	case m.Method != "SEND" && m.Method != "REPORT" && !(m.Method == "NICKNAME" && s.cfg.Nicknames):
		c.refuse(m, 501) // RFC 4975 §7.3.1
		return
	}
	c.first = sim.Never
	if s.conn == nil { // RFC 4975 §5.4: the first request for a session binds it to the connection
		c.bind(s)
		c.emit(Output{Kind: OutBound, Session: s})
	}
	c.reading.session = s
	if m.Method != "SEND" || m.ContentType == "" {
		return
	}
	if !accepts(s.cfg.AcceptTypes, m.ContentType) {
		c.refuse(m, 415) // RFC 4975 §7.3.1
		return
	}
	if limit := s.cfg.MaxSize; limit > 0 && (m.Range.Total > limit || m.Range.Start-1 > limit) {
		c.refuse(m, 413)
		return
	}
	c.reading.pos = max(m.Range.Start-1, 0)
	if !s.wasDelivered(m.MessageID) {
		c.reading.in = s.incomingOf(m.MessageID)
		if m.Range.Total > 0 {
			c.reading.in.total = m.Range.Total
		}
	}
}

func (c *Conn) onBody(m *Message, b packet.Span) {
	if c.reading.in == nil {
		return
	}
	s := c.reading.session
	end := c.reading.pos + int64(b.Len)
	if limit := s.cfg.MaxSize; limit > 0 && end > limit {
		c.drop()
		c.refuse(m, 413) // at once: the sender may have much more of it
		return
	}
	c.reading.in.body.put(c.reading.pos, b, s.cfg.DiscardBody)
	c.reading.pos = end
	c.emit(Output{Kind: OutProgress, Session: s, ID: c.reading.in.id, Received: c.reading.in.body.have})
}

// drop forgets the message at hand.
func (c *Conn) drop() {
	for i, in := range c.reading.session.incoming {
		if in == c.reading.in {
			c.reading.session.incoming = slices.Delete(c.reading.session.incoming, i, i+1)
			break
		}
	}
	if len(c.reading.session.incoming) == 0 {
		c.reading.session.incoming = nil // an idle session keeps nothing
	}
	c.reading.in = nil
}

func (c *Conn) onEnd(m *Message, flag byte) {
	o := Output{Kind: OutReceived, Session: c.reading.session, Name: m.Method, ID: m.MessageID, Range: m.Range, Code: m.Code, Flag: flag}
	if !m.IsRequest() {
		o.Name = codeName(m.Code)
		c.emit(o)
		c.onResponse(m)
		return
	}
	c.emit(o)
	switch {
	case c.reading.refused != 0:
	case m.Method == "REPORT":
		// RFC 4975 §7.1.4: a REPORT is never answered.
		c.emit(Output{Kind: OutReport, Session: c.reading.session, ID: m.MessageID, Code: m.Status, Range: m.Range})
	case m.Method == "NICKNAME":
		c.emit(Output{Kind: OutNickname, Session: c.reading.session, Msg: m})
	default:
		c.onSend(m, flag)
	}
	c.reading.session, c.reading.in = nil, nil
}

func (c *Conn) onSend(m *Message, flag byte) {
	s := c.reading.session
	if flag == Aborted {
		if c.reading.in != nil {
			c.emit(Output{Kind: OutAborted, Session: s, ID: m.MessageID})
			c.drop()
		}
		c.answer(m, 200)
		return
	}
	c.answer(m, 200)
	if c.reading.in == nil {
		return // nothing in it (a binding SEND), or a duplicate of what was delivered
	}
	in := c.reading.in
	if flag == Complete { // RFC 4975 §7.3.1: the chunk with "$" fixes the total
		in.complete, in.total = true, c.reading.pos
	}
	if !in.complete || in.body.have < in.total {
		return
	}
	if s.wasDelivered(in.id) {
		c.drop() // by the session that follows this one, meanwhile
		return
	}
	o := Output{Kind: OutMessage, Session: s, ID: in.id, ContentType: m.ContentType, Received: in.total}
	if !s.cfg.DiscardBody {
		o.Payload = in.body.payload(in.total)
	}
	c.drop()
	s.delivered(m.MessageID)
	c.emit(o)
	if m.SuccessReport { // RFC 4975 §7.1.2: one report for all octets
		c.report(s, m.From, m.MessageID, ByteRange{1, in.total, in.total}, 200)
	}
}

// refuse answers a request with an error, as far as its sender wants to know.
func (c *Conn) refuse(m *Message, code int) {
	c.reading.refused = code
	if m.Method == "REPORT" || m.To == "" || m.From == "" {
		return
	}
	c.answer(m, code)
}

// answer responds to a request where Failure-Report allows it (RFC 4975 §7.2: yes both, partial errors, no nothing).
func (c *Conn) answer(m *Message, code int) {
	if m.FailureReport == FailureNo || m.FailureReport == FailurePartial && code == 200 {
		return
	}
	c.respond(c.reading.session, m, code)
}

func (s *Session) wasDelivered(id string) bool {
	return s.done != nil && slices.Contains(s.done.ids, id)
}

func (s *Session) delivered(id string) {
	id = strings.Clone(id) // the rest of the head goes
	if s.done == nil {
		s.done = &delivered{}
	}
	d := s.done
	if len(d.ids) < maxDone {
		d.ids = append(d.ids, id)
		return
	}
	d.ids[d.next] = id
	d.next = (d.next + 1) % maxDone
}

func (s *Session) incomingOf(id string) *incoming {
	for _, in := range s.incoming {
		if in.id == id {
			return in
		}
	}
	in := &incoming{id: id, total: Unknown}
	s.incoming = append(s.incoming, in)
	return in
}

// accepts reports whether a media type is among those of a=accept-types (RFC 4975 §8.6); parameters do not count.
func accepts(types []string, t string) bool {
	if types == nil {
		return true
	}
	t, _, _ = strings.Cut(t, ";")
	t = strings.TrimSpace(t)
	for _, a := range types {
		a, _, _ = strings.Cut(a, ";")
		if a == "*" || strings.EqualFold(a, t) {
			return true
		}
		if p, ok := strings.CutSuffix(a, "/*"); ok {
			if kind, _, _ := strings.Cut(t, "/"); strings.EqualFold(kind, p) {
				return true
			}
		}
	}
	return false
}
