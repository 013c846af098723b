package packet

// ICMP types and codes that hosts and routers send (RFC 792, RFC 1122, RFC 1191).
const (
	EchoReply    = 0
	Unreachable  = 3
	Echo         = 8
	TimeExceeded = 11

	NetUnreachable  = 0 // codes of Unreachable
	HostUnreachable = 1
	PortUnreachable = 3
	FragNeeded      = 4
	Prohibited      = 13

	TTLExceeded        = 0 // codes of TimeExceeded, also in ICMPv6
	ReassemblyExceeded = 1
)

// ICMPv6 types and codes (RFC 4443).
const (
	Unreachable6  = 1
	PacketTooBig  = 2
	TimeExceeded6 = 3
	Echo6         = 128
	EchoReply6    = 129

	NoRoute6         = 0 // codes of Unreachable6
	Prohibited6      = 1
	AddrUnreachable6 = 3
	PortUnreachable6 = 4
)

// IsICMPError reports whether the packet is an ICMP or ICMPv6 error message, which quotes another packet.
func (p *Packet) IsICMPError() bool {
	switch p.Proto {
	case ICMP:
		t := p.ICMP.Type
		return t == Unreachable || t == TimeExceeded || t == 4 || t == 5 || t == 12 // RFC 1122 §3.2.2
	case ICMPv6:
		return p.ICMP.Type < 128 // RFC 4443 §2.1
	}
	return false
}

// Flow returns the five-tuple of the packet.
func (p *Packet) Flow() Flow {
	return Flow{AddrPort{p.Src, p.SrcPort}, AddrPort{p.Dst, p.DstPort}, p.Proto}
}

// Quote makes the packet quote q the way an error message does: as many octets as fit into what every path carries
// (RFC 1812 §4.3.2.3: 576 octets in all; RFC 4443 §2.4 (c): 1280), and the parsed five-tuple.
func (p *Packet) Quote(q *Packet) {
	p.ICMP.Quoted, p.ICMP.QuotedSeq = q.Flow(), q.TCP.Seq
	most := 576 - IPv4HeaderLen - ICMPHeaderLen
	if !q.Dst.Is4() {
		most = 1280 - IPv6HeaderLen - ICMPHeaderLen
	}
	b := q.Marshal(make([]byte, 0, q.Len()))
	p.Payload.Reset()
	p.Payload.Append(Bytes(b[:min(len(b), most)]))
}

// parseQuote reads the five-tuple out of a quoted packet, as far as it is there: RFC 792 promises eight octets.
func (h *ICMPHeader) parseQuote(b []byte) {
	var q Packet
	b, err := q.parseNet(b, true)
	if err != nil {
		return
	}
	if q.Frag.Offset == 0 && (q.Proto == TCP || q.Proto == UDP) && len(b) >= 8 {
		q.SrcPort, q.DstPort = be.Uint16(b), be.Uint16(b[2:])
		if q.Proto == TCP {
			h.QuotedSeq = be.Uint32(b[4:])
		}
	}
	h.Quoted = q.Flow()
}
