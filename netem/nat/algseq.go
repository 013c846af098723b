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
	reader
}

// edit is a rewritten message, [from, to) of the sender's stream. A position inside is in proportion, so that every part of it
// that the sender sends has its part of the new text, and grows as much as it is long.
type edit struct {
	from, to uint32
	text     []byte
	shift    uint32 // behind it
}

// at returns how much of the new text the first n octets stand for.
func (x *edit) at(n uint32) uint32 {
	return uint32(uint64(n) * uint64(len(x.text)) / uint64(x.to-x.from))
}

// upTo returns the greatest number of octets that the first n octets of the new text cover.
func (x *edit) upTo(n uint32) uint32 {
	return uint32(((uint64(n)+1)*uint64(x.to-x.from) - 1) / uint64(len(x.text)))
}

// behind returns the least number of octets whose new text is n octets or more.
func (x *edit) behind(n uint32) uint32 {
	return uint32((uint64(n)*uint64(x.to-x.from) + uint64(len(x.text)) - 1) / uint64(len(x.text)))
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

// forward returns where a position of the sender is for the receiver.
func (e *edits) forward(seq uint32) uint32 {
	shift := e.base
	for i := range e.list {
		x := &e.list[i]
		if less(seq, x.to) {
			if less(x.from, seq) {
				return x.from + shift + x.at(seq-x.from)
			}
			break
		}
		shift = x.shift
	}
	return seq + shift
}

// back returns where a position of the receiver is for the sender: inside an edit, the last one that it has all of. The shift
// is that before the edit.
func (e *edits) back(seq uint32) (at, shift uint32) {
	shift = e.base
	for i := range e.list {
		x := &e.list[i]
		if less(seq, x.to+x.shift) {
			if !less(seq, x.from+shift) {
				return x.from + x.upTo(seq-x.from-shift), shift
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

// segment translates a TCP segment: the messages in it, its sequence number, and what it acknowledges. hold says that the
// segment waits for the rest of a message.
func (s *splice) segment(from Side, p *packet.Packet, a *announcer) (hold bool, why string) {
	h := &p.TCP
	mine, other := &s.dir[from], &s.dir[1-from]
	if h.Flags.Has(packet.SYN) {
		if !h.Flags.Has(packet.ACK) && (len(mine.list)+len(mine.held) > 0 || mine.base != 0) {
			a.let(s)
			s.dir = [2]edits{} // a new connection of the same endpoints
			mine = &s.dir[from]
		}
		s.scale[from] = 0
		if h.HasWS {
			s.scale[from] = min(h.WS, 14)
		}
		if h.HasMSS && h.MSS > 2*growth {
			h.MSS -= growth
		}
		mine.known, mine.next = true, h.Seq+1
		return false, ""
	}
	if h.Flags.Has(packet.ACK) {
		s.acknowledge(from, h, other)
	}
	if p.Payload.Len > 0 {
		return mine.stream(p, a)
	}
	if h.Flags.Has(packet.FIN) && mine.known && less(mine.next, h.Seq) {
		return false, waitsForGap // where the stream ends for the receiver is not known yet
	}
	if len(mine.held) > 0 && h.Flags&(packet.FIN|packet.RST) != 0 {
		mine.pass(a) // nothing will complete the message
	}
	h.Seq = mine.forward(h.Seq)
	return false, ""
}

// acknowledge translates what a segment from a side says about the other side's stream.
func (s *splice) acknowledge(from Side, h *packet.TCPHeader, other *edits) {
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
}

// sackRight is where a block ends for the sender: the last position that the receiver has all before of.
func (e *edits) sackRight(seq uint32) uint32 {
	at, _ := e.back(seq)
	return at
}

// sackLeft is where a block begins: the first position that the receiver has all behind of.
func (e *edits) sackLeft(seq uint32) uint32 {
	shift := e.base
	for i := range e.list {
		x := &e.list[i]
		if less(seq, x.to+x.shift) {
			if less(x.from+shift, seq) {
				return x.from + x.behind(seq-x.from-shift)
			}
			break
		}
		shift = x.shift
	}
	return seq - shift
}

// replay puts the new text of rewritten messages in the place of what a segment has of them, new or sent again.
func (e *edits) replay(p *packet.Packet) {
	seq := p.TCP.Seq
	end := seq + uint32(p.Payload.Len)
	p.TCP.Seq = e.forward(seq)
	touched := false
	for i := range e.list {
		touched = touched || less(seq, e.list[i].to) && less(e.list[i].from, end)
	}
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
			at = x.from
		}
		till := x.to
		if less(end, till) {
			till = end
		}
		if text := x.text[x.at(at-x.from):x.at(till-x.from)]; len(text) > 0 {
			out.Append(packet.Bytes(text))
		}
		at = till
	}
	if less(at, end) {
		out.AppendRange(p.Payload, int(at-seq), int(end-seq))
	}
	p.Payload = out
}
