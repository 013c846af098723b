package nat

import (
	"bytes"

	"imsim/netem/packet"
)

// reader finds the messages of a stream. A message that goes on in the next segment is put together: segments that have a part of
// it wait until it is whole, and leave with its new text. Who sends may itself wait for an acknowledgement before it sends the
// rest (RFC 9293 §3.8.6.2, a full window); it sends again what is held then, and the message passes as it is.
type reader struct {
	part    []byte           // of the message that is not whole yet
	held    []*packet.Packet // segments that have some of it, in order
	skip    int              // octets left of a message that passes as it is
	passing bool             // the message that is not whole yet passes as it is
	foreign bool             // what comes is no SIP: nothing is looked at any more
}

// waitsForGap is why a segment after a gap is dropped.
const waitsForGap = "ALG waits for what comes before"

// maxParts is how many segments of a message are held.
const maxParts = 64

// stream translates a segment with data.
func (e *edits) stream(p *packet.Packet, a *announcer) (hold bool, why string) {
	seq, end := p.TCP.Seq, p.TCP.Seq+uint32(p.Payload.Len)
	if !e.known {
		e.known, e.next = true, seq
	}
	switch {
	case less(e.next, seq):
		// How much what is missing will grow is not known yet: only after it can this be placed.
		return false, waitsForGap
	case !less(e.next, end):
		if len(e.held) > 0 && less(e.held[0].TCP.Seq, end) {
			e.pass(a) // sent again: its sender waits
		}
		e.replay(p)
		return false, ""
	}
	if len(e.list) >= maxEdits {
		return false, "ALG has too much under way"
	}
	before := e.next
	e.next = end
	wait := e.scan(p, int(before-seq), a) && a.holds && len(e.held) < maxParts && p.TCP.Flags&(packet.FIN|packet.RST) == 0
	start := end - uint32(len(e.part)) // of the message that waits
	switch waited := len(e.held) > 0; {
	case wait && waited && less(start, before) && !less(seq, before):
		e.held = append(e.held, p) // one more part of the same message
		return true, ""
	case wait && !(waited && less(start, before)):
		return e.split(p, start, a), ""
	case len(e.part) > 0 && !e.passing:
		e.pass(a) // it cannot wait, or some of it was sent again
		fallthrough
	default:
		// Those that waited go first: all leave as outputs, in order.
		if e.release(a); waited {
			e.replay(p)
			a.send(p)
			return true, ""
		}
	}
	e.replay(p)
	return false, ""
}

// split lets go on what a segment has before a message that is not whole yet, so that it is acknowledged and the rest is sent,
// and holds the beginning of the message. What was held is whole now.
func (e *edits) split(p *packet.Packet, start uint32, a *announcer) (hold bool) {
	seq := p.TCP.Seq
	waited := len(e.held) > 0
	e.release(a)
	if !less(seq, start) {
		e.held = append(e.held, p)
		return true
	}
	rest := a.copy(p)
	rest.TCP.Seq = start
	rest.Payload.Drop(int(start - seq))
	var first packet.Payload
	first.AppendRange(p.Payload, 0, int(start-seq))
	p.Payload = first
	e.replay(p)
	e.held = append(e.held, rest)
	if waited {
		a.send(p)
	}
	return waited
}

// scan looks for whole messages in the data of a segment from an octet on, and notes those that change. wait says that the last
// one goes on in another segment.
func (e *edits) scan(p *packet.Packet, first int, a *announcer) (wait bool) {
	for i := range p.Payload.Spans {
		if p.Payload.Spans[i].Bytes == nil {
			e.strange() // nobody has written these octets
		}
	}
	if e.foreign {
		return false
	}
	b := p.Payload.Bytes()[first:]
	n := min(e.skip, len(b))
	e.skip -= n
	b = b[n:]
	if len(e.part) > 0 {
		e.part = append(e.part, b...)
		b = e.part
	}
	at := e.next - uint32(len(b)) // of b
	for len(b) > 0 {
		if b[0] == '\r' || b[0] == '\n' { // RFC 5626 §4.4.1: keep-alives between messages
			b, at = b[1:], at+1
			continue
		}
		n, known := lengthSIP(b)
		if !known && strangeSIP(b) {
			e.strange()
			return false
		}
		if !known || n > len(b) {
			return e.goesOn(b, n, known, a)
		}
		if e.passing {
			e.passing = false
		} else if len(e.list) < maxEdits {
			if out, ok := rewriteSIP(b[:n], a); ok {
				e.list = append(e.list, edit{at, at + uint32(n), out, e.total() + uint32(len(out)-n)})
			}
		} else {
			a.unread()
		}
		b, at = b[n:], at+uint32(n)
	}
	e.part = e.part[:0]
	return false
}

// goesOn notes a message of which b is the beginning.
func (e *edits) goesOn(b []byte, n int, known bool, a *announcer) (wait bool) {
	if known && e.passing {
		e.passing, e.skip, e.part = false, n-len(b), e.part[:0]
		return false
	}
	e.part = append(e.part[:0], b...)
	return !e.passing
}

// strange stops looking at a stream.
func (e *edits) strange() { e.foreign, e.part, e.passing, e.skip = true, nil, false, 0 }

// strangeSIP reports whether octets that have no length begin no message: their first line is another, they are too many for a
// head, or the head is complete.
func strangeSIP(b []byte) bool {
	if len(b) > maxSIP || bytes.Contains(b, []byte("\r\n\r\n")) {
		return true
	}
	if bytes.IndexByte(b, '\n') >= 0 {
		return !isSIP(b)
	}
	return b[0] < 'A' || b[0] > 'Z' || len(b) > 1<<13
}

// pass gives up on the message that is not whole yet: it passes as it is, and those of its segments that are held leave.
func (e *edits) pass(a *announcer) {
	a.unread()
	if n, known := lengthSIP(e.part); known {
		e.skip, e.part = n-len(e.part), e.part[:0]
	} else {
		e.passing = len(e.part) > 0
	}
	e.release(a)
}

// release lets go of the segments that are held, in order.
func (e *edits) release(a *announcer) {
	for i, p := range e.held {
		e.replay(p)
		a.send(p)
		e.held[i] = nil
	}
	e.held = e.held[:0]
}
