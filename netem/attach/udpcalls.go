package attach

import (
	"net"
	"time"
)

// The many ways in which package net lets programs call receive and send.

// Read implements net.Conn.
func (c *UDPConn) Read(b []byte) (int, error) {
	n, _, err := c.receive(b)
	return n, err
}

// ReadFrom implements net.PacketConn.
func (c *UDPConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := c.receive(p)
	if err != nil {
		return n, nil, err
	}
	return n, udpAddr(from), nil
}

// ReadFromUDP implements transport.UDPConn.
func (c *UDPConn) ReadFromUDP(b []byte) (int, *net.UDPAddr, error) {
	n, from, err := c.receive(b)
	if err != nil {
		return n, nil, err
	}
	return n, udpAddr(from), nil
}

// ReadMsgUDP implements transport.UDPConn. There is never out-of-band data, and no flag is set.
func (c *UDPConn) ReadMsgUDP(b, _ []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	n, addr, err = c.ReadFromUDP(b)
	return n, 0, 0, addr, err
}

// Write implements net.Conn, on a connected socket.
func (c *UDPConn) Write(b []byte) (int, error) {
	if c.peer == nil {
		return 0, c.opError("write", nil, errMissingAddress)
	}
	n, err := c.send(b, c.remote)
	return n, c.opError("write", nil, err)
}

// WriteTo implements net.PacketConn, on a socket that is not connected.
func (c *UDPConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	to, ok := addr.(*net.UDPAddr)
	if !ok {
		return 0, c.opError("write", addr, net.InvalidAddrError("not a UDP address"))
	}
	return c.WriteToUDP(p, to)
}

// WriteToUDP implements transport.UDPConn.
func (c *UDPConn) WriteToUDP(b []byte, addr *net.UDPAddr) (int, error) {
	switch {
	case c.peer != nil:
		return 0, c.opError("write", nil, net.ErrWriteToConnected)
	case addr == nil:
		return 0, c.opError("write", nil, errMissingAddress)
	}
	n, err := c.send(b, fromUDP(addr))
	return n, c.opError("write", addr, err)
}

// WriteMsgUDP implements transport.UDPConn. Out-of-band data is ignored.
func (c *UDPConn) WriteMsgUDP(b, _ []byte, addr *net.UDPAddr) (n, oobn int, err error) {
	if c.peer != nil && addr == nil {
		n, err = c.Write(b)
	} else {
		n, err = c.WriteToUDP(b, addr)
	}
	return n, 0, err
}

// LocalAddr implements net.Conn and net.PacketConn.
func (c *UDPConn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn; nil on a socket that is not connected.
func (c *UDPConn) RemoteAddr() net.Addr {
	if c.peer == nil {
		return nil
	}
	return c.peer
}

// SetDeadline implements net.Conn and net.PacketConn.
func (c *UDPConn) SetDeadline(t time.Time) error {
	return c.set(func() { c.rd.Set(t); c.wr.Set(t) })
}

// SetReadDeadline implements net.Conn and net.PacketConn.
func (c *UDPConn) SetReadDeadline(t time.Time) error { return c.set(func() { c.rd.Set(t) }) }

// SetWriteDeadline implements net.Conn and net.PacketConn.
func (c *UDPConn) SetWriteDeadline(t time.Time) error { return c.set(func() { c.wr.Set(t) }) }

// SetReadBuffer does nothing: see receiveOctets.
func (c *UDPConn) SetReadBuffer(int) error { return c.set(nothing) }

// SetWriteBuffer does nothing: a datagram leaves at once.
func (c *UDPConn) SetWriteBuffer(int) error { return c.set(nothing) }

func (c *UDPConn) set(f func()) error {
	select {
	case <-c.closed:
		return c.opError("set", nil, net.ErrClosed)
	default:
		f()
		return nil
	}
}

var (
	_ net.Conn       = (*UDPConn)(nil)
	_ net.PacketConn = (*UDPConn)(nil)
)
