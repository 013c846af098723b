package nat

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// heldSYN is an unsolicited SYN that waits for an own SYN to cross it (RFC 5382 REQ-4).
type heldSYN struct {
	timed
	p *packet.Packet
}

// SYNHeld is why a SYN is dropped whose like is held.
const SYNHeld = "SYN is held already"

// hold keeps a SYN for six seconds.
func (t *Table) hold(now sim.Time, p *packet.Packet, why string) Verdict {
	slot := -1
	for i := range t.held {
		h := &t.held[i]
		if !h.live {
			slot = i
		} else if h.p.Src == p.Src && h.p.Dst == p.Dst && h.p.SrcPort == p.SrcPort && h.p.DstPort == p.DstPort {
			return Verdict{Action: Drop, Why: SYNHeld}
		}
	}
	if slot < 0 {
		if len(t.held) >= maxHeld {
			return Verdict{Action: Drop, Why: why}
		}
		slot = len(t.held)
		t.held = append(t.held, heldSYN{})
	}
	t.gen++
	h := &t.held[slot]
	*h = heldSYN{timed{queued: sim.Never, gen: t.gen, live: true}, p}
	t.queue.arm(&h.timed, now.Add(sixSeconds), p.Cause, aHeld, int32(slot))
	return Verdict{Action: Hold, Why: why}
}

// crossed drops the held SYN of a connection for which a SYN has been translated (RFC 5382 REQ-4b).
func (t *Table) crossed(ext, remote packet.AddrPort) {
	for i := range t.held {
		h := &t.held[i]
		if h.live && h.p.Src == remote.Addr && h.p.SrcPort == remote.Port && h.p.Dst == ext.Addr && h.p.DstPort == ext.Port {
			t.releaseSYN(int32(i), OutDrop)
		}
	}
}

// releaseSYN lets go of a held SYN.
func (t *Table) releaseSYN(slot int32, kind OutputKind) {
	h := &t.held[slot]
	t.out = append(t.out, Output{Kind: kind, Side: Outside, Answer: PortUnreachable, Packet: h.p, Text: "SYN was held", Why: h.why})
	h.live, h.p = false, nil
}
