package mediagw

import (
	"strings"
	"testing"
	"time"

	"imsim/nodes/protocol/stun"
)

const (
	iceOurs   = "gate"
	iceOurPwd = "passwordofthegateway22"
	iceTheirs = "full"
	iceLocal  = "passive\na=ice-ufrag:" + iceOurs + "\na=ice-pwd:" + iceOurPwd + "\na=ice-lite"
	iceAnswer = ", Signals { mgastuns/astuns { Stream = 1 } }"
)

// withICE is the address of a peer with its credentials.
func (p *peer) withICE() string {
	return p.addr() + " TCP -\na=ice-ufrag:" + iceTheirs + "\na=ice-pwd:passwordofthefullagent\na=x-rest:"
}

// check sends a check in a frame.
func (p *peer) check(pwd string, nominate bool) {
	m := stun.Message{Type: stun.Request, ID: stun.TransactionID{1}, Username: iceOurs + ":" + iceTheirs, Priority: 1, Role: stun.Controlling, UseCandidate: nominate}
	p.say(string(stun.AppendFrame(nil, m.Append(nil, []byte(pwd)))))
}

// frames takes what a peer has got apart: the codes of responses, 0 for success, and the octets of all else.
func (p *peer) frames(t *testing.T) (codes []int, data string) {
	b := p.got
	for {
		f, rest, ok := stun.CutFrame(b)
		if !ok {
			return codes, data
		}
		if m, err := stun.Parse(f); err == nil {
			codes = append(codes, m.Code)
			if m.Code == 0 && m.Mapped.String() != p.conn.Local().String() {
				t.Errorf("mapped %v, want %v", m.Mapped, p.conn.Local())
			}
		} else {
			data += string(f)
		}
		b = rest
	}
}

// TestICE plays ICE with a lite agent (RFC 6544, RFC 8445 §2.5; spec reference §8.6): the nominated connection is the endpoint's,
// others go, and the core leg opens with the nomination.
func TestICE(t *testing.T) {
	setUp := func(t *testing.T) (b *bench, a, c *peer) {
		b = newBench(t, Config{}, ms)
		a, c = b.peer("access", 5000), b.peer("core", 6000)
		b.stream(end{setup: iceLocal, remote: a.withICE(), topo: "tcpest:in>ip/core/2", more: iceAnswer}, end{setup: "active", remote: c.addr()})
		return b, a, c
	}
	t.Run("nominated", func(t *testing.T) {
		b, a, c := setUp(t)
		c.listen()
		other := b.peer("access", 5001)
		a.dial("access", 40000)
		other.dial("access", 40000)
		b.wait(10 * ms)
		a.check(iceOurPwd, false)
		other.check(iceOurPwd, false)
		b.wait(10 * ms)
		if c.said() != "" {
			t.Error("the core leg opened before anything was nominated")
		}
		a.check(iceOurPwd, true)
		b.wait(10 * ms)
		a.say(string(stun.AppendFrame(stun.AppendFrame(nil, []byte("hello ")), []byte("world"))))
		c.say("good morning")
		b.wait(10 * ms)
		codes, data := a.frames(t)
		if len(codes) != 2 || codes[0] != 0 || codes[1] != 0 || data != "good morning" || string(c.got) != "hello world" {
			t.Errorf("responses %v, data %q and %q", codes, data, c.got)
		}
		if other.said() != "est fin" || a.said() != "est" || c.said() != "est" {
			t.Errorf("the nominated peer saw %q, the other %q, the core %q", a.said(), other.said(), c.said())
		}
		late := b.peer("access", 5002)
		late.dial("access", 40000)
		a.check(iceOurPwd, false) // keeps being answered
		b.wait(10 * ms)
		if codes, _ := a.frames(t); len(codes) != 3 || late.said() != "" {
			t.Errorf("%v responses; a connection behind the nomination got %q", codes, late.said())
		}
	})
	t.Run("wrong password", func(t *testing.T) {
		b, a, c := setUp(t)
		c.listen()
		a.dial("access", 40000)
		b.wait(10 * ms)
		a.check("somebodyelsespassword22", true)
		b.wait(10 * ms)
		if codes, _ := a.frames(t); len(codes) != 1 || codes[0] != stun.Unauthenticated || c.said() != "" {
			t.Errorf("responses %v, core %q", codes, c.said())
		}
	})
	t.Run("RFC 6544 §7.2 something else than STUN", func(t *testing.T) {
		b, a, _ := setUp(t)
		a.dial("access", 40000)
		b.wait(10 * ms)
		a.say("\x00\x05MSRP ")
		b.wait(10 * ms)
		if a.said() != "est fin" {
			t.Error(a.said())
		}
	})
	t.Run("core refuses", func(t *testing.T) {
		b, a, _ := setUp(t)
		a.dial("access", 40000)
		b.wait(10 * ms)
		a.check(iceOurPwd, true)
		b.wait(10 * ms)
		if a.said() != "est rst" || b.notified() != "core tcpbcc/BNCChange EstFail refused" {
			t.Errorf("the peer saw %q; reported %q", a.said(), b.notified())
		}
	})
	t.Run("D4 before the order", func(t *testing.T) {
		b := newBench(t, Config{}, ms)
		a := b.peer("access", 5000)
		b.do("Context = $ { " + b.term("Add = ip/access/$", end{setup: iceLocal, remote: a.withICE()}) + " }")
		a.dial("access", 40000)
		b.wait(100 * ms)
		if a.said() != "" {
			t.Error("a SYN was answered before the order")
		}
		b.do("Context = 1 { " + b.term("Modify = ip/access/1", end{setup: iceLocal, remote: a.withICE(), more: iceAnswer}) + " }")
		b.wait(10 * ms)
		if a.said() != "est" {
			t.Errorf("the order left the SYN: %q", a.said())
		}
	})
	t.Run("subtracted meanwhile", func(t *testing.T) {
		b, a, _ := setUp(t)
		a.dial("access", 40000)
		b.wait(10 * ms)
		b.do("Context = 1 { Subtract = ip/access/1, Subtract = ip/core/2 }")
		b.wait(time.Second)
		if a.said() != "est rst" || b.g.Ports() != 0 {
			t.Errorf("the peer saw %q, %d ports are left", a.said(), b.g.Ports())
		}
	})
	t.Run("at most eight", func(t *testing.T) {
		b, _, _ := setUp(t)
		up := 0
		var all []*peer
		for i := range uint16(maxChecks + 2) {
			all = append(all, b.peer("access", 5100+i).dial("access", 40000))
			b.wait(10 * ms)
		}
		for _, p := range all {
			up += strings.Count(p.said(), "est")
		}
		if up != maxChecks {
			t.Errorf("%d connections, want %d", up, maxChecks)
		}
	})
	for _, c := range []struct{ name, setup, more, want string }{
		{"lite is passive", strings.Replace(iceLocal, "passive", "active", 1), "", "C1 Add ip/access/$ error 449"},
		{"an order without credentials", "passive", iceAnswer, "C1 Add ip/access/$ error 449"},
	} {
		b := newBench(t, Config{}, ms)
		if got := b.do("Context = $ { " + b.term("Add = ip/access/$", end{setup: c.setup, more: c.more}) + " }"); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}
