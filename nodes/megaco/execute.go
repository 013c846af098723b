package megaco

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// holding is what a gateway holds.
type holding struct {
	contexts map[h248.ContextID]*context // never ranged over but sorted
	lastCtx  h248.ContextID
	lastTerm int
}

func (h *holding) init() { h.contexts = map[h248.ContextID]*context{} }

// context is a context with its terminations, in the order of their making.
type context struct {
	id    h248.ContextID
	terms []*termination
}

type termination struct {
	id    h248.TerminationID
	media *h248.Media // Local and mode as they are
	since sim.Time
}

func (h *holding) ids() (ids []h248.ContextID) {
	for id := range h.contexts { //tidy:order sorted below
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// match returns the terminations that a name stands for: one, or all for "*".
func (c *context) match(id h248.TerminationID) (list []*termination) {
	if c != nil {
		for _, t := range c.terms {
			if id == "*" || t.id.Same(id) {
				list = append(list, t)
			}
		}
	}
	return list
}

// execute carries out a transaction: commands in order, the first that fails stops the rest unless it is optional, and what
// was done stays done (H.248.1 §8.2).
func (g *gateway) execute(from *control, id h248.TransactionID, actions []h248.Action, p *plan, why sim.Cause) {
	reply := h248.Item{Kind: h248.Reply, ID: id, ImmAckRequired: p.ack}
	failed, n := false, 0
	var after []func(sim.Cause)
	for i := range actions {
		if failed {
			break
		}
		a := &actions[i]
		if a.Context == h248.AllContexts {
			n += len(a.Commands)
			reply.Actions = append(reply.Actions, g.auditAll(a, why)...)
			continue
		}
		out := h248.Action{Context: a.Context}
		ctx := g.contexts[a.Context]
		if a.Context == h248.ChooseContext {
			g.lastCtx++
			ctx = &context{id: g.lastCtx}
			g.contexts[ctx.id] = ctx
			out.Context = ctx.id
		} else if ctx == nil && a.Context != h248.NullContext {
			out.Error = h248.Describe(h248.ErrUnknownContext, "")
			reply.Actions = append(reply.Actions, out)
			break
		}
		for j := range a.Commands {
			c := &a.Commands[j]
			rule := p.rules[n]
			n++
			if rule != nil && rule.Error != 0 {
				out.Commands = append(out.Commands, refusal(c, h248.Describe(h248.ErrorCode(rule.Error), "")))
				if failed = !c.Optional; failed {
					break
				}
				continue
			}
			list, e := g.command(ctx, c, &after, why)
			if out.Commands = append(out.Commands, list...); e != nil {
				out.Commands = append(out.Commands, refusal(c, e))
				if failed = !c.Optional; failed {
					break
				}
			}
		}
		if ctx != nil && len(ctx.terms) == 0 {
			delete(g.contexts, ctx.id)
		}
		reply.Actions = append(reply.Actions, out)
	}
	why = g.m.Mark(why, "", nodes.ReplySent, "")
	from.Reply(id, reply, why)
	for _, f := range after {
		f(why)
	}
}

func refusal(c *h248.Command, e *h248.ErrorDescriptor) h248.Command {
	return h248.Command{Verb: c.Verb, Termination: c.Termination, Descriptors: h248.Descriptors{Error: e}}
}

// auditAll answers an audit of all contexts, in ascending order.
func (g *gateway) auditAll(a *h248.Action, why sim.Cause) (out []h248.Action) {
	for _, id := range g.ids() {
		in := h248.Action{Context: id}
		for j := range a.Commands {
			if c := &a.Commands[j]; c.Verb == h248.AuditValue {
				why = g.m.received(c, why)
				in.Commands = append(in.Commands, g.audit(g.contexts[id], c)...)
			}
		}
		out = append(out, in)
	}
	if out == nil {
		out = []h248.Action{{Context: a.Context, Error: h248.Describe(h248.ErrNoWildcardMatch, "")}}
	}
	return out
}

func (g *gateway) audit(ctx *context, c *h248.Command) (list []h248.Command) {
	for _, t := range ctx.match(c.Termination) {
		r := h248.Command{Verb: h248.AuditValue, Termination: t.id}
		if c.Audit != nil && c.Audit.Items&h248.AuditMedia != 0 {
			r.Media = t.media
		}
		if c.Audit != nil && c.Audit.Items&h248.AuditStatistics != 0 {
			r.Statistics = g.statistics(t)
		}
		list = append(list, r)
	}
	return list
}

func (g *gateway) statistics(t *termination) *h248.Statistics {
	return &h248.Statistics{List: []h248.Parm{h248.Set("nt/dur", h248.Number(uint64(g.m.K.Now().Sub(t.since).Milliseconds())))}}
}

// command carries out one command.
func (g *gateway) command(ctx *context, c *h248.Command, after *[]func(sim.Cause), why sim.Cause) (list []h248.Command, e *h248.ErrorDescriptor) {
	if e := g.m.valid.Command(c); e != nil {
		return nil, e
	}
	one := h248.Command{Verb: c.Verb, Termination: c.Termination}
	switch {
	case c.Verb == h248.ServiceChange && c.Termination.IsRoot():
		one.Services = &h248.Services{Version: h248.DefaultVersion}
		if c.Services != nil && c.Services.Method == h248.HandOff {
			to := g.named(c.Services.MgcID)
			if to < 0 {
				return nil, h248.Describe(h248.ErrUnknownValue, "MgcIdToTry = "+c.Services.MgcID)
			}
			*after = append(*after, func(why sim.Cause) {
				g.reg.HandOff(g.m.K.Now(), why, to)
				g.register()
			})
		}
		g.m.received(c, why)
		return []h248.Command{one}, nil
	case c.Termination.IsRoot() && (c.Verb == h248.Modify || c.Verb == h248.AuditValue):
		g.m.received(c, why)
		return []h248.Command{one}, nil
	case c.Verb == h248.Add:
		prefix, ok := strings.CutSuffix(string(c.Termination), "/$")
		if !ok || ctx == nil {
			return nil, h248.Describe(h248.ErrUnknownTermination, "")
		}
		g.lastTerm++
		t := &termination{id: h248.TerminationID(prefix + "/" + strconv.Itoa(g.lastTerm)), since: g.m.K.Now()}
		ctx.terms = append(ctx.terms, t)
		one.Termination = t.id
		g.m.received(c, why)
		if one.Media, e = g.media(t, c); e != nil {
			ctx.terms = ctx.terms[:len(ctx.terms)-1]
			return nil, e
		}
		return []h248.Command{one}, nil
	}
	terms := ctx.match(c.Termination)
	if terms == nil {
		return nil, h248.Describe(h248.ErrUnknownTermination, "")
	}
	g.m.received(c, why)
	switch c.Verb {
	case h248.AuditValue:
		return g.audit(ctx, c), nil
	case h248.Modify:
		for _, t := range terms {
			one.Termination = t.id
			if one.Media, e = g.media(t, c); e != nil {
				return list, e
			}
			list = append(list, one)
		}
	case h248.Subtract:
		for _, t := range terms {
			one.Termination = t.id
			if c.Audit == nil || c.Audit.Items&h248.AuditStatistics != 0 {
				one.Statistics = g.statistics(t)
			}
			ctx.terms = slices.DeleteFunc(ctx.terms, func(o *termination) bool { return o == t })
			list = append(list, one)
		}
	default:
		return nil, h248.Describe(h248.ErrUnknownCommand, "")
	}
	return list, nil
}

// media keeps the streams of a termination, and returns the Local descriptors with their addresses filled in.
func (g *gateway) media(t *termination, c *h248.Command) (*h248.Media, *h248.ErrorDescriptor) {
	if c.Media == nil {
		return nil, nil
	}
	var out *h248.Media
	for i := range c.Media.Streams {
		s := &c.Media.Streams[i]
		if len(s.Local) == 0 {
			continue
		}
		f, err := sdp.ParseFragment(string(s.Local))
		if err != nil {
			return nil, h248.Describe(h248.ErrUnknownValue, err.Error())
		}
		f.SetAddress(netip.AddrPortFrom(g.m.Addr.Netip(), uint16(40000+g.lastTerm%20000)))
		if out == nil {
			out = &h248.Media{}
		}
		out.Streams = append(out.Streams, h248.Stream{ID: s.ID, Local: f.Append(nil)})
	}
	if out != nil {
		t.media = out
	}
	return out, nil
}
