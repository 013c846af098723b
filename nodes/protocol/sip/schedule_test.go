package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"imsim/sim"
)

var (
	addrA = netip.MustParseAddrPort("192.0.2.1:5060")
	addrB = netip.MustParseAddrPort("192.0.2.2:5060")
)

func newIDs(name string) *IDs {
	k := sim.New(sim.Config{})
	return NewIDs(k.Rand(name))
}

// simpleRequest is a request out of nothing but what is mandatory.
func simpleRequest(method string) *Message {
	m := NewRequest(method, "sip:b@192.0.2.2")
	m.Add(HFrom, "<sip:a@home>;tag=fa")
	m.Add(HTo, "<sip:b@home>")
	m.Add(HCallID, "call1")
	m.Add(HCSeq, "7 "+method)
	return m
}

// schedule drains l, then lets time pass until nothing is armed, and returns what came out: "at:what".
func schedule(t *testing.T, l *Layer, now sim.Time, limit int) string {
	t.Helper()
	var b strings.Builder
	drain := func(timer Timer, wait sim.Cause) {
		for {
			o, ok := l.Next()
			if !ok {
				return
			}
			if o.Why != wait {
				t.Errorf("%v at %v: cause %v, want %v", o.Kind, now, o.Why, wait)
			}
			switch o.Kind {
			case OutSend:
				what := o.Message.Method
				if !o.Message.IsRequest() {
					what = fmt.Sprint(o.Message.Status)
				}
				fmt.Fprintf(&b, "%d:%s", int64(now)/1e6, what)
				if o.Again != (o.Timer != NoTimer && o.Timer != TimerTrying) {
					t.Errorf("again %v with timer %v", o.Again, o.Timer)
				}
			case OutTimeout:
				fmt.Fprintf(&b, "%d:timeout", int64(now)/1e6)
			case OutTerminated:
				fmt.Fprintf(&b, "%d:end", int64(now)/1e6)
			default:
				continue
			}
			if timer != NoTimer {
				b.WriteString("(" + timer.String() + ")")
			}
			b.WriteByte(' ')
		}
	}
	for { // what is there has various causes; the schedule is about what follows
		if _, ok := l.Next(); !ok {
			break
		}
	}
	for n := sim.RecordID(1000); l.Deadline() != sim.Never && limit > 0; n++ {
		limit--
		if l.Deadline() < now {
			t.Fatalf("deadline %v in the past of %v", l.Deadline(), now)
		}
		if l.TimerCause() == (sim.Cause{}) {
			t.Errorf("timer %v armed without a cause", l.TimerName())
		}
		now = l.Deadline()
		if now%1e6 != 0 {
			t.Errorf("deadline %v is off the grid of milliseconds", now)
		}
		name := l.TimerName()
		l.Tick(now-1, sim.Cause{}) // a nanosecond early: nothing
		if _, ok := l.Next(); ok {
			t.Errorf("timer %v acted early", name)
		}
		wait := sim.Cause{Record: n, Session: l.TimerCause().Session}
		l.Tick(now, wait)
		drain(name, wait)
	}
	return strings.TrimSpace(b.String())
}

func ms(n int64) sim.Time { return sim.Time(n * 1e6) }

var why1 = sim.Cause{Record: 1, Session: 4}

// TestSchedules holds every timer of RFC 3261 table 4 and RFC 6026 to the millisecond grid it must keep exactly, for
// both timer sets of TS 24.229 table 7.7.1 and both kinds of transport. Times are in milliseconds from the request.
func TestSchedules(t *testing.T) {
	respond := func(status int) func(*Layer, TxID) {
		return func(l *Layer, id TxID) {
			r := NewResponse(l.RequestOf(id), status, "", "tb")
			if l.txs[id].server {
				if err := l.Respond(0, why1, id, r); err != nil {
					t.Error(err)
				}
				return
			}
			l.Receive(0, why1, r, Flow{})
		}
	}
	for _, c := range []struct {
		name, method string
		server       bool
		transport    Transport
		timers       Timers
		do           func(*Layer, TxID)
		want         string
	}{
		{name: "A, B core UDP", method: INVITE, want: "500:INVITE(A) 1500:INVITE(A) 3500:INVITE(A) 7500:INVITE(A) 15500:INVITE(A) 31500:INVITE(A) 32000:timeout(B) 32000:end(B)"},
		{name: "A, B UE UDP", method: INVITE, timers: UETimers, want: "2000:INVITE(A) 6000:INVITE(A) 14000:INVITE(A) 30000:INVITE(A) 62000:INVITE(A) 126000:INVITE(A) 128000:timeout(B) 128000:end(B)"},
		{name: "B core TCP", method: INVITE, transport: TCP, want: "32000:timeout(B) 32000:end(B)"},
		{name: "B UE TCP", method: INVITE, transport: TCP, timers: UETimers, want: "128000:timeout(B) 128000:end(B)"},
		{name: "no timer in Proceeding", method: INVITE, do: respond(180), want: ""},
		{name: "D core UDP", method: INVITE, do: respond(486), want: "32500:end(D)"},
		{name: "D UE UDP", method: INVITE, timers: UETimers, do: respond(486), want: "130000:end(D)"},
		{name: "D TCP", method: INVITE, transport: TCP, do: respond(486), want: ""},
		{name: "M core UDP", method: INVITE, do: respond(200), want: "32000:end(M)"},
		{name: "M UE TCP", method: INVITE, transport: TCP, timers: UETimers, do: respond(200), want: "128000:end(M)"},
		{name: "E, F core UDP", method: OPTIONS, want: "500:OPTIONS(E) 1500:OPTIONS(E) 3500:OPTIONS(E) 7500:OPTIONS(E) 11500:OPTIONS(E) 15500:OPTIONS(E) 19500:OPTIONS(E) 23500:OPTIONS(E) 27500:OPTIONS(E) 31500:OPTIONS(E) 32000:timeout(F) 32000:end(F)"},
		{name: "E, F UE UDP", method: OPTIONS, timers: UETimers, want: "2000:OPTIONS(E) 6000:OPTIONS(E) 14000:OPTIONS(E) 30000:OPTIONS(E) 46000:OPTIONS(E) 62000:OPTIONS(E) 78000:OPTIONS(E) 94000:OPTIONS(E) 110000:OPTIONS(E) 126000:OPTIONS(E) 128000:timeout(F) 128000:end(F)"},
		{name: "E in Proceeding", method: OPTIONS, do: respond(100), want: "500:OPTIONS(E) 4500:OPTIONS(E) 8500:OPTIONS(E) 12500:OPTIONS(E) 16500:OPTIONS(E) 20500:OPTIONS(E) 24500:OPTIONS(E) 28500:OPTIONS(E) 32000:timeout(F) 32000:end(F)"},
		{name: "F TCP", method: OPTIONS, transport: TCP, want: "32000:timeout(F) 32000:end(F)"},
		{name: "K core UDP", method: OPTIONS, do: respond(200), want: "5000:end(K)"},
		{name: "K UE UDP", method: OPTIONS, timers: UETimers, do: respond(404), want: "17000:end(K)"},
		{name: "K TCP", method: OPTIONS, transport: TCP, do: respond(200), want: ""},
		{name: "G, H core UDP", method: INVITE, server: true, do: respond(486), want: "500:486(G) 1500:486(G) 3500:486(G) 7500:486(G) 11500:486(G) 15500:486(G) 19500:486(G) 23500:486(G) 27500:486(G) 31500:486(G) 32000:timeout(H) 32000:end(H)"},
		{name: "G, H UE UDP", method: INVITE, server: true, timers: UETimers, do: respond(486), want: "2000:486(G) 6000:486(G) 14000:486(G) 30000:486(G) 46000:486(G) 62000:486(G) 78000:486(G) 94000:486(G) 110000:486(G) 126000:486(G) 128000:timeout(H) 128000:end(H)"},
		{name: "H TCP", method: INVITE, server: true, transport: TCP, do: respond(486), want: "32000:timeout(H) 32000:end(H)"},
		{name: "I core UDP", method: INVITE, server: true, do: rejectAndAck, want: "5000:end(I)"},
		{name: "I UE UDP", method: INVITE, server: true, timers: UETimers, do: rejectAndAck, want: "17000:end(I)"},
		{name: "I TCP", method: INVITE, server: true, transport: TCP, do: rejectAndAck, want: ""},
		{name: "L core UDP", method: INVITE, server: true, do: respond(200), want: "32000:end(L)"},
		{name: "L UE TCP", method: INVITE, server: true, transport: TCP, timers: UETimers, do: respond(200), want: "128000:end(L)"},
		{name: "J core UDP", method: OPTIONS, server: true, do: respond(200), want: "32000:end(J)"},
		{name: "J UE UDP", method: OPTIONS, server: true, timers: UETimers, do: respond(500), want: "128000:end(J)"},
		{name: "J TCP", method: OPTIONS, server: true, transport: TCP, do: respond(200), want: ""},
		{name: "nothing at a silent server user", method: OPTIONS, server: true, want: ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := New(Config{SentBy: "192.0.2.1:5060", Timers: c.timers}, newIDs("a"))
			id := TxID(1)
			if c.server {
				m := simpleRequest(c.method)
				m.Prepend(HVia, "SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKx;rport")
				l.Receive(0, why1, m, Flow{Transport: c.transport, Remote: addrB})
			} else {
				var err error
				if id, err = l.Request(0, why1, simpleRequest(c.method), Flow{Transport: c.transport, Remote: addrB}); err != nil {
					t.Fatal(err)
				}
			}
			if c.do != nil {
				c.do(l, id)
			}
			if got := schedule(t, l, 0, 100); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			silent := c.name == "no timer in Proceeding" || strings.HasPrefix(c.name, "nothing")
			if (l.Len() != 0) != silent || len(l.keys) != l.Len() {
				t.Errorf("%d transactions left", l.Len())
			}
		})
	}
}

// rejectAndAck refuses an INVITE and takes the ACK at once.
func rejectAndAck(l *Layer, id TxID) {
	request := l.RequestOf(id)
	r := NewResponse(request, 486, "", "tb")
	_ = l.Respond(0, why1, id, r)
	l.Receive(0, why1, buildAck(request, r), Flow{Remote: addrB})
}

// TestTimerC: RFC 3261 §16.6 step 11, §16.7 step 2.
func TestTimerC(t *testing.T) {
	l := New(Config{SentBy: "p", TimerC: 200 * time.Second}, newIDs("a"))
	id, _ := l.Request(0, why1, simpleRequest(INVITE), Flow{Remote: addrB})
	answer := func(at sim.Time, status int) {
		l.Receive(at, why1, NewResponse(l.RequestOf(id), status, "", "tb"), Flow{})
	}
	answer(ms(1000), 100)
	if l.Deadline() != ms(200_000) || l.TimerName() != TimerC {
		t.Errorf("behind a 100: %v %v, C runs from the request on", l.Deadline(), l.TimerName())
	}
	answer(ms(2000), 180)
	answer(ms(3000), 100)
	if l.Deadline() != ms(202_000) {
		t.Errorf("behind a 180: %v", l.Deadline())
	}
	if got := schedule(t, l, ms(3000), 9); got != "202000:timeout(C)" {
		t.Errorf("got %s", got)
	}
	// The owner cancels; no answer to anything: CANCEL is repeated, and the INVITE given up after 64·T1 (§9.1).
	l.Cancel(ms(202_000), why1, id, "")
	got := schedule(t, l, ms(202_000), 99)
	if !strings.HasSuffix(got, "233500:CANCEL(E) 234000:timeout(cancelled) 234000:end(cancelled)") || strings.Count(got, "CANCEL") != 10 {
		t.Errorf("got %s", got)
	}
	if l.Len() != 0 {
		t.Error("transactions left")
	}
}

// TestTrying: the 100 is sent after the configured time, unless the user was faster (RFC 3261 §17.2.1).
func TestTrying(t *testing.T) {
	for _, c := range []struct {
		trying time.Duration
		answer bool
		want   string
	}{
		{200 * time.Millisecond, false, "200:100(trying)"},
		{200 * time.Millisecond, true, ""},
		{-1, false, ""},
	} {
		l := New(Config{SentBy: "p", Trying: c.trying}, newIDs("a"))
		m := simpleRequest(INVITE)
		m.Prepend(HVia, "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKx")
		l.Receive(0, why1, m, Flow{Remote: addrB})
		if c.answer {
			_ = l.Respond(0, why1, 1, NewResponse(m, 180, "", "x"))
		}
		if got := schedule(t, l, 0, 9); got != c.want {
			t.Errorf("%v: got %s want %s", c.trying, got, c.want)
		}
	}
}

// TestFlowTimers: one layer can keep another clock toward one peer.
func TestFlowTimers(t *testing.T) {
	l := New(Config{SentBy: "p"}, newIDs("a"))
	_, _ = l.Request(0, why1, simpleRequest(OPTIONS), Flow{Transport: TCP, Remote: addrB, Timers: &UETimers})
	_, _ = l.Request(0, why1, simpleRequest(OPTIONS), Flow{Transport: TCP, Remote: addrB})
	if got := schedule(t, l, 0, 9); got != "32000:timeout(F) 32000:end(F) 128000:timeout(F) 128000:end(F)" {
		t.Errorf("got %s", got)
	}
}

// TestUASSchedules: 2xx with cap T2, reliable provisional without (RFC 3261 §13.3.1.4, RFC 3262 §3).
func TestUASSchedules(t *testing.T) {
	for _, c := range []struct {
		name   string
		timers Timers
		status int
		want   string
	}{
		{"2xx core", CoreTimers, 200, "0 500 1500 3500 7500 11500 15500 19500 23500 27500 31500 32000!"},
		{"2xx UE", UETimers, 200, "0 2000 6000 14000 30000 46000 62000 78000 94000 110000 126000 128000!"},
		{"reliable core", CoreTimers, 183, "0 500 1500 3500 7500 15500 31500 32000!"},
		{"reliable UE", UETimers, 183, "0 2000 6000 14000 30000 62000 126000 128000!"},
	} {
		u := NewUAS(simpleRequest(INVITE), c.timers, 1)
		u.Respond(0, why1, &Message{Status: c.status}, true)
		var got []string
		now := sim.Time(0)
		for {
			for o, ok := u.Next(); ok; o, ok = u.Next() {
				s := fmt.Sprint(int64(now) / 1e6)
				if o.Kind != UASSend {
					s += "!"
				}
				got = append(got, s)
			}
			if u.Deadline() == sim.Never {
				break
			}
			now = u.Deadline()
			u.Tick(now, u.TimerCause())
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: got %s, want %s", c.name, s, c.want)
		}
	}
}
