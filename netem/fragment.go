package netem

import (
	"imsim/netem/packet"
)

// fragment sends p in pieces that fit mtu (RFC 791 §3.2, RFC 8200 §4.5). p may be a fragment itself. A packet whose
// headers leave no room is dropped.
func (c *Core) fragment(p *packet.Packet, mtu int, send func(*packet.Packet)) {
	room := mtu - packet.IPv4HeaderLen
	if !p.Dst.Is4() {
		room = mtu - packet.IPv6HeaderLen - packet.FragmentHeaderLen
	}
	room &^= 7 // all but the last piece are multiples of eight octets
	transport := p.TransportLen()
	if room < max(8, transport) {
		c.net.Drops++
		c.net.drop(c.self, "router.drop", "MTU too small to fragment", p)
		return
	}
	if !p.Frag.IsFragment() {
		p.Frag.Total, p.Frag.Sum = uint16(p.Payload.Len), p.Payload.Sum()
	}
	for at := 0; at < transport+p.Payload.Len; at += room {
		end := min(at+room, transport+p.Payload.Len)
		q := c.net.get(c)
		id, pl := q.ID, q.Payload
		*q = *p
		q.ID, q.Payload = id, pl
		q.Frag.Offset = p.Frag.Offset + uint16(at)
		q.Frag.More = p.Frag.More || end < transport+p.Payload.Len
		if q.Frag.Offset != 0 {
			q.SrcPort, q.DstPort, q.TCP, q.ICMP = 0, 0, packet.TCPHeader{}, packet.ICMPHeader{}
			q.Frag.Total, q.Frag.Sum = 0, 0
		}
		q.Payload.AppendRange(p.Payload, max(0, at-transport), end-transport)
		send(q)
	}
	c.net.Pool.Put(p)
}
