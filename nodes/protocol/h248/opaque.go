package h248

// CheckDigitMap checks the text of a DigitMap descriptor, "= name", "= name {value}" or "{value}" (H.248.1 Annex B.2,
// digitMapValue: optional timers T, S, L, Z, then alternatives in parentheses). It returns the name and "" or what is wrong.
func CheckDigitMap(o Opaque) (name, wrong string) {
	p := parser{src: string(o)}
	if p.eat('=') {
		if name = p.word(); name == "" {
			return "", "name of a digit map expected"
		}
	}
	if p.peek() == 0 {
		if name == "" {
			return "", "digit map without name and value"
		}
		return name, ""
	}
	if !p.eat('{') {
		return name, "'{' expected"
	}
	start := p.pos
	for p.pos < len(p.src) && p.src[p.pos] != '}' {
		p.pos++
	}
	value := p.src[start:p.pos]
	if !p.eat('}') || p.peek() != 0 {
		return name, "'}' expected at the end of the digit map"
	}
	return name, digitMapValue(value)
}

func digitMapValue(v string) (wrong string) {
	p := parser{src: v}
	for {
		p.skip()
		if i := p.pos; i+1 < len(v) && v[i+1] == ':' { // a timer: "T:16,"
			if c := lower(v[i]); c != 't' && c != 's' && c != 'l' && c != 'z' {
				return "timer T, S, L or Z expected"
			}
			p.pos += 2
			if n, ok := parseUint(p.word(), 99); !ok || n == 0 {
				return "timer of 1 to 99 expected"
			}
			if !p.eat(',') {
				return "',' expected behind a timer"
			}
			continue
		}
		break
	}
	open, letters := 0, 0
	for ; p.pos < len(v); p.pos++ {
		switch c := lower(v[p.pos]); {
		case charClass[c] == spaceChar:
		case c == '(':
			open++
		case c == ')':
			open--
		case c-'0' <= 9 || c >= 'a' && c <= 'k' || c == 's' || c == 'l' || c == 'x' || c == 'z':
			letters++
		case c == '|' || c == '.' || c == '[' || c == ']' || c == '-':
		default:
			return "'" + string(rune(c)) + "' in a digit map"
		}
		if open < 0 || open > 1 {
			break
		}
	}
	if open != 0 {
		return "parentheses of the digit map do not match"
	}
	if letters == 0 {
		return "digit map without a digit"
	}
	return ""
}

var muxTypes = [...]string{"H221", "H223", "H226", "V76", "Nx64k"}

// CheckMux checks the text of a Mux descriptor: "= type {terminations}" (Annex B.2, muxDescriptor).
func CheckMux(o Opaque) (wrong string) {
	p := parser{src: string(o)}
	if !p.eat('=') {
		return "'=' expected"
	}
	w := p.word()
	known := len(w) > 2 && lower(w[0]) == 'x' // an extension
	for _, t := range muxTypes {
		known = known || equalFold(t, w)
	}
	if !known {
		return "unknown multiplex type '" + w + "'"
	}
	if !p.block(func(p *parser) bool { _, ok := p.name("TerminationID"); return ok }) {
		return p.err.Text
	}
	return ""
}

// CheckModem checks the text of a Modem descriptor: "= type" or "[types]", with properties in braces (Annex B.2).
func CheckModem(o Opaque) (wrong string) {
	p := parser{src: string(o)}
	ok := false
	switch {
	case p.eat('='):
		_, ok = p.name("modem type")
	case p.eat('['):
		ok = p.elements(']', func(p *parser) bool { _, ok := p.name("modem type"); return ok })
	default:
		return "'=' or '[' expected"
	}
	if ok && p.peek() == '{' {
		ok = p.block(func(p *parser) bool {
			w, ok := p.name("property")
			if ok {
				_, ok = p.parm(w)
			}
			return ok
		})
	}
	if !ok {
		return p.err.Text
	}
	return ""
}
