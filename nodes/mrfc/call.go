package mrfc

import (
	"strconv"
	"time"

	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// call is the session of one participant: the dialog, and the termination.
type call struct {
	m      *MRFC
	id     string // Call-ID
	slot   uint32
	dialIn bool // the participant has called
	state  state
	timer  sim.Timer
	script *nodes.Script
	why    sim.Cause // what the call began with
	result string

	invite  *sip.Message
	tx      sip.TxID // of the INVITE
	bye     sip.TxID
	dialog  *sip.Dialog
	uas     *sip.UAS // of a participant who has called, until the ACK
	uac     sip.UAC
	parting *parting // nil: no BYE waits for the ACK

	secure bool
	own    sdp.Setup // as we write it
	role   sdp.Setup // once agreed
	peer   sdp.Line  // the participant's, as last seen
	heard  bool      // peer is there
	term   h248.TerminationID
	local  sdp.Fragment // of the termination
	events uint32       // RequestID of the termination's
	tries  int          // EstBNC that have been repeated
	retry  deadline
	next   deadline // the caller's patience; the release that is ours
}

// parting is a BYE that waits for the ACK.
type parting struct{ reason string }

type state uint8

const (
	joining state = iota // no final response
	joined               // 2xx sent or received
	leaving              // BYE sent
	gone
)

type deadline struct {
	at  sim.Time // 0: not set
	why sim.Cause
}

func (m *MRFC) add(c *call) {
	c.m, c.slot = m, uint32(len(m.calls))
	m.calls = append(m.calls, c)
	m.byID[c.id] = c
}

// arm sets the call's timer to the earliest of its deadlines.
func (c *call) arm() {
	if c.state == gone {
		return
	}
	at := sim.Never
	if c.uas != nil {
		at = c.uas.Deadline()
	}
	for _, d := range []deadline{c.retry, c.next} {
		if d.at != 0 {
			at = min(at, d.at)
		}
	}
	c.m.K.Arm(&c.timer, c.m.Entity, c.slot, at)
}

func (c *call) tick() {
	now := c.m.K.Now()
	for c.uas != nil && c.uas.Deadline() <= now {
		c.uas.Tick(now, c.m.Waited(c.uas.TimerCause(), "sip.timer"))
		c.pump()
	}
	if d := c.retry; d.at != 0 && d.at <= now {
		c.retry = deadline{}
		c.establish(c.m.Waited(d.why, "mrf.est-retry"))
	}
	if d := c.next; d.at != 0 && d.at <= now {
		c.next = deadline{}
		if c.state == joining {
			c.giveUp(c.m.Waited(d.why, "mrf.give-up"))
		} else {
			c.hangUp("released", "", c.m.Waited(d.why, "user.pause"))
		}
	}
	c.arm()
}

// request takes a request inside the call.
func (c *call) request(tx sip.TxID, r *sip.Message, why sim.Cause) {
	m := c.m
	if c.dialog == nil {
		m.refuse(tx, r, 481, why)
		return
	}
	if status := c.dialog.ReceiveRequest(r); status != 0 {
		m.refuse(tx, r, status, why)
		return
	}
	switch r.Method {
	case sip.BYE:
		why = m.Mark(why, "", nodes.ByeReceived, r.Get(sip.HReason))
		m.sip.Respond(tx, sip.NewResponse(r, 200, "", m.sip.IDs.Tag()), why)
		c.conclude("released")
		c.over(m.Mark(why, "", nodes.CallReleased, ""))
	case sip.UPDATE:
		if r.Body != "" {
			m.refuse(tx, r, 488, why)
			return
		}
		ok := sip.NewResponse(r, 200, "", m.sip.IDs.Tag())
		ok.Add(sip.HContact, m.contact)
		m.sip.Respond(tx, ok, why)
	case sip.INVITE:
		m.refuse(tx, r, 488, why) // re-INVITE is not modelled: the session stays as it was (RFC 3261 §14.2)
	default:
		m.refuse(tx, r, 501, why)
	}
}

// response takes a response to a request of the call.
func (c *call) response(tx sip.TxID, r *sip.Message, why sim.Cause) {
	switch {
	case tx == c.tx && r.Status > 100 && r.Status < 200:
		if r.Status == 183 {
			c.m.Mark(why, "", nodes.RingingRecv, "")
		}
	case tx == c.tx && r.Status >= 200 && r.Status < 300:
		c.accepted(r, why)
	case tx == c.tx && r.Status >= 300:
		c.rejected(r.Status, why)
	case tx == c.bye && r.Status >= 200:
		c.over(c.m.Mark(why, "", nodes.CallReleased, ""))
	}
	c.arm()
}

// hangUp lets the participant go: by BYE, which waits for the ACK of our 2xx (RFC 3261 §15), or before the answer by a final
// response or CANCEL. The termination goes at once.
func (c *call) hangUp(result, reason string, why sim.Cause) {
	m := c.m
	c.conclude(result)
	c.retry, c.next = deadline{}, deadline{}
	c.subtract(why)
	switch {
	case c.state == joining && c.dialIn:
		c.final(488, why)
	case c.state == joining:
		m.sip.Cancel(c.tx, reason, m.Mark(why, "", nodes.CancelSent, reason))
	case c.state == joined && c.uas != nil:
		c.parting = &parting{reason}
	case c.state == joined:
		c.state = leaving
		r := c.dialog.Request(sip.BYE)
		if reason != "" {
			r.Add(sip.HReason, reason)
		}
		c.bye = m.sip.Request(r, c.flow(), m.Mark(why, "", nodes.ByeSent, reason))
		m.byTx[c.bye] = c
	}
	c.arm()
}

// flow returns where requests of the dialog go first.
func (c *call) flow() sip.Flow {
	next := c.dialog.Target
	if len(c.dialog.Routes) > 0 {
		next = sip.AddressURI(c.dialog.Routes[0])
	}
	if f, err := c.m.sip.FlowToURI(next); err == nil {
		return f
	}
	return c.m.home
}

func (c *call) conclude(result string) {
	if c.result == "" {
		c.result = result
	}
}

// rejected is the end of a call that was never answered.
func (c *call) rejected(status int, why sim.Cause) {
	c.conclude("failed")
	c.over(c.m.Mark(why, "", nodes.CallRejected, strconv.Itoa(status)))
}

// over is the end of the signalling.
func (c *call) over(why sim.Cause) {
	if c.state == gone {
		return
	}
	m := c.m
	if c.uas != nil {
		c.uas.Stop()
	}
	c.state, c.uas = gone, nil
	c.subtract(why)
	if !c.dialIn {
		m.Mark(why, "", nodes.SessionEnd, c.result)
	}
	m.K.Arm(&c.timer, m.Entity, c.slot, sim.Never)
	m.calls[c.slot] = nil
	delete(m.byID, c.id)
	delete(m.byTx, c.bye)
}

// scheduled sets the release that the script leaves to us. What is said is between the participant and the MRFP: it counts from
// the ACK. [SIM]
func (c *call) scheduled(why sim.Cause) {
	if s := c.script; s != nil && s.Release == c.m.Name && c.state == joined {
		c.next = deadline{max(c.m.K.Now().Add(s.Hold+s.Delay), 1), why}
	}
	c.arm()
}

// retryPause is the time before a refused connection is ordered again (spec reference §12.2).
const retryPause = time.Second

// reported takes a Notify about the participant's connection: it has not come up, or has ended.
func (c *call) reported(kind, cause string, why sim.Cause) {
	m := c.m
	if c.result != "" || c.state == gone {
		return
	}
	if kind == "EstFail" && c.tries < m.cfg.EstRetry && c.role == sdp.Active && c.term != "" {
		c.tries++
		c.retry = deadline{m.K.Now().Add(retryPause), why}
		c.arm()
		return
	}
	result := "failed"
	if kind == "Rel" && cause == "normal" {
		result = "released" // §2.10: leaving by TCP FIN
	}
	c.hangUp(result, `SIP;cause=503;text="`+cause+`"`, why)
}
