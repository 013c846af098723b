package tamper

import (
	"strconv"
	"strings"

	"imsim/nodes/protocol/sip"
)

// verdict is what a rule has done to a message.
type verdict uint8

const (
	untouched verdict = iota
	changed
	dropped
)

// concerns reports whether the rule is about the message.
func (r *Rule) concerns(m *sip.Message) bool {
	status, method, ok := r.about()
	if !ok || status != m.Status {
		return false
	}
	if m.IsRequest() {
		return method == m.Method
	}
	seq, err := m.CSeq()
	return method == "" || err == nil && seq.Method == method
}

// apply does to m what the rule says. m's header list is changed in place.
func (r *Rule) apply(m *sip.Message) verdict {
	switch {
	case !r.concerns(m):
		return untouched
	case r.Do == "drop":
		return dropped
	case r.Header != "":
		return r.header(m)
	default:
		return r.lines(m)
	}
}

// edit changes one value or line; keep is false for one that goes.
func (r *Rule) edit(v string) (to string, keep, hit bool) {
	if !strings.Contains(v, r.Match) {
		return v, true, false
	}
	switch {
	case r.Do == "remove":
		return "", false, true
	case r.Match == "":
		return r.With, true, r.With != v
	default:
		to = strings.ReplaceAll(v, r.Match, r.With)
		return to, true, to != v
	}
}

func (r *Rule) header(m *sip.Message) verdict {
	id := sip.LookupHeader(r.Header)
	if r.Do == "add" {
		if id == sip.HOther {
			m.AddNamed(r.Header, r.With)
		} else {
			m.Add(id, r.With)
		}
		return changed
	}
	if id == sip.HOther {
		return r.unknown(m)
	}
	var kept []string
	touched := false
	for v := range m.Values(id) {
		to, keep, hit := r.edit(v)
		touched = touched || hit
		if keep {
			kept = append(kept, to)
		}
	}
	switch {
	case !touched:
		return untouched
	case len(kept) == 0:
		m.Remove(id)
	default:
		m.Set(id, strings.Join(kept, ", "))
	}
	return changed
}

// unknown changes fields of a name that the SIP package does not know.
func (r *Rule) unknown(m *sip.Message) (v verdict) {
	fields := m.Fields[:0]
	for _, h := range m.Fields {
		if h.ID != sip.HOther || !strings.EqualFold(h.Name(), r.Header) {
			fields = append(fields, h)
			continue
		}
		to, keep, hit := r.edit(h.Value())
		if hit {
			v, h = changed, sip.NewNamedHeader(h.Name(), to)
		}
		if keep {
			fields = append(fields, h)
		}
	}
	m.Fields = fields
	return v
}

// lines changes the body, whose lines end in CRLF.
func (r *Rule) lines(m *sip.Message) verdict {
	if m.Body == "" {
		return untouched
	}
	var b strings.Builder
	touched := false
	for line := range strings.Lines(m.Body) {
		text := strings.TrimRight(line, "\r\n")
		if r.Do == "add" || !strings.HasPrefix(text, r.Line) {
			b.WriteString(line)
			continue
		}
		to, keep, hit := r.edit(text)
		touched = touched || hit
		if keep {
			b.WriteString(to)
			b.WriteString(line[len(text):])
		}
	}
	if r.Do == "add" {
		b.WriteString(r.Line + r.With + "\r\n")
		touched = true
	}
	if !touched {
		return untouched
	}
	m.Body = b.String()
	m.Set(sip.HContentLength, strconv.Itoa(len(m.Body)))
	return changed
}
