package attach

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/pion/transport/v2"

	"imsim/netem/packet"
	"imsim/sim"
)

// why is the cause of what the program does to the connection.
func (c *TCPConn) why() sim.Cause { return c.host.attached.cause(c.host.host, "attach.tcp") }

// DialTCP implements transport.Net. It returns when the connection is established or known not to be.
func (h *Host) DialTCP(network string, laddr, raddr *net.TCPAddr) (transport.TCPConn, error) {
	c, err := h.dialTCP(context.Background(), network, laddr, raddr)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (h *Host) dialTCP(ctx context.Context, network string, laddr, raddr *net.TCPAddr) (*TCPConn, error) {
	fail := func(err error) (*TCPConn, error) {
		var src, dst net.Addr // nil, not nil pointers in interfaces
		if laddr != nil {
			src = laddr
		}
		if raddr != nil {
			dst = raddr
		}
		return nil, opError("dial", network, src, dst, err)
	}
	if err := family(network, "tcp"); err != nil {
		return fail(err)
	}
	if raddr == nil {
		return fail(errMissingAddress)
	}
	if err := ctx.Err(); err != nil {
		return fail(contextError(err))
	}
	c := newTCPConn(h, network)
	local, remote := fromTCP(laddr), h.self(network, fromTCP(raddr))
	q := newCall()
	c.opening = q
	h.attached.in.Inject(func() {
		err := c.connect(local, remote)
		if err != nil {
			c.opened(err)
		}
	})
	if err := h.attached.wait(q, ctx.Done(), nil); err != nil {
		h.attached.in.Inject(func() {
			if c.s != nil && !c.over {
				c.s.Abort(c.why())
			}
		})
		if ctx.Err() != nil {
			err = contextError(ctx.Err())
		}
		return fail(err)
	}
	if q.err != nil {
		return fail(q.err)
	}
	return c, nil
}

var errMissingAddress = errors.New("missing address")

func contextError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	return err
}

// self replaces an unspecified destination by the host itself, as system calls do.
func (h *Host) self(network string, to packet.AddrPort) packet.AddrPort {
	if !to.Addr.IsValid() {
		if a, err := h.lookup(network, "localhost"); err == nil {
			to.Addr = a[0]
		}
	}
	return to
}

// connect sends the SYN.
func (c *TCPConn) connect(local, remote packet.AddrPort) error {
	c.opening.mu.Lock()
	withdrawn := c.opening.over
	c.opening.mu.Unlock()
	if withdrawn {
		return net.ErrClosed
	}
	h := c.host.host
	from, err := reach(h, local.Addr, remote.Addr)
	if err != nil {
		return err
	}
	if remote.Port == 0 {
		return syscall.EADDRNOTAVAIL
	}
	s, err := h.Dial(packet.AddrPort{Addr: from, Port: local.Port}, remote, c.host.TCP, c, c.why())
	if err != nil {
		return syscall.EADDRINUSE // all else has been looked at
	}
	c.begin(s)
	return nil
}
