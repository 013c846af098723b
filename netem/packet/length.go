package packet

// Sizes of headers in octets.
const (
	IPv4HeaderLen     = 20 // without options (RFC 791 §3.1)
	IPv6HeaderLen     = 40 // RFC 8200 §3
	FragmentHeaderLen = 8  // IPv6 only (RFC 8200 §4.5)
	TCPHeaderLen      = 20 // without options (RFC 9293 §3.1)
	UDPHeaderLen      = 8  // RFC 768
	ICMPHeaderLen     = 8  // RFC 792, RFC 4443 §2.1
)

// Len returns the octets of the whole IP packet, without making them.
func (p *Packet) Len() int {
	if p.Proto == TCP && p.Frag.Offset == 0 && p.Dst.Is4() { // nearly all of them
		return IPv4HeaderLen + TCPHeaderLen + p.TCP.OptionsLen() + p.Payload.Len
	}
	return p.NetLen() + p.TransportLen() + p.Payload.Len
}

// NetLen returns the octets of the IP header, with the IPv6 fragment header where there is one.
func (p *Packet) NetLen() int {
	switch {
	case p.Dst.Is4():
		return IPv4HeaderLen
	case p.Frag.IsFragment():
		return IPv6HeaderLen + FragmentHeaderLen
	}
	return IPv6HeaderLen
}

// TransportLen returns the octets of the transport header: none in a fragment that is not the first.
func (p *Packet) TransportLen() int {
	if p.Frag.Offset != 0 {
		return 0
	}
	switch p.Proto {
	case TCP:
		return TCPHeaderLen + p.TCP.OptionsLen()
	case UDP:
		return UDPHeaderLen
	case ICMP, ICMPv6:
		return ICMPHeaderLen
	}
	return 0
}

// OptionsLen returns the octets that the options take, padding included, in the order in which Linux writes them:
// MSS, SACK-permitted and timestamps, window scale, SACK blocks.
func (h *TCPHeader) OptionsLen() int {
	n := 0
	if h.HasTS {
		n = 12 // SACK-permitted takes the place of the two NOPs
	} else if h.SACKOK {
		n = 4
	}
	if h.HasMSS {
		n += 4
	}
	if h.HasWS {
		n += 4
	}
	if h.NumSACK > 0 {
		n += 4 + 8*int(h.NumSACK)
	}
	return n
}
