package h248

import "unsafe" //tidy:reflect a string may share octets that never change

// Parse reads one message in text encoding, pretty or compact. The message does not share memory with data.
//
// On error it is a *SyntaxError, and the message holds the items before the one at fault, which stand on their own
// (H.248.1 §8: transactions of a message are independent). It is nil when the header could not be read.
func Parse(data []byte) (*Message, error) {
	if len(data) > MaxMessageBytes { // not worth a copy
		return parse("", len(data))
	}
	return parse(string(data), len(data))
}

// ParseShared is Parse for octets that never change any more: the message's strings are parts of data, nothing is copied.
func ParseShared(data []byte) (*Message, error) {
	return parse(unsafe.String(unsafe.SliceData(data), len(data)), len(data))
}

func parse(src string, size int) (*Message, error) {
	p := parser{level: ErrBadRequest, src: src}
	if size > MaxMessageBytes {
		p.fail(ErrBadRequest, "message longer than 65535 octets")
		return nil, p.err
	}
	s := new(seed)
	m := &s.message
	p.seed = s
	if !p.header(m) {
		return nil, p.err
	}
	if !p.body(m) {
		return m, p.err
	}
	return m, nil
}

// seed holds in one piece what nearly every message has one of; what there is more of is allocated as it comes.
type seed struct {
	message  Message
	items    [1]Item
	actions  [1]Action
	commands [1]Command
	// What of it is taken.
	hasActions, hasCommands bool
}

func (p *parser) header(m *Message) bool {
	w, t, ok := p.keyword("MEGACO/version")
	if ok && t == tokAuth {
		// H.248.1 Annex B.2 authenticationHeader: read over, never checked.
		if !p.expect('=') || p.word() == "" || !p.expect(':') || p.word() == "" || !p.expect(':') || p.word() == "" {
			return p.syntax("authentication header spoilt")
		}
		w, _, ok = p.keyword("MEGACO/version")
	}
	if !ok {
		return false
	}
	slash := len(w) - 1
	for slash > 0 && w[slash] != '/' {
		slash--
	}
	if slash <= 0 || lookup(w[:slash]) != tokMegaco {
		return p.syntax("MEGACO/version expected, not '" + w + "'")
	}
	v, ok := parseUint(w[slash+1:], 99)
	if !ok {
		return p.syntax("version expected, not '" + w[slash+1:] + "'")
	}
	// H.248.1 §11.3: a version that is not supported is answered with 406.
	if v < 1 || v > 3 {
		return p.fail(ErrVersion, "version 1 to 3 is supported")
	}
	m.Version = uint8(v)
	return p.mid(&m.From)
}

func (p *parser) mid(m *MID) bool {
	end := byte(0)
	switch p.peek() {
	case '[':
		m.Kind, end = MIDAddress, ']'
	case '<':
		m.Kind, end = MIDDomain, '>'
	default:
		w, ok := p.name("message identifier")
		if !ok {
			return false
		}
		m.Kind, m.Host = MIDDevice, w
		if equalFold(w, "MTP") && p.peek() == '{' {
			p.pos++
			m.Kind, m.Host = MIDMTP, p.word()
			return (m.Host != "" || p.syntax("MTP address expected")) && p.expect('}')
		}
		return true
	}
	p.pos++
	start := p.pos
	for p.pos < len(p.src) && p.src[p.pos] != end {
		if c := p.src[p.pos]; charClass[c] != safeChar && c != ':' {
			return p.syntax("address spoilt")
		}
		p.pos++
	}
	m.Host = p.src[start:p.pos]
	if m.Host == "" {
		return p.syntax("address expected")
	}
	if !p.expect(end) {
		return false
	}
	if p.pos < len(p.src) && p.src[p.pos] == ':' {
		p.pos++
		n, ok := parseUint(p.word(), 65535)
		if !ok {
			return p.syntax("port expected")
		}
		m.Port = uint16(n)
	}
	return true
}

func (p *parser) body(m *Message) bool {
	for n := 0; ; n++ {
		if p.peek() == 0 {
			return n > 0 || p.syntax("transaction expected")
		}
		if n == MaxTransactions {
			return p.fail(ErrTooManyTransactions, "more than 64 transactions in a message")
		}
		start := p.pos
		w, t, ok := p.keyword("transaction")
		if !ok {
			return false
		}
		if t == tokError && n == 0 {
			p.ctx.InAnswer = true
			if m.Error, ok = p.errorDescriptor(); !ok {
				return false
			}
			return p.peek() == 0 || p.syntax("nothing expected after a message's Error")
		}
		if m.Items == nil {
			m.Items = p.seed.items[:0]
		}
		m.Items = append(m.Items, Item{})
		item := &m.Items[len(m.Items)-1]
		switch t {
		case tokTransaction:
			item.Kind = Request
			ok = p.request(item)
		case tokReply:
			item.Kind = Reply
			ok = p.reply(item)
		case tokPending:
			item.Kind, p.ctx.InAnswer = Pending, true
			ok = p.transactionID(item) && p.expect('{') && p.expect('}')
		case tokResponseAck:
			item.Kind, p.ctx.InAnswer = Ack, true
			ok = p.acks(item)
		case tokSegment:
			item.Kind, p.ctx.InAnswer = Segment, true
			ok = p.transactionID(item)
		default:
			ok = p.failAt(start, ErrBadRequest, "Transaction, Reply, Pending or TransactionResponseAck expected, not '"+w+"'")
		}
		if !ok {
			m.Items = m.Items[:len(m.Items)-1]
			return false
		}
		p.level, p.ctx = ErrBadRequest, SyntaxError{}
	}
}

// transactionID reads "= id", and version 3's "= id/segment[/END]".
func (p *parser) transactionID(item *Item) bool {
	if !p.expect('=') {
		return false
	}
	w := p.word()
	digits, rest := cut(w)
	n, ok := parseUint(digits, 0xFFFFFFFF)
	if ok && rest != "" && item.Kind != Request {
		segment, end := cut(rest)
		var s uint64
		s, ok = parseUint(segment, 0xFFFF)
		item.Segment, item.LastSegment = uint16(s), equalFold(end, "END")
		ok = ok && (end == "" || item.LastSegment)
	} else if rest != "" {
		ok = false
	}
	if !ok {
		return p.syntax("transaction id expected, not '" + w + "'")
	}
	item.ID = TransactionID(n)
	p.ctx.ID, p.ctx.Known = item.ID, true
	return true
}

// cut splits s at its first slash.
func cut(s string) (before, after string) {
	for i := 0; i < len(s); i++ {
		if s[i] == '/' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func (p *parser) request(item *Item) bool {
	// The grammar of version 2 lets the id be left out; such a request has id 0.
	p.ctx.InRequest = true
	if p.peek() == '=' && !p.transactionID(item) {
		return false
	}
	p.level = ErrTransactionSyntax
	return p.expect('{') && p.actions(item, false)
}

func (p *parser) reply(item *Item) bool {
	p.ctx.InAnswer = true
	if !p.transactionID(item) {
		return false
	}
	p.level = ErrTransactionSyntax
	if !p.expect('{') {
		return false
	}
	start := p.pos
	_, t, ok := p.keyword("Context")
	if ok && t == tokImmAck {
		item.ImmAckRequired = true
		if !p.expect(',') {
			return false
		}
		start = p.pos
		_, t, ok = p.keyword("Context")
	}
	if !ok {
		return false
	}
	if t == tokError {
		item.Error, ok = p.errorDescriptor()
		return ok && p.expect('}')
	}
	p.pos = start
	return p.actions(item, true)
}

func (p *parser) acks(item *Item) bool {
	return p.block(func(p *parser) bool {
		w := p.word()
		first, last := w, w
		for i := range len(w) {
			if w[i] == '-' {
				first, last = w[:i], w[i+1:]
				break
			}
		}
		a, ok1 := parseUint(first, 0xFFFFFFFF)
		b, ok2 := parseUint(last, 0xFFFFFFFF)
		if !ok1 || !ok2 || a > b {
			return p.syntax("transaction id or range expected, not '" + w + "'")
		}
		item.Acks = append(item.Acks, AckRange{TransactionID(a), TransactionID(b)})
		return true
	})
}

func (p *parser) errorDescriptor() (*ErrorDescriptor, bool) {
	code, ok := p.number(9999)
	if !ok || !p.expect('{') {
		return nil, false
	}
	e := &ErrorDescriptor{Code: ErrorCode(code)}
	if p.peek() == '"' {
		v, ok := p.value()
		if !ok {
			return nil, false
		}
		e.Text = v.Text
	}
	return e, p.expect('}')
}
