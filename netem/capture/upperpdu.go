package capture

import (
	"encoding/binary"

	"imsim/netem/packet"
	"imsim/sim"
)

// Tags of exported PDUs (Wireshark's exported_pdu.h).
const (
	tagEnd       = 0
	tagDissector = 12
	tagIPv4Src   = 20
	tagIPv4Dst   = 21
	tagIPv6Src   = 22
	tagIPv6Dst   = 23
	tagPortType  = 24
	tagSrcPort   = 25
	tagDstPort   = 26
	portTypeTCP  = 2
)

var be = binary.BigEndian

// UpperPDU records one whole message of an upper layer, such as what a TLS record carried, on an interface of link type
// UpperPDU. dissector is Wireshark's name of its protocol: "msrp", "bfcp", "megaco", "sip". There is no reassembly.
func (c *Writer) UpperPDU(id ID, at sim.Time, dissector string, src, dst packet.AddrPort, message []byte) {
	if c.err != nil {
		return
	}
	b := c.beginPacket(id, at)
	c.pduTags(dissector, src, dst)
	c.buf = append(c.buf, message...)
	c.endPacket(b)
	c.end(b)
}

// UpperPayload is UpperPDU for a message made of spans.
func (c *Writer) UpperPayload(id ID, at sim.Time, dissector string, src, dst packet.AddrPort, message packet.Payload) {
	if c.err != nil {
		return
	}
	b := c.beginPacket(id, at)
	c.pduTags(dissector, src, dst)
	head := len(c.buf) - b - packetHead
	room := max(c.snap-head, 0)
	for _, s := range message.Spans { // only what is kept becomes real
		n := min(s.Len, room)
		c.buf = s.Slice(0, n).AppendTo(c.buf)
		room -= n
	}
	c.endPacket(b)
	le.PutUint32(c.buf[b+24:], uint32(min(head+message.Len, 1<<31-1)))
	c.end(b)
}

func (c *Writer) pduTags(dissector string, src, dst packet.AddrPort) {
	// Readers step over a value by its stated length alone, so the padding of the name counts as part of it.
	c.buf = be.AppendUint16(c.buf, tagDissector)
	c.buf = be.AppendUint16(c.buf, uint16((len(dissector)+3)&^3))
	c.buf = append(c.buf, dissector...)
	c.buf = pad(c.buf, len(dissector))
	if src.Addr.Is4() && dst.Addr.Is4() {
		c.address(tagIPv4Src, src.Addr, 12)
		c.address(tagIPv4Dst, dst.Addr, 12)
	} else {
		c.address(tagIPv6Src, src.Addr, 0)
		c.address(tagIPv6Dst, dst.Addr, 0)
	}
	c.number(tagPortType, portTypeTCP)
	c.number(tagSrcPort, uint32(src.Port))
	c.number(tagDstPort, uint32(dst.Port))
	c.buf = append(c.buf, tagEnd, 0, 0, 0)
}

func (c *Writer) address(tag uint16, a packet.Addr, from int) {
	b := a.As16()
	c.buf = be.AppendUint16(c.buf, tag)
	c.buf = be.AppendUint16(c.buf, uint16(16-from))
	c.buf = append(c.buf, b[from:]...)
}

func (c *Writer) number(tag uint16, v uint32) {
	c.buf = be.AppendUint16(c.buf, tag)
	c.buf = be.AppendUint16(c.buf, 4)
	c.buf = be.AppendUint32(c.buf, v)
}
