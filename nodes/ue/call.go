package ue

import (
	"strconv"
	"strings"

	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// call is one session at one of its ends: the dialog, the media and the user's script.
type call struct {
	u      *UE
	id     string // Call-ID
	slot   uint32
	caller bool
	state  callState
	talked bool // the release of the script is under way
	timer  sim.Timer
	script *nodes.Script
	why    sim.Cause // what the call began with: the session's label for what nothing else causes

	invite  *sip.Message
	tx      sip.TxID // of the INVITE
	dialog  *sip.Dialog
	packed  sip.Packed // the dialog while nothing happens in it
	uac     sip.UAC
	uas     *sip.UAS
	bye     sip.TxID
	noACK   bool // the 2xx was never acknowledged
	parting *parting
	result  string // how the call ended, once it is clear

	session session
	media   *media     // of the first line
	more    []*media   // of those that re-INVITEs have added
	re      *reinvites // nil: none so far
	reply   deadline   // of the answer: when the called picks up, when the caller gives up
	next    deadline   // of the script
	grace   deadline   // the media has been closed in good order: the BYE should be on its way
	punch   deadline   // of a SYN that the passive side sends
	line    int        // lines of the script that are done
	began   bool       // the script has begun
	stalled bool       // the script waits for its stream
	offers  uint16     // descriptions sent after the first
}

type deadline struct {
	at  sim.Time // 0: not set
	why sim.Cause
}

func (d *deadline) set(at sim.Time, why sim.Cause) { *d = deadline{max(at, 1), why} }

func (d *deadline) due(now sim.Time) bool { return d.at != 0 && d.at <= now }

// parting is a BYE that waits for the ACK.
type parting struct {
	reason string
	why    sim.Cause
}

type callState uint8

const (
	calling   callState = iota // INVITE sent or received, no final response
	talking                    // 2xx sent or received
	releasing                  // BYE sent or received
	over
)

// Call starts a session as caller and returns its Call-ID.
func (u *UE) Call(script *nodes.Script, why sim.Cause) string {
	c := &call{u: u, script: script, caller: true, why: why}
	c.id = u.sip.IDs.CallID(u.Addr.String())
	u.env.Scripts[c.id] = script
	u.add(c)
	c.why = u.Mark(why, "", nodes.SessionStart, script.Class)
	c.offer(c.why)
	c.arm()
	return c.id
}

// arm sets the call's timer to the earliest of its deadlines.
func (c *call) arm() {
	at := c.retryAt()
	for m := range c.lines() {
		at = min(at, m.deadline())
	}
	if c.uas != nil {
		at = min(at, c.uas.Deadline())
	}
	for _, d := range []*deadline{&c.reply, &c.next, &c.grace, &c.punch, &c.session.next} {
		if d.at != 0 {
			at = min(at, d.at)
		}
	}
	c.u.K.Arm(&c.timer, c.u.Entity, c.slot, at)
}

func (c *call) tick() {
	u, now := c.u, c.u.K.Now()
	if c.reply.due(now) {
		why := c.reply.why
		c.reply = deadline{}
		if c.caller {
			c.hangUp("cancelled", "", u.user(why, "user.patience"))
		} else {
			c.answer(u.user(why, "user.pickup"))
		}
	}
	for c.uas != nil && c.uas.Deadline() <= now {
		c.uas.Tick(now, u.Waited(c.uas.TimerCause(), "sip.timer"))
		c.pumpUAS()
	}
	if c.next.due(now) {
		why := u.user(c.next.why, "user.pause")
		c.next = deadline{}
		c.speak(why)
	}
	if c.punch.due(now) {
		why := u.Waited(c.punch.why, "hp.retry")
		c.punch = deadline{}
		c.media.punch(why)
	}
	if c.grace.due(now) {
		why := u.Waited(c.grace.why, "user.grace")
		c.grace = deadline{}
		c.mediaLost("closed", why)
	}
	if c.session.next.due(now) {
		why := u.Waited(c.session.next.why, "sip.session")
		c.session.next = deadline{}
		c.sessionDue(why)
	}
	c.retry(now)
	for m := range c.lines() {
		m.tick(now)
	}
	if c.state != over {
		c.arm()
	}
}

// user records that a person or a script has waited.
func (u *UE) user(why sim.Cause, kind string) sim.Cause {
	if !u.K.Tracing() {
		return why
	}
	return u.K.Record(sim.Record{Cause: why, Node: u.Entity, Kind: kind, Rest: sim.UserWait})
}

// rest puts away what an established call does not need while it lasts, where that has not been done on the way.
func (c *call) rest() {
	if c.dialog != nil {
		c.packed, c.dialog = c.dialog.Pack(), nil
	}
	c.invite = nil
}

// unpacked returns the call's dialog, nil when there is none yet.
func (c *call) unpacked() *sip.Dialog {
	if c.packed != "" {
		c.dialog, c.packed = c.packed.Dialog(), ""
	}
	return c.dialog
}

// request takes a request inside the call.
func (c *call) request(tx sip.TxID, m *sip.Message, why sim.Cause) {
	u := c.u
	if c.unpacked() == nil {
		u.refuse(tx, m, 481, why)
		return
	}
	if status := c.dialog.ReceiveRequest(m); status != 0 {
		u.refuse(tx, m, status, why)
		return
	}
	switch m.Method {
	case sip.PRACK:
		if c.uas == nil || !c.uas.Prack(u.K.Now(), why, m) {
			u.refuse(tx, m, 481, why)
			return
		}
		why = u.Mark(why, "", nodes.PrackReceived, "")
		u.sip.Respond(tx, sip.NewResponse(m, 200, "", u.sip.IDs.Tag()), why)
		c.pumpUAS()
	case sip.BYE:
		why = u.Mark(why, "", nodes.ByeReceived, m.Get(sip.HReason))
		u.sip.Respond(tx, sip.NewResponse(m, 200, "", u.sip.IDs.Tag()), why)
		if !c.began && strings.Contains(m.Get(sip.HReason), "cause=503") {
			c.conclude("failed") // there never was a connection to speak over
		}
		c.conclude("released")
		c.leave(why)
	case sip.UPDATE:
		if m.Body != "" || c.state == calling {
			u.refuse(tx, m, 501, why) // offers in UPDATE are not modelled
			return
		}
		r := sip.NewResponse(m, 200, "", u.sip.IDs.Tag())
		r.Add(sip.HContact, u.contact)
		if c.state == talking {
			c.agreeSession(m, r, why)
		}
		u.sip.Respond(tx, r, why)
		if c.uas == nil {
			c.rest()
		}
	case sip.INVITE:
		c.reinvited(tx, m, why)
		if c.uas == nil {
			c.rest()
		}
	default:
		u.refuse(tx, m, 501, why)
	}
	if c.state != over {
		c.arm()
	}
}

// response takes a response to a request of the call.
func (c *call) response(tx sip.TxID, m *sip.Message, why sim.Cause) {
	switch {
	case tx == c.tx && c.caller:
		c.invited(m, why)
	case tx == c.session.update && tx != 0 && m.Status >= 200:
		c.refreshed(m.Status, m, why)
	case tx == c.bye && m.Status >= 200:
		c.leave(why)
	case c.isReinvite(tx):
		c.reanswered(tx, m, why)
	}
	if c.state != over {
		c.arm()
	}
}

// failed takes the failure of a request of the call: no answer counts as 408, no transport as 503.
func (c *call) failed(tx sip.TxID, status int, why sim.Cause) {
	switch {
	case tx == c.tx:
		c.rejected(status, why)
	case tx == c.session.update:
		c.refreshed(status, nil, why)
	case tx == c.bye:
		c.leave(why)
	case c.re != nil && tx == c.re.tx:
		c.unanswered(status, why)
		c.dropOffer(why)
	}
	if c.state != over {
		c.arm()
	}
}

// hangUp ends the call by BYE, or before the answer by CANCEL.
func (c *call) hangUp(result, reason string, why sim.Cause) {
	u := c.u
	switch {
	case c.state == calling && c.caller:
		c.conclude(result)
		u.sip.Cancel(c.tx, reason, u.Mark(why, "", nodes.CancelSent, reason))
	case c.state == calling:
		c.conclude(result)
		c.final(488, why)
	case c.state == talking && c.uas != nil && !c.noACK:
		// RFC 3261 §15: the called sends no BYE before the ACK is there, or has stayed away for good.
		c.conclude(result)
		if c.parting == nil {
			c.parting = &parting{reason, why}
		}
	case c.state == talking:
		c.conclude(result)
		c.state = releasing
		m := c.unpacked().Request(sip.BYE)
		if reason != "" {
			m.Add(sip.HReason, reason)
		}
		why = u.Mark(why, "", nodes.ByeSent, reason)
		c.bye = u.sip.Request(m, u.flow(c.dialog), why)
		u.byTx[c.bye] = c
	}
}

// conclude notes how the call ends, unless that is clear already.
func (c *call) conclude(result string) {
	if c.result == "" {
		c.result = result
	}
}

// leave is the end of the signalling: the media is closed.
func (c *call) leave(why sim.Cause) {
	if c.state == over {
		return
	}
	u := c.u
	if c.state == talking || c.state == releasing {
		why = u.Mark(why, "", nodes.CallReleased, "")
	}
	c.state = over
	if c.uas != nil {
		c.uas.Stop()
	}
	for m := range c.lines() {
		m.close(why)
	}
	if c.caller {
		u.Mark(why, "", nodes.SessionEnd, c.result)
	}
	u.remove(c)
}

// rejected is the end of a call that was never answered.
func (c *call) rejected(status int, why sim.Cause) {
	c.conclude("failed")
	why = c.u.Mark(why, "", nodes.CallRejected, strconv.Itoa(status))
	c.leave(why)
}

// flow returns where requests of a dialog go first.
func (u *UE) flow(d *sip.Dialog) sip.Flow {
	next := d.Target
	if len(d.Routes) > 0 {
		next = sip.AddressURI(d.Routes[0])
	}
	if f, err := u.sip.FlowToURI(next); err == nil {
		return f
	}
	return u.proxy
}
