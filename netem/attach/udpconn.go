package attach

import (
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/pion/transport/v2"
	"github.com/pion/transport/v2/deadline"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/sim"
)

const (
	maxDatagram    = 65535 - packet.IPv4HeaderLen - packet.UDPHeaderLen
	receiveOctets  = 208 << 10 // that a UDP socket keeps unread, as in Linux; what comes beyond is dropped
	datagramOctets = 256       // beside its own that each datagram counts for there
)

// UDPConn is a UDP socket of a simulated host, connected or not, with the semantics of net.UDPConn.
type UDPConn struct {
	host    *Host
	network string
	local   *net.UDPAddr
	peer    *net.UDPAddr // nil: not connected
	remote  packet.AddrPort
	rd, wr  *deadline.Deadline
	turn    chan struct{}
	closed  chan struct{}
	once    sync.Once
	sock    *netem.UDPSocket // the kernel's

	mu      sync.Mutex // over what follows; nobody waits while holding it
	queue   []datagram
	octets  int
	dropped uint64
	err     error // an ICMP error that nobody has been told of
	reading *call
	result  datagram // of reading
}

type datagram struct {
	from packet.AddrPort
	data []byte
}

var _ transport.UDPConn = (*UDPConn)(nil)

// ListenUDP implements transport.Net. Without an address the socket is bound to all, without a port to a free one.
func (h *Host) ListenUDP(network string, locAddr *net.UDPAddr) (transport.UDPConn, error) {
	c, err := h.udp("listen", network, locAddr, nil)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// DialUDP implements transport.Net: the socket receives from raddr alone.
func (h *Host) DialUDP(network string, laddr, raddr *net.UDPAddr) (transport.UDPConn, error) {
	if raddr == nil {
		return nil, opError("dial", network, nil, nil, errMissingAddress)
	}
	c, err := h.udp("dial", network, laddr, raddr)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (h *Host) udp(op, network string, laddr, raddr *net.UDPAddr) (*UDPConn, error) {
	c := &UDPConn{
		host: h, network: network, peer: raddr, rd: deadline.New(), wr: deadline.New(),
		turn: make(chan struct{}, 1), closed: make(chan struct{}),
	}
	local := fromUDP(laddr)
	if laddr == nil {
		laddr = &net.UDPAddr{}
	}
	err := family(network, "udp")
	if err == nil {
		if raddr != nil {
			c.remote = h.self(network, fromUDP(raddr))
			c.peer = udpAddr(c.remote)
		}
		err = h.attached.do(nil, nil, func() error { return c.bind(local) })
	}
	if err != nil {
		if raddr != nil {
			return nil, opError(op, network, laddr, raddr, err)
		}
		return nil, opError(op, network, nil, laddr, err)
	}
	ip, port := bound(network, c.sock.Local())
	c.local = &net.UDPAddr{IP: ip, Port: port}
	return c, nil
}

// bind opens the port.
func (c *UDPConn) bind(local packet.AddrPort) error {
	h := c.host.host
	if local.Addr.IsValid() && (!h.Owns(local.Addr) || !admits(c.network, local.Addr)) {
		return syscall.EADDRNOTAVAIL
	}
	if c.peer != nil {
		from, err := reach(h, local.Addr, c.remote.Addr)
		if err != nil {
			return err
		}
		local.Addr = from
	}
	s, err := h.BindUDP(local, c)
	if err != nil {
		return syscall.EADDRINUSE
	}
	c.sock = s
	return nil
}

// Datagram implements netem.UDPOwner.
func (c *UDPConn) Datagram(_ *netem.UDPSocket, from, to packet.AddrPort, p packet.Payload, _ sim.Cause) {
	if c.peer != nil && from != c.remote || !admits(c.network, to.Addr) {
		return
	}
	c.mu.Lock()
	if c.octets+p.Len+datagramOctets > receiveOctets {
		c.dropped++
		c.mu.Unlock()
		return
	}
	c.octets += p.Len + datagramOctets
	c.queue = append(c.queue, datagram{from, p.Bytes()})
	c.mu.Unlock()
	c.progress()
}

// Unreachable implements netem.UDPOwner: a connected socket reports it once, with the next call.
func (c *UDPConn) Unreachable(_ *netem.UDPSocket, to packet.AddrPort, _ sim.Cause) {
	if c.peer == nil || to != c.remote {
		return
	}
	c.mu.Lock()
	c.err = syscall.ECONNREFUSED
	c.mu.Unlock()
	c.progress()
}

// progress answers the pending read if it can be.
func (c *UDPConn) progress() {
	c.mu.Lock()
	q := c.reading
	c.mu.Unlock()
	if q != nil {
		c.host.attached.try(q, func() bool { return c.take(q) })
	}
}

// take gives an error or a datagram to q, the call of who reads, and reports whether there was one.
func (c *UDPConn) take(q *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		q.err, c.err = c.err, nil
	case len(c.queue) > 0:
		c.result = c.queue[0]
		c.queue[0] = datagram{}
		c.queue = c.queue[1:]
		c.octets -= len(c.result.data) + datagramOctets
	default:
		return false
	}
	c.reading = nil
	return true
}

// receive waits for a datagram. One longer than b is cut, as by Linux.
func (c *UDPConn) receive(b []byte) (int, packet.AddrPort, error) {
	a, dl := c.host.attached, c.rd.Done()
	if err := a.acquire(c.turn, dl, c.closed); err != nil {
		return 0, packet.AddrPort{}, c.opError("read", nil, err)
	}
	defer func() { <-c.turn }()
	q := newCall()
	if !c.take(q) { // no need to trouble the kernel
		c.mu.Lock()
		c.reading = q
		c.mu.Unlock()
		a.in.Inject(c.progress) // for what came in between
		if err := a.wait(q, dl, c.closed); err != nil {
			return 0, packet.AddrPort{}, c.opError("read", nil, err)
		}
	}
	if q.err != nil {
		return 0, packet.AddrPort{}, c.opError("read", nil, q.err)
	}
	d := c.result
	c.result = datagram{}
	return copy(b, d.data), d.from, nil
}

// Dropped returns how many datagrams found the receive queue full.
func (c *UDPConn) Dropped() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dropped
}

func (c *UDPConn) opError(op string, to net.Addr, err error) error {
	if to == nil && c.peer != nil {
		to = c.peer
	}
	return opError(op, c.network, c.local, to, err)
}

// send sends a datagram; a zero address stands for the peer's.
func (c *UDPConn) send(b []byte, to packet.AddrPort) (int, error) {
	a := c.host.attached
	select {
	case <-c.closed:
		return 0, net.ErrClosed
	case <-a.closed:
		return 0, net.ErrClosed
	default:
	}
	if err := c.wr.Err(); err != nil {
		return 0, contextError(err)
	}
	if len(b) > maxDatagram {
		return 0, syscall.EMSGSIZE
	}
	to = c.host.self(c.network, to)
	if !admits(c.network, to.Addr) {
		return 0, syscall.EAFNOSUPPORT
	}
	p := packet.PayloadOf(append([]byte(nil), b...))
	err := a.do(c.wr.Done(), c.closed, func() error {
		c.mu.Lock()
		err := c.err
		c.err = nil
		c.mu.Unlock()
		if err != nil {
			return err
		}
		if to.Port == 0 {
			return syscall.EINVAL
		}
		if _, err := reach(c.host.host, c.sock.Local().Addr, to.Addr); err != nil {
			return err
		}
		c.sock.Send(to, p, a.cause(c.host.host, "attach.udp"))
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close implements net.Conn and net.PacketConn.
func (c *UDPConn) Close() error {
	err := c.opError("close", nil, net.ErrClosed)
	c.once.Do(func() {
		close(c.closed)
		c.rd.Set(time.Time{})
		c.wr.Set(time.Time{})
		c.host.attached.in.Inject(c.sock.Close)
		err = nil
	})
	return err
}
