package packet

import (
	"encoding/binary"
	"math/bits"
)

// sum adds the octets of b to a one's complement sum that is kept unfolded (RFC 1071 §2). Every piece but the last
// must have an even number of octets; an odd last octet counts as if a zero followed.
func sum(acc uint64, b []byte) uint64 {
	var c uint64
	for len(b) >= 32 {
		acc, c = bits.Add64(acc, binary.BigEndian.Uint64(b), 0)
		acc, c = bits.Add64(acc, binary.BigEndian.Uint64(b[8:]), c)
		acc, c = bits.Add64(acc, binary.BigEndian.Uint64(b[16:]), c)
		acc, c = bits.Add64(acc, binary.BigEndian.Uint64(b[24:]), c)
		acc, c = bits.Add64(acc, 0, c)
		acc += c
		b = b[32:]
	}
	for len(b) >= 2 {
		acc, c = bits.Add64(acc, uint64(binary.BigEndian.Uint16(b)), 0)
		acc += c
		b = b[2:]
	}
	if len(b) == 1 {
		acc, c = bits.Add64(acc, uint64(b[0])<<8, 0)
		acc += c
	}
	return acc
}

// fold reduces a sum to sixteen bits.
func fold(acc uint64) uint16 {
	acc = acc>>32 + acc&0xffffffff
	acc = acc>>32 + acc&0xffffffff
	acc = acc>>16 + acc&0xffff
	acc = acc>>16 + acc&0xffff
	return uint16(acc)
}

// pseudo sums the pseudo header: RFC 9293 §3.1 for IPv4, RFC 8200 §8.1 for IPv6.
func pseudo(src, dst Addr, proto Proto, length int) uint64 {
	s, d := src.As16(), dst.As16()
	acc := uint64(proto) + uint64(length)
	if src.Is4() {
		return sum(sum(acc, s[12:]), d[12:])
	}
	return sum(sum(acc, s[:]), d[:])
}

// Sum returns the one's complement sum of the payload's octets, not complemented, synthetic ones included.
func (p Payload) Sum() uint16 {
	var acc uint64
	var block [256]byte
	buf := block[:0]
	for _, s := range p.Spans {
		for at := 0; at < s.Len; {
			n := min(s.Len-at, cap(block[:])-len(buf))
			buf = s.Slice(at, at+n).AppendTo(buf)
			at += n
			if len(buf) == len(block) {
				acc = sum(acc, buf)
				buf = block[:0]
			}
		}
	}
	return fold(sum(acc, buf))
}
