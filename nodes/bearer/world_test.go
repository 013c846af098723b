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
	told          bool // the controller knows that the connection has ended, or will not come
}

// world is a state of the exploration: the machine's and its outside. It is comparable.
type world struct {
	sep             [2]SEP
	leg             [2]legWorld
	through, opened bool
}

func (l *legWorld) live() bool { return l.conn != noConn && l.conn != gone }

// ends forgets what a leg without a connection cannot be asked about any more.
func (l *legWorld) ends(c conn) {
	*l = legWorld{conn: c, left: l.left, deaf: l.deaf, told: l.told}
}

// happen lets a step happen: outside first, then in the machine, whose actions change the outside in turn. It returns
// what is wrong with them, or "".
func (w *world) happen(p *plan, t *Table, st step, out *[]Out) (wrong string) {
	before := *w
	*out = (*out)[:0]
	if !w.outside(p, st) {
		return ""
	}
	m := w.machine(p, t, st)
	*out = m.Input(st.side, st.ev, causes[st.ev], *out)
	w.sep, w.through, w.opened = m.SEP, m.Through, m.Opened
	for i := range *out {
		if wrong = w.carryOut(&before, st, &(*out)[i]); wrong != "" {
			return wrong
		}
	}
	return w.check(&before, p, st, *out)
}

// causes are the cause strings that come with events.
var causes = [NumEvents]string{TCPFail: "refused", RstIn: "reset", TCPLost: "timeout", TLSFail: "bad", AlertIn: "alert(80)"}

// machine is the correlation machine in this state, as it meets a step.
func (w *world) machine(p *plan, t *Table, st step) Machine {
	return Machine{SEP: w.sep, Policy: p.policyFor(st), Table: t, Through: w.through, Opened: w.opened}
}

// outside lets a step happen on the outside; false where the machine does not hear of it.
func (w *world) outside(p *plan, st step) bool {
	x, l := &w.sep[st.side], &w.leg[st.side]
	switch st.ev {
	case TCPUp:
		l.conn = upConn
	case TCPFail, TCPLost, TCPGone, RstIn:
		l.ends(gone)
	case FinIn:
		l.finIn = true
		l.truncated = l.tls == opened && !l.cnIn && (l.cnOut || !l.finOut) // not where we have given up before
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
		if l.finOut && !l.cnOut { // we have given it up
			l.tls = failedTLS
			break
		}
		l.cnIn = true
		l.cnOut = l.cnOut || !x.TLS13 // RFC 5246 §7.2.1: the session has answered
	case Renewed:
		if !x.Renewable() {
			l.next = false // the new connection is given up
			return false
		}
		*l = legWorld{conn: upConn, left: l.left, deaf: l.deaf}
	case Configured:
		switch st.how {
		case finally:
			x.Exists, x.Remote, x.TCPRole = true, true, p.sep[st.side].TCPRole
		case holding:
			x.TCPRole = HoldConn
		case renewing:
			x.Renew = x.Renewable()
		}
	case SubtractOne:
		l.left, l.next = true, false
	case SubtractBoth, Removed, Restarted:
		for i := range w.leg {
			w.leg[i].left, w.leg[i].next = true, false
		}
	}
	return true
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
		if l.conn == heldConn {
			l.ends(noConn) // forgotten: there never was one
		} else {
			l.ends(gone)
		}
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
			if l.told {
				return bad("told twice")
			}
			l.told = true
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
