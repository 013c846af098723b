package sip

import (
	"strconv"
	"strings"
)

// Mechanism is one entry of Security-Client, Security-Server or Security-Verify (RFC 3329 §2.2).
type Mechanism struct {
	Name   string // "ipsec-3gpp", "tls", "msrp-tls"…
	Params Params
}

// ParseMechanism reads one entry.
func ParseMechanism(s string) (Mechanism, error) {
	name, params := s, Params("")
	if i := strings.IndexByte(s, ';'); i >= 0 {
		name, params = trim(s[:i]), Params(s[i:])
	}
	if !isToken(name) {
		return Mechanism{}, wrong(0, "security mechanism", s, "token;params")
	}
	return Mechanism{name, params}, nil
}

// String returns the entry's text.
func (x Mechanism) String() string { return x.Name + string(x.Params) }

// Media reports whether the entry stands for protection of the media plane (TS 24.229 §7.2A.7, parameter mediasec). Such
// entries take no part in choosing the signalling mechanism, and q means nothing on them.
func (x Mechanism) Media() bool { return x.Params.Has("mediasec") }

// Preference returns q in thousandths, 0 to 1000 (RFC 3329 §2.2). An entry without a valid q counts as the least wanted, 1 thousandth [I].
func (x Mechanism) Preference() int {
	q, _ := x.Params.Get("q")
	whole, frac, _ := strings.Cut(q, ".")
	w, ok := decimal(whole, 1)
	if !ok || len(frac) > 3 {
		return 1
	}
	f, ok := decimal((frac + "000")[:3], 999)
	if !ok || w*1000+f > 1000 {
		return 1
	}
	return int(w*1000 + f)
}

// Mechanisms returns the entries of a Security header in order, over all its lines, with the first error.
func (m *Message) Mechanisms(id HeaderID) (list []Mechanism, err error) {
	for v := range m.Values(id) {
		x, e := ParseMechanism(v)
		if e != nil {
			if err == nil {
				err = e
			}
			continue
		}
		list = append(list, x)
	}
	return list, err
}

// SplitMechanisms separates the signalling mechanisms from those of the media plane; both keep their order.
func SplitMechanisms(list []Mechanism) (signalling, media []Mechanism) {
	for _, x := range list {
		if x.Media() {
			media = append(media, x)
		} else {
			signalling = append(signalling, x)
		}
	}
	return signalling, media
}

// ChooseMechanism returns the signalling mechanism with the highest q that the client knows; the first of equals,
// which the RFC forbids (RFC 3329 §2.3.1).
func ChooseMechanism(server []Mechanism, knows ...string) (best Mechanism, ok bool) {
	for _, x := range server {
		if x.Media() || ok && x.Preference() <= best.Preference() {
			continue
		}
		for _, k := range knows {
			if equalFold(k, x.Name) {
				best, ok = x, true
				break
			}
		}
	}
	return best, ok
}

// SameMechanisms reports whether Security-Verify mirrors the list that the server sent: the same entries with the same
// parameters in the same order (RFC 3329 §2.3.1), signalling and media mechanisms each for themselves.
func SameMechanisms(sent, verified []Mechanism) bool {
	s1, m1 := SplitMechanisms(sent)
	s2, m2 := SplitMechanisms(verified)
	return sameList(s1, s2) && sameList(m1, m2)
}

func sameList(a, b []Mechanism) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !equalFold(a[i].Name, b[i].Name) {
			return false
		}
		p, q := a[i].Params, b[i].Params
		for {
			n1, v1, r1, ok1 := p.next()
			n2, v2, r2, ok2 := q.next()
			if ok1 != ok2 || !equalFold(n1, n2) || !equalFold(unquote(v1), unquote(v2)) {
				return false
			}
			if !ok1 {
				break
			}
			p, q = r1, r2
		}
	}
	return true
}

// MediaMechanisms makes the entries that announce media plane security (TS 24.229 cl. 7.2A.7): each name with mediasec. Such
// entries take no part in the choice of a signalling mechanism.
func MediaMechanisms(names []string) []Mechanism {
	list := make([]Mechanism, len(names))
	for i, name := range names {
		list[i] = Mechanism{Name: name, Params: ";mediasec"}
	}
	return list
}

// FormatMechanisms joins entries to one header value.
func FormatMechanisms(list []Mechanism) string {
	var b strings.Builder
	for i, x := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(x.Name)
		b.WriteString(string(x.Params))
	}
	return b.String()
}

// IPsecParams makes the parameters of an ipsec-3gpp entry (TS 33.203 annex H) from 64 random bits: an algorithm, two SPIs that
// are not reserved (RFC 4303 §2.1: below 256) and the two protected ports.
func IPsecParams(random uint64) string {
	spi := func(n uint64) string { return strconv.FormatUint(256+n%(1<<32-256), 10) }
	port := 49152 + random>>60*2
	return ";alg=hmac-sha-1-96;ealg=null;spi-c=" + spi(random&0xffffffff) + ";spi-s=" + spi(random>>28&0xffffffff) +
		";port-c=" + strconv.FormatUint(port, 10) + ";port-s=" + strconv.FormatUint(port+1, 10)
}
