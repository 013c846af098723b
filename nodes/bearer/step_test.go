package bearer

import "strings"

// step is something that can happen.
type step struct {
	side Side
	ev   Event
	how  how
	or   bool // with the other value of the policy that the event asks about
}

// how says what comes with an event.
type how uint8

const (
	plainly  how = iota
	by13         // the version turns out to be TLS 1.3
	finally      // the controller configures the SEP as it means it to be
	holding      // it takes the role holdconn
	renewing     // it announces a new connection
)

var howNames = [...]string{"", " (TLS 1.3)", " (role and remote address)", " (holdconn)", " (connection:new)"}

func (s step) String() string {
	text := "XY"[s.side:s.side+1] + " " + s.ev.String() + howNames[s.how]
	if s.or {
		text += " (" + map[Event]string{SynIn: "wrongDirection: drop", FinIn: "truncation: fin"}[s.ev] + ")"
	}
	return strings.Replace(text, "()", "(releaseMode: abort)", 1)
}

// policy is the stream's policy for a step. What only one event asks about may be either whenever it comes: what holds of
// every mixture holds of each policy.
func (p *plan) policyFor(st step) Policy {
	pol := p.policy
	pol.WrongDrop, pol.TruncateFIN, pol.Abort = st.or, st.or, st.or
	return pol
}

// possible appends what can happen on a side.
func (w *world) possible(p *plan, s Side, to []step) []step {
	x, l := &w.sep[s], &w.leg[s]
	add := func(ok bool, ev Event, h how) {
		if ok {
			to = append(to, step{s, ev, h, false})
		}
	}
	either := func(ok bool, ev Event, differs bool) {
		add(ok, ev, plainly)
		if ok && differs {
			to = append(to, step{s, ev, plainly, true})
		}
	}
	// The peer and the network. RFC 9293 §3.10.7: nothing comes of a connection before its SYN, nor after its end.
	here := x.Exists && !l.left
	either(here, SynIn, x.TCPRole == Active) // of any opener: the port listens
	trying := l.conn == dialing || l.conn == answering
	add(trying, TCPUp, plainly)
	add(trying, TCPFail, plainly) // an RST in SYN_SENT, an ICMP error, or the end of the repetitions
	add(l.conn == heldConn || l.conn == answering || l.conn == upConn, RstIn, plainly)
	up := l.conn == upConn
	add(up, TCPLost, plainly)
	talks := up && !l.finIn // nothing follows a FIN
	either(talks && !l.deaf, FinIn, x.Protected())
	add(up && l.finIn && l.finOut, TCPGone, plainly)
	add(l.next, Renewed, plainly)
	// TLS: RFC 8446 §4, RFC 5246 §7.3; nothing follows a close_notify or a fatal alert.
	says := talks && !l.cnIn
	add(says && l.tls == server, HelloIn, plainly)
	add(talks && !x.Protected() && x.Aware && !l.finOut, HelloIn, plainly)
	add(says && (l.tls == client || l.tls == helloIn), HandshakeUp, plainly)
	add(says && (l.tls == client || l.tls == helloIn), HandshakeUp, by13)
	add(up && l.tls == handshaken, TLSUp, plainly) // the fingerprint may come behind the peer's end
	add(says && l.tls >= server && l.tls <= opened, AlertIn, plainly)
	add((says || up && l.tls == handshaken) && l.tls >= server && l.tls <= opened, TLSFail, plainly)
	add(says && !l.deaf && (l.tls == handshaken || l.tls == opened), CNIn, plainly)
	// The controller.
	if !l.left {
		before := l.conn == noConn || l.conn == heldConn
		add(x.Exists, Configured, plainly)
		add(!x.Exists || !x.Remote || x.TCPRole == Undecided, Configured, finally)
		add(x.Exists && before && x.TCPRole != HoldConn, Configured, holding)
		add(x.Exists && up && !x.Renew && !x.Leaving, Configured, renewing)
		add(x.Exists, EstTCP, plainly)
		add(x.Protected() && x.Exists, EstTLS, plainly)
		add(x.Exists, RelTCP, plainly)
		add(x.Protected() && x.Exists, RelTLS, plainly)
		add(x.Exists, Restarted, plainly)
		either(x.Exists, Removed, true)
		if o := s.Other(); w.sep[o].Exists && !w.leg[o].left {
			either(x.Exists, SubtractOne, true)
		}
		either(x.Exists, SubtractBoth, true)
	}
	for t := range NumTimers {
		add(x.timer(t), TimerEvent(t), plainly)
	}
	return to
}

// towardsUp picks what brings the stream up; by says how the handshakes come out. ok is false when it is up.
func (w *world) towardsUp(p *plan, by [2]how) (st step, ok bool) {
	for s := range Side(2) {
		x, l := &w.sep[s], &w.leg[s]
		switch {
		case l.conn == dialing || l.conn == answering:
			return step{side: s, ev: TCPUp}, true
		case l.conn == noConn && x.TCPRole == Passive:
			return step{side: s, ev: SynIn}, true
		case l.conn != upConn:
		case l.tls == server && x.TLSClient:
			return step{side: s, ev: EstTLS}, true
		case l.tls == server:
			return step{side: s, ev: HelloIn}, true
		case l.tls == client || l.tls == helloIn:
			return step{side: s, ev: HandshakeUp, how: by[s]}, true
		case l.tls == handshaken:
			return step{side: s, ev: TLSUp}, true
		}
	}
	for s := range Side(2) {
		if w.leg[s].conn == noConn {
			return step{side: s, ev: EstTCP}, true
		}
	}
	return step{}, false
}

// towardsEnd picks what timers, TCP and the peers do when nobody wants anything any more; ok is false at the end.
func (w *world) towardsEnd() (st step, ok bool) {
	left := w.leg[X].left && w.leg[Y].left
	for s := range Side(2) {
		x, l := &w.sep[s], &w.leg[s]
		if l.conn == dialing || l.conn == answering {
			return step{s, TCPFail, plainly, false}, true
		}
		for t := range NumTimers {
			if x.timer(t) {
				return step{s, TimerEvent(t), plainly, false}, true
			}
		}
		if l.next && !left {
			return step{s, Renewed, plainly, false}, true
		}
	}
	for s := range Side(2) {
		x, l := &w.sep[s], &w.leg[s]
		switch {
		case left: // timers must do
		case l.conn == heldConn || l.conn == upConn && l.deaf:
			return step{s, RstIn, plainly, false}, true
		case l.conn != upConn:
		case !l.finIn && !l.cnIn && x.Protected() && l.tls == opened:
			return step{s, CNIn, plainly, false}, true
		case !l.finIn:
			return step{s, FinIn, plainly, false}, true
		case l.finOut:
			return step{s, TCPGone, plainly, false}, true
		}
	}
	return step{}, false
}
