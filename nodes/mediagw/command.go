package mediagw

import (
	"strings"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// transaction executes what the controller orders: commands in order, the first that fails stops the rest, and what
// was done stays done (H.248.1 §8.2).
func (g *Gateway) transaction(from *association, id h248.TransactionID, actions []h248.Action, why sim.Cause) {
	reply := h248.Item{Kind: h248.Reply, ID: id}
	var after []func()
	failed := false
	for i := range actions {
		if failed {
			break
		}
		a := &actions[i]
		if a.Context == h248.AllContexts {
			out := g.everywhere(a, why)
			failed = out[0].Error != nil
			reply.Actions = append(reply.Actions, out...)
			continue
		}
		out := h248.Action{Context: a.Context}
		ctx, e := g.context(a, why)
		if e != nil {
			out.Error = e
			reply.Actions = append(reply.Actions, out)
			break
		}
		if ctx != nil {
			out.Context = ctx.id
		}
		for j := range a.Commands {
			c := &a.Commands[j]
			if c.Termination == "*" && ctx != nil && (c.Verb == h248.AuditValue || c.Verb == h248.Subtract) {
				list, e := g.wildcard(ctx, c, &after, why)
				if out.Commands = append(out.Commands, list...); e != nil {
					out.Commands = append(out.Commands, h248.Command{Verb: c.Verb, Termination: c.Termination, Descriptors: h248.Descriptors{Error: e}})
					if failed = !c.Optional; failed {
						break
					}
				}
				continue
			}
			r := h248.Command{Verb: c.Verb, Termination: c.Termination}
			if e := g.execute(ctx, c, &r, &after, why); e != nil {
				r.Error, r.Termination = e, c.Termination
				r.Media, r.Statistics = nil, nil
				failed = !c.Optional
			}
			out.Commands = append(out.Commands, r)
			if failed {
				break
			}
		}
		g.tidyUp(ctx)
		reply.Actions = append(reply.Actions, out)
	}
	// Rule (6) of §7.5: the reply waits for no peer; what the orders set in motion begins behind it.
	w := g.Mark(why, "", nodes.ReplySent, "")
	from.Reply(id, reply, w)
	for _, f := range after {
		f()
	}
}

func fault(code h248.ErrorCode, text string) *h248.ErrorDescriptor {
	return &h248.ErrorDescriptor{Code: code, Text: text}
}

// context finds or makes the context of an action; nil is the null context.
func (g *Gateway) context(a *h248.Action, why sim.Cause) (*context, *h248.ErrorDescriptor) {
	switch a.Context {
	case h248.NullContext:
		return nil, nil
	case h248.ChooseContext:
		g.lastCtx++
		g.live++
		c := &context{id: g.lastCtx, why: why}
		g.contexts[c.id] = c
		return c, nil
	}
	if c := g.contexts[a.Context]; c != nil {
		return c, nil
	}
	return nil, fault(h248.ErrUnknownContext, "Unknown ContextID")
}

// tidyUp ends a context with its last termination.
func (g *Gateway) tidyUp(c *context) {
	if c != nil && len(c.terms) == 0 && g.contexts[c.id] == c {
		delete(g.contexts, c.id)
		g.live--
	}
}

func (g *Gateway) execute(ctx *context, c, r *h248.Command, after *[]func(), why sim.Cause) *h248.ErrorDescriptor {
	if e := g.valid.Command(c); e != nil {
		return e
	}
	switch c.Verb {
	case h248.Add:
		return g.add(ctx, c, r, after, g.Mark(why, "", nodes.AddReceived, string(c.Termination)))
	case h248.Modify:
		if c.Termination.IsRoot() {
			return g.root(c, why)
		}
		return g.modify(ctx, c, r, after, g.Mark(why, "", nodes.ModifyReceived, string(c.Termination)))
	case h248.Subtract:
		return g.subtract(ctx, c, r, after, g.Mark(why, "", nodes.SubtractRecv, string(c.Termination)))
	case h248.AuditValue:
		return g.audit(ctx, c, r, why)
	case h248.ServiceChange:
		return g.serviceChange(c, r, after, why)
	}
	return fault(h248.ErrUnknownCommand, "Unsupported or unknown Command")
}

// add makes a termination (H.248.1 §7.2.1).
func (g *Gateway) add(ctx *context, c, r *h248.Command, after *[]func(), why sim.Cause) *h248.ErrorDescriptor {
	if ctx == nil {
		return fault(h248.ErrActionSyntax, "Add needs a context")
	}
	name := strings.ToLower(string(c.Termination))
	prefix, ok := strings.CutSuffix(name, "/$")
	realm := g.realmNamed(strings.TrimPrefix(prefix, "ip/"))
	if !ok || realm == "" {
		return fault(h248.ErrUnknownTermination, "Unknown TerminationID; ip/"+strings.Join(g.cfg.realmNames(), "/$ and ip/")+"/$ can be added")
	}
	if len(ctx.terms) == 2 && g.cfg.Interface != "mp" {
		return fault(h248.ErrTooManyTerminations, "Max number of Terminations in a Context exceeded")
	}
	if c.Media == nil || len(c.Media.Streams) == 0 {
		return fault(h248.ErrMissingLocalRemote, "Missing Remote or Local Descriptor")
	}
	g.lastTerm++
	t := &termination{realm: realm, ctx: ctx, since: g.K.Now()}
	t.id = h248.TerminationID(prefix + "/" + itoa(g.lastTerm))
	ctx.terms = append(ctx.terms, t)
	t.name(g.K.Now(), why)
	r.Termination = t.id
	if e := g.streams(t, c, r, after, why); e != nil {
		for _, s := range t.seps {
			s.leaving = true
			s.close()
		}
		ctx.remove(t)
		g.unsupervise(t)
		return e
	}
	return nil
}

// realmNamed returns the realm that a TerminationID names, "" for none.
func (g *Gateway) realmNamed(s string) string {
	if s == "acc" {
		s = "access"
	}
	for _, name := range g.cfg.realmNames() {
		if name == s {
			return name // and not a piece of the message, which would stay with it
		}
	}
	return ""
}

// modify changes a termination.
func (g *Gateway) modify(ctx *context, c, r *h248.Command, after *[]func(), why sim.Cause) *h248.ErrorDescriptor {
	t, e := ctx.find(c.Termination)
	if e != nil {
		return e
	}
	t.name(g.K.Now(), why)
	return g.streams(t, c, r, after, why)
}

// subtract ends a termination; the last one takes the context with it. The statistics are those of now.
func (g *Gateway) subtract(ctx *context, c, r *h248.Command, after *[]func(), why sim.Cause) *h248.ErrorDescriptor {
	t, e := ctx.find(c.Termination)
	if e != nil {
		return e
	}
	if c.Audit == nil || c.Audit.Items&h248.AuditStatistics != 0 {
		r.Statistics = t.statistics(g.K.Now())
	}
	ctx.remove(t)
	g.unsupervise(t)
	for _, s := range t.all() {
		s.leaving = true
		*after = append(*after, func() { s.st.leave(s, why) })
	}
	return nil
}

// wildcard carries out an audit or a Subtract of all terminations of a context.
func (g *Gateway) wildcard(ctx *context, c *h248.Command, after *[]func(), why sim.Cause) (list []h248.Command, e *h248.ErrorDescriptor) {
	if c.Verb == h248.AuditValue {
		return g.auditAll(ctx, c, why)
	}
	for _, t := range ctx.match(c.Termination) {
		one, r := *c, h248.Command{Verb: c.Verb, Termination: t.id}
		one.Termination = t.id
		if e := g.execute(ctx, &one, &r, after, why); e != nil {
			return list, e
		}
		list = append(list, r)
	}
	return list, nil
}

// find returns a termination of the context.
func (c *context) find(id h248.TerminationID) (*termination, *h248.ErrorDescriptor) {
	if c != nil {
		for _, t := range c.terms {
			if t.id.Same(id) {
				return t, nil
			}
		}
	}
	return nil, fault(h248.ErrUnknownTermination, "Unknown TerminationID")
}

func (c *context) remove(t *termination) {
	keep := c.terms[:0]
	for _, o := range c.terms {
		if o != t {
			keep = append(keep, o)
		}
	}
	c.terms = keep
}

// all returns the termination's endpoints, those that others have followed first.
func (t *termination) all() []*sep {
	if len(t.ctx.old) == 0 {
		return t.seps
	}
	var list []*sep
	for _, s := range t.ctx.old {
		if s.term == t {
			list = append(list, s)
		}
	}
	return append(list, t.seps...)
}

// statistics returns the counters of nt (§9.8).
func (t *termination) statistics(now sim.Time) *h248.Statistics {
	sent, received := t.stats.sent, t.stats.received
	for _, s := range t.all() {
		if s.leg != nil {
			sent += uint64(s.leg.Written)
			received += uint64(s.leg.Read)
		}
	}
	list := []h248.Parm{
		h248.Set("nt/dur", h248.Number(uint64(now.Sub(t.since).Milliseconds()))),
		h248.Set("nt/os", h248.Number(sent)),
		h248.Set("nt/or", h248.Number(received)),
	}
	// Rule (5) of §7.5: a truncation is told apart from an orderly end.
	if n := t.stats.truncated; n > 0 {
		list = append(list, h248.Set("simstat/truncated", h248.Number(n)))
	}
	if n := t.stats.latchMismatch; n > 0 {
		list = append(list, h248.Set("simstat/latchMismatch", h248.Number(n)))
	}
	return &h248.Statistics{List: list}
}
