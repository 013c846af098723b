package msrp

import (
	"strconv"
	"strings"
)

// parseStart reads a start line without its CRLF into m. Without a transaction id there is no end of the message to
// look for, so an error here means that the connection is beyond repair.
func parseStart(m *Message, line string) bool {
	rest, ok := strings.CutPrefix(line, "MSRP ")
	if !ok {
		return false
	}
	id, rest, ok := strings.Cut(rest, " ")
	if !ok || !transactionID(id) || rest == "" {
		return false
	}
	m.ID = id
	if c := rest[0]; c >= '0' && c <= '9' {
		code, comment, _ := strings.Cut(rest, " ")
		n, ok := digits3(code)
		m.Code, m.Comment = n, comment
		return ok && n >= 100
	}
	for i := range len(rest) {
		if rest[i] < 'A' || rest[i] > 'Z' {
			return false
		}
	}
	m.Method = rest
	return true
}

// startID returns the transaction id of a good start line.
func startID(line []byte) ([]byte, bool) {
	var m Message
	if !parseStart(&m, string(line)) { // no copy: m does not outlive this call
		return nil, false
	}
	at := len("MSRP ")
	return line[at : at+len(m.ID)], true
}

// RFC 4975 §9: ident = alphanum 3*31ident-char.
func transactionID(s string) bool {
	if len(s) < 4 || len(s) > 32 || !alnum(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; !alnum(c) && strings.IndexByte(".-+%=", c) < 0 {
			return false
		}
	}
	return true
}

func digits3(s string) (int, bool) {
	if len(s) != 3 {
		return 0, false
	}
	n := 0
	for i := range 3 {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// parseHeader reads header number n (from 0) of a message; what is wrong goes to m.Bad, the first finding stays.
func parseHeader(m *Message, line string, n int) {
	name, value, ok := strings.Cut(line, ":")
	if !ok || name == "" || !printable(name) || !headerText(value) {
		m.bad("malformed header")
		return
	}
	value = strings.Trim(value, " \t")
	switch {
	case strings.EqualFold(name, "To-Path"):
		if n != 0 || !path(value) {
			m.bad("To-Path must come first, with MSRP URIs")
			return // nobody to answer
		}
		m.To = value
	case strings.EqualFold(name, "From-Path"):
		if n != 1 || !path(value) {
			m.bad("From-Path must come second, with MSRP URIs")
			return
		}
		m.From = value
	case n < 2:
		m.bad("To-Path and From-Path must come first")
	case m.ContentType != "":
		// RFC 4975 §9: Content-Type is the last header.
		m.bad("header behind Content-Type")
	default:
		m.parseOther(name, value)
	}
}

func (m *Message) parseOther(name, value string) {
	switch {
	case strings.EqualFold(name, "Message-ID"):
		if !transactionID(value) {
			m.bad("Message-ID must be 4 to 32 characters")
		}
		m.MessageID = value
	case strings.EqualFold(name, "Byte-Range"):
		r, ok := ParseByteRange(value)
		if !ok {
			m.bad("Byte-Range must be start-end/total")
		}
		m.Range = r
	case strings.EqualFold(name, "Success-Report"):
		m.SuccessReport = strings.EqualFold(value, "yes")
		if !m.SuccessReport && !strings.EqualFold(value, "no") {
			m.bad("Success-Report must be yes or no")
		}
	case strings.EqualFold(name, "Failure-Report"):
		switch {
		case strings.EqualFold(value, "yes"):
			m.FailureReport = FailureYes
		case strings.EqualFold(value, "partial"):
			m.FailureReport = FailurePartial
		case strings.EqualFold(value, "no"):
			m.FailureReport = FailureNo
		default:
			m.bad("Failure-Report must be yes, partial or no")
		}
	case strings.EqualFold(name, "Status"):
		ns, rest, _ := strings.Cut(value, " ")
		code, comment, _ := strings.Cut(rest, " ")
		n, ok := digits3(code)
		if ns != "000" || !ok || n == 0 {
			m.bad("Status must be 000 and a code")
			return
		}
		m.Status, m.StatusComment = n, comment
	case strings.EqualFold(name, "Content-Type"):
		if value == "" {
			m.bad("empty Content-Type")
			return
		}
		m.ContentType = value
	default:
		m.Other = append(m.Other, Header{name, value})
	}
}

func (m *Message) bad(what string) {
	if m.Bad == "" {
		m.Bad = what
	}
}

// finish checks what only the whole head shows.
func (m *Message) finish(body bool) {
	switch {
	case m.To == "" || m.From == "":
		m.bad("To-Path and From-Path are mandatory")
	case body && m.ContentType == "":
		m.bad("body without Content-Type")
	case m.Method == "SEND" && m.MessageID == "":
		m.bad("SEND without Message-ID")
	case m.Method == "REPORT" && (m.MessageID == "" || m.Status == 0 || m.Range.Start == 0):
		m.bad("REPORT without Message-ID, Byte-Range or Status")
	}
}

func path(s string) bool {
	for s != "" {
		u, rest, more := strings.Cut(s, " ")
		if _, err := ParseURI(u); err != nil {
			return false
		}
		if more && rest == "" {
			return false
		}
		s = rest
		if !more {
			return true
		}
	}
	return false
}

// headerText reports whether s has no control character that could be mistaken for structure.
func headerText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// ParseByteRange parses the value of a Byte-Range header.
func ParseByteRange(s string) (r ByteRange, ok bool) {
	start, rest, ok1 := strings.Cut(s, "-")
	end, total, ok2 := strings.Cut(rest, "/")
	if !ok1 || !ok2 {
		return r, false
	}
	var oks [3]bool
	r.Start, oks[0] = count(start, false)
	r.End, oks[1] = count(end, true)
	r.Total, oks[2] = count(total, true)
	switch {
	case !oks[0] || !oks[1] || !oks[2] || r.Start < 1:
		return ByteRange{}, false
	case r.End != Unknown && r.End < r.Start-1: // 1-0/0 is an empty message
		return ByteRange{}, false
	case r.Total != Unknown && (r.End > r.Total || r.Start > r.Total+1):
		return ByteRange{}, false
	}
	return r, true
}

func count(s string, star bool) (int64, bool) {
	if star && s == "*" {
		return Unknown, true
	}
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n < 1<<62
}
