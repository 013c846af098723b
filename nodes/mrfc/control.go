package mrfc

import (
	"strconv"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// H248Answer takes the MRFP's reply.
func (m *MRFC) H248Answer(id h248.TransactionID, reply *h248.Item, why sim.Cause) {
	o := m.asked[id]
	if o == nil {
		return
	}
	delete(m.asked, id)
	code := ""
	if e := reply.FirstError(); e != nil {
		code = strconv.Itoa(int(e.Code))
	}
	why = m.Mark(why, "", nodes.ReplyReceived, code)
	if code != "" {
		why = m.Mark(why, "", nodes.ErrorReceived+code, "")
	}
	var cmd *h248.Command
	if len(reply.Actions) > 0 {
		if len(reply.Actions[0].Commands) > 0 {
			cmd = &reply.Actions[0].Commands[0]
		}
		if m.conf.context == h248.ChooseContext && code == "" && o.cmd.Verb == h248.Add {
			m.conf.context = reply.Actions[0].Context
		}
	}
	m.answered(o, cmd, code, why)
}

// H248Failed takes the loss of an order.
func (m *MRFC) H248Failed(id h248.TransactionID, _ h248.ErrorCode, why sim.Cause) {
	if o := m.asked[id]; o != nil {
		delete(m.asked, id)
		m.answered(o, nil, "lost", why)
	}
}

// H248Lost notes that the association is gone; media goes on (F10).
func (m *MRFC) H248Lost(why sim.Cause) { m.Mark(why, "", nodes.AssociationLost, "") }

// H248Transaction takes what the MRFP reports.
func (m *MRFC) H248Transaction(id h248.TransactionID, actions []h248.Action, why sim.Cause) {
	reply := h248.Item{Kind: h248.Reply, ID: id}
	var then []func()
	for _, a := range actions {
		out := h248.Action{Context: a.Context}
		for i := range a.Commands {
			cmd := &a.Commands[i]
			r := h248.Command{Verb: cmd.Verb, Termination: cmd.Termination}
			switch cmd.Verb {
			case h248.ServiceChange:
				r.Services = &h248.Services{Profile: cmd.Services.Profile, Version: cmd.Services.Version}
				why = m.Mark(why, "", nodes.AssociationUp, "")
				if s := cmd.Services; s.Method == h248.Forced || s.Method == h248.Restart && !s.KeepsContexts() {
					then = append(then, func() { m.lost(why) })
				}
			case h248.Notify:
				c := m.byTerm(a.Context, cmd.Termination)
				if c == nil {
					// the termination may have been subtracted while the report was under way.
					r.Error = h248.Describe(h248.ErrUnknownTermination, "")
					break
				}
				kind, cause := observed(cmd)
				why = m.Mark(sim.Cause{Record: why.Record, Session: c.why.Session}, "", nodes.NotifyReceived, cause)
				if kind == "EstFail" || kind == "Rel" {
					w := why
					then = append(then, func() { c.reported(kind, cause, w) })
				}
			default:
				r.Error = h248.Describe(h248.ErrUnknownCommand, "")
			}
			out.Commands = append(out.Commands, r)
		}
		reply.Actions = append(reply.Actions, out)
	}
	m.h248.Reply(id, reply, why)
	for _, f := range then {
		f()
	}
}

// byTerm returns the call of a termination, or nil.
func (m *MRFC) byTerm(ctx h248.ContextID, t h248.TerminationID) *call {
	if ctx != m.conf.context {
		return nil
	}
	for _, c := range m.calls {
		if c != nil && c.term != "" && c.term.Same(t) {
			return c
		}
	}
	return nil
}

// observed returns type and cause of a change of a connection.
func observed(cmd *h248.Command) (kind, cause string) {
	if cmd.ObservedEvents == nil {
		return "", ""
	}
	for _, e := range cmd.ObservedEvents.List {
		if p := h248.Find(e.Parms, "Type"); p != nil {
			kind = p.Value.Text
		}
		if p := h248.Find(e.Parms, "x_cause"); p != nil {
			cause = p.Value.Text
		}
	}
	return kind, cause
}

// lost takes the loss of everything that the MRFP held (C7): all participants are let go.
func (m *MRFC) lost(why sim.Cause) {
	m.conf.forget()
	for _, c := range append([]*call(nil), m.calls...) {
		if c != nil && c.term != "" {
			c.term = "" // there is nothing left to subtract
			c.hangUp("failed", `SIP;cause=503;text="MRFP restarted"`, sim.Cause{Record: why.Record, Session: c.why.Session})
		}
	}
}
