package run

import (
	"strings"
	"time"

	"imsim/nodes"
	"imsim/nodes/protocol/sdp"
	"imsim/nodes/ue"
	"imsim/scenarios"
	"imsim/sim"
)

// changes carries out the scenario's timeline. It is part of the model: a step that waits for a milestone sees it before
// any observer does.
type changes struct {
	nodes.Observer // told after the steps that wait for the milestone are planned
	w              *world
	self           sim.Entity
	steps          []scenarios.Step
	seen           []int // how often the milestone of each step has come
}

// plan schedules the steps that have an instant.
func (c *changes) plan(w *world) {
	c.w = w
	c.seen = make([]int, len(c.steps))
	c.self = w.k.Add("timeline", c)
	for i := range c.steps {
		if at := c.steps[i].At; at != nil {
			w.k.At(sim.Time(*at), c.self, uint32(i))
		}
	}
}

// Milestone schedules the steps that waited for it.
func (c *changes) Milestone(m nodes.Milestone) {
	for i := range c.steps {
		s := &c.steps[i]
		if s.When == nil || s.When.Node != m.Node || s.When.Name != m.Name || s.When.Leg != "" && s.When.Leg != m.Leg {
			continue
		}
		if c.seen[i]++; c.seen[i] == max(s.When.N, 1) {
			c.w.k.At(c.w.k.Now().Add(time.Duration(s.After)), c.self, uint32(i))
		}
	}
	c.Observer.Milestone(m)
}

// Handle carries out one step.
func (c *changes) Handle(i uint32) {
	w := c.w
	switch a := c.steps[i].Action.(type) {
	case *scenarios.LinkDown:
		for _, d := range w.links[a.Link] {
			d.dir.SetUp(false)
		}
	case *scenarios.LinkUp:
		for _, d := range w.links[a.Link] {
			d.dir.SetUp(true)
		}
	case *scenarios.SetValue:
		name, _, _ := strings.Cut(strings.TrimPrefix(a.Path, "links."), ".")
		for i, d := range w.links[name] {
			d.set(a.Link.Toward(i))
		}
	case *scenarios.NATReboot:
		if x := w.nats[a.NAT]; x != nil {
			x.Reboot()
		}
	case *scenarios.MediaReset:
		if u := w.ues[a.Node]; u != nil {
			u.Reset()
		}
	case *scenarios.MediaClose:
		if u := w.ues[a.Node]; u != nil {
			u.CloseMedia()
		}
	case *scenarios.Reinvite:
		if u := w.ues[a.Node]; u != nil {
			u.Reinvite(reinvite(a))
		}
	default:
		w.control(a)
	}
}

// reinvite says what the offer of a step is to change.
func reinvite(a *scenarios.Reinvite) ue.Reinvite {
	r := ue.Reinvite{Connection: sdp.ParseConnection(a.Connection), Add: a.Add, Remove: a.Remove, Certificate: a.Certificate, NoOffer: a.NoOffer}
	if a.Setup != "" {
		r.Setup = sdp.ParseSetup(a.Setup)
	}
	if a.Direction != "" {
		r.Direction, r.Directed = sdp.ParseDirection(a.Direction), true
	}
	return r
}
