package sip

import (
	"net/netip"
	"strconv"
	"strings"

	"imsim/sim"
)

func (l *Layer) receiveRequest(now sim.Time, why sim.Cause, m *Message, from Flow) {
	via, _ := m.Via()
	if t := l.keys[string(l.serverKey(m, via, m.Method))]; t != nil {
		l.requestAgain(now, why, t, m, from)
		return
	}
	back := l.receivedFrom(m, via, from)
	switch m.Method {
	case ACK: // RFC 3261 §17.2: the ACK of a 2xx is a transaction of its own, without a machine
		l.emit(Output{Kind: OutAck, Message: m, Flow: back, Why: why})
		return
	case CANCEL:
		l.receiveCancel(now, why, m, via, back)
		return
	}
	t := l.addServer(now, m, via, back)
	l.emit(Output{Kind: OutRequest, Tx: t.id, Message: m, Flow: back, Why: why})
	// RFC 3261 §17.2.1: 100 unless the user answers within 200 ms; IMS elements answer at once.
	if t.invite && l.cfg.Trying == 0 {
		l.sendTrying(why, t, NoTimer)
	} else if t.invite && l.cfg.Trying > 0 {
		l.agenda.arm(&t.retransmit, TimerTrying, now.Add(l.cfg.Trying), why)
	}
}

func (l *Layer) addServer(now sim.Time, m *Message, via Via, back Flow) *transaction {
	t := &transaction{
		key:    string(l.serverKey(m, via, m.Method)),
		server: true,
		invite: m.Method == INVITE,
		state:  Trying,
		clock:  l.timers(back),
		flow:   back, request: m,
		started: now,
	}
	if t.invite {
		t.state = Proceeding
	}
	l.add(t)
	return t
}

// serverKey finds the transaction of the given method that a request belongs to: by branch, sent-by and method, an ACK by
// that of its INVITE (RFC 3261 §17.2.3). It is valid until the next. A line end comes first, so that it is no clientKey.
func (l *Layer) serverKey(m *Message, via Via, method string) []byte {
	if method == ACK {
		method = INVITE
	}
	k := append(append(append(l.key[:0], '\n'), method...), '\n')
	at := len(k)
	k = via.appendSentBy(k)
	for i, c := range k[at:] {
		if c >= 'A' && c <= 'Z' {
			k[at+i] += 'a' - 'A'
		}
	}
	branch := via.Branch()
	if !strings.HasPrefix(branch, MagicCookie) || len(branch) == len(MagicCookie) {
		// A peer older than RFC 3261. The To tag, which the RFC compares too, is left out: it tells apart nothing that the rest does not.
		c, _ := m.CSeq()
		for _, s := range [...]string{m.URI, m.CallID(), m.FromTag(), strconv.FormatUint(uint64(c.Seq), 10)} {
			k = append(append(k, '\n'), s...)
		}
	}
	l.key = append(append(k, '\n'), branch...)
	return l.key
}

// receivedFrom completes the top Via with the source and returns the flow on which responses go (RFC 3261 §18.2.1, §18.2.2,
// RFC 3581 §4).
func (l *Layer) receivedFrom(m *Message, via Via, from Flow) Flow {
	source := from.Remote.Addr().Unmap()
	rport, symmetric := via.RPort()
	host, _ := netip.ParseAddr(strings.Trim(via.Host, "[]"))
	if symmetric || host != source {
		m.ReplaceFirst(HVia, via.seenFrom(from.Remote.Port(), symmetric && rport != from.Remote.Port(), source))
	}
	// RFC 3261 §18.2.2: over TCP on the connection of the request. Over UDP to the source address, at the source port
	// if rport asked for it (RFC 3581 §4), else at the port of sent-by.
	if from.Transport == UDP && !symmetric {
		port := via.Port
		if port == 0 {
			port = 5060
		}
		from.Remote = netip.AddrPortFrom(from.Remote.Addr(), port)
	}
	return from
}

// seenFrom returns the value with received, and rport where it is wanted, filled in.
func (v Via) seenFrom(port uint16, rport bool, source netip.Addr) string {
	b := make([]byte, 0, len("SIP/2.0/TCP :65535;rport=65535;received=")+len(v.Host)+len(v.Params)+len("255.255.255.255"))
	p := v.Params
	v.Params = ""
	b = v.Append(b)
	for {
		name, value, rest, ok := p.next()
		if !ok {
			break
		}
		if p = rest; equalFold(name, "received") || rport && equalFold(name, "rport") {
			continue
		}
		b = append(append(b, ';'), name...)
		if value != "" {
			b = append(append(b, '='), value...)
		}
	}
	if rport {
		b = strconv.AppendUint(append(b, ";rport="...), uint64(port), 10)
	}
	return string(source.AppendTo(append(b, ";received="...)))
}

// requestAgain deals with a request that belongs to a transaction: a retransmission, or the ACK of a final response.
func (l *Layer) requestAgain(now sim.Time, why sim.Cause, t *transaction, m *Message, from Flow) {
	if m.Method == ACK {
		l.receiveAck(now, why, t, m, from)
		return
	}
	if from.Transport.Reliable() && from.Conn != 0 {
		t.flow.Conn, t.flow.Remote = from.Conn, from.Remote // the peer has a new connection
	}
	switch t.state {
	case Proceeding, Completed:
		// RFC 3261 §17.2.1, §17.2.2: the last response again, if there was one.
		l.resend(why, t, NoTimer)
	}
	l.discard(why, m, from, "retransmitted request")
}

func (l *Layer) receiveAck(now sim.Time, why sim.Cause, t *transaction, m *Message, from Flow) {
	switch t.state {
	case Completed:
		// RFC 3261 §17.2.1: G and H stop; I absorbs further ACKs on unreliable transports.
		d := t.clock.T4
		if t.flow.Transport.Reliable() {
			d = 0
		}
		l.finish(now, why, t, Confirmed, TimerI, d)
	case Accepted: // RFC 6026 §7.1: to the user
		l.emit(Output{Kind: OutAck, Tx: t.id, Message: m, Flow: from, Why: why})
	default:
		l.discard(why, m, from, "ACK in state "+t.state.String())
	}
}

// receiveCancel answers a CANCEL and tells the user of the INVITE (RFC 3261 §9.2).
func (l *Layer) receiveCancel(now sim.Time, why sim.Cause, m *Message, via Via, back Flow) {
	invite := l.keys[string(l.serverKey(m, via, INVITE))]
	t := l.addServer(now, m, via, back)
	t.internal = true
	status, tag := 481, ""
	if invite != nil {
		status = 200
		tag = invite.text // RFC 3261 §9.2: the same To tag as in responses to the INVITE
		if tag == "" && invite.message != nil {
			tag = invite.message.ToTag()
		}
	}
	if tag == "" {
		tag = l.ids.Tag()
	}
	_ = l.Respond(now, why, t.id, NewResponse(m, status, "", tag))
	if invite != nil && invite.state == Proceeding {
		l.emit(Output{Kind: OutCancel, Tx: invite.id, Message: m, Flow: back, Why: why})
	}
}

func (l *Layer) sendTrying(why sim.Cause, t *transaction, timer Timer) {
	r := NewResponse(t.request, 100, "", "")
	complete(r)
	t.message, t.wire = r, r.Append(nil)
	l.send(why, t.id, r, t.wire, t.flow, false, timer)
}

// Respond sends a response on a server transaction; Content-Length is added where it lacks. After a 2xx to INVITE the user
// repeats it here until the ACK comes. A response that the state forbids is an error.
func (l *Layer) Respond(now sim.Time, why sim.Cause, id TxID, m *Message) error {
	t := l.txs[id]
	if t == nil || !t.server {
		return errNoTransaction
	}
	again := t.message == m || t.state == Accepted // after a first 2xx the same comes, or that of another branch
	if t.message != m {
		complete(m)
	}
	success := m.Status >= 200 && m.Status < 300
	switch {
	case t.state == Trying, t.state == Proceeding:
	case t.state == Accepted && success: // RFC 6026 §7.1
	default:
		return wrong(0, "response in state "+t.state.String(), m.Phrase, "no response after the final one")
	}
	wire := t.wire
	if t.message != m {
		wire = m.Append(nil)
	}
	t.message, t.wire = m, wire
	if t.invite && m.Status >= 200 {
		t.text = strings.Clone(m.ToTag())
	}
	l.agenda.disarm(&t.retransmit) // the 100 is not needed any more
	l.send(why, t.id, m, wire, t.flow, again, NoTimer)
	switch {
	case m.Status < 200:
		t.state = Proceeding
	case t.invite && success:
		if t.state != Accepted {
			l.finish(now, why, t, Accepted, TimerL, t.clock.Timeout())
		}
		t.message = nil
	case t.invite:
		l.reject(now, why, t)
	default:
		// RFC 3261 §17.2.2: J is 64·T1 on unreliable transports, else zero.
		d := t.clock.Timeout()
		if t.flow.Transport.Reliable() {
			d = 0
		}
		l.finish(now, why, t, Completed, TimerJ, d)
	}
	return nil
}

// reject enters Completed behind a final response other than 2xx, RFC 3261 §17.2.1.
func (l *Layer) reject(now sim.Time, why sim.Cause, t *transaction) {
	t.state = Completed
	if !t.flow.Transport.Reliable() {
		t.interval = t.clock.T1
		l.agenda.arm(&t.retransmit, TimerG, now.Add(t.interval), why)
	}
	l.agenda.arm(&t.timeout, TimerH, now.Add(t.clock.Timeout()), why)
}

func (l *Layer) serverTimer(now sim.Time, why sim.Cause, t *transaction, name Timer) {
	switch name {
	case TimerTrying:
		l.sendTrying(why, t, name)
	case TimerG: // RFC 3261 §17.2.1: doubles up to T2
		l.resend(why, t, name)
		l.backOff(now, why, t, name, t.clock.T2)
	case TimerH:
		l.emit(Output{Kind: OutTimeout, Tx: t.id, Timer: name, Message: t.request, Flow: t.flow, Why: why})
		l.terminate(why, t)
	default: // I, J, L
		l.terminate(why, t)
	}
}
