package nat

import "imsim/netem/packet"

// splice is what an ALG did to both streams of a TCP connection.
type splice struct {
	dir   [2]edits
	scale [2]uint8 // window scale of each side (RFC 7323 §2)
}

// edits are the messages of one stream that were rewritten and are not acknowledged yet. Positions are those of the sender;
// a position behind an edit is shifted by all that the edits before it added.
type edits struct {
	known bool
	next  uint32 // position behind the last octet seen
	base  uint32 // shift before the first edit
	list  []edit
	head  []byte // of a message that began in a segment and goes on in the next, while its length is not known
	skip  int    // octets that are left of such a message
}

// maxHead is how long the head of a message may be, in octets. A stream with a longer one is not looked at any more.
const maxHead = 1 << 14

// edit is a rewritten message, [from, to) of the sender's stream.
type edit struct {
	from, to uint32
	text     []byte
	shift    uint32 // behind it
}

// maxEdits is how many rewritten messages may be under way in one direction; a segment that needs more is dropped.
const maxEdits = 64

// growth is what is taken from the MSS, so that segments have room for longer addresses.
const growth = 200

func less(a, b uint32) bool { return int32(a-b) < 0 }

func (e *edits) total() uint32 {
	if n := len(e.list); n > 0 {
		return e.list[n-1].shift
	}
	return e.base
}

// forward returns where a position of the sender is for the receiver; inside an edit, where the edit begins.
func (e *edits) forward(seq uint32) uint32 {
	shift := e.base
	for i := range e.list {
		x := &e.list[i]
		if less(seq, x.to) {
			if less(x.from, seq) {
				return x.from + shift
			}
			break
		}
		shift = x.shift
	}
	return seq + shift
}

// back returns where a position of the receiver is for the sender; inside an edit, where the edit begins: half a rewritten
// message acknowledges nothing of it.
func (e *edits) back(seq uint32) (at, shift uint32) {
	shift = e.base
	for i := range e.list {
		x := &e.list[i]
		if less(seq, x.to+x.shift) {
			if less(x.from+shift, seq) {
				return x.from, shift
			}
			break
		}
		shift = x.shift
	}
	return seq - shift, shift
}

// acked forgets edits that the receiver has.
func (e *edits) acked(at uint32) {
	n := 0
	for n < len(e.list) && !less(at, e.list[n].to) {
		e.base = e.list[n].shift
		n++
	}
	if n > 0 {
		e.list = append(e.list[:0], e.list[n:]...)
	}
}

// segment translates a TCP segment: the messages in it, its sequence number, and what it acknowledges.
func (s *splice) segment(from Side, p *packet.Packet, a *announcer) (why string) {
	h := &p.TCP
	mine, other := &s.dir[from], &s.dir[1-from]
	if h.Flags.Has(packet.SYN) {
		if !h.Flags.Has(packet.ACK) && len(mine.list)+int(mine.base) != 0 {
			s.dir = [2]edits{} // a new connection of the same endpoints
		}
		s.scale[from] = 0
		if h.HasWS {
			s.scale[from] = min(h.WS, 14)
		}
		if h.HasMSS && h.MSS > 2*growth {
			h.MSS -= growth
		}
		mine.known, mine.next = true, h.Seq+1
		return ""
	}
	if p.Payload.Len > 0 {
		if why = mine.stream(p, a); why != "" {
			return why
		}
	} else {
		h.Seq = mine.forward(h.Seq)
	}
	if !h.Flags.Has(packet.ACK) {
		return ""
	}
	at, shift := other.back(h.Ack)
	// The receiver's window is in its own octets: what edits will add beyond the acknowledgement is not the sender's to use.
	if more := int32(other.total() - shift); more > 0 && !h.Flags.Has(packet.RST) {
		cut := (uint32(more) + 1<<s.scale[from] - 1) >> s.scale[from]
		h.Window -= uint16(min(cut, uint32(h.Window)))
	}
	for i := range min(int(h.NumSACK), len(h.SACK)) {
		h.SACK[i][0], h.SACK[i][1] = other.sackLeft(h.SACK[i][0]), other.sackRight(h.SACK[i][1])
	}
	h.Ack = at
	other.acked(at)
	return ""
}

// sackRight is where a block ends for the sender: before an edit that the receiver has in part.
func (e *edits) sackRight(seq uint32) uint32 {
	at, _ := e.back(seq)
	return at
}

// sackLeft is where a block begins: behind an edit that the receiver has in part.
func (e *edits) sackLeft(seq uint32) uint32 {
	at, shift := e.back(seq)
	if at+shift == seq {
		return at
	}
	for i := range e.list {
		if e.list[i].from == at {
			return e.list[i].to
		}
	}
	return at
}

// stream translates a segment with data.
func (e *edits) stream(p *packet.Packet, a *announcer) (why string) {
	seq, end := p.TCP.Seq, p.TCP.Seq+uint32(p.Payload.Len)
	if !e.known {
		e.known, e.next = true, seq
	}
	if less(e.next, seq) {
		// How much what is missing will grow is not known yet: only after it can this be placed.
		return "ALG waits for what comes before"
	}
	if less(e.next, end) {
		if !e.scan(p, int(e.next-seq), a) {
			return "ALG has too much under way"
		}
		e.next = end
	}
	e.replay(p, seq, end)
	return ""
}

// scan looks for whole messages in the data of a segment from an octet on, and notes those that change. A message that goes on in another segment passes
// as it is.
func (e *edits) scan(p *packet.Packet, first int, a *announcer) bool {
	for i := range p.Payload.Spans {
		if p.Payload.Spans[i].Bytes == nil {
			return true // nobody has written these octets
		}
	}
	b := p.Payload.Bytes()
	off := first + e.passed(b[first:])
	for off < len(b) {
		if b[off] == '\r' || b[off] == '\n' { // RFC 5626 §4.4.1: keep-alives between messages
			off++
			continue
		}
		n, known := lengthSIP(b[off:])
		if !known || n > len(b)-off {
			e.begun(b[off:], n, known)
			return true
		}
		if out, ok := rewriteSIP(b[off:off+n], a); ok {
			if len(e.list) >= maxEdits {
				return false
			}
			from := p.TCP.Seq + uint32(off)
			e.list = append(e.list, edit{from, from + uint32(n), out, e.total() + uint32(len(out)-n)})
		}
		off += n
	}
	return true
}

// begun notes a message that goes on in the next segment.
func (e *edits) begun(b []byte, n int, known bool) {
	if known {
		e.skip = n - len(b)
		return
	}
	e.head = append(e.head[:0], b...)
}

// passed returns how much of new data belongs to a message that began earlier.
func (e *edits) passed(b []byte) int {
	if len(e.head) > 0 {
		had := len(e.head)
		e.head = append(e.head, b...)
		n, known := lengthSIP(e.head)
		if !known {
			if len(e.head) > maxHead {
				e.head = e.head[:maxHead+1]
			}
			return len(b)
		}
		e.head, e.skip = e.head[:0], n-had
	}
	n := min(e.skip, len(b))
	e.skip -= n
	return n
}

// replay puts rewritten messages in the place of those of the segment, new or sent again. One that it has in part it gets
// whole, for the receiver's positions inside are others.
func (e *edits) replay(p *packet.Packet, seq, end uint32) {
	first := e.forward(seq)
	touched := false
	for i := range e.list {
		touched = touched || less(seq, e.list[i].to) && less(e.list[i].from, end)
	}
	p.TCP.Seq = first
	if !touched {
		return
	}
	var out packet.Payload
	at := seq
	for i := range e.list {
		x := &e.list[i]
		if !less(seq, x.to) || !less(x.from, end) {
			continue
		}
		if less(at, x.from) {
			out.AppendRange(p.Payload, int(at-seq), int(x.from-seq))
		}
		out.Append(packet.Bytes(x.text))
		at = x.to
	}
	if less(at, end) {
		out.AppendRange(p.Payload, int(at-seq), int(end-seq))
	}
	p.Payload = out
}
