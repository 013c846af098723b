package mediagw

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imsim/internal/units"
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

func announced(now sim.Time, who string, it *h248.Item) string {
	s := it.Actions[0].Commands[0].Services
	code, _, _ := strings.Cut(s.Reason, " ")
	return fmt.Sprintf("%s %v %s %v", who, s.Method, code, time.Duration(now).Round(time.Second))
}

// standby is a second controller, on the core side.
type standby struct {
	b    *bench
	udp  *netem.UDPSocket
	deaf bool
	last *h248.Item // reply
	gw   packet.AddrPort
}

func (s *standby) Unreachable(*netem.UDPSocket, packet.AddrPort, sim.Cause) {}

func (s *standby) send(text string) {
	s.udp.Send(s.gw, packet.PayloadOf([]byte("MEGACO/2 ["+s.b.far.Addr(true).String()+"]:2944\n"+text)), sim.Cause{Session: 1})
}

// Datagram grants every request.
func (s *standby) Datagram(_ *netem.UDPSocket, from, _ packet.AddrPort, p packet.Payload, _ sim.Cause) {
	s.gw = from
	m, err := h248.Parse(p.Bytes())
	if err != nil {
		s.b.t.Fatal(err)
	}
	if it := &m.Items[0]; it.Kind == h248.Reply {
		s.last = it
	} else if it.Kind == h248.Request && !s.deaf {
		c := &it.Actions[0].Commands[0]
		if c.Verb == h248.ServiceChange {
			s.b.changes = append(s.b.changes, announced(s.b.k.Now(), "far", it))
		}
		s.send(fmt.Sprintf("Reply = %d { Context = %v { %v = %s } }", it.ID, it.Actions[0].Context, c.Verb, c.Termination))
	}
}

// dual is a gateway with two controllers, and a stream that is up.
func dual(t *testing.T, cfg Config) (b *bench, s *standby, a, c *peer) {
	t.Helper()
	cfg.H248.Secondary, cfg.H248.TMax = []string{"far"}, units.Duration(2*time.Second)
	b = newBench(t, cfg)
	s = &standby{b: b}
	var err error
	if s.udp, err = b.far.BindUDP(packet.AddrPort{Addr: b.far.Addr(true), Port: 2944}, s); err != nil {
		t.Fatal(err)
	}
	a, c = b.peer("access", 7000), b.peer("core", 7000).listen()
	b.fwd(a, c, late)
	a.dial("access", 40000)
	b.wait(100 * ms)
	b.changes = b.changes[1:]
	return b, s, a, c
}

const watch = "Context = - { Modify = ROOT { Events = 2 { it/ito { mit = 1000 } } } }"

// Rows of spec reference §7.5 at the gateway.
func TestSupervisionRows(t *testing.T) {
	t.Run("R-19 the controller is silent", func(t *testing.T) {
		b, _, a, _ := dual(t, Config{})
		b.do(watch)
		b.wait(9 * time.Second)
		b.do("Context = 1 { AuditValue = ip/access/1 { Audit { } } }") // at 9.1 s: it is not
		b.wait(9500 * ms)
		if len(b.reports) > 0 {
			t.Error("too early:", b.reports)
		}
		b.wait(21 * time.Second)
		// The answer to a report is a message, too.
		if got := b.notified(); got != "core it/ito, core it/ito, core it/ito" || a.said() != "est" {
			t.Error(got, a.said())
		}
	})
	t.Run("R-20 heartbeats", func(t *testing.T) {
		b, _, a, c := dual(t, Config{H248: H248Config{Heartbeat: true}})
		arm := func(term string) string {
			return "Modify = " + term + " { Events = 7 { tcpbcc/BNCChange { Stream = 1 }, hangterm/thb { timerx = 5 } } }"
		}
		b.do("Context = 1 { " + arm("ip/access/1") + ", " + arm("ip/core/2") + " }")
		b.wait(3 * time.Second)
		b.do("Context = 1 { " + arm("ip/core/2") + " }") // names one of them
		b.wait(2500 * ms)
		if got := b.notified(); got != "access hangterm/thb" {
			t.Error(got)
		}
		b.deny = true // Error 430: the gateway keeps the termination all the same
		b.wait(20 * time.Second)
		if got := b.notified(); strings.Count(got, "thb") != 9 || b.g.Contexts() != 1 || a.said() != "est" || c.said() != "est" {
			t.Error(got, b.g.Contexts(), a.said(), c.said())
		}
		b.do("Context = 1 { Subtract = * { Audit { } } }")
		b.reports = nil
		b.wait(20 * time.Second)
		if b.g.Contexts() != 0 || len(b.reports) > 0 || b.k.Next() != sim.Never && b.g.beatTimer.Armed() {
			t.Error(b.g.Contexts(), b.reports)
		}
	})
	t.Run("R-23 failover", func(t *testing.T) {
		b, s, a, c := dual(t, Config{})
		b.do(watch)
		b.deaf = true
		b.wait(15 * time.Second) // report at 10 s, lost at 12 s, given up at 14 s
		if got := strings.Join(b.changes, ", "); got != "far Failover 909 14s" {
			t.Error(got)
		}
		a.say("still here")
		b.wait(100 * ms)
		if string(c.got) != "still here" || a.said() != "est" || c.said() != "est" {
			t.Errorf("%q %q %q", c.got, a.said(), c.said())
		}
		// The new controller finds out what there is, and rules; the old one does not any more.
		s.send("Transaction = 1 { Context = * { AuditValue = * { Audit { } } } }")
		b.wait(100 * ms)
		if s.last == nil || len(s.last.Actions) != 1 || s.last.Actions[0].Context != 1 || len(s.last.Actions[0].Commands) != 2 {
			t.Fatalf("%+v", s.last)
		}
		b.deaf = false
		b.send("Transaction = 90 { Context = 1 { Subtract = * } }")
		b.wait(100 * ms)
		if b.reply == nil || b.reply.Error == nil || b.reply.Error.Code != h248.ErrBeforeServiceChange || b.g.Contexts() != 1 {
			t.Errorf("%+v", b.reply)
		}
		s.send("Transaction = 2 { Context = 1 { Subtract = * } }")
		b.wait(5 * time.Second)
		if b.g.Contexts() != 0 || a.said() != "est fin rst" {
			t.Error(b.g.Contexts(), a.said())
		}
	})
	t.Run("R-23 handoff", func(t *testing.T) {
		b, _, a, c := dual(t, Config{})
		far := "[" + b.far.Addr(true).String() + "]:2944"
		change := func(to string) string {
			return b.do("Context = - { ServiceChange = ROOT { Services { Method = HandOff, Reason = \"903 MGC Directed Change\", MgcIdToTry = " + to + " } } }")
		}
		if got := change("[192.0.2.99]:2944"); !strings.HasSuffix(got, "error 449") {
			t.Error(got)
		}
		change(far)
		b.wait(time.Second)
		if got := strings.Join(b.changes, ", "); got != "far HandOff 903 0s" || a.said() != "est" || c.said() != "est" {
			t.Error(got, a.said(), c.said())
		}
		b.send("Transaction = 90 { Context = 1 { Subtract = * } }")
		b.wait(100 * ms)
		if b.reply.Error == nil || b.reply.Error.Code != h248.ErrUnauthorizedEntity || b.g.Contexts() != 1 {
			t.Errorf("the controller before: %+v", b.reply)
		}
	})
	t.Run("R-23 reports wait for a controller", func(t *testing.T) {
		b, s, _, c := dual(t, Config{})
		s.deaf = true
		b.do(watch)
		b.deaf = true
		b.wait(13 * time.Second)
		c.conn.Abort(sim.Cause{Session: 1})
		b.wait(time.Second)
		b.deaf = false
		b.wait(20 * time.Second)
		if got := b.notified(); !strings.HasPrefix(got, "core tcpbcc/BNCChange Rel reset") {
			t.Error(got)
		}
	})
}

// TestServiceChange takes the gateway out of service and back, and down for a while.
func TestServiceChange(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(b *bench)
		want string // ServiceChanges
		a    string // what the access side sees
	}{
		{"forced", func(b *bench) { b.g.Leave(h248.Forced, 0, sim.Cause{}) }, "mgc Forced 905 0s", "est rst"},
		{"graceful", func(b *bench) { b.g.Leave(h248.Graceful, 0, sim.Cause{}) }, "mgc Graceful 905 0s", "est"},
		{"graceful with an end", func(b *bench) { b.g.Leave(h248.Graceful, 5*time.Second, sim.Cause{}) }, "mgc Graceful 905 0s, mgc Forced 905 5s", "est rst"},
		{"and back", func(b *bench) {
			b.g.Leave(h248.Graceful, 5*time.Second, sim.Cause{})
			b.wait(2 * time.Second)
			b.g.Return(sim.Cause{})
		}, "mgc Graceful 905 0s, mgc Restart 918 2s", "est"},
		{"forced, and back", func(b *bench) {
			b.g.Leave(h248.Forced, 0, sim.Cause{})
			b.wait(2 * time.Second)
			b.g.Return(sim.Cause{})
		}, "mgc Forced 905 0s, mgc Restart 900 2s", "est rst"},
		{"restart", func(b *bench) { b.g.Restart(0, sim.Cause{}) }, "mgc Restart 902 0s", "est rst"},
		{"restart, down for 3 s", func(b *bench) { b.g.Restart(3*time.Second, sim.Cause{}) }, "mgc Restart 902 3s", "est rst"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, _, a, _ := dual(t, Config{})
			c.do(b)
			b.wait(10 * time.Second)
			if got := strings.Join(b.changes, ", "); got != c.want || a.said() != c.a {
				t.Errorf("%q, access side %q; want %q, %q", got, a.said(), c.want, c.a)
			}
		})
	}
}

// The wait before a restart is announced is a random part of MWD: of many gateways, none waits longer, and they spread.
func TestRestartAvalanche(t *testing.T) {
	const mwd = 10 * time.Second
	var least, most time.Duration = mwd, 0
	for seed := range uint64(50) {
		g := &Gateway{cfg: Config{H248: H248Config{MWD: units.Duration(mwd)}}, mwd: sim.New(sim.Config{Seed: seed}).Rand("agw.mwd")}
		d := g.wait()
		least, most = min(least, d), max(most, d)
		if d < 0 || d > mwd {
			t.Fatal(d)
		}
	}
	if least > time.Second || most < 9*time.Second {
		t.Errorf("from %v to %v", least, most)
	}
}

// TestAudit asks for descriptors (H.248.1 §7.2.5).
func TestAudit(t *testing.T) {
	b, _, a, _ := dual(t, Config{H248: H248Config{Heartbeat: true}})
	b.do("Context = 1 { Modify = ip/access/1 { Events = 9 { tcpbcc/BNCChange { Stream = 1 }, hangterm/thb { timerx = 300 } } } }")
	for _, c := range [][2]string{
		{"Context = 1 { AuditValue = ip/access/1 { Audit { } } }", "C1 AuditValue ip/access/1"},
		{"Context = 1 { AuditValue = * { Audit { Statistics } } }", "C1 AuditValue ip/access/1 nt/dur= nt/os=0 nt/or=0 AuditValue ip/core/2 nt/dur= nt/os=0 nt/or=0"},
		{"Context = * { AuditValue = * { Audit { } } }", "C1 AuditValue ip/access/1 AuditValue ip/core/2"},
		{"Context = 1 { AuditValue = ip/moon/* { Audit { } } }", "C1 AuditValue ip/moon/* error 430"},
		{"Context = * { Subtract = * }", "C4294967295 error 501"},
		{"Context = - { AuditValue = ROOT { Audit { Packages } } }", "C0 AuditValue ROOT"},
		{"Context = - { Modify = ROOT { Signals { } } }", "C0 Modify ROOT error 447"},
	} {
		got := b.do(c[0])
		if i := strings.Index(got, "nt/dur="); i >= 0 {
			for j, w := range strings.Fields(got) {
				if strings.HasPrefix(w, "nt/dur=") {
					f := strings.Fields(got)
					f[j] = "nt/dur="
					got = strings.Join(f, " ")
				}
			}
		}
		if got != c[1] {
			t.Errorf("%s\n got %s\nwant %s", c[0], got, c[1])
		}
	}
	b.do("Context = 1 { AuditValue = ip/access/1 { Audit { Media, Events } } }")
	r := &b.reply.Actions[0].Commands[0]
	if r.Media == nil || !strings.Contains(string(r.Media.Streams[0].Remote), "message 7000 TCP") || !strings.Contains(string(r.Media.Streams[0].Local), "a=setup:passive") ||
		r.Media.Streams[0].Control.Mode != h248.SendReceive || r.Events == nil || r.Events.ID != 9 || len(r.Events.List) != 2 {
		t.Errorf("%+v %+v %s", r.Media, r.Events, a.addr())
	}
	b.do("Context = - { AuditValue = ROOT { Audit { Packages } } }")
	if p := b.reply.Actions[0].Commands[0].Packages; p == nil || len(p.List) < 10 {
		t.Errorf("%+v", p)
	}
	b.do("Context = 1 { Subtract = * { Audit { } } }")
	if got := b.do("Context = * { AuditValue = * { Audit { } } }"); got != "C4294967295 error 431" {
		t.Error(got)
	}
}
