package mediagw

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// TestNothingIsLost draws TCP modes, the order and the distance in time in which the legs come up, and how two peers cut
// what they send into writes, before and after the legs are up, by readers that stop and go on. Whatever the order, each
// peer gets the other's octets, all of them and in their order, and the gateway holds no more than its buffers.
func TestNothingIsLost(t *testing.T) {
	runs := 150
	if testing.Short() {
		runs = 30
	}
	for seed := range runs {
		rnd := rand.New(rand.NewPCG(uint64(seed), 7))
		n := func(k int) int { return rnd.IntN(k) }
		gap := func() time.Duration { return time.Duration(n(40_000)) * time.Microsecond }
		b := newBench(t, Config{}, ms)
		a, c := b.peer("access", 5000), b.peer("core", 5001)
		ea, ec := end{setup: "passive", remote: a.addr()}, end{setup: "active", remote: c.addr()}
		mode := []string{"late", "early", "merge", "proxy"}[n(4)]
		switch mode {
		case "late":
			ea.topo = late
		case "early":
			ea.topo = "tcpest:in+early>*"
		case "merge":
			ec.setup = "passive"
		case "proxy":
			ec.more = estTCP
		}
		if mode != "merge" {
			c.listen().shy = true // the core peer comes to answer later
		}
		if got := b.stream(ea, ec); strings.Contains(got, "error") {
			t.Fatal(got)
		}
		first, second := func() { a.dial("access", 40000) }, func() {
			if mode == "merge" {
				c.dial("core", 40000)
			} else {
				c.shy = false
			}
		}
		if n(2) == 0 {
			first, second = second, first
		}
		text := func(who string) string {
			var w strings.Builder
			for i := range 500 + n(30_000) {
				fmt.Fprintf(&w, "%s%d ", who, i)
			}
			return w.String()
		}
		toSend := map[*peer]string{a: text("a"), c: text("c")}
		left := map[*peer]string{a: toSend[a], c: toSend[c]}
		sendSome := func(p *peer) {
			if p.conn == nil || left[p] == "" {
				return
			}
			m := min(1+n(50_000), len(left[p]))
			m = p.conn.Write(packet.PayloadOf([]byte(left[p][:m])), sim.Cause{Session: 1})
			left[p] = left[p][m:]
		}
		peak := 0
		step := func() {
			for _, p := range []*peer{a, c} {
				if n(2) == 0 {
					sendSome(p)
				}
				if n(4) == 0 {
					p.lazy = !p.lazy
					if !p.lazy {
						p.read()
					}
				}
			}
			b.wait(gap())
			for _, s := range b.g.contexts[1].streams[0].sep {
				if st := s.leg.Stream(); st != nil {
					peak = max(peak, s.leg.Readable())
				}
			}
		}
		b.wait(gap())
		first()
		for range n(20) {
			step()
		}
		second()
		for range 20 + n(40) {
			step()
		}
		for range 400 {
			a.lazy, c.lazy = false, false
			a.read()
			c.read()
			sendSome(a)
			sendSome(c)
			b.wait(50 * ms)
			if left[a] == "" && left[c] == "" && len(c.got) == len(toSend[a]) && len(a.got) == len(toSend[c]) {
				break
			}
		}
		if string(c.got) != toSend[a] || string(a.got) != toSend[c] {
			t.Fatalf("seed %d, %s: %d of %d octets came to the core peer, %d of %d to the access peer; in order: %v, %v", seed, mode,
				len(c.got), len(toSend[a]), len(a.got), len(toSend[c]), strings.HasPrefix(toSend[a], string(c.got)), strings.HasPrefix(toSend[c], string(a.got)))
		}
		if peak > 64<<10 {
			t.Errorf("seed %d, %s: the gateway held %d octets on a leg, more than mergeBuf", seed, mode, peak)
		}
	}
	t.Logf("%d runs", runs)
}

// TestBackPressure fills the gateway while the other leg is missing: the window closes, and nothing is dropped.
func TestBackPressure(t *testing.T) {
	b := newBench(t, Config{}, ms)
	a, c := b.peer("access", 5000), b.peer("core", 5001)
	b.stream(end{setup: "passive", remote: a.addr()}, end{setup: "passive", remote: c.addr()})
	a.dial("access", 40000)
	b.wait(10 * ms)
	text := strings.Repeat("0123456789", 30_000)
	a.say(text)
	b.wait(5 * time.Second)
	if held := b.g.contexts[1].streams[0].sep[0].leg.Readable(); held == 0 || held > 64<<10 {
		t.Errorf("%d octets are held", held)
	}
	c.dial("core", 40000)
	b.wait(10 * time.Second)
	if string(c.got) != text {
		t.Errorf("%d of %d octets came through", len(c.got), len(text))
	}
}

// established sets up a stream of mode fwd with both legs up.
func established(t *testing.T, cfg Config) (b *bench, a, c *peer) {
	t.Helper()
	b = newBench(t, cfg, ms)
	a, c = b.peer("access", 5000), b.peer("core", 5001).listen()
	b.fwd(a, c, late)
	a.dial("access", 40000)
	b.wait(100 * ms)
	if a.said() != "est" || c.said() != "est" {
		t.Fatalf("not up: %q, %q", a.said(), c.said())
	}
	return b, a, c
}

// TestReleaseRows plays rows of the release matrix that no event of the machine shows alone.
func TestReleaseRows(t *testing.T) {
	t.Run("R-12, R-13 Mode", func(t *testing.T) {
		b, a, c := established(t, Config{})
		b.do("Context = 1 { Modify = ip/access/1 { Media { Stream = 1 { LocalControl { Mode = Inactive } } } } }")
		text := strings.Repeat("0123456789", 30_000)
		a.say(text)
		b.wait(5 * time.Second)
		if len(c.got) != 0 || a.said() != "est" || c.said() != "est" {
			t.Errorf("%d octets came through an inactive stream; peers saw %q and %q", len(c.got), a.said(), c.said())
		}
		if w := b.g.contexts[1].streams[0].sep[0].leg.Readable(); w > 64<<10 {
			t.Errorf("%d octets are held", w)
		}
		b.do("Context = 1 { Modify = ip/access/1 { Media { Stream = 1 { LocalControl { Mode = SendReceive } } } } }")
		b.wait(70 * time.Second) // the peer probes the closed window at growing intervals
		if string(c.got) != text {
			t.Errorf("%d of %d octets came through", len(c.got), len(text))
		}
	})
	t.Run("R-12 each direction", func(t *testing.T) {
		b, a, c := established(t, Config{})
		b.do("Context = 1 { Modify = ip/access/1 { Media { Stream = 1 { LocalControl { Mode = SendOnly } } } } }")
		a.say("up")
		c.say("down")
		b.wait(100 * ms)
		if len(c.got) != 0 || string(a.got) != "down" {
			t.Errorf("%q and %q came through", c.got, a.got)
		}
	})
	t.Run("R-14 stream removed", func(t *testing.T) {
		b, a, c := established(t, Config{})
		a.say("last words")
		b.wait(10 * ms)
		if got := b.do("Context = 1 { Modify = ip/access/1 { Media { Stream = 1 { Local { } } } }, Modify = ip/core/2 { Media { Stream = 1 { Local { } } } } }"); got != "C1 Modify ip/access/1 Modify ip/core/2" {
			t.Error(got)
		}
		b.wait(100 * ms)
		if a.said() != "est fin" || c.said() != "est fin" || string(c.got) != "last words" {
			t.Errorf("peers saw %q and %q, %q came through", a.said(), c.said(), c.got)
		}
		a.conn.CloseWrite(sim.Cause{Session: 1})
		c.conn.CloseWrite(sim.Cause{Session: 1})
		b.wait(time.Second)
		if b.g.Contexts() != 1 || b.g.Ports() != 0 {
			t.Errorf("%d contexts, %d ports", b.g.Contexts(), b.g.Ports())
		}
		if got := b.do("Context = 1 { AuditValue = ip/access/1 { Audit { Statistics } } }"); !strings.HasSuffix(got, "nt/os=0 nt/or=10") {
			t.Error(got)
		}
	})
	t.Run("R-15 after Subtract", func(t *testing.T) {
		b, a, c := established(t, Config{})
		b.do("Context = 1 { Subtract = ip/access/1, Subtract = ip/core/2 }")
		a.conn.CloseWrite(sim.Cause{Session: 1}) // during linger: a normal close
		b.wait(5 * time.Second)                  // the core peer closes nothing: RST after relTimer
		if a.said() != "est fin" || c.said() != "est fin rst" {
			t.Errorf("peers saw %q and %q", a.said(), c.said())
		}
		if b.g.Ports() != 0 {
			t.Errorf("%d ports in use", b.g.Ports())
		}
	})
	t.Run("R-16 report meets subtraction", func(t *testing.T) {
		b, a, _ := established(t, Config{})
		b.deny = true
		a.conn.Abort(sim.Cause{Session: 1})
		b.wait(100 * ms)
		if b.notified() != "access tcpbcc/BNCChange Rel reset" {
			t.Error(b.notified())
		}
		if got := b.do("Context = 1 { Subtract = ip/access/1 { Audit { } }, Subtract = ip/core/2 { Audit { } } }"); got != "C1 Subtract ip/access/1 Subtract ip/core/2" {
			t.Error(got)
		}
		b.wait(3 * time.Second)
		if b.g.Ports() != 0 || b.g.Contexts() != 0 {
			t.Errorf("%d ports, %d contexts", b.g.Ports(), b.g.Contexts())
		}
	})
	t.Run("R-22 restart", func(t *testing.T) {
		b, a, c := established(t, Config{})
		b.g.Restart(0, sim.Cause{})
		b.wait(time.Second)
		if a.said() != "est rst" || c.said() != "est rst" || b.boots != 2 || b.notified() != "" || b.g.Contexts() != 0 || b.g.Ports() != 0 {
			t.Errorf("peers saw %q and %q, %d registrations, reports %q, %d contexts, %d ports", a.said(), c.said(), b.boots, b.notified(), b.g.Contexts(), b.g.Ports())
		}
	})
}

// TestNewConnection replaces a leg's connection (E-28): make before break, and the partner's stays.
func TestNewConnection(t *testing.T) {
	b, a, c := established(t, Config{})
	a.say("one ")
	b.wait(10 * ms)
	other := b.peer("access", 5002)
	// Not announced, another connection has no chance (E-28b, E-27).
	other.dial("access", 40000)
	b.wait(10 * ms)
	if other.said() != "" {
		t.Fatal("a connection that nobody announced came up:", other.said())
	}
	other.conn.Forget()
	b.do("Context = 1 { Modify = ip/access/1 { Media { Stream = 1 { " + remote(other) + " } } } }")
	a.say("two ")
	b.wait(10 * ms)
	other = b.peer("access", 5002)
	other.dial("access", 40000)
	b.wait(10 * ms)
	other.say("three")
	b.wait(100 * ms)
	if other.said() != "est" || a.said() != "est fin" || c.said() != "est" || !bytes.Equal(c.got, []byte("one two three")) {
		t.Errorf("the new peer saw %q, the old one %q, the partner %q and %q", other.said(), a.said(), c.said(), c.got)
	}
}

// TestPunch plays hole punching (spec reference §8.5): strictly active, a SYN every second, hpTimer, RST final or not.
func TestPunch(t *testing.T) {
	const punch = ", Signals { tcphp/punch { Stream = 1 } }"
	for _, c := range []struct {
		name string
		cfg  Config
		play func(b *bench, a *peer)
		a    string
		told string
		syns int // of the gateway
	}{
		{"meets the peer's SYN", Config{}, func(b *bench, a *peer) {
			a.dial("access", 40000) // on its way when the gateway's SYN leaves
			b.wait(time.Second)
		}, "est", "", 0},
		{"every second, hpTimer", Config{}, func(b *bench, a *peer) {
			a.listen().shy = true
			b.wait(12 * time.Second)
		}, "", "access tcpbcc/BNCChange EstFail timeout", 10},
		{"opens later", Config{}, func(b *bench, a *peer) {
			a.listen().shy = true
			b.wait(3500 * ms)
			a.shy = false
			b.wait(time.Second)
		}, "est", "", 5},
		{"RST is final", Config{}, func(b *bench, a *peer) {
			b.wait(1500 * ms)
			a.listen()
			b.wait(2 * time.Second)
		}, "", "access tcpbcc/BNCChange EstFail refused", 1},
		{"hp.retryOnRst", Config{HolePunch: HolePunch{RetryOnRST: true}}, func(b *bench, a *peer) {
			b.wait(1500 * ms)
			a.listen()
			b.wait(2 * time.Second)
		}, "est", "", 3},
		{"hp.retryOnRst, hpTimer", Config{HolePunch: HolePunch{RetryOnRST: true}}, func(b *bench, a *peer) {
			b.wait(15 * time.Second)
		}, "", "access tcpbcc/BNCChange EstFail refused", 10},
		{"no latch: another port does not match", Config{}, func(b *bench, a *peer) {
			a.listen().shy = true
			other := b.peer("access", 6000)
			b.wait(500 * ms)
			other.dial("access", 40000)
			b.wait(time.Second)
			if other.said() != "" {
				b.t.Error("a SYN from another port got", other.said())
			}
			a.shy = false
			b.wait(time.Second)
		}, "est", "", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, c.cfg, ms)
			a := b.peer("access", 5000)
			b.send("Transaction = 77 { Context = $ { " + b.term("Add = ip/access/$", end{setup: "active", remote: a.addr(), more: punch}) + " } }")
			b.wait(1500 * time.Microsecond)
			before := b.syns
			c.play(b, a)
			if a.said() != c.a || b.notified() != c.told {
				t.Errorf("the peer saw %q, want %q; reported %q, want %q", a.said(), c.a, b.notified(), c.told)
			}
			if got := b.syns - before + min(before, 1); c.syns != 0 && got != c.syns {
				t.Errorf("%d SYNs, want %d", got, c.syns)
			}
		})
	}
	// §8.5 step 6: the partner's SYN is held on; the controller has the endpoint wait at another port, and then merges.
	t.Run("x_keep, then merge", func(t *testing.T) {
		b := newBench(t, Config{}, ms)
		a, c := b.peer("access", 5000), b.peer("core", 5001)
		keep := strings.Replace(punch, "Stream = 1", "Stream = 1, x_keep = ON", 1)
		b.stream(end{setup: "active", remote: a.addr(), more: keep}, end{setup: "passive", remote: c.addr(), topo: "tcpest:in>*"})
		c.dial("core", 40000)
		a.dial("access", 40000) // too late for the punch, and too early for anything else
		b.wait(100 * ms)
		if b.notified() != "access tcpbcc/BNCChange EstFail refused" || c.said() != "" || a.said() != "" {
			t.Fatalf("reported %q; the partner saw %q, the peer %q", b.notified(), c.said(), a.said())
		}
		core := func(setup string) string {
			return "Modify = ip/core/2 { Media { Stream = 1 { LocalControl { seplink/x_topo = \"\" }, Local { v=0\nc=IN IP4 " + b.g.realms["core"].String() + "\nm=message 40000 TCP -\na=setup:" + setup + "\n} } } }"
		}
		latch := ", Signals { ipnapt/latch { Stream = 1, napt = LATCH } }"
		b.do("Context = 1 { " + core("actpass") + ", " + b.term("Modify = ip/access/1", end{setup: "passive", more: latch}) + " }")
		if b.port() != 40001 {
			t.Fatalf("at port %d", b.port())
		}
		a2 := b.peer("access", 5002)
		a2.dial("access", 40001)
		b.wait(100 * ms)
		if a2.said() != "" || c.said() != "" {
			t.Fatalf("too early: the peer saw %q, the partner %q", a2.said(), c.said())
		}
		b.do("Context = 1 { " + core("passive") + " }")
		b.wait(100 * ms)
		a2.say("hello")
		b.wait(100 * ms)
		if a2.said() != "est" || c.said() != "est" || string(c.got) != "hello" || len(b.reports) != 1 {
			t.Errorf("the partner saw %q, %q; reported %q", c.said(), c.got, b.notified())
		}
	})
	t.Run("x_keep, and the call ends", func(t *testing.T) {
		b := newBench(t, Config{}, ms)
		a, c := b.peer("access", 5000), b.peer("core", 5001)
		b.stream(end{setup: "active", remote: a.addr(), more: strings.Replace(punch, "Stream = 1", "Stream = 1, x_keep = ON", 1)}, end{setup: "passive", remote: c.addr(), topo: "tcpest:in>*"})
		c.dial("core", 40000)
		b.wait(100 * ms)
		b.do("Context = 1 { Subtract = ip/access/1, Subtract = ip/core/2 }")
		b.wait(100 * ms)
		if c.said() != "refused" {
			t.Errorf("the partner saw %q", c.said())
		}
	})
	t.Run("only an active SEP punches", func(t *testing.T) {
		b := newBench(t, Config{}, ms)
		if got := b.do("Context = $ { " + b.term("Add = ip/access/$", end{setup: "passive", more: punch}) + " }"); got != "C1 Add ip/access/$ error 449" {
			t.Error(got)
		}
	})
}
