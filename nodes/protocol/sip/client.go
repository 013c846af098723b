package sip

import (
	"errors"

	"imsim/sim"
)

// Request sends a request and returns the transaction's id; for an ACK, which has no transaction, 0. It puts the Via on
// top, and adds Content-Length where it lacks. A request longer than the limit goes over TCP though the flow says UDP.
func (l *Layer) Request(now sim.Time, why sim.Cause, m *Message, to Flow) (TxID, error) {
	c, err := m.CSeq()
	if err != nil {
		return 0, err
	}
	if !m.IsRequest() || c.Method != m.Method || m.Method == CANCEL {
		return 0, errors.New("sip: Request takes a request whose CSeq has its method, and not a CANCEL: use Cancel")
	}
	complete(m)
	branch := l.ids.Branch()
	wire, to := l.frame(m, branch, to)
	if m.Method == ACK {
		l.send(why, 0, m, wire, to, false, NoTimer)
		return 0, nil
	}
	return l.start(now, why, m, branch, wire, to).id, nil
}

// frame puts the Via on top, chooses the transport and encodes.
func (l *Layer) frame(m *Message, branch string, to Flow) ([]byte, Flow) {
	m.Prepend(HVia, l.via(to.Transport, branch))
	// RFC 3261 §18.1.1: a request within 200 octets of the path MTU, or larger than 1300 when that is unknown, goes over TCP.
	if n := m.Len(); to.Transport == UDP && l.cfg.UDPLimit > 0 && n > l.cfg.UDPLimit {
		to.Transport, to.Conn = TCP, 0
		m.ReplaceFirst(HVia, l.via(TCP, branch))
	}
	return m.Append(nil), to
}

func (l *Layer) via(t Transport, branch string) string {
	if t == UDP {
		return "SIP/2.0/UDP " + l.cfg.SentBy + ";branch=" + branch + ";rport" // RFC 3581 §3
	}
	return "SIP/2.0/TCP " + l.cfg.SentBy + ";branch=" + branch
}

// clientKey finds the transaction of a response: by branch and CSeq method (RFC 3261 §17.1.3). It is valid until the next.
func (l *Layer) clientKey(branch, method string) []byte {
	l.key = append(append(append(l.key[:0], branch...), '\n'), method...)
	return l.key
}

func (l *Layer) start(now sim.Time, why sim.Cause, m *Message, branch string, wire []byte, to Flow) *transaction {
	t := &transaction{
		key:     string(l.clientKey(branch, m.Method)),
		invite:  m.Method == INVITE,
		clock:   l.timers(to),
		flow:    to,
		request: m, message: m, wire: wire,
		started: now,
	}
	l.add(t)
	t.interval = t.clock.T1
	retransmit, timeout := TimerE, TimerF
	t.state = Trying
	if t.invite {
		retransmit, timeout = TimerA, TimerB
		t.state = Calling
	}
	// RFC 3261 §17.1.1.2, §17.1.2.2: A and E for unreliable transports, B and F for all.
	if !to.Transport.Reliable() {
		l.agenda.arm(&t.retransmit, retransmit, now.Add(t.interval), why)
	}
	l.agenda.arm(&t.timeout, timeout, now.Add(t.clock.Timeout()), why)
	l.send(why, t.id, m, wire, to, false, NoTimer)
	return t
}

func (l *Layer) clientTimer(now sim.Time, why sim.Cause, t *transaction, name Timer) {
	switch name {
	case TimerA: // RFC 3261 §17.1.1.2: doubles without limit
		l.resend(why, t, name)
		l.backOff(now, why, t, name, 0)
	case TimerE: // RFC 3261 §17.1.2.2: doubles up to T2; T2 at once when a provisional response has come
		if t.state == Proceeding {
			t.interval = t.clock.T2
		}
		l.resend(why, t, name)
		l.backOff(now, why, t, name, t.clock.T2)
	case TimerC:
		// RFC 3261 §16.8: the proxy now sends CANCEL; the transaction goes on until that has its effect or its own limit.
		l.emit(Output{Kind: OutTimeout, Tx: t.id, Timer: name, Message: t.request, Flow: t.flow, Why: why})
	case TimerB, TimerF, TimerCancelled:
		if !t.internal {
			l.emit(Output{Kind: OutTimeout, Tx: t.id, Timer: name, Message: t.request, Flow: t.flow, Why: why})
		}
		l.terminate(why, t)
	default: // D, K, M: nothing more will come
		l.terminate(why, t)
	}
}

func (l *Layer) receiveResponse(now sim.Time, why sim.Cause, m *Message, from Flow) {
	via, _ := m.Via()
	c, _ := m.CSeq()
	// RFC 3261 §18.1.2: a response whose top Via is not ours is dropped.
	if via.Port != l.port || !equalFold(via.Host, l.host) {
		l.discard(why, m, from, "response whose top Via is "+via.SentBy()+", not "+l.cfg.SentBy)
		return
	}
	t := l.keys[string(l.clientKey(via.Branch(), c.Method))]
	if t == nil {
		// RFC 6026 §8.9: stray responses go no further.
		l.discard(why, m, from, "response that matches no transaction")
		return
	}
	if t.flow.Conn == 0 && t.flow.Transport == from.Transport {
		t.flow.Conn = from.Conn // ACK and CANCEL stay on the connection that the owner chose
	}
	if t.invite {
		l.inviteResponse(now, why, t, m)
	} else {
		l.response(now, why, t, m)
	}
}

func (l *Layer) response(now sim.Time, why sim.Cause, t *transaction, m *Message) {
	if t.state == Completed {
		l.discard(why, m, t.flow, "retransmitted response")
		return
	}
	if !t.internal {
		l.emit(Output{Kind: OutResponse, Tx: t.id, Message: m, Flow: t.flow, Why: why})
	}
	if m.Status < 200 {
		t.state = Proceeding
		return
	}
	// RFC 3261 §17.1.2.2: K is T4 on unreliable transports, else zero.
	d := t.clock.T4
	if t.flow.Transport.Reliable() {
		d = 0
	}
	l.finish(now, why, t, Completed, TimerK, d)
}

func (l *Layer) inviteResponse(now sim.Time, why sim.Cause, t *transaction, m *Message) {
	switch {
	case t.state == Completed && m.Status >= 300:
		l.resend(why, t, NoTimer) // RFC 3261 §17.1.1.2: the ACK again, the user hears nothing
		return
	case t.state == Completed, t.state == Accepted && (m.Status < 200 || m.Status >= 300):
		l.discard(why, m, t.flow, "response out of place in state "+t.state.String())
		return
	}
	l.emit(Output{Kind: OutResponse, Tx: t.id, Message: m, Flow: t.flow, Why: why})
	switch {
	case m.Status < 200:
		l.provisional(now, why, t, m)
	case m.Status < 300:
		if t.state != Accepted { // RFC 6026 §7.2: further 2xx go to the user until M ends it
			l.finish(now, why, t, Accepted, TimerM, t.clock.Timeout())
		}
	default:
		ack := buildAck(t.request, m)
		t.wire = ack.Append(nil)
		l.send(why, t.id, ack, t.wire, t.flow, false, NoTimer)
		// RFC 3261 §17.1.1.2: D is zero on reliable transports.
		d := t.clock.absorb()
		if t.flow.Transport.Reliable() {
			d = 0
		}
		l.finish(now, why, t, Completed, TimerD, d)
	}
}

func (l *Layer) provisional(now sim.Time, why sim.Cause, t *transaction, m *Message) {
	first := t.state == Calling
	if first { // RFC 3261 §17.1.1.2: neither A nor B runs in Proceeding
		t.state = Proceeding
		l.agenda.disarm(&t.retransmit)
		l.agenda.disarm(&t.timeout)
		if t.cancel {
			l.sendCancel(now, why, t)
			return
		}
	}
	if l.cfg.TimerC <= 0 || t.cancel {
		return
	}
	// RFC 3261 §16.6 step 11, §16.7 step 2: C runs from the request on, and starts anew with each provisional response but a 100.
	switch {
	case m.Status > 100:
		l.agenda.arm(&t.timeout, TimerC, now.Add(l.cfg.TimerC), why)
	case first:
		l.agenda.arm(&t.timeout, TimerC, max(t.started.Add(l.cfg.TimerC), now), why)
	}
}

// buildAck makes the ACK for a final response other than 2xx (RFC 3261 §17.1.1.3).
func buildAck(request, response *Message) *Message {
	m := &Message{Method: ACK, URI: request.URI, Fields: make([]Header, 0, 10)}
	m.Add(HVia, request.First(HVia))
	m.Add(HMaxForwards, "70")
	m.Copy(request, HRoute, HFrom)
	m.Copy(response, HTo)
	m.Copy(request, HCallID)
	c, _ := request.CSeq()
	m.Add(HCSeq, CSeq{c.Seq, ACK}.String())
	m.Add(HContentLength, "0")
	return m
}

// Cancel asks for the end of an INVITE client transaction. The CANCEL goes out at once if a provisional response has come,
// else with the first one (RFC 3261 §9.1); not at all after a final one. reason, if not "", is the value of its Reason.
// The user still gets the INVITE's final response, or OutTimeout with TimerCancelled.
func (l *Layer) Cancel(now sim.Time, why sim.Cause, id TxID, reason string) {
	t := l.txs[id]
	if t == nil || t.server || !t.invite || t.cancel {
		return
	}
	t.cancel, t.text = true, reason
	if t.state == Proceeding {
		l.sendCancel(now, why, t)
	}
}

func (l *Layer) sendCancel(now sim.Time, why sim.Cause, t *transaction) {
	m := &Message{Method: CANCEL, URI: t.request.URI, Fields: make([]Header, 0, 12)}
	m.Add(HVia, t.request.First(HVia)) // RFC 3261 §9.1: the one Via of the request being cancelled
	m.Add(HMaxForwards, "70")
	m.Copy(t.request, HRoute, HFrom, HTo, HCallID)
	c, _ := t.request.CSeq()
	m.Add(HCSeq, CSeq{c.Seq, CANCEL}.String())
	if t.text != "" {
		m.Add(HReason, t.text)
	}
	m.Add(HContentLength, "0")
	via, _ := m.Via()
	l.start(now, why, m, via.Branch(), m.Append(nil), t.flow).internal = true
	// RFC 3261 §9.1: without a final response within 64·T1 the cancelled transaction is given up.
	l.agenda.arm(&t.timeout, TimerCancelled, now.Add(t.clock.Timeout()), why)
}
