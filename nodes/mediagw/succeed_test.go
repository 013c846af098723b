package mediagw

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"imsim/internal/units"
	"imsim/sim"
)

// remote is a Remote descriptor.
func remote(p *peer) string {
	return "Remote { v=0\nc=IN IP4 " + p.local.Addr.String() + "\nm=message " + itoa(int(p.local.Port)) + " TCP -\n}"
}

// port is the port of the last Local in the reply.
func (b *bench) port() uint16 {
	a := b.reply.Actions[0]
	_, s, _ := strings.Cut(string(a.Commands[len(a.Commands)-1].Media.Streams[0].Local), "m=message ")
	var n uint16
	fmt.Sscan(s, &n)
	return n
}

// both asks for a successor on either side, and returns the ports.
func (b *bench) both(access, core end) (pa, pc uint16) {
	b.do("Context = 1 { " + b.term("Modify = ip/core/2", core) + " }")
	pc = b.port()
	b.do("Context = 1 { " + b.term("Modify = ip/access/1", access) + " }")
	return b.port(), pc
}

// TestSuccessor replaces both connections of a stream (RFC 4145 §5, spec reference §2.11 fwd/modification).
func TestSuccessor(t *testing.T) {
	type legs struct{ a, c, a2, c2 *peer }
	prepare := func(t *testing.T, cfg Config) (*bench, *legs) {
		b, a, c := established(t, cfg)
		l := &legs{a, c, b.peer("access", 5002), b.peer("core", 5003).listen()}
		a.say("one ")
		b.wait(10 * ms)
		return b, l
	}
	renew := func(b *bench, l *legs) (uint16, uint16) {
		pa, pc := b.both(end{setup: "passive", remote: l.a2.addr(), topo: late}, end{setup: "active", remote: l.c2.addr()})
		if pa == 40000 || pc == 40000 {
			b.t.Fatalf("ports %d and %d", pa, pc)
		}
		return pa, pc
	}
	t.Run("make before break", func(t *testing.T) {
		b, l := prepare(t, Config{})
		pa, _ := renew(b, l)
		l.a.say("two ") // the old one goes on until the new one is through
		b.wait(10 * ms)
		l.a2.dial("access", pa)
		b.wait(10 * ms)
		l.a2.say("three ")
		l.c2.say("down")
		b.wait(100 * ms)
		if l.a.said() != "est fin" || l.c.said() != "est fin" || l.a2.said() != "est" || l.c2.said() != "est" {
			t.Errorf("old peers saw %q and %q, new ones %q and %q", l.a.said(), l.c.said(), l.a2.said(), l.c2.said())
		}
		if string(l.c.got) != "one two " || string(l.c2.got) != "three " || string(l.a2.got) != "down" {
			t.Errorf("came through: %q, %q, %q", l.c.got, l.c2.got, l.a2.got)
		}
		l.a.conn.CloseWrite(sim.Cause{Session: 1})
		l.c.conn.CloseWrite(sim.Cause{Session: 1})
		b.wait(time.Second)
		if b.g.Ports() != 2 || b.notified() != "" {
			t.Errorf("%d ports, reports %q", b.g.Ports(), b.notified())
		}
		if got := b.do("Context = 1 { Subtract = ip/access/1, Subtract = ip/core/2 }"); !strings.Contains(got, "nt/os=4 nt/or=14 Subtract ip/core/2") {
			t.Error(got)
		}
		b.wait(5 * time.Second)
		if b.g.Ports() != 0 || b.g.Contexts() != 0 {
			t.Errorf("%d ports, %d contexts", b.g.Ports(), b.g.Contexts())
		}
	})
	t.Run("roles swap", func(t *testing.T) {
		b, l := prepare(t, Config{})
		l.a2.listen()
		_, pc := b.both(end{setup: "active", remote: l.a2.addr()}, end{setup: "passive", remote: l.c2.addr(), topo: late})
		l.c2.host.Unlisten(l.c2.local)
		l.c2.dial("core", pc)
		b.wait(100 * ms)
		if l.a2.said() != "est" || l.c2.said() != "est" || l.a.said() != "est fin" {
			t.Errorf("new peers saw %q and %q, the old one %q", l.a2.said(), l.c2.said(), l.a.said())
		}
	})
	t.Run("given back", func(t *testing.T) {
		b, l := prepare(t, Config{})
		b.do("Context = 1 { " + b.term("Modify = ip/core/2", end{setup: "active"}) + " }")
		if b.g.Ports() != 3 {
			t.Errorf("%d ports", b.g.Ports())
		}
		back := "Context = 1 { Modify = ip/core/2 { Media { Stream = 1 { Local { v=0\nc=IN IP4 " + b.g.realms["core"].String() + "\nm=message 40000 TCP -\na=setup:active\n}, " + remote(l.c) + " } } } }"
		if got := b.do(back); got != "C1 Modify ip/core/2" {
			t.Error(got)
		}
		l.a.say("two ")
		b.wait(100 * ms)
		if b.g.Ports() != 2 || string(l.c.got) != "one two " || l.a.said() != "est" || l.c.said() != "est" {
			t.Errorf("%d ports; %q came through; peers saw %q and %q", b.g.Ports(), l.c.got, l.a.said(), l.c.said())
		}
		pa, _ := renew(b, l) // and another attempt succeeds
		l.a2.dial("access", pa)
		b.wait(100 * ms)
		if l.a2.said() != "est" || l.c2.said() != "est" || l.a.said() != "est fin" {
			t.Errorf("new peers saw %q and %q, the old one %q", l.a2.said(), l.c2.said(), l.a.said())
		}
	})
	t.Run("fails, the old one stays", func(t *testing.T) {
		b, l := prepare(t, Config{})
		l.c2.host.Unlisten(l.c2.local)
		pa, _ := renew(b, l)
		l.a2.dial("access", pa)
		b.wait(time.Second)
		l.a.say("two ")
		b.wait(100 * ms)
		if l.a2.said() != "refused" || l.a.said() != "est" || string(l.c.got) != "one two " || b.notified() != "" {
			t.Errorf("the new peer saw %q, the old one %q; %q came through, reports %q", l.a2.said(), l.a.said(), l.c.got, b.notified())
		}
		l.a.conn.Abort(sim.Cause{Session: 1}) // now there is nothing left
		b.wait(100 * ms)
		if b.notified() != "access tcpbcc/BNCChange Rel reset" {
			t.Errorf("reports %q", b.notified())
		}
	})
	t.Run("the old one dies first", func(t *testing.T) {
		b, l := prepare(t, Config{})
		pa, _ := renew(b, l)
		l.a.conn.Abort(sim.Cause{Session: 1})
		b.wait(100 * ms)
		l.a2.dial("access", pa)
		b.wait(100 * ms)
		if l.a2.said() != "est" || l.c2.said() != "est" || b.notified() != "" {
			t.Errorf("new peers saw %q and %q, reports %q", l.a2.said(), l.c2.said(), b.notified())
		}
	})
	t.Run("holdconn ends the old one", func(t *testing.T) {
		b, l := prepare(t, Config{})
		b.both(end{setup: "holdconn", remote: l.a2.addr()}, end{setup: "holdconn", remote: l.c2.addr()})
		b.wait(100 * ms)
		if l.a.said() != "est fin" || l.c.said() != "est fin" {
			t.Errorf("peers saw %q and %q", l.a.said(), l.c.said())
		}
	})
	for _, when := range []string{"one side asked", "both asked", "half up"} {
		t.Run("subtracted, "+when, func(t *testing.T) {
			b, l := prepare(t, Config{})
			switch when {
			case "one side asked":
				b.do("Context = 1 { " + b.term("Modify = ip/core/2", end{setup: "active"}) + " }")
			case "both asked":
				renew(b, l)
			case "half up":
				l.c2.shy = true
				pa, _ := renew(b, l)
				l.a2.dial("access", pa)
				b.wait(10 * ms)
			}
			b.do("Context = 1 { Subtract = ip/access/1, Subtract = ip/core/2 }")
			b.wait(5 * time.Second)
			if b.g.Ports() != 0 || b.g.Contexts() != 0 {
				t.Errorf("%d ports, %d contexts", b.g.Ports(), b.g.Contexts())
			}
			if !strings.HasPrefix(l.a.said(), "est fin") {
				t.Errorf("the old peer saw %q", l.a.said())
			}
		})
	}
	t.Run("inactive meanwhile", func(t *testing.T) {
		b, l := prepare(t, Config{})
		renew(b, l)
		mode := func(m string) {
			b.do("Context = 1 { Modify = ip/access/1 { Media { Stream = 1 { LocalControl { Mode = " + m + " } } } } }")
		}
		mode("Inactive")
		l.a.say("two ")
		b.wait(100 * ms)
		if string(l.c.got) != "one " {
			t.Errorf("%q came through an inactive stream", l.c.got)
		}
		mode("SendReceive")
		b.wait(100 * ms)
		if string(l.c.got) != "one two " {
			t.Errorf("%q came through", l.c.got)
		}
	})
	t.Run("restart", func(t *testing.T) {
		b, l := prepare(t, Config{})
		renew(b, l)
		b.g.Restart(0, sim.Cause{})
		b.wait(time.Second)
		if l.a.said() != "est rst" || l.c.said() != "est rst" || b.g.Ports() != 0 {
			t.Errorf("peers saw %q and %q, %d ports", l.a.said(), l.c.said(), b.g.Ports())
		}
	})
}

// TestSecondStream adds a stream to a context and takes the first one out: they do not concern each other.
func TestSecondStream(t *testing.T) {
	b, a, c := established(t, Config{})
	a2, c2 := b.peer("access", 5002), b.peer("core", 5003).listen()
	second := func(command string, e end) string {
		return strings.ReplaceAll(b.term(command, e), "Stream = 1", "Stream = 2")
	}
	b.do("Context = 1 { " + second("Modify = ip/core/2", end{setup: "active", remote: c2.addr()}) + ", " + second("Modify = ip/access/1", end{setup: "passive", remote: a2.addr(), topo: late}) + " }")
	a2.dial("access", b.port())
	b.wait(100 * ms)
	a.say("first")
	a2.say("second")
	b.wait(100 * ms)
	b.do("Context = 1 { Modify = ip/access/1 { Media { Stream = 1 { Local { } } } }, Modify = ip/core/2 { Media { Stream = 1 { Local { } } } } }")
	b.wait(100 * ms)
	a2.say(" stream")
	b.wait(100 * ms)
	if a.said() != "est fin" || c.said() != "est fin" || a2.said() != "est" || c2.said() != "est" || string(c.got) != "first" || string(c2.got) != "second stream" {
		t.Errorf("the first saw %q and %q, the second %q and %q; %q and %q came through", a.said(), c.said(), a2.said(), c2.said(), c.got, c2.got)
	}
	a2.conn.Abort(sim.Cause{Session: 1})
	b.wait(100 * ms)
	if c2.said() != "est rst" || b.notified() != "access tcpbcc/BNCChange Rel reset" && b.notified() != "" {
		t.Errorf("the second peer saw %q, reports %q", c2.said(), b.notified())
	}
}

// TestSuccessorsLoseNothing renews a stream again and again while both sides send: whatever was sent before its connection's
// last octet was acknowledged arrives once, in order, on the connection that it was sent on.
func TestSuccessorsLoseNothing(t *testing.T) {
	runs := 40
	if testing.Short() {
		runs = 8
	}
	for seed := range runs {
		rnd := rand.New(rand.NewPCG(uint64(seed), 9))
		b, a, c := established(t, Config{})
		var sent, got bytes.Buffer
		for k := range 4 {
			for i := range 1 + rnd.IntN(40) {
				text := strings.Repeat(fmt.Sprintf("%d.%d ", k, i), 1+rnd.IntN(200))
				if a.conn.WriteSpace() < len(text) {
					break
				}
				a.say(text)
				sent.WriteString(text)
				b.wait(time.Duration(rnd.IntN(4000)) * time.Microsecond)
			}
			a2, c2 := b.peer("access", uint16(6000+k)), b.peer("core", uint16(7000+k)).listen()
			pa, _ := b.both(end{setup: "passive", remote: a2.addr(), topo: late}, end{setup: "active", remote: c2.addr()})
			b.wait(200 * ms) // a sender that wants nothing lost has its octets acknowledged
			a2.dial("access", pa)
			b.wait(time.Duration(10+rnd.IntN(50)) * ms)
			a.conn.CloseWrite(sim.Cause{Session: 1})
			c.conn.CloseWrite(sim.Cause{Session: 1})
			b.wait(100 * ms)
			got.Write(c.got)
			if a2.said() != "est" || c2.said() != "est" || !strings.HasPrefix(a.said(), "est fin") {
				t.Fatalf("seed %d, %d: new peers saw %q and %q, the old one %q", seed, k, a2.said(), c2.said(), a.said())
			}
			a, c = a2, c2
		}
		if got.String() != sent.String() {
			t.Fatalf("seed %d: %d of %d octets", seed, got.Len(), sent.Len())
		}
		if b.g.Ports() != 2 {
			t.Errorf("seed %d: %d ports in use", seed, b.g.Ports())
		}
	}
}

// TestRelayLinger moves a relayed stream to new remote addresses (spec reference §2.11 relay/modification): the new
// connection passes, the old one goes on for relayLinger and not longer.
func TestRelayLinger(t *testing.T) {
	for linger, is := range map[time.Duration]time.Duration{0: 30 * time.Second, 10 * time.Second: 10 * time.Second} {
		relayLinger(t, linger, is)
	}
}

func relayLinger(t *testing.T, linger, is time.Duration) {
	t.Helper()
	b := newBench(t, Config{Timers: Timers{RelayLinger: units.Duration(linger)}}, ms)
	a, c := b.peer("access", 5000), b.peer("core", 5001).listen()
	b.stream(end{remote: a.addr()}, end{remote: c.addr()})
	a.dial("access", 40000)
	b.wait(10 * ms)
	a2, c2 := b.peer("access", 5002), b.peer("core", 5003).listen()
	b.do("Context = 1 { Modify = ip/core/2 { Media { Stream = 1 { " + remote(c2) + " } } }, Modify = ip/access/1 { Media { Stream = 1 { " + remote(a2) + " } } } }")
	a2.dial("access", 40000)
	b.wait(10 * ms)
	a.say("old")
	a2.say("new")
	c.say("old back")
	b.wait(10 * ms)
	if string(c.got) != "old" || string(c2.got) != "new" || string(a.got) != "old back" || a2.said() != "est" {
		t.Errorf("%q, %q and %q came through; the new peer saw %q", c.got, c2.got, a.got, a2.said())
	}
	b.wait(is - 100*ms)
	a.say(" in time")
	b.wait(100 * ms)
	a.say(" late")
	a2.say(" still")
	b.wait(10 * ms)
	if string(c.got) != "old in time" || string(c2.got) != "new still" {
		t.Errorf("%q and %q came through", c.got, c2.got)
	}
}
