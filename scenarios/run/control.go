package run

import (
	"time"

	"imsim/nodes/megaco"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/transport"
	"imsim/scenarios"
	"imsim/sim"
)

// control carries out a step of the timeline that concerns controllers and gateways.
func (w *world) control(action any) {
	why := sim.Cause{}
	if w.k.Tracing() {
		why = w.k.Record(sim.Record{Node: w.users.self, Kind: "timeline.step"})
	}
	switch a := action.(type) {
	case *scenarios.H248Drop:
		for _, t := range w.associations(a.Node) {
			t.Drop(a.Count)
		}
	case *scenarios.H248Delay:
		for _, t := range w.associations(a.Node) {
			t.Delay(a.Count, time.Duration(a.By))
		}
	case *scenarios.H248Duplicate:
		for _, t := range w.associations(a.Node) {
			t.Duplicate(a.Count, time.Duration(a.By))
		}
	case *scenarios.H248Send:
		var list [][]h248.Action
		for _, text := range a.Transactions {
			actions, err := megaco.ParseActions(text)
			if err != nil {
				w.k.Fail(err) // loading has read it already
				return
			}
			list = append(list, actions)
		}
		if m := w.mgcs[a.Node]; m != nil {
			m.Send(a.To, list, why)
		} else if g := w.mgs[a.Node]; g != nil {
			g.Send(list, why)
		}
	case *scenarios.Restart:
		if r := w.restarter(a.Node); r != nil {
			r.Restart(time.Duration(a.For), why)
		}
	case *scenarios.ServiceChange:
		g, ok := w.restarter(a.Node).(interface {
			Leave(m h248.Method, delay time.Duration, why sim.Cause)
			Return(why sim.Cause)
		})
		switch {
		case !ok:
		case a.Method == "restart":
			g.Return(why)
		case a.Method == "forced":
			g.Leave(h248.Forced, 0, why)
		default:
			g.Leave(h248.Graceful, time.Duration(a.Delay), why)
		}
	case *scenarios.HandOff:
		if p := w.controllers[a.Node]; p != nil {
			p.HandOff(a.To, why)
		} else if m := w.mgcs[a.Node]; m != nil {
			m.HandOff(a.To, why)
		}
	}
}

// restarter returns what can restart of a node; nil for nothing.
func (w *world) restarter(node string) interface {
	Restart(down time.Duration, why sim.Cause)
} {
	if g := w.gateways[node]; g != nil {
		return g
	}
	if g := w.mgs[node]; g != nil {
		return g
	}
	if p := w.controllers[node]; p != nil {
		return p
	}
	if m := w.mgcs[node]; m != nil {
		return m
	}
	return nil
}

// associations returns the H.248 associations of a node that messages go over now.
func (w *world) associations(node string) []*transport.H248 {
	if g := w.gateways[node]; g != nil {
		return []*transport.H248{g.H248()}
	}
	if g := w.mgs[node]; g != nil {
		return g.Associations()
	}
	if p := w.controllers[node]; p != nil {
		return []*transport.H248{p.H248()}
	}
	if m := w.mrfcs[node]; m != nil {
		return []*transport.H248{m.H248()}
	}
	if m := w.mgcs[node]; m != nil {
		return m.Associations()
	}
	return nil
}
