package scenarios

import (
	"slices"
	"strconv"

	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"
)

// links checks ends, interfaces and sizes.
func (v *validator) links() {
	used := map[string]string{}      // interface → link
	joined := map[[2]string]string{} // pair of ends without named interfaces → link
	for _, name := range Names(v.file.Links) {
		l := v.file.Links[name]
		for i, e := range l.Between {
			path := at("links", name, "between", itoa(i))
			if e.Node == "" {
				continue
			}
			if _, ok := v.kindOf(e.Node); !ok {
				v.wrong(path, "no node or NAT "+strconv.Quote(e.Node), suggest(e.Node, v.places()))
			}
			if other := used[e.Name(name)]; other != "" && other != name {
				v.wrong(path, "interface "+e.Name(name)+" is already on link "+other, "one link an interface")
			}
			used[e.Name(name)] = name
		}
		if len(l.Between) == 2 && l.Between[0].Node != "" {
			v.pair(name, l.Between[0], l.Between[1], joined)
		}
		if low := mtuMin(v.file.Run.Family); l.MTU < low {
			v.wrong(at("links", name, "mtu"), l.MTU.String()+" is too small for "+v.file.Run.Family, "at least "+low.String())
		} else if l.MTU > 65535 {
			v.wrong(at("links", name, "mtu"), l.MTU.String()+" is too large", "at most 65535B")
		}
		for d, key := range at("", "forward", "backward") {
			path := at("links", name)
			if d > 0 {
				path = append(path, key)
			}
			if d == 1 && l.Forward == nil || d == 2 && l.Backward == nil {
				continue // the link's own queue is checked already
			}
			q := l
			if d > 0 {
				q = l.Toward(d - 1)
			}
			if q.Rate > 0 && q.Queue < q.MTU && l.MTU <= 65535 {
				v.wrong(append(path, "queue"), q.Queue.String()+" does not hold one packet", "at least the MTU, "+q.MTU.String())
			}
		}
	}
}

func (v *validator) pair(name string, a, b Endpoint, joined map[[2]string]string) {
	if a.Node == b.Node {
		v.wrong(at("links", name, "between"), "both ends are at "+a.Node, "a link joins two nodes")
		return
	}
	if a.Interface != "" || b.Interface != "" {
		return
	}
	key := [2]string{min(a.Node, b.Node), max(a.Node, b.Node)}
	if other := joined[key]; other != "" {
		v.wrong(at("links", name, "between"), key[0]+" and "+key[1]+" are already joined by "+other, "name the interfaces if both are meant")
	}
	joined[key] = name
}

// interfaces returns all interfaces, each with its link.
func (v *validator) interfaces() map[string]string {
	out := map[string]string{}
	for name, l := range v.file.Links {
		for _, e := range l.Between {
			out[e.Name(name)] = name
		}
	}
	return out
}

// nats checks that each has a link on both sides.
func (v *validator) nats() {
	for _, name := range Names(v.file.NATs) {
		if _, ok := v.file.Nodes[name]; ok {
			v.wrong(at("nats", name), "there is a node of that name", "choose another")
		}
		mine := v.linksOf(name)
		inside := v.file.NATs[name].Inside
		for i, link := range inside {
			if link != "" && !slices.Contains(mine, link) {
				v.wrong(at("nats", name, "inside", itoa(i)), "no link "+strconv.Quote(link)+" at "+name, suggest(link, mine))
			}
		}
		if len(inside) > 0 && len(mine) <= len(inside) {
			v.wrong(at("nats", name), "no link outside", "a NAT needs a link that is not in inside")
		}
	}
}

// linksOf returns the links that lead to a place.
func (v *validator) linksOf(place string) []string {
	var out []string
	for _, name := range Names(v.file.Links) {
		if slices.ContainsFunc(v.file.Links[name].Between, func(e Endpoint) bool { return e.Node == place }) {
			out = append(out, name)
		}
	}
	return out
}

// reach checks that links lead from each session's caller to its callee.
func (v *validator) reach() {
	g := simple.NewUndirectedGraph()
	ids := map[string]int64{}
	for i, p := range v.places() {
		ids[p] = int64(i)
		if g.Node(int64(i)) == nil {
			g.AddNode(simple.Node(i))
		}
	}
	for _, l := range v.file.Links {
		if len(l.Between) != 2 {
			continue
		}
		a, okA := ids[l.Between[0].Node]
		b, okB := ids[l.Between[1].Node]
		if !okA || !okB {
			return // the missing end is reported; what it cuts off would only repeat it
		}
		if a != b {
			g.SetEdge(simple.Edge{F: simple.Node(a), T: simple.Node(b)})
		}
	}
	for _, name := range Names(v.file.Sessions) {
		s := v.file.Sessions[name]
		from, okFrom := ids[s.From]
		to, okTo := ids[s.To]
		if okFrom && okTo && !topo.PathExistsIn(g, simple.Node(from), simple.Node(to)) {
			v.wrong(at("sessions", name, "to"), "no links lead from "+s.From+" to "+s.To, "")
		}
	}
}
