package sip

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"imsim/sim"
)

// world is two user agents, A who calls and B who is called, with 50 ms of road between them on which the named
// transmissions get lost. It writes down all that happens.
type world struct {
	t     *testing.T
	now   sim.Time
	sides [2]*agent
	air   []flight
	lost  []string       // "INVITE#1": the first INVITE put on the road; "200 INVITE#2"
	sent  map[string]int // transmissions so far
	todo  []task
	log   strings.Builder
	why   sim.RecordID
}

type flight struct {
	at   sim.Time
	to   int
	wire []byte
	flow Flow
	why  sim.Cause
}

type task struct {
	at   sim.Time
	what func()
}

type agent struct {
	name   string
	w      *world
	n      int
	layer  *Layer
	ids    *IDs
	uas    *UAS
	uac    UAC
	dialog *Dialog
	invite *Message
	tx     TxID
	call   TxID // A: the INVITE
	flow   Flow
	on     func(o Output) bool // the script's say; true: dealt with
}

func newWorld(t *testing.T, transport Transport, timers [2]Timers, lost ...string) *world {
	w := &world{t: t, lost: lost, sent: map[string]int{}}
	for i, name := range []string{"A", "B"} {
		ids := newIDs(name)
		w.sides[i] = &agent{name: name, n: i, w: w, ids: ids,
			layer: New(Config{SentBy: []string{addrA.String(), addrB.String()}[i], Timers: timers[i], Trying: -1}, ids)}
	}
	w.sides[0].flow = Flow{Transport: transport, Remote: addrB, Conn: 1}
	w.sides[1].flow = Flow{Transport: transport, Remote: addrA, Conn: 1}
	return w
}

func (w *world) say(format string, args ...any) {
	fmt.Fprintf(&w.log, "%8.3f ", float64(w.now)/1e9)
	fmt.Fprintf(&w.log, format, args...)
	w.log.WriteByte('\n')
}

func (w *world) cause() sim.Cause { w.why++; return sim.Cause{Record: w.why, Session: 9} }

func (w *world) at(seconds float64, what func()) {
	w.todo = append(w.todo, task{sim.Time(seconds * 1e9), what})
}

func label(m *Message) string {
	if m.IsRequest() {
		return m.Method
	}
	c, _ := m.CSeq()
	return strconv.Itoa(m.Status) + " " + c.Method
}

// run lets time pass until nothing is left to happen, and compares what was written down.
func (w *world) run(want string) {
	w.t.Helper()
	for {
		for w.drain() {
		}
		next := sim.Never
		for _, f := range w.air {
			next = min(next, f.at)
		}
		for _, x := range w.todo {
			next = min(next, x.at)
		}
		for _, a := range w.sides {
			next = min(next, a.layer.Deadline())
			if a.uas != nil {
				next = min(next, a.uas.Deadline())
			}
		}
		if next == sim.Never {
			break
		}
		w.now = next
		w.step()
	}
	if got := strings.TrimSpace(w.log.String()); got != strings.TrimSpace(want) {
		w.t.Errorf("got\n%s\nwant\n%s", got, strings.TrimSpace(want))
	}
	for _, a := range w.sides {
		if a.layer.Len() != 0 {
			w.t.Errorf("%s keeps %d transactions", a.name, a.layer.Len())
		}
	}
}

func (w *world) step() {
	if i := slices.IndexFunc(w.todo, func(x task) bool { return x.at == w.now }); i >= 0 {
		x := w.todo[i]
		w.todo = slices.Delete(w.todo, i, i+1)
		x.what()
		return
	}
	if i := slices.IndexFunc(w.air, func(f flight) bool { return f.at == w.now }); i >= 0 {
		f := w.air[i]
		w.air = slices.Delete(w.air, i, i+1)
		m, err := Parse(f.wire)
		if err != nil {
			w.t.Fatalf("%v\n%s", err, f.wire)
		}
		w.sides[f.to].layer.Receive(w.now, f.why, m, f.flow)
		return
	}
	for _, a := range w.sides {
		if a.uas != nil && a.uas.Deadline() == w.now {
			a.uas.Tick(w.now, sim.Cause{Record: a.uas.TimerCause().Record, Session: 9})
			return
		}
		if a.layer.Deadline() == w.now {
			a.layer.Tick(w.now, sim.Cause{Record: a.layer.TimerCause().Record, Session: 9})
			return
		}
	}
}

func (w *world) drain() (any bool) {
	for _, a := range w.sides {
		for a.uas != nil {
			o, ok := a.uas.Next()
			if !ok {
				break
			}
			any = true
			a.uasOutput(o)
		}
		for {
			o, ok := a.layer.Next()
			if !ok {
				break
			}
			any = true
			if o.Why.Session != 9 {
				w.t.Errorf("%s: %v without its cause", a.name, o.Kind)
			}
			a.output(o)
		}
	}
	return any
}

func (a *agent) uasOutput(o UASOutput) {
	switch o.Kind {
	case UASSend:
		if err := a.layer.Respond(a.w.now, o.Why, a.tx, o.Message); err != nil {
			a.w.t.Error(err)
		}
	case UASNoACK:
		a.w.say("%s: no ACK", a.name)
		a.request(o.Why, BYE)
	case UASNoPRACK:
		a.w.say("%s: no PRACK", a.name)
		a.uas.Respond(a.w.now, o.Why, NewResponse(a.invite, 504, "", "tb"), false)
	}
}

// request sends a request inside the dialog.
func (a *agent) request(why sim.Cause, method string) {
	if _, err := a.layer.Request(a.w.now, why, a.dialog.Request(method), a.flow); err != nil {
		a.w.t.Error(err)
	}
}

func (a *agent) output(o Output) {
	w := a.w
	switch o.Kind {
	case OutSend:
		what := label(o.Message)
		w.sent[what]++
		lost := slices.Contains(w.lost, what+"#"+strconv.Itoa(w.sent[what]))
		suffix := ""
		if o.Again {
			suffix = " again"
		}
		if o.Timer != NoTimer {
			suffix += " (" + o.Timer.String() + ")"
		}
		if lost {
			suffix += " LOST"
		} else {
			w.air = append(w.air, flight{w.now.Add(50e6), 1 - a.n, o.Wire, w.sides[1-a.n].flow, o.Why})
		}
		w.say("%s sends %s%s", a.name, what, suffix)
		return
	case OutTerminated:
		return
	case OutDiscarded:
		w.say("%s drops %s: %s", a.name, label(o.Message), o.Text)
		return
	case OutTimeout:
		w.say("%s: timeout %v of %s", a.name, o.Timer, o.Message.Method)
		return
	}
	w.say("%s hears %s%s", a.name, map[OutputKind]string{OutCancel: "cancel by "}[o.Kind], label(o.Message))
	if a.on != nil && a.on(o) {
		return
	}
	switch o.Kind {
	case OutRequest:
		a.serve(o)
	case OutResponse:
		a.client(o)
	case OutAck:
		if a.uas.Ack(o.Message) {
			w.say("%s: call is up", a.name)
		}
	case OutCancel:
		a.uas.Respond(w.now, o.Why, NewResponse(a.invite, 487, "", "tb"), false)
	}
}

// serve is the user at the called side, who rings reliably if the caller can have it, and answers.
func (a *agent) serve(o Output) {
	now := a.w.now
	switch o.Message.Method {
	case INVITE:
		a.tx, a.invite = o.Tx, o.Message
		a.uas = NewUAS(o.Message, a.layer.Timers(a.flow), 77)
		a.dialog = must(NewUASDialog(o.Message, "tb", "<sip:b@192.0.2.2>"))
	case PRACK:
		status := 481
		if a.uas.Prack(now, o.Why, o.Message) {
			status = 200
		}
		_ = a.layer.Respond(now, o.Why, o.Tx, NewResponse(o.Message, status, "", "tb"))
	default:
		_ = a.layer.Respond(now, o.Why, o.Tx, NewResponse(o.Message, 200, "", "tb"))
	}
}

// answer responds to the INVITE.
func (a *agent) answer(status int, reliable bool) {
	m := NewResponse(a.invite, status, "", "tb")
	m.Add(HContact, "<sip:b@192.0.2.2>")
	if status == 183 || status == 200 && !reliable {
		m.SetBody("application/sdp", "v=0\r\n")
	}
	a.uas.Respond(a.w.now, a.w.cause(), m, reliable)
}

// client is the core of the calling side.
func (a *agent) client(o Output) {
	now, m := a.w.now, o.Message
	c, _ := m.CSeq()
	if c.Method != INVITE {
		return
	}
	switch {
	case m.Status > 100 && m.Status < 200:
		v := a.uac.Provisional(m)
		if v != Unreliable {
			a.w.say("%s: %v", a.name, v)
		}
		if a.dialog == nil {
			a.dialog = must(NewUACDialog(a.invite, m))
		}
		if v == Reliable {
			_, _ = a.layer.Request(now, o.Why, a.dialog.Prack(m), a.flow)
		}
	case m.Status >= 200 && m.Status < 300:
		ack := a.uac.Success(m)
		if ack == nil {
			if a.dialog == nil {
				a.dialog = must(NewUACDialog(a.invite, m))
			}
			a.dialog.ReceiveResponse(m)
			ack = a.dialog.Ack(a.invite)
			a.uac.Acked(m, ack)
		}
		_, _ = a.layer.Request(now, o.Why, ack, a.flow)
	}
}

// invites lets A send the INVITE.
func (w *world) invites() {
	a := w.sides[0]
	m := simpleRequest(INVITE)
	m.Add(HContact, "<sip:a@192.0.2.1>")
	m.Add(HSupported, "100rel")
	a.invite = m
	a.call, _ = a.layer.Request(w.now, w.cause(), m, a.flow)
}
