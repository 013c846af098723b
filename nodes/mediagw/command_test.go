package mediagw

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/internal/units"
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// bench is a gateway between two links, and a controller that is nothing but a socket.
type bench struct {
	t     *testing.T
	k     *sim.Kernel
	g     *Gateway
	host  *netem.Host // the controller's, on the access link
	udp   *netem.UDPSocket
	far   *netem.Host // on the core link
	reply *h248.Item
	last  h248.TransactionID

	reports []string
	changes []string // ServiceChanges, as "controller method code at time"
	boots   int
	syns    int  // that the gateway has sent
	deaf    bool // hears nothing
	deny    bool // reports are answered with Error 411
}

func newBench(t *testing.T, cfg Config, delay ...time.Duration) *bench {
	t.Helper()
	b := &bench{t: t, k: sim.New(sim.Config{Seed: 1})}
	n := netem.New(b.k, netem.Config{})
	b.host = n.AddHost("mgc")
	mg, far := n.AddHost("agw"), n.AddHost("far")
	b.far = far
	router := n.AddRouter("r")
	if _, _, err := n.Connect(far, router, netem.LinkConfig{}); err != nil {
		t.Fatal(err)
	}
	link := func(name string, to netem.Node) {
		d := netem.DirectionConfig{Delay: slices.Max(append(delay, 0))}
		if _, _, err := n.Connect(to, mg, netem.LinkConfig{AName: name, BName: name, AtoB: d, BtoA: d}); err != nil {
			t.Fatal(err)
		}
	}
	link("l1", b.host)
	link("l2", router)
	if err := n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	mg.AddRoute(netip.MustParsePrefix("203.0.113.0/24"), mg.Interface("l2")) // to where the router knows no way
	for _, i := range mg.Interfaces() {
		i.AddTap(func(out bool, p *packet.Packet) {
			if out && p.Proto == packet.TCP && p.TCP.Flags&(packet.SYN|packet.ACK) == packet.SYN {
				b.syns++
			}
		})
	}
	cfg.Controller, cfg.Costs.Message = "mgc", new(units.Duration)
	cfg.Realms = map[string]string{"access": "l1", "core": "l2"}
	env := &nodes.Env{
		K: b.k, Net: n, Obs: nodes.Unobserved{}, Ready: func(sim.Cause) {},
		Addr: func(string) packet.AddrPort { return packet.AddrPort{Addr: b.host.Addr(true), Port: 5060} },
	}
	var err error
	if b.g, err = New(env, mg, cfg, 0); err != nil {
		t.Fatal(err)
	}
	if b.udp, err = b.host.BindUDP(packet.AddrPort{Addr: b.host.Addr(true), Port: 2944}, b); err != nil {
		t.Fatal(err)
	}
	b.g.Start(sim.Cause{})
	if err := b.k.Run(sim.Time(10 * time.Millisecond)); err != nil || !b.g.Settled() {
		t.Fatal("no association", err)
	}
	return b
}

// Datagram takes the gateway's messages.
func (b *bench) Datagram(_ *netem.UDPSocket, _, _ packet.AddrPort, p packet.Payload, _ sim.Cause) {
	if b.deaf {
		return
	}
	m, err := h248.Parse(p.Bytes())
	if err != nil {
		b.t.Fatal(err)
	}
	for i := range m.Items {
		switch it := &m.Items[i]; {
		case it.Kind == h248.Reply:
			b.reply = it
		case it.Kind == h248.Request && it.Actions[0].Commands[0].Verb == h248.ServiceChange:
			b.boots++
			b.changes = append(b.changes, announced(b.k.Now(), "mgc", it))
			b.send("Reply = " + itoa(int(it.ID)) + " { Context = - { ServiceChange = ROOT { Services { Version = 3, Profile = simiq/1 } } } }")
		case it.Kind == h248.Request && it.Actions[0].Commands[0].Verb == h248.Notify:
			c := &it.Actions[0].Commands[0]
			b.report(c)
			what := "Notify = " + string(c.Termination)
			if b.deny {
				what += " { Error = 430 { \"Unknown TerminationID\" } }"
			}
			b.send("Reply = " + itoa(int(it.ID)) + " { Context = " + it.Actions[0].Context.String() + " { " + what + " } }")
		}
	}
}

// Unreachable does nothing.
func (b *bench) Unreachable(*netem.UDPSocket, packet.AddrPort, sim.Cause) {}

func (b *bench) send(text string) {
	b.t.Helper()
	text = "MEGACO/3 [" + b.host.Addr(true).String() + "]:2944\n" + text
	if _, err := h248.Parse([]byte(text)); err != nil {
		b.t.Fatalf("%v in\n%s", err, text)
	}
	b.udp.Send(packet.AddrPort{Addr: b.g.Addr, Port: 2944}, packet.PayloadOf([]byte(text)), sim.Cause{Session: 1})
}

// do has the gateway execute one request in text and returns its reply, as a line.
func (b *bench) do(actions string) string {
	b.t.Helper()
	b.last++
	b.reply = nil
	b.send("Transaction = " + itoa(int(b.last)) + " {" + actions + "}")
	if err := b.k.Run(b.k.Now().Add(10 * time.Millisecond)); err != nil {
		b.t.Fatal(err)
	}
	if b.reply == nil {
		b.t.Fatal("no reply")
	}
	var w []string
	for _, a := range b.reply.Actions {
		w = append(w, "C"+itoa(int(a.Context)))
		if a.Error != nil {
			w = append(w, "error", itoa(int(a.Error.Code)))
		}
		for _, c := range a.Commands {
			w = append(w, c.Verb.String(), string(c.Termination))
			if c.Error != nil {
				w = append(w, "error", itoa(int(c.Error.Code)))
			}
			if c.Statistics != nil {
				for _, p := range c.Statistics.List {
					w = append(w, p.Name+"="+p.Value.Text)
				}
			}
		}
	}
	return strings.Join(w, " ")
}

// media is a Media descriptor of one TCP stream.
func media(proto, setup string) string {
	return "Media { Stream = 1 { LocalControl { Mode = SendReceive }, Local { v=0\nc=IN IP4 $\nm=message $ " + proto + " *\na=setup:" + setup + "\n} } }"
}

func add(realm, proto, setup, more string) string {
	return "Add = ip/" + realm + "/$ { " + media(proto, setup) + more + " }"
}

const estTCP = ", Signals { tcpbcc/EstBNC { Stream = 1 } }"

// TestCommands runs sequences of transactions; each line is one and the reply that it must get.
func TestCommands(t *testing.T) {
	for _, c := range []struct {
		name  string
		cfg   Config
		steps [][2]string
		ports int // in use at the end
		ctx   int // contexts at the end
	}{
		{name: "unknown context", steps: [][2]string{
			{"Context = 7 { Subtract = ip/access/1 }", "C7 error 411"},
		}},
		{name: "unknown termination", ports: 1, ctx: 1, steps: [][2]string{
			{"Context = $ { " + add("access", "TCP", "passive", "") + " }", "C1 Add ip/access/1"},
			{"Context = 1 { Subtract = ip/access/9 }", "C1 Subtract ip/access/9 error 430"},
			{"Context = 1 { Modify = ip/core/1 { " + media("TCP", "active") + " } }", "C1 Modify ip/core/1 error 430"},
		}},
		{name: "unknown realm", steps: [][2]string{
			{"Context = $ { " + add("moon", "TCP", "passive", "") + " }", "C1 Add ip/moon/$ error 430"},
		}},
		{name: "too many terminations", ports: 2, ctx: 1, steps: [][2]string{
			{"Context = $ { " + add("access", "TCP", "passive", "") + ", " + add("core", "TCP", "active", "") + " }", "C1 Add ip/access/1 Add ip/core/2"},
			{"Context = 1 { " + add("core", "TCP", "active", "") + " }", "C1 Add ip/core/$ error 434"},
		}},
		{name: "port exhaustion", cfg: Config{Ports: Ports{First: 40000, Last: 40000}}, ports: 1, ctx: 1, steps: [][2]string{
			{"Context = $ { " + add("access", "TCP", "passive", "") + " }", "C1 Add ip/access/1"},
			{"Context = $ { " + add("access", "TCP", "passive", "") + " }", "C2 Add ip/access/$ error 510"},
			{"Context = 1 { Subtract = ip/access/1 { Audit { } } }", "C1 Subtract ip/access/1"},
			{"Context = $ { " + add("access", "TCP", "passive", "") + " }", "C3 Add ip/access/3"},
		}},
		{name: "unsupported media", steps: [][2]string{
			{"Context = $ { " + add("access", "TCP/TLS/MSRP", "passive", "") + " }", "C1 Add ip/access/$ error 515"},
			{"Context = $ { " + add("access", "UDP/TLS/RTP/SAVP", "passive", "") + " }", "C2 Add ip/access/$ error 515"},
		}},
		{name: "EstBNC on a passive SEP", ports: 1, ctx: 1, steps: [][2]string{
			{"Context = $ { " + add("core", "TCP", "passive", estTCP) + " }", "C1 Add ip/core/$ error 449"},
			{"Context = $ { " + add("core", "TCP", "active", estTCP) + " }", "C2 Add ip/core/2"},
		}},
		{name: "missing local", steps: [][2]string{
			{"Context = $ { Add = ip/access/$ { Media { Stream = 1 { LocalControl { Mode = SendReceive } } } } }", "C1 Add ip/access/$ error 441"},
		}},
		{name: "statistics", steps: [][2]string{
			{"Context = $ { " + add("access", "TCP", "passive", "") + ", " + add("core", "TCP", "active", "") + " }", "C1 Add ip/access/1 Add ip/core/2"},
			{"Context = 1 { AuditValue = ip/access/1 { Audit { Statistics } } }", "C1 AuditValue ip/access/1 nt/dur=10 nt/os=0 nt/or=0"},
			{"Context = 1 { Subtract = ip/access/1, Subtract = ip/core/2 { Audit { } } }", "C1 Subtract ip/access/1 nt/dur=20 nt/os=0 nt/or=0 Subtract ip/core/2"},
		}},
		{name: "one by one", steps: [][2]string{
			{"Context = $ { " + add("access", "TCP", "passive", "") + ", " + add("core", "TCP", "active", "") + " }", "C1 Add ip/access/1 Add ip/core/2"},
			{"Context = 1 { Subtract = ip/access/1 { Audit { } } }", "C1 Subtract ip/access/1"},
			{"Context = 1 { Subtract = ip/core/2 { Audit { } } }", "C1 Subtract ip/core/2"},
		}},
		{name: "exchanged", ports: 2, ctx: 1, steps: [][2]string{
			{"Context = $ { " + add("access", "TCP", "passive", "") + ", " + add("core", "TCP", "active", "") + " }", "C1 Add ip/access/1 Add ip/core/2"},
			{"Context = 1 { Subtract = ip/access/1 { Audit { } }, " + add("access", "TCP", "passive", "") + " }", "C1 Subtract ip/access/1 Add ip/access/3"},
		}},
		{name: "partial failure", ports: 1, ctx: 1, steps: [][2]string{
			// What was done stays done, what follows is not begun (H.248.1 §8.2).
			{"Context = $ { " + add("access", "TCP", "passive", "") + ", " + add("core", "UDP", "active", "") + ", " + add("core", "TCP", "active", "") + " }", "C1 Add ip/access/1 Add ip/core/$ error 515"},
			{"Context = 1 { AuditValue = ip/access/1 { Audit { Statistics } } }", "C1 AuditValue ip/access/1 nt/dur=10 nt/os=0 nt/or=0"},
		}},
		{name: "optional failure", ports: 1, ctx: 1, steps: [][2]string{
			{"Context = $ { O-" + add("core", "UDP", "active", "") + ", " + add("access", "TCP", "passive", "") + " }", "C1 Add ip/core/$ error 515 Add ip/access/2"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, c.cfg)
			for _, s := range c.steps {
				if got := b.do(s[0]); got != s[1] {
					t.Errorf("%s\n got %s\nwant %s", s[0], got, s[1])
				}
			}
			if b.g.Ports() != c.ports || b.g.Contexts() != c.ctx {
				t.Errorf("%d ports and %d contexts in use, want %d and %d", b.g.Ports(), b.g.Contexts(), c.ports, c.ctx)
			}
		})
	}
}
