package sip

// HeaderID names a header field that this package knows; HOther stands for all others.
type HeaderID uint8

// The header fields known by name. Those with no accessor of their own are passed through like any other.
const (
	HOther HeaderID = iota
	HVia
	HFrom
	HTo
	HCallID
	HCSeq
	HContact
	HMaxForwards
	HRoute
	HRecordRoute
	HPath
	HServiceRoute
	HRAck
	HRSeq
	HRequire
	HProxyRequire
	HSupported
	HUnsupported
	HAllow
	HAccept
	HExpires
	HMinExpires
	HContentType
	HContentLength
	HContentDisposition
	HContentEncoding
	HWWWAuthenticate
	HAuthorization
	HProxyAuthenticate
	HProxyAuthorization
	HAuthenticationInfo
	HSecurityClient
	HSecurityServer
	HSecurityVerify
	HReason
	HWarning
	HRetryAfter
	HPAssertedIdentity
	HPPreferredIdentity
	HPAssociatedURI
	HPAccessNetworkInfo
	HPChargingVector
	HPEarlyMedia
	HPrivacy
	HSessionExpires
	HMinSE
	HEvent
	HAllowEvents
	HSubscriptionState
	HReferTo
	HReferredBy
	HSubject
	HTimestamp
	HUserAgent
	HServer
	HAcceptContact
	HFlowTimer
	numHeaders
)

type headerInfo struct {
	name    string
	compact byte // RFC 3261 §7.3.3 and later registrations; 0: none
	list    bool // values may be joined by commas (RFC 3261 §7.3.1)
	single  bool // may appear once only
}

var headers = [numHeaders]headerInfo{
	HVia:                {name: "Via", compact: 'v', list: true},
	HFrom:               {name: "From", compact: 'f', single: true},
	HTo:                 {name: "To", compact: 't', single: true},
	HCallID:             {name: "Call-ID", compact: 'i', single: true},
	HCSeq:               {name: "CSeq", single: true},
	HContact:            {name: "Contact", compact: 'm', list: true},
	HMaxForwards:        {name: "Max-Forwards", single: true},
	HRoute:              {name: "Route", list: true},
	HRecordRoute:        {name: "Record-Route", list: true},
	HPath:               {name: "Path", list: true},
	HServiceRoute:       {name: "Service-Route", list: true},
	HRAck:               {name: "RAck", single: true},
	HRSeq:               {name: "RSeq", single: true},
	HRequire:            {name: "Require", list: true},
	HProxyRequire:       {name: "Proxy-Require", list: true},
	HSupported:          {name: "Supported", compact: 'k', list: true},
	HUnsupported:        {name: "Unsupported", list: true},
	HAllow:              {name: "Allow", list: true},
	HAccept:             {name: "Accept", list: true},
	HExpires:            {name: "Expires", single: true},
	HMinExpires:         {name: "Min-Expires", single: true},
	HContentType:        {name: "Content-Type", compact: 'c', single: true},
	HContentLength:      {name: "Content-Length", compact: 'l', single: true},
	HContentDisposition: {name: "Content-Disposition", single: true},
	HContentEncoding:    {name: "Content-Encoding", compact: 'e', list: true},
	HWWWAuthenticate:    {name: "WWW-Authenticate"},
	HAuthorization:      {name: "Authorization"},
	HProxyAuthenticate:  {name: "Proxy-Authenticate"},
	HProxyAuthorization: {name: "Proxy-Authorization"},
	HAuthenticationInfo: {name: "Authentication-Info"},
	HSecurityClient:     {name: "Security-Client", list: true},
	HSecurityServer:     {name: "Security-Server", list: true},
	HSecurityVerify:     {name: "Security-Verify", list: true},
	HReason:             {name: "Reason", list: true},
	HWarning:            {name: "Warning", list: true},
	HRetryAfter:         {name: "Retry-After", single: true},
	HPAssertedIdentity:  {name: "P-Asserted-Identity", list: true},
	HPPreferredIdentity: {name: "P-Preferred-Identity", list: true},
	HPAssociatedURI:     {name: "P-Associated-URI", list: true},
	HPAccessNetworkInfo: {name: "P-Access-Network-Info", list: true},
	HPChargingVector:    {name: "P-Charging-Vector"},
	HPEarlyMedia:        {name: "P-Early-Media", list: true},
	HPrivacy:            {name: "Privacy"},
	HSessionExpires:     {name: "Session-Expires", compact: 'x', single: true},
	HMinSE:              {name: "Min-SE", single: true},
	HEvent:              {name: "Event", compact: 'o', single: true},
	HAllowEvents:        {name: "Allow-Events", compact: 'u', list: true},
	HSubscriptionState:  {name: "Subscription-State", single: true},
	HReferTo:            {name: "Refer-To", compact: 'r', single: true},
	HReferredBy:         {name: "Referred-By", compact: 'b', single: true},
	HSubject:            {name: "Subject", compact: 's', single: true},
	HTimestamp:          {name: "Timestamp", single: true},
	HUserAgent:          {name: "User-Agent", single: true},
	HServer:             {name: "Server", single: true},
	HAcceptContact:      {name: "Accept-Contact", compact: 'a', list: true},
	HFlowTimer:          {name: "Flow-Timer", single: true},
}

// String returns the header's full name, "" for HOther.
func (id HeaderID) String() string { return headers[id].name }

const longestName = 24

// byLength lists the known names of each length, so that a look-up compares two or three names at most in the usual case.
var byLength = func() (t [longestName + 1][]HeaderID) {
	for id := HVia; id < numHeaders; id++ {
		n := len(headers[id].name)
		t[n] = append(t[n], id)
	}
	return t
}()

// byLetter holds the compact names.
var byLetter = func() (t [256]HeaderID) {
	for id := HVia; id < numHeaders; id++ {
		if c := headers[id].compact; c != 0 {
			t[c], t[c-'a'+'A'] = id, id
		}
	}
	return t
}()

// LookupHeader returns the id of a header name, long or compact, in any case (RFC 3261 §7.3.1); HOther when it is not known.
func LookupHeader(name string) HeaderID {
	if len(name) == 1 {
		return byLetter[name[0]]
	}
	if len(name) > longestName {
		return HOther
	}
	for _, id := range byLength[len(name)] {
		if equalFold(headers[id].name, name) {
			return id
		}
	}
	return HOther
}

// equalFold compares ASCII text without regard to case.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z') {
			return false
		}
	}
	return true
}

// Header is one header field as it stands in the message: the line, or lines if folded, without the final CRLF. One that
// we write ourselves is kept as its value alone, so that making it costs nothing.
type Header struct {
	ID     HeaderID
	folded bool
	bare   bool   // line is the value; in front of it belong the usual name, colon and space
	name   uint16 // length of the name
	value  uint16 // where the value begins
	line   string
}

// NewHeader makes a header field of a known name. value must be one line.
func NewHeader(id HeaderID, value string) Header { return Header{ID: id, bare: true, line: value} }

// NewNamedHeader makes a header field of any name, which is kept as written. value must be one line.
func NewNamedHeader(name, value string) Header {
	return Header{ID: LookupHeader(name), name: uint16(len(name)), value: uint16(len(name) + 2), line: name + ": " + value}
}

// Name returns the name as written.
func (h Header) Name() string {
	if h.bare {
		return headers[h.ID].name
	}
	return h.line[:h.name]
}

// Line returns the field as it stands in the message, without the final CRLF.
func (h Header) Line() string { return string(h.append(nil)) }

// size returns the number of octets that append adds.
func (h *Header) size() int {
	if h.bare {
		return len(headers[h.ID].name) + len(separator) + len(h.line)
	}
	return len(h.line)
}

const separator = ": "

// append adds the field's text to b, without the final CRLF.
func (h *Header) append(b []byte) []byte {
	if h.bare {
		b = append(append(b, headers[h.ID].name...), separator...)
	}
	return append(b, h.line...)
}

// Value returns the value with the white space around it removed and folding undone (RFC 3261 §7.3.1).
func (h Header) Value() string {
	v := h.line[h.value:]
	if h.folded {
		return unfold(v)
	}
	return trim(v)
}

// with returns h with another value behind the name and colon as written.
func (h Header) with(value string) Header {
	if h.bare {
		return NewHeader(h.ID, value)
	}
	prefix := h.line[:h.value]
	if h.folded { // the fold may lie in front of the value
		prefix = h.line[:h.name] + separator
	}
	if name := headers[h.ID].name; name != "" && prefix[:h.name] == name && prefix[h.name:] == separator {
		return NewHeader(h.ID, value)
	}
	return Header{ID: h.ID, name: h.name, value: uint16(len(prefix)), line: prefix + value}
}

func unfold(v string) string {
	b := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		if c := v[i]; c != '\r' && c != '\n' {
			b = append(b, c)
			continue
		}
		for len(b) > 0 && isSpace(b[len(b)-1]) {
			b = b[:len(b)-1]
		}
		for i+1 < len(v) && (isSpace(v[i+1]) || v[i+1] == '\n' || v[i+1] == '\r') {
			i++
		}
		b = append(b, ' ')
	}
	return trim(string(b))
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

func trim(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}
