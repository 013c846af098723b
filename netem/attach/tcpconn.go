package attach

import (
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/pion/transport/v2"
	"github.com/pion/transport/v2/deadline"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
)

// TCPConn is a TCP connection of a simulated host, with the semantics of net.TCPConn. Octets stay in the simulated
// connection until they are read, so that a slow reader shuts the window and a full send buffer blocks the writer.
type TCPConn struct {
	host          *Host
	network       string
	local, remote *net.TCPAddr
	rd, wr        *deadline.Deadline
	rdTurn        chan struct{}
	wrTurn        chan struct{}
	closed        chan struct{}
	once          sync.Once

	// The kernel's goroutine alone touches what follows.
	s         *netem.Stream
	from      *Listener // that has not handed the connection out yet
	opening   *call     // of who dials
	reading   *call
	into      []byte // of reading
	writing   *call
	rest      packet.Payload // of writing
	err       error          // why the connection ended before its time
	over      bool           // EvClosed has been
	finished  bool           // the peer's FIN is in
	noReader  bool           // CloseRead
	noWriter  bool           // CloseWrite
	abortive  bool           // SetLinger(0)
	forgotten bool           // Close
}

var _ transport.TCPConn = (*TCPConn)(nil)

func newTCPConn(h *Host, network string) *TCPConn {
	return &TCPConn{
		host: h, network: network, rd: deadline.New(), wr: deadline.New(),
		rdTurn: make(chan struct{}, 1), wrTurn: make(chan struct{}, 1), closed: make(chan struct{}),
	}
}

// begin gives the connection its stream.
func (c *TCPConn) begin(s *netem.Stream) {
	c.s, c.local, c.remote = s, tcpAddr(s.Local()), tcpAddr(s.Remote())
}

func (c *TCPConn) opError(op string, err error) error {
	return opError(op, c.network, c.local, c.remote, err)
}

// Read implements net.Conn. It returns what is there, and waits only where nothing is.
func (c *TCPConn) Read(b []byte) (int, error) {
	a, dl := c.host.attached, c.rd.Done()
	if err := a.acquire(c.rdTurn, dl, c.closed); err != nil {
		return 0, c.opError("read", err)
	}
	defer func() { <-c.rdTurn }()
	if len(b) == 0 {
		return 0, nil
	}
	q := newCall()
	a.in.Inject(func() {
		c.reading, c.into = q, b
		c.progressRead()
	})
	if err := a.wait(q, dl, c.closed); err != nil {
		return 0, c.opError("read", err)
	}
	return q.n, c.opError("read", q.err)
}

// progressRead answers the pending Read if it can be.
func (c *TCPConn) progressRead() {
	q := c.reading
	if q == nil {
		if c.noReader {
			c.discard()
		}
		return
	}
	over := c.host.attached.try(q, func() bool {
		switch {
		case c.noReader:
			c.discard()
			q.err = io.EOF
		case c.s.Readable() > 0:
			var p packet.Payload
			c.s.Read(len(c.into), &p, c.why())
			q.n = copyOut(c.into, p)
		case c.err != nil:
			q.err = c.err
		case c.s.EOF() || c.over:
			q.err = io.EOF
		default:
			return false
		}
		c.reading, c.into = nil, nil
		return true
	})
	if over && c.reading == q {
		c.reading, c.into = nil, nil
	}
}

// discard reads what nobody wants any more.
func (c *TCPConn) discard() {
	if n := c.s.Readable(); n > 0 {
		var p packet.Payload
		c.s.Read(n, &p, c.why())
	}
}

// copyOut writes p's octets into b, which is long enough.
func copyOut(b []byte, p packet.Payload) (n int) {
	for _, s := range p.Spans {
		if s.Bytes != nil {
			n += copy(b[n:], s.Bytes)
		} else {
			n = len(s.AppendTo(b[:n]))
		}
	}
	return n
}

// Write implements net.Conn. It returns when the send buffer has taken all of b, or with what it took before the deadline.
func (c *TCPConn) Write(b []byte) (int, error) {
	a, dl := c.host.attached, c.wr.Done()
	if err := a.acquire(c.wrTurn, dl, c.closed); err != nil {
		return 0, c.opError("write", err)
	}
	defer func() { <-c.wrTurn }()
	q := newCall()
	p := packet.PayloadOf(append([]byte(nil), b...)) // octets in flight must not change
	a.in.Inject(func() {
		c.writing, c.rest = q, p
		c.progressWrite()
	})
	err := a.wait(q, dl, c.closed)
	if err == nil {
		err = q.err
	}
	return q.n, c.opError("write", err)
}

// progressWrite gives to the stream what it has room for, and answers the pending Write when that is all.
func (c *TCPConn) progressWrite() {
	q := c.writing
	if q == nil {
		return
	}
	over := c.host.attached.try(q, func() bool {
		switch {
		case c.err != nil:
			q.err = c.err
		case c.over || c.noWriter:
			q.err = syscall.EPIPE
		case c.rest.Len > 0:
			n := c.s.Write(c.rest, c.why())
			q.n += n
			if c.rest.Drop(n); c.rest.Len > 0 {
				return false // EvWritable follows
			}
		}
		c.writing, c.rest = nil, packet.Payload{}
		return true
	})
	if over && c.writing == q {
		c.writing, c.rest = nil, packet.Payload{}
	}
}

// StreamEvent implements netem.StreamOwner.
func (c *TCPConn) StreamEvent(_ *netem.Stream, ev tcp.Event) {
	switch ev.Kind {
	case tcp.EvEstablished:
		if c.from != nil {
			c.from.established(c)
		}
		c.opened(nil)
	case tcp.EvFINReceived:
		c.finished = true
		c.progressRead()
	case tcp.EvReadable:
		c.progressRead()
	case tcp.EvWritable:
		c.progressWrite()
	case tcp.EvReset:
		if ev.Reason == tcp.PeerReset && c.finished && !c.noWriter {
			c.ended(syscall.EPIPE) // in CLOSE-WAIT, as Linux
		}
		c.ended(reasonError(ev.Reason))
	case tcp.EvClosed:
		c.over = true
		var err error
		if ev.Reason != tcp.None {
			err = reasonError(ev.Reason)
		}
		c.ended(err)
	}
}

// ended tells everybody who waits.
func (c *TCPConn) ended(err error) {
	if c.err == nil {
		c.err = err
	}
	if c.from != nil {
		c.from.lost(c)
	}
	c.opened(c.err)
	c.progressRead()
	c.progressWrite()
}

// opened answers who dials.
func (c *TCPConn) opened(err error) {
	q := c.opening
	if q == nil {
		return
	}
	c.opening = nil
	c.host.attached.try(q, func() bool {
		q.err = err
		return true
	})
}

func (c *TCPConn) LocalAddr() net.Addr  { return c.local }  // LocalAddr implements net.Conn.
func (c *TCPConn) RemoteAddr() net.Addr { return c.remote } // RemoteAddr implements net.Conn.

// SetDeadline implements net.Conn.
func (c *TCPConn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *TCPConn) SetReadDeadline(t time.Time) error { return c.set(func() { c.rd.Set(t) }) }

// SetWriteDeadline implements net.Conn.
func (c *TCPConn) SetWriteDeadline(t time.Time) error { return c.set(func() { c.wr.Set(t) }) }

// set does something that is an error on a closed connection.
func (c *TCPConn) set(f func()) error {
	select {
	case <-c.closed:
		return c.opError("set", net.ErrClosed)
	default:
		f()
		return nil
	}
}
