package sip

import (
	"strconv"
	"strings"
)

// URI is a sip, sips or tel URI, or of another scheme with all behind the colon in User. Parts are as written.
type URI struct {
	Scheme  string // lower case
	User    string // "" when there is none; tel: the number; with ":password" if written
	Host    string // IPv6 with its brackets
	Port    uint16 // 0: none
	Params  Params // ";transport=tcp;lr"
	Headers string // behind "?", without it
}

// ParseURI reads a URI.
func ParseURI(s string) (URI, error) {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || !isToken(scheme) || rest == "" {
		return URI{}, wrong(0, "URI", s, "scheme:…")
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == '<' || s[i] == '>' || s[i] == '"' || s[i] == 0x7f {
			return URI{}, wrong(0, "URI", s, "no space, control, quote or angle bracket in it")
		}
	}
	u := URI{Scheme: strings.ToLower(scheme)}
	switch u.Scheme {
	case "sip", "sips":
		err := u.parseSIP(rest, s)
		return u, err
	case "tel": // RFC 3966
		if i := strings.IndexByte(rest, ';'); i >= 0 {
			rest, u.Params = rest[:i], Params(rest[i:])
		}
		if rest == "" {
			return URI{}, wrong(0, "URI", s, "a number behind tel:")
		}
	}
	u.User = rest
	return u, nil
}

func (u *URI) parseSIP(rest, whole string) error {
	// The user part may hold ";" and "?"; the first "@" ends it, and none may follow but in headers (RFC 3261 §25.1).
	if i := strings.IndexByte(rest, '@'); i >= 0 {
		if i == 0 {
			return wrong(0, "URI", whole, "a user in front of @")
		}
		u.User, rest = rest[:i], rest[i+1:]
	}
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		rest, u.Headers = rest[:i], rest[i+1:]
	}
	if i := strings.IndexByte(rest, ';'); i >= 0 {
		rest, u.Params = rest[:i], Params(rest[i:])
	}
	var err error
	u.Host, u.Port, err = parseHostPort(rest, whole)
	return err
}

// parseHostPort reads host[:port] where white space may stand around the colon.
func parseHostPort(s, whole string) (host string, port uint16, err error) {
	s = trim(s)
	end := strings.IndexByte(s, ':')
	if strings.HasPrefix(s, "[") {
		close := strings.IndexByte(s, ']')
		if close < 0 {
			return "", 0, wrong(0, "host", whole, "] behind an IPv6 address")
		}
		for _, c := range []byte(s[1:close]) {
			if c != ':' && c != '.' && !(c >= '0' && c <= '9') && !(c|0x20 >= 'a' && c|0x20 <= 'f') {
				return "", 0, wrong(0, "host", whole, "an IPv6 address in the brackets")
			}
		}
		end = close + 1
	}
	host = s
	if end >= 0 && end < len(s) {
		host = trim(s[:end])
		p := trim(s[end:])
		if p[0] != ':' {
			return "", 0, wrong(0, "host", whole, "host or host:port")
		}
		v, ok := decimal(trim(p[1:]), 65535)
		if !ok || v == 0 {
			return "", 0, wrong(0, "port", whole, "1 to 65535 behind the colon")
		}
		port = uint16(v)
	}
	if host == "" || host[0] != '[' && !isToken(host) {
		return "", 0, wrong(0, "host", whole, "a name or an address")
	}
	return host, port, nil
}

// Append adds the URI's text to b.
func (u URI) Append(b []byte) []byte {
	b = append(append(b, u.Scheme...), ':')
	b = append(b, u.User...)
	if u.Host != "" {
		if u.User != "" {
			b = append(b, '@')
		}
		b = append(b, u.Host...)
	}
	if u.Port != 0 {
		b = strconv.AppendUint(append(b, ':'), uint64(u.Port), 10)
	}
	b = append(b, u.Params...)
	if u.Headers != "" {
		b = append(append(b, '?'), u.Headers...)
	}
	return b
}

// String returns the URI's text.
func (u URI) String() string { return string(u.Append(nil)) }

// Equal compares as RFC 3261 §19.1.4 says: user with case, the rest without; user, ttl, method, maddr and transport must be
// in both or in neither, other parameters count only when both have them; headers must be the same.
func (u URI) Equal(v URI) bool {
	if u.Scheme != v.Scheme || unescape(u.User) != unescape(v.User) || !equalFold(u.Host, v.Host) || u.Port != v.Port || u.Headers != v.Headers {
		return false
	}
	for _, name := range [...]string{"user", "ttl", "method", "maddr", "transport"} {
		if u.Params.Has(name) != v.Params.Has(name) {
			return false
		}
	}
	for p := u.Params; ; {
		name, value, rest, ok := p.next()
		if !ok {
			return true
		}
		if other, has := v.Params.Get(name); has && !equalFold(unescape(unquote(value)), unescape(other)) {
			return false
		}
		p = rest
	}
}

func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(v))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}
