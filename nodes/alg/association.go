package alg

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/transport"
	"imsim/sim"
)

// control is the state of the association with the gateway, beside the calls.
type control struct {
	closed  bool // the gateway is going, or gone: no new calls
	down    bool // the controller itself is down
	due     bool // an audit waits until the orders under way are answered
	own     map[h248.TransactionID]func(reply *h248.Item, why sim.Cause)
	back    sim.Timer
	backWhy sim.Cause
}

// slotBack is the argument of the timer that ends an outage of the controller, or the pause before another audit; session
// timers have those from 0.
const slotBack = 1<<32 - 1

// auditPause is the time before a gateway is audited again that was not ready for it. [I]
const auditPause = time.Second

// H248 returns the association with the gateway.
func (p *ALG) H248() *transport.H248 { return p.h248 }

// askGateway sends an order that belongs to no call.
func (p *ALG) askGateway(why sim.Cause, done func(*h248.Item, sim.Cause), a h248.Action) {
	if p.control.own == nil {
		p.control.own = map[h248.TransactionID]func(*h248.Item, sim.Cause){}
	}
	id := p.h248.Request([]h248.Action{a}, why)
	p.control.own[id] = done
}

// ownAnswer takes the reply to such an order, nil for none; false where it is a call's.
func (p *ALG) ownAnswer(id h248.TransactionID, reply *h248.Item, why sim.Cause) bool {
	done, ok := p.control.own[id]
	if ok {
		delete(p.control.own, id)
		if reply != nil && done != nil {
			done(reply, why)
		}
	}
	return ok
}

// serviceChange takes the ServiceChange of a gateway (H.248.1 §7.2.8, §11.5). It returns the calls that are lost with it and
// why; then is what goes out behind the reply.
func (p *ALG) serviceChange(s *h248.Services) (lost []*call, cause string, then func(sim.Cause)) {
	then = p.armInactivity
	switch s.Method {
	case h248.Restart:
		p.control.closed = false
		if s.KeepsContexts() {
			return nil, "", then
		}
		return p.onGateway(), "gateway restarted", then
	case h248.Forced:
		p.control.closed = true
		return p.onGateway(), "gateway out of service", nil
	case h248.Graceful:
		// Calls go on, and no new ones are put on the gateway.
		p.control.closed = true
		return nil, "", nil
	case h248.Disconnected, h248.Failover, h248.HandOff:
		// what the two sides hold may differ.
		p.control.closed = false
		return nil, "", func(why sim.Cause) {
			p.armInactivity(why)
			p.audit(why)
		}
	}
	return nil, "", nil
}

// announced marks what a gateway says of itself.
func (p *ALG) announced(s *h248.Services, why sim.Cause) sim.Cause {
	switch s.Method {
	case h248.Restart:
		return p.Mark(why, "", nodes.AssociationUp, "")
	case h248.Graceful, h248.Forced:
		return p.Mark(why, "", nodes.ServiceChangeRecv, s.Method.String()+", "+s.Reason)
	}
	return p.Mark(why, "", nodes.AssociationUp, s.Method.String())
}

// armInactivity asks the gateway for a report when it hears nothing from here (H.248.14).
func (p *ALG) armInactivity(why sim.Cause) {
	d := time.Duration(p.cfg.Inactivity)
	if d == 0 {
		return
	}
	p.events++
	cmd := h248.Command{Verb: h248.Modify, Termination: h248.Root}
	cmd.Watch(p.events, h248.Event{Name: "it/ito", Parms: []h248.Parm{h248.Set("mit", h248.Number(uint64(d/(10*time.Millisecond))))}})
	p.askGateway(why, nil, h248.In(h248.NullContext, cmd))
}

// inactive decides on a report that the gateway has heard nothing from here: with the reply it has.
func (p *ALG) inactive() (lost []*call, then func(sim.Cause)) {
	switch p.cfg.OnInactivity {
	case "audit":
		return nil, p.audit
	case "release":
		for _, id := range p.contexts() {
			lost = append(lost, p.ctx[id])
		}
	}
	return lost, nil
}

// supervised takes the reports that are of no stream: heartbeats and that the gateway has heard nothing.
func (p *ALG) supervised(ctx h248.ContextID, cmd, r *h248.Command, why sim.Cause) (lost []*call, then func(sim.Cause), ok bool) {
	if cmd.ObservedEvents == nil || len(cmd.ObservedEvents.List) != 1 {
		return nil, nil, false
	}
	switch cmd.ObservedEvents.List[0].Name {
	case "it/ito":
		p.Mark(why, "", nodes.InactivityRecv, "")
		lost, then = p.inactive()
	case "hangterm/thb":
		p.Mark(why, "", nodes.HeartbeatReceived, string(cmd.Termination))
		r.Error, then = p.beat(ctx, cmd.Termination)
	default:
		return nil, nil, false
	}
	return lost, then, true
}

// beat answers a heartbeat: OK for a termination that is known, else an error, behind which the termination is
// subtracted.
func (p *ALG) beat(ctx h248.ContextID, t h248.TerminationID) (e *h248.ErrorDescriptor, then func(sim.Cause)) {
	c := p.ctx[ctx]
	switch {
	case c != nil && (c.busy || c.far.id.Same(t) || c.near.id.Same(t)):
		return nil, nil
	case c == nil && (p.making() || p.control.due):
		return nil, nil // it may be what is being made
	case c == nil:
		e = h248.Describe(h248.ErrUnknownContext, "")
	default:
		e = h248.Describe(h248.ErrUnknownTermination, "")
	}
	t = h248.TerminationID(strings.Clone(string(t)))
	return e, func(why sim.Cause) { p.orphan(ctx, []h248.TerminationID{t}, why) }
}

// orphan subtracts terminations that no call owns.
func (p *ALG) orphan(ctx h248.ContextID, list []h248.TerminationID, why sim.Cause) {
	a := h248.Action{Context: ctx}
	for _, t := range list {
		a.Commands = append(a.Commands, h248.SubtractOf(t))
	}
	p.askGateway(p.Mark(why, "", nodes.OrphanSubtracted, ctx.String()), nil, a)
}

// making reports whether a context is being made whose id is not known yet.
func (p *ALG) making() bool {
	for _, o := range p.orders { //tidy:order any of them will do
		if o.c.context == h248.ChooseContext {
			return true
		}
	}
	return false
}

// audit asks the gateway what it holds (H.248.1 §7.2.5), once no order is under way that changes it.
func (p *ALG) audit(why sim.Cause) {
	if p.control.due = len(p.orders) > 0; p.control.due {
		return
	}
	before := p.holders()
	why = p.Mark(why, "", nodes.AuditSent, "")
	p.askGateway(why, func(reply *h248.Item, why sim.Cause) { p.audited(before, reply, why) },
		h248.In(h248.AllContexts, h248.Command{Verb: h248.AuditValue, Termination: "*", Descriptors: h248.Descriptors{Audit: &h248.Audit{}}}))
}

// idle goes on with an audit that waited.
func (p *ALG) idle(why sim.Cause) {
	if p.control.due {
		p.audit(why)
	}
}

// because is a cause that concerns many calls, as that of this one.
func (c *call) because(why sim.Cause) sim.Cause {
	return sim.Cause{Record: why.Record, Session: c.why.Session}
}

// holder is a call that has a context, with the number of its terminations.
type holder struct {
	c *call
	n int
}

// holders returns the calls that have a context, in the order of contexts.
func (p *ALG) holders() (list []holder) {
	for _, c := range p.calls { //tidy:order sorted below
		n := 0
		for _, l := range []*leg{&c.near, &c.far} {
			if l.id != "" {
				n++
			}
		}
		if n > 0 && !c.released {
			list = append(list, holder{c, n})
		}
	}
	slices.SortFunc(list, func(a, b holder) int { return cmp.Compare(a.c.context, b.c.context) })
	return list
}

// audited compares what the gateway holds with the calls: a call whose terminations are all there is kept, with its context
// where that had been forgotten; what no call owns is subtracted; a call whose terminations are gone is released. before
// are the calls that had a context when the audit was sent.
func (p *ALG) audited(before []holder, reply *h248.Item, why sim.Cause) {
	switch e := reply.FirstError(); {
	case e == nil || e.Code == h248.ErrNoWildcardMatch:
	case e.Code == h248.ErrBeforeServiceChange:
		// Our reply to its ServiceChange is still under way, or lost.
		p.control.backWhy = why
		p.K.Arm(&p.control.back, p.Entity, slotBack, p.K.Now().Add(auditPause))
		return
	default:
		return // a gateway that cannot be audited
	}
	if len(p.orders) > 0 {
		p.control.due = true // what is being made or ended cannot be told from what is left over
		return
	}
	owner := map[h248.TerminationID]*call{}
	for _, h := range p.holders() {
		owner[h.c.near.id], owner[h.c.far.id] = h.c, h.c
	}
	found, orphans := map[*call]int{}, map[h248.ContextID][]h248.TerminationID{}
	var order []h248.ContextID
	for i := range reply.Actions {
		a := &reply.Actions[i]
		for j := range a.Commands {
			t := a.Commands[j].Termination
			switch c := owner[t]; {
			case a.Error != nil || a.Commands[j].Error != nil:
			case c != nil:
				found[c]++
				c.context, p.ctx[a.Context] = a.Context, c
			default:
				if orphans[a.Context] == nil {
					order = append(order, a.Context)
				}
				orphans[a.Context] = append(orphans[a.Context], h248.TerminationID(strings.Clone(string(t))))
			}
		}
	}
	var lost []*call
	kept := 0
	for _, h := range before {
		if h.c.released {
			continue
		}
		if found[h.c] >= h.n {
			kept++
			continue
		}
		if found[h.c] == 0 {
			h.c.released = true // nothing is left to subtract
			delete(p.ctx, h.c.context)
		}
		lost = append(lost, h.c)
	}
	why = p.Mark(why, "", nodes.Audited, fmt.Sprintf("kept %d, orphans %d, missing %d", kept, len(order), len(lost)))
	for _, id := range order {
		p.orphan(id, orphans[id], why)
	}
	for _, c := range lost {
		c.release(503, "gateway has lost the context", c.because(why))
	}
}

// contexts returns the ids of the calls' contexts in ascending order.
func (p *ALG) contexts() (ids []h248.ContextID) {
	for id := range p.ctx { //tidy:order sorted below
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// HandOff sends the gateway to another controller, a node (H.248.1 §11.5, reason 903). Calls go on without control
// from here.
func (p *ALG) HandOff(to string, why sim.Cause) {
	mid := transport.H248MID(&p.Base, p.env.Net.Node(to))
	s := h248.Services{Method: h248.HandOff, Reason: "903 MGC Directed Change", MgcID: mid.String()}
	why = p.Mark(why, "", nodes.ServiceChangeSent, s.Method.String()+", "+s.Reason)
	p.control.closed = true
	p.askGateway(why, nil, h248.In(h248.NullContext, h248.ServiceChangeOf(h248.Root, s)))
}

// Restart takes the gateway's controller down for a while. It forgets its transactions and which context is whose; SIP goes
// on, as it is another part of the machine: calls that end meanwhile leave their contexts behind, new ones are refused. When
// it is back, an audit finds out what there is. [SIM]
func (p *ALG) Restart(down time.Duration, why sim.Cause) {
	p.h248.Mute(true)
	p.h248.Endpoint.Forget()
	p.control.down, p.control.own, p.control.due = true, nil, false
	p.ctx = map[h248.ContextID]*call{}
	var open []h248.TransactionID
	for id := range p.orders { //tidy:order sorted below
		open = append(open, id)
	}
	slices.Sort(open)
	for _, id := range open {
		p.H248Failed(id, 0, why)
	}
	p.control.backWhy = why
	p.K.Arm(&p.control.back, p.Entity, slotBack, p.K.Now().Add(down))
}

// returned ends an outage of the controller, or the pause before another audit.
func (p *ALG) returned() {
	if !p.K.Due(&p.control.back, p.Entity, slotBack) {
		return
	}
	why := p.Waited(p.control.backWhy, "h248.restart")
	p.h248.Mute(false)
	p.control.down = false
	p.audit(why)
}

// heartbeat returns the period of heartbeats in seconds.
func (p *ALG) heartbeat() uint64 {
	return uint64(cmp.Or(time.Duration(p.cfg.Heartbeat), 300*time.Second) / time.Second)
}
