package mediagw

import (
	"slices"
	"time"

	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// everywhere answers an audit of all contexts at once, an action a context in ascending order (H.248.1 §7.2.5). Nothing
// else can be asked of all contexts.
func (g *Gateway) everywhere(a *h248.Action, why sim.Cause) (out []h248.Action) {
	one := func(e *h248.ErrorDescriptor) []h248.Action { return []h248.Action{{Context: a.Context, Error: e}} }
	for i := range a.Commands {
		if a.Commands[i].Verb != h248.AuditValue {
			return one(fault(h248.ErrNotImplemented, "only audits take all contexts at once"))
		}
	}
	for _, id := range g.contextIDs() {
		in := h248.Action{Context: id}
		for i := range a.Commands {
			list, e := g.auditAll(g.contexts[id], &a.Commands[i], why)
			if e != nil {
				return one(e)
			}
			in.Commands = append(in.Commands, list...)
		}
		out = append(out, in)
	}
	if out == nil {
		// H.248.1 §7.2.5: there is nothing that matches.
		return one(fault(h248.ErrNoWildcardMatch, "No TerminationID matched a wildcard"))
	}
	return out
}

// auditAll answers an audit of one termination, or of all of a context by "*".
func (g *Gateway) auditAll(ctx *context, c *h248.Command, why sim.Cause) (list []h248.Command, e *h248.ErrorDescriptor) {
	if e := g.valid.Command(c); e != nil {
		return nil, e
	}
	g.Mark(why, "", nodes.AuditReceived, string(c.Termination))
	for _, t := range ctx.match(c.Termination) {
		r := h248.Command{Verb: h248.AuditValue, Termination: t.id}
		g.value(t, c.Audit, &r)
		list = append(list, r)
	}
	if list == nil {
		return nil, fault(h248.ErrUnknownTermination, "Unknown TerminationID")
	}
	return list, nil
}

// match returns the terminations that a name stands for: one, or all for "*".
func (c *context) match(id h248.TerminationID) (list []*termination) {
	if c == nil {
		return nil
	}
	for _, t := range c.terms {
		if id == "*" || t.id.Same(id) {
			list = append(list, t)
		}
	}
	return list
}

// audit answers with what is asked for of one termination, or of the gateway.
func (g *Gateway) audit(ctx *context, c, r *h248.Command, why sim.Cause) *h248.ErrorDescriptor {
	if c.Termination.IsRoot() {
		g.Mark(why, "", nodes.AuditReceived, string(c.Termination))
		if c.Audit != nil && c.Audit.Items&h248.AuditPackages != 0 && g.valid.Profile != nil {
			r.Packages = &h248.Packages{List: slices.DeleteFunc(slices.Clone(g.valid.Profile.Packages), func(p h248.PackageVersion) bool {
				return slices.Contains(g.cfg.H248.Without, p.Name)
			})}
		}
		return nil
	}
	t, e := ctx.find(c.Termination)
	if e != nil {
		return e
	}
	g.Mark(why, "", nodes.AuditReceived, string(c.Termination))
	g.value(t, c.Audit, r)
	return nil
}

var modes = map[bearer.Mode]h248.Mode{
	bearer.SendReceive: h248.SendReceive, bearer.SendOnly: h248.SendOnly, bearer.ReceiveOnly: h248.ReceiveOnly, bearer.Inactive: h248.Inactive,
}

// value puts the descriptors that are asked for into the reply (H.248.1 §7.1.12). An empty Audit asks for the name alone.
// Of single properties the whole descriptor is shown.
func (g *Gateway) value(t *termination, a *h248.Audit, r *h248.Command) {
	if a == nil {
		return
	}
	items := a.Items
	for _, one := range a.Single {
		items |= one.Of
	}
	if items&h248.AuditStatistics != 0 {
		r.Statistics = t.statistics(g.K.Now())
	}
	if items&h248.AuditMedia != 0 && len(t.seps) > 0 {
		r.Media = &h248.Media{}
		for _, s := range t.seps {
			r.Media.Streams = append(r.Media.Streams, s.describe())
		}
	}
	if items&h248.AuditEvents != 0 && len(t.seps) > 0 {
		r.Events = t.armed()
	}
}

// describe is what an audit shows of a stream: its mode, and the addresses and roles that have been agreed on.
func (s *sep) describe() h248.Stream {
	x := s.state()
	proto := sdp.ParseProto(s.proto)
	f := sdp.Fragment{Media: "message", Proto: proto, Format: "-"}
	f.SetAddress(s.local.Netip())
	if s.relay == nil {
		f.Add(sdp.AttrSetup, roles[x.TCPRole].String())
	}
	if s.wantsFP {
		f.Add(sdp.AttrFingerprint, s.st.gw.certificate.Fingerprint("sha-256").String())
	}
	out := h248.Stream{ID: h248.StreamID(s.st.id), Control: &h248.LocalControl{Mode: modes[x.Mode]}, Local: f.Append(nil)}
	if x.Remote {
		r := sdp.Fragment{Media: "message", Proto: proto, Format: "-"}
		r.SetAddress(s.remote.Netip())
		for _, fp := range s.fps {
			r.Add(sdp.AttrFingerprint, fp.String())
		}
		out.Remote = r.Append(nil)
	}
	return out
}

var roles = map[bearer.TCPRole]sdp.Setup{
	bearer.Active: sdp.Active, bearer.Passive: sdp.Passive, bearer.Undecided: sdp.ActPass, bearer.HoldConn: sdp.HoldConn,
}

// armed is what an audit shows of the events that are asked for.
func (t *termination) armed() *h248.Events {
	e := &h248.Events{ID: t.seps[0].request, HasID: true}
	for _, s := range t.seps {
		x, id := s.state(), h248.StreamID(s.st.id)
		if x.Armed&(bearer.ArmTCPFail|bearer.ArmTCPRel) != 0 {
			e.List = append(e.List, h248.Event{Name: "tcpbcc/BNCChange", Stream: id})
		}
		if x.Armed&(bearer.ArmTLSFail|bearer.ArmTLSRel) != 0 {
			e.List = append(e.List, h248.Event{Name: "tlsbsc/BNCChange", Stream: id})
		}
	}
	if h := &t.heart; h.period > 0 {
		e.List = append(e.List, h248.Event{Name: "hangterm/thb", Parms: []h248.Parm{h248.Set("timerx", h248.Number(uint64(h.period/time.Second)))}})
	}
	if len(e.List) == 0 {
		return &h248.Events{}
	}
	return e
}
