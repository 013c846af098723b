package msrp

import (
	"slices"

	"imsim/netem/packet"
)

// assembly puts the chunks of a message together in any order (RFC 4975 §7.3.1). Where chunks overlap, what came last
// wins. It holds spans, not octets.
type assembly struct {
	pieces []piece // by position, not overlapping; neighbours that touch are one piece
	have   int64   // octets in all pieces
}

type piece struct {
	at, len int64
	data    packet.Payload // empty when bodies are discarded
}

func (p *piece) end() int64 { return p.at + p.len }

// put adds a span at position at, from 0. discard keeps the count only.
func (a *assembly) put(at int64, b packet.Span, discard bool) {
	n := int64(b.Len)
	if n == 0 {
		return
	}
	if l := len(a.pieces); l > 0 && a.pieces[l-1].end() == at { // the usual case: in order
		a.pieces[l-1].add(b, discard)
		a.have += n
		return
	}
	a.cut(at, at+n)
	i := 0
	for i < len(a.pieces) && a.pieces[i].end() <= at {
		i++
	}
	p := piece{at: at}
	p.add(b, discard)
	a.have += n
	a.pieces = slices.Insert(a.pieces, i, p)
	a.join(i)
	if i > 0 {
		a.join(i - 1)
	}
}

func (p *piece) add(b packet.Span, discard bool) {
	p.len += int64(b.Len)
	if !discard {
		p.data.Append(b)
	}
}

// cut removes the octets [from, to).
func (a *assembly) cut(from, to int64) {
	for i := 0; i < len(a.pieces); {
		p := &a.pieces[i]
		lo, hi := max(p.at, from), min(p.end(), to)
		if lo >= hi {
			i++
			continue
		}
		a.have -= hi - lo
		left, right := p.part(p.at, lo), p.part(hi, p.end())
		a.pieces = slices.Delete(a.pieces, i, i+1)
		for _, q := range [2]piece{left, right} {
			if q.len > 0 {
				a.pieces = slices.Insert(a.pieces, i, q)
				i++
			}
		}
	}
}

func (p *piece) part(from, to int64) piece {
	q := piece{at: from, len: to - from}
	if p.data.Len > 0 && q.len > 0 {
		q.data.AppendRange(p.data, int(from-p.at), int(to-p.at))
	}
	return q
}

// join makes pieces i and i+1 one when they touch.
func (a *assembly) join(i int) {
	if i+1 >= len(a.pieces) || a.pieces[i].end() != a.pieces[i+1].at {
		return
	}
	a.pieces[i].len += a.pieces[i+1].len
	a.pieces[i].data.AppendPayload(a.pieces[i+1].data)
	a.pieces = slices.Delete(a.pieces, i+1, i+2)
}

// payload returns the first total octets; they are all there.
func (a *assembly) payload(total int64) packet.Payload {
	if len(a.pieces) == 0 {
		return packet.Payload{}
	}
	d := a.pieces[0].data
	if int64(d.Len) <= total {
		return d
	}
	var q packet.Payload
	q.AppendRange(d, 0, int(total))
	return q
}
