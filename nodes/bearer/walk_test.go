package bearer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// walkSEP is the walk's own idea of a leg, from events in and actions out; it shares nothing with the machine.
type walkSEP struct {
	began, up, gone   bool // TCP
	held, subtracted  bool
	tlsUp, tlsBad     bool
	cnOut, cnIn       bool
	finIn, rstIn      bool
	hello, v13, proto bool
}

// walk feeds the machine events that can happen, and watches what it decides.
type walk struct {
	m   Machine
	leg [2]walkSEP
	rnd *rand.Rand
	log []string
	bad string
}

func (w *walk) fail(format string, a ...any) {
	if w.bad == "" {
		w.bad = fmt.Sprintf(format, a...)
	}
}

// possible lists what can happen on a side now.
func (w *walk) possible(s Side) (evs []Event) {
	x, l := &w.m.SEP[s], &w.leg[s]
	switch {
	case !l.began || l.gone:
		evs = append(evs, SynIn, Configured, EstTCP, EstTLS)
	case !l.up && x.TCP == TCPHeld:
		evs = append(evs, RstIn, Configured)
	case !l.up:
		evs = append(evs, TCPUp, TCPUp, TCPUp, TCPFail, SynIn, EstTLS)
		if x.TCP == TCPSynRcvd {
			evs = append(evs, RstIn)
		}
	default:
		evs = append(evs, RstIn, TCPLost, SynIn, Configured, RelTCP, SubtractOne)
		if !l.finIn {
			evs = append(evs, FinIn)
		}
		if l.proto && !l.finIn && !l.tlsBad {
			switch {
			case l.tlsUp && !l.cnIn:
				evs = append(evs, CNIn, CNIn, TLSFail, AlertIn, RelTLS)
			case !l.tlsUp && x.TLS >= TLSHandshake:
				evs = append(evs, HandshakeUp, TLSFail, AlertIn, EstTLS)
				if !l.hello {
					evs = append(evs, HelloIn)
				} else {
					evs = append(evs, TLSUp, TLSUp, TLSUp)
				}
			}
		}
		if x.TCP == TCPClosing {
			evs = append(evs, TCPGone)
		}
	}
	if l.subtracted {
		// No order names it any more, and its port listens no more.
		evs = slices.DeleteFunc(evs, func(e Event) bool { return e == SynIn || e >= Configured })
	}
	for t := range NumTimers {
		if x.timer(t) {
			evs = append(evs, TimerEvent(t))
		}
	}
	return evs
}

func (w *walk) happens(s Side, ev Event) {
	l := &w.leg[s]
	orderly := l.cnIn && l.cnOut
	switch ev {
	case TCPUp:
		l.up = true
	case TCPFail, TCPLost, TCPGone, RstIn:
		l.gone = true
		l.rstIn = ev == RstIn
	case HelloIn:
		l.hello = true
	case TLSUp:
		l.tlsUp = true
	case TLSFail, AlertIn:
		l.tlsBad = true
	case CNIn:
		l.cnIn = true
		l.cnOut = l.cnOut || !l.v13 // the session has answered
	case FinIn:
		l.finIn = true
	}
	defer func() { l.subtracted = l.subtracted || ev == SubtractOne }()
	// What the leg says with each event.
	cause := map[Event]string{TCPFail: "refused", RstIn: "reset", TCPLost: "timeout", TLSFail: "bad", AlertIn: "alert(80)"}[ev]
	out := w.m.Input(s, ev, cause, nil)
	w.log = append(w.log, fmt.Sprintf("%s %s: %s [%v/%v %v/%v]", "XY"[s:s+1], ev, show(&w.m, out),
		w.m.SEP[X].TCP, w.m.SEP[X].TLS, w.m.SEP[Y].TCP, w.m.SEP[Y].TLS))
	for _, o := range out {
		w.acts(s, ev, o, orderly)
		if l.subtracted && o.Side != s && ev != SubtractBoth && ev != SubtractOne {
			w.fail("R-9: %v on the partner of a subtracted SEP", o.Action)
		}
	}
	if w.m.Through {
		for i := range w.leg {
			if l := &w.leg[i]; !l.up || l.gone || l.proto && (!l.tlsUp || l.tlsBad) {
				w.fail("rule (2): through with leg %s not ready", "XY"[i:i+1])
			}
		}
	}
}

func (w *walk) acts(s Side, ev Event, o Out, orderly bool) {
	l := &w.leg[o.Side]
	dead := func() {
		if l.gone || !l.began {
			w.fail("%v on leg %s that is gone", o.Action, "XY"[o.Side:o.Side+1])
		}
	}
	switch o.Action {
	case Hold, HoldBriefly, Accept, Establish:
		if l.held && o.Action == Accept {
			l.held = false
			return
		}
		if l.began && !l.gone {
			w.fail("%v on a leg that is in use", o.Action)
		}
		v13, proto := l.v13, l.proto
		*l = walkSEP{began: true, v13: v13, proto: proto, held: o.Action == Hold || o.Action == HoldBriefly}
	case Drop:
		if l.held {
			l.began, l.held = false, false
		}
	case Refuse:
		l.gone = l.gone || l.held
	case Silence, Reset, Abort:
		dead()
		if o.Action == Reset && !l.hello {
			w.fail("alert before the handshake has begun")
		}
		l.gone = true
	case StartClient, AwaitHello:
		dead()
		if !l.up {
			w.fail("rule (1): TLS before TCP")
		}
		l.hello = l.hello || o.Action == StartClient
	case CloseTLS:
		dead()
		if l.rstIn || ev == RstIn && !orderly {
			w.fail("rule (4): close_notify after RST")
		}
		l.cnOut = true
	case FIN:
		dead()
		truncated := func(l *walkSEP) bool { return l.finIn && l.tlsUp && !l.cnIn }
		if l.tlsUp && !l.cnOut && !l.tlsBad && !truncated(&w.leg[X]) && !truncated(&w.leg[Y]) {
			w.fail("rule (3): FIN before close_notify")
		}
	case NotifyTCPFail, NotifyTLSFail, NotifyTCPRel, NotifyTLSRel:
		if o.Cause == "" {
			w.fail("%v without a cause", o.Action)
		}
	}
}

var walkLinks = []Preset{0, FwdLate, FwdEarly, TLSCross, TLSThenTCP, FwdLate | TLSSameLeg, FwdEarly | TLSTLS, TLSSameLeg | TLSTLS}

func newWalk(seed uint64) *walk {
	w := &walk{rnd: rand.New(rand.NewPCG(seed, 1))}
	n := func(k int) int { return w.rnd.IntN(k) }
	w.m.Policy = Policy{Strict: n(3) == 0, TruncateFIN: n(2) == 0, WrongDrop: n(2) == 0, Abort: n(4) == 0, StrictHold: n(3) == 0}
	for i := range w.m.SEP {
		x := &w.m.SEP[i]
		*x = SEP{
			Exists: true, Remote: n(8) != 0, TCPRole: []TCPRole{Passive, Passive, Active, Active, Undecided}[n(5)],
			TLSClient: n(2) == 0, TLS13: n(2) == 0, Aware: n(4) == 0, Link: walkLinks[n(len(walkLinks))],
			Armed: Armed(n(32)),
		}
		if n(2) == 0 {
			x.TLS = TLSIdle
		}
		w.leg[i].proto, w.leg[i].v13 = x.Protected(), x.TLS13
	}
	return w
}

// TestWalk takes the machine through orders of events that nobody thought of. Every walk ends with the subtraction of
// both SEPs, after which timers alone must end every connection.
func TestWalk(t *testing.T) {
	walks := 20_000
	if testing.Short() {
		walks = 5_000
	}
	for seed := range walks {
		w := newWalk(uint64(seed))
		for range 3 + w.rnd.IntN(25) {
			s := Side(w.rnd.IntN(2))
			evs := w.possible(s)
			if len(evs) == 0 {
				continue
			}
			w.happens(s, evs[w.rnd.IntN(len(evs))])
			// A role may be decided or changed, a partner come to be known, while no connection stands.
			if x := &w.m.SEP[s]; !w.leg[s].subtracted && w.rnd.IntN(6) == 0 && (x.TCP == TCPIdle || x.TCP == TCPHeld) {
				x.Remote, x.TCPRole = true, []TCPRole{Passive, Active, HoldConn}[w.rnd.IntN(3)]
				w.happens(s, Configured)
			}
		}
		w.happens(X, SubtractBoth)
		for range 10 {
			for s := range Side(2) {
				for tm := range NumTimers {
					if w.m.SEP[s].timer(tm) {
						w.happens(s, TimerEvent(tm))
					}
				}
			}
		}
		for s := range Side(2) {
			if x := &w.m.SEP[s]; x.live() {
				w.fail("leg %s never ends after subtraction: TCP %d", "XY"[s:s+1], x.TCP)
			}
		}
		if w.bad != "" {
			t.Fatalf("seed %d, policy %+v:\n%+v\n%+v\n%s\n%s", seed, newWalk(uint64(seed)).m.Policy,
				newWalk(uint64(seed)).m.SEP[X], newWalk(uint64(seed)).m.SEP[Y], strings.Join(w.log, "\n"), w.bad)
		}
	}
	t.Logf("%d walks", walks)
}

// TestAnyEvent feeds what cannot happen as well: nothing may panic.
func TestAnyEvent(t *testing.T) {
	for seed := range uint64(5_000) {
		w := newWalk(seed)
		for range 40 {
			w.m.Input(Side(w.rnd.IntN(2)), Event(w.rnd.IntN(int(NumEvents))), "", nil)
		}
	}
}
