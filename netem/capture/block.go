package capture

import "imsim/sim"

// begin opens a block and returns where in the buffer it begins.
func (c *Writer) begin(kind uint32) int {
	at := len(c.buf)
	c.buf = le.AppendUint32(c.buf, kind)
	c.buf = le.AppendUint32(c.buf, 0)
	return at
}

// end closes the block that began at at, and empties the buffer when it is full.
func (c *Writer) end(at int) {
	n := uint32(len(c.buf) - at + 4)
	le.PutUint32(c.buf[at+4:], n)
	c.buf = le.AppendUint32(c.buf, n)
	if len(c.buf) >= flushAt {
		c.flush()
	}
}

func (c *Writer) flush() {
	if c.err == nil && len(c.buf) > 0 {
		if _, err := c.w.Write(c.buf); err != nil {
			c.err = err
		}
	}
	c.buf = c.buf[:0]
}

// beginPacket opens a packet block up to the packet's octets.
func (c *Writer) beginPacket(id ID, at sim.Time) int {
	if len(c.names) > 0 {
		c.writeNames()
	}
	c.ifs[id].packets++
	c.last = max(c.last, at)
	b := len(c.buf)
	var zeros [packetHead]byte
	c.buf = append(c.buf, zeros[:]...)
	h := c.buf[b : b+packetHead]
	t := Epoch + uint64(at)
	le.PutUint32(h[0:], blockPacket)
	le.PutUint32(h[8:], uint32(id))
	le.PutUint32(h[12:], uint32(t>>32))
	le.PutUint32(h[16:], uint32(t))
	return b
}

// packetHead is where the octets of a packet begin in its block: behind type and length of the block, interface, time,
// captured and original length.
const packetHead = 28

// endPacket cuts and pads the octets of the packet block at b and fills in their number.
func (c *Writer) endPacket(b int) {
	n := len(c.buf) - b - packetHead
	kept := min(n, c.snap)
	le.PutUint32(c.buf[b+20:], uint32(kept))
	le.PutUint32(c.buf[b+24:], uint32(n))
	c.buf = pad(c.buf[:b+packetHead+kept], kept)
}

func (c *Writer) time(at sim.Time) {
	t := Epoch + uint64(at)
	c.buf = le.AppendUint32(c.buf, uint32(t>>32))
	c.buf = le.AppendUint32(c.buf, uint32(t))
}

// maxText is the longest text of an option, in octets: its length has 16 bits.
const maxText = 65532

// text adds an option with a text; one that is too long is cut.
func (c *Writer) text(code uint16, s string) {
	s = s[:min(len(s), maxText)]
	c.buf = le.AppendUint16(c.buf, code)
	c.buf = le.AppendUint16(c.buf, uint16(len(s)))
	c.buf = append(c.buf, s...)
	c.buf = pad(c.buf, len(s))
}

func (c *Writer) endOptions() { c.buf = append(c.buf, optEnd, 0, 0, 0) }

// pad adds what is missing behind n octets to a multiple of four.
func pad(b []byte, n int) []byte {
	const zeros = "\x00\x00\x00"
	return append(b, zeros[:-n&3]...)
}

// writeNames writes the name-resolution block that is due.
func (c *Writer) writeNames() {
	if len(c.names) == 0 {
		return
	}
	at := c.begin(blockNames)
	c.buf = append(c.buf, c.names...)
	c.buf = append(c.buf, 0, 0, 0, 0) // end of records
	c.end(at)
	c.names = c.names[:0]
}
