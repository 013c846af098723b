package packet

import "imsim/sim"

// Proto is the IP protocol number (IANA protocol-numbers).
type Proto uint8

// The transport protocols that hosts speak.
const (
	ICMP   Proto = 1
	TCP    Proto = 6
	UDP    Proto = 17
	ICMPv6 Proto = 58
)

// Packet is an IP packet with its transport header, parsed once and passed by pointer from hop to hop. It comes from a
// Pool and goes back to it where it is consumed or dropped. Wire octets and checksums exist only where somebody asks
// for them (Marshal): at a capture and at the edge to the real world.
type Packet struct {
	// What every hop looks at comes first: it is in the first two cache lines, and what few packets have in the last.
	Src, Dst         Addr
	SrcPort, DstPort uint16 // TCP and UDP
	Proto            Proto
	TTL              uint8 // hop limit in IPv6
	TOS              uint8 // DSCP and ECN; traffic class in IPv6
	Damaged          bool  // a bit has been flipped on the way: the checksum is wrong
	Frag             Fragment
	Cause            sim.Cause // what made the sender send it, moved on by every hop
	Payload          Payload   // octets behind the transport header; for a later fragment, raw octets of the datagram
	TCP              TCPHeader

	ID     uint64   // number of the packet in the run, the same on every hop; for observers
	Queued sim.Time // when it entered the queue that it waits in, where the queue is a netem.Discipline
	ICMP   ICMPHeader

	Flipped uint32 // which bit, where Damaged, counted from the first of the packet
	_       uint32 // to 256 octets, so that packets begin with a cache line
}

// Flags are the TCP control bits (RFC 9293 §3.1, RFC 3168).
type Flags uint8

// The TCP control bits.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// Has reports whether all bits of g are set in f.
func (f Flags) Has(g Flags) bool { return f&g == g }

// String lists the flags the way packet analysers abbreviate them, e.g. "S." for SYN,ACK.
func (f Flags) String() string {
	const names = "FSRP.UEW"
	b := make([]byte, 0, 8)
	for i := range 8 {
		if f&(1<<i) != 0 {
			b = append(b, names[i])
		}
	}
	return string(b)
}

// TCPHeader is a TCP header without ports and checksum (RFC 9293 §3.1), options parsed.
type TCPHeader struct {
	Seq, Ack uint32
	Flags    Flags
	Window   uint16
	HasMSS   bool
	HasWS    bool
	SACKOK   bool
	HasTS    bool
	MSS      uint16
	WS       uint8
	NumSACK  uint8
	TSVal    uint32
	TSEcr    uint32
	SACK     [4][2]uint32 // blocks [left, right), the first NumSACK are valid
}

// ICMPHeader is the head of an ICMP or ICMPv6 message; what it quotes is in the packet's payload and, parsed, in Quoted.
type ICMPHeader struct {
	Type, Code uint8
	MTU        uint32 // octets 4 to 7: the MTU in fragmentation needed and Packet Too Big, identifier and number in Echo
	Quoted     Flow   // transport addresses of the packet that an error message quotes
	QuotedSeq  uint32 // TCP sequence number in the quotation
}

// Flow is the five-tuple of a packet, as its sender sees it.
type Flow struct {
	Src, Dst AddrPort
	Proto    Proto
}

// Fragment is the fragmentation state of a packet (RFC 791 §2.3, RFC 8200 §4.5).
type Fragment struct {
	ID     uint32
	Offset uint16 // octets, a multiple of 8
	More   bool
	DF     bool // IPv4 only; IPv6 routers never fragment

	// Of the whole datagram, in its first fragment: its transport header counts and sums octets that are elsewhere.
	Total uint16 // octets behind the transport header
	Sum   uint16 // their one's complement sum, as Payload.Sum
}

// IsFragment reports whether the packet is one of several fragments.
func (f Fragment) IsFragment() bool { return f.More || f.Offset != 0 }
