package msrp

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// URI is an MSRP URI (RFC 4975 §6). Host keeps its spelling without brackets; Addr is its value when it is numeric.
type URI struct {
	Secure    bool // msrps
	User      string
	Host      string
	Addr      netip.Addr // invalid for a name
	Port      uint16     // 0: absent
	Session   string     // session-id without the slash; "" when absent
	Transport string     // "tcp"
	Params    string     // further parameters with their leading semicolons
}

var errURI = errors.New("not an MSRP URI (want msrp[s]://host[:port][/session-id];tcp)")

// ParseURI parses s. Host, ids and parameters of the result are substrings of s.
func ParseURI(s string) (URI, error) {
	var u URI
	scheme, rest, ok := strings.Cut(s, "://")
	switch {
	case !ok:
		return u, errURI
	case strings.EqualFold(scheme, "msrps"):
		u.Secure = true
	case !strings.EqualFold(scheme, "msrp"):
		return u, errURI
	}
	// RFC 4975 §9: authority, optional session-id, then ";" transport. The session-id holds no ";".
	authority, tail, ok := strings.Cut(rest, ";")
	if !ok || tail == "" {
		return u, errURI
	}
	if i := strings.IndexByte(tail, ';'); i >= 0 {
		u.Transport, u.Params = tail[:i], tail[i:]
	} else {
		u.Transport = tail
	}
	if i := strings.IndexByte(authority, '/'); i >= 0 {
		authority, u.Session = authority[:i], authority[i+1:]
		if u.Session == "" || !sessionChars(u.Session) {
			return u, errURI
		}
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		u.User, authority = authority[:i], authority[i+1:]
	}
	if !token(u.Transport) || !printable(u.User) || !printable(u.Params) || !u.parseHost(authority) {
		return u, errURI
	}
	return u, nil
}

func (u *URI) parseHost(s string) bool {
	port := ""
	if strings.HasPrefix(s, "[") {
		i := strings.IndexByte(s, ']')
		if i < 0 {
			return false
		}
		u.Host, port = s[1:i], s[i+1:]
		a, err := netip.ParseAddr(u.Host)
		if err != nil || !a.Is6() || a.Zone() != "" {
			return false
		}
		u.Addr = a
	} else {
		u.Host = s
		if i := strings.IndexByte(s, ':'); i >= 0 {
			u.Host, port = s[:i], s[i:]
		}
		if u.Host == "" || !hostChars(u.Host) {
			return false
		}
		if c := u.Host[len(u.Host)-1]; c >= '0' && c <= '9' {
			if a, err := netip.ParseAddr(u.Host); err == nil {
				u.Addr = a
			}
		}
	}
	if port == "" {
		return true
	}
	if port[0] != ':' || len(port) < 2 || port[1] == '+' {
		return false
	}
	n, err := strconv.ParseUint(port[1:], 10, 16)
	u.Port = uint16(n)
	return err == nil && n > 0
}

// Append appends the URI's text to dst.
func (u URI) Append(dst []byte) []byte {
	dst = append(dst, "msrp"...)
	if u.Secure {
		dst = append(dst, 's')
	}
	dst = append(dst, "://"...)
	if u.User != "" {
		dst = append(append(dst, u.User...), '@')
	}
	if strings.IndexByte(u.Host, ':') >= 0 {
		dst = append(append(append(dst, '['), u.Host...), ']')
	} else {
		dst = append(dst, u.Host...)
	}
	if u.Port != 0 {
		dst = strconv.AppendUint(append(dst, ':'), uint64(u.Port), 10)
	}
	if u.Session != "" {
		dst = append(append(dst, '/'), u.Session...)
	}
	dst = append(append(dst, ';'), u.Transport...)
	return append(dst, u.Params...)
}

func (u URI) String() string { return string(u.Append(nil)) }

// HostPort returns the authority's numeric address and port, for the comparison with c=/m= (RFC 6714 §4); ok is false
// for a name or when the port is absent.
func (u URI) HostPort() (ap netip.AddrPort, ok bool) {
	return netip.AddrPortFrom(u.Addr.Unmap(), u.Port), u.Addr.IsValid() && u.Port != 0
}

// Equal compares u and v as RFC 4975 §6.1 says: scheme, host and transport without regard to case, addresses by
// value, port and session-id exactly, absent unlike present; user and parameters do not count.
func (u URI) Equal(v URI) bool { return u.Secure == v.Secure && u.EqualButScheme(v) }

// EqualButScheme is Equal without the scheme: across a gateway that ends TLS one side says msrps and the other msrp [I].
func (u URI) EqualButScheme(v URI) bool {
	if u.Port != v.Port || u.Session != v.Session || !strings.EqualFold(u.Transport, v.Transport) {
		return false
	}
	if u.Addr.IsValid() || v.Addr.IsValid() {
		return u.Addr.Unmap() == v.Addr.Unmap()
	}
	return strings.EqualFold(u.Host, v.Host)
}

// First returns the leftmost URI of a path: the next hop (RFC 4975 §5.1).
func First(path string) string {
	s, _, _ := strings.Cut(path, " ")
	return s
}

// Last returns the rightmost URI of a path: the endpoint.
func Last(path string) string { return path[strings.LastIndexByte(path, ' ')+1:] }

// Hops returns how many URIs a path has.
func Hops(path string) int {
	if path == "" {
		return 0
	}
	return strings.Count(path, " ") + 1
}

// RFC 4975 §9: session-id = 1*( unreserved / "+" / "=" / "/" ).
func sessionChars(s string) bool {
	for i := range len(s) {
		if c := s[i]; !alnum(c) && strings.IndexByte("-._~+=/", c) < 0 {
			return false
		}
	}
	return true
}

func hostChars(s string) bool {
	for i := range len(s) {
		if c := s[i]; !alnum(c) && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func token(s string) bool {
	for i := range len(s) {
		if c := s[i]; !alnum(c) && c != '-' && c != '.' {
			return false
		}
	}
	return s != ""
}

// printable reports whether s has nothing that would end a URI or a header.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
