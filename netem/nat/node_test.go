package nat

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// end is an owner of streams and sockets that notes what it hears.
type end struct {
	h    *netem.Host
	from []string // who opened connections or sent datagrams
	log  []string
	s    *netem.Stream
	got  int
	fin  bool // closes when the peer does
}

func (e *end) Incoming(o tcp.Opening) {
	e.from = append(e.from, o.Remote.String())
	e.s = e.h.Accept(o, tcp.Config{}, e, false)
}

func (e *end) StreamEvent(s *netem.Stream, ev tcp.Event) {
	names := map[tcp.EventKind]string{tcp.EvEstablished: "open", tcp.EvReset: "reset", tcp.EvClosed: "closed", tcp.EvFINReceived: "fin"}
	if n := names[ev.Kind]; n != "" {
		e.log = append(e.log, n)
	}
	e.s = s
	switch ev.Kind {
	case tcp.EvReadable:
		var p packet.Payload
		n, _ := s.Read(1<<20, &p, ev.Why)
		e.got += n
	case tcp.EvFINReceived:
		s.CloseWrite(ev.Why)
	}
}

func (e *end) Datagram(u *netem.UDPSocket, from, to packet.AddrPort, p packet.Payload, why sim.Cause) {
	e.from = append(e.from, from.String())
	e.got += p.Len
	if string(p.Bytes()) == "ping" {
		u.Send(from, packet.PayloadOf([]byte("pong")), why)
	}
}

func (e *end) Unreachable(_ *netem.UDPSocket, to packet.AddrPort, _ sim.Cause) {
	e.log = append(e.log, "unreachable "+to.String())
}

// world is a chain: a and b behind NATs, the first innermost, then a router with hosts p and q.
type world struct {
	t       *testing.T
	k       *sim.Kernel
	n       *netem.Network
	a, b    *end
	p, q    *end
	nats    []*Node
	outside *netem.Router
}

func connect(t *testing.T, n *netem.Network, a, b netem.Node, mtu int) (*netem.Interface, *netem.Interface) {
	d := netem.DirectionConfig{Delay: time.Millisecond, MTU: mtu}
	i, j, err := n.Connect(a, b, netem.Symmetric(d))
	if err != nil {
		t.Fatal(err)
	}
	return i, j
}

func build(t *testing.T, cfgs ...Config) *world {
	w := &world{t: t, k: sim.New(sim.Config{Seed: 1})}
	w.n = netem.New(w.k, netem.Config{})
	host := func(name string) *end { return &end{h: w.n.AddHost(name)} }
	w.a, w.b, w.p, w.q = host("a"), host("b"), host("p"), host("q")
	home := w.n.AddRouter("home")
	w.outside = w.n.AddRouter("outside")
	connect(t, w.n, w.a.h, home, 0)
	connect(t, w.n, w.b.h, home, 0)
	var last netem.Node = home
	var inside []*netem.Interface
	for i := range cfgs {
		x := Add(w.n, fmt.Sprint("nat", i))
		_, in := connect(t, w.n, last, x, 0)
		inside = append(inside, in)
		w.nats = append(w.nats, x)
		last = x
	}
	connect(t, w.n, last, w.outside, 0)
	connect(t, w.n, w.outside, w.p.h, 0)
	connect(t, w.n, w.outside, w.q.h, 1200)
	for i, x := range w.nats {
		if err := x.Setup(cfgs[i], inside[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	for _, x := range w.nats {
		x.RouteInside()
	}
	return w
}

func (w *world) run(until time.Duration) {
	w.t.Helper()
	if err := w.k.Run(sim.Time(until)); err != nil {
		w.t.Fatal(err)
	}
}

func at(e *end, port uint16) packet.AddrPort {
	return packet.AddrPort{Addr: e.h.Addr(true), Port: port}
}

// external is where the outermost NAT's mappings are.
func (w *world) external(port uint16) packet.AddrPort {
	return packet.AddrPort{Addr: w.nats[len(w.nats)-1].Table.Config().External[0], Port: port}
}

func (w *world) dial(e *end, local uint16, to packet.AddrPort) {
	w.t.Helper()
	s, err := e.h.Dial(packet.AddrPort{Port: local}, to, tcp.Config{}, e, sim.Cause{})
	if err != nil {
		w.t.Fatal(err)
	}
	e.s = s
}

func (w *world) bind(e *end, port uint16) *netem.UDPSocket {
	w.t.Helper()
	u, err := e.h.BindUDP(packet.AddrPort{Port: port}, e)
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// TCP opens, carries data both ways and closes, through one NAT and two, of every kind.
func TestConnection(t *testing.T) {
	for _, name := range Presets {
		for _, double := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " double ", double), func(t *testing.T) {
				cfgs := []Config{preset(name)}
				if double {
					cfgs = append(cfgs, preset("cgn"))
				}
				w := build(t, cfgs...)
				w.p.h.Listen(packet.AddrPort{Port: 80}, w.p)
				w.dial(w.a, 5000, at(w.p, 80))
				w.run(time.Second)
				w.a.s.Write(packet.PayloadOf(make([]byte, 20000)), sim.Cause{})
				w.p.s.Write(packet.PayloadOf(make([]byte, 30000)), sim.Cause{})
				w.run(2 * time.Second)
				w.a.s.CloseWrite(sim.Cause{})
				w.run(10 * time.Minute)
				want(t, "a", w.a.log, "open", "fin", "closed")
				want(t, "p", w.p.log, "open", "fin", "closed")
				if w.a.got != 30000 || w.p.got != 20000 {
					t.Errorf("a got %d octets, p %d", w.a.got, w.p.got)
				}
				for _, x := range w.nats {
					if m, s := x.Table.Live(); m+s != 0 {
						t.Errorf("%s keeps %d mappings, %d sessions", x.Name(), m, s)
					}
				}
				if got := w.p.from[0]; got == at(w.a, 5000).String() {
					t.Errorf("p sees %s", got)
				}
				if w.n.Pool.Live() != 0 {
					t.Errorf("%d packets alive", w.n.Pool.Live())
				}
			})
		}
	}
}

// Hole punching: both open, each towards the other's external endpoint (RFC 5128 §3.4).
func TestHolePunching(t *testing.T) {
	for _, c := range []struct {
		name string
		nat  Config
		late time.Duration // p after a
		ok   bool
	}{
		{"crossing", preset("rfc"), 0, true},
		{"p first", preset("rfc"), -500 * time.Millisecond, true},
		{"silent, p first", preset("strict", func(c *Config) { c.TCP.PortPreservation = true }), -500 * time.Millisecond, true},
		{"RST to the early SYN", preset("rfc", func(c *Config) { c.Unsolicited = Reset }), -500 * time.Millisecond, false},
		{"ports not predicted", preset("strict"), 0, false},
		{"SYN from outside lost, SYN,ACK not", preset("rfc", func(c *Config) { c.SimOpen = DropInboundSYN }), 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := build(t, c.nat)
			w.run(time.Second)
			if c.late < 0 {
				w.dial(w.p, 80, w.external(5000))
				w.run(time.Second - c.late)
			}
			w.dial(w.a, 5000, at(w.p, 80))
			if c.late >= 0 {
				w.dial(w.p, 80, w.external(5000))
			}
			w.run(5 * time.Second)
			if ok := slices.Contains(w.a.log, "open") && slices.Contains(w.p.log, "open"); ok != c.ok {
				t.Errorf("open: %v; a %q, p %q", ok, w.a.log, w.p.log)
			}
		})
	}
}

// An idle connection outlives its NAT's state, with and without a word.
func TestExpiry(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		at   []string
	}{
		{"silent", preset("home", func(c *Config) { c.UnmatchedInside = Silent }), []string{"open"}},
		{"RST to the next segment", preset("home"), []string{"open", "reset", "closed"}},
		{"RST on expiry", preset("home", func(c *Config) { c.ResetOnExpiry, c.UnmatchedInside = true, Silent }), []string{"open", "reset", "closed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := build(t, c.cfg)
			w.p.h.Listen(packet.AddrPort{Port: 80}, w.p)
			w.dial(w.a, 5000, at(w.p, 80))
			w.run(6 * time.Minute)
			if c.cfg.ResetOnExpiry {
				want(t, "p", w.p.log, "open", "reset", "closed")
			} else {
				w.a.s.Write(packet.PayloadOf(make([]byte, 10)), sim.Cause{})
				w.run(6*time.Minute + 5*time.Second)
				want(t, "p", w.p.log, "open")
			}
			want(t, "a", w.a.log, c.at...)
		})
	}
}

func TestReboot(t *testing.T) {
	w := build(t, preset("rfc"))
	a, p := w.bind(w.a, 5000), w.bind(w.p, 9)
	a.Send(at(w.p, 9), packet.PayloadOf([]byte("x")), sim.Cause{})
	w.run(time.Second)
	w.nats[0].Reboot()
	p.Send(w.external(5000), packet.PayloadOf([]byte("x")), sim.Cause{})
	w.run(2 * time.Second)
	want(t, "a", w.a.from)
	if m, _ := w.nats[0].Table.Live(); m != 0 {
		t.Errorf("%d mappings", m)
	}
}

func TestHairpin(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		from string
	}{
		{"external", Config{}, "X:49153"}, {"internal", Config{Hairpinning: HairpinInternal}, "b"}, {"none", Config{Hairpinning: HairpinNone}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := build(t, c.cfg)
			a, b := w.bind(w.a, 5000), w.bind(w.b, 6000)
			a.Send(at(w.p, 9), packet.PayloadOf([]byte("x")), sim.Cause{})
			w.run(time.Second)
			b.Send(w.external(49152), packet.PayloadOf([]byte("ping")), sim.Cause{})
			w.run(2 * time.Second)
			switch c.from {
			case "":
				want(t, "a", w.a.from)
			case "b":
				want(t, "a", w.a.from, at(w.b, 6000).String())
				want(t, "b", w.b.from, at(w.a, 5000).String()) // the answer never comes by the NAT
			default:
				want(t, "a", w.a.from, w.external(49153).String())
				want(t, "b", w.b.from, w.external(49152).String())
			}
		})
	}
}

// RFC 5508: queries by identifier, errors with what they quote, in both directions.
func TestRFC5508(t *testing.T) {
	t.Run("REQ-1 queries", func(t *testing.T) {
		w := build(t, preset("rfc"), preset("cgn"))
		var ids, back []uint32
		w.p.h.Interfaces()[0].AddTap(func(out bool, p *packet.Packet) {
			if !out {
				ids = append(ids, p.ICMP.MTU)
			}
		})
		w.a.h.Interfaces()[0].AddTap(func(out bool, p *packet.Packet) {
			if !out && p.ICMP.Type == packet.EchoReply {
				back = append(back, p.ICMP.MTU)
			}
		})
		p := w.a.h.NewPacket()
		p.Src, p.Dst, p.Proto, p.ICMP.Type, p.ICMP.MTU = w.a.h.Addr(true), w.p.h.Addr(true), packet.ICMP, packet.Echo, 0x70001
		w.a.h.Output(p)
		w.run(time.Second)
		if len(ids) != 1 || ids[0]>>16 == 7 || ids[0]&0xffff != 1 || len(back) != 1 || back[0] != 0x70001 {
			t.Errorf("sent %x, back %x", ids, back)
		}
	})
	t.Run("REQ-2 sixty seconds", func(t *testing.T) {
		script(t, preset("rfc"), `
			0s out echo A:7 > P:0 = X:7
			59s in reply P:0 > X:7 = A:7
			60s in reply P:0 > X:7 = drop
			60s out reply A:0 > P:7 = drop
			60s in echo P:9 > X:0 = local
			60s out echo A:9 > X:0 = local`)
	})
	t.Run("REQ-3 and REQ-4 errors from outside", func(t *testing.T) {
		w := build(t, preset("home"), preset("cgn"))
		checkQuotes(t, w.a.h, true)
		a := w.bind(w.a, 5000)
		a.Send(at(w.p, 9), packet.PayloadOf([]byte("x")), sim.Cause{})
		w.run(time.Second)
		want(t, "a", w.a.log, "unreachable "+at(w.p, 9).String())
	})
	t.Run("REQ-4 path MTU", func(t *testing.T) {
		w := build(t, preset("home"))
		checkQuotes(t, w.a.h, true)
		a := w.bind(w.a, 5000)
		a.DF = true
		a.Send(at(w.q, 9), packet.PayloadOf(make([]byte, 1400)), sim.Cause{})
		w.run(time.Second)
		if mtu := w.a.h.PathMTU(w.q.h.Addr(true)); mtu != 1200 {
			t.Errorf("path MTU %d", mtu)
		}
	})
	t.Run("REQ-5 errors from inside", func(t *testing.T) {
		w := build(t, preset("rfc"), preset("cgn"))
		checkQuotes(t, w.p.h, false)
		a, p := w.bind(w.a, 5000), w.bind(w.p, 9)
		a.Send(at(w.p, 9), packet.PayloadOf([]byte("ping")), sim.Cause{})
		w.run(time.Second)
		a.Close()
		to := w.external(1024)
		p.Send(to, packet.PayloadOf([]byte("x")), sim.Cause{})
		w.run(2 * time.Second)
		want(t, "p", w.p.log, "unreachable "+to.String())
	})
	t.Run("REQ-7 hairpinned errors", func(t *testing.T) {
		w := build(t, Config{})
		a, b := w.bind(w.a, 5000), w.bind(w.b, 6000)
		a.Send(at(w.p, 9), packet.PayloadOf([]byte("x")), sim.Cause{})
		w.run(time.Second)
		a.Close()
		b.Send(w.external(49152), packet.PayloadOf([]byte("x")), sim.Cause{})
		w.run(2 * time.Second)
		want(t, "b", w.b.log, "unreachable "+w.external(49152).String())
	})
	t.Run("errors of no mapping", func(t *testing.T) {
		w := build(t, preset("rfc"))
		p := w.bind(w.p, 9)
		p.Send(w.external(5000), packet.PayloadOf([]byte("x")), sim.Cause{})
		w.run(time.Second)
		want(t, "p", w.p.log)
	})
	t.Run("the NAT's own errors: TTL", func(t *testing.T) {
		w := build(t, preset("rfc"))
		var from []string
		w.a.h.Interfaces()[0].AddTap(func(out bool, p *packet.Packet) {
			if !out && p.ICMP.Type == packet.TimeExceeded {
				from = append(from, p.Src.String())
			}
		})
		p := w.a.h.NewPacket()
		p.Src, p.Dst, p.Proto, p.SrcPort, p.DstPort, p.TTL = w.a.h.Addr(true), w.p.h.Addr(true), packet.UDP, 7, 9, 2
		w.a.h.Output(p)
		w.run(time.Second)
		want(t, "a", from, w.nats[0].Interfaces()[0].Addrs[0].String())
		if m, _ := w.nats[0].Table.Live(); m != 0 {
			t.Error("a packet whose time was up made a mapping")
		}
	})
}

// checkQuotes wants every ICMP error that a host gets to quote, in its octets, the very packet that the host sent: five-tuple
// and checksums.
func checkQuotes(t *testing.T, h *netem.Host, checksums bool) {
	var sent [][]byte
	h.Interfaces()[0].AddTap(func(out bool, p *packet.Packet) {
		if out {
			sent = append(sent, p.Marshal(nil))
			return
		}
		if !p.IsICMPError() {
			return
		}
		var q packet.Packet
		if err := q.Unmarshal(p.Marshal(nil)); err != nil || q.ICMP.Quoted != p.ICMP.Quoted {
			t.Errorf("%v: octets quote %v, the header %v", err, q.ICMP.Quoted, p.ICMP.Quoted)
		}
		b := p.Payload.Bytes()
		for _, s := range sent {
			s = slices.Clone(s[:min(len(s), len(b))])
			c := slices.Clone(b[:len(s)])
			s[8], s[10], s[11], c[8], c[10], c[11] = 0, 0, 0, 0, 0, 0 // TTL, and the checksum over it
			if slices.Equal(s, c) {
				return
			}
		}
		t.Errorf("quotes what was never sent: %x\nsent %x", b[:min(len(b), 44)], sent)
	})
}

// RFC 4787 REQ-13, REQ-14: fragments, also those that come before the first.
func TestFragments(t *testing.T) {
	w := build(t, preset("rfc"))
	w.bind(w.q, 9)
	a := w.bind(w.a, 5000)
	a.Send(at(w.q, 9), packet.PayloadOf(make([]byte, 5000)), sim.Cause{}) // fragments of 1500, then of 1200
	w.run(time.Second)
	want(t, "q", w.q.from, w.external(5000).String())
	if w.q.got != 5000 {
		t.Errorf("%d octets", w.q.got)
	}

	piece := func(offset uint16, more bool) *packet.Packet {
		p := &packet.Packet{Src: named["A"], Dst: named["P"], Proto: packet.UDP, TTL: 9}
		p.Frag = packet.Fragment{ID: 7, Offset: offset, More: more}
		if offset == 0 {
			p.SrcPort, p.DstPort = 5000, 80
		}
		return p
	}
	for mode, want := range map[Fragments]string{FragmentsAnyOrder: "hold forward X:5000+", FragmentsInOrder: "drop", FragmentsNone: "drop"} {
		x := table(t, preset("rfc", func(c *Config) { c.Fragments = mode }))
		last := piece(800, false)
		got := "drop"
		if x.Input(0, Inside, last).Action == Hold {
			got = "hold"
			if x.Input(1, Inside, piece(0, true)).Action == Forward {
				got += " forward X:5000"
			}
			if o, ok := x.Next(); ok && o.Kind == OutForward && o.Packet == last && last.Src == named["X"] {
				got += "+"
			}
		}
		if got != want {
			t.Errorf("%v: %s, want %s", mode, got, want)
		}
	}
	x := table(t, preset("rfc"))
	x.Input(0, Inside, piece(800, false))
	x.Tick(sim.Time(fragmentWait))
	if got := outputs(x); got != "dropped" {
		t.Errorf("%q", got)
	}
}
