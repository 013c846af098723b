package netstack

import (
	"slices"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"

	"imsim/netem"
	"imsim/netem/packet"
	ours "imsim/netem/tcp"
	"imsim/sim"
)

// setting is what a lab is built from. Both implementations get the same of everything that both can be told.
type setting struct {
	a, b   string // "ours" or "gvisor"; a opens the connection
	cc     string // "reno" or "cubic"
	rate   netem.BitRate
	rtt    time.Duration
	queue  int // octets
	ppm    int // loss in each direction, parts per million
	seed   uint64
	buffer int           // octets, of either end in either direction
	lost   []int         // packets lost from a to b, counted from 0, beside those drawn
	keep   time.Duration // keepalive: idle time; the interval is a third of it, three probes
	asIs   bool          // gVisor's Reno is not repaired
}

// lab is two hosts, a and b, joined by a link, and a program at each.
type lab struct {
	setting
	t     testing.TB
	k     *sim.Kernel
	n     *netem.Network
	nodes [2]netem.Node
	addr  [2]packet.Addr
	apps  [2]*app
	link  [2]*netem.Direction
}

const port = 80

// newLab joins two hosts by the link of the setting.
func newLab(t testing.TB, s setting) *lab {
	k := sim.New(sim.Config{Seed: s.seed})
	l := addHosts(t, netem.New(k, netem.Config{}), s, "")
	link := netem.Symmetric(s.direction())
	if s.lost != nil {
		link.AtoB.Losses = &listed{which: s.lost}
	}
	l.link = l.connect(l.nodes[0], l.nodes[1], link)
	l.ready()
	return l
}

func (s *setting) direction() netem.DirectionConfig {
	return netem.DirectionConfig{Rate: s.rate, Delay: s.rtt / 2, Loss: sim.Prob(s.ppm * 1000), QueueOctets: s.queue}
}

// addHosts adds the two hosts to a network; it does not connect them.
func addHosts(t testing.TB, n *netem.Network, s setting, suffix string) *lab {
	l := &lab{setting: s, t: t, k: n.K, n: n}
	for i, kind := range []string{s.a, s.b} {
		name := "ab"[i:i+1] + suffix
		switch kind {
		case "gvisor":
			l.nodes[i] = addNode(t, n, name, int64(s.seed)*4+int64(i)*2)
		default:
			l.nodes[i] = n.AddHost(name)
		}
		l.apps[i] = &app{k: l.k, out: packet.Pattern(1 + i), in: packet.Pattern(2 - i)}
	}
	return l
}

func (l *lab) connect(a, b netem.Node, link netem.LinkConfig) [2]*netem.Direction {
	ia, ib, err := l.n.Connect(a, b, link)
	if err != nil {
		l.t.Fatal(err)
	}
	return [2]*netem.Direction{ia.Out, ib.Out}
}

// ready computes routes and prepares the stacks, once all is connected.
func (l *lab) ready() {
	if err := l.n.ComputeRoutes(); err != nil {
		l.t.Fatal(err)
	}
	for i, n := range l.nodes {
		l.addr[i] = netem.CoreOf(n).Addr(true)
		if g, ok := n.(*node); ok {
			l.prepare(g)
		}
	}
}

// listed is a loss model that loses certain packets.
type listed struct {
	which []int
	n     int
}

// Lost implements netem.LossModel.
func (x *listed) Lost(sim.Time, int, *sim.Stream) bool {
	x.n++
	return slices.Contains(x.which, x.n-1)
}

// prepare sets a gVisor stack up as our config does.
func (l *lab) prepare(g *node) {
	g.address()
	g.renoRepair = l.cc == "reno" && !l.asIs
	cc := tcpip.CongestionControlOption(l.cc)
	moderate := tcpip.TCPModerateReceiveBufferOption(false)
	g.option(&cc)
	g.option(&moderate)
	g.option(&tcpip.TCPSendBufferSizeRangeOption{Min: 4096, Default: l.buffer, Max: l.buffer})
	g.option(&tcpip.TCPReceiveBufferSizeRangeOption{Min: 4096, Default: l.buffer, Max: l.buffer})
}

// config is the profile of our side.
func (l *lab) config() ours.Config {
	c := ours.ProfileLinux()
	if l.cc == "reno" {
		c.Congestion = ours.NewReno
	}
	c.SendBuffer, c.RecvBuffer = l.buffer, l.buffer
	if l.keep != 0 {
		c.KeepAlive, c.KeepAliveInterval, c.KeepAliveProbes = l.keep, l.keep/3, 3
	}
	return c
}

// listen opens the port at end i, for one connection.
func (l *lab) listen(i int) {
	switch h := l.nodes[i].(type) {
	case *netem.Host:
		if err := h.Listen(packet.AddrPort{Port: port}, &oursListener{h, l.config(), l.apps[i]}); err != nil {
			l.t.Fatal(err)
		}
	case *node:
		h.listen(port, func(c *gvisorConn) { l.own(i, c) })
	}
}

// dial opens a connection from end i to the other.
func (l *lab) dial(i int, from uint16) {
	to := packet.AddrPort{Addr: l.addr[1-i], Port: port}
	switch h := l.nodes[i].(type) {
	case *netem.Host:
		c := &oursConn{}
		l.apps[i].own(c)
		s, err := h.Dial(packet.AddrPort{Port: from}, to, l.config(), c, sim.Cause{})
		if err != nil {
			l.t.Fatal(err)
		}
		c.s = s
	case *node:
		h.dial(from, to, l.apps[i], l.tune)
	}
}

// own gives a connection of gVisor's to the program at end i.
func (l *lab) own(i int, c *gvisorConn) {
	l.tune(c)
	l.apps[i].own(c)
}

// tune sets the options of a gVisor connection.
func (l *lab) tune(c *gvisorConn) {
	if l.keep == 0 {
		return
	}
	idle, interval := tcpip.KeepaliveIdleOption(l.keep), tcpip.KeepaliveIntervalOption(l.keep/3)
	c.g.must(c.ep.SetSockOpt(&idle))
	c.g.must(c.ep.SetSockOpt(&interval))
	c.g.must(c.ep.SetSockOptInt(tcpip.KeepaliveCountOption, 3))
	c.ep.SocketOptions().SetKeepAlive(true)
}

// run lets time pass up to an instant.
func (l *lab) run(until time.Duration) {
	l.t.Helper()
	if err := l.k.Run(sim.Time(until)); err != nil {
		l.t.Fatal(err)
	}
}

// at lets time pass up to an instant and then has end i act.
func (l *lab) at(when time.Duration, i int, act func(a *app)) {
	l.t.Helper()
	l.run(when)
	act(l.apps[i])
	if c := l.apps[i].c; c != nil {
		c.wake()
	}
}
