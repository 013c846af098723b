package netem

import (
	"fmt"
	"net/netip"
	"strconv"

	"imsim/netem/packet"
	"imsim/sim"
)

// Interface is where a link ends at a node.
type Interface struct {
	Name  string
	Addrs []packet.Addr
	Out   *Direction // towards the peer
	Peer  *Interface

	// Tap, when set, sees every packet that leaves (out) or enters through the interface: for captures and checks. It
	// must neither change nor keep the packet, nor anything that the run depends on.
	Tap func(out bool, p *packet.Packet)

	node  Node
	index int // among the node's interfaces
}

// String returns "node.interface".
func (i *Interface) String() string { return i.node.core().name + "." + i.Name }

// Node returns the node that the interface belongs to.
func (i *Interface) Node() Node { return i.node }

// MTU returns the largest IP packet in octets that may leave through the interface.
func (i *Interface) MTU() int { return i.Out.cfg.MTU }

// AddTap makes f see every packet beside those who already do.
func (i *Interface) AddTap(f func(out bool, p *packet.Packet)) {
	before := i.Tap
	if before == nil {
		i.Tap = f
		return
	}
	i.Tap = func(out bool, p *packet.Packet) {
		before(out, p)
		f(out, p)
	}
}

// Addr returns the interface's first address of the family of like, or the zero address.
func (i *Interface) Addr(like packet.Addr) packet.Addr { return i.addrOf(like.Is4()) }

// Addr4 returns the interface's first IPv4 address, or the zero address.
func (i *Interface) Addr4() packet.Addr { return i.addrOf(true) }

// Addr6 returns the interface's first IPv6 address, or the zero address.
func (i *Interface) Addr6() packet.Addr { return i.addrOf(false) }

func (i *Interface) addrOf(is4 bool) packet.Addr {
	for _, a := range i.Addrs {
		if a.Is4() == is4 {
			return a
		}
	}
	return packet.Addr{}
}

// has reports whether a is an address of the interface.
func (i *Interface) has(a packet.Addr) bool {
	for _, x := range i.Addrs {
		if x == a {
			return true
		}
	}
	return false
}

// Transmit gives p, which must fit the MTU, to the link.
func (i *Interface) Transmit(p *packet.Packet) { i.transmit(p, p.Len()) }

// transmit is Transmit where the packet's size is known.
func (i *Interface) transmit(p *packet.Packet, size int) {
	if i.Tap != nil {
		i.Tap(true, p)
	}
	i.Out.send(p, size)
}

// Core is what all nodes have: a name, interfaces and routes. A kind of node embeds it and adds Receive and Forwards.
type Core struct {
	Damaged uint64 // packets dropped because their checksum was wrong

	net    *Network
	name   string
	self   sim.Entity
	ifaces []*Interface
	named  map[string]*Interface // once there are many
	own    map[packet.Addr]*Interface
	routes routeTable

	loop    func() *Interface // to the node itself; nil: there is none
	pathMTU map[packet.Addr]int
	ipID    uint32
}

func (c *Core) core() *Core { return c }

// Name returns the node's name.
func (c *Core) Name() string { return c.name }

// Network returns the network that the node is in.
func (c *Core) Network() *Network { return c.net }

// Entity returns the entity that the node's events and records name.
func (c *Core) Entity() sim.Entity { return c.self }

// Interfaces returns the node's interfaces in the order of connecting. The caller must not change the slice.
func (c *Core) Interfaces() []*Interface { return c.ifaces }

// Interface returns the interface of a name, or nil.
func (c *Core) Interface(name string) *Interface {
	if len(c.ifaces) > manyInterfaces {
		return c.named[name]
	}
	for _, i := range c.ifaces {
		if i.Name == name {
			return i
		}
	}
	return nil
}

// manyInterfaces is from how many interfaces on a node keeps an index of their names.
const manyInterfaces = 8

// attach adds an interface to the node.
func (c *Core) attach(i *Interface) {
	c.ifaces = append(c.ifaces, i)
	c.routes.invalidate()
	if len(c.ifaces) <= manyInterfaces {
		return
	}
	if c.named == nil {
		c.named = map[string]*Interface{}
		for _, i := range c.ifaces {
			c.named[i.Name] = i
		}
	}
	c.named[i.Name] = i
}

// Owns reports whether a is an address of the node.
func (c *Core) Owns(a packet.Addr) bool { return c.own[a] != nil }

// Addr returns the node's first address of a family (false: IPv6), or the zero address.
func (c *Core) Addr(is4 bool) packet.Addr {
	for _, i := range c.ifaces {
		if a := i.addrOf(is4); a.IsValid() {
			return a
		}
	}
	return packet.Addr{}
}

// AddAddr gives an interface one more address. Routes must be computed again afterwards.
func (i *Interface) AddAddr(a netip.Addr) error {
	x := packet.AddrFrom(a)
	c := i.node.core()
	if !x.IsValid() || c.own[x] != nil {
		return fmt.Errorf("netem: %s: address %v: must be valid and new to the node", i, a)
	}
	if c.own == nil {
		c.own = map[packet.Addr]*Interface{}
	}
	i.Addrs = append(i.Addrs, x)
	c.own[x] = i
	c.net.used[x] = true
	c.routes.invalidate()
	return nil
}

// newInterface makes an interface with its addresses.
func (n *Network) newInterface(node Node, name string, addrs []netip.Addr, fam Families) (*Interface, error) {
	c := node.core()
	if name == "" {
		name = "eth" + strconv.Itoa(len(c.ifaces))
	}
	if c.Interface(name) != nil {
		return nil, fmt.Errorf("netem: %s has an interface %s already", c.name, name)
	}
	i := &Interface{Name: name, node: node, index: len(c.ifaces)}
	if err := n.addAddrs(i, addrs, fam); err != nil {
		for _, a := range i.Addrs {
			delete(c.own, a)
		}
		return nil, err
	}
	c.attach(i)
	return i, nil
}

// addAddrs gives an interface the addresses that were asked for, and one of each family that is missing.
func (n *Network) addAddrs(i *Interface, addrs []netip.Addr, fam Families) error {
	has4, has6 := fam&IPv4 == 0, fam&IPv6 == 0
	for _, a := range addrs {
		if err := i.AddAddr(a); err != nil {
			return err
		}
		if a.Unmap().Is4() {
			has4 = true
		} else {
			has6 = true
		}
	}
	if !has4 {
		if err := n.addNext(i, &n.next4, n.cfg.Prefix4); err != nil {
			return err
		}
	}
	if !has6 {
		return n.addNext(i, &n.next6, n.cfg.Prefix6)
	}
	return nil
}

func (n *Network) addNext(i *Interface, next *netip.Addr, in netip.Prefix) error {
	a, err := n.allocate(next, in)
	if err != nil {
		return err
	}
	return i.AddAddr(a)
}

// removeLast takes back the interface made last, of a link that came to nothing.
func (c *Core) removeLast() {
	last := len(c.ifaces) - 1
	for _, a := range c.ifaces[last].Addrs {
		delete(c.own, a)
	}
	delete(c.named, c.ifaces[last].Name)
	c.ifaces = c.ifaces[:last]
}

// allocate returns the next free address of a prefix, none that ends in 0 or 255.
func (n *Network) allocate(next *netip.Addr, in netip.Prefix) (netip.Addr, error) {
	for {
		a := next.Next()
		if !in.Contains(a) {
			return netip.Addr{}, fmt.Errorf("netem: all addresses of %v are in use: a shorter prefix is needed", in)
		}
		*next = a
		if b := a.AsSlice(); b[len(b)-1] == 0 || b[len(b)-1] == 255 || n.used[packet.AddrFrom(a)] {
			continue
		}
		return a, nil
	}
}
