package attach

import (
	"context"
	"net"
	"time"

	"github.com/pion/transport/v2"

	"imsim/netem"
	"imsim/netem/tcp"
)

// Host is a simulated host as a program that runs on it sees it. Its methods may be called from any goroutine but the
// kernel's.
type Host struct {
	// TCP is what connections are made with from now on; to be set before the host is used.
	TCP tcp.Config

	attached *Network
	host     *netem.Host
	name     string
	ifaces   []*transport.Interface
	next     uint16 // where the search for a listening port begins; the kernel's
}

var _ transport.Net = (*Host)(nil)

func newHost(a *Network, h *netem.Host) *Host {
	x := &Host{attached: a, host: h, name: h.Name(), next: firstPort}
	for n, i := range h.Interfaces() {
		t := transport.NewInterface(net.Interface{Index: n + 1, MTU: i.MTU(), Name: i.Name, Flags: net.FlagUp | net.FlagRunning | net.FlagPointToPoint})
		for _, addr := range i.Addrs {
			ip := ipOf(addr)
			t.AddAddress(&net.IPNet{IP: ip, Mask: net.CIDRMask(8*len(ip), 8*len(ip))})
		}
		x.ifaces = append(x.ifaces, t)
	}
	return x
}

// Name returns the host's name.
func (h *Host) Name() string { return h.name }

// Interfaces implements transport.Net: the interfaces with links, as they were when the network was attached to.
func (h *Host) Interfaces() ([]*transport.Interface, error) { return h.ifaces, nil }

// InterfaceByIndex implements transport.Net; indices count from 1.
func (h *Host) InterfaceByIndex(index int) (*transport.Interface, error) {
	for _, i := range h.ifaces {
		if i.Index == index {
			return i, nil
		}
	}
	return nil, transport.ErrInterfaceNotFound
}

// InterfaceByName implements transport.Net.
func (h *Host) InterfaceByName(name string) (*transport.Interface, error) {
	for _, i := range h.ifaces {
		if i.Name == name {
			return i, nil
		}
	}
	return nil, transport.ErrInterfaceNotFound
}

// Dial implements transport.Net for TCP and UDP.
func (h *Host) Dial(network, address string) (net.Conn, error) {
	return h.DialContext(context.Background(), network, address)
}

// DialContext is Dial with a context that limits the wait for a connection; it fits http.Transport.
func (h *Host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return h.dial(ctx, network, nil, address)
}

func (h *Host) dial(ctx context.Context, network string, local net.Addr, address string) (net.Conn, error) {
	switch {
	case family(network, "tcp") == nil:
		to, err := h.ResolveTCPAddr(network, address)
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		from, _ := local.(*net.TCPAddr)
		c, err := h.dialTCP(ctx, network, from, to)
		if err != nil {
			return nil, err // not a nil *TCPConn in an interface
		}
		return c, nil
	case family(network, "udp") == nil:
		to, err := h.ResolveUDPAddr(network, address)
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		from, _ := local.(*net.UDPAddr)
		c, err := h.DialUDP(network, from, to)
		if err != nil {
			return nil, err
		}
		return c.(*UDPConn), nil
	}
	return nil, &net.OpError{Op: "dial", Net: network, Err: net.UnknownNetworkError(network)}
}

// Listen opens a listening TCP port by address, like net.Listen.
func (h *Host) Listen(network, address string) (net.Listener, error) {
	a, err := h.ResolveTCPAddr(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	return h.ListenTCP(network, a)
}

// ListenPacket implements transport.Net for UDP.
func (h *Host) ListenPacket(network, address string) (net.PacketConn, error) {
	a, err := h.ResolveUDPAddr(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	c, err := h.ListenUDP(network, a)
	if err != nil {
		return nil, err
	}
	return c.(*UDPConn), nil
}

// Dialer dials with the settings of a net.Dialer that apply: Timeout, Deadline and LocalAddr.
type Dialer struct {
	host *Host
	cfg  net.Dialer
}

// CreateDialer implements transport.Net.
func (h *Host) CreateDialer(d *net.Dialer) transport.Dialer {
	x := &Dialer{host: h}
	if d != nil {
		x.cfg.Timeout, x.cfg.Deadline, x.cfg.LocalAddr = d.Timeout, d.Deadline, d.LocalAddr
	}
	return x
}

// Dial implements transport.Dialer.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext is Dial with a context.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if d.cfg.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, time.Now().Add(d.cfg.Timeout))
		defer cancel()
	}
	if !d.cfg.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, d.cfg.Deadline)
		defer cancel()
	}
	return d.host.dial(ctx, network, d.cfg.LocalAddr, address)
}
