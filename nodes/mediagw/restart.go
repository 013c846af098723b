package mediagw

import (
	"slices"
	"time"

	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// Restart loses every context: connections are reset, nothing is reported of them, and the gateway registers anew
// when it has been down for a while.
func (g *Gateway) Restart(down time.Duration, why sim.Cause) {
	g.cut()
	for _, c := range g.controllers {
		c.Endpoint.Forget()
		c.Endpoint.SetReady(false)
		c.asked = 0
		c.Mute(down > 0)
	}
	g.held, g.silence = nil, inactivity{}
	g.boot("902 Warm Boot", down, why)
}

// Leave takes the gateway out of service (H.248.1 §7.2.8): by Graceful its contexts last until delay ends, or for good
// where that is zero, by Forced they are lost at once. It comes back by Return.
func (g *Gateway) Leave(m h248.Method, delay time.Duration, why sim.Cause) {
	s := h248.Services{Method: m, Reason: "905 Termination Taken Out Of Service", Profile: g.profile, Version: h248.DefaultVersion}
	if m == h248.Graceful && delay > 0 {
		s.Delay, s.HasDelay = uint32(delay/time.Second), true
	}
	why = g.Mark(why, "", nodes.ServiceChangeSent, methodOf(&s))
	g.control().Request([]h248.Action{h248.In(h248.NullContext, h248.ServiceChangeOf(h248.Root, s))}, why)
	switch {
	case m == h248.Forced:
		g.cut()
	case delay > 0:
		g.cutAt, g.cutWhy = g.K.Now().Add(delay), why
		g.K.Arm(&g.cutTimer, g.Entity, slotLeave, g.cutAt)
	}
}

// Return brings the gateway back into service; what has outlived a Graceful stays.
func (g *Gateway) Return(why sim.Cause) {
	g.K.Arm(&g.cutTimer, g.Entity, slotLeave, sim.Never)
	reason := "900 Service Restored"
	if g.live > 0 {
		reason = h248.CancelGraceful
	}
	g.boot(reason, 0, why)
}

// cut ends all contexts without a report.
func (g *Gateway) cut() {
	for _, id := range g.contextIDs() {
		c := g.contexts[id]
		for _, t := range c.terms {
			g.unsupervise(t)
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
}

// contextIDs returns the ids of all contexts in ascending order.
func (g *Gateway) contextIDs() (ids []h248.ContextID) {
	for id := range g.contexts { //tidy:order sorted below
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
