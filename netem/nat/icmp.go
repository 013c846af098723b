package nat

import (
	"encoding/binary"

	"imsim/netem/packet"
)

var be = binary.BigEndian

// icmpError translates an ICMP error by the packet that it quotes (RFC 5508 §4). Errors never end or refresh anything
// (RFC 4787 REQ-12, RFC 5382 REQ-10, RFC 7857 §6).
func (t *Table) icmpError(from Side, p *packet.Packet) Verdict {
	q := p.ICMP.Quoted
	src, dst := q.Src, q.Dst
	if q.Proto == packet.ICMP || q.Proto == packet.ICMPv6 {
		id, ok := quotedID(p)
		if !ok {
			return Verdict{Action: Drop, Why: "ICMP error quotes nothing that is known"}
		}
		// The identifier belongs to whoever asked, inside.
		if from == Outside {
			src.Port = id
		} else {
			dst.Port = id
		}
	}
	if from == Outside {
		if !t.owns(p.Dst) || src.Addr != p.Dst {
			return Verdict{Action: Local}
		}
		// RFC 5508 REQ-4: the quoted packet went out, so its source is the external endpoint.
		slot := t.slotOf(q.Proto, src, dst)
		if slot < 0 {
			return Verdict{Action: Drop, Why: "ICMP error of no mapping"}
		}
		if i := t.findIn(q.Proto, src, dst); i >= 0 && t.sess[i].splice != nil {
			p.ICMP.QuotedSeq, _ = t.sess[i].splice.dir[Inside].back(p.ICMP.QuotedSeq)
		}
		in := t.maps[slot].in
		rewriteQuote(p, true, in, false)
		p.Dst = in.Addr
		return Verdict{Action: Forward}
	}
	// RFC 5508 REQ-5: the quoted packet came in, so its destination is the internal endpoint.
	i := t.findOut(q.Proto, dst, src)
	slot := int32(-1)
	if i >= 0 {
		slot = t.sess[i].m
	} else {
		slot = t.mappingOf(q.Proto, dst, src)
	}
	if slot < 0 {
		return Verdict{Action: Drop, Why: "ICMP error of no mapping"}
	}
	ext := t.maps[slot].ext
	rewriteQuote(p, false, ext, false)
	p.Src = ext.Addr
	if t.owns(p.Dst) {
		return t.turnError(p)
	}
	return Verdict{Action: Forward}
}

// turnError brings an error about a hairpinned packet back in (RFC 5508 REQ-7).
func (t *Table) turnError(p *packet.Packet) Verdict {
	q := p.ICMP.Quoted
	if t.of(q.Proto).Hairpinning == HairpinNone {
		return Verdict{Action: Drop, Why: "no hairpinning"}
	}
	if n := t.staticOf(p.Dst, true); n >= 0 {
		t.arrive(p, n)
		return Verdict{Action: Turn}
	}
	slot := t.slotOf(q.Proto, q.Src, q.Dst)
	if slot < 0 {
		return Verdict{Action: Drop, Why: "ICMP error of no mapping"}
	}
	in := t.maps[slot].in
	rewriteQuote(p, true, in, false)
	p.Dst = in.Addr
	return Verdict{Action: Turn}
}

// slotOf returns the mapping of an external endpoint, that of the session with a remote one if there is one.
func (t *Table) slotOf(proto packet.Proto, ext, remote packet.AddrPort) int32 {
	if i := t.findIn(proto, ext, remote); i >= 0 {
		return t.sess[i].m
	}
	if t.of(proto).PortOverloading {
		return -1 // it could be anybody's
	}
	return t.mappingAt(proto, ext)
}

// quotedID returns the identifier of a quoted echo.
func quotedID(p *packet.Packet) (uint16, bool) {
	b := p.Payload.Bytes()
	at := quotedNet(b)
	if at < 0 || len(b) < at+8 {
		return 0, false
	}
	return be.Uint16(b[at+4:]), true
}

// quotedNet returns how long the IP header of a quoted packet is, or -1. Extension headers are not looked into.
func quotedNet(b []byte) int {
	if len(b) < 1 {
		return -1
	}
	n := -1
	switch b[0] >> 4 {
	case 4:
		n = int(b[0]&15) * 4
	case 6:
		n = packet.IPv6HeaderLen
	}
	if n < packet.IPv4HeaderLen || len(b) < n {
		return -1
	}
	return n
}

// rewriteQuote puts an endpoint in the place of the quoted packet's source or destination, in the octets, too, with the
// checksums that cover it (RFC 5508 REQ-3, RFC 3022 §4.3). addrOnly leaves ports as they are.
func rewriteQuote(p *packet.Packet, source bool, a packet.AddrPort, addrOnly bool) {
	q := &p.ICMP.Quoted
	e := &q.Dst
	if source {
		e = &q.Src
	}
	e.Addr = a.Addr
	if !addrOnly && (q.Proto == packet.TCP || q.Proto == packet.UDP) {
		e.Port = a.Port
	}
	old := p.Payload.Bytes()
	n := quotedNet(old)
	if n < 0 || old[0]>>4 == 4 != a.Addr.Is4() {
		return
	}
	b := append([]byte(nil), old...) // octets of a payload never change
	raw, at, size := a.Addr.As16(), 8, 16
	if a.Addr.Is4() {
		at, size = 12, 4
	}
	if !source {
		at += size
	}
	var delta sumDelta
	delta.replace(b[at:at+size], raw[16-size:])
	if a.Addr.Is4() {
		delta.apply(b, 10, false)
	}
	field, check := n, -1
	switch q.Proto {
	case packet.TCP:
		check = n + 16
	case packet.UDP:
		check = n + 6
	case packet.ICMP, packet.ICMPv6:
		check = n + 2
		field = n + 4
		if q.Proto == packet.ICMP {
			delta = 0 // no pseudo header
		}
	}
	if q.Proto != packet.ICMP && q.Proto != packet.ICMPv6 && !source {
		field += 2
	}
	if check >= 0 && !addrOnly && len(b) >= field+2 {
		var port [2]byte
		be.PutUint16(port[:], a.Port)
		delta.replace(b[field:field+2], port[:])
	}
	if check >= 0 {
		delta.apply(b, check, q.Proto == packet.UDP)
	}
	p.Payload.Reset()
	p.Payload.Append(packet.Bytes(b))
}

// sumDelta is what octets that were replaced change in a one's complement sum (RFC 1624).
type sumDelta uint64

func (d *sumDelta) replace(b, by []byte) {
	for i := 0; i+1 < len(b); i += 2 {
		*d += sumDelta(^be.Uint16(b[i:])) + sumDelta(be.Uint16(by[i:]))
	}
	copy(b, by)
}

// apply changes the checksum at a place, where it is there. Zero means none in UDP over IPv4 (RFC 768).
func (d sumDelta) apply(b []byte, at int, udp bool) {
	if len(b) < at+2 || udp && be.Uint16(b[at:]) == 0 {
		return
	}
	x := uint64(^be.Uint16(b[at:])) + uint64(d)
	for x > 0xffff {
		x = x>>16 + x&0xffff
	}
	if udp && x == 0xffff {
		x = 0 // a sum that comes to zero is sent as all ones
	}
	be.PutUint16(b[at:], ^uint16(x))
}
