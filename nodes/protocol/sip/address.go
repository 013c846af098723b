package sip

import (
	"strconv"
	"strings"
)

// Address is the value of From, To, Contact, Route, P-Asserted-Identity and their like: a URI with an optional display name
// and the header's parameters.
type Address struct {
	Display string // quotes removed
	URI     string // as written, without angle brackets; "*" in a Contact that removes all bindings
	Params  Params // of the header field
}

// splitAddress finds the URI and the parameters of an address without judging them.
func splitAddress(s string) (display, uri string, params Params, ok bool) {
	s = trim(s)
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == '<' && !quoted:
			end := strings.IndexByte(s[i:], '>')
			if end < 0 {
				return "", "", "", false
			}
			end += i
			return unquote(trim(s[:i])), trim(s[i+1 : end]), Params(trim(s[end+1:])), true
		}
	}
	if quoted || s == "" || s[0] == '"' {
		return "", "", "", false
	}
	// RFC 3261 §20.10: without angle brackets, parameters belong to the header field, not to the URI.
	if i := strings.IndexByte(s, ';'); i >= 0 {
		return "", trim(s[:i]), Params(s[i:]), true
	}
	return "", s, "", true
}

// ParseAddress reads an address. The URI's own grammar is left to ParseURI.
func ParseAddress(s string) (Address, error) {
	d, u, p, ok := splitAddress(s)
	if !ok || u == "" || strings.ContainsAny(u, " <>\t") || p != "" && p[0] != ';' {
		return Address{}, wrong(0, "address", s, `"name" <URI>;params or URI;params`)
	}
	return Address{Display: d, URI: u, Params: p}, nil
}

// String returns the address with angle brackets.
func (a Address) String() string {
	s := "<" + a.URI + ">" + string(a.Params)
	if a.URI == "*" {
		s = "*"
	}
	if a.Display != "" {
		s = quote(a.Display) + " " + s
	}
	return s
}

// Tag returns the tag parameter of a From or To value, "" when there is none.
func Tag(value string) string {
	_, _, p, _ := splitAddress(value)
	t, _ := p.Get("tag")
	return t
}

// AddressURI returns the URI of an address value as written, "" when there is none.
func AddressURI(value string) string {
	_, u, _, _ := splitAddress(value)
	return u
}

// From returns the From address.
func (m *Message) From() (Address, error) { return ParseAddress(m.Get(HFrom)) }

// To returns the To address.
func (m *Message) To() (Address, error) { return ParseAddress(m.Get(HTo)) }

// FromTag returns From's tag, "" when there is none.
func (m *Message) FromTag() string { return Tag(m.Get(HFrom)) }

// ToTag returns To's tag, "" when there is none.
func (m *Message) ToTag() string { return Tag(m.Get(HTo)) }

// Contact returns the first Contact.
func (m *Message) Contact() (Address, error) { return ParseAddress(m.First(HContact)) }

// Via is one Via value (RFC 3261 §20.42).
type Via struct {
	Transport string // "UDP", "TCP", "TLS", as written
	Host      string // sent-by; IPv6 with its brackets
	Port      uint16 // sent-by; 0: none
	Params    Params
}

// ParseVia reads one Via value. White space may stand around the slashes and the colon.
func ParseVia(s string) (Via, error) {
	name, rest, ok := strings.Cut(s, "/")
	ver, rest, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 || !equalFold(trim(name), "SIP") || trim(ver) != "2.0" {
		return Via{}, wrong(0, "Via", s, "SIP/2.0/TRANSPORT sent-by;params")
	}
	rest = trim(rest)
	var v Via
	if i := strings.IndexByte(rest, ';'); i >= 0 {
		rest, v.Params = rest[:i], Params(rest[i:])
	}
	i := strings.IndexAny(rest, " \t")
	if i < 0 {
		return Via{}, wrong(0, "Via", s, "a space between transport and sent-by")
	}
	v.Transport = rest[:i]
	if !isToken(v.Transport) {
		return Via{}, wrong(0, "Via transport", v.Transport, "a token")
	}
	var err error
	v.Host, v.Port, err = parseHostPort(rest[i:], s)
	return v, err
}

// Append adds the value's text to b.
func (v Via) Append(b []byte) []byte {
	b = append(append(append(b, "SIP/2.0/"...), v.Transport...), ' ')
	return append(v.appendSentBy(b), v.Params...)
}

// String returns the value's text.
func (v Via) String() string { return string(v.Append(nil)) }

// SentBy returns host or host:port.
func (v Via) SentBy() string {
	if v.Port == 0 {
		return v.Host
	}
	return string(v.appendSentBy(nil))
}

func (v Via) appendSentBy(b []byte) []byte {
	b = append(b, v.Host...)
	if v.Port == 0 {
		return b
	}
	return strconv.AppendUint(append(b, ':'), uint64(v.Port), 10)
}

// Branch returns the branch parameter, "" when there is none.
func (v Via) Branch() string { b, _ := v.Params.Get("branch"); return b }

// Received returns the received parameter, "" when there is none.
func (v Via) Received() string { r, _ := v.Params.Get("received"); return r }

// RPort returns the rport parameter and whether it is there; 0 is one without a value (RFC 3581 §3).
func (v Via) RPort() (port uint16, there bool) {
	r, ok := v.Params.Get("rport")
	n, _ := decimal(r, 65535)
	return uint16(n), ok
}

// Via returns the topmost Via.
func (m *Message) Via() (Via, error) { return ParseVia(m.First(HVia)) }
