package sdp

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Fragment is the SDP inside an H.248 Local or Remote descriptor: v=, c=, m= and a= lines only, where "$" lets the
// gateway choose (H.248.1 §7.1.8). One fragment describes one stream.
type Fragment struct {
	Addr       netip.Addr // invalid: "$" when there is a c= line
	Family     Family     // of c=; NoFamily: no c= line
	Media      string     // "message", …; "": no m= line
	Port       uint16     // 0: rejected, unless AnyPort
	AnyPort    bool       // "$"
	Proto      Proto
	Format     string // "*", or "-" for a gateway that need not know the media
	Attributes []Attribute
}

// Attribute is an a= line; a flag has no value.
type Attribute struct{ Key, Value string }

// Family is the address family of a c= line.
type Family uint8

// Address families.
const (
	NoFamily Family = iota
	IP4
	IP6
)

// FamilyOf returns the family of an address.
func FamilyOf(a netip.Addr) Family {
	switch {
	case !a.IsValid():
		return NoFamily
	case a.Is4():
		return IP4
	}
	return IP6
}

// FragmentError says which line of a fragment is wrong.
type FragmentError struct {
	Line int // from 1
	What string
}

func (e *FragmentError) Error() string {
	return "sdp: H.248 fragment line " + strconv.Itoa(e.Line) + ": " + e.What
}

// ParseFragment parses a descriptor's text, without its braces. Empty lines are skipped, lines end in CRLF or LF.
// The result's strings are parts of s.
func ParseFragment(s string) (f Fragment, err error) {
	for n := 1; s != ""; n++ {
		var line string
		line, s, _ = strings.Cut(s, "\n")
		line = strings.TrimSuffix(line, "\r")
		if strings.Trim(line, " \t") == "" {
			continue
		}
		if len(line) < 2 || line[1] != '=' {
			return f, &FragmentError{n, "want one of v=, c=, m=, a="}
		}
		if what := f.parseLine(line[0], line[2:]); what != "" {
			return f, &FragmentError{n, what}
		}
	}
	return f, nil
}

func (f *Fragment) parseLine(kind byte, v string) (wrong string) {
	if strings.IndexByte(v, '\r') >= 0 || strings.IndexByte(v, 0) >= 0 {
		return "control character"
	}
	switch kind {
	case 'v':
		if v != "0" {
			return "v= must be 0"
		}
	case 'c':
		return f.parseConnection(v)
	case 'm':
		return f.parseMedia(v)
	case 'a':
		key, value, colon := strings.Cut(v, ":")
		if key == "" || colon && value == "" {
			return "a= needs a name, and a value behind a colon"
		}
		f.Attributes = append(f.Attributes, Attribute{key, value})
	default:
		return "want one of v=, c=, m=, a="
	}
	return ""
}

func (f *Fragment) parseConnection(v string) (wrong string) {
	if f.Family != NoFamily {
		return "second c= line"
	}
	rest, ok := strings.CutPrefix(v, "IN IP")
	if !ok || len(rest) < 3 || rest[1] != ' ' {
		return "c= must be IN IP4 or IN IP6 and an address or $"
	}
	switch rest[0] {
	case '4':
		f.Family = IP4
	case '6':
		f.Family = IP6
	default:
		return "c= must be IN IP4 or IN IP6 and an address or $"
	}
	if rest[2:] == "$" {
		return ""
	}
	a, err := netip.ParseAddr(rest[2:])
	if err != nil || a.Zone() != "" || FamilyOf(a) != f.Family {
		return "c= has no address of its family"
	}
	f.Addr = a
	return ""
}

func (f *Fragment) parseMedia(v string) (wrong string) {
	if f.Media != "" {
		return "second m= line"
	}
	media, v, ok1 := strings.Cut(v, " ")
	port, v, ok2 := strings.Cut(v, " ")
	proto, format, ok3 := strings.Cut(v, " ")
	if !ok1 || !ok2 || !ok3 || media == "" || proto == "" || format == "" {
		return "m= must be media, port, protocol and format"
	}
	if port == "$" {
		f.AnyPort = true
	} else {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || port[0] == '+' {
			return "m= has no port from 0 to 65535, nor $"
		}
		f.Port = uint16(n)
	}
	f.Media, f.Proto, f.Format = media, ParseProto(proto), format
	return ""
}

// Append appends the fragment's text, lines ended by LF. Braces in it are not escaped: that is the H.248 encoder's.
func (f *Fragment) Append(dst []byte) []byte {
	n := 96 + len(f.Media) + len(f.Format) // of v=, c= and m=
	for i := range f.Attributes {
		n += len("a=:\n") + len(f.Attributes[i].Key) + len(f.Attributes[i].Value)
	}
	dst = slices.Grow(dst, n)
	dst = append(dst, "v=0\n"...)
	if f.Family != NoFamily {
		dst = append(dst, "c=IN IP4 "...)
		if f.Family == IP6 {
			dst[len(dst)-2] = '6'
		}
		if f.Addr.IsValid() {
			dst = f.Addr.AppendTo(dst)
		} else {
			dst = append(dst, '$')
		}
		dst = append(dst, '\n')
	}
	if f.Media != "" {
		dst = append(append(append(dst, "m="...), f.Media...), ' ')
		if f.AnyPort {
			dst = append(dst, '$')
		} else {
			dst = strconv.AppendUint(dst, uint64(f.Port), 10)
		}
		dst = f.Proto.Append(append(dst, ' '))
		dst = append(append(append(dst, ' '), f.Format...), '\n')
	}
	for _, a := range f.Attributes {
		dst = append(append(dst, "a="...), a.Key...)
		if a.Value != "" {
			dst = append(append(dst, ':'), a.Value...)
		}
		dst = append(dst, '\n')
	}
	return dst
}

func (f *Fragment) String() string { return string(f.Append(nil)) }

// Attr returns the first value of an attribute.
func (f *Fragment) Attr(key string) (string, bool) {
	for _, a := range f.Attributes {
		if a.Key == key {
			return a.Value, true
		}
	}
	return "", false
}

// Set gives an attribute one value, in the place of its first line or at the end.
func (f *Fragment) Set(key, value string) {
	for i := range f.Attributes {
		if f.Attributes[i].Key == key {
			f.Attributes[i].Value = value
			rest := f.Attributes[i+1:]
			f.Attributes = append(f.Attributes[:i+1], without(rest, key)...)
			return
		}
	}
	f.Add(key, value)
}

// Add appends an attribute line.
func (f *Fragment) Add(key, value string) { f.Attributes = append(f.Attributes, Attribute{key, value}) }

// Remove drops all lines of an attribute.
func (f *Fragment) Remove(key string) { f.Attributes = without(f.Attributes, key) }

func without(as []Attribute, key string) []Attribute {
	keep := as[:0]
	for _, a := range as {
		if a.Key != key {
			keep = append(keep, a)
		}
	}
	return keep
}

// Setup returns a=setup: in Local the gateway's own role. NoSetup asks for relay.
func (f *Fragment) Setup() Setup {
	v, ok := f.Attr(AttrSetup)
	if !ok {
		return NoSetup
	}
	return ParseSetup(v)
}

// Address returns the transport address; ok is false while any of it is missing or for the gateway to choose.
func (f *Fragment) Address() (ap netip.AddrPort, ok bool) {
	return netip.AddrPortFrom(f.Addr, f.Port), f.Addr.IsValid() && f.Media != "" && !f.AnyPort
}

// SetAddress writes c= and the port of m=.
func (f *Fragment) SetAddress(ap netip.AddrPort) {
	f.Addr, f.Family = ap.Addr(), FamilyOf(ap.Addr())
	f.Port, f.AnyPort = ap.Port(), false
}

// Fingerprints returns the concrete fingerprints, and in choose the hash that the gateway is asked to fill in
// (a=fingerprint:SHA-256 $), "" for none.
func (f *Fragment) Fingerprints() (fs []Fingerprint, choose string) {
	for _, a := range f.Attributes {
		if a.Key != AttrFingerprint {
			continue
		}
		p, ok := ParseFingerprint(a.Value)
		switch {
		case !ok:
		case p.Value == "$":
			choose = p.Hash
		default:
			fs = append(fs, p)
		}
	}
	return fs, choose
}

// Underspecified reports whether anything is left for the gateway to choose.
func (f *Fragment) Underspecified() bool {
	_, choose := f.Fingerprints()
	return f.AnyPort || f.Family != NoFamily && !f.Addr.IsValid() || choose != ""
}

// Fragment returns the H.248 form of an m-line: its address and stack and the attributes named, in their order.
func (l Line) Fragment(keys ...string) Fragment {
	f := Fragment{Media: l.Media(), Port: l.Port(), Proto: l.Proto(), Format: strings.Join(l.m.MediaName.Formats, " ")}
	if ap, ok := l.Address(); ok {
		f.SetAddress(ap)
	}
	for _, a := range l.m.Attributes {
		for _, k := range keys {
			if a.Key == k {
				f.Add(a.Key, a.Value)
			}
		}
	}
	return f
}
