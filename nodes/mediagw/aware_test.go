package mediagw

import (
	"strings"
	"testing"
	"time"

	"imsim/sim"
)

// An aware gateway replaces the paths; what it has taken is delivered, in order and before the end of the direction, also to a
// peer that reads late, and a stream that is no MSRP ends.
func TestAware(t *testing.T) {
	setUp := func(t *testing.T) (b *bench, a, c *peer) {
		b = newBench(t, Config{Applications: []string{"msrp"}}, ms)
		a, c = b.peer("access", 5000), b.peer("core", 6000)
		c.listen()
		term := func(verb string, e end) string {
			return strings.ReplaceAll(b.term(verb, e), "TCP -", "TCP/MSRP *")
		}
		b.do("Context = $ { " +
			term("Add = ip/access/$", end{setup: "passive\na=path:msrp://gateway:1/x;tcp", remote: a.addr() + " TCP -\na=path:msrp://a:1/x;tcp\na=x-rest:", topo: "tcpest:in>ip/core/2"}) + ", " +
			term("Add = ip/core/$", end{setup: "active\na=path:msrp://gateway:2/y;tcp", remote: c.addr() + " TCP -\na=path:msrp://c:2/y;tcp\na=x-rest:"}) + " }")
		a.dial("access", 40000)
		b.wait(20 * ms)
		return b, a, c
	}
	message := func(to, from, body string) string {
		return "MSRP abcd SEND\r\nTo-Path: " + to + "\r\nFrom-Path: " + from + "\r\nMessage-ID: 1234\r\nContent-Type: text/plain\r\n\r\n" + body + "\r\n-------abcd$\r\n"
	}
	t.Run("all before the end", func(t *testing.T) {
		b, a, c := setUp(t)
		c.lazy = true
		want := ""
		for i := range 3000 {
			body := strings.Repeat("x", i%200)
			a.say(message("msrp://gateway:1/x;tcp", "msrp://a:1/x;tcp", body))
			want += message("msrp://c:2/y;tcp", "msrp://gateway:2/y;tcp", body)
		}
		a.conn.CloseWrite(sim.Cause{Session: 1})
		b.wait(5 * time.Second)
		c.lazy = false
		for range 400 {
			c.read()
			b.wait(20 * ms)
		}
		if string(c.got) != want {
			t.Errorf("%d octets of %d", len(c.got), len(want))
		}
		if c.said() != "est fin" {
			t.Error(c.said())
		}
	})
	t.Run("the other way", func(t *testing.T) {
		b, a, c := setUp(t)
		c.say(message("msrp://gateway:2/y;tcp", "msrp://c:2/y;tcp", "hello"))
		b.wait(20 * ms)
		if want := message("msrp://a:1/x;tcp", "msrp://gateway:1/x;tcp", "hello"); string(a.got) != want {
			t.Errorf("%q", a.got)
		}
	})
	t.Run("no MSRP", func(t *testing.T) {
		b, a, c := setUp(t)
		a.say("GET / HTTP/1.1\r\n\r\n")
		b.wait(20 * ms)
		if a.said() != "est rst" || c.said() != "est rst" || len(c.got) > 0 {
			t.Errorf("the peer saw %q, the other %q and %q", a.said(), c.said(), c.got)
		}
	})
}
