package netem

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/graph/path"
	"gonum.org/v1/gonum/graph/simple"

	"imsim/netem/packet"
)

// The weight of a link is its delay, and among paths of equal delay the number of hops counts. Both are one whole
// number, delay·maxHops + 1, small enough to be exact in the float64 that gonum computes with, so that equal paths
// compare equal on every machine.
const (
	maxHops  = 1 << 10
	maxExact = 1 << 53
)

// ErrRoutes is what ComputeRoutes fails with.
var ErrRoutes = errors.New("netem: routes cannot be computed")

func weight(d *Direction) int64 { return int64(d.cfg.Delay)*maxHops + 1 }

// destination is a node that somebody may send to, at one of its interfaces (a host, so that a packet for an address
// arrives over that address's link) or as a whole (a forwarding node).
type destination struct {
	addrs []packet.Addr
	last  []lastHop
	// other are the further links of a host that has several. They serve who cannot reach the address's own link, since
	// hosts take what is for any of their addresses on any interface (RFC 1122 §3.3.4.2: weak end system).
	other []lastHop
}

// lastHop is a link that leads to a destination. core is the forwarding node that it starts from, -1 for a host.
type lastHop struct {
	core   int64
	from   *Interface
	weight int64 // of the link; 0 when the destination is core itself and from is nil
}

// ComputeRoutes gives every node routes to all addresses it can reach: along the path of least delay, then of fewest
// hops, then by the interface connected first. Routes lead through forwarding nodes only. A node that does not forward
// and has one interface gets a default route through it. Links that are down take part: routing does not heal by itself.
func (n *Network) ComputeRoutes() error {
	r := router{net: n, index: map[Node]int64{}, g: simple.NewWeightedDirectedGraph(0, math.Inf(1))}
	if err := r.build(); err != nil {
		return err
	}
	r.trees = make([]path.Shortest, len(r.core))
	for i := range r.core {
		r.trees[i] = path.DijkstraFrom(simple.Node(i), r.g)
	}
	dests := r.destinations()
	for _, node := range n.nodes {
		c := node.core()
		c.routes.forget()
		if !node.Forwards() && len(c.ifaces) == 1 {
			c.routes.addPrefix(everything4, c.ifaces[0], false)
			c.routes.addPrefix(everything6, c.ifaces[0], false)
			continue
		}
		c.routes.hosts = map[packet.Addr]*Interface{}
		inner := r.inner(node)
		for i := range dests {
			out := r.choose(node, inner, dests[i].last)
			if out == nil {
				out = r.choose(node, inner, dests[i].other)
			}
			if out != nil {
				for _, a := range dests[i].addrs {
					if c.own[a] == nil {
						c.routes.hosts[a] = out
					}
				}
			}
		}
	}
	return nil
}

type router struct {
	net   *Network
	core  []Node // forwarding nodes
	index map[Node]int64
	g     *simple.WeightedDirectedGraph
	trees []path.Shortest
}

// build makes the graph of forwarding nodes. Of parallel links the best one counts.
func (r *router) build() error {
	for _, node := range r.net.nodes {
		if node.Forwards() {
			r.index[node] = int64(len(r.core))
			r.core = append(r.core, node)
			r.g.AddNode(simple.Node(r.index[node]))
		}
	}
	var total int64
	for _, d := range r.net.directions {
		w := weight(d)
		if total += w; total >= maxExact || len(r.core) >= maxHops {
			return fmt.Errorf("%w: %d routers and delays of %v altogether: at most %d routers and %d ns", ErrRoutes,
				len(r.core), total/maxHops, maxHops, int64(maxExact/maxHops))
		}
	}
	for from, node := range r.core {
		for _, i := range node.core().ifaces {
			to, ok := r.index[i.Peer.node]
			if !ok || to == int64(from) {
				continue
			}
			f, t := simple.Node(from), simple.Node(to)
			w := float64(weight(i.Out))
			if e := r.g.WeightedEdge(f.ID(), t.ID()); e == nil || e.Weight() > w {
				r.g.SetWeightedEdge(r.g.NewWeightedEdge(f, t, w))
			}
		}
	}
	return nil
}

func (r *router) destinations() []destination {
	var all []destination
	for _, node := range r.net.nodes {
		c := node.core()
		if node.Forwards() {
			d := destination{last: []lastHop{{core: r.index[node]}}}
			for _, i := range c.ifaces {
				d.addrs = append(d.addrs, i.Addrs...)
			}
			// A host beside it needs no forwarding node to reach it.
			for _, i := range c.ifaces {
				d.last = append(d.last, lastHop{core: -1, from: i.Peer, weight: weight(i.Peer.Out)})
			}
			all = append(all, d)
			continue
		}
		hops := make([]lastHop, len(c.ifaces))
		for j, i := range c.ifaces {
			hops[j] = lastHop{core: -1, from: i.Peer, weight: weight(i.Peer.Out)}
			if at, ok := r.index[i.Peer.node]; ok {
				hops[j].core = at
			}
		}
		for j, i := range c.ifaces {
			all = append(all, destination{addrs: i.Addrs, last: hops[j : j+1], other: hops})
		}
	}
	return all
}

// choose returns the interface of the node through which the nearest of the last hops is reached, or nil; of several
// the first.
// inner are those of the node's interfaces that lead to forwarding nodes.
func (r *router) choose(node Node, inner []*Interface, last []lastHop) *Interface {
	var best *Interface
	least := int64(math.MaxInt64)
	consider := func(i *Interface, total int64) {
		if total < least || total == least && i.index < best.index {
			best, least = i, total
		}
	}
	for _, h := range last {
		if h.from != nil && h.from.node == node {
			consider(h.from, h.weight)
		}
		if h.core < 0 {
			continue
		}
		for _, i := range inner {
			if dist := r.trees[r.index[i.Peer.node]].WeightTo(h.core); !math.IsInf(dist, 1) {
				consider(i, weight(i.Out)+int64(dist)+h.weight)
			}
		}
	}
	return best
}

// inner returns the node's interfaces that lead to forwarding nodes.
func (r *router) inner(node Node) []*Interface {
	var all []*Interface
	for _, i := range node.core().ifaces {
		if _, ok := r.index[i.Peer.node]; ok {
			all = append(all, i)
		}
	}
	return all
}
