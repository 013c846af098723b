package mediagw

import (
	"strings"
	"testing"
	"time"

	"imsim/internal/units"
	"imsim/netem/packet"
	"imsim/sim"
)

const ms = time.Millisecond

// late is the rule of fwd-late.
const late = "tcpest:in>*"

// fwd is a stream of mode fwd: the access side opens, the core peer listens at port.
func (b *bench) fwd(a, c *peer, topo string) {
	b.t.Helper()
	b.stream(end{setup: "passive", remote: a.addr(), topo: topo}, end{setup: "active", remote: c.addr()})
}

// TestFailures goes through the failures of spec reference §2.8 one by one, with real TCP on both sides.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		play func(b *bench, a, c *peer) // a: access side, c: core side
		a, c string                     // what the peers have seen in the end
		told string                     // what the controller has been told
	}{
		{"F1 refused, late", Config{}, func(b *bench, a, c *peer) {
			b.fwd(a, c, late)
			a.dial("access", 40000)
			b.wait(time.Second)
		}, "refused", "", "core tcpbcc/BNCChange EstFail refused"},
		{"F1 refused, early", Config{}, func(b *bench, a, c *peer) {
			b.fwd(a, c, "tcpest:in+early>*")
			a.dial("access", 40000)
			b.wait(time.Second)
		}, "est rst", "", "core tcpbcc/BNCChange EstFail refused"},
		{"F2 unanswered", Config{}, func(b *bench, a, c *peer) {
			c.listen().shy = true
			b.fwd(a, c, late)
			a.dial("access", 40000)
			b.wait(29 * time.Second)
			if len(b.reports) > 0 || len(a.seen) > 0 {
				b.t.Error("too early:", b.reports, a.seen)
			}
			b.wait(2 * time.Second)
		}, "refused", "", "core tcpbcc/BNCChange EstFail timeout"},
		{"F3 unreachable", Config{}, func(b *bench, a, c *peer) {
			c.local.Addr = packet.MustAddr("203.0.113.77") // nobody leads there
			b.fwd(a, c, late)
			a.dial("access", 40000)
			b.wait(time.Second)
		}, "refused", "", "core tcpbcc/BNCChange EstFail unreachable"},
		{"F4 foreign source", Config{}, func(b *bench, a, c *peer) {
			c.listen()
			a.local.Addr = packet.MustAddr("203.0.113.77")
			b.stream(end{setup: "passive", remote: a.addr(), topo: late}, end{setup: "active", remote: c.addr()})
			b.do("Context = 1 { Modify = ip/access/1 { Media { Stream = 1 { LocalControl { gm/saf = ON } } } } }")
			a.local.Addr = a.host.Addr(true)
			a.dial("access", 40000)
			b.wait(2500 * ms)
			if n := b.g.contexts[1].terms[0].stats.filtered; n != 2 {
				b.t.Errorf("%d SYNs counted as filtered, want 2", n)
			}
		}, "", "", ""},
		{"F5 wrong direction", Config{}, func(b *bench, a, c *peer) {
			b.fwd(a, c, late)
			c.dial("core", 40000)
			b.wait(time.Second)
			c.listen()
			a.dial("access", 40000) // the agreed direction still works
			b.wait(time.Second)
		}, "est", "refused est", ""},
		{"F5 wrong direction, drop", Config{WrongDirection: "drop"}, func(b *bench, a, c *peer) {
			b.fwd(a, c, late)
			c.dial("core", 40000)
			b.wait(4 * time.Second)
		}, "", "", ""},
		{"F6 early, then configured", Config{}, func(b *bench, a, c *peer) {
			c.listen()
			b.do("Context = $ { " + b.term("Add = ip/access/$", end{setup: "actpass", remote: a.addr()}) + " }")
			a.dial("access", 40000)
			b.wait(100 * ms)
			if a.said() != "" {
				b.t.Error("answered:", a.said())
			}
			b.do("Context = 1 { " + b.term("Modify = ip/access/1", end{setup: "passive", remote: a.addr(), topo: late}) + ", " + b.term("Add = ip/core/$", end{setup: "active", remote: c.addr()}) + " }")
			b.wait(50 * ms)
		}, "est", "est", ""},
		{"F6 early, given up", Config{}, func(b *bench, a, c *peer) {
			c.listen()
			b.do("Context = $ { " + b.term("Add = ip/access/$", end{setup: "actpass", remote: a.addr()}) + " }")
			a.dial("access", 40000)
			b.wait(6 * time.Second) // the hold of the first SYN is over at 4 s
			if s := b.g.contexts[1].terms[0].seps[0]; s.held() || a.said() != "" {
				b.t.Error("still held, or answered:", a.said())
			}
			b.wait(1500 * ms) // the repetition at 7 s is held anew
			b.do("Context = 1 { " + b.term("Modify = ip/access/1", end{setup: "passive", remote: a.addr(), topo: late}) + ", " + b.term("Add = ip/core/$", end{setup: "active", remote: c.addr()}) + " }")
			b.wait(50 * ms)
		}, "est", "est", ""},
		{"F7 no SYN", Config{Timers: Timers{EstGuard: units.Duration(5 * time.Second)}}, func(b *bench, a, c *peer) {
			b.fwd(a, c, late)
			b.wait(6 * time.Second)
		}, "", "", "access tcpbcc/BNCChange EstFail timeout"},
		{"F8 RST", Config{}, func(b *bench, a, c *peer) {
			c.listen()
			b.fwd(a, c, late)
			a.dial("access", 40000)
			b.wait(100 * ms)
			c.conn.Abort(sim.Cause{Session: 1})
			b.wait(100 * ms)
		}, "est rst", "est", "core tcpbcc/BNCChange Rel reset"},
		{"F9 FIN", Config{}, func(b *bench, a, c *peer) {
			c.listen()
			b.fwd(a, c, late)
			a.dial("access", 40000)
			b.wait(100 * ms)
			a.say("last words")
			a.conn.CloseWrite(sim.Cause{Session: 1})
			b.wait(100 * ms)
			c.say("and an answer") // the other direction is still open
			b.wait(100 * ms)
			c.conn.CloseWrite(sim.Cause{Session: 1})
			b.wait(100 * ms)
			if string(c.got) != "last words" || string(a.got) != "and an answer" {
				b.t.Errorf("%q and %q came through", c.got, a.got)
			}
		}, "est fin", "est fin", "core tcpbcc/BNCChange Rel normal"},
		{"F10 no controller", Config{}, func(b *bench, a, c *peer) {
			c.listen()
			b.fwd(a, c, late)
			b.deaf = true
			a.dial("access", 40000)
			b.wait(100 * ms)
			a.say("still here")
			b.wait(60 * time.Second)
			if string(c.got) != "still here" {
				b.t.Errorf("%q came through", c.got)
			}
			b.deaf = false
			b.do("Context = 1 { Subtract = ip/access/1, Subtract = ip/core/2 }")
			b.wait(100 * ms)
		}, "est fin", "est fin", ""},
		{"F11 resources", Config{Ports: Ports{First: 40000, Last: 40000}}, func(b *bench, a, c *peer) {
			b.fwd(a, c, late)
			if got := b.stream(end{setup: "passive", remote: a.addr()}, end{setup: "active", remote: c.addr()}); got != "C2 Add ip/access/$ error 510" {
				b.t.Error(got)
			}
		}, "", "", ""},
		{"F12 unsupported", Config{}, func(b *bench, a, c *peer) {
			for what, want := range map[string]string{
				add("access", "TCP/MSRP", "passive", ""):                                    "error 515",
				add("access", "TCP", "sideways", ""):                                        "error 449",
				add("access", "TCP", "passive", ", Signals { nope/EstBNC { Stream = 1 } }"): "error 440",
			} {
				b.g.lastCtx = 0
				if got := b.do("Context = $ { " + what + " }"); got != "C1 Add ip/access/$ "+want {
					b.t.Errorf("%s\n got %s\nwant %s", what, got, want)
				}
			}
		}, "", "", ""},
		{"F13 bad address", Config{}, func(b *bench, a, c *peer) {
			if got := b.do("Context = $ { Add = ip/access/$ { Media { Stream = 1 { LocalControl { Mode = SendReceive }, Local { v=0\nc=IN IP4 nowhere\nm=message $ TCP -\na=setup:passive\n} } } } }"); got != "C1 Add ip/access/$ error 449" {
				b.t.Error(got)
			}
			b.fwd(a, c, late)
		}, "", "", ""},
		{"F13 port collision", Config{}, func(b *bench, a, c *peer) {
			b.fwd(a, c, late)
			port := func(address, port string) string {
				return b.do("Context = $ { Add = ip/access/$ { Media { Stream = 1 { LocalControl { Mode = SendReceive }, Local { v=0\nc=IN IP4 " + address + "\nm=message " + port + " TCP -\na=setup:passive\n} } } } }")
			}
			taken := port("$", "40000")
			elsewhere := port("192.0.2.99", "$")
			again := port("$", "$")
			if taken != "C2 Add ip/access/$ error 449" || elsewhere != "C3 Add ip/access/$ error 449" || strings.Contains(again, "error") {
				b.t.Errorf("%s; %s; with $: %s", taken, elsewhere, again)
			}
		}, "", "", ""},
		{"F14 crossing SYNs", Config{}, func(b *bench, a, c *peer) {
			b.fwd(a, c, late)
			a.dial("access", 40000)
			b.wait(1500 * time.Microsecond) // the gateway's SYN is on its way
			c.dial("core", 40000)
			b.wait(100 * ms)
			a.say("there")
			c.say("back")
			b.wait(100 * ms)
			if string(c.got) != "there" || string(a.got) != "back" {
				b.t.Errorf("%q and %q came through", c.got, a.got)
			}
		}, "est", "est", ""},
		{"F14 merge, both peers open", Config{}, func(b *bench, a, c *peer) {
			// Both peers open, and the gateway opens towards one of them as well: the crossing SYNs merge the two.
			b.fwd(a, c, late)
			a.dial("access", 40000)
			b.wait(1500 * time.Microsecond)
			c.dial("core", 40000)
			a.say("early")
			b.wait(100 * ms)
			if n := b.g.contexts[1].streams[0].sep[1].leg.Stream().Stats(); string(c.got) != "early" {
				b.t.Errorf("%q came through; %+v", c.got, n)
			}
		}, "est", "est", ""},
		{"merge", Config{}, func(b *bench, a, c *peer) {
			b.stream(end{setup: "passive", remote: a.addr()}, end{setup: "passive", remote: c.addr()})
			a.dial("access", 40000)
			b.wait(10 * ms)
			a.say("early")
			b.wait(100 * ms)
			c.dial("core", 40000)
			b.wait(100 * ms)
			if string(c.got) != "early" {
				b.t.Errorf("%q came through", c.got)
			}
		}, "est", "est", ""},
		{"merge, a leg dies first (E-30)", Config{}, func(b *bench, a, c *peer) {
			c.listen()
			b.stream(end{setup: "passive", remote: a.addr()}, end{setup: "passive", remote: c.addr()})
			a.dial("access", 40000)
			b.wait(10 * ms)
			a.conn.Abort(sim.Cause{Session: 1})
			b.wait(10 * ms)
			other := b.peer("core", 5001)
			other.dial("core", 40000)
			b.wait(100 * ms)
			if other.said() != "" {
				b.t.Error("the other leg came up:", other.said())
			}
		}, "est", "", "access tcpbcc/BNCChange Rel reset"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, c.cfg, ms)
			b.t = t
			a, far := b.peer("access", 5000), b.peer("core", 5001)
			c.play(b, a, far)
			if a.said() != c.a || far.said() != c.c {
				t.Errorf("access peer: %q, want %q; core peer: %q, want %q", a.said(), c.a, far.said(), c.c)
			}
			if b.notified() != c.told {
				t.Errorf("reported %q, want %q", b.notified(), c.told)
			}
		})
	}
}
