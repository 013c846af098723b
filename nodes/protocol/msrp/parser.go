package msrp

import (
	"bytes"
	"strings"

	"imsim/netem/packet"
)

// EventKind says what a parser found.
type EventKind uint8

// What a parser finds, in order: a head, runs of body, an end; or, once, that the stream makes no sense any more.
const (
	Head   EventKind = iota + 1 // Msg is complete but for its body
	Body                        // Span is the next run of the body
	End                         // the end-line of Msg has been read; Flag says how it ended
	Broken                      // framing is lost; Err says why. No event follows
)

// Event is one finding of a Parser. Msg stays the same from Head to End and is not touched after that.
type Event struct {
	Kind EventKind
	Msg  *Message
	Span packet.Span
	Flag byte
	Size int // End: octets of the whole message on the wire
	Err  error
}

// MaxHead is the largest head, start line and headers, that a parser accepts, in octets.
const MaxHead = 8192

type framingError string

func (e framingError) Error() string { return string(e) }

// The reasons for which framing is lost.
const (
	ErrStart   = framingError(`not an MSRP start line (want "MSRP tid METHOD" or "MSRP tid code")`)
	ErrTooLong = framingError("MSRP head longer than 8192 octets")
)

// Parser takes an octet stream apart. The zero value is ready. Push gives it octets, Next takes findings out until
// there is none. Bodies are handed on as they come, as slices of what was pushed.
//
// The end of a message is found by its end-line alone, never by Byte-Range (RFC 4975 §7.1). Synthetic octets hold no
// end-line by definition; in a head they count as octets like any others.
type Parser struct {
	in     packet.Payload
	spare  []packet.Span // the array behind in.Spans, for reuse
	buf    []byte        // head so far
	line   int           // start of the current line in buf
	msg    *Message
	end    endScan
	state  parserState
	size   int
	broken error
}

// forget lets go of all octets while the parser stands between two messages; arrays stay.
func (p *Parser) forget() {
	clear(p.spare)
	p.in = packet.Payload{}
}

type parserState uint8

const (
	inHead parserState = iota
	inBody
	headEnded // End of a bodiless message is due
	dead
)

// Push adds octets. The parser keeps slices of them.
func (p *Parser) Push(q packet.Payload) {
	if p.state == dead {
		return
	}
	p.ready()
	p.in.AppendPayload(q)
	p.spare = p.in.Spans
}

// PushBytes adds real octets, which the caller must not change afterwards.
func (p *Parser) PushBytes(b []byte) {
	if p.state == dead {
		return
	}
	p.ready()
	p.in.Append(packet.Bytes(b))
	p.spare = p.in.Spans
}

// ready makes the input's array usable from its front again once all of it has been read.
func (p *Parser) ready() {
	if p.in.Len == 0 {
		clear(p.spare)
		p.in.Spans = p.spare[:0]
	}
}

// Idle reports whether the parser stands between two messages: where a peer may close without cutting one off.
func (p *Parser) Idle() bool {
	return p.state == inHead && len(p.buf) == 0 && p.in.Len == 0
}

// Next returns the next finding.
func (p *Parser) Next() (Event, bool) {
	for {
		switch p.state {
		case dead:
			if p.broken == nil {
				return Event{}, false
			}
			e := Event{Kind: Broken, Err: p.broken}
			p.broken = nil
			return e, true
		case headEnded:
			return p.finish(), true
		}
		if p.in.Len == 0 {
			return Event{}, false
		}
		var e Event
		var ok bool
		if p.state == inHead {
			e, ok = p.head()
		} else {
			e, ok = p.body()
		}
		if ok {
			return e, true
		}
	}
}

func (p *Parser) fail(err error) (Event, bool) {
	p.state, p.broken = dead, err
	p.in, p.buf = packet.Payload{}, nil
	return Event{}, false
}

func (p *Parser) take(n int) {
	p.in.Drop(n)
	p.size += n
}

// finish closes the message at hand.
func (p *Parser) finish() Event {
	e := Event{Kind: End, Msg: p.msg, Flag: p.end.flag, Size: p.size}
	p.state, p.msg, p.size, p.line = inHead, nil, 0, 0
	return e
}

// head reads lines of the first span until the head is complete.
func (p *Parser) head() (Event, bool) {
	s := p.in.Spans[0]
	b := s.Bytes
	if b == nil { // nobody sends a head of synthetic octets; show the parser enough of them to see that
		n := min(s.Len, MaxHead+1)
		b = s.Slice(0, n).AppendTo(nil)
	}
	nl := bytes.IndexByte(b, '\n')
	if nl < 0 {
		p.buf = append(p.buf, b...)
		p.take(len(b))
		if len(p.buf) > MaxHead {
			return p.fail(ErrTooLong)
		}
		if !couldStart(p.buf) {
			return p.fail(ErrStart)
		}
		return Event{}, false
	}
	p.buf = append(p.buf, b[:nl+1]...)
	p.take(nl + 1)
	if len(p.buf) > MaxHead {
		return p.fail(ErrTooLong)
	}
	line := p.buf[p.line:]
	if len(line) < 2 || line[len(line)-2] != '\r' {
		if p.line == 0 {
			return p.fail(ErrStart)
		}
		return Event{}, false // a bare LF is no line end: the line goes on, and will be found malformed
	}
	line = line[:len(line)-2]
	switch {
	case p.line == 0:
		id, ok := startID(line)
		if !ok {
			return p.fail(ErrStart)
		}
		p.end.start(id)
	case len(line) == 0:
		p.state = inBody
		// The CRLF of the blank line may serve as the one before an end-line: tolerated, though an empty body has its own.
		p.end.matched, p.end.virtual = 2, 2
		return p.makeHead(p.line, true), true
	case len(line) == len(dashes)+len(p.end.id())+1 && p.end.closes(line):
		p.end.flag = line[len(line)-1]
		p.state = headEnded
		return p.makeHead(p.line, false), true
	}
	p.line = len(p.buf)
	return Event{}, false
}

// couldStart reports whether b can become a start line, so that garbage without line ends fails at once.
func couldStart(b []byte) bool {
	const start = "MSRP "
	n := min(len(b), len(start))
	return string(b[:n]) == start[:n]
}

// makeHead parses the head's lines, buf[:upto].
func (p *Parser) makeHead(upto int, body bool) Event {
	text := string(p.buf[:upto]) // the one copy; all strings of the message are parts of it
	m := &Message{}
	p.msg, p.buf = m, p.buf[:0]
	line, text, _ := strings.Cut(text, "\r\n")
	parseStart(m, line)
	for n := 0; text != ""; n++ {
		line, text, _ = strings.Cut(text, "\r\n")
		parseHeader(m, line, n)
	}
	m.finish(body)
	return Event{Kind: Head, Msg: m}
}

// body reads the first span up to its end or to the end-line.
func (p *Parser) body() (Event, bool) {
	s := p.in.Spans[0]
	if s.Bytes == nil {
		if e, ok := p.flushHeld(); ok {
			return e, true
		}
		p.take(s.Len)
		return Event{Kind: Body, Msg: p.msg, Span: s}, true
	}
	b := s.Bytes
	if p.end.matched > 0 { // an end-line may have begun in an earlier span
		n, st := p.end.resume(b)
		switch st {
		case scanEnd:
			p.take(n)
			return p.finish(), true
		case scanMore:
			p.take(n)
			return Event{}, false
		}
		// The octets held back were body, and so are the n that followed the same pattern in this span.
		if e, ok := p.flushHeld(); ok {
			return e, true
		}
	}
	at := p.end.find(b)
	if at > 0 {
		p.take(at)
		return Event{Kind: Body, Msg: p.msg, Span: s.Slice(0, at)}, true
	}
	n, st := p.end.resume(b)
	p.take(n)
	if st == scanEnd {
		return p.finish(), true
	}
	return Event{}, false
}

// flushHeld returns the octets that were held back as the possible beginning of an end-line.
func (p *Parser) flushHeld() (Event, bool) {
	held := p.end.release()
	if len(held) == 0 {
		return Event{}, false
	}
	return Event{Kind: Body, Msg: p.msg, Span: packet.Bytes(held)}, true
}
