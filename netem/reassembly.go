package netem

import (
	"slices"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// Limits of reassembly, against peers that never complete a datagram.
const (
	maxIncomplete = 256   // datagrams of a host; the oldest gives way
	maxPieces     = 1024  // fragments of a datagram
	maxDatagram   = 65535 // octets behind the IP header
)

// fragmentKey tells datagrams apart (RFC 791 §3.2, RFC 8200 §4.5). The protocol counts in IPv4 only.
type fragmentKey struct {
	src, dst packet.Addr
	id       uint32
	proto    packet.Proto
}

// incomplete is a datagram of which fragments have arrived, in order of offset and without overlap.
type incomplete struct {
	key    fragmentKey
	expiry sim.Time
	pieces []*packet.Packet
	have   int // octets
	total  int // octets of the datagram behind the IP header; 0 until the last fragment has arrived
}

// reassembly is a host's incomplete datagrams, oldest first. All have the same lifetime, so the oldest expires first.
type reassembly struct {
	open []incomplete
}

func (a *reassembly) deadline() sim.Time {
	if len(a.open) == 0 {
		return sim.Never
	}
	return a.open[0].expiry
}

func (a *reassembly) find(k fragmentKey) int {
	for i := range a.open {
		if a.open[i].key == k {
			return i
		}
	}
	return -1
}

// reassemble takes a fragment and returns the datagram if that completes it, otherwise nil.
func (h *Host) reassemble(p *packet.Packet) *packet.Packet {
	k := fragmentKey{src: p.Src, dst: p.Dst, id: p.Frag.ID}
	if p.Dst.Is4() {
		k.proto = p.Proto
	}
	start, length := int(p.Frag.Offset), p.TransportLen()+p.Payload.Len
	// RFC 8200 §4.5: all but the last are multiples of eight octets, and a datagram has at most 65535.
	if length == 0 || p.Frag.More && length%8 != 0 || start+length > maxDatagram {
		h.ignore(p, "malformed fragment")
		return nil
	}
	i := h.asm.find(k)
	if i < 0 {
		i = h.openDatagram(k)
	}
	d := &h.asm.open[i]
	switch d.place(p, start, length) {
	case duplicate:
		h.ignore(p, "duplicate fragment")
		return nil
	case overlap:
		// RFC 5722 §4: the whole datagram is discarded silently. IPv4 does likewise here, as Linux does. [SIM]
		h.ignore(p, "overlapping fragment")
		h.closeDatagram(i, "overlapping fragments")
		return nil
	}
	if d.total == 0 || d.have < d.total {
		return nil
	}
	return h.complete(i, p.Cause)
}

// openDatagram makes room for a datagram and returns its index.
func (h *Host) openDatagram(k fragmentKey) int {
	if len(h.asm.open) == maxIncomplete {
		h.closeDatagram(0, "too many incomplete datagrams")
	}
	life := h.ReassemblyTimeout
	if life == 0 {
		life = 60 * time.Second
	}
	h.asm.open = append(h.asm.open, incomplete{key: k, expiry: h.net.K.Now().Add(life)})
	h.rearm()
	return len(h.asm.open) - 1
}

// What can become of a fragment.
const (
	placed = iota
	duplicate
	overlap
)

// place puts a fragment where it belongs.
func (d *incomplete) place(p *packet.Packet, start, length int) int {
	end := start + length
	at := len(d.pieces)
	for i, q := range d.pieces {
		from := int(q.Frag.Offset)
		to := from + q.TransportLen() + q.Payload.Len
		if from == start && to == end && q.Frag.More == p.Frag.More {
			return duplicate // RFC 8200 §4.5 allows to ignore an exact duplicate
		}
		if start < to && from < end {
			return overlap
		}
		if from >= end {
			at = i
			break
		}
	}
	last := !p.Frag.More
	if last && (d.total != 0 || at != len(d.pieces)) || d.total != 0 && end > d.total || len(d.pieces) == maxPieces {
		return overlap // contradicts what is there
	}
	if last {
		d.total = end
	}
	d.have += length
	d.pieces = append(d.pieces, nil)
	copy(d.pieces[at+1:], d.pieces[at:])
	d.pieces[at] = p
	return placed
}

// complete joins the fragments into the first one. The cause is that of the fragment that came last.
func (h *Host) complete(i int, why sim.Cause) *packet.Packet {
	d := &h.asm.open[i]
	p := d.pieces[0]
	for _, q := range d.pieces[1:] {
		p.Payload.AppendPayload(q.Payload)
		h.net.Pool.Put(q)
	}
	whole := int(p.Frag.Total)
	p.Frag = packet.Fragment{ID: p.Frag.ID, DF: p.Frag.DF}
	p.Cause = why
	h.asm.open = slices.Delete(h.asm.open, i, i+1)
	if p.Proto == packet.UDP && p.Payload.Len != whole {
		h.ignore(p, "UDP length differs from the datagram's") // RFC 1122 §4.1.3.4: what has the wrong checksum is discarded
		return nil
	}
	return p
}

// closeDatagram gives up a datagram.
func (h *Host) closeDatagram(i int, why string) {
	for _, q := range h.asm.open[i].pieces {
		h.ignore(q, why)
	}
	h.asm.open = slices.Delete(h.asm.open, i, i+1)
}

// expireReassembly gives up the datagrams whose time is over.
func (h *Host) expireReassembly(now sim.Time) {
	for len(h.asm.open) > 0 && h.asm.open[0].expiry <= now {
		// RFC 8200 §4.5, RFC 1122 §3.3.2: the source hears of it if the first fragment is there.
		if first := h.asm.open[0].pieces[0]; first.Frag.Offset == 0 && !h.Silent {
			h.sendError(first, icmpReassembly, 0)
		}
		h.closeDatagram(0, "reassembly timed out")
	}
}
