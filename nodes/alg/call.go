package alg

import (
	"strings"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// call is one session that the ALG takes part in. The offerer's side and the answerer's side each have a termination on
// the gateway; which of them is access and which core is a matter of who calls.
type call struct {
	p                  *ALG
	id                 string
	why                sim.Cause
	server             sip.TxID     // of the INVITE, towards the caller
	client             sip.TxID     // towards the called
	invite             *sip.Message // as it came, then as it went on
	toCaller, toCalled sip.Packed   // once there is a 2xx: the dialogs that it takes to end the call from here
	served             *Party

	originating bool      // the caller is our UE
	secure      bool      // the access leg is protected from end to access edge
	hop         bool      // TLS on the leg away from users ends at the gateway too
	passing     bool      // TLS attributes go through untouched
	tls         bool      // which is what there are
	onward      sdp.Setup // of the offer as it went on
	relay       bool
	audio       bool // the line is RTP, which is relayed
	ice         bool // on the access leg
	tried       bool // it was, when the offer came: a=setup is chosen by that
	mismatch    bool // the UE's offer has been changed on the way by somebody who knows nothing of ICE
	peerICE     sdp.ICE
	aware       bool // the gateway is told the application protocol
	unaware     bool // it has said that it does not know it
	wrong       int  // status for the caller, where the gateway has a fault; 0: none
	final       bool // a 2xx has been passed on
	settled     bool // the answer has been worked into the gateway
	busy        bool // an order is under way
	ended       bool
	released    bool // the context is subtracted, or on its way
	context     h248.ContextID
	asked       asked    // of the INVITE as it went on
	session     *session // nil: no session timer yet
	callerTag   string
	callerSeq   uint32 // CSeq of the last request inside the dialog, where one has come through us
	calledSeq   uint32
	offer       *sdp.Description
	far         leg // towards the answerer
	near        leg // towards the offerer
	waiting     []waiting
	lines       []line  // once the answer is there
	paths       *paths  // of the first line, where messages are edited here
	change      *change // an offer inside the call that is under way
	fall        *fall   // nil but where the gateway punches a hole, and there is another way if it fails
	numbers     *numbers
}

// leg is a termination of the call.
type leg struct {
	id      h248.TerminationID
	local   *sdp.Fragment // as the gateway reported it; nil once the call is set up
	request uint32        // of its Events
	access  bool          // on the side that the node serves; on Ix, the internal one
	on      Interface
}

func (l *leg) realm() string { return l.on.realm(l.access) }

// waiting is a response that has to wait for the gateway.
type waiting struct {
	server sip.TxID
	m      *sip.Message
	why    sim.Cause
	answer *sdp.Description // its body, once it has been read
}

// invite starts a call.
func (p *ALG) invite(tx sip.TxID, m *sip.Message, from sip.Flow, why sim.Cause) {
	if p.tooShort(tx, m, why) {
		return
	}
	c := &call{p: p, id: strings.Clone(m.CallID()), why: why, server: tx, invite: m, context: h248.ChooseContext}
	c.originating, c.served = p.node.Call(m, from)
	c.callerTag = strings.Clone(m.FromTag())
	c.counted(m)
	c.asked = p.ask(m)
	c.far = leg{access: !c.originating, on: p.on}
	c.near = leg{access: c.originating, on: p.on}
	p.fwd.RecordRoute(m)
	p.calls[c.id] = c
	offer, err := sdp.Parse([]byte(m.Body))
	c.audio = err == nil && offer.Lines() == 1 && isAudio(offer.Line(0))
	if err != nil || offer.Lines() != 1 || offer.Line(0).Media() != "message" && !c.audio || offer.Line(0).Rejected() {
		c.refuse(488, why)
		return
	}
	c.offer = offer
	if status := c.protect(offer.Line(0)); status != 0 && !c.audio {
		c.refuse(status, why)
		return
	}
	// Spec reference §2.1: who ends TLS ends TCP, so a protected call is not relayed.
	if c.audio {
		c.secure, c.passing, c.tls, c.hop = false, false, false, false
	}
	c.relay = c.audio || p.cfg.TCPMode == "relay" && !c.secure && !c.hop
	if status := c.offeredCEMA(); status != 0 {
		c.refuse(status, why)
		return
	}
	c.offeredICE()
	c.tried = c.ice
	c.reserve(why)
}

// response takes a response to the forwarded INVITE. What comes while the gateway is being told waits behind it.
func (c *call) response(tx sip.TxID, m *sip.Message, why sim.Cause) {
	if c.changing(tx) {
		c.change.response(tx, m, why)
		return
	}
	if c.fall.has(tx) {
		c.fall.response(tx, m, why)
		return
	}
	server, ok := c.p.fwd.Back(tx, m, why)
	if m.Status >= 200 {
		delete(c.p.byTx, tx)
	}
	if !ok {
		return
	}
	if c.busy {
		c.waiting = append(c.waiting, waiting{server: server, m: m, why: why})
		return
	}
	c.back(waiting{server: server, m: m, why: why})
	c.slim()
}

// back works a response into the gateway and passes it on.
func (c *call) back(w waiting) {
	p := c.p
	if w.m.Status == 488 && c.secure && !c.originating && !c.settled && p.cfg.Fallback == "clear" {
		c.clear(w)
		return
	}
	if w.m.Status >= 300 {
		p.sip.Respond(w.server, w.m, w.why)
		c.end(w.why)
		return
	}
	if w.m.Status >= 200 && !c.final {
		c.confirm(w.m)
	}
	// RFC 3262 §5: the answer is in the first reliable response; what an unreliable one shows equals it.
	if w.m.Body != "" && !c.settled {
		c.settle(w)
		return
	}
	if w.m.Body != "" {
		if d, err := sdp.Parse([]byte(w.m.Body)); err == nil {
			w.m.SetBody("application/sdp", c.answerFor(d))
		}
	}
	c.forward(w)
}

// forward passes a provisional or successful response on.
func (c *call) forward(w waiting) {
	if w.m.Status >= 200 {
		c.renew(w.m, c.asked, w.why)
	}
	c.p.sip.Respond(w.server, w.m, w.why)
}

// confirm keeps the two dialogs that a 2xx makes, as the P-CSCF sees them (TS 24.229 cl. 5.2.7.2 step 4).
func (c *call) confirm(m *sip.Message) {
	c.final = true
	if d, err := sip.NewUASDialog(c.invite, m.ToTag(), ""); err == nil {
		d.Routes = c.p.beyond(d.Routes)
		c.toCaller = d.Pack()
	}
	if d, err := sip.NewUACDialog(c.invite, m); err == nil {
		d.Routes = c.p.beyond(d.Routes)
		d.Contact = ""
		d.LocalSeq += 1 << 16 // ahead of what the caller itself may have sent
		c.toCalled = d.Pack()
	}
}

// slim lets go of what only the set-up needs; an established call lasts.
func (c *call) slim() {
	if c.final && c.settled && !c.busy && len(c.waiting) == 0 {
		c.located()
		c.invite, c.offer, c.waiting = nil, nil, nil
		c.far.local, c.near.local = nil, nil
	}
}

// resume goes on after the gateway has answered.
func (c *call) resume() {
	c.busy = false
	for len(c.waiting) > 0 && !c.busy && !c.ended {
		w := c.waiting[0]
		c.waiting = c.waiting[1:]
		c.back(w)
	}
	c.slim()
}

// refuse answers the INVITE before it has gone on.
func (c *call) refuse(status int, why sim.Cause) {
	c.p.Mark(why, "", nodes.CallRejected, sip.Phrase(status))
	c.p.fwd.Refuse(c.server, c.invite, status, why)
	c.end(why)
}

// bye takes a BYE of either side: the gateway lets go, the BYE goes on.
func (c *call) bye(tx sip.TxID, m *sip.Message, why sim.Cause) {
	// TS 23.334 cl. 6.2.11: the BYE releases both terminations.
	c.subtract(why)
	c.p.pass(tx, m, sip.Flow{}, why)
	c.end(why)
}

// end forgets the call and frees the gateway.
func (c *call) end(why sim.Cause) {
	if c.ended {
		return
	}
	c.ended = true
	c.subtract(why)
	delete(c.p.calls, c.id)
	c.p.node.Ended(c.id)
	if c.session != nil {
		c.p.timed[c.session.slot] = nil // the slot is not used again: an entry for the timer may still be queued
	}
	if c.client != 0 {
		delete(c.p.byTx, c.client)
	}
	c.fall.end()
}
