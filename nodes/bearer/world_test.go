package bearer

import "fmt"

// This file is what surrounds a correlation machine when it is explored: what TCP, TLS, the peers and the controller can do
// next, as a small machine of its own for each leg. It knows what came in and what the machine has ordered, and nothing of
// the rules.

// conn is what the TCP of a leg is at.
type conn uint8

const (
	noConn conn = iota
	heldConn
	dialing   // our SYN is out
	answering // our SYN,ACK is out
	upConn
	gone
)

// session is what the TLS of a leg is at.
type session uint8

const (
	noSession  session = iota
	server             // waits for a ClientHello
	client             // ClientHello is out
	helloIn            // as server, in the handshake
	handshaken         // both Finished are through, not verified
	opened
	failedTLS
)

// legWorld is the outside of one leg.
type legWorld struct {
	conn          conn
	tls           session
	finIn, finOut bool // finOut: asked for, and it leaves as soon as the connection is up
	cnIn, cnOut   bool
	truncated     bool // the FIN came where a close_notify was due
	next          bool // a connection to replace this one is coming up
	left          bool // subtracted: no order names it, its port listens no more
	deaf          bool // reading is suspended: what the peer closes is not noticed
	told          uint8
}

// world is a state of the exploration: the machine's and its outside. It is comparable.
type world struct {
	sep             [2]SEP
	leg             [2]legWorld
	through, opened bool
}

// plan is what stays the same in one exploration: the policy, and what the controller means each SEP to be.
type plan struct {
	name   string
	policy Policy
	sep    [2]SEP // as the controller wants them in the end
	opens  bool   // without an order from the controller the stream comes up
}

// step is something that can happen.
type step struct {
	side Side
	ev   Event
	how  how
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

func (s step) String() string { return "XY"[s.side:s.side+1] + " " + s.ev.String() + howNames[s.how] }

// byController tells the controller's events from those of timers, TCP, TLS and the peers.
func (s step) byController() bool { return s.ev >= Configured && s.ev < Renewed }

// possible appends what can happen on a side.
func (w *world) possible(p *plan, s Side, to []step) []step {
	x, l := &w.sep[s], &w.leg[s]
	add := func(ok bool, ev Event, h how) {
		if ok {
			to = append(to, step{s, ev, h})
		}
	}
	// The peer and the network. RFC 9293 §3.10.7: nothing comes of a connection before its SYN, nor after its end.
	here := x.Exists && !l.left
	add(here, SynIn, plainly) // of any opener: the port listens
	trying := l.conn == dialing || l.conn == answering
	add(trying, TCPUp, plainly)
	add(trying, TCPFail, plainly) // an RST in SYN_SENT, an ICMP error, or the end of the repetitions
	add(l.conn == heldConn || l.conn == answering || l.conn == upConn, RstIn, plainly)
	up := l.conn == upConn
	add(up, TCPLost, plainly)
	talks := up && !l.finIn // nothing follows a FIN
	add(talks && !l.deaf, FinIn, plainly)
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
		add(x.Exists, Removed, plainly)
		if o := s.Other(); w.sep[o].Exists && !w.leg[o].left {
			add(x.Exists, SubtractOne, plainly)
		}
		add(x.Exists, SubtractBoth, plainly)
	}
	for t := range NumTimers {
		add(x.timer(t), TimerEvent(t), plainly)
	}
	return to
}

// towardsEnd picks what timers, TCP and the peers do when nobody wants anything any more; ok is false at the end.
func (w *world) towardsEnd() (st step, ok bool) {
	left := w.leg[X].left && w.leg[Y].left
	for s := range Side(2) {
		x, l := &w.sep[s], &w.leg[s]
		if l.conn == dialing || l.conn == answering {
			return step{s, TCPFail, plainly}, true
		}
		for t := range NumTimers {
			if x.timer(t) {
				return step{s, TimerEvent(t), plainly}, true
			}
		}
		if l.next && !left {
			return step{s, Renewed, plainly}, true
		}
	}
	for s := range Side(2) {
		x, l := &w.sep[s], &w.leg[s]
		switch {
		case left: // timers must do
		case l.conn == heldConn || l.conn == upConn && l.deaf:
			return step{s, RstIn, plainly}, true
		case l.conn != upConn:
		case !l.finIn && !l.cnIn && x.Protected() && l.tls == opened:
			return step{s, CNIn, plainly}, true
		case !l.finIn:
			return step{s, FinIn, plainly}, true
		case l.finOut:
			return step{s, TCPGone, plainly}, true
		}
	}
	return step{}, false
}

func (l *legWorld) live() bool { return l.conn != noConn && l.conn != gone }

// ends forgets what a leg without a connection cannot be asked about any more.
func (l *legWorld) ends(c conn) {
	*l = legWorld{conn: c, left: l.left, deaf: l.deaf, told: l.told}
}

// happen lets a step happen: outside first, then in the machine, whose actions change the outside in turn. It returns
// what is wrong with them, or "".
func (w *world) happen(p *plan, t *Table, st step, out []Out) (_ []Out, wrong string) {
	x, l := &w.sep[st.side], &w.leg[st.side]
	before := *w
	cause := [NumEvents]string{TCPFail: "refused", RstIn: "reset", TCPLost: "timeout", TLSFail: "bad", AlertIn: "alert(80)"}[st.ev]
	switch st.ev {
	case TCPUp:
		l.conn = upConn
	case TCPFail, TCPLost, TCPGone, RstIn:
		l.ends(gone)
	case FinIn:
		l.finIn = true
		l.truncated = l.tls == opened && !l.cnIn
	case HelloIn:
		if l.tls == server {
			l.tls = helloIn
		}
	case HandshakeUp:
		l.tls = handshaken
		x.TLS13 = st.how == by13
	case TLSUp:
		l.tls = opened
	case TLSFail, AlertIn:
		l.tls = failedTLS
	case CNIn:
		l.cnIn = true
		l.cnOut = l.cnOut || !x.TLS13 // RFC 5246 §7.2.1: the session has answered
	case Renewed:
		*l = legWorld{conn: upConn, left: l.left, deaf: l.deaf}
	case Configured:
		switch st.how {
		case finally:
			x.Exists, x.Remote, x.TCPRole = true, true, p.sep[st.side].TCPRole
		case holding:
			x.TCPRole = HoldConn
		case renewing:
			x.Renew = x.TCP == TCPEst || x.TCP == TCPHalfIn || x.TCP == TCPHalfOut
		}
	case EstTLS:
		x.TLSClient = true
	case SubtractOne:
		l.left, l.next = true, false
	case SubtractBoth, Removed, Restarted:
		for i := range w.leg {
			w.leg[i].left, w.leg[i].next = true, false
		}
	}
	m := Machine{SEP: w.sep, Policy: p.policy, Table: t, Through: w.through, Opened: w.opened}
	out = m.Input(st.side, st.ev, cause, out)
	w.sep, w.through, w.opened = m.SEP, m.Through, m.Opened
	for i := range out {
		if wrong = w.carryOut(&before, st, &out[i]); wrong != "" {
			return out, wrong
		}
	}
	return out, w.check(&before, p, st, out)
}

// carryOut is an action of the machine, as the outside sees it.
func (w *world) carryOut(before *world, st step, o *Out) string {
	l, x := &w.leg[o.Side], &w.sep[o.Side]
	name := "XY"[o.Side : o.Side+1]
	bad := func(what string) string { return fmt.Sprintf("%s %s: %s", name, o.Action, what) }
	syn := st.ev == SynIn && st.side == o.Side
	switch o.Action {
	case Hold, HoldBriefly:
		if l.conn != noConn || !syn {
			return bad("there is no SYN to hold")
		}
		*l = legWorld{conn: heldConn, left: l.left, deaf: l.deaf}
	case Accept:
		if l.conn != heldConn && (l.conn != noConn || !syn) {
			return bad("there is no SYN to answer")
		}
		*l = legWorld{conn: answering, left: l.left, deaf: l.deaf}
	case Drop:
		if l.conn == heldConn {
			l.ends(noConn)
		} else if !syn {
			return bad("there is no SYN")
		}
	case Refuse:
		if l.conn == heldConn {
			l.ends(gone)
		} else if !syn {
			return bad("there is no SYN")
		}
	case Establish:
		if l.conn != noConn || l.left || x.TCPRole != Active || !x.Remote {
			return bad("not ours to open")
		}
		*l = legWorld{conn: dialing, deaf: l.deaf}
	case Renew:
		if l.conn != upConn || l.left {
			return bad("nothing to renew")
		}
		l.next = true
	case StartClient, AwaitHello:
		if l.conn != upConn {
			return bad("rule (1): TLS before TCP")
		}
		// A server that has heard nothing makes way for a client (E-12).
		if l.tls != noSession && (l.tls != server || o.Action != StartClient) {
			return bad("there is a session already")
		}
		l.tls = server
		if o.Action == StartClient {
			l.tls = client
		}
	case CloseTLS:
		b := &before.leg[st.side]
		switch {
		case l.conn != upConn:
			return bad("rule (1): TLS without TCP")
		case st.ev == RstIn && !(b.cnIn && b.cnOut) && !(b.cnOut && before.sep[st.side].CNRcvd):
			return bad("rule (4): close_notify for an RST")
		case l.cnOut || l.finOut:
			return bad("rule (3): close_notify behind close_notify or FIN")
		case l.tls < client || l.tls == failedTLS:
			return bad("no session to close")
		case l.tls < handshaken:
			l.tls = failedTLS // RFC 8446 §6.1: the session breaks off its handshake, and is over
		}
		l.cnOut = true
	case FIN:
		switch {
		case !l.live() || l.conn == heldConn:
			return bad("there is no connection")
		case l.finOut:
			return bad("a second FIN")
		case l.tls == opened && !l.cnOut && !w.leg[X].truncated && !w.leg[Y].truncated:
			return bad("rule (3): FIN before close_notify")
		}
		l.finOut = true
	case Silence:
		if l.conn != dialing && l.conn != heldConn {
			return bad("silence is for an attempt")
		}
		l.ends(gone)
	case Reset, Abort:
		if l.conn != answering && l.conn != upConn {
			return bad("there is nobody to tell")
		}
		if o.Action == Reset && (l.tls < client || l.tls == failedTLS || l.cnOut) {
			return bad("an alert without a session that could send it")
		}
		if o.Action == Abort && st.ev == TCPFail && l.tls >= client && l.tls <= opened && !l.cnOut && x.Begun && before.sep[o.Side].TLS != TLSClosed {
			return bad("E-8: an alert goes before the RST")
		}
		l.ends(gone)
	case BadCert:
		if l.tls != handshaken {
			return bad("no certificate to refuse")
		}
		l.tls = failedTLS
	case Suspend:
		if !l.live() {
			return bad("there is nothing to read")
		}
		l.deaf = true
	case Discard:
		if !l.live() {
			return bad("there is nothing to read")
		}
	case NotifyTCPFail, NotifyTLSFail, NotifyTCPRel, NotifyTLSRel, NotifyUp:
		if o.Cause == "" && o.Action != NotifyUp {
			return bad("without a cause")
		}
		if o.Action != NotifyUp {
			bit := uint8(1) << (o.Action - NotifyTCPFail)
			if l.told&bit != 0 {
				return bad("told twice")
			}
			l.told |= bit
		}
		// Rule (5): the cause says truncated exactly where a FIN came instead of a close_notify.
		if cut := o.Cause == "truncated"; cut && !w.leg[st.side].truncated {
			return bad("rule (5): nothing was truncated")
		}
	case Reject449:
		// Rule (6): only the order itself can be answered so, at once.
		if st.ev != EstTCP {
			return bad("rule (6): an answer to an order that was answered")
		}
	default:
		return bad("is no action for the outside")
	}
	return ""
}
