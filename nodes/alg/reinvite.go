package alg

import (
	"strings"

	"imsim/nodes"
	"imsim/nodes/protocol/sdp"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// An offer inside a call (RFC 3261 §14, RFC 3264 §8) goes the way that the first one went: what it changes is reserved on the
// side of its answerer, it goes on, and the answer is worked into both terminations by one transaction. One that is refused
// leaves the gateway as it was.

// change is an offer inside the call that is under way.
type change struct {
	c          *call
	m          *sip.Message // as it came, then as it went on
	server     sip.TxID
	client     sip.TxID // 0: it has not gone on
	fromCaller bool
	asked      asked
	offer      *sdp.Description // as it came
	lines      []*reline
	answer     waiting
	near, far  *leg // the call's terminations towards the offerer and towards the answerer
}

// reinvite takes an INVITE inside the call.
func (c *call) reinvite(tx sip.TxID, m *sip.Message, from sip.Flow, why sim.Cause) {
	p := c.p
	if p.tooShort(tx, m, why) {
		return
	}
	x := &change{c: c, m: m, server: tx, fromCaller: m.FromTag() == c.callerTag}
	switch {
	case c.change != nil || c.busy || len(c.lines) == 0 || c.fall.goesOn():
		// RFC 3261 §14.2: as B2BUA for descriptions, the ALG has one offer at a time under way.
		p.fwd.Refuse(tx, m, 491, why)
		return
	case m.Body == "":
		p.fwd.Refuse(tx, m, 488, why) // an offer in the 2xx is not modelled
		return
	}
	d, err := sdp.Parse([]byte(m.Body))
	if err != nil || d.Lines() < len(c.lines) {
		p.fwd.Refuse(tx, m, 488, why) // RFC 3264 §8: lines are never fewer
		return
	}
	if c.served != nil && c.served.BehindNAT && x.fromCaller == c.originating {
		c.served.Flow = from // the NAT may have forgotten the flow of the registration (RFC 5626 §4.4)
	}
	x.offer = d
	x.near, x.far = &c.near, &c.far
	if !x.fromCaller {
		x.near, x.far = x.far, x.near
	}
	for i := range d.Lines() {
		l, status := x.line(i)
		if status != 0 {
			p.fwd.Refuse(tx, m, status, why)
			return
		}
		x.lines = append(x.lines, l)
	}
	c.change = x
	x.asked = p.ask(m)
	if cmd := x.reservation(); cmd != nil {
		why = p.Mark(why, "", nodes.ModifySent, x.far.realm())
		c.order(why, (*call).rereserved, x.transaction(*cmd))
		return
	}
	x.onward(why)
}

// rereserved goes on with the addresses that the gateway has given.
func (c *call) rereserved(actions []h248Action, why sim.Cause) {
	x := c.change
	if !x.learn(actions, 0, true) {
		x.refuse(500, why)
		return
	}
	x.onward(why)
}

// onward sends the offer on.
func (x *change) onward(why sim.Cause) {
	c := x.c
	p := c.p
	d := x.offer.Clone()
	x.rewrite(d, true)
	x.m.SetBody("application/sdp", string(d.Bytes()))
	to, err := p.node.NextHop(x.m)
	if err != nil {
		x.refuse(404, why)
		return
	}
	to.Timers = p.node.Timers(to)
	x.m = c.renumbered(x.m)
	p.fwd.Forward(x.server, x.m, to, why)
	x.client = p.fwd.Client(x.server)
	p.byTx[x.client] = c
}

// refuse answers the offer before it has gone on, and takes back what was reserved.
func (x *change) refuse(status int, why sim.Cause) {
	x.c.p.fwd.Refuse(x.server, x.m, status, why)
	x.takeBack(why)
}

// takeBack leaves the gateway as it was before the offer.
func (x *change) takeBack(why sim.Cause) {
	c := x.c
	c.change = nil
	if c.ended {
		return
	}
	if cmd := x.undo(); cmd != nil {
		why = c.p.Mark(why, "", nodes.ModifySent, x.far.realm())
		c.order(why, (*call).takenBack, x.transaction(*cmd))
	}
}

func (c *call) takenBack([]h248Action, sim.Cause) {}

// changing reports whether a client transaction is that of the offer under way.
func (c *call) changing(tx sip.TxID) bool { return c.change != nil && c.change.client == tx }

// response takes a response to the offer.
func (x *change) response(tx sip.TxID, m *sip.Message, why sim.Cause) {
	c := x.c
	p := c.p
	server, ok := p.fwd.Back(tx, m, why)
	if m.Status >= 200 {
		delete(p.byTx, tx)
	}
	p.asSent(server, m)
	switch {
	case !ok:
	case c.ended || m.Status < 200: // a preview of the answer in a provisional response is not modelled
		if m.Status < 200 {
			m.SetBody("", "")
		}
		p.sip.Respond(server, m, why)
	case m.Status >= 300:
		p.sip.Respond(server, m, why)
		x.takeBack(why)
	default:
		x.answer = waiting{server: server, m: m, why: why}
		x.settle(why)
	}
}

// failed is an offer that nobody has answered, or that the gateway cannot serve: the session stays as it was.
func (x *change) failed(why sim.Cause) {
	if x.answer.m != nil {
		x.unusable("the gateway refused", why)
		return
	}
	x.refuse(503, why)
}

// settle works the answer into the gateway.
func (x *change) settle(why sim.Cause) {
	c := x.c
	d, err := sdp.Parse([]byte(x.answer.m.Body))
	if err != nil || d.Lines() != len(x.lines) {
		x.unusable("answer without its media lines", why)
		return
	}
	x.answer.answer = d
	for i, l := range x.lines {
		if text := l.agree(d, i); text != "" {
			x.unusable(text, why)
			return
		}
	}
	far, near := x.configuration(d)
	switch {
	case far != nil && near != nil:
		why = c.p.Mark(why, "", nodes.ModifySent, x.far.realm())
		why = c.p.Mark(why, "", nodes.ModifySent, x.near.realm())
		c.order(why, (*call).reconfigured, x.transaction(*far, *near))
	case far != nil:
		why = c.p.Mark(why, "", nodes.ModifySent, x.far.realm())
		c.order(why, (*call).reconfigured, x.transaction(*far))
	case near != nil:
		why = c.p.Mark(why, "", nodes.ModifySent, x.near.realm())
		c.order(why, (*call).reconfigured, x.transaction(*near))
	default:
		x.back(why)
	}
}

// reconfigured goes on once the gateway is as the answer says.
func (c *call) reconfigured(actions []h248Action, why sim.Cause) {
	x := c.change
	if !x.learn(actions, len(actions[0].Commands)-1, false) {
		x.unusable("the gateway has no resources", why)
		return
	}
	x.back(why)
}

// back passes the answer on; from now on it is what the call is.
func (x *change) back(why sim.Cause) {
	c := x.c
	w := x.answer
	x.rewrite(w.answer, false)
	w.m.SetBody("application/sdp", string(w.answer.Bytes()))
	c.change = nil
	x.commit()
	if !c.fall.begun() {
		c.fall = nil // what it was to go back to is not what there is any more
	}
	c.renew(w.m, x.asked, why)
	c.p.sip.Respond(w.server, w.m, why)
}

// unusable ends a call whose answer cannot be used: the offerer gets 488, and both BYE; the answerer's 2xx has its ACK.
func (x *change) unusable(text string, why sim.Cause) {
	c := x.c
	p := c.p
	why = p.Mark(why, "", nodes.CallRejected, text)
	r := p.fwd.Response(x.m, 488)
	p.asSent(x.answer.server, r)
	r.Add(sip.HWarning, sip.Warning{Code: 399, Agent: p.sip.Local.String(), Text: text}.String())
	p.sip.Respond(x.answer.server, r, why)
	dialog := c.toCalled
	if !x.fromCaller {
		dialog = c.toCaller
	}
	if d := dialog.Dialog(); d != nil {
		ack := d.Ack(x.m)
		if to, err := p.node.NextHop(ack); err == nil {
			p.sip.Request(ack, to, why)
		}
	}
	c.change = nil
	c.release(488, strings.ReplaceAll(text, `"`, "'"), why)
}
