package attach

import (
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/pion/transport/v2"
	"github.com/pion/transport/v2/deadline"

	"imsim/netem/packet"
	"imsim/netem/tcp"
)

// backlog is how many connections may wait for Accept or for the end of their handshake; SYNs beyond are ignored, so
// that the peer tries again (as Linux does; its default was 128 for long).
const backlog = 128

// firstPort is where the search for a port begins that a listener did not name (RFC 6335 §6).
const firstPort = 49152

// Listener is a listening TCP port with the semantics of net.TCPListener.
type Listener struct {
	host    *Host
	network string
	local   packet.AddrPort
	addr    *net.TCPAddr
	dl      *deadline.Deadline
	turn    chan struct{}
	closed  chan struct{}
	once    sync.Once

	// The kernel's goroutine alone touches what follows.
	opening   []*TCPConn
	ready     []*TCPConn
	accepting *call
	accepted  **TCPConn // of accepting
}

var _ transport.TCPListener = (*Listener)(nil)

// ListenTCP implements transport.Net. Without an address it listens on all, without a port on a free one.
func (h *Host) ListenTCP(network string, laddr *net.TCPAddr) (transport.TCPListener, error) {
	if laddr == nil {
		laddr = &net.TCPAddr{}
	}
	if err := family(network, "tcp"); err != nil {
		return nil, opError("listen", network, nil, laddr, err)
	}
	l := &Listener{
		host: h, network: network, local: fromTCP(laddr), dl: deadline.New(),
		turn: make(chan struct{}, 1), closed: make(chan struct{}),
	}
	if err := h.attached.do(nil, nil, l.bind); err != nil {
		return nil, opError("listen", network, nil, laddr, err)
	}
	ip, port := bound(network, l.local)
	l.addr = &net.TCPAddr{IP: ip, Port: port}
	return l, nil
}

// bind opens the port.
func (l *Listener) bind() error {
	h := l.host.host
	if l.local.Addr.IsValid() && (!h.Owns(l.local.Addr) || !admits(l.network, l.local.Addr)) {
		return syscall.EADDRNOTAVAIL
	}
	if l.local.Port != 0 {
		if h.Listen(l.local, l) != nil {
			return syscall.EADDRINUSE
		}
		return nil
	}
	for range 65536 - firstPort {
		l.local.Port = l.host.next
		if l.host.next++; l.host.next == 0 {
			l.host.next = firstPort
		}
		if h.Listen(l.local, l) == nil {
			return nil
		}
	}
	return syscall.EADDRINUSE
}

// Incoming implements netem.Acceptor.
func (l *Listener) Incoming(o tcp.Opening) {
	if len(l.opening)+len(l.ready) >= backlog || !admits(l.network, o.Local.Addr) {
		return
	}
	c := newTCPConn(l.host, l.network)
	c.from = l
	s := l.host.host.Accept(o, l.host.TCP, c, false)
	if s == nil {
		return
	}
	c.begin(s)
	l.opening = append(l.opening, c)
}

// established moves a connection to those that can be accepted.
func (l *Listener) established(c *TCPConn) {
	if i := slices.Index(l.opening, c); i >= 0 {
		l.opening = slices.Delete(l.opening, i, i+1)
		l.ready = append(l.ready, c)
		l.progress()
	}
}

// lost forgets a connection that ended before its handshake did. One that is established can still be accepted: who
// accepts it reads what arrived, and then why it ended.
func (l *Listener) lost(c *TCPConn) {
	if i := slices.Index(l.opening, c); i >= 0 {
		l.opening = slices.Delete(l.opening, i, i+1)
	}
}

// progress answers the pending Accept if it can be.
func (l *Listener) progress() {
	q := l.accepting
	if q == nil || len(l.ready) == 0 {
		return
	}
	l.accepting = nil
	l.host.attached.try(q, func() bool {
		*l.accepted = l.ready[0]
		l.ready[0].from = nil
		l.ready = slices.Delete(l.ready, 0, 1)
		return true
	})
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AcceptTCP implements transport.TCPListener.
func (l *Listener) AcceptTCP() (transport.TCPConn, error) {
	a, dl := l.host.attached, l.dl.Done()
	if err := a.acquire(l.turn, dl, l.closed); err != nil {
		return nil, opError("accept", l.network, nil, l.addr, err)
	}
	defer func() { <-l.turn }()
	q := newCall()
	var c *TCPConn
	a.in.Inject(func() {
		l.accepting, l.accepted = q, &c
		l.progress()
	})
	if err := a.wait(q, dl, l.closed); err != nil {
		return nil, opError("accept", l.network, nil, l.addr, err)
	}
	return c, nil
}

// Close implements net.Listener: connections that nobody has accepted are reset.
func (l *Listener) Close() error {
	err := opError("close", l.network, nil, l.addr, net.ErrClosed)
	l.once.Do(func() {
		close(l.closed)
		l.dl.Set(time.Time{})
		l.host.attached.in.Inject(l.release)
		err = nil
	})
	return err
}

func (l *Listener) release() {
	l.host.host.Unlisten(l.local)
	for _, c := range slices.Concat(l.opening, l.ready) {
		c.from = nil
		c.s.Abort(c.why())
	}
	l.opening, l.ready = nil, nil
}

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return l.addr }

// SetDeadline limits the wait of Accept.
func (l *Listener) SetDeadline(t time.Time) error {
	select {
	case <-l.closed:
		return opError("set", l.network, nil, l.addr, net.ErrClosed)
	default:
		l.dl.Set(t)
		return nil
	}
}
