package msrp

import "strconv"

// Message is the head of a request or response: everything but the body and the end-line.
type Message struct {
	ID      string // transaction id
	Method  string // SEND, REPORT, …; "" in a response
	Code    int    // of a response, 3 digits
	Comment string // of a response, "" for none

	To, From      string // paths: URIs separated by a space
	MessageID     string
	Range         ByteRange
	SuccessReport bool
	FailureReport FailureReport
	Status        int    // REPORT: code behind the namespace 000; 0 for none
	StatusComment string // REPORT
	ContentType   string // "" for no body
	Other         []Header

	// Bad says what makes the message unparsable, though its frame is sound: an endpoint answers 400. "" for a good one.
	Bad string
}

// Header is a header field that the package does not interpret.
type Header struct{ Name, Value string }

// IsRequest reports whether m is a request.
func (m *Message) IsRequest() bool { return m.Method != "" }

// ByteRange is the value of a Byte-Range header (RFC 4975 §7.1.1): octets counted from 1, Unknown for "*".
// The zero value is an absent header; an empty message has 1-0/0.
type ByteRange struct{ Start, End, Total int64 }

// Unknown stands for "*" in a ByteRange.
const Unknown int64 = -1

// FailureReport is the value of a Failure-Report header (RFC 4975 §7.1.2).
type FailureReport uint8

// Failure-Report values.
const (
	FailureYes     FailureReport = iota // the default; never written out
	FailurePartial                      // error responses only
	FailureNo                           // no response at all
)

// End-line flags (RFC 4975 §7.1).
const (
	Complete byte = '$'
	More     byte = '+'
	Aborted  byte = '#'
)

const dashes = "-------"

// AppendHead appends the start line and the headers of m, and the blank line when a body follows.
func AppendHead(dst []byte, m *Message) []byte {
	dst = append(append(dst, "MSRP "...), m.ID...)
	dst = append(dst, ' ')
	if m.IsRequest() {
		dst = append(dst, m.Method...)
	} else {
		dst = strconv.AppendInt(dst, int64(m.Code), 10)
		if m.Comment != "" {
			dst = append(append(dst, ' '), m.Comment...)
		}
	}
	dst = append(append(dst, "\r\nTo-Path: "...), m.To...)
	dst = append(append(dst, "\r\nFrom-Path: "...), m.From...)
	if m.MessageID != "" {
		dst = append(append(dst, "\r\nMessage-ID: "...), m.MessageID...)
	}
	if m.Range != (ByteRange{}) {
		dst = m.Range.append(append(dst, "\r\nByte-Range: "...))
	}
	if m.SuccessReport {
		dst = append(dst, "\r\nSuccess-Report: yes"...)
	}
	switch m.FailureReport {
	case FailurePartial:
		dst = append(dst, "\r\nFailure-Report: partial"...)
	case FailureNo:
		dst = append(dst, "\r\nFailure-Report: no"...)
	}
	if m.Status != 0 {
		dst = append(dst, "\r\nStatus: 000 "...)
		dst = append(dst, byte('0'+m.Status/100%10), byte('0'+m.Status/10%10), byte('0'+m.Status%10))
		if m.StatusComment != "" {
			dst = append(append(dst, ' '), m.StatusComment...)
		}
	}
	for _, h := range m.Other {
		dst = append(append(append(append(dst, "\r\n"...), h.Name...), ": "...), h.Value...)
	}
	if m.ContentType != "" { // RFC 4975 §9: Content-Type is the last header, a blank line follows
		dst = append(append(dst, "\r\nContent-Type: "...), m.ContentType...)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "\r\n"...)
}

// AppendEnd appends the end-line of transaction id; after a body, the CRLF that closes the body comes first.
func AppendEnd(dst []byte, id string, body bool, flag byte) []byte {
	if body {
		dst = append(dst, "\r\n"...)
	}
	dst = append(append(append(dst, dashes...), id...), flag)
	return append(dst, "\r\n"...)
}

func (r ByteRange) append(dst []byte) []byte {
	dst = append(appendCount(dst, r.Start), '-')
	dst = append(appendCount(dst, r.End), '/')
	return appendCount(dst, r.Total)
}

func appendCount(dst []byte, n int64) []byte {
	if n == Unknown {
		return append(dst, '*')
	}
	return strconv.AppendInt(dst, n, 10)
}

func (r ByteRange) String() string { return string(r.append(nil)) }

// Reason returns the comment that goes with a status code (RFC 4975 §10; 404, 424, 425, 428: RFC 7701), or "".
func Reason(code int) string {
	switch code {
	case 200:
		return "OK"
	case 400:
		return "Bad Request"
	case 403:
		return "Forbidden"
	case 404:
		return "Not Found"
	case 408:
		return "Timeout"
	case 413:
		return "Stop Sending"
	case 415:
		return "Unsupported Media Type"
	case 423:
		return "Out Of Bounds"
	case 424:
		return "Malformed Nickname"
	case 425:
		return "Nickname In Use"
	case 428:
		return "No Private Messages"
	case 481:
		return "No Such Session"
	case 501:
		return "Unknown Method"
	case 506:
		return "Session In Use"
	}
	return ""
}
