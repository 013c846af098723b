package mediagw

import (
	"slices"

	"imsim/nodes/bearer"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// Restart loses every context: connections are reset, nothing is reported of them, and the gateway registers anew.
func (g *Gateway) Restart(why sim.Cause) {
	var ids []h248.ContextID
	for id := range g.contexts { //tidy:order sorted below
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		c := g.contexts[id]
		for _, t := range c.terms {
			for _, s := range t.all() {
				s.leaving = true
			}
		}
		for _, st := range slices.Clone(c.streams) {
			if !st.left {
				st.left = true
				st.end(bearer.X, bearer.Restarted, c.why)
			}
		}
		c.terms, c.streams, c.old = nil, nil, nil
		g.tidyUp(c)
	}
	g.boot("902 Warm Boot", why)
}
