package alg

import (
	"slices"
	"strconv"

	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// protect decides on the security of the call's media line; status refuses the call (TS 23.334 cl. 6.2.10.3, §3.8 E7–E9).
func (c *call) protect(l sdp.Line) (status int) {
	p := c.p
	tls := l.Proto().Security == sdp.TLS
	if status := c.protectHop(l); status != 0 {
		return status
	}
	switch {
	case c.originating && l.E2AE() == sdp.E2AERequested:
		if !c.served.can("msrp-tls") {
			switch p.cfg.Unsupported {
			case "strip":
				// E7: go on without protection.
				return 0
			case "transparent":
				c.passing, c.tls, c.hop = true, true, false
				return 0
			}
			return 488
		}
		if c.unverifiable(l) {
			return 488 // E9, E11
		}
		c.secure = true
	case tls && (c.originating || !c.hop):
		// E8: TLS without 3ge2ae is end to end, and none of our business.
		c.passing, c.tls, c.hop = true, true, false
	case !c.originating && c.served.can("msrp-tls"):
		// cl. 6.2.10.3.1.2.1 step 1: both indicated support at registration.
		c.secure = true
	}
	return 0
}

// unverifiable reports a line whose peer's certificate could not be checked: it has no fingerprint (E9), or none with a hash that
// counts (E11).
func (c *call) unverifiable(l sdp.Line) bool {
	var list []tls.Fingerprint
	for _, fp := range l.Fingerprints() {
		list = append(list, tls.Fingerprint(fp))
	}
	return tls.Strongest(list, c.p.cfg.AllowSHA1) == ""
}

// reserve asks the gateway for the termination towards the answerer (Reserve AGW Connection Point).
func (c *call) reserve(why sim.Cause) {
	var ok bool
	if c.p.control.closed || c.p.control.down {
		c.refuse(503, why) // the gateway takes no new context
		return
	}
	if c.onward, ok = c.setupOnward(c.offer.Line(0).Setup()); !ok {
		c.refuse(488, why)
		return
	}
	local := c.localFor(&c.far, c.opens(&c.far, c.onward))
	cmd := c.add(&c.far, local, nil)
	if c.relay && c.p.cfg.GateUntilAnswer {
		cmd.Media.Streams[0].Control.Mode = h248.Inactive
	}
	if c.early() {
		control := cmd.Media.Streams[0].Control
		control.Properties = append(control.Properties, c.interlink(&c.far, sdp.Passive, sdp.Active, "*")...)
	}
	why = c.p.Mark(why, "", nodes.AddSent, c.far.realm())
	c.order(why, (*call).reserved, h248.Action{Context: h248.ChooseContext, Commands: []h248.Command{cmd}})
}

// early reports a protected leg that is answered before anything is known of its peer: the gateway is passive whatever the answer says,
// and the other leg hangs on TLS here. A UE that is ahead of its own answer can shake hands, and its certificate is verified
// when its fingerprint comes (§3.7: deferred verification).
func (c *call) early() bool {
	preset := c.p.cfg.Accept
	return c.far.access && c.secure && c.opens(&c.far, c.onward) == sdp.Passive && (preset == "tls-cross" || preset == "tls-then-tcp")
}

// reserved sends the offer on, with the termination's address.
func (c *call) reserved(actions []h248.Action, why sim.Cause) {
	if !c.learn(&c.far, actions, 0) {
		c.refuse(500, why)
		return
	}
	m := c.invite
	m.SetBody("application/sdp", c.offerOnward())
	c.sendOn(m, why)
}

// sendOn sends the call's INVITE on its way.
func (c *call) sendOn(m *sip.Message, why sim.Cause) {
	p := c.p
	to, err := p.node.NextHop(m)
	if err != nil {
		c.refuse(404, why)
		return
	}
	to.Timers = p.node.Timers(to)
	p.fwd.Forward(c.server, m, to, why)
	c.client = p.fwd.Client(c.server)
	p.byTx[c.client] = c
}

// settle configures both terminations by the answer: the one towards the answerer gets its peer and its role, the one
// towards the offerer is made (Configure, and Reserve and Configure AGW Connection Point, in one transaction).
func (c *call) settle(w waiting) {
	p := c.p
	d, err := sdp.Parse([]byte(w.m.Body))
	if err != nil || d.Lines() != 1 {
		c.refuseAnswer(w, "answer without its media line")
		return
	}
	if d.Line(0).Rejected() {
		switch {
		case c.secure && !c.originating && p.cfg.Fallback == "clear":
			c.clear(w)
		case c.secure && !c.originating:
			c.refuseAnswer(w, "TLS refused") // §3.5
		default:
			c.forward(w)
		}
		return
	}
	ans := d.Line(0)
	if c.secure && !c.originating && (ans.Proto().Security != sdp.TLS || c.unverifiable(ans)) {
		c.refuseAnswer(w, "no TLS in the answer, or no fingerprint that counts")
		return
	}
	c.answeredICE(ans)
	if wrong := c.answeredCEMA(ans); wrong != "" {
		c.refuseAnswer(w, wrong)
		return
	}
	// The gateway is the offerer towards the answerer, and the answerer towards the offerer.
	farRole, _, err := sdp.Negotiate(c.onward, ans.Setup())
	if err != nil {
		c.refuseAnswer(w, "RFC 4145: "+err.Error())
		return
	}
	offered := c.offer.Line(0).Setup()
	_, nearRole, err := sdp.Negotiate(offered, c.setupBack(offered, ans.Setup()))
	if err != nil {
		c.refuseAnswer(w, "RFC 4145: "+err.Error())
		return
	}
	if wrong := c.answeredTLS(ans); wrong != "" {
		c.refuseAnswer(w, wrong)
		return
	}
	farRole, nearRole = c.opens(&c.far, farRole), c.opens(&c.near, nearRole)
	c.settled = true
	w.answer = d
	c.keep(ans, nearRole, farRole)
	modify := h248.Command{Verb: h248.Modify, Termination: c.far.id}
	stream := h248.Stream{ID: 1, Remote: c.remoteFor(&c.far, ans)}
	control := &h248.LocalControl{}
	if !c.relay {
		local := *c.far.local
		local.Set(sdp.AttrSetup, farRole.String())
		stream.Local = local.Append(nil)
		control.Properties = c.interlink(&c.far, farRole, nearRole, "*")
	}
	if c.relay && p.cfg.GateUntilAnswer {
		control.Mode = h248.SendReceive
	}
	if control.Mode != h248.ModeUnset || len(control.Properties) > 0 {
		stream.Control = control
	}
	modify.Media = &h248.Media{Streams: []h248.Stream{stream}}
	modify.Signals = c.signals(&c.far, farRole)

	local := c.localFor(&c.near, nearRole)
	remote := c.remoteFor(&c.near, c.offer.Line(0))
	if c.punches(&c.near, nearRole) {
		remote = c.reflexive(c.offer.Line(0))
	}
	add := c.add(&c.near, local, remote)
	add.Media.Streams[0].Control.Properties = append(add.Media.Streams[0].Control.Properties, c.interlink(&c.near, nearRole, farRole, c.far.id)...)
	c.fall = c.another(nearRole)
	add.Signals = c.signals(&c.near, nearRole)

	why := p.Mark(w.why, "", nodes.ModifySent, c.far.realm())
	why = p.Mark(why, "", nodes.AddSent, c.near.realm())
	c.waiting = append([]waiting{w}, c.waiting...)
	c.order(why, (*call).configured, h248.Action{Context: c.context, Commands: []h248.Command{modify, add}})
}

// configured passes the answer on, with the address of the offerer's termination.
func (c *call) configured(actions []h248.Action, why sim.Cause) {
	w := c.waiting[0]
	c.waiting = c.waiting[1:]
	w.why = why
	if !c.learn(&c.near, actions, 1) {
		c.refuseAnswer(w, "the gateway has no resources")
		return
	}
	w.m.SetBody("application/sdp", c.answerFor(w.answer))
	if c.fall != nil {
		c.fall.told = w.m.Body
	}
	c.forward(w)
}

// refuseAnswer ends a call whose answer cannot be used: ACK and BYE to the answerer, 488 to the offerer.
func (c *call) refuseAnswer(w waiting, text string) {
	p := c.p
	why := p.Mark(w.why, "", nodes.CallRejected, text)
	status := max(c.wrong, 488)
	r := p.fwd.Response(c.invite, status)
	r.Add(sip.HWarning, sip.Warning{Code: 399, Agent: p.sip.Local.String(), Text: text}.String())
	p.sip.Respond(w.server, r, why)
	if w.m.Status >= 200 {
		c.part(w.m, "SIP;cause="+strconv.Itoa(status)+`;text="`+text+`"`, why)
	} else if c.client != 0 {
		p.sip.Cancel(c.client, "", why)
	}
	c.end(why)
}

// part ends the answerer's side of a call whose 2xx is not passed on.
func (c *call) part(m *sip.Message, reason string, why sim.Cause) {
	p := c.p
	d, err := sip.NewUACDialog(c.invite, m)
	if err != nil {
		return
	}
	d.Routes = p.beyond(d.Routes)
	ack := d.Ack(c.invite)
	if to, err := p.node.NextHop(ack); err == nil {
		p.sip.Request(ack, to, why)
	}
	d.Contact = ""
	p.bye(d, reason, why)
}

// subtract frees the context.
func (c *call) subtract(why sim.Cause) {
	p := c.p
	if c.released {
		return
	}
	if c.busy || c.context == h248.ChooseContext {
		return // what is being made is not known yet: the reply will find the call ended
	}
	c.released = true
	delete(p.ctx, c.context)
	if p.control.down {
		return // an audit will find the context
	}
	a := h248.Action{Context: c.context}
	// The served UE's termination first, as in the examples of the spec reference.
	legs := []*leg{&c.near, &c.far}
	for _, l := range legs {
		if l.id != "" {
			a.Commands = append(a.Commands, h248.SubtractOf(l.id))
		}
	}
	why = p.Mark(why, "", nodes.SubtractSent, "")
	c.order(why, (*call).subtracted, a)
}

func (c *call) subtracted([]h248.Action, sim.Cause) {}

// interlink returns the interlinkage rules that a leg carries as source (§7.2): where it waits for the connection, what a
// SYN there means for the partner; where it opens a connection with TLS as client, that TLS follows. Two legs that both wait
// are merged, which takes no rule (§9.6).
func (c *call) interlink(l *leg, role, other sdp.Setup, partner h248.TerminationID) []h248.Parm {
	if c.relay || c.orders() {
		return nil
	}
	var rules []h248.TopologyRule
	if role == sdp.Passive && other == sdp.Active {
		preset := c.p.cfg.Accept
		switch {
		case preset == "":
			preset = "late"
		case (preset == "tls-cross" || preset == "tls-then-tcp") && !c.protected(l):
			preset = "early" // without TLS on the leg there is no such event to wait for
		}
		rules = append(rules, h248.TopologyRule{Trigger: triggers[preset], Target: partner})
	}
	switch follows := c.p.cfg.CoreSecurity == "tls-tls" && c.secure && c.hop; {
	case follows && role == sdp.Passive && other == sdp.Active:
		rules = append(rules, h248.TopologyRule{Trigger: h248.TLSUpTLS, Target: partner})
	case follows && role == sdp.Active && other == sdp.Passive: // its order comes from the partner
	case role == sdp.Active && c.protected(l):
		rules = append(rules, h248.TopologyRule{Trigger: h248.TCPUp, Target: h248.TargetSelf})
	}
	if len(rules) == 0 {
		return nil
	}
	return []h248.Parm{h248.Set("seplink/x_topo", h248.Quoted(string(h248.AppendTopology(nil, rules))))}
}

var triggers = map[string]h248.Trigger{
	"late": h248.TCPIncoming, "early": h248.TCPIncomingEarly, "tls-cross": h248.TLSIncoming, "tls-then-tcp": h248.TLSUp,
}

// orders reports that each leg is opened by an order of its own: in the strict model, and in mode proxy (§2.7).
func (c *call) orders() bool { return c.p.cfg.ControlModel == "strict" || c.p.cfg.TCPMode == "proxy" }

// omits reports an order that this controller forgets.
func (c *call) omits(order string) bool { return slices.Contains(c.p.cfg.Omit, order) }

// signals returns the orders for a leg: who is active opens now, who is TLS client starts when TCP is up, whom
// a NAT hides is latched onto, or punched through to.
func (c *call) signals(l *leg, role sdp.Setup) *h248.Signals {
	var s h248.Signals
	if l.access && c.latches() && (c.relay || role == sdp.Passive) {
		s.List = append(s.List, h248.Signal{Name: "ipnapt/latch", Stream: 1, Parms: []h248.Parm{h248.Set("napt", h248.Word("LATCH"))}})
	}
	if c.punches(l, role) {
		s.List = append(s.List, c.fall.punch())
	} else if c.orders() && !c.relay && role == sdp.Active {
		if !c.omits("tcp-establish") {
			s.List = append(s.List, h248.Signal{Name: "tcpbcc/EstBNC", Stream: 1})
		}
		if c.protected(l) && !c.omits("tls-establish") {
			s.List = append(s.List, h248.Signal{Name: "tlsbsc/EstBNC", Stream: 1})
		}
	}
	c.stunOrder(l, &s)
	if len(s.List) == 0 {
		return nil
	}
	return &s
}
