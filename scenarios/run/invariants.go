package run

import (
	"slices"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/ibcf"
	"imsim/nodes/invariant"
	"imsim/nodes/mediagw"
	"imsim/scenarios"
)

// expected tells the invariants what to expect of a scenario.
func expected(f *scenarios.File) (c invariant.Config) {
	for _, name := range scenarios.Names(f.Sessions) {
		s := f.Sessions[name]
		c.Sessions += max(s.Count, 1)
		for _, m := range s.Messages {
			if m.Text != nil {
				c.Plaintext = append(c.Plaintext, []byte(*m.Text))
			}
		}
	}
	for i := range f.Timeline {
		if a, ok := f.Timeline[i].Action.(*scenarios.MediaClose); ok && a.Only == "fin" {
			c.Truncate = append(c.Truncate, a.Node)
		}
	}
	return c
}

// left asks the nodes what they hold that a finished run must have given back.
func (w *world) left() (list []invariant.Left) {
	for _, name := range scenarios.Names(w.file.Nodes) {
		if p := w.controllers[name]; p != nil {
			list = append(list, invariant.Left{Node: name, What: "calls", N: p.Calls()})
		}
		if m := w.mrfcs[name]; m != nil {
			list = append(list, invariant.Left{Node: name, What: "calls", N: m.Calls()})
		}
		if g := w.mgs[name]; g != nil {
			list = append(list, invariant.Left{Node: name, What: "contexts", N: g.Contexts()})
		}
		if g := w.gateways[name]; g != nil {
			list = append(list,
				invariant.Left{Node: name, What: "contexts", N: g.Contexts()},
				invariant.Left{Node: name, What: "ports", N: g.Ports()})
		}
	}
	return list
}

// borders are the nodes that keep the inside of their network from another: IBCFs that hide topology, and their TrGWs.
func (w *world) borders() (list []invariant.Border) {
	for _, name := range scenarios.Names(w.file.Nodes) {
		c, ok := w.file.Nodes[name].Settings.(*ibcf.Config)
		if !ok || !nodes.Or(c.Hiding, true) {
			continue
		}
		inside := w.inside(c.Home)
		gw := w.file.Nodes[c.Gateway].Settings.(*mediagw.Config)
		outer := w.net.Node(c.Gateway).(*netem.Host).Interface(gw.Realms["external"])
		for _, i := range netem.CoreOf(w.net.Node(c.Gateway)).Interfaces() {
			if i != outer {
				inside = append(inside, i.Addrs...)
			}
		}
		own := slices.Clone(outer.Addrs)
		for _, i := range netem.CoreOf(w.net.Node(name)).Interfaces() {
			own = append(own, i.Addrs...)
		}
		list = append(list, invariant.Border{Node: name, Inside: inside, Own: own}, invariant.Border{Node: c.Gateway, Inside: inside, Own: own})
	}
	return list
}

// inside returns the addresses of a node and of all that it reaches without crossing a border.
func (w *world) inside(from string) (addrs []packet.Addr) {
	seen, open := map[string]bool{from: true}, []string{from}
	for ; len(open) > 0; open = open[1:] {
		for _, i := range netem.CoreOf(w.net.Node(open[0])).Interfaces() {
			addrs = append(addrs, i.Addrs...)
		}
		for _, link := range scenarios.Names(w.file.Links) {
			b := w.file.Links[link].Between
			for i, e := range b {
				if e.Node == open[0] && !seen[b[1-i].Node] && !w.border(b[1-i].Node) {
					seen[b[1-i].Node] = true
					open = append(open, b[1-i].Node)
				}
			}
		}
	}
	return addrs
}

// border reports an IBCF or a TrGW.
func (w *world) border(node string) bool {
	switch c := w.file.Nodes[node].Settings.(type) {
	case *ibcf.Config:
		return true
	case *mediagw.Config:
		return c.Interface == "ix"
	}
	return false
}
