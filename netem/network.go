package netem

import (
	"fmt"
	"net/netip"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// Families selects the IP versions that a link carries.
type Families uint8

// The IP versions. The zero value of a configuration means IPv4.
const (
	IPv4 Families = 1 << iota
	IPv6
	DualStack = IPv4 | IPv6
)

// Config is what a network is made from. The zero value is usable.
type Config struct {
	Families   Families     // of links that do not say; 0: IPv4
	Prefix4    netip.Prefix // where automatic IPv4 addresses come from; zero: 10.0.0.0/8
	Prefix6    netip.Prefix // where automatic IPv6 addresses come from; zero: fd00::/64
	MaxPackets int          // most packets alive at once before the run is broken off; 0: 4 million
}

// Network is the graph of nodes and links, with the pool that their packets come from.
type Network struct {
	K    *sim.Kernel
	Pool packet.Pool

	// Drops counts the packets that nodes dropped, links aside; see DirectionStats.
	Drops uint64

	cfg        Config
	nodes      []Node
	byName     map[string]Node
	directions []*Direction
	next4      netip.Addr
	next6      netip.Addr
	used       map[packet.Addr]bool

	buffers    tcp.Pool // of all connections that bring none of their own
	configs    map[tcp.Config]*tcp.Config
	lastConfig *tcp.Config
}

// CoreOf returns what a node of any kind has in common with all others.
func CoreOf(n Node) *Core { return n.core() }

// Node is something with interfaces: a host, a router, and what other packages make of them.
type Node interface {
	// Receive takes over a packet that arrived on an interface of the node.
	Receive(in *Interface, p *packet.Packet)
	// Forwards reports whether the node passes on packets between its interfaces, so that routes may lead through it.
	Forwards() bool

	core() *Core // every node embeds a Core
}

// New makes an empty network whose events run on k.
func New(k *sim.Kernel, cfg Config) *Network {
	if cfg.Families == 0 {
		cfg.Families = IPv4
	}
	if !cfg.Prefix4.IsValid() {
		cfg.Prefix4 = netip.MustParsePrefix("10.0.0.0/8")
	}
	if !cfg.Prefix6.IsValid() {
		cfg.Prefix6 = netip.MustParsePrefix("fd00::/64")
	}
	if cfg.MaxPackets == 0 {
		cfg.MaxPackets = 4 << 20
	}
	n := &Network{K: k, cfg: cfg, byName: map[string]Node{}, used: map[packet.Addr]bool{}}
	n.Pool.Limit = cfg.MaxPackets
	n.next4, n.next6 = cfg.Prefix4.Masked().Addr(), cfg.Prefix6.Masked().Addr()
	return n
}

// Add puts a node of any kind into the network. Its name must be new. Events of the node's entity go to the node where
// it is a sim.Handler.
func (n *Network) Add(name string, node Node) {
	if n.byName[name] != nil {
		panic("netem: two nodes named " + name)
	}
	c := node.core()
	c.net, c.name = n, name
	h, ok := node.(sim.Handler)
	if !ok {
		h = inert{}
	}
	c.self = n.K.Add(name, h)
	n.nodes = append(n.nodes, node)
	n.byName[name] = node
}

// inert handles the events of a node that has none.
type inert struct{}

func (inert) Handle(uint32) {}

// Node returns the node of a name, or nil.
func (n *Network) Node(name string) Node { return n.byName[name] }

// Nodes returns all nodes in the order they were added. The caller must not change the slice.
func (n *Network) Nodes() []Node { return n.nodes }

// Directions returns all directions of links in the order they were made. The caller must not change the slice.
func (n *Network) Directions() []*Direction { return n.directions }

// LinkConfig describes a link between two nodes, a and b.
type LinkConfig struct {
	AtoB, BtoA   DirectionConfig
	AName, BName string       // names of the interfaces; empty: eth0, eth1, … in the order of connecting
	AAddrs       []netip.Addr // explicit addresses of a's interface; none of a family: automatic
	BAddrs       []netip.Addr
	Families     Families // 0: as the network
}

// Symmetric makes a link with the same conditions both ways. A loss model, having a state, belongs to one direction only.
func Symmetric(d DirectionConfig) LinkConfig { return LinkConfig{AtoB: d, BtoA: d} }

// Connect joins a and b by a link and returns their interfaces. Routes must be computed again afterwards.
func (n *Network) Connect(a, b Node, cfg LinkConfig) (ia, ib *Interface, err error) {
	if cfg.Families == 0 {
		cfg.Families = n.cfg.Families
	}
	where := a.core().name + " - " + b.core().name
	for _, d := range []*DirectionConfig{&cfg.AtoB, &cfg.BtoA} {
		if err := d.Validate(); err != nil {
			return nil, nil, fmt.Errorf("netem: link %s: %w", where, err)
		}
	}
	if ia, err = n.newInterface(a, cfg.AName, cfg.AAddrs, cfg.Families); err != nil {
		return nil, nil, err
	}
	if ib, err = n.newInterface(b, cfg.BName, cfg.BAddrs, cfg.Families); err != nil {
		a.core().removeLast()
		return nil, nil, err
	}
	ia.Peer, ib.Peer = ib, ia
	ia.Out = n.newDirection(ia, ib, cfg.AtoB)
	ib.Out = n.newDirection(ib, ia, cfg.BtoA)
	return ia, ib, nil
}

func (n *Network) newDirection(from, to *Interface, cfg DirectionConfig) *Direction {
	if cfg.MTU == 0 {
		cfg.MTU = DefaultMTU
	}
	d := &Direction{cfg: cfg, net: n, k: n.K, to: to, name: from.String() + ">" + to.String(), heap: cfg.overtaking()}
	d.paced, _ = cfg.Discipline.(Paced)
	d.self = n.K.Add(d.name, d)
	d.draw = n.K.Rand("link " + d.name)
	n.directions = append(n.directions, d)
	return d
}

// get takes a cleared packet for a node to fill.
func (n *Network) get(c *Core) *packet.Packet {
	p := n.Pool.Get()
	if n.Pool.Exceeded() {
		n.exceeded(c)
	}
	return p
}

// take takes the packet that the pool has shown, which the caller has filled.
func (n *Network) take(c *Core) {
	if n.Pool.Take(); n.Pool.Exceeded() {
		n.exceeded(c)
	}
}

// exceeded breaks the run off because too many packets are alive, naming the node that took the last.
func (n *Network) exceeded(c *Core) {
	n.K.Fail(fmt.Errorf("netem: %s: more than %d packets alive: %w", c.name, n.Pool.Limit, sim.ErrLimit))
}

// drop ends a packet's life before its time.
func (n *Network) drop(at sim.Entity, kind, why string, p *packet.Packet) {
	if n.K.Tracing() {
		n.K.Record(sim.Record{Cause: p.Cause, Node: at, Kind: kind, Text: why})
	}
	n.Pool.Put(p)
}
