package sip

import "strings"

// Params is the text of parameters as it stands behind a value: ";branch=z9hG4bK1;rport". It is searched, not parsed: headers
// have few parameters and most are never looked at.
type Params string

// next cuts off the first parameter.
func (p Params) next() (name, value string, rest Params, ok bool) {
	s := string(p)
	for s != "" && (isSpace(s[0]) || s[0] == ';') {
		s = s[1:]
	}
	if s == "" {
		return "", "", "", false
	}
	end, equals, quoted := len(s), -1, false
scan:
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '=' && equals < 0:
			equals = i
		case c == ';':
			end = i
			break scan
		}
	}
	rest = Params(s[end:])
	s = s[:end]
	if equals < 0 {
		return trim(s), "", rest, true
	}
	return trim(s[:equals]), trim(s[equals+1:]), rest, true
}

// Get returns a parameter's value with quotes removed, and whether it is there. Names are compared in any case.
func (p Params) Get(name string) (string, bool) {
	for {
		n, v, rest, ok := p.next()
		if !ok {
			return "", false
		}
		if equalFold(n, name) {
			return unquote(v), true
		}
		p = rest
	}
}

// Has reports whether a parameter is there.
func (p Params) Has(name string) bool { _, ok := p.Get(name); return ok }

// Without returns the parameters without one.
func (p Params) Without(name string) Params {
	if !p.Has(name) {
		return p
	}
	var b strings.Builder
	for {
		n, v, rest, ok := p.next()
		if !ok {
			return Params(b.String())
		}
		if !equalFold(n, name) {
			b.WriteString(";" + n)
			if v != "" {
				b.WriteString("=" + v)
			}
		}
		p = rest
	}
}

// With returns the parameters with one set; it moves to the end when it was there. value "" makes it a flag.
func (p Params) With(name, value string) Params {
	q := p.Without(name) + ";" + Params(name)
	if value != "" {
		q += "=" + Params(value)
	}
	return q
}

// unquote removes the quotes around a quoted-string and the backslashes in it.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}

func quote(s string) string {
	if strings.ContainsAny(s, `"\`) {
		s = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
	}
	return `"` + s + `"`
}
