package alg

import (
	"slices"
	"strconv"

	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// release ends a call, for instance one whose bearer has failed (TS 24.229 cl. 5.2.8.1): before the answer by CANCEL and a final
// response, afterwards by BYE to both sides.
func (c *call) release(status int, cause string, why sim.Cause) {
	if c.ended {
		return
	}
	p := c.p
	reason := "SIP;cause=" + strconv.Itoa(status) + `;text="` + cause + `"`
	c.subtract(why)
	if !c.final {
		if c.client != 0 {
			p.sip.Cancel(c.client, reason, why)
		}
		if p.sip.Layer.RequestOf(c.server) != nil {
			p.fwd.Refuse(c.server, c.invite, 503, why)
		}
		c.end(why)
		return
	}
	why = p.Mark(why, "", nodes.ByeSent, reason)
	for _, end := range []struct {
		dialog sip.Packed
		seq    uint32 // of the last request that the end in whose name we speak has sent
	}{{c.toCaller, c.last(false)}, {c.toCalled, c.last(true)}} {
		if d := end.dialog.Dialog(); d != nil {
			d.LocalSeq = max(d.LocalSeq, end.seq)
			p.bye(d, reason, why)
		}
	}
	c.end(why)
}

// beyond cuts a route set down to what is on the far side of this proxy: what stands behind our own entry.
func (p *ALG) beyond(routes []string) []string {
	return routes[slices.IndexFunc(routes, p.fwd.Own)+1:]
}

func (p *ALG) bye(d *sip.Dialog, reason string, why sim.Cause) {
	if d.LocalSeq == 0 {
		d.LocalSeq = p.sip.IDs.CSeq()
	}
	m := d.Request(sip.BYE)
	m.Add(sip.HReason, reason)
	to, err := p.node.NextHop(m)
	if err != nil {
		return
	}
	to.Timers = p.node.Timers(to)
	p.sip.Request(m, to, why)
}
