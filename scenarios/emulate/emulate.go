package emulate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"imsim/netem"
	"imsim/netem/attach"
	"imsim/scenarios"
	"imsim/sim"
)

// Threshold is from when an instant counts as late.
const Threshold = time.Millisecond

// Session is a scenario that is played with the real world in it. Started and Drive are for run.Options.
type Session struct {
	// Ready, where set, is called when everything is attached, just before time begins to pass.
	Ready func(*Session)
	// Limit, where positive, ends the run after so much time, as if run.until were no later.
	Limit time.Duration
	// Open makes devices; nil: attach.OpenTUN.
	Open func(name, namespace string, mtu int, addr netip.Addr, routes ...netip.Prefix) (attach.Device, error)

	Hosts   []Host    // of the simulated network, in the order of names
	Devices []*Device // of the real world
	Servers []Server

	ctx   context.Context
	sc    *scenarios.Scenario
	pacer *sim.Pacer
	net   *attach.Network
	err   error // of attaching
	mu    sync.Mutex
	late  sim.Lateness // a copy, for Look
	now   sim.Time
}

// Host is a simulated host with its addresses.
type Host struct {
	Name  string
	Addrs []netip.Addr
}

// Device is a TUN device that stands for a node.
type Device struct {
	Node, Name, Namespace string
	Addr                  netip.Addr
	Routes                []netip.Prefix
	gateway               *attach.Gateway
	open                  attach.Device
}

// Stats returns the packets that went through the device so far. It may be called from any goroutine.
func (d *Device) Stats() attach.GatewayStats { return d.gateway.Stats() }

// Server is a web server on a simulated host.
type Server struct {
	Node string
	URL  string
}

// New prepares to play a scenario until ctx is done.
func New(ctx context.Context, sc *scenarios.Scenario) *Session {
	return &Session{ctx: ctx, sc: sc, Open: func(name, namespace string, mtu int, addr netip.Addr, routes ...netip.Prefix) (attach.Device, error) {
		return attach.OpenTUN(name, namespace, mtu, addr, routes...)
	}}
}

// Started attaches the real world to a network that has been built.
func (s *Session) Started(k *sim.Kernel, n *netem.Network) {
	s.pacer = sim.NewPacer(k, sim.NewWallClock(), Threshold)
	s.net = attach.New(n, s.pacer)
	for _, node := range n.Nodes() {
		c := netem.CoreOf(node)
		h := Host{Name: c.Name()}
		for _, i := range c.Interfaces() {
			for _, a := range i.Addrs {
				h.Addrs = append(h.Addrs, a.Netip())
			}
		}
		s.Hosts = append(s.Hosts, h)
	}
	s.err = s.attach(n)
}

func (s *Session) attach(n *netem.Network) error {
	for _, name := range s.sc.File.Live() {
		switch cfg := s.sc.File.Nodes[name].Settings.(type) {
		case *scenarios.TUN:
			if err := s.device(n.Node(name).(*attach.Gateway), name, cfg); err != nil {
				return err
			}
		case *scenarios.Web:
			if err := s.serve(name, cfg); err != nil {
				return err
			}
		}
	}
	return nil
}

// device makes a TUN device and gives it to its gateway.
func (s *Session) device(g *attach.Gateway, node string, cfg *scenarios.TUN) error {
	d := &Device{Node: node, Name: cfg.Device, Namespace: cfg.Namespace, gateway: g}
	for _, h := range s.Hosts {
		for _, a := range h.Addrs {
			switch {
			case h.Name == node && !d.Addr.IsValid():
				d.Addr = a
			case h.Name != node && len(cfg.Routes) == 0 && s.sc.File.Nodes[h.Name].Kind != "router":
				d.Routes = append(d.Routes, netip.PrefixFrom(a, a.BitLen()))
			}
		}
	}
	for _, r := range cfg.Routes {
		p, err := netip.ParsePrefix(r)
		if err != nil {
			return err // the scenario has been checked
		}
		d.Routes = append(d.Routes, p)
	}
	if err := s.collide(d); err != nil {
		return err
	}
	var err error
	if d.open, err = s.Open(d.Name, d.Namespace, int(cfg.MTU), d.Addr, d.Routes...); err != nil {
		return explain(node, d, err)
	}
	s.Devices = append(s.Devices, d)
	g.Start(s.pacer, d.open)
	return nil
}

// collide refuses a device of the program's own namespace that would take away addresses which the machine uses itself.
func (s *Session) collide(d *Device) error {
	if d.Namespace != "" {
		return nil
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return nil // whoever has no list has no collision to report
	}
	for _, o := range own {
		p, err := netip.ParsePrefix(o.String())
		if err != nil || p.Addr().IsLoopback() {
			continue
		}
		for _, r := range append([]netip.Prefix{netip.PrefixFrom(d.Addr, d.Addr.BitLen())}, d.Routes...) {
			if r.Contains(p.Addr()) || p.Bits() > 0 && p.Contains(r.Addr()) {
				return fmt.Errorf("nodes.%s: %v of the simulated network is in %v, which this machine has itself (set run.prefix to addresses that are free, or nodes.%[1]s.namespace)", d.Node, r, p)
			}
		}
	}
	return nil
}

// explain says what is to be done about a device that cannot be made.
func explain(node string, d *Device, err error) error {
	hint := ""
	switch text := err.Error(); {
	case strings.Contains(text, "not permitted"), strings.Contains(text, "permission"):
		hint = " (run as root, or within: unshare --user --map-root-user --net)"
	case strings.Contains(text, "busy"), strings.Contains(text, "exists"):
		hint = fmt.Sprintf(" (something has a device %s already: write another with nodes.%s.device)", d.Name, node)
	case strings.Contains(text, "/dev/net/tun"):
		hint = " (this system has no TUN devices: modprobe tun)"
	case d.Namespace != "" && strings.Contains(text, "no such file"):
		hint = fmt.Sprintf(" (make it with: ip netns add %s)", d.Namespace)
	}
	return fmt.Errorf("nodes.%s: %w%s", node, err, hint)
}

// Drive runs the kernel in real time until the end of the run, the limit, or the end of the context, which is no error.
func (s *Session) Drive(k *sim.Kernel, until sim.Time) error {
	defer s.Close()
	if s.err != nil {
		return s.err
	}
	if s.Limit > 0 {
		until = min(until, sim.Time(s.Limit))
	}
	if s.Ready != nil {
		s.Ready(s)
	}
	stop := context.AfterFunc(s.ctx, func() { s.pacer.Inject(k.Stop) })
	defer stop()
	s.watch(k)
	for _, d := range s.Devices {
		go s.guard(k, d)
	}
	return s.pacer.Run(until)
}

// guard breaks the run off when somebody takes the device away.
func (s *Session) guard(k *sim.Kernel, d *Device) {
	select {
	case <-d.gateway.Lost():
		err := fmt.Errorf("nodes.%s: the device %s has gone while the run used it: %w", d.Node, d.Name, d.gateway.Err())
		s.pacer.Inject(func() { k.Fail(err) })
	case <-s.net.Closed():
	}
}

// watch copies the figures of the pacer now and then, for Look.
func (s *Session) watch(k *sim.Kernel) {
	var again func()
	again = func() {
		s.mu.Lock()
		s.late, s.now = s.pacer.Lateness, k.Now()
		s.mu.Unlock()
	}
	again()
	go func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.pacer.Inject(again)
			case <-s.net.Closed():
				return
			}
		}
	}()
}

// Look returns how late the run has been so far, and how far it is. It may be called from any goroutine.
func (s *Session) Look() (sim.Lateness, sim.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.late, s.now
}

// Lateness returns the figures of a run that is over.
func (s *Session) Lateness() sim.Lateness { return s.pacer.Lateness }

// Close gives devices and routes back. It may be called more than once.
func (s *Session) Close() error {
	if s.net == nil {
		return nil
	}
	s.net.Close()
	var err error
	for _, d := range s.Devices {
		err = errors.Join(err, d.gateway.Close())
	}
	return err
}
