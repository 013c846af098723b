package attach

import (
	"io"
	"net"
	"syscall"
	"time"
)

// Close implements net.Conn: FIN behind what is written, or RST where octets are unread or SetLinger(0) was called. Calls
// that wait return net.ErrClosed.
func (c *TCPConn) Close() error {
	err := c.opError("close", net.ErrClosed)
	c.once.Do(func() {
		close(c.closed)
		c.rd.Set(time.Time{}) // so that no timer is left
		c.wr.Set(time.Time{})
		c.host.attached.in.Inject(c.release)
		err = nil
	})
	return err
}

// release closes the stream.
func (c *TCPConn) release() {
	if c.forgotten {
		return
	}
	c.forgotten = true
	if c.noReader {
		c.discard()
	}
	if c.abortive {
		c.s.Abort(c.why())
		return
	}
	c.s.Close(c.why())
}

// CloseWrite shuts down the writing side: the peer reads io.EOF behind what is written.
func (c *TCPConn) CloseWrite() error {
	return c.shut(func() error {
		if c.err != nil || c.over {
			return syscall.ENOTCONN
		}
		c.noWriter = true
		c.s.CloseWrite(c.why())
		c.progressWrite()
		return nil
	})
}

// CloseRead shuts down the reading side: Read returns io.EOF, and what arrives is thrown away.
func (c *TCPConn) CloseRead() error {
	return c.shut(func() error {
		if c.err != nil || c.over {
			return syscall.ENOTCONN
		}
		c.noReader = true
		c.progressRead()
		return nil
	})
}

func (c *TCPConn) shut(step func() error) error {
	return c.opError("close", c.control(step))
}

// control has step called by the kernel's goroutine unless the connection is closed.
func (c *TCPConn) control(step func() error) error {
	select {
	case <-c.closed:
		return net.ErrClosed
	default:
		return c.host.attached.do(nil, c.closed, step)
	}
}

// SetLinger with 0 makes Close reset the connection; other values change nothing, since Close never waits.
func (c *TCPConn) SetLinger(sec int) error {
	return c.opError("set", c.control(func() error {
		c.abortive = sec == 0
		return nil
	}))
}

// ReadFrom implements io.ReaderFrom.
func (c *TCPConn) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{c}, r) // without ReadFrom, or it would come back here
}

// What follows has no effect in the simulated TCP, whose buffers and timers are Host.TCP's, and is accepted as the
// programs that set it expect.

func nothing() {}

// SetKeepAlive does nothing.
func (c *TCPConn) SetKeepAlive(bool) error { return c.set(nothing) }

// SetKeepAlivePeriod does nothing.
func (c *TCPConn) SetKeepAlivePeriod(time.Duration) error { return c.set(nothing) }

// SetNoDelay does nothing: Nagle's algorithm is Host.TCP's choice, off by default.
func (c *TCPConn) SetNoDelay(bool) error { return c.set(nothing) }

// SetReadBuffer does nothing.
func (c *TCPConn) SetReadBuffer(int) error { return c.set(nothing) }

// SetWriteBuffer does nothing.
func (c *TCPConn) SetWriteBuffer(int) error { return c.set(nothing) }
