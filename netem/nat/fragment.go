package nat

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// fragments is what becomes of the fragments of one datagram: only the first has ports, and all go its way (RFC 4787 §11).
type fragments struct {
	timed
	src, dst packet.Addr // as they come in
	id       uint32
	proto    packet.Proto
	from     Side
	known    bool // the first has been seen
	v        Verdict
	newSrc   packet.Addr
	newDst   packet.Addr
	waiting  [8]*packet.Packet // that came before it
	n        int
}

// fragment decides on a fragment.
func (t *Table) fragment(now sim.Time, from Side, p *packet.Packet) Verdict {
	if t.cfg.Fragments == FragmentsNone {
		return Verdict{Action: Drop, Why: "fragment"}
	}
	slot := t.fragmentsOf(now, from, p)
	if slot < 0 {
		return Verdict{Action: Drop, Why: "too many datagrams in fragments"}
	}
	f := &t.frags[slot]
	if p.Frag.Offset != 0 {
		return t.later(f, p)
	}
	v := t.whole(now, from, p)
	f.v, f.known, f.newSrc, f.newDst = v, true, p.Src, p.Dst
	if v.Action == Hold || v.Action == Refuse {
		f.v = Verdict{Action: Drop, Why: "fragment of what is refused"}
	}
	for i := range f.n {
		q := f.waiting[i]
		f.waiting[i] = nil
		if lv := t.later(f, q); lv.Action == Forward || lv.Action == Turn {
			to := 1 - from
			if lv.Action == Turn {
				to = Inside
			}
			t.out = append(t.out, Output{Kind: OutForward, Side: to, Packet: q, Why: q.Cause})
		} else {
			t.out = append(t.out, Output{Kind: OutDrop, Packet: q, Text: lv.Why, Why: q.Cause})
		}
	}
	f.n = 0
	return v
}

// later decides on a fragment that is not the first.
func (t *Table) later(f *fragments, p *packet.Packet) Verdict {
	if f.known {
		if f.v.Action == Forward || f.v.Action == Turn {
			p.Src, p.Dst = f.newSrc, f.newDst
		}
		return f.v
	}
	// RFC 4787 REQ-14: fragments come in any order.
	if t.cfg.Fragments == FragmentsInOrder || f.n == len(f.waiting) {
		return Verdict{Action: Drop, Why: "fragment before the first one"}
	}
	f.waiting[f.n] = p
	f.n++
	return Verdict{Action: Hold}
}

// fragmentsOf returns the entry of a fragment's datagram, or -1 where there is no room (RFC 4787 REQ-14a).
func (t *Table) fragmentsOf(now sim.Time, from Side, p *packet.Packet) int32 {
	slot := int32(-1)
	for i := range t.frags {
		f := &t.frags[i]
		if !f.live {
			slot = int32(i)
		} else if f.id == p.Frag.ID && f.src == p.Src && f.dst == p.Dst && f.proto == p.Proto && f.from == from {
			return int32(i)
		}
	}
	if slot < 0 {
		if len(t.frags) >= maxFragments {
			return -1
		}
		slot = int32(len(t.frags))
		t.frags = append(t.frags, fragments{})
	}
	t.gen++
	f := &t.frags[slot]
	*f = fragments{timed: timed{queued: sim.Never, gen: t.gen, live: true}, src: p.Src, dst: p.Dst, id: p.Frag.ID, proto: p.Proto, from: from}
	t.queue.arm(&f.timed, now.Add(fragmentWait), p.Cause, aFragment, slot)
	return slot
}

// forgetFragments lets go of a datagram.
func (t *Table) forgetFragments(slot int32) {
	f := &t.frags[slot]
	for i := range f.n {
		t.out = append(t.out, Output{Kind: OutDrop, Packet: f.waiting[i], Text: "first fragment never came", Why: f.waiting[i].Cause})
		f.waiting[i] = nil
	}
	f.live, f.n = false, 0
}
