package mediagw

import (
	"time"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// Arguments of the gateway's own timer events, above those of endpoints.
const (
	slotRegister uint32 = 1<<32 - 1 - iota
	slotHeartbeat
	slotSilence
	slotLeave
	lastSlot = slotLeave
)

// ownTimer handles the gateway's own timers.
func (g *Gateway) ownTimer(slot uint32) {
	now := g.K.Now()
	switch slot {
	case slotRegister:
		if g.K.Due(&g.regTimer, g.Entity, slot) {
			g.reg.Tick(now, g.Waited(g.reg.Waited(), "h248.mwd"))
			g.register()
		}
	case slotHeartbeat:
		if g.K.Due(&g.beatTimer, g.Entity, slot) {
			g.beats(now)
		}
	case slotSilence:
		if g.K.Due(&g.silence.timer, g.Entity, slot) {
			g.silent(now)
		}
	case slotLeave:
		if g.K.Due(&g.cutTimer, g.Entity, slot) {
			// The time that a Graceful gave is over: what is left is lost, and the controller hears of it. [I]
			g.Leave(h248.Forced, 0, g.Waited(g.cutWhy, "h248.leave"))
		}
	}
}

// heartbeat is the supervision of one termination (H.248.36): when no message has named it for the period, the controller is
// asked whether it still knows it.
type heartbeat struct {
	period  time.Duration // 0: not asked for
	request uint32
	listed  bool
	named   sim.Time
	why     sim.Cause
}

// due is when the next heartbeat is due, as things stand.
func (h *heartbeat) due() sim.Time { return h.named.Add(h.period) }

// supervise takes the events that are no stream's.
func (g *Gateway) supervise(t *termination, e *h248.Events) {
	g.unsupervise(t)
	for _, ev := range e.List {
		seconds, ok := number(ev.Parms, "timerx")
		if ev.Name != "hangterm/thb" || !ok || seconds == 0 || !g.cfg.H248.Heartbeat {
			continue
		}
		h := &t.heart
		h.period, h.request = time.Duration(seconds)*time.Second, e.ID
		g.beating++
		if !h.listed {
			h.listed = true
			g.hearts = append(g.hearts, t)
		}
		g.K.Arm(&g.beatTimer, g.Entity, slotHeartbeat, min(h.due(), g.beatTimer.Deadline()))
	}
}

// unsupervise ends the heartbeats of a termination.
func (g *Gateway) unsupervise(t *termination) {
	if t.heart.period == 0 {
		return
	}
	t.heart.period = 0
	if g.beating--; g.beating > 0 {
		return
	}
	for _, o := range g.hearts {
		o.heart.listed = false
	}
	g.hearts = nil
	g.K.Arm(&g.beatTimer, g.Entity, slotHeartbeat, sim.Never)
}

// name notes that a message has named the termination.
func (t *termination) name(now sim.Time, why sim.Cause) { t.heart.named, t.heart.why = now, why }

// beats sends the heartbeats that are due, and forgets who needs none. R-20: the gateway keeps the termination, whatever the
// controller answers.
func (g *Gateway) beats(now sim.Time) {
	if g.reg.State() != h248.Registered {
		return // nobody is there to ask; answered goes on
	}
	next := sim.Never
	keep := g.hearts[:0]
	for _, t := range g.hearts {
		h := &t.heart
		if h.period == 0 {
			h.listed = false
			continue
		}
		if h.due() <= now {
			why := g.Mark(g.Waited(h.why, "hangterm/thb"), t.realm, nodes.HeartbeatSent, string(t.id))
			g.report(h248.In(t.ctx.id, h248.NotifyOf(t.id, h.request, h248.ObservedEvent{Time: h248.Stamp(now), Name: "hangterm/thb"})), why)
			t.name(now, why)
		}
		keep = append(keep, t)
		next = min(next, h.due())
	}
	clear(g.hearts[len(keep):])
	g.hearts = keep
	g.K.Arm(&g.beatTimer, g.Entity, slotHeartbeat, next)
}

// inactivity is the supervision of the controller (H.248.14): when nothing has come from it for the period, it gets a report,
// whose answer shows that it is there.
type inactivity struct {
	period  time.Duration // 0: not asked for
	request uint32
	since   sim.Time // the report or the order before, which counts where nothing came later
	why     sim.Cause
	timer   sim.Timer
}

// root takes the events that are asked of the gateway as a whole.
func (g *Gateway) root(c *h248.Command, why sim.Cause) *h248.ErrorDescriptor {
	if c.Media != nil || c.Signals != nil {
		return fault(h248.ErrDescriptorNotLegal, "ROOT takes events alone")
	}
	if c.Events == nil {
		return nil
	}
	s := &g.silence
	s.period = 0
	for _, ev := range c.Events.List {
		if ev.Name == "it/ito" {
			hundredths, _ := number(ev.Parms, "mit")
			s.period, s.request = time.Duration(hundredths)*10*time.Millisecond, c.Events.ID
		}
	}
	s.since, s.why = g.K.Now(), why
	g.armSilence()
	return nil
}

func (g *Gateway) armSilence() {
	s := &g.silence
	at := sim.Never
	if s.period > 0 && g.reg.State() == h248.Registered {
		at = max(s.since, g.control().Heard()).Add(s.period)
	}
	g.K.Arm(&s.timer, g.Entity, slotSilence, at)
}

// silent reports that the controller has been silent, unless it has not been after all.
func (g *Gateway) silent(now sim.Time) {
	s := &g.silence
	if s.period == 0 || g.reg.State() != h248.Registered {
		return // answered goes on
	}
	if max(s.since, g.control().Heard()).Add(s.period) <= now {
		why := g.Mark(g.Waited(s.why, "it/ito"), "", nodes.InactivitySent, "")
		g.report(h248.In(h248.NullContext, h248.NotifyOf(h248.Root, s.request, h248.ObservedEvent{Time: h248.Stamp(now), Name: "it/ito"})), why)
		s.since, s.why = now, why
	}
	g.armSilence()
}

// resume goes on with supervision for a controller that has just taken the gateway.
func (g *Gateway) resume(why sim.Cause) {
	g.silence.since, g.silence.why = g.K.Now(), why
	g.armSilence()
	g.beats(g.K.Now())
}

// number returns a decimal parameter.
func number(list []h248.Parm, name string) (n uint64, ok bool) {
	p := h248.Find(list, name)
	if p == nil {
		return 0, false
	}
	for _, c := range []byte(p.Value.Text) {
		if c < '0' || c > '9' || n > 1<<40 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}
