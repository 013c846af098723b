package netem

import (
	"bytes"
	"strconv"

	"imsim/netem/packet"
)

// describe puts a packet in one line for the trace: protocol, addresses, TCP flags, length of the payload, and the TLS
// records that begin with the payload, as type or type/handshake message ("22/1" is a ClientHello; RFC 5246 §6.2.1, §7.4),
// or the method or status of an MSRP message that does (RFC 4975 §9).
func describe(p *packet.Packet) string {
	b := make([]byte, 0, 96)
	proto := "IP"
	switch p.Proto {
	case packet.TCP:
		proto = "TCP "
	case packet.UDP:
		proto = "UDP "
	case packet.ICMP, packet.ICMPv6:
		proto = "ICMP "
	}
	b = append(b, proto...)
	b = append(b, packet.AddrPort{Addr: p.Src, Port: p.SrcPort}.String()...)
	b = append(b, " > "...)
	b = append(b, packet.AddrPort{Addr: p.Dst, Port: p.DstPort}.String()...)
	if p.Proto == packet.TCP {
		b = append(b, ' ')
		b = append(b, p.TCP.Flags.String()...)
		b = append(b, " seq "...)
		b = strconv.AppendUint(b, uint64(p.TCP.Seq), 10)
	}
	b = append(b, " len "...)
	b = strconv.AppendInt(b, int64(p.Payload.Len), 10)
	if p.Proto == packet.TCP {
		b = appendTLS(b, p.Payload)
		b = appendMSRP(b, p.Payload)
	}
	return string(b)
}

func appendTLS(b []byte, p packet.Payload) []byte {
	const head = 5
	for off, n := 0, 0; off+head < p.Len && n < 8; n++ {
		r := at(p, off, head+1)
		if r[0] < 20 || r[0] > 23 || r[1] != 3 || r[2] > 4 {
			return b
		}
		if n == 0 {
			b = append(b, " tls"...)
		}
		b = append(b, ' ')
		b = strconv.AppendUint(b, uint64(r[0]), 10)
		if r[0] == 22 {
			b = append(b, '/')
			b = strconv.AppendUint(b, uint64(r[head]), 10)
		}
		off += head + int(r[3])<<8 + int(r[4])
	}
	return b
}

func appendMSRP(b []byte, p packet.Payload) []byte {
	const start = "MSRP "
	if p.Len < len(start) || string(at(p, 0, len(start))) != start {
		return b
	}
	line, _, _ := bytes.Cut(at(p, 0, min(p.Len, 80)), []byte("\r\n"))
	f := bytes.Fields(line) // MSRP transaction method-or-status
	if len(f) < 3 {
		return b
	}
	b = append(b, " msrp "...)
	return append(b, f[2]...)
}

// at returns n octets of a payload from off.
func at(p packet.Payload, off, n int) []byte {
	var q packet.Payload
	q.AppendRange(p, off, off+n)
	return q.Bytes()
}
