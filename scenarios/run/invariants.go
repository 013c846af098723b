package run

import (
	"imsim/nodes/invariant"
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
		if g := w.gateways[name]; g != nil {
			list = append(list,
				invariant.Left{Node: name, What: "contexts", N: g.Contexts()},
				invariant.Left{Node: name, What: "ports", N: g.Ports()})
		}
	}
	return list
}
