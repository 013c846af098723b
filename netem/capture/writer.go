package capture

import (
	"encoding/binary"
	"errors"
	"io"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// Epoch is virtual time zero on the wall (sim.Epoch) in nanoseconds.
const Epoch = sim.Epoch * uint64(time.Second)

// MaxPacket is the most octets of a packet that a capture holds; readers refuse more.
const MaxPacket = 262144

// LinkType says how an interface's packets begin (the pcap registry of link types).
type LinkType uint16

// Link types that we write.
const (
	Raw      LinkType = 101 // an IPv4 or IPv6 packet
	UpperPDU LinkType = 252 // tags and a message, see Writer.UpperPDU
)

// Options are a capture's settings. The zero value is valid but for Wire, without which Packet must not be called.
type Options struct {
	Application string // who wrote the file
	Comment     string // on the whole file
	SnapLen     int    // octets kept of each packet, 0: all
	// Wire appends a packet's wire octets to dst: (*packet.Packet).Marshal.
	Wire func(p *packet.Packet, dst []byte) []byte
}

// ID is an interface of a capture, numbered from 0 in the order of their making.
type ID uint32

// Writer writes one capture. It is for one goroutine. Its methods never fail; Close tells.
type Writer struct {
	w     io.Writer
	opt   Options
	snap  int
	buf   []byte
	names []byte // records of a name-resolution block that is due
	ifs   []counters
	last  sim.Time
	err   error
}

type counters struct{ packets uint64 }

// flushAt is the size at which the buffer goes out, in octets.
const flushAt = 64 << 10

var le = binary.LittleEndian

var errClosed = errors.New("capture: written after Close")

// Block types.
const (
	blockSection    = 0x0A0D0D0A
	blockInterface  = 1
	blockNames      = 4
	blockStatistics = 5
	blockPacket     = 6
	blockSecrets    = 0x0000000A
)

// Option codes.
const (
	optEnd           = 0
	optComment       = 1
	optApplication   = 4 // section
	optName          = 2 // interface
	optResolution    = 9 // interface
	optReceived      = 4 // statistics
	nameIPv4         = 1
	nameIPv6         = 2
	secretsTLSKeyLog = 0x544C534B
	nanoseconds      = 9
	inbound          = 1
	outbound         = 2
)

// NewWriter starts a capture on w.
func NewWriter(w io.Writer, opt Options) *Writer {
	c := &Writer{w: w, opt: opt, snap: MaxPacket, buf: make([]byte, 0, flushAt+4096)}
	if opt.SnapLen > 0 {
		c.snap = min(opt.SnapLen, MaxPacket)
	}
	at := c.begin(blockSection)
	c.buf = le.AppendUint32(c.buf, 0x1A2B3C4D)         // byte order
	c.buf = le.AppendUint16(c.buf, 1)                  // major
	c.buf = le.AppendUint16(c.buf, 0)                  // minor
	c.buf = le.AppendUint64(c.buf, 0xFFFFFFFFFFFFFFFF) // length not known
	if opt.Comment != "" {
		c.text(optComment, opt.Comment)
	}
	if opt.Application != "" {
		c.text(optApplication, opt.Application)
	}
	if opt.Comment != "" || opt.Application != "" {
		c.endOptions()
	}
	c.end(at)
	return c
}

// Interface adds a point of observation, e.g. "agw1.access"; for messages it is made with UpperPDU and named like
// "agw1.access/plain". comment may be empty.
func (c *Writer) Interface(name string, link LinkType, comment string) ID {
	at := c.begin(blockInterface)
	c.buf = le.AppendUint16(c.buf, uint16(link))
	c.buf = le.AppendUint16(c.buf, 0)
	c.buf = le.AppendUint32(c.buf, uint32(c.opt.SnapLen))
	if comment != "" {
		c.text(optComment, comment)
	}
	c.text(optName, name)
	c.buf = append(c.buf, optResolution, 0, 1, 0, nanoseconds, 0, 0, 0)
	c.endOptions()
	c.end(at)
	c.ifs = append(c.ifs, counters{})
	return ID(len(c.ifs) - 1)
}

// Packet records p as it passes interface id, out of the node or into it. comment may be empty.
func (c *Writer) Packet(id ID, at sim.Time, out bool, p *packet.Packet, comment string) {
	if c.err != nil {
		return
	}
	b := c.beginPacket(id, at)
	c.buf = c.opt.Wire(p, c.buf)
	c.endPacket(b)
	if comment != "" {
		c.text(optComment, comment)
	}
	direction := byte(inbound)
	if out {
		direction = outbound
	}
	// The rest is of fixed shape: flags, packet number, end of options, length of the block.
	const tail = "\x02\x00\x04\x00" + "\x00\x00\x00\x00" + "\x05\x00\x08\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00"
	c.buf = append(c.buf, tail...)
	o := c.buf[len(c.buf)-len(tail):]
	o[4] = direction
	le.PutUint64(o[12:], p.ID)
	c.end(b)
}

// Name gives an address the name that readers show.
func (c *Writer) Name(a packet.Addr, name string) {
	if c.err != nil {
		return
	}
	kind, size := uint16(nameIPv6), 16
	b := a.As16()
	octets := b[:]
	if a.Is4() {
		kind, size, octets = nameIPv4, 4, b[12:]
	}
	c.names = le.AppendUint16(c.names, kind)
	c.names = le.AppendUint16(c.names, uint16(size+len(name)+1))
	c.names = append(c.names, octets...)
	c.names = append(c.names, name...)
	c.names = append(c.names, 0)
	c.names = pad(c.names, len(c.names))
}

// Secrets adds lines of a TLS key log (SSLKEYLOGFILE), each ended by a line feed. Call it before the packets that need
// them are recorded.
func (c *Writer) Secrets(keylog string) {
	if keylog == "" || c.err != nil {
		return
	}
	at := c.begin(blockSecrets)
	c.buf = le.AppendUint32(c.buf, secretsTLSKeyLog)
	c.buf = le.AppendUint32(c.buf, uint32(len(keylog)))
	c.buf = append(c.buf, keylog...)
	c.buf = pad(c.buf, len(keylog))
	c.end(at)
}

// Close writes what is due, statistics of every interface and the rest of the buffer, and returns the first error. It
// does not close the underlying writer.
func (c *Writer) Close() error {
	if c.err == nil {
		c.writeNames()
		for id, n := range c.ifs {
			at := c.begin(blockStatistics)
			c.buf = le.AppendUint32(c.buf, uint32(id))
			c.time(c.last)
			c.buf = append(c.buf, optReceived, 0, 8, 0)
			c.buf = le.AppendUint64(c.buf, n.packets)
			c.endOptions()
			c.end(at)
		}
		c.flush()
	}
	err := c.err
	if err == nil {
		c.err = errClosed
	}
	if err == errClosed {
		return nil
	}
	return err
}

// Err returns the error that has stopped the capture, nil while there is none.
func (c *Writer) Err() error {
	if c.err == errClosed {
		return nil
	}
	return c.err
}
