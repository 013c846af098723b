package packet

import "errors"

// What makes octets no packet.
var (
	ErrTruncated = errors.New("packet: fewer octets than the headers say")
	ErrVersion   = errors.New("packet: neither IPv4 nor IPv6")
	ErrHeader    = errors.New("packet: malformed header")
	ErrChecksum  = errors.New("packet: wrong checksum")
)

// IPv6 extension headers (RFC 8200 §4).
const (
	extHopByHop    = 0
	extRouting     = 43
	extFragment    = 44
	extDestination = 60
)

// Unmarshal fills p from the wire octets of one IP packet. The payload shares b, which the caller must not change
// afterwards. Octets behind the packet's own length (link-layer padding) are left out. Options of IPv4 and extension
// headers of IPv6 are skipped; the urgent pointer is dropped. On an error p is in no useful state.
func (p *Packet) Unmarshal(b []byte) error {
	b, err := p.parseNet(b, false)
	if err != nil {
		return err
	}
	return p.parseTransport(b)
}

// parseNet reads the IP header and returns what is behind it. A quoted packet may be cut short.
func (p *Packet) parseNet(b []byte, quoted bool) ([]byte, error) {
	if len(b) == 0 {
		return nil, ErrTruncated
	}
	p.Frag = Fragment{}
	switch b[0] >> 4 {
	case 4:
		return p.parseIPv4(b, quoted)
	case 6:
		return p.parseIPv6(b, quoted)
	}
	return nil, ErrVersion
}

func (p *Packet) parseIPv4(b []byte, quoted bool) ([]byte, error) {
	if len(b) < IPv4HeaderLen {
		return nil, ErrTruncated
	}
	ihl, total := int(b[0]&15)*4, int(be.Uint16(b[2:]))
	if ihl < IPv4HeaderLen || total < ihl {
		return nil, ErrHeader
	}
	if len(b) < ihl || !quoted && len(b) < total {
		return nil, ErrTruncated
	}
	if fold(sum(0, b[:ihl])) != 0xffff {
		return nil, ErrChecksum
	}
	p.TOS, p.TTL, p.Proto = b[1], b[8], Proto(b[9])
	f := be.Uint16(b[6:])
	p.Frag = Fragment{ID: uint32(be.Uint16(b[4:])), Offset: f & 0x1fff * 8, More: f&0x2000 != 0, DF: f&0x4000 != 0}
	p.Src = Addr{0, v4Mapped | uint64(be.Uint32(b[12:]))}
	p.Dst = Addr{0, v4Mapped | uint64(be.Uint32(b[16:]))}
	return b[ihl:min(total, len(b))], nil
}

func (p *Packet) parseIPv6(b []byte, quoted bool) ([]byte, error) {
	if len(b) < IPv6HeaderLen {
		return nil, ErrTruncated
	}
	total := IPv6HeaderLen + int(be.Uint16(b[4:]))
	if !quoted && len(b) < total {
		return nil, ErrTruncated
	}
	p.TOS, p.TTL = byte(be.Uint16(b)>>4), b[7]
	p.Src = Addr{be.Uint64(b[8:]), be.Uint64(b[16:])}
	p.Dst = Addr{be.Uint64(b[24:]), be.Uint64(b[32:])}
	if p.Src.Is4() || p.Dst.Is4() {
		return nil, ErrHeader // RFC 4038 §4.2: mapped addresses do not appear on the wire
	}
	next := b[6]
	b = b[IPv6HeaderLen:min(total, len(b))]
	for {
		switch next {
		case extHopByHop, extRouting, extDestination:
			if len(b) < 8 || len(b) < 8+8*int(b[1]) {
				return nil, ErrTruncated
			}
			next, b = b[0], b[8+8*int(b[1]):]
		case extFragment:
			if len(b) < FragmentHeaderLen {
				return nil, ErrTruncated
			}
			if p.Frag != (Fragment{}) {
				return nil, ErrHeader
			}
			f := be.Uint16(b[2:])
			p.Frag = Fragment{ID: be.Uint32(b[4:]), Offset: f &^ 7, More: f&1 != 0}
			next, b = b[0], b[FragmentHeaderLen:]
			if p.Frag.Offset != 0 {
				p.Proto = Proto(next)
				return b, nil
			}
		default:
			p.Proto = Proto(next)
			return b, nil
		}
	}
}

// parseTransport reads the transport header and keeps the rest as the payload.
func (p *Packet) parseTransport(b []byte) error {
	p.SrcPort, p.DstPort, p.TCP, p.ICMP = 0, 0, TCPHeader{}, ICMPHeader{}
	p.Payload.Reset()
	if p.Frag.Offset != 0 {
		p.Payload.Append(Bytes(b))
		return nil
	}
	header, whole := 0, len(b)
	switch p.Proto {
	case TCP:
		if len(b) < TCPHeaderLen {
			return ErrTruncated
		}
		header = int(b[12]>>4) * 4
		if header < TCPHeaderLen {
			return ErrHeader
		}
		if len(b) < header {
			return ErrTruncated
		}
		p.SrcPort, p.DstPort = be.Uint16(b), be.Uint16(b[2:])
		p.TCP.parse(b[:header])
	case UDP:
		if len(b) < UDPHeaderLen {
			return ErrTruncated
		}
		header, whole = UDPHeaderLen, int(be.Uint16(b[4:]))
		if whole < header || !p.Frag.More && whole > len(b) {
			return ErrHeader
		}
		if !p.Frag.More {
			b = b[:whole]
		}
		p.SrcPort, p.DstPort = be.Uint16(b), be.Uint16(b[2:])
	case ICMP, ICMPv6:
		if len(b) < ICMPHeaderLen {
			return ErrTruncated
		}
		header = ICMPHeaderLen
		p.ICMP = ICMPHeader{Type: b[0], Code: b[1], MTU: be.Uint32(b[4:])}
		if p.IsICMPError() {
			p.ICMP.parseQuote(b[header:])
		}
	default:
		p.Payload.Append(Bytes(b))
		return nil
	}
	p.Payload.Append(Bytes(b[header:]))
	return p.verify(b, header, whole)
}

// verify checks the transport checksum; for a first fragment, which has not all octets, it works out their sum instead.
func (p *Packet) verify(b []byte, header, whole int) error {
	if p.Proto == UDP && p.Dst.Is4() && be.Uint16(b[6:]) == 0 {
		p.Frag.Total = uint16(whole - header)
		return nil // RFC 768: the sender made no checksum
	}
	var acc uint64
	if p.Proto != ICMP {
		acc = pseudo(p.Src, p.Dst, p.Proto, whole)
	}
	if p.Frag.More {
		p.Frag.Total = uint16(whole - header)
		p.Frag.Sum = ^fold(sum(acc, b[:header]))
		return nil
	}
	p.Frag.Total = 0
	if fold(sum(acc, b)) != 0xffff {
		return ErrChecksum
	}
	return nil
}

// parse reads a header whose length has been checked. An option that does not fit ends the list (RFC 9293 §3.1, MUST-7).
func (h *TCPHeader) parse(b []byte) {
	h.Seq, h.Ack = be.Uint32(b[4:]), be.Uint32(b[8:])
	h.Flags, h.Window = Flags(b[13]), be.Uint16(b[14:])
	for o := b[TCPHeaderLen:]; len(o) > 0 && o[0] != optEnd; {
		if o[0] == optNOP {
			o = o[1:]
			continue
		}
		if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
			return
		}
		n := int(o[1])
		switch {
		case o[0] == optMSS && n == 4:
			h.HasMSS, h.MSS = true, be.Uint16(o[2:])
		case o[0] == optWS && n == 3:
			h.HasWS, h.WS = true, o[2]
		case o[0] == optSACKOK && n == 2:
			h.SACKOK = true
		case o[0] == optTS && n == 10:
			h.HasTS, h.TSVal, h.TSEcr = true, be.Uint32(o[2:]), be.Uint32(o[6:])
		case o[0] == optSACK && n%8 == 2 && n > 2 && n <= 34:
			h.NumSACK = uint8(n / 8)
			for i := range h.NumSACK {
				h.SACK[i] = [2]uint32{be.Uint32(o[2+8*i:]), be.Uint32(o[6+8*i:])}
			}
		}
		o = o[n:]
	}
}
