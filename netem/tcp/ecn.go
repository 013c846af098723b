package tcp

import "imsim/netem/packet"

// ECNMode selects Explicit Congestion Notification (RFC 3168).
type ECNMode uint8

// The modes of ECN.
const (
	ECNOff    ECNMode = iota
	ECNAccept         // used when the peer asks for it (Linux: tcp_ecn = 2)
	ECNOffer          // asked for too
)

// The code points of the two lowest bits of packet.Packet.TOS (RFC 3168 §5).
const (
	NotECT uint8 = iota
	ECT1
	ECT0
	CE
)

// CongestionExperienced tells the connection that the segment which Segment takes next came with the code point CE.
func (c *Conn) CongestionExperienced() {
	if c.ecn {
		c.echo = true // RFC 3168 §6.1.3: until the sender says CWR
		c.ceNow = true
	}
}

// fillECNSYN sets the bits of a SYN or SYN,ACK (RFC 3168 §6.1.1).
func (c *Conn) fillECNSYN(h *packet.TCPHeader) {
	switch {
	case h.Flags&packet.ACK != 0:
		if c.ecn {
			h.Flags |= packet.ECE
		}
	case c.cfg.ECN == ECNOffer && c.syns <= 1: // RFC 3168 §6.1.1.1: not again, in case it was dropped for this
		h.Flags |= packet.ECE | packet.CWR
		c.ecnAsked = true
	}
}

// takeECNSYN takes the bits of the peer's SYN or SYN,ACK.
func (c *Conn) takeECNSYN(h *packet.TCPHeader) {
	both := h.Flags & (packet.ECE | packet.CWR)
	if h.Flags&packet.ACK != 0 {
		c.ecn = c.ecnAsked && both == packet.ECE
	} else {
		c.ecn = c.cfg.ECN != ECNOff && both == packet.ECE|packet.CWR
	}
}

// arriveECN takes the bits of a segment before its octets.
func (c *Conn) arriveECN(h *packet.TCPHeader) {
	if !c.ecn {
		return
	}
	if h.Flags&packet.CWR != 0 {
		c.echo = c.ceNow // RFC 3168 §6.1.3
	}
	c.ceNow = false
	c.eceNow = h.Flags&packet.ECE != 0 && h.Ack != c.una
	if h.Flags&packet.ECE != 0 && c.respond() {
		c.cwr = true // RFC 3168 §6.1.2: told with the next new data
	}
}
