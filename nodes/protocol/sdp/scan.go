package sdp

import (
	"strconv"
	"strings"

	pion "github.com/pion/sdp/v3"
)

// scan reads the descriptions that our sessions consist of: v=, o=, s=, c=, t= 0 0, a=, and m-lines with c= and a=, in this
// order. It reports false, and what it has filled in means nothing, for all else, right or wrong: the codec decides then.
// What it takes, it understands as the codec does.
func scan(d *pion.SessionDescription, s string) bool {
	kind, v, s, ok := nextLine(s)
	if !ok || kind != 'v' || v != "0" {
		return false
	}
	if kind, v, s, ok = nextLine(s); !ok || kind != 'o' || !scanOrigin(&d.Origin, v) {
		return false
	}
	if kind, v, s, ok = nextLine(s); !ok || kind != 's' {
		return false
	}
	d.SessionName = pion.SessionName(v)
	if kind, v, s, ok = nextLine(s); ok && kind == 'c' {
		if d.ConnectionInformation, ok = scanConnection(v); !ok {
			return false
		}
		kind, v, s, ok = nextLine(s)
	}
	if !ok || kind != 't' || v != "0 0" {
		return false
	}
	d.TimeDescriptions = []pion.TimeDescription{{}}
	var m *pion.MediaDescription // nil in front of the first m-line
	for s != "" {
		if kind, v, s, ok = nextLine(s); !ok {
			return false
		}
		switch {
		case kind == 'a' && m == nil:
			d.Attributes = append(d.Attributes, attributeOf(v))
		case kind == 'a':
			if m.Attributes == nil {
				m.Attributes = make([]pion.Attribute, 0, 8)
			}
			m.Attributes = append(m.Attributes, attributeOf(v))
		case kind == 'c' && m != nil && m.ConnectionInformation == nil && m.Attributes == nil:
			if m.ConnectionInformation, ok = scanConnection(v); !ok {
				return false
			}
		case kind == 'm':
			m = &pion.MediaDescription{}
			if !scanMedia(&m.MediaName, v) {
				return false
			}
			d.MediaDescriptions = append(d.MediaDescriptions, m)
		default:
			return false
		}
	}
	return true
}

// nextLine takes one line off s. Lines that the codec might see otherwise than as type, "=" and value are refused.
func nextLine(s string) (kind byte, value, rest string, ok bool) {
	i := strings.IndexByte(s, '\n')
	if i < 2 || s[1] != '=' {
		return 0, "", "", false
	}
	kind, value, rest = s[0], s[2:i], s[i+1:]
	value = strings.TrimSuffix(value, "\r")
	return kind, value, rest, value != "" && strings.IndexByte(value, '\r') < 0
}

// fields splits v into exactly as many fields as there are in f, single spaces between them.
func fields(v string, f []string) bool {
	for i := range f {
		var more bool
		f[i], v, more = strings.Cut(v, " ")
		if f[i] == "" || strings.IndexByte(f[i], '\t') >= 0 || more != (i < len(f)-1) {
			return false
		}
	}
	return true
}

func scanOrigin(o *pion.Origin, v string) bool {
	var f [6]string
	if !fields(v, f[:]) || f[3] != "IN" || f[4] != "IP4" && f[4] != "IP6" {
		return false
	}
	var err1, err2 error
	o.Username, o.NetworkType, o.AddressType, o.UnicastAddress = f[0], f[3], f[4], f[5]
	o.SessionID, err1 = strconv.ParseUint(f[1], 10, 64)
	o.SessionVersion, err2 = strconv.ParseUint(f[2], 10, 64)
	return err1 == nil && err2 == nil
}

func scanConnection(v string) (*pion.ConnectionInformation, bool) {
	var f [3]string
	if !fields(v, f[:]) || f[0] != "IN" || f[1] != "IP4" && f[1] != "IP6" || strings.IndexByte(f[2], '/') >= 0 {
		return nil, false
	}
	return &pion.ConnectionInformation{NetworkType: f[0], AddressType: f[1], Address: &pion.Address{Address: f[2]}}, true
}

// scanMedia reads an m-line of one format.
func scanMedia(m *pion.MediaName, v string) bool {
	var f [4]string
	if !fields(v, f[:]) || f[0] != "message" && f[0] != "application" {
		return false
	}
	port, err := strconv.ParseUint(f[1], 10, 16)
	proto, ok := stacks[f[2]]
	m.Media, m.Port.Value, m.Protos, m.Formats = f[0], int(port), proto.parts(), []string{f[3]}
	return ok && err == nil
}

func attributeOf(v string) pion.Attribute {
	if i := strings.IndexByte(v, ':'); i > 0 {
		return pion.Attribute{Key: v[:i], Value: v[i+1:]}
	}
	return pion.Attribute{Key: v}
}
