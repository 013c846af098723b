package tls

import (
	"runtime"
	"strings"
	"testing"

	"imsim/sim"
)

// The processor's work stands before what it makes possible; the sums are those of ietf-protocols §6.5, Go's column.
func TestWork(t *testing.T) {
	want := map[Version]string{
		TLS12: `C send ClientHello 185
S clienthello
S work 100µs
S send ServerHello 640
C peercert
C work 273µs
C send Certificate 588
S peercert
S work 173µs
S send Finished 51
S handshake end
S verified
S established
C handshake end
C verified
C established`,
		TLS13: `C work 66µs
C send ClientHello 235
S clienthello
S work 154µs
S send ServerHello 838
C peercert
C work 207µs
C send Certificate 596
C handshake end
C verified
C established
S peercert
S work 119µs
S handshake end
S verified
S established`,
	}
	for _, e := range []Engine{Model, Real} {
		for v, log := range want {
			c, s := mutual(v, ECDSAP256, ECDSAP256)
			c.Costs, s.Costs = nil, &DefaultCosts
			w := newWire(t, e, c, s).start()
			if got := strings.Join(w.log, "\n"); got != log {
				t.Errorf("engine %d, %x:\n%s\nwant\n%s", e, v, got, log)
			}
		}
	}
}

// While the processor works nothing else happens, except an order to fail.
func TestBusy(t *testing.T) {
	for _, e := range []Engine{Model, Real} {
		for _, v := range versions {
			c, s := mutual(v, ECDSAP256, ECDSAP256)
			s.Costs = nil
			w := newWire(t, e, c, s)
			w.hold = true
			w.start()
			w.write(1, text(10)).fin(1)
			if len(w.failed[1:]) != 1 || w.failed[1] != nil || w.ends[1].State() != Handshaking {
				t.Fatalf("a busy session did something: %v", w.log)
			}
			w.ends[1].Fail(0, sim.Cause{}, InternalError)
			w.pump()
			if w.failed[1] == nil || w.failed[0] == nil || w.failed[0].Name != "alert(80)" {
				t.Errorf("engine %d, %x: %v", e, v, w.log)
			}
			w.ends[1].WorkDone(0, sim.Cause{})
			if _, ok := w.ends[1].Next(); ok {
				t.Error("work done after the end had an effect")
			}
		}
	}
}

// Every output names the input that brought it about.
func TestCauses(t *testing.T) {
	c, s := mutual(TLS12, ECDSAP256, ECDSAP256)
	for _, e := range []Engine{Model, Real} {
		c.Role, s.Role, s.Costs = Client, Server, nil
		client, server := New(e, c), New(e, s)
		server.Start(0, sim.Cause{Record: 1})
		client.Start(0, sim.Cause{Record: 2})
		hello, _ := client.Next()
		if hello.Why.Record != 2 {
			t.Errorf("ClientHello because of %d", hello.Why.Record)
		}
		server.Receive(0, sim.Cause{Record: 3}, hello.Payload)
		a, _ := server.Next()
		b, _ := server.Next()
		server.WorkDone(0, sim.Cause{Record: 4})
		d, _ := server.Next()
		if a.Kind != OutClientHello || a.Why.Record != 3 || b.Kind != OutWork || b.Why.Record != 3 || d.Kind != OutSend || d.Why.Record != 4 {
			t.Errorf("engine %d: %+v %+v %+v", e, a.Why, b.Why, d.Why)
		}
		client.Discard()
		server.Discard()
	}
}

func TestScaledCosts(t *testing.T) {
	x := DefaultCosts.Scaled(4_000_000)
	if got := x.handshake(stepClientFlight, Client, TLS13, true, ECDSAP256, ECDSAP256); got != 4*207*us {
		t.Errorf("a handset takes %v", got)
	}
	if got := DefaultCosts.records(1, 1400); got != 500 {
		t.Errorf("1400 octets take %v", got)
	}
	if got := ZeroCosts.records(9, 1e6); got != 0 {
		t.Errorf("for nothing: %v", got)
	}
}

// TestHandshakeAllocs bounds what a handshake of engine model allocates: a buffer and a span list for each flight.
func TestHandshakeAllocs(t *testing.T) {
	c, s := mutual(TLS13, ECDSAP256, ECDSAP256)
	if n := testing.AllocsPerRun(200, func() {
		x, y := exchange(Model, c, s)
		x.Discard()
		y.Discard()
	}); n > 8 {
		t.Errorf("%v allocations", n)
	}
}

// RFC 5246 §7.2.1, RFC 8446 §6.1: closing in TLS 1.2 takes both directions, in TLS 1.3 one.
func TestClosing(t *testing.T) {
	for _, e := range []Engine{Model, Real} {
		for _, v := range versions {
			c, s := mutual(v, ECDSAP256, ECDSAP256)
			w := newWire(t, e, c, s).start()
			w.close(0).write(1, text(50))
			wantData, wantState := 0, [2]State{Ended, Ended}
			if v == TLS13 {
				wantData, wantState = 50, [2]State{CloseSent, CloseReceived}
			}
			if got := [2]State{w.ends[0].State(), w.ends[1].State()}; got != wantState || w.data[0].Len != wantData {
				t.Errorf("engine %d, %x: states %v, %d octets: %v", e, v, got, w.data[0].Len, w.log)
			}
			w.close(1).fin(0).fin(1)
			if got := [2]State{w.ends[0].State(), w.ends[1].State()}; got != [2]State{Ended, Ended} || w.failed[0] != nil || w.failed[1] != nil {
				t.Errorf("engine %d, %x: states %v after both closed", e, v, got)
			}
		}
	}
}

// [I] E13: engine model refuses to renegotiate and goes on.
func TestRenegotiation(t *testing.T) {
	c, s := mutual(TLS12, ECDSAP256, ECDSAP256)
	w := newWire(t, Model, c, s).start()
	server := w.ends[1].(*model)
	var out writer
	out.buf = server.begin(&out, typeHandshake)
	from := len(out.buf)
	out.buf = append(out.buf, msgHelloRequest, 0, 0, 0)
	out.protect(&server.wr, TLS12, from)
	w.deliver(0, out.payload())
	w.pump().write(0, text(30))
	if w.data[1].Len != 30 || w.failed[0] != nil || w.failed[1] != nil {
		t.Errorf("%v", w.log)
	}
}

// E13: a client that says hello again, and a server that asks for that, are refused: by a warning, or, as crypto/tls does, by the end
// of the session. TLS 1.3 has no such thing, and nothing is sent.
func TestRenegotiate(t *testing.T) {
	for _, x := range []struct {
		e      Engine
		v      Version
		from   int
		failed string // at the other end
	}{
		{Model, TLS12, 0, ""}, {Model, TLS12, 1, ""}, {Model, TLS13, 0, ""},
		{Real, TLS12, 0, "unexpected_message"}, {Real, TLS12, 1, "no_renegotiation"}, {Real, TLS13, 0, ""},
	} {
		c, s := mutual(x.v, ECDSAP256, ECDSAP256)
		w := newWire(t, x.e, c, s).start()
		w.ends[x.from].Renegotiate(w.now, sim.Cause{})
		w.pump()
		got := ""
		if o := w.failed[1-x.from]; o != nil {
			got = o.Name
		}
		if got != x.failed {
			t.Errorf("engine %d, %x, end %d: the other failed with %q, want %q\n%v", x.e, x.v, x.from, got, x.failed, w.log)
		}
		if x.failed != "" {
			continue
		}
		if w.write(0, text(30)).write(1, text(31)); w.data[1].Len != 30 || w.data[0].Len != 31 {
			t.Errorf("engine %d, %x, end %d: the session does not go on\n%v", x.e, x.v, x.from, w.log)
		}
	}
}

// Engine real leaves no goroutine behind: neither when the handshake is over nor when it is abandoned.
func TestNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	c, s := mutual(TLS13, ECDSAP256, ECDSAP256)
	x, y := exchange(Real, c, s)
	c.Role = Client
	z := New(Real, c)
	z.Start(0, sim.Cause{}) // waits for the server's flight
	if n := runtime.NumGoroutine(); n > before+1 {
		t.Errorf("%d goroutines, %d before, one handshake under way", n, before)
	}
	z.Discard()
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	if i := x.Info(); !i.CanDecode || !strings.Contains(i.KeyLog, "CLIENT_TRAFFIC_SECRET_0 ") {
		t.Errorf("key log %q", i.KeyLog)
	}
	x.Discard()
	y.Discard()
}
