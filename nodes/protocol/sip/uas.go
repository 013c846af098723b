package sip

import (
	"strconv"
	"time"

	"imsim/sim"
)

// UASKind says what a UASOutput asks for.
type UASKind uint8

// The outputs of a UAS.
const (
	UASSend    UASKind = iota + 1 // Message goes to Layer.Respond on the INVITE's transaction
	UASNoPRACK                    // no PRACK within 64·T1: reject the INVITE with a 5xx (RFC 3262 §3)
	UASNoACK                      // no ACK within 64·T1: end the dialog with BYE (RFC 3261 §13.3.1.4)
)

// UASOutput is one thing that a UAS wants done.
type UASOutput struct {
	Kind    UASKind
	Message *Message
	Again   bool  // sent before
	Timer   Timer // what brought it about, if a timer did
	Why     sim.Cause
}

// UAS is what the core of a user agent server owes one INVITE beyond its transaction: reliable provisional responses one at
// a time, each repeated until its PRACK (RFC 3262 §3), and the 2xx repeated until the ACK over any transport (RFC 3261
// §13.3.1.4). All responses but the layer's 100 go through Respond. The owner passes UASSend to Layer.Respond.
type UAS struct {
	timers  Timers
	cseq    uint32
	rseq    uint32   // of the next reliable response
	pending *Message // reliable response without its PRACK
	final   *Message // 2xx without its ACK
	over    bool     // a final response has been sent
	held    []heldResponse
	agenda  agenda
	repeat  deadline
	limit   deadline
	period  time.Duration
	out     []UASOutput
	head    int
}

type heldResponse struct {
	message  *Message
	reliable bool
}

// NewUAS makes the state for an INVITE. firstRSeq is 1 to 2^31-1: see IDs.RSeq.
func NewUAS(invite *Message, timers Timers, firstRSeq uint32) *UAS {
	c, _ := invite.CSeq()
	return &UAS{timers: timers.orCore(), cseq: c.Seq, rseq: firstRSeq}
}

// AllowsReliable reports whether a request's sender takes reliable provisional responses (RFC 3262 §3).
func AllowsReliable(invite *Message) bool {
	return invite.Contains(HSupported, "100rel") || invite.Contains(HRequire, "100rel")
}

// Respond takes a response of the user. A provisional one, 101 to 199, that is to be reliable gets Require: 100rel and RSeq. It
// is held while an earlier one lacks its PRACK; so is a 2xx while one with a body does (RFC 3262 §3, §5). What is held goes
// out in order, its cause being the PRACK. A final response other than 2xx overtakes and drops all that is held.
func (u *UAS) Respond(now sim.Time, why sim.Cause, m *Message, reliable bool) {
	if u.over {
		return
	}
	reliable = reliable && m.Status > 100 && m.Status < 200
	switch {
	case m.Status >= 300:
		u.held = nil
	case m.Status >= 200:
		if u.owesBody() {
			u.held = append(u.held, heldResponse{m, false})
			return
		}
		u.held = nil // RFC 3262 §3: a final response may be sent before the PRACK of one without a session description
	case reliable && u.pending != nil:
		u.held = append(u.held, heldResponse{m, true})
		return
	}
	u.send(now, why, m, reliable)
}

// owesBody reports whether a reliable response with a body has not had its PRACK.
func (u *UAS) owesBody() bool {
	if u.pending != nil && u.pending.Body != "" {
		return true
	}
	for _, h := range u.held {
		if h.message.Body != "" {
			return true
		}
	}
	return false
}

func (u *UAS) send(now sim.Time, why sim.Cause, m *Message, reliable bool) {
	repeat, limit := NoTimer, NoTimer
	switch {
	case reliable:
		if !m.Contains(HRequire, "100rel") {
			m.Add(HRequire, "100rel")
		}
		m.Set(HRSeq, strconv.FormatUint(uint64(u.rseq), 10))
		u.rseq++
		u.pending, repeat, limit = m, TimerRel, TimerPRACK
	case m.Status >= 200:
		u.over, u.pending = true, nil
		u.stop()
		if m.Status < 300 {
			u.final, repeat, limit = m, Timer2xx, TimerACK
		}
	}
	u.out = append(u.out, UASOutput{Kind: UASSend, Message: m, Why: why})
	if repeat != NoTimer {
		// RFC 3261 §13.3.1.4, RFC 3262 §3: from T1 on, for 64·T1, whatever the transport.
		u.period = u.timers.T1
		u.agenda.arm(&u.repeat, repeat, now.Add(u.period), why)
		u.agenda.arm(&u.limit, limit, now.Add(u.timers.Timeout()), why)
	}
}

func (u *UAS) stop() {
	u.agenda.disarm(&u.repeat)
	u.agenda.disarm(&u.limit)
}

// Prack takes a PRACK of the dialog and reports whether it matches the response that awaits one: answer it with 2xx, or with
// 481 (RFC 3262 §3).
func (u *UAS) Prack(now sim.Time, why sim.Cause, m *Message) bool {
	r, err := m.RAck()
	if err != nil || u.pending == nil {
		return false
	}
	if rseq, _ := u.pending.RSeq(); r != (RAck{rseq, u.cseq, INVITE}) {
		return false
	}
	u.pending = nil
	u.stop()
	for len(u.held) > 0 && u.pending == nil && !u.over {
		h := u.held[0]
		u.held = u.held[1:]
		u.send(now, why, h.message, h.reliable)
	}
	return true
}

// Ack takes an ACK of the dialog and reports whether it is the first for the 2xx.
func (u *UAS) Ack(m *Message) bool {
	c, err := m.CSeq()
	if err != nil || c.Seq != u.cseq || u.final == nil {
		return false
	}
	u.final = nil
	u.stop()
	return true
}

// Stop ends all repetition, as when the dialog is over.
func (u *UAS) Stop() {
	u.over, u.pending, u.final, u.held = true, nil, nil, nil
	u.stop()
}

// AwaitsPRACK reports whether a reliable response lacks its PRACK, AwaitsACK whether the 2xx lacks its ACK.
func (u *UAS) AwaitsPRACK() bool { return u.pending != nil }

// AwaitsACK reports whether the 2xx lacks its ACK.
func (u *UAS) AwaitsACK() bool { return u.final != nil }

// Next returns the next output, in order.
func (u *UAS) Next() (UASOutput, bool) {
	if u.head == len(u.out) {
		u.out, u.head = u.out[:0], 0
		return UASOutput{}, false
	}
	o := u.out[u.head]
	u.out[u.head] = UASOutput{}
	u.head++
	return o, true
}

// Deadline returns when Tick is due, Never when nothing is awaited.
func (u *UAS) Deadline() sim.Time {
	return u.agenda.next()
}

// TimerCause returns the cause with which the earliest deadline was armed.
func (u *UAS) TimerCause() sim.Cause {
	if d := u.agenda.first(); d != nil {
		return d.why
	}
	return sim.Cause{}
}

// TimerName returns which timer the earliest deadline is.
func (u *UAS) TimerName() Timer {
	if d := u.agenda.first(); d != nil {
		return d.name
	}
	return NoTimer
}

// Tick deals with the earliest deadline if it has come, as Layer.Tick does.
func (u *UAS) Tick(now sim.Time, why sim.Cause) {
	d := u.agenda.first()
	if d == nil || u.agenda.next() > now {
		return
	}
	u.agenda.disarm(d)
	switch d.name {
	case TimerRel: // RFC 3262 §3: doubles, and T2 is no cap
		u.again(now, why, u.pending, d.name, 0)
	case Timer2xx: // RFC 3261 §13.3.1.4: doubles up to T2
		u.again(now, why, u.final, d.name, u.timers.T2)
	case TimerPRACK, TimerACK:
		kind, m := UASNoPRACK, u.pending
		if d.name == TimerACK {
			kind, m = UASNoACK, u.final
		}
		u.pending, u.final, u.held = nil, nil, nil
		u.stop()
		u.out = append(u.out, UASOutput{Kind: kind, Message: m, Timer: d.name, Why: why})
	}
}

func (u *UAS) again(now sim.Time, why sim.Cause, m *Message, name Timer, limit time.Duration) {
	u.out = append(u.out, UASOutput{Kind: UASSend, Message: m, Again: true, Timer: name, Why: why})
	u.period *= 2
	if limit > 0 {
		u.period = min(u.period, limit)
	}
	u.agenda.arm(&u.repeat, name, now.Add(u.period), why)
}
