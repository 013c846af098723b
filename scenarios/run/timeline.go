package run

import (
	"strings"
	"time"

	"imsim/netem/tls"
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
	seen           []int       // how often the milestone of each step has come
	why            []sim.Cause // what each step comes of; empty for those that have an instant
}

// plan schedules the steps that have an instant.
func (c *changes) plan(w *world) {
	c.w = w
	c.seen, c.why = make([]int, len(c.steps)), make([]sim.Cause, len(c.steps))
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
		if s.When == nil || s.When.Name != m.Name || !s.When.Is(m.Node, m.Leg, m.Detail) {
			continue
		}
		if c.seen[i]++; c.seen[i] == max(s.When.N, 1) {
			c.why[i] = m.Why
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
			d.dir.SetReachable(!a.Unreachable)
		}
	case *scenarios.LinkUp:
		for _, d := range w.links[a.Link] {
			d.dir.SetUp(true)
			d.dir.SetReachable(true)
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
			u.CloseMedia(a.Only != "fin", a.Only != "close-notify")
		}
	case *scenarios.MediaAlert:
		if u := w.ues[a.Node]; u != nil {
			u.FailMedia(tls.Alert(a.Alert))
		}
	case *scenarios.MediaCorrupt:
		if u := w.ues[a.Node]; u != nil {
			u.Corrupt()
		}
	case *scenarios.Renegotiate:
		if u := w.ues[a.Node]; u != nil {
			u.Renegotiate()
		}
	case *scenarios.Intrude:
		if u, g := w.ues[a.Node], w.gateways[a.At]; u != nil && g != nil {
			u.Intrude(g.MediaAddress(a.Realm), a.TLS, c.why[i])
		}
	case *scenarios.Order:
		if p := w.controllers[a.Node]; p != nil {
			p.Order(a.Realm, a.What, c.why[i])
		}
	case *scenarios.Register:
		if u := w.ues[a.Node]; u != nil {
			u.Reregister(a.MediaSec, a.Leave, c.why[i])
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
