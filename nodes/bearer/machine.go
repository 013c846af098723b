package bearer

// Side names one of the two SEPs of a stream.
type Side uint8

// The two SEPs of a stream, in the order of the spec's tie-break: X before Y.
const (
	X Side = iota
	Y
)

// Other returns the partner's side.
func (s Side) Other() Side { return 1 - s }

// Out is one action that the machine has decided on, for its owner to carry out; the machine's own state has it already.
type Out struct {
	Side   Side
	Action Action
	Rule   *Rule  // the row that asked for it
	Cause  string // cause string, for notifications and milestones
}

// Machine is the correlation machine of one stream with two SEPs. It has no clock and does no I/O: the owner feeds it
// events, carries out what it decides and runs its timers. It is a comparable value.
type Machine struct {
	SEP     [2]SEP
	Policy  Policy
	Table   *Table // the rules; nil for those of the spec reference
	Through bool   // user data may flow
	Opened  bool   // it once could
}

// Input tells the machine that ev has happened on side s and appends what is to be done to out. cause is the cause
// string that came with the event; a rule's own note takes its place where the event brings none.
func (m *Machine) Input(s Side, ev Event, cause string, out []Out) []Out {
	before := m.SEP
	m.happen(s, ev)
	out = m.fire(&before, s, ev, cause, out)
	if ev == Configured {
		// E-3, E-25: what was missing may be there now, for this SEP's held SYN or for the partner's.
		for _, side := range [2]Side{s, s.Other()} {
			if m.SEP[side].TCP == TCPHeld {
				now := m.SEP
				out = m.fire(&now, side, SynIn, "", out)
			}
		}
	}
	m.Through = m.SEP[X].Ready() && m.SEP[Y].Ready()
	m.Opened = m.Opened || m.Through
	return out
}

func (m *Machine) fire(before *[2]SEP, s Side, ev Event, cause string, out []Out) []Out {
	x, y := &before[s], &before[s.Other()]
	fx, fy, facts := x.flags(), y.flags(), m.facts()
	for _, r := range m.table().byEvent[ev] {
		if facts&r.If != r.If || !r.X.holds(x, fx) || !r.Y.holds(y, fy) {
			continue
		}
		c := r.Cause
		if c == "" {
			c = cause
		}
		if c == "" {
			c = r.Note
		}
		for _, a := range r.DoX {
			out = m.act(s, a, r, c, out)
		}
		for _, a := range r.DoY {
			out = m.act(s.Other(), a, r, c, out)
		}
	}
	return out
}

// happen is what the event itself means for the SEP, before any rule.
func (m *Machine) happen(s Side, ev Event) {
	x := &m.SEP[s]
	switch ev {
	case SynIn:
		x.stop(EstGuard)
	case TCPUp:
		x.TCP, x.Told = TCPEst, false
		if x.Ending {
			x.TCP, x.Ending = TCPHalfOut, false // the FIN that waited leaves now
		}
		x.stop(SynHold)
		if x.Protected() && x.TCP == TCPEst {
			x.start(TLSGuard)
		}
	case TCPFail, TCPGone, RstIn, TCPLost:
		m.closed(x)
	case FinIn:
		switch x.TCP {
		case TCPHalfOut:
			x.TCP = TCPClosing
		case TCPEst, TCPSynRcvd:
			x.TCP = TCPHalfIn
		}
		x.Renew = false // E-28: nothing replaces a connection that is being closed
		// no handshake can come to an end any more.
		m.endHandshake(x)
	case HelloIn:
		x.Begun = x.Begun || x.TLS == TLSHandshake
	case HandshakeUp:
		// E-19: the certificate is in, but not what it must match.
		if x.TLS == TLSHandshake {
			x.TLS = TLSVerifyWait
			x.start(FPGuard)
		}
		x.stop(TLSGuard)
	case TLSUp:
		// A handshake that was given up (E-31) may still come to its end in the session.
		if x.TLS == TLSHandshake || x.TLS == TLSVerifyWait {
			x.TLS = TLSEst
			if x.CNRcvd {
				x.TLS = TLSCNRcvd
			}
		}
		x.stop(TLSGuard)
		x.stop(FPGuard)
	case TLSFail, AlertIn:
		x.endTLS()
	case CNIn:
		if x.TLS == TLSClosed && !x.CNSent {
			break // a handshake that was given up has come to its end all the same: nothing of it counts
		}
		x.CNRcvd, x.Renew = true, false
		// before 1.3 the session answers at once, and that is the end of both directions. RFC 5246 §7.2.1
		if !x.TLS13 {
			x.CNSent = true
		}
		switch {
		case x.CNSent:
			x.endTLS()
		case x.TLS == TLSEst:
			x.TLS = TLSCNRcvd
		}
	case Configured:
		if x.TCPRole == Passive && x.Remote && x.TCP == TCPIdle && !x.Told {
			x.start(EstGuard)
		}
		if x.TCPRole != Passive {
			x.stop(EstGuard)
		}
	case Renewed:
		// Make before break: the new connection is up, and the old one is its owner's to close.
		if !x.Renewable() {
			break
		}
		x.Told = false
		if x.Protected() {
			x.endTLS()
			x.TLS, x.TLS13 = TLSIdle, false
			x.start(TLSGuard)
		}
	case SubtractBoth, Removed, Restarted:
		m.SEP[X].Leaving, m.SEP[Y].Leaving = true, true
	case SubtractOne, RelTCP:
		x.Leaving = true
	case RelTLS:
		// on a plain or closed SEP no action.
		if x.TLS == TLSEst || x.TLS == TLSCNSent || x.TLS == TLSCNRcvd {
			x.Leaving = true
		}
	case OnTLSGuard:
		// E6: silence has no alert; what still comes of the handshake counts no more.
		m.endHandshake(x)
	default:
		if ev >= OnSynHold && ev <= OnMergeWait {
			x.stop(Timer(ev - OnSynHold))
		}
	}
}

// endHandshake gives up a handshake that has not come to its end.
func (m *Machine) endHandshake(x *SEP) {
	switch x.TLS {
	case TLSIdle, TLSArmed, TLSHandshake, TLSVerifyWait:
		x.endTLS()
	}
}

// closed forgets everything about a connection that has ended.
func (m *Machine) closed(x *SEP) {
	x.TCP = TCPClosed
	if x.Protected() {
		x.endTLS()
	}
	x.TLS13, x.CNSent, x.CNRcvd, x.Ending, x.Renew, x.Timers = false, false, false, false, false, 0
}

// act carries one action out on the machine's own state, where it applies.
func (m *Machine) act(s Side, a Action, r *Rule, cause string, out []Out) []Out {
	x := &m.SEP[s]
	emit := func(a Action) { out = append(out, Out{s, a, r, cause}) }
	switch a {
	case Hold, HoldBriefly:
		if x.TCP == TCPIdle {
			x.TCP = TCPHeld
			if a == HoldBriefly {
				x.start(SynHold)
			}
			x.Told = false
			emit(a)
		} else if x.TCP == TCPHeld && a == Hold {
			x.stop(SynHold)
		} else if x.TCP == TCPHeld {
			x.start(SynHold)
		}
	case Accept:
		if x.TCP == TCPIdle || x.TCP == TCPHeld {
			x.TCP, x.Told = TCPSynRcvd, false
			x.stop(SynHold)
			emit(a)
		}
	case Drop:
		if x.TCP == TCPHeld {
			x.TCP = TCPIdle
			x.stop(SynHold)
		}
		emit(a)
	case Shut:
		if x.TCP == TCPHeld {
			emit(Silence)
		}
		if x.TCP == TCPHeld || x.TCP == TCPIdle {
			m.closed(x)
		}
	case Refuse:
		if x.TCP == TCPHeld {
			m.closed(x)
		}
		emit(a)
	case Establish:
		if x.TCP == TCPIdle && x.TCPRole == Active && x.Exists && x.Remote && !x.Leaving {
			x.TCP, x.Told = TCPSynSent, false
			emit(a)
		}
	case Renew:
		if x.Renew {
			x.Renew = false
			emit(a)
		}
	case ArmTLS:
		x.TLS, x.TLSClient = TLSArmed, true
	case AwaitHello:
		x.TLS = TLSHandshake
		emit(a)
	case StartClient:
		if !x.Begun {
			x.TLS, x.TLSClient, x.Begun = TLSHandshake, true, true
			emit(a)
		}
	case CloseTLS:
		m.closeTLS(x, emit)
	case FIN:
		m.fin(x, emit)
	case Release:
		switch x.TCP {
		case TCPHeld:
			emit(Refuse)
			m.closed(x)
		case TCPSynSent:
			emit(Silence)
			m.closed(x)
		case TCPIdle:
			m.closed(x)
		default:
			m.breakOff(x, emit)
			m.closeTLS(x, emit)
			m.fin(x, emit)
		}
	case Reset, Abort:
		m.reset(x, a, emit)
	case BadCert:
		x.endTLS()
		emit(a)
	case Discard, Suspend:
		if x.live() {
			emit(a)
		}
	case StartRel:
		if x.live() && x.TCP != TCPHeld {
			x.start(Rel)
		}
	case StartHalfClose:
		if x.live() {
			x.start(HalfClose)
		}
	case StopHalfClose:
		x.stop(HalfClose)
	case StartMergeWait:
		x.start(MergeWait)
	case StopMergeWait:
		x.stop(MergeWait)
	case NotifyTCPFail, NotifyTLSFail, NotifyTCPRel, NotifyTLSRel:
		// one Notify a leg.
		if x.Armed&armFor[a] != 0 && !x.Leaving && !x.Told {
			x.Told = true
			emit(a)
		}
	case NotifyUp:
		if x.Armed&ArmSuccess != 0 && !x.Leaving {
			emit(a)
		}
	default:
		emit(a)
	}
	return out
}

var armFor = [NumActions]Armed{NotifyTCPFail: ArmTCPFail, NotifyTLSFail: ArmTLSFail, NotifyTCPRel: ArmTCPRel, NotifyTLSRel: ArmTLSRel}

func (m *Machine) closeTLS(x *SEP, emit func(Action)) {
	switch x.TLS {
	case TLSEst:
		x.TLS, x.CNSent, x.Renew = TLSCNSent, true, false
		emit(CloseTLS)
	case TLSCNRcvd:
		x.endTLS()
		x.CNSent = true
		emit(CloseTLS)
	}
}

// breakOff closes a session in the midst of its handshake (RFC 8446 §6.1: either party may, and says close_notify before
// its FIN); otherwise the handshake could come to its end while the FIN is still waiting for the processor.
func (m *Machine) breakOff(x *SEP, emit func(Action)) {
	if x.Begun && (x.TLS == TLSHandshake || x.TLS == TLSVerifyWait) {
		m.endHandshake(x)
		x.CNSent = true
		emit(CloseTLS)
	}
}

// fin closes our direction. A handshake under way is given up with it, and a session that has not sent its close_notify
// sends none any more. An endpoint without a connection takes none any more.
func (m *Machine) fin(x *SEP, emit func(Action)) {
	if x.live() && x.TCP != TCPHeld && !x.CNSent {
		x.endTLS()
	}
	switch x.TCP {
	case TCPIdle:
		m.closed(x)
	case TCPHeld:
		m.closed(x)
		emit(Refuse)
	case TCPSynSent, TCPSynRcvd:
		if !x.Ending {
			x.Ending = true
			emit(FIN)
		}
	case TCPEst:
		x.TCP, x.Renew = TCPHalfOut, false
		emit(FIN)
	case TCPHalfIn:
		x.TCP = TCPClosing
		emit(FIN)
	}
}

func (m *Machine) reset(x *SEP, a Action, emit func(Action)) {
	switch x.TCP {
	case TCPIdle:
		// Nobody is there to be told; the SEP takes no connection any more.
		m.closed(x)
		return
	case TCPClosed:
		return
	case TCPHeld:
		a = Refuse
	case TCPSynSent:
		a = Silence // E-21: closed without a segment
	default:
		// Rule (4) of §7.5, RFC 5246 §7.2.1: nothing follows our close_notify.
		if a == Reset && (!x.Begun || x.CNSent) {
			a = Abort
		}
	}
	m.closed(x)
	emit(a)
}
