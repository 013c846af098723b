package sip

import (
	"strconv"
	"strings"
)

// CSeq is the value of CSeq (RFC 3261 §20.16).
type CSeq struct {
	Seq    uint32
	Method string
}

// ParseCSeq reads a CSeq value.
func ParseCSeq(s string) (CSeq, error) {
	n, method, ok := cutSpace(s)
	seq, numeric := decimal(n, 1<<32-1)
	if !ok || !numeric || !isToken(method) {
		return CSeq{}, wrong(0, "CSeq", s, "number below 2^32, space, method")
	}
	return CSeq{uint32(seq), known(method)}, nil
}

// String returns the value's text.
func (c CSeq) String() string { return strconv.FormatUint(uint64(c.Seq), 10) + " " + c.Method }

// CSeq returns the CSeq value.
func (m *Message) CSeq() (CSeq, error) { return ParseCSeq(m.Get(HCSeq)) }

// RAck is the value of RAck (RFC 3262 §7.2): which reliable provisional response a PRACK is for.
type RAck struct {
	RSeq, CSeq uint32
	Method     string
}

// ParseRAck reads a RAck value.
func ParseRAck(s string) (RAck, error) {
	a, rest, ok := cutSpace(s)
	b, method, ok2 := cutSpace(rest)
	r, n1 := decimal(a, 1<<32-1)
	c, n2 := decimal(b, 1<<32-1)
	if !ok || !ok2 || !n1 || !n2 || !isToken(method) {
		return RAck{}, wrong(0, "RAck", s, "RSeq number, CSeq number, method")
	}
	return RAck{uint32(r), uint32(c), method}, nil
}

// String returns the value's text.
func (r RAck) String() string {
	return strconv.FormatUint(uint64(r.RSeq), 10) + " " + strconv.FormatUint(uint64(r.CSeq), 10) + " " + r.Method
}

// RAck returns the RAck value.
func (m *Message) RAck() (RAck, error) { return ParseRAck(m.Get(HRAck)) }

// RSeq returns the RSeq number and whether there is a valid one, 1 to 2^31-1 at first (RFC 3262 §7.1).
func (m *Message) RSeq() (uint32, bool) {
	v, ok := decimal(m.Get(HRSeq), 1<<32-1)
	return uint32(v), ok && v > 0
}

func cutSpace(s string) (first, rest string, ok bool) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, "", false
	}
	return s[:i], trim(s[i:]), true
}

// CallID returns the Call-ID.
func (m *Message) CallID() string { return m.Get(HCallID) }

// number reads a field that is one number; ok is false when it is missing, err says that it is wrong.
func (m *Message) number(id HeaderID, limit uint64) (v uint64, ok bool, err error) {
	i := m.index(id)
	if i < 0 {
		return 0, false, nil
	}
	s := m.Fields[i].Value()
	if v, ok = decimal(s, limit); !ok {
		return 0, false, wrong(0, id.String(), s, "a number from 0 to "+strconv.FormatUint(limit, 10))
	}
	return v, true, nil
}

// ContentLength returns the Content-Length and whether there is one.
func (m *Message) ContentLength() (int, bool, error) {
	v, ok, err := m.number(HContentLength, MaxMessage)
	return int(v), ok, err
}

// MaxForwards returns Max-Forwards, 0 to 255, and whether there is one.
func (m *Message) MaxForwards() (int, bool, error) {
	v, ok, err := m.number(HMaxForwards, 255)
	return int(v), ok, err
}

// Expires returns the Expires seconds and whether there are any. RFC 3261 §20.19: a value that makes no sense counts as 3600.
func (m *Message) Expires() (uint32, bool) {
	v, ok, err := m.number(HExpires, 1<<32-1)
	if err != nil {
		return 3600, true
	}
	return uint32(v), ok
}

// RetryAfter returns the Retry-After seconds without comment and parameters, and whether there are any.
func (m *Message) RetryAfter() (uint32, bool) {
	s := m.Get(HRetryAfter)
	if i := strings.IndexAny(s, " (;"); i >= 0 {
		s = s[:i]
	}
	v, ok := decimal(s, 1<<32-1)
	return uint32(v), ok
}

// ContentType returns the media type in lower case without parameters, "" when there is none.
func (m *Message) ContentType() string {
	s, _, _ := strings.Cut(m.Get(HContentType), ";")
	return strings.ToLower(trim(s))
}

// Cause is one Reason value (RFC 3326): protocol and cause, e.g. SIP 487 or Q.850 16.
type Cause struct {
	Protocol string
	Code     int // 0: none
	Text     string
}

// ParseCause reads a Reason value.
func ParseCause(s string) Cause {
	p, rest, _ := strings.Cut(s, ";")
	c, _ := Params(rest).Get("cause")
	n, _ := decimal(c, 999)
	t, _ := Params(rest).Get("text")
	return Cause{trim(p), int(n), t}
}

// String returns the value's text.
func (c Cause) String() string {
	s := c.Protocol
	if c.Code != 0 {
		s += ";cause=" + strconv.Itoa(c.Code)
	}
	if c.Text != "" {
		s += ";text=" + quote(c.Text)
	}
	return s
}

// Warning is one Warning value (RFC 3261 §20.43).
type Warning struct {
	Code  int // three digits
	Agent string
	Text  string
}

// ParseWarning reads a Warning value.
func ParseWarning(s string) (Warning, error) {
	code, rest, ok := cutSpace(s)
	agent, text, ok2 := cutSpace(rest)
	n, numeric := decimal(code, 999)
	if !ok || !ok2 || !numeric || len(code) != 3 || len(text) < 2 || text[0] != '"' {
		return Warning{}, wrong(0, "Warning", s, `three digits, agent, "text"`)
	}
	return Warning{int(n), agent, unquote(text)}, nil
}

// String returns the value's text.
func (w Warning) String() string { return strconv.Itoa(w.Code) + " " + w.Agent + " " + quote(w.Text) }

// Validate checks what every transaction user relies on: the mandatory header fields, once each, and well formed
// (RFC 3261 §8.1.1, §8.2, §16.3). The error is fit for the reason phrase of a 400.
func (m *Message) Validate() error {
	var seen [numHeaders]bool
	for i := range m.Fields {
		id := m.Fields[i].ID
		if seen[id] && headers[id].single {
			return wrong(0, id.String(), "", "one header field only")
		}
		seen[id] = true
	}
	for _, id := range [...]HeaderID{HVia, HFrom, HTo, HCallID, HCSeq} {
		if !seen[id] {
			return wrong(0, "message", "", "a "+id.String()+" header field")
		}
	}
	if _, err := m.Via(); err != nil {
		return err
	}
	if _, err := m.From(); err != nil {
		return err
	}
	if _, err := m.To(); err != nil {
		return err
	}
	if m.CallID() == "" {
		return wrong(0, "Call-ID", "", "a value")
	}
	c, err := m.CSeq()
	if err != nil {
		return err
	}
	if m.IsRequest() && c.Method != m.Method {
		return wrong(0, "CSeq method", c.Method, "the request's method "+m.Method)
	}
	_, _, err = m.MaxForwards()
	return err
}
