package h248

import "unsafe" //tidy:reflect a slice may share octets that never change

// Limits on what a peer may send. They are ours: the standard has none.
const (
	MaxMessageBytes = 65535
	MaxTransactions = 64  // items of a message
	MaxListLength   = 512 // elements of any list
	MaxOpaqueDepth  = 8   // nested braces of a descriptor that is not read
)

// SyntaxError says where a message is wrong and which error code it deserves.
type SyntaxError struct {
	Line, Col int // from 1; Col counts octets
	Code      ErrorCode
	Text      string
	ID        TransactionID // of the transaction around the place, when Known
	Known     bool
	InRequest bool // the place is in a transaction request: it can be answered with a Reply
	InAnswer  bool // the place is in a reply, a pending or an acknowledgement: it must not be answered
}

// Error names place, code and reason.
func (e *SyntaxError) Error() string {
	b := append([]byte("H.248 message, line "), appendUint(nil, uint64(e.Line))...)
	b = append(b, ", column "...)
	b = appendUint(b, uint64(e.Col))
	b = append(b, ": "...)
	b = append(b, e.Text...)
	b = append(b, " (error "...)
	b = appendUint(b, uint64(e.Code))
	return string(append(b, ')'))
}

// Descriptor returns the error as it is answered to the peer.
func (e *SyntaxError) Descriptor() *ErrorDescriptor {
	b := append([]byte(e.Text), " at "...)
	b = appendUint(b, uint64(e.Line))
	b = append(b, ':')
	b = appendUint(b, uint64(e.Col))
	return Describe(e.Code, string(b))
}

// The classes of characters (H.248.1 Annex B.2).
const (
	safeChar = 1 << iota // of names and unquoted values
	spaceChar
	restChar // may stand between quotes, beside safe characters and blanks
)

var charClass = func() (t [256]uint8) {
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = safeChar, safeChar
	}
	for _, c := range "0123456789+-&!_/'?@^`~*$\\()%|." {
		t[c] = safeChar
	}
	for _, c := range ";[]{}:,#<>=" {
		t[c] = restChar
	}
	for c := 0x80; c <= 0xff; c++ {
		t[c] = restChar // not in the grammar, but error texts carry UTF-8
	}
	t[' '], t['\t'], t['\r'], t['\n'] = spaceChar, spaceChar, spaceChar, spaceChar
	return t
}()

// parser walks over one message. The first error stays; every method that can fail returns false from then on.
type parser struct {
	src   string
	pos   int
	seed  *seed
	level ErrorCode // what a plain syntax error means here: 400, 403, 422 or 442
	ctx   SyntaxError
	err   *SyntaxError
}

func (p *parser) fail(code ErrorCode, text string) bool {
	return p.failAt(p.pos, code, text)
}

func (p *parser) failAt(pos int, code ErrorCode, text string) bool {
	if p.err != nil {
		return false
	}
	e := p.ctx
	e.Code, e.Text, e.Line, e.Col = code, text, 1, 1
	for i := 0; i < pos && i < len(p.src); i++ {
		e.Col++
		if p.src[i] == '\n' {
			e.Line, e.Col = e.Line+1, 1
		}
	}
	p.err = &e
	return false
}

func (p *parser) syntax(text string) bool { return p.fail(p.level, text) }

// skip passes over blanks, line ends and comments.
func (p *parser) skip() {
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case charClass[c] == spaceChar:
			p.pos++
		case c == ';':
			for p.pos < len(p.src) && p.src[p.pos] != '\n' && p.src[p.pos] != '\r' {
				p.pos++
			}
		default:
			return
		}
	}
}

// peek returns the next octet that is not blank, or 0 at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.src) && charClass[p.src[p.pos]] == safeChar {
		return p.src[p.pos]
	}
	p.skip()
	if p.pos == len(p.src) {
		return 0
	}
	return p.src[p.pos]
}

func (p *parser) eat(c byte) bool {
	if p.peek() != c || c == 0 {
		return false
	}
	p.pos++
	return true
}

func (p *parser) expect(c byte) bool {
	return p.eat(c) || p.syntax("'"+string(rune(c))+"' expected")
}

// word reads a run of safe characters; empty when there is none.
func (p *parser) word() string {
	p.skip()
	start := p.pos
	for p.pos < len(p.src) && charClass[p.src[p.pos]] == safeChar {
		p.pos++
	}
	return p.src[start:p.pos]
}

// name reads a word that must be there.
func (p *parser) name(what string) (string, bool) {
	w := p.word()
	return w, w != "" || p.syntax(what+" expected")
}

// keyword reads a word and finds the keyword it spells.
func (p *parser) keyword(what string) (string, token, bool) {
	w, ok := p.name(what)
	if !ok {
		return "", tokNone, false
	}
	return w, lookup(w), true
}

// number reads "= n" with n at most limit.
func (p *parser) number(limit uint64) (uint64, bool) {
	if !p.expect('=') {
		return 0, false
	}
	w := p.word()
	n, ok := parseUint(w, limit)
	return n, ok || p.syntax("number up to "+string(appendUint(nil, limit))+" expected, not '"+w+"'")
}

func parseUint(s string, limit uint64) (uint64, bool) {
	if s == "" || len(s) > 10 {
		return 0, false
	}
	var n uint64
	for i := 0; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + uint64(c)
	}
	return n, n <= limit
}

// value reads a word or a quoted string.
func (p *parser) value() (Value, bool) {
	if p.peek() != '"' {
		w, ok := p.name("value")
		return Value{Text: w}, ok
	}
	start := p.pos + 1
	for i := start; i < len(p.src); i++ {
		c := p.src[i]
		if c == '"' {
			p.pos = i + 1
			return Value{Text: p.src[start:i], Quoted: true}, true
		}
		if charClass[c] == 0 || c == '\n' || c == '\r' {
			return Value{}, p.failAt(i, p.level, "character not allowed in a quoted string")
		}
	}
	return Value{}, p.syntax("quoted string without end")
}

// block calls element for each element of a list in braces, at least one.
func (p *parser) block(element func(p *parser) bool) bool {
	return p.expect('{') && p.elements('}', element)
}

// elements reads a list up to its closing bracket.
func (p *parser) elements(end byte, element func(p *parser) bool) bool {
	for n := 0; ; n++ {
		if n == MaxListLength {
			return p.syntax("list too long")
		}
		if !element(p) {
			return false
		}
		if !p.eat(',') {
			return p.expect(end)
		}
	}
}

// raw reads text up to the brace that ends it, for Local and Remote: \} stands for }.
func (p *parser) raw() ([]byte, bool) {
	if !p.expect('{') {
		return nil, false
	}
	for p.pos < len(p.src) && charClass[p.src[p.pos]] == spaceChar {
		p.pos++
	}
	start, escapes := p.pos, 0
	i := start
	for i < len(p.src) && p.src[i] != '}' {
		if p.src[i] == '\\' && i+1 < len(p.src) && p.src[i+1] == '}' {
			escapes++
			i++
		}
		i++
	}
	if i >= len(p.src) {
		return nil, p.syntax("'}' expected")
	}
	p.pos = i + 1
	text := lastLine(p.src[start:i])
	if text == "" {
		return []byte{}, true // present and empty
	}
	if escapes == 0 {
		// The message's text never changes, so it can be shared; the capacity keeps append away from what follows.
		return unsafe.Slice(unsafe.StringData(text), len(text))[:len(text):len(text)], true
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && text[i+1] == '}' {
			continue
		}
		out = append(out, text[i])
	}
	return out, true
}

// lastLine cuts off what follows the end of the last line: an empty line, the indentation of the closing brace.
func lastLine(s string) string {
	end := len(s)
	for end > 0 && charClass[s[end-1]] == spaceChar {
		end--
	}
	for end < len(s) && (s[end] == ' ' || s[end] == '\t') {
		end++
	}
	if end < len(s) && s[end] == '\r' {
		end++
	}
	if end < len(s) && s[end] == '\n' {
		return s[:end+1]
	}
	for end > 0 && (s[end-1] == ' ' || s[end-1] == '\t') {
		end--
	}
	return s[:end]
}

// opaque reads what follows a keyword up to the end of its outermost braces, without looking into it.
func (p *parser) opaque() (Opaque, bool) {
	p.skip()
	start, depth := p.pos, 0
	for i := p.pos; i < len(p.src); i++ {
		switch c := p.src[i]; {
		case c == '"':
			for i++; i < len(p.src) && p.src[i] != '"'; i++ {
			}
		case c == '{':
			if depth++; depth > MaxOpaqueDepth {
				return "", p.failAt(i, p.level, "nested too deep")
			}
		case depth > 0 && c == '}':
			if depth--; depth == 0 {
				p.pos = i + 1
				return Opaque(p.src[start:p.pos]), true
			}
		case depth == 0 && (c == ',' || c == '}'):
			end := i
			for end > start && charClass[p.src[end-1]] == spaceChar {
				end--
			}
			p.pos = i
			if end == start {
				return "", p.syntax("descriptor without content")
			}
			return Opaque(p.src[start:end]), true
		}
	}
	return "", p.syntax("'}' expected")
}
