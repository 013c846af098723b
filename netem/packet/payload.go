package packet

import "encoding/binary"

// Span is a run of octets: either real (Bytes holds them) or synthetic (Len octets of a pattern from Off on),
// so that a hundred megabytes cost nothing until somebody looks at them.
//
// Real octets are immutable once they are in a span: spans share them freely, on every hop and in every buffer.
type Span struct {
	Bytes   []byte  // nil for a synthetic span
	Len     int     // length in octets, also of a real span
	Pattern Pattern // synthetic only
	Off     uint64  // synthetic only: position of the first octet in the pattern
}

// Pattern names an endless stream of synthetic octets; see Pattern.At. The top bit marks the masked form of a pattern,
// which stands for the same octets under encryption.
type Pattern uint32

// Masked is the bit that tells a pattern's encrypted stand-in from the pattern itself.
const Masked Pattern = 1 << 31

// At returns octet number off of the pattern. Plain patterns are printable, so that a capture shows what they are.
func (p Pattern) At(off uint64) byte { return byte(p.word(off>>3) >> (8 * (off & 7))) }

// word returns the eight octets from position 8n on, the first in the lowest bits. Plain octets are letters: a byte x
// becomes 'a' + 26x/256, four bytes at a time.
func (p Pattern) word(n uint64) uint64 {
	x := (n + uint64(p)<<40) * 0x9e3779b97f4a7c15
	x ^= x >> 29
	x *= 0xbf58476d1ce4e5b9
	if p&Masked != 0 {
		return x
	}
	const even = 0x00ff00ff00ff00ff
	return ((x&even)*26>>8&even | (x>>8&even)*26&^even) + 0x6161616161616161
}

// Bytes makes a real span of b, which the caller must not change afterwards.
func Bytes(b []byte) Span { return Span{Bytes: b, Len: len(b)} }

// Synthetic makes a span of n octets of pattern p from position off on.
func Synthetic(p Pattern, off uint64, n int) Span { return Span{Len: n, Pattern: p, Off: off} }

// Slice returns the octets [from, to) of s without copying.
func (s Span) Slice(from, to int) Span {
	if s.Bytes != nil {
		return Span{Bytes: s.Bytes[from:to:to], Len: to - from}
	}
	return Span{Len: to - from, Pattern: s.Pattern, Off: s.Off + uint64(from)}
}

// AppendTo writes the octets out at the end of dst.
func (s Span) AppendTo(dst []byte) []byte {
	if s.Bytes != nil {
		return append(dst, s.Bytes...)
	}
	return s.Pattern.appendTo(dst, s.Off, s.Len)
}

// appendTo writes n octets from position off on, a word of eight at a time where possible.
func (p Pattern) appendTo(dst []byte, off uint64, n int) []byte {
	for ; n > 0 && off&7 != 0; n-- {
		dst = append(dst, p.At(off))
		off++
	}
	for ; n >= 8; n -= 8 {
		dst = binary.LittleEndian.AppendUint64(dst, p.word(off>>3))
		off += 8
	}
	for ; n > 0; n-- {
		dst = append(dst, p.At(off))
		off++
	}
	return dst
}

// Payload is a sequence of octets made of spans. The zero value is empty. Its methods keep Len equal to the sum of
// the spans' lengths. Copying the struct shares the spans' backing array, so a holder that appends owns its Payload alone.
type Payload struct {
	Spans []Span
	Len   int
}

// PayloadOf makes a payload of the given octets, which the caller must not change afterwards.
func PayloadOf(b []byte) Payload {
	if len(b) == 0 {
		return Payload{}
	}
	return Payload{Spans: []Span{Bytes(b)}, Len: len(b)}
}

// Append adds a span at the end, joining it to the last one where both are neighbours of one pattern.
func (p *Payload) Append(s Span) {
	if s.Len == 0 {
		return
	}
	p.Len += s.Len
	if n := len(p.Spans); n > 0 && s.Bytes == nil {
		if l := &p.Spans[n-1]; l.Bytes == nil && l.Pattern == s.Pattern && l.Off+uint64(l.Len) == s.Off {
			l.Len += s.Len
			return
		}
	}
	p.Spans = append(p.Spans, s)
}

// AppendPayload adds the spans of q at the end.
func (p *Payload) AppendPayload(q Payload) {
	for _, s := range q.Spans {
		p.Append(s)
	}
}

// AppendRange adds the octets [from, to) of q at the end. It panics when they are not all there.
func (p *Payload) AppendRange(q Payload, from, to int) {
	if from < 0 || to > q.Len || from > to {
		panic("packet: range outside the payload")
	}
	for _, s := range q.Spans {
		if to <= 0 {
			return
		}
		if from < s.Len {
			p.Append(s.Slice(max(from, 0), min(to, s.Len)))
		}
		from -= s.Len
		to -= s.Len
	}
}

// Drop removes the first n octets. It panics when there are fewer.
func (p *Payload) Drop(n int) {
	if n > p.Len {
		panic("packet: drop past the end")
	}
	p.Len -= n
	i := 0
	for ; n > 0 && p.Spans[i].Len <= n; i++ {
		n -= p.Spans[i].Len
	}
	p.Spans = p.Spans[i:]
	if n > 0 {
		p.Spans[0] = p.Spans[0].Slice(n, p.Spans[0].Len)
	}
}

// Reset empties p and keeps its backing array for reuse.
func (p *Payload) Reset() {
	for i := range p.Spans {
		if s := &p.Spans[i]; s.Bytes != nil { // not clear, which costs more than all the rest for one span
			s.Bytes = nil
		}
	}
	p.Spans, p.Len = p.Spans[:0], 0
}

// Bytes returns all octets in one slice: the payload's own where it is one real span, otherwise a new one.
func (p Payload) Bytes() []byte {
	if len(p.Spans) == 1 && p.Spans[0].Bytes != nil {
		return p.Spans[0].Bytes
	}
	return p.AppendTo(make([]byte, 0, p.Len))
}

// AppendTo writes all octets out at the end of dst.
func (p Payload) AppendTo(dst []byte) []byte {
	for _, s := range p.Spans {
		dst = s.AppendTo(dst)
	}
	return dst
}
