package msrp

import (
	"slices"
	"strings"

	"imsim/netem/packet"
	"imsim/sim"
)

// incoming is a message of which some chunks have come.
type incoming struct {
	id       string
	body     assembly
	total    int64 // Unknown until a Byte-Range or the last chunk says
	complete bool  // the chunk with "$" has been seen
}

func (c *Conn) onHead(m *Message) {
	c.session, c.in, c.refused, c.pos = nil, nil, 0, 0
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
	c.session = s
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
	c.pos = max(m.Range.Start-1, 0)
	if !s.wasDelivered(m.MessageID) {
		c.in = s.incomingOf(m.MessageID)
		if m.Range.Total > 0 {
			c.in.total = m.Range.Total
		}
	}
}

func (c *Conn) onBody(m *Message, b packet.Span) {
	if c.in == nil {
		return
	}
	s := c.session
	end := c.pos + int64(b.Len)
	if limit := s.cfg.MaxSize; limit > 0 && end > limit {
		c.drop()
		c.refuse(m, 413) // at once: the sender may have much more of it
		return
	}
	c.in.body.put(c.pos, b, s.cfg.DiscardBody)
	c.pos = end
	c.emit(Output{Kind: OutProgress, Session: s, ID: c.in.id, Received: c.in.body.have})
}

// drop forgets the message at hand.
func (c *Conn) drop() {
	for i, in := range c.session.incoming {
		if in == c.in {
			c.session.incoming = slices.Delete(c.session.incoming, i, i+1)
			break
		}
	}
	if len(c.session.incoming) == 0 {
		c.session.incoming = nil // an idle session keeps nothing
	}
	c.in = nil
}

func (c *Conn) onEnd(m *Message, flag byte) {
	o := Output{Kind: OutReceived, Session: c.session, Name: m.Method, ID: m.MessageID, Range: m.Range, Code: m.Code, Flag: flag}
	if !m.IsRequest() {
		o.Name = codeName(m.Code)
		c.emit(o)
		c.onResponse(m)
		return
	}
	c.emit(o)
	switch {
	case c.refused != 0:
	case m.Method == "REPORT":
		// RFC 4975 §7.1.4: a REPORT is never answered.
		c.emit(Output{Kind: OutReport, Session: c.session, ID: m.MessageID, Code: m.Status, Range: m.Range})
	case m.Method == "NICKNAME":
		c.emit(Output{Kind: OutNickname, Session: c.session, Msg: m})
	default:
		c.onSend(m, flag)
	}
	c.session, c.in = nil, nil
}

func (c *Conn) onSend(m *Message, flag byte) {
	s := c.session
	if flag == Aborted {
		if c.in != nil {
			c.emit(Output{Kind: OutAborted, Session: s, ID: m.MessageID})
			c.drop()
		}
		c.answer(m, 200)
		return
	}
	c.answer(m, 200)
	if c.in == nil {
		return // nothing in it (a binding SEND), or a duplicate of what was delivered
	}
	in := c.in
	if flag == Complete { // RFC 4975 §7.3.1: the chunk with "$" fixes the total
		in.complete, in.total = true, c.pos
	}
	if !in.complete || in.body.have < in.total {
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
	c.refused = code
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
	c.respond(c.session, m, code)
}

func (s *Session) wasDelivered(id string) bool {
	for _, d := range s.done {
		if d == id {
			return true
		}
	}
	return false
}

func (s *Session) delivered(id string) {
	id = strings.Clone(id) // the rest of the head goes
	if len(s.done) < maxDone {
		s.done = append(s.done, id)
		return
	}
	s.done[s.doneNext] = id
	s.doneNext = (s.doneNext + 1) % maxDone
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
