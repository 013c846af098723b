package alg

import (
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// clear offers the call again without TLS, to a served UE that takes none (§3.5, policy e2aeFallback [I]): what there is of a dialog
// is ended, the access termination becomes one without TLS, and another INVITE goes out on the same server transaction.
func (c *call) clear(w waiting) {
	p := c.p
	why := p.Mark(w.why, "", nodes.E2AEFallback, "clear")
	if w.m.Status >= 200 && w.m.Status < 300 {
		c.part(w.m, `SIP;cause=488;text="offered again in clear"`, why)
	}
	delete(p.byTx, c.client)
	c.secure, c.final, c.client = false, false, 0
	c.toCaller, c.toCalled = "", ""
	local := c.localFor(&c.far, c.opens(&c.far, c.onward))
	cmd := h248.Command{Verb: h248.Modify, Termination: c.far.id}
	cmd.Media = &h248.Media{Streams: []h248.Stream{{ID: 1, Local: local.Append(nil)}}}
	why = p.Mark(why, "", nodes.ModifySent, c.far.realm())
	c.order(why, (*call).reoffer, h248.Action{Context: c.context, Commands: []h248.Command{cmd}})
}

// reoffer sends the offer on again.
func (c *call) reoffer(actions []h248.Action, why sim.Cause) {
	if !c.learn(&c.far, actions, 0) {
		c.refuse(500, why)
		return
	}
	m := c.invite.Clone()
	m.PopFirst(sip.HVia) // our own, of the INVITE before
	m.SetBody("application/sdp", c.offerOnward())
	c.invite = m
	c.sendOn(m, why)
}
