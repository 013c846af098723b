package sip

import (
	"iter"
	"slices"
)

// element cuts the first value off a comma list: commas in quotes and angle brackets do not count (RFC 3261 §7.3.1, §25.1).
// Empty elements are returned as "".
func element(s string) (first, rest string, more bool) {
	quoted, angle := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == ',' && !angle:
			return trim(s[:i]), s[i+1:], true
		}
	}
	return trim(s), "", false
}

// Elements walks the values of a comma list. Empty ones are passed over.
func Elements(list string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for more := true; more; {
			var e string
			e, list, more = element(list)
			if e != "" && !yield(e) {
				return
			}
		}
	}
}

// Values walks the values of all fields of a name in order: for a list header the elements, else each field's value.
func (m *Message) Values(id HeaderID) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range m.Fields {
			if m.Fields[i].ID != id {
				continue
			}
			v := m.Fields[i].Value()
			if !headers[id].list {
				if !yield(v) {
					return
				}
				continue
			}
			for e := range Elements(v) {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// First returns the first value of the name, "" when there is none.
func (m *Message) First(id HeaderID) string {
	for v := range m.Values(id) {
		return v
	}
	return ""
}

// Count returns the number of values of the name.
func (m *Message) Count(id HeaderID) (n int) {
	for range m.Values(id) {
		n++
	}
	return n
}

// Contains reports whether a list of tokens such as Require or Allow has the token, in any case.
func (m *Message) Contains(id HeaderID, token string) bool {
	for v := range m.Values(id) {
		if equalFold(v, token) {
			return true
		}
	}
	return false
}

// RemoveToken takes a token out of a list such as Require; a field left empty goes too.
func (m *Message) RemoveToken(id HeaderID, token string) {
	for i := 0; i < len(m.Fields); i++ {
		if m.Fields[i].ID != id {
			continue
		}
		kept, found := "", false
		for e := range Elements(m.Fields[i].Value()) {
			if equalFold(e, token) {
				found = true
			} else if kept == "" {
				kept = e
			} else {
				kept += ", " + e
			}
		}
		switch {
		case found && kept == "":
			m.Fields = append(m.Fields[:i], m.Fields[i+1:]...)
			i--
		case found:
			m.Fields[i] = m.Fields[i].with(kept)
		}
	}
}

// first finds the first value of a list header that is not empty: its field, itself, and what follows the comma behind it.
func (m *Message) first(id HeaderID) (i int, value, rest string, more bool) {
	for i = range m.Fields {
		if m.Fields[i].ID != id {
			continue
		}
		rest, more = m.Fields[i].Value(), true
		for more {
			if value, rest, more = element(rest); value != "" {
				return i, value, rest, more
			}
		}
	}
	return -1, "", "", false
}

// PopFirst takes out the first value of a list header and returns it, "" when there is none. Other values stay as written.
func (m *Message) PopFirst(id HeaderID) string {
	i, value, rest, more := m.first(id)
	switch {
	case i < 0:
	case more:
		m.Fields[i] = m.Fields[i].with(trim(rest))
	default:
		m.Fields = slices.Delete(m.Fields, i, i+1)
	}
	return value
}

// ReplaceFirst gives the first value of a list header another text and leaves the others as written.
func (m *Message) ReplaceFirst(id HeaderID, value string) {
	i, _, rest, more := m.first(id)
	if i < 0 {
		m.Add(id, value)
		return
	}
	if more {
		value += "," + rest
	}
	m.Fields[i] = m.Fields[i].with(value)
}
