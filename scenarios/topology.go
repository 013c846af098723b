package scenarios

import "strconv"

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
			if !v.place(e.Node) {
				v.wrong(path, "no node "+strconv.Quote(e.Node), suggest(e.Node, v.places()))
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
		linkCheck{tree: v.s.tree, base: at("links", name), report: v.wrong}.check(l)
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
