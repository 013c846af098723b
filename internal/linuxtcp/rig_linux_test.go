package linuxtcp

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"imsim/internal/oracle"
	"imsim/netem"
	"imsim/netem/attach"
	"imsim/netem/tcp"
	"imsim/sim"
)

// The addresses of the two ends.
var (
	left4, right4 = netip.MustParseAddr("10.9.0.1"), netip.MustParseAddr("10.8.0.1")
	left6, right6 = netip.MustParseAddr("2001:db8:9::1"), netip.MustParseAddr("2001:db8:8::1")
)

// needKernel skips a test where there are no network namespaces or TUN devices, or fails it with IMSIM_ORACLES=require.
func needKernel(t *testing.T) {
	t.Helper()
	r, err := newKernelRig(setting{})
	if err != nil {
		oracle.Missing(t, "kernel TCP behind a TUN device", err)
		return
	}
	r.stop()
}

// conn is what scripts use of a connection.
type conn interface {
	net.Conn
	CloseWrite() error
	SetLinger(int) error
}

// end opens connections on one of the ends.
type end interface {
	dial(local, remote netip.AddrPort, limit time.Duration) (conn, error)
	listen(local netip.AddrPort) (net.Listener, error)
}

// sockopt is a socket option of the kernel's ends.
type sockopt struct{ level, name, value int }

// setting is what a rig is made with.
type setting struct {
	v6         bool
	delay      time.Duration // of the link, one way; 0: 10 ms
	loss       sim.Prob      // in either direction
	rate       netem.BitRate
	seed       uint64
	congestion string // of the kernel; "": cubic
	options    []sockopt
	ours       tcp.Config // of the simulated ends
	left       func(*tcp.Config)
	right      func(*tcp.Config)
}

// rig is two ends and a link.
type rig struct {
	net         *netem.Network
	at          *attach.Network
	host        *netem.Host // the right one
	left, right end
	seen        *recorder            // what passes the left end's interface
	codec       *watched             // what comes from the kernel; nil: no kernel
	late        func() time.Duration // by how much the network has been behind the clock at worst; after stop
	stop        func()
}

func (s *setting) build(add func(n *netem.Network) netem.Node) (*netem.Network, *netem.Host, *recorder, error) {
	n := netem.New(sim.New(sim.Config{Seed: s.seed}), netem.Config{Families: netem.DualStack})
	l, h := add(n), n.AddHost("right")
	delay := s.delay
	if delay == 0 {
		delay = 10 * time.Millisecond
	}
	link := netem.Symmetric(netem.DirectionConfig{Delay: delay, Loss: s.loss, Rate: s.rate})
	link.AAddrs, link.BAddrs = []netip.Addr{left4, left6}, []netip.Addr{right4, right6}
	edge, _, err := n.Connect(l, h, link)
	if err != nil {
		return nil, nil, nil, err
	}
	seen := &recorder{edge: edge}
	seen.tap(n.K, edge)
	return n, h, seen, n.ComputeRoutes()
}

func (s *setting) configure(a *attach.Network, name string, change func(*tcp.Config)) end {
	h, err := a.Host(name)
	if err != nil {
		panic(err)
	}
	h.TCP = s.ours
	if change != nil {
		change(&h.TCP)
	}
	return &simEnd{h}
}

// simulated runs f with a simulated host on the left, in virtual time.
func simulated(t *testing.T, s setting, f func(r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		n, h, seen, err := s.build(func(n *netem.Network) netem.Node { return n.AddHost("left") })
		if err != nil {
			t.Fatal(err)
		}
		d := attach.Drive(n.K, synctest.Wait)
		a := attach.New(n, d)
		f(&rig{net: n, at: a, host: h, seen: seen, left: s.configure(a, "left", s.left), right: s.configure(a, "right", s.right)})
		a.Close()
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
	})
}

// newKernelRig puts the kernel on the left, in a namespace of its own, and runs the network in real time until stop.
func newKernelRig(s setting) (r *rig, err error) {
	k := &kernelEnd{setting: s}
	var dev attach.Device
	err = fresh(&k.ns, func() error {
		var err error
		dev, err = attach.OpenTUN("sim0", "", 1500, left4, netip.PrefixFrom(right4, 16))
		if err != nil {
			return err
		}
		if err := dualStack(); err != nil {
			dev.Close()
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	n, h, seen, err := s.build(func(n *netem.Network) netem.Node { return attach.AddGateway(n, "left") })
	if err != nil {
		dev.Close()
		k.ns.Close()
		return nil, err
	}
	p := sim.NewPacer(n.K, sim.NewWallClock(), 5*time.Millisecond)
	a := attach.New(n, p)
	g := n.Node("left").(*attach.Gateway)
	codec := &watched{Device: dev}
	g.Start(p, codec)
	done := make(chan error)
	go func() { done <- p.Run(sim.Never) }()
	r = &rig{codec: codec, net: n, at: a, host: h, seen: seen, left: k, right: s.configure(a, "right", s.right)}
	r.late = func() time.Duration { return p.Lateness.Max }
	r.stop = func() {
		p.Inject(n.K.Stop)
		<-done
		a.Close()
		g.Close() // the device with its routes goes with its last descriptor, the namespace with its last socket
		k.ns.Close()
	}
	return r, nil
}

// simEnd is a simulated host.
type simEnd struct{ *attach.Host }

func (s *simEnd) dial(local, remote netip.AddrPort, limit time.Duration) (conn, error) {
	d := s.CreateDialer(&net.Dialer{Timeout: limit, LocalAddr: net.TCPAddrFromAddrPort(local)})
	c, err := d.Dial("tcp", remote.String())
	if err != nil {
		return nil, err
	}
	return c.(conn), nil
}

func (s *simEnd) listen(local netip.AddrPort) (net.Listener, error) {
	return s.Listen("tcp", local.String())
}

// outcome is an error in one word, the same for both kinds of ends.
func outcome(err error) string {
	var no syscall.Errno
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, io.EOF):
		return "end of stream"
	case errors.As(err, &no):
		switch no {
		case syscall.ECONNREFUSED:
			return "refused"
		case syscall.ECONNRESET:
			return "reset"
		case syscall.ETIMEDOUT:
			return "timed out"
		case syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENOPROTOOPT, syscall.EACCES:
			return "unreachable"
		case syscall.EPIPE:
			return "broken pipe"
		}
		return no.Error()
	case errors.Is(err, os.ErrDeadlineExceeded) || strings.Contains(err.Error(), "timeout"):
		return "deadline"
	}
	return err.Error()
}
