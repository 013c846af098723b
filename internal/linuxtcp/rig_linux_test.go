package linuxtcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"imsim/internal/oracle"
	"imsim/netem"
	"imsim/netem/attach"
	"imsim/netem/packet"
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
	seen        *recorder // what passes the left end's interface
	codec       *watched  // what comes from the kernel; nil: no kernel
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
	r.stop = func() {
		p.Inject(n.K.Stop)
		<-done
		a.Close()
		g.Close() // the device with its routes goes with its last descriptor, the namespace with its last socket
		k.ns.Close()
	}
	return r, nil
}

// dualStack gives the TUN device its IPv6 address and route; the namespace has no other device.
func dualStack() error {
	l, err := netlink.LinkByName("sim0")
	if err != nil {
		return err
	}
	a, err := netlink.ParseAddr(left6.String() + "/128")
	if err != nil {
		return err
	}
	a.Flags = syscall.IFA_F_NODAD
	if err := netlink.AddrAdd(l, a); err != nil {
		return fmt.Errorf("address %v: %w", left6, err)
	}
	dst, err := netlink.ParseIPNet(netip.PrefixFrom(right6, 48).Masked().String())
	if err != nil {
		return err
	}
	return netlink.RouteAdd(&netlink.Route{LinkIndex: l.Attrs().Index, Dst: dst})
}

// fresh runs f on a thread in a new network namespace, which ns refers to from then on.
func fresh(ns *netns.NsHandle, f func() error) error {
	return onThread(func() error {
		var err error
		if *ns, err = netns.New(); err != nil {
			return fmt.Errorf("no network namespace: %w", err)
		}
		if err := f(); err != nil {
			ns.Close()
			return err
		}
		return nil
	})
}

// onThread runs f on a thread that ends with it: one that has been in another namespace is of no more use.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

// kernelEnd is the kernel in a namespace.
type kernelEnd struct {
	setting
	ns netns.NsHandle
}

func (k *kernelEnd) within(f func() error) error {
	return onThread(func() error {
		if err := netns.Set(k.ns); err != nil {
			return err
		}
		return f()
	})
}

const (
	tcpCongestion = 13 // TCP_CONGESTION of linux/tcp.h, and so on
	tcpKeepIdle   = 4
	tcpKeepIntvl  = 5
	tcpKeepCnt    = 6
	tcpUserTime   = 18
)

// control sets the options of a new socket.
func (k *kernelEnd) control(_, _ string, c syscall.RawConn) (err error) {
	cc := k.congestion
	if cc == "" {
		cc = "cubic"
	}
	if e := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptString(int(fd), syscall.IPPROTO_TCP, tcpCongestion, cc)
		if err == nil {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
		}
		for _, o := range k.options {
			if err == nil {
				err = syscall.SetsockoptInt(int(fd), o.level, o.name, o.value)
			}
		}
	}); e != nil {
		return e
	}
	return err
}

func (k *kernelEnd) dial(local, remote netip.AddrPort, limit time.Duration) (c conn, err error) {
	err = k.within(func() error {
		d := net.Dialer{Timeout: limit, KeepAlive: -1, Control: k.control, LocalAddr: net.TCPAddrFromAddrPort(local)}
		d.SetMultipathTCP(false)
		x, err := d.Dial("tcp", remote.String())
		if err == nil {
			c = x.(conn)
		}
		return err
	})
	return c, err
}

func (k *kernelEnd) listen(local netip.AddrPort) (l net.Listener, err error) {
	err = k.within(func() error {
		c := net.ListenConfig{KeepAlive: -1, Control: k.control}
		c.SetMultipathTCP(false)
		l, err = c.Listen(context.Background(), "tcp", local.String())
		return err
	})
	return l, err
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

// kernelVersion returns the version of the kernel that runs the test.
func kernelVersion() string {
	b, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return "Linux " + strings.TrimSpace(string(b))
}

// wirePacket is a packet as a tap saw it.
type wirePacket struct {
	at   sim.Time
	out  bool // from the left
	p    packet.Packet
	data []byte
}

// recorder keeps what passes the left edge.
type recorder struct {
	mu   sync.Mutex
	list []wirePacket
	off  bool
	edge *netem.Interface
}

func (c *recorder) tap(k *sim.Kernel, i *netem.Interface) {
	i.AddTap(func(out bool, p *packet.Packet) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.off {
			w := wirePacket{at: k.Now(), out: out, p: *p, data: p.Payload.Bytes()}
			w.p.Payload = packet.PayloadOf(append([]byte(nil), w.data...))
			c.list = append(c.list, w)
		}
	})
}

// lost returns how many packets the link has lost, in both directions.
func (c *recorder) lost() uint64 {
	return c.edge.Out.Stats.LossDrops + c.edge.Peer.Out.Stats.LossDrops
}

func (c *recorder) end() []wirePacket {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off = true
	return c.list
}
