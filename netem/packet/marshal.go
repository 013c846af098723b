package packet

import "encoding/binary"

var be = binary.BigEndian

// Marshal appends the packet's wire octets to dst, with correct lengths and checksums. Of a damaged packet one bit is
// wrong.
//
// The checksum of a first fragment covers the octets of the whole datagram: they are taken from Frag.Total and Frag.Sum.
func (p *Packet) Marshal(dst []byte) []byte {
	at := len(dst)
	dst = p.intact(dst)
	if n := len(dst) - at; p.Damaged && n > 0 {
		bit := int(p.Flipped) % (8 * n) // a fragment of a damaged packet may be shorter
		dst[at+bit/8] ^= 0x80 >> (bit % 8)
	}
	return dst
}

// intact appends the octets as the sender meant them.
func (p *Packet) intact(dst []byte) []byte {
	if p.Dst.Is4() {
		dst = p.appendIPv4(dst)
	} else {
		dst = p.appendIPv6(dst)
	}
	if p.Frag.Offset != 0 {
		return p.Payload.AppendTo(dst)
	}
	at := len(dst)
	check := 0 // where in the transport header the checksum is
	switch p.Proto {
	case TCP:
		dst = be.AppendUint16(dst, p.SrcPort)
		dst = be.AppendUint16(dst, p.DstPort)
		dst = p.TCP.appendTo(dst)
		check = 16
	case UDP:
		dst = be.AppendUint16(dst, p.SrcPort)
		dst = be.AppendUint16(dst, p.DstPort)
		dst = be.AppendUint16(dst, uint16(UDPHeaderLen+p.datagramLen()))
		dst = append(dst, 0, 0)
		check = 6
	case ICMP, ICMPv6:
		dst = append(dst, p.ICMP.Type, p.ICMP.Code, 0, 0)
		dst = be.AppendUint32(dst, p.ICMP.MTU)
		check = 2
	default:
		return p.Payload.AppendTo(dst)
	}
	header := len(dst) - at
	dst = p.Payload.AppendTo(dst)
	acc := p.pseudoSum(header)
	if p.Frag.More {
		acc = sum(acc, dst[at:at+header]) + uint64(p.Frag.Sum)
	} else {
		acc = sum(acc, dst[at:])
	}
	c := ^fold(acc)
	if c == 0 && p.Proto == UDP {
		c = 0xffff // RFC 768: zero means that there is no checksum
	}
	be.PutUint16(dst[at+check:], c)
	return dst
}

// datagramLen returns the octets behind the transport header of the whole datagram.
func (p *Packet) datagramLen() int {
	if p.Frag.More {
		return int(p.Frag.Total)
	}
	return p.Payload.Len
}

// pseudoSum sums the pseudo header, which ICMP for IPv4 does without (RFC 792; RFC 4443 §2.3).
func (p *Packet) pseudoSum(header int) uint64 {
	if p.Proto == ICMP {
		return 0
	}
	return pseudo(p.Src, p.Dst, p.Proto, header+p.datagramLen())
}

// appendIPv4 writes an IPv4 header (RFC 791 §3.1).
func (p *Packet) appendIPv4(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, 0x45, p.TOS)
	dst = be.AppendUint16(dst, uint16(p.Len()))
	dst = be.AppendUint16(dst, uint16(p.Frag.ID))
	f := p.Frag.Offset / 8
	if p.Frag.DF {
		f |= 0x4000
	}
	if p.Frag.More {
		f |= 0x2000
	}
	dst = be.AppendUint16(dst, f)
	dst = append(dst, p.TTL, byte(p.Proto), 0, 0)
	s, d := p.Src.As16(), p.Dst.As16()
	dst = append(dst, s[12:]...)
	dst = append(dst, d[12:]...)
	be.PutUint16(dst[at+10:], ^fold(sum(0, dst[at:])))
	return dst
}

// appendIPv6 writes an IPv6 header (RFC 8200 §3), and a fragment header where needed (§4.5). The flow label is zero.
func (p *Packet) appendIPv6(dst []byte) []byte {
	dst = be.AppendUint32(dst, 6<<28|uint32(p.TOS)<<20)
	dst = be.AppendUint16(dst, uint16(p.Len()-IPv6HeaderLen))
	next := byte(p.Proto)
	if p.Frag.IsFragment() {
		next = extFragment
	}
	dst = append(dst, next, p.TTL)
	s, d := p.Src.As16(), p.Dst.As16()
	dst = append(dst, s[:]...)
	dst = append(dst, d[:]...)
	if p.Frag.IsFragment() {
		f := p.Frag.Offset
		if p.Frag.More {
			f |= 1
		}
		dst = append(dst, byte(p.Proto), 0)
		dst = be.AppendUint16(dst, f)
		dst = be.AppendUint32(dst, p.Frag.ID)
	}
	return dst
}

// TCP option kinds (IANA tcp-parameters).
const (
	optEnd    = 0
	optNOP    = 1
	optMSS    = 2
	optWS     = 3
	optSACKOK = 4
	optSACK   = 5
	optTS     = 8
)

// appendTo writes the header from the sequence number on, checksum zero.
func (h *TCPHeader) appendTo(dst []byte) []byte {
	dst = be.AppendUint32(dst, h.Seq)
	dst = be.AppendUint32(dst, h.Ack)
	dst = append(dst, byte((TCPHeaderLen+h.OptionsLen())/4)<<4, byte(h.Flags))
	dst = be.AppendUint16(dst, h.Window)
	dst = append(dst, 0, 0, 0, 0)
	if h.HasMSS {
		dst = append(dst, optMSS, 4)
		dst = be.AppendUint16(dst, h.MSS)
	}
	if h.SACKOK || h.HasTS {
		if h.SACKOK && h.HasTS {
			dst = append(dst, optSACKOK, 2)
		} else {
			dst = append(dst, optNOP, optNOP)
		}
	}
	if h.HasTS {
		dst = append(dst, optTS, 10)
		dst = be.AppendUint32(dst, h.TSVal)
		dst = be.AppendUint32(dst, h.TSEcr)
	} else if h.SACKOK {
		dst = append(dst, optSACKOK, 2)
	}
	if h.HasWS {
		dst = append(dst, optNOP, optWS, 3, h.WS)
	}
	if h.NumSACK > 0 {
		dst = append(dst, optNOP, optNOP, optSACK, 2+8*h.NumSACK)
		for _, b := range h.SACK[:h.NumSACK] {
			dst = be.AppendUint32(dst, b[0])
			dst = be.AppendUint32(dst, b[1])
		}
	}
	return dst
}
