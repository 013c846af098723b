package alg

import (
	"cmp"
	"strconv"
	"strings"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// order is a transaction that the gateway has not answered yet.
type order struct {
	c     *call
	done  func(*call, []h248.Action, sim.Cause)
	apart bool // from what the call itself wants of the gateway
}

// order sends one action to the gateway; done takes its reply. An error ends the call.
func (c *call) order(why sim.Cause, done func(*call, []h248.Action, sim.Cause), a h248.Action) {
	c.busy = true
	id := c.p.h248.Request([]h248.Action{a}, why)
	c.p.orders[id] = &order{c: c, done: done}
}

// H248Answer takes the gateway's reply.
func (p *ALG) H248Answer(id h248.TransactionID, reply *h248.Item, why sim.Cause) {
	o := p.orders[id]
	if o == nil {
		p.ownAnswer(id, reply, why)
		return
	}
	delete(p.orders, id)
	defer p.idle(why)
	code := ""
	if e := reply.FirstError(); e != nil {
		code = strconv.Itoa(int(e.Code))
	}
	why = p.Mark(why, "", nodes.ReplyReceived, code)
	if code != "" {
		why = p.Mark(why, "", nodes.ErrorReceived+code, "")
	}
	if o.apart {
		return
	}
	c := o.c
	if len(reply.Actions) > 0 && c.context == h248.ChooseContext && code == "" {
		c.context = reply.Actions[0].Context
		p.ctx[c.context] = c
	}
	c.busy = false
	switch {
	case c.ended:
		// The call went away while a termination was being made: the far one first, then the near one.
		if c.far.id == "" {
			c.learn(&c.far, reply.Actions, 0)
		} else {
			c.learn(&c.near, reply.Actions, 1)
		}
		c.subtract(why)
	case code == "515" && c.aware && c.client == 0:
		c.aware, c.unaware = false, true // F12: without the application
		c.reserve(why)
	case code == "515" && c.aware && !c.unaware && len(c.waiting) > 0:
		c.settleUnaware(why)
	case code == "501" && c.secure && c.change == nil && c.client == 0 && !c.originating && p.cfg.Fallback == "clear":
		c.secure = false // E10
		c.reserve(why)
	case code != "":
		if code == "501" && c.secure {
			c.wrong = 500 // E10
		}
		c.failed(why)
	default:
		o.done(c, reply.Actions, why)
		c.resume()
	}
}

// H248Failed takes the loss of an order.
func (p *ALG) H248Failed(id h248.TransactionID, _ h248.ErrorCode, why sim.Cause) {
	if o := p.orders[id]; o == nil {
		p.ownAnswer(id, nil, why)
	} else {
		delete(p.orders, id)
		defer p.idle(why)
		if o.apart {
			return
		}
		o.c.busy = false
		if o.c.ended {
			o.c.subtract(why)
		} else {
			o.c.failed(why)
		}
	}
}

// failed ends a call that the gateway cannot serve (F11): 503 before the answer.
func (c *call) failed(why sim.Cause) {
	if c.fall.goesOn() {
		c.fall.giveUp(why)
		return
	}
	if c.change != nil {
		c.change.failed(why)
		return
	}
	if c.client == 0 {
		c.refuse(cmp.Or(c.wrong, 503), why)
		return
	}
	if len(c.waiting) > 0 && c.waiting[0].m.Status >= 200 {
		c.refuseAnswer(c.waiting[0], "the gateway refused")
		return
	}
	c.release(503, "gateway", why)
}

// H248Lost notes that the association is gone; media goes on (F10).
func (p *ALG) H248Lost(why sim.Cause) { p.Mark(why, "", nodes.AssociationLost, "") }

// H248Transaction takes what the gateway reports.
func (p *ALG) H248Transaction(id h248.TransactionID, actions []h248.Action, why sim.Cause) {
	reply := h248.Item{Kind: h248.Reply, ID: id}
	var lost []*call
	var then []func(sim.Cause)
	cause := ""
	for _, a := range actions {
		out := h248.Action{Context: a.Context}
		for _, cmd := range a.Commands {
			r := h248.Command{Verb: cmd.Verb, Termination: cmd.Termination}
			switch cmd.Verb {
			case h248.ServiceChange:
				r.Services = &h248.Services{Profile: cmd.Services.Profile, Version: cmd.Services.Version}
				why = p.announced(cmd.Services, why)
				calls, text, f := p.serviceChange(cmd.Services)
				lost, cause, then = append(lost, calls...), text, append(then, f)
			case h248.Notify:
				if calls, f, ok := p.supervised(a.Context, &cmd, &r, why); ok {
					lost, then = append(lost, calls...), append(then, f)
					break
				}
				c := p.ctx[a.Context]
				if c == nil {
					// the context may have been subtracted while the report was under way.
					r.Error = &h248.ErrorDescriptor{Code: h248.ErrUnknownContext, Text: "Unknown ContextID"}
					break
				}
				if f := c.backhaul(&cmd); f != nil {
					then = append(then, f)
					break
				}
				var failed bool
				if cause, failed = observed(&cmd); failed && c.fall.missed(cmd.Termination, cause) {
					then = append(then, c.fall.begin)
				} else if failed {
					lost = append(lost, c)
				}
				why = p.Mark(why, "", nodes.NotifyReceived, cause)
			default:
				r.Error = &h248.ErrorDescriptor{Code: h248.ErrUnknownCommand, Text: "Unsupported or unknown Command"}
			}
			out.Commands = append(out.Commands, r)
		}
		reply.Actions = append(reply.Actions, out)
	}
	p.h248.Reply(id, reply, why)
	for _, f := range then {
		if f != nil {
			f(why)
		}
	}
	for _, c := range lost {
		c.release(503, cause, c.because(why))
	}
}

// onGateway returns the calls that have a context on the gateway, which forgets it, in the order of their contexts.
func (p *ALG) onGateway() (calls []*call) {
	for _, id := range p.contexts() {
		c := p.ctx[id]
		c.released = true // there is nothing left to subtract
		delete(p.ctx, id)
		calls = append(calls, c)
	}
	return calls
}

// observed returns the cause string of a notification and whether it ends the session: a failure to come up, or an end
// that was not in order.
func observed(cmd *h248.Command) (cause string, failed bool) {
	if cmd.ObservedEvents == nil {
		return "", false
	}
	for _, e := range cmd.ObservedEvents.List {
		if e.Name == latchDeadlock {
			return "no_latch", true
		}
		kind := text(e.Parms, "Type")
		cause = text(e.Parms, "x_cause")
		if kind == "EstFail" || kind == "Rel" && cause != "normal" {
			failed = true
		}
	}
	return cause, failed
}

func text(list []h248.Parm, name string) string {
	if p := h248.Find(list, name); p != nil {
		return p.Value.Text
	}
	return ""
}

// learn takes the termination that command n of a reply made or changed, and its address.
func (c *call) learn(l *leg, actions []h248.Action, n int) bool {
	if len(actions) != 1 || len(actions[0].Commands) <= n {
		return false
	}
	cmd := &actions[0].Commands[n]
	if cmd.Media == nil || len(cmd.Media.Streams) == 0 {
		return false
	}
	f, err := sdp.ParseFragment(string(cmd.Media.Streams[0].Local))
	if err != nil || f.Underspecified() {
		return false
	}
	l.id, l.local = h248.TerminationID(strings.Clone(string(cmd.Termination))), &f
	return true
}
