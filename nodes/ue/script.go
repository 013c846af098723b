package ue

import (
	"imsim/nodes"
	"imsim/nodes/protocol/msrp"
	"imsim/sim"
)

// The script of a session is played by both ends, each knowing only what it has seen: a line is done for its sender when
// it has been answered, and for its receiver when it is complete.

// mediaUp starts the script: media can flow.
func (c *call) mediaUp(why sim.Cause) {
	if c.began {
		c.proceed(why)
		return
	}
	c.began = true
	if c.caller || c.script.DialOut {
		why = c.u.Mark(why, "", nodes.SessionUp, "")
	}
	c.cue(why)
}

// proceed goes on with a script that has waited for its stream.
func (c *call) proceed(why sim.Cause) {
	if c.stalled {
		c.stalled = false
		c.speak(why)
	}
}

// lineDone moves the script on.
func (c *call) lineDone(why sim.Cause) {
	c.line++
	c.cue(why)
}

// cue waits for the next thing that this end has to do, or does it.
func (c *call) cue(why sim.Cause) {
	now := c.u.K.Now()
	s := c.script
	switch {
	case c.state == over || c.result != "":
	case c.line < len(s.Lines):
		l := &s.Lines[c.line]
		if l.From != c.u.Name {
			return // the other end speaks
		}
		if l.After > 0 {
			c.next.set(now.Add(l.After), why)
		} else {
			c.speak(why)
		}
	case s.Release == c.u.Name && !c.talked:
		c.talked = true
		if wait := s.Hold + s.Delay; wait > 0 {
			c.next.set(now.Add(wait), why)
		} else {
			c.speak(why)
		}
	}
}

// speak does what the script has now: the next line, or the release.
func (c *call) speak(why sim.Cause) {
	if c.line < len(c.script.Lines) {
		l := &c.script.Lines[c.line]
		m := c.stream(l.Stream)
		if c.stalled = m == nil || !m.speaks(); !c.stalled {
			m.say("", l.Type, l.Body, why)
		}
		return
	}
	c.hangUp("released", "", why)
}

// output takes what the MSRP connection reports: milestones, and the steps of the script.
func (m *media) output(o msrp.Output) {
	c := m.c
	u := c.u
	switch o.Kind {
	case msrp.OutReceived:
		switch o.Name {
		case "SEND":
			u.Mark(o.Why, "", nodes.MSRPSendReceived, "")
		case "REPORT":
			u.Mark(o.Why, "", nodes.MSRPReport, "")
		default:
			u.Mark(o.Why, "", nodes.MSRPResponse, o.Name)
		}
	case msrp.OutBound:
		why := u.Mark(o.Why, "", nodes.MSRPBound, "")
		if !m.usable {
			m.ready(why)
		}
	case msrp.OutConfirmed:
		if o.ID != m.saying {
			return
		}
		m.saying = ""
		c.lineDone(o.Why)
	case msrp.OutMessage:
		if o.Received > 0 {
			why := u.Mark(o.Why, "", nodes.MSRPDelivered, "")
			if c.script.Conference {
				return // another participant's: the script has not waited for it
			}
			c.lineDone(why)
		}
	case msrp.OutUnsent, msrp.OutFailed:
		m.failed("msrp", o.Why)
	}
}
