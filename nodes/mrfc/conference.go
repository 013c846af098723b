package mrfc

import (
	"strconv"
	"strings"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// conference is the context at the MRFP. Its orders go one after the other: the id of a context that is being made is not known
// before the reply, and one whose last termination goes is gone.
type conference struct {
	context h248.ContextID
	terms   int // terminations in the context
	queue   []*order
	busy    bool // an order is under way
}

// forget is the state without a context.
func (f *conference) forget() { f.context, f.terms = h248.ChooseContext, 0 }

// order is a command for the context. done takes the reply's command; code is "" for success.
type order struct {
	c    *call
	cmd  h248.Command
	why  sim.Cause
	done func(r *h248.Command, code string, why sim.Cause)
}

var sentNames = map[h248.Verb]string{h248.Add: nodes.AddSent, h248.Modify: nodes.ModifySent, h248.Subtract: nodes.SubtractSent}

// order has a command sent when those before it are answered.
func (c *call) order(cmd h248.Command, why sim.Cause, done func(*h248.Command, string, sim.Cause)) {
	c.m.conf.queue = append(c.m.conf.queue, &order{c, cmd, why, done})
	c.m.orderNext(sim.Cause{})
}

// orderNext sends the next order. after is the reply that made way for it.
func (m *MRFC) orderNext(after sim.Cause) {
	f := &m.conf
	if f.busy || len(f.queue) == 0 {
		return
	}
	o := f.queue[0]
	f.queue = f.queue[1:]
	f.busy = true
	why := o.why
	if after.Record > why.Record {
		why.Record = after.Record // the last to come true: the order, or the reply it waited for
	}
	why = m.Mark(why, "", sentNames[o.cmd.Verb], "")
	m.asked[m.h248.Request([]h248.Action{h248.In(f.context, o.cmd)}, why)] = o
}

// answered ends an order.
func (m *MRFC) answered(o *order, r *h248.Command, code string, why sim.Cause) {
	m.conf.busy = false
	o.done(r, code, why)
	m.orderNext(why)
}

// reserve asks for the participant's termination (Reserve and Configure IMS Resources, TS 23.333 cl. 8).
func (c *call) reserve(setup sdp.Setup, why sim.Cause) {
	m := c.m
	m.events++
	c.events = m.events
	cmd := h248.Command{Verb: h248.Add, Termination: "ip/mb/$"}
	s := cmd.Stream(1)
	s.Local, s.Remote = c.wanted(setup), c.remote()
	cmd.SetMode(1, h248.SendReceive)
	cmd.SetProperty(1, "ipdc/realm", h248.Quoted("mb"))
	cmd.Watch(c.events, h248.Event{Name: "tcpbcc/BNCChange", Stream: 1})
	if c.secure {
		cmd.Watch(c.events, h248.Event{Name: "tlsbsc/BNCChange", Stream: 1})
	}
	c.orders(&cmd)
	c.order(cmd, why, c.made)
}

// made takes the reply to the Add.
func (c *call) made(r *h248.Command, code string, why sim.Cause) {
	m := c.m
	if code == "" && r != nil && r.Media != nil && len(r.Media.Streams) > 0 {
		if f, err := sdp.ParseFragment(strings.Clone(string(r.Media.Streams[0].Local))); err == nil && !f.Underspecified() {
			c.term, c.local = h248.TerminationID(strings.Clone(string(r.Termination))), f
			m.conf.terms++
		}
	}
	switch {
	case c.state == gone || c.result != "":
		c.subtract(why) // the call went away meanwhile
	case c.term != "":
		c.reserved(why)
	case c.dialIn:
		c.final(statusOf(code), why)
	default:
		c.rejected(statusOf(code), why)
	}
}

// statusOf is what an error of the MRFP means to a participant (F11, F12, C5).
func statusOf(code string) int {
	switch code {
	case "515", "449", "445", "501":
		return 488
	case "510":
		return 500
	}
	return 503
}

// configure gives the termination its peer, and its role (Modify).
func (c *call) configure(why sim.Cause) {
	cmd := h248.Command{Verb: h248.Modify, Termination: c.term}
	local := c.local
	local.Attributes = append([]sdp.Attribute(nil), local.Attributes...)
	local.Set(sdp.AttrSetup, c.role.String())
	s := cmd.Stream(1)
	s.Local, s.Remote = local.Append(nil), c.remote()
	c.orders(&cmd)
	c.order(cmd, why, c.changed)
}

// establish orders the connection once more (mrf.estRetry).
func (c *call) establish(why sim.Cause) {
	cmd := h248.Command{Verb: h248.Modify, Termination: c.term}
	c.orders(&cmd)
	c.order(cmd, why, c.changed)
}

// changed takes the reply to a Modify.
func (c *call) changed(_ *h248.Command, code string, why sim.Cause) {
	if code != "" && c.result == "" && c.state != gone {
		c.hangUp("failed", `SIP;cause=`+strconv.Itoa(statusOf(code))+`;text="MRFP: `+code+`"`, why)
	}
}

// subtract ends the participant's termination; with the last one the context goes.
func (c *call) subtract(why sim.Cause) {
	m := c.m
	if c.term == "" {
		return
	}
	cmd := h248.SubtractOf(c.term)
	c.term = ""
	c.order(cmd, why, func(*h248.Command, string, sim.Cause) {
		if m.conf.terms--; m.conf.terms <= 0 {
			m.conf.forget()
		}
	})
}
