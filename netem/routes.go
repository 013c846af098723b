package netem

import (
	"net/netip"
	"slices"

	"imsim/netem/packet"
)

// routeTable finds the interface that leads to an address: host routes first, then the longest prefix. Links being
// point to point, the interface is the next hop.
type routeTable struct {
	hosts    map[packet.Addr]*Interface
	prefixes []prefixRoute // longest first, then in the order they were added
	recent   []recentRoute // direct-mapped cache of results, a power of two; nil until the first look-up

	generation uint32 // counts changes, for those who keep results themselves
}

type prefixRoute struct {
	prefix netip.Prefix
	out    *Interface
	fixed  bool // given by the scenario, not computed
}

type recentRoute struct {
	dst packet.Addr
	out *Interface
	own bool // dst is the node's own address
}

// Sizes of the cache: hosts are many and talk to few, nodes with several interfaces to many.
const (
	recentOfHost = 2
	recentOfHub  = 64
)

func (t *routeTable) invalidate() {
	t.recent = nil
	t.generation++
}

// lookup returns the interface of c, whose table this is, towards dst, or nil: for c's own addresses its loopback.
func (t *routeTable) lookup(c *Core, dst packet.Addr) *Interface { return t.to(c, dst).out }

// to is lookup that also says whether dst is c's own address. The result holds until the next call.
func (t *routeTable) to(c *Core, dst packet.Addr) *recentRoute {
	if t.recent == nil {
		size := recentOfHub
		if len(c.ifaces) <= 1 {
			size = recentOfHost
		}
		t.recent = make([]recentRoute, size)
	}
	r := &t.recent[int(dst.Hash()>>58)&(len(t.recent)-1)]
	if r.dst != dst {
		*r = recentRoute{dst, t.find(c, dst), c.own[dst] != nil}
	}
	return r
}

func (t *routeTable) find(c *Core, dst packet.Addr) *Interface {
	if c.own[dst] != nil {
		if c.loop == nil {
			return nil
		}
		return c.loop()
	}
	if i := t.hosts[dst]; i != nil {
		return i
	}
	a := dst.Netip()
	for i := range t.prefixes {
		if t.prefixes[i].prefix.Contains(a) {
			return t.prefixes[i].out
		}
	}
	return nil
}

func (t *routeTable) addPrefix(p netip.Prefix, out *Interface, fixed bool) {
	t.prefixes = append(t.prefixes, prefixRoute{p.Masked(), out, fixed})
	slices.SortStableFunc(t.prefixes, func(a, b prefixRoute) int {
		if a.fixed != b.fixed && a.prefix.Bits() == b.prefix.Bits() {
			if a.fixed {
				return -1
			}
			return 1
		}
		return b.prefix.Bits() - a.prefix.Bits()
	})
	t.invalidate()
}

// forget removes what was computed and keeps what the scenario gave.
func (t *routeTable) forget() {
	t.hosts = nil
	t.prefixes = slices.DeleteFunc(t.prefixes, func(r prefixRoute) bool { return !r.fixed })
	t.invalidate()
}

// AddRoute sends what is for a prefix out of an interface of the node. ComputeRoutes keeps such routes; between equal
// prefixes they win, but the routes to single addresses that it computes are longer.
func (c *Core) AddRoute(p netip.Prefix, out *Interface) { c.routes.addPrefix(p, out, true) }

// Route returns the interface through which the node sends to dst, or nil; for a host's own addresses its loopback.
func (c *Core) Route(dst packet.Addr) *Interface { return c.routes.lookup(c, dst) }

var (
	everything4 = netip.MustParsePrefix("0.0.0.0/0")
	everything6 = netip.MustParsePrefix("::/0")
)
