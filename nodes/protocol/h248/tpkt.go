package h248

// tpktHeader is the length of a TPKT header: version 3, a reserved octet, the length of the packet in two octets.
const tpktHeader = 4

// AppendTPKT frames a message for TCP (H.248.1 Annex D.2, RFC 1006 §6). A message is not longer than MaxTCPMessage.
func AppendTPKT(dst, message []byte) []byte {
	n := len(message) + tpktHeader
	if n > 65535 {
		panic("h248: message longer than a TPKT packet")
	}
	return append(append(dst, 3, 0, byte(n>>8), byte(n)), message...)
}

// MaxTCPMessage is the longest message that a TPKT packet holds.
const MaxTCPMessage = 65535 - tpktHeader

// maxUDPMessage is the longest payload of an IPv4 datagram.
const maxUDPMessage = 65535 - 20 - 8

// NextTPKT takes the first message off a stream of octets: ok is false, and rest is stream, while it is not complete.
// bad reports that the stream is no TPKT stream; the connection is of no more use then.
func NextTPKT(stream []byte) (message, rest []byte, ok, bad bool) {
	if len(stream) > 0 && stream[0] != 3 {
		return nil, stream, false, true
	}
	if len(stream) < tpktHeader {
		return nil, stream, false, false
	}
	n := int(stream[2])<<8 | int(stream[3])
	if n < tpktHeader {
		return nil, stream, false, true
	}
	if len(stream) < n {
		return nil, stream, false, false
	}
	return stream[tpktHeader:n:n], stream[n:], true, false
}
