package alg

import (
	"slices"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// Order sends an order of its own to the gateway, for one side of every call that has a context there: what an operator,
// or a controller in the strict model (H.248.92 cl. 6), would have it do in the middle of a call. A refusal is noted and
// changes nothing.
func (p *ALG) Order(realm, what string, why sim.Cause) {
	var ids []h248.ContextID
	for id := range p.ctx { //tidy:order sorted below
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		c := p.ctx[id]
		for _, l := range []*leg{&c.near, &c.far} {
			if l.realm() == realm && l.id != "" {
				c.command(l, what, why)
			}
		}
	}
}

func (c *call) command(l *leg, what string, why sim.Cause) {
	p := c.p
	w := c.why
	if why.Record != 0 {
		w.Record = why.Record // the session is the call's
	}
	cmd := h248.Command{Verb: h248.Modify, Termination: l.id}
	name := nodes.ModifySent
	signal := func(name string, parms ...h248.Parm) {
		cmd.Signals = &h248.Signals{List: []h248.Signal{{Name: name, Stream: 1, Parms: parms}}}
	}
	media := func(s h248.Stream) {
		s.ID = 1
		cmd.Media = &h248.Media{Streams: []h248.Stream{s}}
	}
	switch what {
	case "tcp-establish":
		signal("tcpbcc/EstBNC")
	case "tcp-release":
		signal("tcpbcc/RelBNC")
	case "tls-establish":
		signal("tlsbsc/EstBNC")
	case "tls-release":
		signal("tlsbsc/RelBNC")
	case "relatch":
		signal("ipnapt/latch", h248.Set("napt", h248.Word("RELATCH")))
	case "inactive":
		media(h248.Stream{Control: &h248.LocalControl{Mode: h248.Inactive}})
	case "send-receive":
		media(h248.Stream{Control: &h248.LocalControl{Mode: h248.SendReceive}})
	case "remove-stream":
		media(h248.Stream{Local: []byte{}}) // H.248.1 §7.1.8: a stream that is left empty is deleted
	case "subtract":
		cmd, name = h248.SubtractOf(l.id), nodes.SubtractSent
		l.id = ""
	}
	id := p.h248.Request([]h248.Action{{Context: c.context, Commands: []h248.Command{cmd}}}, p.Mark(w, "", name, l.realm()))
	p.orders[id] = &order{c: c, apart: true}
}
