package bearer

import "fmt"

// This file holds what must be true whenever something has happened: the rules of thumb of spec reference §7.5, and that
// nobody waits without an end.

// tcpOf is the state that the machine must hold a leg's TCP to be in.
func (l *legWorld) tcpOf() TCPState {
	switch l.conn {
	case heldConn:
		return TCPHeld
	case dialing:
		return TCPSynSent
	case answering:
		return TCPSynRcvd
	case gone:
		return TCPClosed
	case upConn:
		switch {
		case l.finIn && l.finOut:
			return TCPClosing
		case l.finIn:
			return TCPHalfIn
		case l.finOut:
			return TCPHalfOut
		}
		return TCPEst
	}
	return TCPIdle
}

// check says what is wrong after a step, or "".
func (w *world) check(before *world, p *plan, st step, out []Out) string {
	for s := range Side(2) {
		x, l := &w.sep[s], &w.leg[s]
		bad := func(format string, a ...any) string {
			return "leg " + "XY"[s:s+1] + ": " + fmt.Sprintf(format, a...)
		}
		if want := l.tcpOf(); x.TCP != want && !(l.conn == noConn && x.TCP == TCPClosed) {
			return bad("the machine believes its TCP to be %v, it is %v", x.TCP, want)
		}
		if x.Ending != (l.finOut && (l.conn == dialing || l.conn == answering)) {
			return bad("a FIN that waits for the connection is not known")
		}
		if x.Protected() {
			if wrong := w.checkTLS(s); wrong != "" {
				return bad("%s", wrong)
			}
		}
		// Rule (2).
		if w.through && (l.conn != upConn || x.Protected() && l.tls != opened || l.left) {
			return bad("rule (2): through, and the leg is not ready")
		}
		if wrong := w.waits(p, s); wrong != "" {
			return bad("%s", wrong)
		}
	}
	return w.checkOutcome(before, p, st, out)
}

// checkTLS compares the machine's idea of a leg's TLS with what it is.
func (w *world) checkTLS(s Side) string {
	x, l := &w.sep[s], &w.leg[s]
	open := x.TLS == TLSEst || x.TLS == TLSCNSent || x.TLS == TLSCNRcvd
	switch {
	case l.conn == gone && x.TLS != TLSClosed:
		return "rule (1): TLS outlives TCP"
	case open && (l.conn != upConn || l.tls != opened && l.tls != handshaken):
		return "rule (1): TLS is taken for open, and is not"
	case x.TLS == TLSVerifyWait && l.tls != handshaken, x.TLS == TLSEst && (l.tls != opened || l.cnIn || l.cnOut):
		return "the state of TLS is not what it is taken for"
	case l.conn == upConn && x.CNSent != l.cnOut, l.conn == upConn && x.CNRcvd != l.cnIn:
		return "a close_notify is not known"
	case l.conn == upConn && l.tls == noSession && !l.finOut && !l.finIn:
		return "the connection is up, and TLS neither starts nor waits"
	}
	return ""
}

// waits says why a leg that is under way would wait without an end, or "".
func (w *world) waits(p *plan, s Side) string {
	x, l := &w.sep[s], &w.leg[s]
	y, o := &w.sep[s.Other()], &w.leg[s.Other()]
	switch l.conn {
	case heldConn:
		ordered := p.policy.StrictHold && y.TCPRole == Active && o.conn == noConn && y.TCP == TCPIdle
		if !x.timer(SynHold) && o.conn != dialing && !ordered {
			return "a SYN is held, and neither a timer nor the partner's attempt ends that"
		}
	case upConn:
		if l.finIn && l.finOut {
			return "" // RFC 9293 §3.6: TCP ends it by itself, by TIME-WAIT or by the limit of its retransmissions
		}
		if x.timer(Rel) || x.timer(HalfClose) || y.timer(HalfClose) || l.deaf {
			return ""
		}
		handshaking := x.Protected() && l.tls != opened
		switch {
		case handshaking && !x.timer(TLSGuard) && !x.timer(FPGuard):
			return "a handshake without a guard"
		case l.finIn || l.finOut || l.cnIn || l.cnOut:
			return "one direction is closed, and no timer closes the other"
		case l.left:
			return "subtracted, and no timer ends it"
		case !p.policy.Strict && o.conn == gone && !y.Leaving && !x.Leaving:
			return "the partner is gone and this leg stays"
		}
	}
	return ""
}

// checkOutcome holds what an event must bring about, whatever row does it.
func (w *world) checkOutcome(before *world, p *plan, st step, out []Out) string {
	s := st.side
	x, l := &before.sep[s], &before.leg[s]
	did := func(side Side, as ...Action) bool {
		for _, o := range out {
			for _, a := range as {
				if o.Side == side && o.Action == a {
					return true
				}
			}
		}
		return false
	}
	tell := func(a Action) string {
		if did(s, a) {
			return ""
		}
		return fmt.Sprintf("nobody is told: %s is missing", a)
	}
	switch st.ev {
	case SynIn:
		if l.conn == noConn && !did(s, Hold, HoldBriefly, Accept, Drop, Refuse) && x.TCPRole != HoldConn {
			return "a SYN is neither held nor answered nor dropped"
		}
	case EstTCP:
		if x.TCPRole == Active && x.Remote && x.TCP == TCPIdle && !x.Leaving && !did(s, Establish) {
			return "E-14: the order is not carried out"
		}
		if x.TCPRole != Active && l.conn != upConn && l.conn != gone && x.TCP < TCPEst && !did(s, Reject449) {
			return "E-15: the order is not refused"
		}
	case TCPFail:
		if !x.Leaving && !l.told {
			return tell(NotifyTCPFail)
		}
	case RstIn:
		switch {
		case x.Leaving:
		case l.conn == heldConn || l.conn == answering:
			return tell(NotifyTCPFail)
		case !l.told && !l.cnOut && !l.cnIn && !l.finIn:
			return tell(NotifyTCPRel)
		}
	case TCPLost:
		if !x.Leaving && !l.told {
			return tell(NotifyTCPRel)
		}
	case TLSFail, AlertIn:
		if !x.Leaving && !l.told && !l.finOut {
			if l.tls == opened {
				return tell(NotifyTLSRel)
			}
			return tell(NotifyTLSFail)
		}
	case OnTLSGuard, OnFPGuard:
		if !x.Leaving && !l.told {
			return tell(NotifyTLSFail)
		}
	case FinIn:
		// Rule (5).
		if w.leg[s].truncated && !x.Leaving && !l.told {
			for _, o := range out {
				if o.Side == s && o.Action == NotifyTLSRel && o.Cause == "truncated" {
					return ""
				}
			}
			return "rule (5): a truncation is not told"
		}
	case SubtractOne:
		if !w.leg[s.Other()].deaf && before.leg[s.Other()].conn != noConn && w.leg[s.Other()].live() {
			return "R-9: the partner is still read"
		}
	}
	return ""
}
