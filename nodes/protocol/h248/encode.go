package h248

import "strconv"

// Style is one of the two ways to write the text encoding.
type Style uint8

// The styles: Pretty has long keywords and a line for each element, Compact short keywords and no blanks.
const (
	Pretty Style = iota
	Compact
)

// String returns the style's name.
func (s Style) String() string {
	if s == Compact {
		return "compact"
	}
	return "pretty"
}

// encoder appends to b. first is true between an opening brace and the first element behind it.
type encoder struct {
	b      []byte
	pretty bool
	first  bool
	short  uint8 // column of tokenText
	depth  int
}

// Append writes m to dst in the given style.
func (m *Message) Append(dst []byte, style Style) []byte {
	e := encoder{b: dst, pretty: style == Pretty}
	if !e.pretty {
		e.short = 1
	}
	e.tok(tokMegaco)
	e.b = append(e.b, '/')
	e.uint(uint64(m.versionWritten()))
	e.b = append(e.b, ' ')
	e.b = m.From.append(e.b)
	e.b = append(e.b, '\n')
	if m.Error != nil {
		e.error(m.Error)
		if e.pretty {
			e.b = append(e.b, '\n')
		}
		return e.b
	}
	for i := range m.Items {
		e.item(&m.Items[i])
		if e.pretty {
			e.b = append(e.b, '\n')
		}
	}
	return e.b
}

func (m *Message) versionWritten() uint8 {
	if m.Version == 0 {
		return DefaultVersion
	}
	return m.Version
}

func (m MID) append(b []byte) []byte {
	switch m.Kind {
	case MIDAddress:
		b = append(append(append(b, '['), m.Host...), ']')
	case MIDDomain:
		b = append(append(append(b, '<'), m.Host...), '>')
	case MIDMTP:
		return append(append(append(b, "MTP{"...), m.Host...), '}')
	default:
		return append(b, m.Host...)
	}
	if m.Port != 0 {
		b = appendUint(append(b, ':'), uint64(m.Port))
	}
	return b
}

func appendUint(b []byte, n uint64) []byte { return strconv.AppendUint(b, n, 10) }

func (e *encoder) tok(t token)   { e.b = append(e.b, tokenText[t][e.short]...) }
func (e *encoder) str(s string)  { e.b = append(e.b, s...) }
func (e *encoder) uint(n uint64) { e.b = appendUint(e.b, n) }

func (e *encoder) eq() {
	if e.pretty {
		e.b = append(e.b, " = "...)
	} else {
		e.b = append(e.b, '=')
	}
}

const tabs = "\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t"

func (e *encoder) line() {
	if e.pretty {
		e.b = append(e.b, tabs[:1+e.depth]...)
	}
}

func (e *encoder) open() {
	if e.pretty {
		e.b = append(e.b, ' ')
	}
	e.b = append(e.b, '{')
	e.depth++
	e.first = true
}

// next stands before each element of a list.
func (e *encoder) next() {
	if !e.first {
		e.b = append(e.b, ',')
	}
	e.first = false
	e.line()
}

func (e *encoder) close() {
	e.depth--
	e.line()
	e.b = append(e.b, '}')
	e.first = false
}

// field writes "token = " as a list element.
func (e *encoder) field(t token) {
	e.next()
	e.tok(t)
	e.eq()
}

func (e *encoder) numberField(t token, n uint64) {
	e.field(t)
	e.uint(n)
}

func (e *encoder) value(v *Value) {
	quote := v.Quoted || v.Text == ""
	for i := 0; i < len(v.Text) && !quote; i++ {
		quote = charClass[v.Text[i]] != safeChar
	}
	if !quote {
		e.str(v.Text)
		return
	}
	e.quoted(v.Text)
}

// quoted writes s between quotes. Annex B.2 has no escape inside them: what cannot be said becomes ?.
func (e *encoder) quoted(s string) {
	e.b = append(e.b, '"')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if charClass[c] == 0 || c == '\n' || c == '\r' {
			c = '?'
		}
		e.b = append(e.b, c)
	}
	e.b = append(e.b, '"')
}

// raw writes SDP between braces; the closing brace stands at the start of a line, since all before it is
// part of the SDP (Annex B.2: octetString).
func (e *encoder) raw(t token, text []byte) {
	e.next()
	e.tok(t)
	if e.pretty {
		e.b = append(e.b, ' ')
	}
	e.b = append(e.b, '{')
	if len(text) > 0 {
		e.b = append(e.b, '\n')
		from := 0
		for i, c := range text {
			if c == '}' {
				e.b = append(append(e.b, text[from:i]...), '\\')
				from = i
			}
		}
		e.b = append(e.b, text[from:]...)
		if text[len(text)-1] != '\n' {
			e.b = append(e.b, '\n')
		}
	}
	e.b = append(e.b, '}')
}

func (e *encoder) item(it *Item) {
	switch it.Kind {
	case Request:
		e.tok(tokTransaction)
		if it.ID != 0 {
			e.eq()
			e.uint(uint64(it.ID))
		}
		e.open()
		e.actions(it.Actions, false)
		e.close()
	case Reply:
		e.tok(tokReply)
		e.transactionID(it)
		e.open()
		if it.ImmAckRequired {
			e.next()
			e.tok(tokImmAck)
		}
		if it.Error != nil {
			e.next()
			e.error(it.Error)
		} else {
			e.actions(it.Actions, true)
		}
		e.close()
	case Pending:
		e.tok(tokPending)
		e.transactionID(it)
		e.open()
		e.close()
	case Ack:
		e.tok(tokResponseAck)
		e.open()
		for _, a := range it.Acks {
			e.next()
			e.uint(uint64(a.First))
			if a.Last != a.First {
				e.b = append(e.b, '-')
				e.uint(uint64(a.Last))
			}
		}
		e.close()
	case Segment:
		e.tok(tokSegment)
		e.transactionID(it)
		if !e.pretty {
			e.b = append(e.b, '\n') // nothing else parts it from the next item
		}
	}
}

func (e *encoder) transactionID(it *Item) {
	e.eq()
	e.uint(uint64(it.ID))
	if it.Segment != 0 || it.LastSegment {
		e.b = append(e.b, '/')
		e.uint(uint64(it.Segment))
		if it.LastSegment {
			e.str("/END")
		}
	}
}

func (e *encoder) error(d *ErrorDescriptor) {
	e.tok(tokError)
	e.eq()
	e.uint(uint64(d.Code))
	e.open()
	if d.Text != "" {
		e.next()
		e.quoted(d.Text)
	}
	e.close()
}
