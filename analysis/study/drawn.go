package study

import (
	"cmp"
	"slices"

	"imsim/scenarios"
)

// drawn returns the nodes, routers left out, in the order in which pictures show them: by their distance in links from
// who calls first, at equal distance who controls before what is controlled, and who is called last.
func drawn(f *scenarios.File) []string {
	first, last := "", ""
	for _, class := range scenarios.Names(f.Sessions) {
		s := f.Sessions[class]
		if first == "" || s.At < f.Sessions[first].At {
			first = class
		}
	}
	if s, ok := f.Sessions[first]; ok {
		first, last = s.From, s.To
	}
	far := distances(f, first)
	kinds, _ := scenarios.Kinds()
	var names []string
	for _, n := range scenarios.Names(f.Nodes) {
		if f.Nodes[n].Kind != "router" {
			names = append(names, n)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int {
		if a == last || b == last {
			return cmp.Compare(btoi(a == last), btoi(b == last))
		}
		return cmp.Or(cmp.Compare(far[a], far[b]), cmp.Compare(slices.Index(kinds, f.Nodes[a].Kind), slices.Index(kinds, f.Nodes[b].Kind)))
	})
	return names
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// distances counts links from a node to every other; what cannot be reached is furthest.
func distances(f *scenarios.File, from string) map[string]int {
	far := map[string]int{from: 0}
	for step, grown := 0, true; grown; step++ {
		grown = false
		for _, l := range f.Links {
			for i := range l.Between {
				a, b := l.Between[i].Node, l.Between[1-i].Node
				if d, ok := far[a]; ok && d == step {
					if _, known := far[b]; !known {
						far[b], grown = step+1, true
					}
				}
			}
		}
	}
	for n := range f.Nodes {
		if _, ok := far[n]; !ok {
			far[n] = len(f.Nodes)
		}
	}
	return far
}
