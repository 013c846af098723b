package sip

import (
	"slices"
	"strconv"
)

// The methods that IMS sessions use.
const (
	INVITE    = "INVITE"
	ACK       = "ACK"
	BYE       = "BYE"
	CANCEL    = "CANCEL"
	REGISTER  = "REGISTER"
	OPTIONS   = "OPTIONS"
	PRACK     = "PRACK"
	UPDATE    = "UPDATE"
	SUBSCRIBE = "SUBSCRIBE"
	NOTIFY    = "NOTIFY"
	MESSAGE   = "MESSAGE"
	INFO      = "INFO"
	REFER     = "REFER"
	PUBLISH   = "PUBLISH"
)

// Message is a request (Status 0) or a response. Header fields keep their order and spelling; strings share the received text.
type Message struct {
	Method string // requests
	URI    string // requests: Request-URI as written
	Status int    // responses: 100 to 699; 0 says that this is a request
	Phrase string // responses: reason phrase
	Fields []Header
	Body   string // use SetBody, so that Content-Length follows
}

// NewRequest makes a request with Max-Forwards: 70 (RFC 3261 §8.1.1.6) and room for headers.
func NewRequest(method, uri string) *Message {
	m := &Message{Method: method, URI: uri, Fields: make([]Header, 0, 16)}
	m.Add(HMaxForwards, "70")
	return m
}

// NewResponse makes the response to a request. tag completes a To without one, except in a 100; phrase "" takes the usual one.
// Record-Route is copied into responses that may set up a dialog.
func NewResponse(request *Message, status int, phrase, tag string) *Message {
	if phrase == "" {
		phrase = Phrase(status)
	}
	m := &Message{Status: status, Phrase: phrase, Fields: make([]Header, 0, len(request.Fields)+4)}
	// RFC 3261 §8.2.6.2: From, Call-ID, CSeq, Via in order and To equal those of the request. §12.1.1: Record-Route in those that set up a dialog.
	dialog := status > 100 && status < 300 && (request.Method == INVITE || request.Method == SUBSCRIBE || request.Method == REFER)
	for _, h := range request.Fields {
		switch h.ID {
		case HVia, HFrom, HCallID, HCSeq:
			m.Fields = append(m.Fields, h)
		case HRecordRoute:
			if dialog {
				m.Fields = append(m.Fields, h)
			}
		case HTimestamp: // RFC 3261 §8.2.6.1
			if status == 100 {
				m.Fields = append(m.Fields, h)
			}
		case HTo:
			if status > 100 && tag != "" && Tag(h.Value()) == "" {
				h = h.with(h.Value() + ";tag=" + tag)
			}
			m.Fields = append(m.Fields, h)
		}
	}
	return m
}

// Phrase returns the usual reason phrase of a status.
func Phrase(status int) string {
	if p, ok := phrases[status]; ok {
		return p
	}
	return [...]string{"", "Provisional", "OK", "Redirection", "Client Error", "Server Error", "Global Failure"}[min(max(status/100, 0), 6)]
}

var phrases = map[int]string{
	100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 183: "Session Progress", 200: "OK", 202: "Accepted",
	302: "Moved Temporarily", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	407: "Proxy Authentication Required", 408: "Request Timeout", 415: "Unsupported Media Type", 420: "Bad Extension",
	421: "Extension Required", 422: "Session Interval Too Small", 423: "Interval Too Brief", 480: "Temporarily Unavailable",
	481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops", 486: "Busy Here", 487: "Request Terminated",
	488: "Not Acceptable Here", 491: "Request Pending", 494: "Security Agreement Required", 500: "Server Internal Error",
	501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Server Time-out", 513: "Message Too Large",
	580: "Precondition Failure", 603: "Decline", 606: "Not Acceptable",
}

// known returns a usual method as a constant, so that what keeps the method does not keep the text of its message.
func known(method string) string {
	for _, m := range [...]string{INVITE, ACK, BYE, PRACK, CANCEL, REGISTER, OPTIONS, UPDATE, SUBSCRIBE, NOTIFY, MESSAGE, INFO, REFER, PUBLISH} {
		if m == method {
			return m
		}
	}
	return method
}

// IsRequest reports whether m is a request.
func (m *Message) IsRequest() bool { return m.Status == 0 }

// Clone returns a copy whose header list can be changed without changing m's. The text is shared.
func (m *Message) Clone() *Message {
	c := *m
	c.Fields = make([]Header, len(m.Fields), len(m.Fields)+4)
	copy(c.Fields, m.Fields)
	return &c
}

// Len returns the number of octets that Append adds.
func (m *Message) Len() int {
	n := len("SIP/2.0") + 2 + 2 + 2 + len(m.Body)
	if m.IsRequest() {
		n += len(m.Method) + len(m.URI)
	} else {
		n += 3 + len(m.Phrase)
	}
	for i := range m.Fields {
		n += m.Fields[i].size() + 2
	}
	return n
}

// Append adds the message's octets to b. Header fields that came from Parse are reproduced exactly.
func (m *Message) Append(b []byte) []byte {
	b = slices.Grow(b, m.Len())
	if m.IsRequest() {
		b = append(b, m.Method...)
		b = append(b, ' ')
		b = append(b, m.URI...)
		b = append(b, " SIP/2.0\r\n"...)
	} else {
		b = append(b, "SIP/2.0 "...)
		b = strconv.AppendInt(b, int64(m.Status), 10)
		b = append(b, ' ')
		b = append(b, m.Phrase...)
		b = append(b, "\r\n"...)
	}
	for i := range m.Fields {
		b = append(m.Fields[i].append(b), "\r\n"...)
	}
	b = append(b, "\r\n"...)
	return append(b, m.Body...)
}

// String returns the message as text.
func (m *Message) String() string { return string(m.Append(nil)) }

// index returns the position of the first field of the name, -1 when there is none.
func (m *Message) index(id HeaderID) int {
	for i := range m.Fields {
		if m.Fields[i].ID == id {
			return i
		}
	}
	return -1
}

// Has reports whether there is a field of the name.
func (m *Message) Has(id HeaderID) bool { return m.index(id) >= 0 }

// Get returns the value of the first field of the name, "" when there is none.
func (m *Message) Get(id HeaderID) string {
	if i := m.index(id); i >= 0 {
		return m.Fields[i].Value()
	}
	return ""
}

// GetNamed returns the value of the first field with the name as written, in any case, "" when there is none.
func (m *Message) GetNamed(name string) string {
	for i := range m.Fields {
		if equalFold(m.Fields[i].Name(), name) {
			return m.Fields[i].Value()
		}
	}
	return ""
}

// Add puts a field behind the others, but for a Content-Length.
func (m *Message) Add(id HeaderID, value string) { m.add(NewHeader(id, value)) }

// add puts a header last, but in front of a Content-Length that is last, where people look for it.
func (m *Message) add(h Header) {
	m.Fields = append(m.Fields, h)
	if n := len(m.Fields); n > 1 && m.Fields[n-2].ID == HContentLength {
		m.Fields[n-2], m.Fields[n-1] = m.Fields[n-1], m.Fields[n-2]
	}
}

// AddNamed puts a field of any name behind the others.
func (m *Message) AddNamed(name, value string) {
	m.add(NewNamedHeader(name, value))
}

// Prepend puts a field in front of the first of its name, or in front of all others when there is none: where a proxy puts
// Via and Record-Route.
func (m *Message) Prepend(id HeaderID, value string) {
	m.Fields = slices.Insert(m.Fields, max(m.index(id), 0), NewHeader(id, value))
}

// Set gives the first field of the name another value and removes the others; it adds the field when there is none.
func (m *Message) Set(id HeaderID, value string) {
	i := m.index(id)
	if i < 0 {
		m.Add(id, value)
		return
	}
	m.Fields[i] = m.Fields[i].with(value)
	m.Fields = append(m.Fields[:i+1], slices.DeleteFunc(m.Fields[i+1:], func(h Header) bool { return h.ID == id })...)
}

// Remove takes out every field of the name and reports whether there was one.
func (m *Message) Remove(id HeaderID) bool {
	n := len(m.Fields)
	m.Fields = slices.DeleteFunc(m.Fields, func(h Header) bool { return h.ID == id })
	return len(m.Fields) < n
}

// Copy adds every field of the name that from has, as written there.
func (m *Message) Copy(from *Message, ids ...HeaderID) {
	for _, id := range ids {
		for _, h := range from.Fields {
			if h.ID == id {
				m.Fields = append(m.Fields, h)
			}
		}
	}
}

// SetBody sets body, Content-Type and Content-Length. An empty body has no Content-Type.
func (m *Message) SetBody(contentType, body string) {
	m.Body = body
	if body == "" {
		m.Remove(HContentType)
	} else {
		m.Set(HContentType, contentType)
	}
	m.Set(HContentLength, strconv.Itoa(len(body)))
}
