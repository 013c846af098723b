package sip

import (
	"strconv"
	"strings"
	"unsafe" //tidy:reflect a string may share octets that never change
)

// Limits on what a peer may send.
const (
	MaxMessage = 64 << 10 // octets of a message, head and body
	MaxHeaders = 256      // header fields of a message
)

// ParseError says what was wrong with a peer's octets.
type ParseError struct {
	Line int    // from 1; 0 when it is not about one line
	What string // the field or part
	Got  string // what it was, shortened
	Want string // what would be right
}

// Error implements error.
func (e *ParseError) Error() string {
	s := "sip: "
	if e.Line > 0 {
		s += "line " + strconv.Itoa(e.Line) + ": "
	}
	s += e.What
	if e.Got != "" {
		s += " " + strconv.Quote(e.Got)
	}
	return s + ": want " + e.Want
}

func wrong(line int, what, got, want string) error {
	if len(got) > 60 {
		got = got[:60] + "…"
	}
	return &ParseError{Line: line, What: what, Got: got, Want: want}
}

// Parse reads one message that fills a datagram. b is copied once. Octets behind the body that Content-Length announces are
// dropped (RFC 3261 §18.3); line ends in front of the message too (§7.5). It checks the grammar of start line and
// header fields, not their values: see Validate.
func Parse(b []byte) (*Message, error) {
	if err := tooLong(b); err != nil {
		return nil, err
	}
	return parse(string(b))
}

// ParseShared is Parse for octets that never change any more: the message's strings are parts of b, nothing is copied.
func ParseShared(b []byte) (*Message, error) {
	if err := tooLong(b); err != nil {
		return nil, err
	}
	return parse(unsafe.String(unsafe.SliceData(b), len(b)))
}

func tooLong(b []byte) error {
	if len(b) <= MaxMessage {
		return nil
	}
	return wrong(0, "message of "+strconv.Itoa(len(b))+" octets", "", "at most "+strconv.Itoa(MaxMessage))
}

func parse(s string) (*Message, error) {
	for strings.HasPrefix(s, "\r\n") {
		s = s[2:]
	}
	end := strings.Index(s, "\r\n\r\n")
	if end < 0 {
		return nil, wrong(0, "head", "", "an empty line behind the header fields")
	}
	m := &Message{}
	if err := m.parseHead(s[:end+2]); err != nil {
		return nil, err
	}
	m.Body = s[end+4:]
	n, ok, err := m.ContentLength()
	if err != nil {
		return nil, err
	}
	if ok {
		// RFC 3261 §18.3: a datagram that ends before the body does is an error; octets behind the body are dropped.
		if n > len(m.Body) {
			return nil, wrong(0, "Content-Length", strconv.Itoa(n), "at most the "+strconv.Itoa(len(m.Body))+" octets that follow the head")
		}
		m.Body = m.Body[:n]
	}
	return m, nil
}

func (m *Message) parseHead(s string) error {
	line, s, err := cutLine(s, 1)
	if err != nil {
		return err
	}
	if err := m.parseStart(line); err != nil {
		return err
	}
	if n := strings.Count(s, "\n"); n <= MaxHeaders {
		m.Fields = make([]Header, 0, n+4) // room for what a hop adds
	}
	for n := 2; s != ""; n++ {
		text, at := s, n
		var folded bool
		line, s, err = cutLine(s, n)
		if err != nil {
			return err
		}
		// RFC 3261 §7.3.1: a line that begins with white space continues the one before.
		for s != "" && isSpace(s[0]) {
			n++
			if _, s, err = cutLine(s, n); err != nil {
				return err
			}
			folded = true
		}
		if folded {
			line = text[:len(text)-len(s)-2]
		}
		h, err := parseHeader(line, at)
		if err != nil {
			return err
		}
		if len(m.Fields) == MaxHeaders {
			return wrong(at, "header fields", "", "at most "+strconv.Itoa(MaxHeaders))
		}
		h.folded = folded
		m.Fields = append(m.Fields, h)
	}
	return nil
}

// cutLine takes one line off s, which ends in CRLF.
func cutLine(s string, n int) (line, rest string, err error) {
	i := strings.IndexByte(s, '\n')
	if i < 1 || s[i-1] != '\r' {
		return "", "", wrong(n, "line end", "", "CRLF")
	}
	line = s[:i-1]
	if strings.IndexByte(line, '\r') >= 0 {
		return "", "", wrong(n, "line", line, "no CR but in CRLF")
	}
	return line, s[i+1:], nil
}

func parseHeader(line string, n int) (Header, error) {
	colon := strings.IndexByte(line, ':')
	if colon < 0 {
		return Header{}, wrong(n, "header field", line, "name, colon, value")
	}
	name := colon
	for name > 0 && isSpace(line[name-1]) { // RFC 3261 §25.1 HCOLON: white space may stand before the colon
		name--
	}
	if !isToken(line[:name]) {
		return Header{}, wrong(n, "header name", line[:name], "a token")
	}
	v := colon + 1
	for v < len(line) && (isSpace(line[v]) || line[v] == '\r' || line[v] == '\n') {
		v++
	}
	return Header{ID: LookupHeader(line[:name]), name: uint16(name), value: uint16(v), line: line}, nil
}

const version = "SIP/2.0"

func (m *Message) parseStart(line string) error {
	// RFC 3261 §7.2: a status line begins with the version, case-insensitively.
	if len(line) >= len(version)+1 && equalFold(line[:4], "SIP/") {
		return m.parseStatus(line)
	}
	// RFC 3261 §7.1: exactly one SP between method, Request-URI and version.
	method, rest, ok := strings.Cut(line, " ")
	uri, v, ok2 := strings.Cut(rest, " ")
	if !ok || !ok2 || uri == "" || !isToken(method) || strings.IndexByte(v, ' ') >= 0 || strings.IndexByte(uri, '\t') >= 0 {
		return wrong(1, "start line", line, "METHOD URI SIP/2.0 or SIP/2.0 STATUS PHRASE")
	}
	if !equalFold(v, version) {
		return wrong(1, "version", v, version)
	}
	m.Method, m.URI = known(method), uri
	return nil
}

func (m *Message) parseStatus(line string) error {
	if !equalFold(line[:len(version)], version) || line[len(version)] != ' ' {
		return wrong(1, "version", line, version)
	}
	rest := line[len(version)+1:]
	code, phrase, ok := strings.Cut(rest, " ")
	status, numeric := decimal(code, 699)
	if !ok || len(code) != 3 || !numeric || status < 100 {
		return wrong(1, "status", rest, "three digits from 100 to 699, SP, reason phrase (may be empty)")
	}
	m.Status, m.Phrase = int(status), phrase
	return nil
}

// decimal reads an unsigned decimal number of at most limit.
func decimal(s string, limit uint64) (uint64, bool) {
	if s == "" {
		return 0, false
	}
	var v uint64
	for i := range len(s) {
		d := uint64(s[i] - '0')
		if d > 9 {
			return 0, false
		}
		if v = v*10 + d; v > limit {
			return 0, false
		}
	}
	return v, true
}

// tokenSet has the octets of a token (RFC 3261 §25.1).
var tokenSet = func() (t [256]bool) {
	for c := range 256 {
		t[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("-.!%*_+`'~", byte(c)) >= 0 && c != 0
	}
	return t
}()

func isToken(s string) bool {
	for i := range len(s) {
		if !tokenSet[s[i]] {
			return false
		}
	}
	return s != ""
}
