package mediagw

import (
	"strings"
	"testing"
	"time"

	"imsim/internal/units"
	"imsim/sim"
)

// fwd.splice (spec reference §2.1, §2.5): one handshake, from end to end, of which the gateway knows how it goes.
func TestSplice(t *testing.T) {
	for _, c := range []struct {
		name     string
		do       func(b *bench, a, c *peer)
		a, c     string // what the peers have seen
		notified string
	}{
		{"up, and closed in good order (F9)", func(b *bench, a, c *peer) {
			c.listen()
			a.dial("access", 40000)
			b.wait(50 * ms)
			a.say("hello")
			b.wait(50 * ms)
			a.conn.CloseWrite(sim.Cause{Session: 1})
			b.wait(50 * ms)
			c.conn.CloseWrite(sim.Cause{Session: 1})
			b.wait(50 * ms)
			if string(c.got) != "hello" {
				b.t.Errorf("%q", c.got)
			}
		}, "est fin", "est fin", "core tcpbcc/BNCChange Rel normal"},
		{"refused (F1)", func(b *bench, a, c *peer) { a.dial("access", 40000); b.wait(50 * ms) }, "refused", "", "core tcpbcc/BNCChange EstFail refused"},
		{"silent (F2)", func(b *bench, a, c *peer) { c.listen().shy = true; a.dial("access", 40000); b.wait(31 * time.Second) }, "", "", "core tcpbcc/BNCChange EstFail timeout"},
		{"nobody opens (F7)", func(b *bench, a, c *peer) { b.wait(61 * time.Second) }, "", "", "access tcpbcc/BNCChange EstFail timeout"},
		{"wrong direction (F5)", func(b *bench, a, c *peer) {
			a.listen()
			c.dial("core", 40000)
			b.wait(2 * time.Second)
		}, "", "", ""},
		{"reset (F8)", func(b *bench, a, c *peer) {
			c.listen()
			a.dial("access", 40000)
			b.wait(50 * ms)
			c.conn.Abort(sim.Cause{Session: 1})
			b.wait(50 * ms)
		}, "est rst", "est", "core tcpbcc/BNCChange Rel reset"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, Config{Fwd: "splice"}, ms)
			x, y := b.peer("access", 5000), b.peer("core", 5001)
			if got := b.stream(end{setup: "passive", remote: x.addr(), topo: late}, end{setup: "active", remote: y.addr()}); strings.Contains(got, "error") {
				t.Fatal(got)
			}
			c.do(b, x, y)
			if x.said() != c.a || strings.ReplaceAll(y.said(), " aborted", "") != c.c || b.notified() != c.notified {
				t.Errorf("access peer %q, core peer %q, reports %q", x.said(), y.said(), b.notified())
			}
		})
	}
}

// Implicit latching takes the first source, whatever was signalled; without it the filter drops that (spec reference §8.2).
func TestImplicitLatch(t *testing.T) {
	for _, on := range []bool{true, false} {
		b := newBench(t, Config{ImplicitLatch: on}, ms)
		a, c := b.peer("access", 5000), b.peer("core", 5001).listen()
		b.stream(end{setup: "passive", remote: "192.0.2.9:7000", topo: late}, end{setup: "active", remote: c.addr()})
		b.do("Context = 1 { Modify = ip/access/1 { Media { Stream = 1 { LocalControl { gm/saf = ON } } } } }")
		a.dial("access", 40000)
		b.wait(100 * ms)
		if want := map[bool]string{true: "est"}[on]; a.said() != want {
			t.Errorf("implicit-latch %v: %q", on, a.said())
		}
	}
}

// Latch deadlock supervision reports once, and only where the controller asks and nothing has come.
func TestLatchDeadlock(t *testing.T) {
	const latch = ", Signals { ipnapt/latch { Stream = 1, napt = LATCH } }"
	for _, c := range []struct {
		name   string
		asked  bool
		opens  bool
		report string
	}{{"nothing comes", true, false, "access adid/ipstop"}, {"not asked for", false, false, ""}, {"a SYN comes", true, true, ""}} {
		b := newBench(t, Config{Timers: Timers{LatchDeadlock: units.Duration(10 * time.Second)}}, ms)
		a, y := b.peer("access", 5000), b.peer("core", 5001).listen()
		b.stream(end{setup: "passive", topo: late, remote: "192.0.2.9:7000", more: latch}, end{setup: "active", remote: y.addr()})
		if c.asked {
			b.do("Context = 1 { Modify = ip/access/1 { Events = 8 { adid/ipstop { Stream = 1 } } } }")
		}
		if c.opens {
			a.dial("access", 40000)
		}
		b.wait(15 * time.Second)
		if b.notified() != c.report {
			t.Errorf("%s: %q", c.name, b.notified())
		}
	}
}
