package netem

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

var eventNames = map[tcp.EventKind]string{
	tcp.EvSYNSent: "SYN", tcp.EvSYNReceived: "gotSYN", tcp.EvSYNACKSent: "SYNACK", tcp.EvEstablished: "established",
	tcp.EvReadable: "readable", tcp.EvWritable: "writable", tcp.EvDrained: "drained", tcp.EvFINSent: "FIN",
	tcp.EvFINReceived: "gotFIN", tcp.EvRSTSent: "RST", tcp.EvReset: "reset", tcp.EvRetransmit: "again", tcp.EvClosed: "closed",
}

// end is an owner of streams and an acceptor that logs what it hears and acts by hooks.
type end struct {
	k       *sim.Kernel
	h       *Host
	cfg     tcp.Config
	hold    bool
	mute    bool // do not answer SYNs
	silent  bool // keep no log
	log     []string
	s       *Stream
	opening []tcp.Opening
	inside  bool
	on      func(e *end, s *Stream, ev tcp.Event)
	read    int
	buf     packet.Payload
	t       testing.TB
}

func (e *end) Incoming(o tcp.Opening) {
	if !e.silent {
		e.opening = append(e.opening, o)
	}
	if !e.mute {
		e.s = e.h.Accept(o, e.cfg, e, e.hold)
	}
}

func (e *end) StreamEvent(s *Stream, ev tcp.Event) {
	if e.inside {
		e.t.Error("StreamEvent called re-entrantly")
	}
	e.inside = true
	defer func() { e.inside = false }()
	if !e.silent {
		e.log = append(e.log, fmt.Sprintf("%d %s", e.k.Now()/1e6, eventNames[ev.Kind]))
	}
	if ev.Kind == tcp.EvReadable {
		n, _ := s.Read(1<<30, &e.buf, ev.Why)
		e.read += n
		e.buf.Reset()
	}
	if e.on != nil {
		e.on(e, s, ev)
	}
}

// call is two hosts 10 ms apart with TCP ends.
func call(t testing.TB, link LinkConfig) (*pair, *end, *end) {
	p := newPair(t, Config{Families: DualStack}, link)
	return p, &end{k: p.k, h: p.a, t: t}, &end{k: p.k, h: p.b, t: t}
}

func (e *end) dial(local, remote packet.AddrPort) {
	e.t.Helper()
	s, err := e.h.Dial(local, remote, e.cfg, e, sim.Cause{})
	if err != nil {
		e.t.Fatal(err)
	}
	e.s = s
}

func (e *end) listen(port uint16) packet.AddrPort {
	e.t.Helper()
	if err := e.h.Listen(packet.AddrPort{Port: port}, e); err != nil {
		e.t.Fatal(err)
	}
	return packet.AddrPort{Addr: e.h.Addr(true), Port: port}
}

func wantLog(t *testing.T, who string, e *end, want ...string) {
	t.Helper()
	if !slices.Equal(e.log, want) {
		t.Errorf("%s: %q\nwant %q", who, e.log, want)
	}
}

var tenMS = Symmetric(DirectionConfig{Delay: 10 * time.Millisecond})

func until(t testing.TB, k *sim.Kernel, ms int) {
	t.Helper()
	if err := k.Run(sim.Time(ms) * 1e6); err != nil {
		t.Fatal(err)
	}
}

// TestStreamLife opens, transfers and closes, with the times that the delays dictate, for both IP versions.
func TestStreamLife(t *testing.T) {
	for _, is4 := range []bool{true, false} {
		p, a, b := call(t, tenMS)
		to := b.listen(80)
		to.Addr = p.b.Addr(is4)
		a.on = func(e *end, s *Stream, ev tcp.Event) {
			if ev.Kind == tcp.EvEstablished {
				s.Write(octets(3000), ev.Why)
				s.CloseWrite(ev.Why)
			}
		}
		b.on = func(e *end, s *Stream, ev tcp.Event) {
			if ev.Kind == tcp.EvFINReceived {
				s.CloseWrite(ev.Why)
			}
		}
		a.dial(packet.AddrPort{}, to)
		if len(a.log) != 0 {
			t.Error("an event reached the owner within Dial")
		}
		until(t, p.k, 1000)
		wantLog(t, "a", a, "0 SYN", "20 gotSYN", "20 established", "20 FIN", "40 gotFIN", "40 readable", "40 closed")
		if b.read != 3000 || b.s.State() != tcp.Closed {
			t.Errorf("b read %d octets, state %v", b.read, b.s.State())
		}
		if live, tw := p.a.Connections(); live != 0 || tw != 1 {
			t.Errorf("a has %d connections and %d in TIME-WAIT", live, tw)
		}
		if live, tw := p.b.Connections(); live != 0 || tw != 0 {
			t.Errorf("b has %d connections and %d in TIME-WAIT", live, tw)
		}
		run(t, p.k)
		if _, tw := p.a.Connections(); tw != 0 || p.n.Pool.Live() != 0 {
			t.Errorf("in the end %d in TIME-WAIT, %d packets", tw, p.n.Pool.Live())
		}
		if now := p.k.Now(); now != 60_040e6 {
			t.Errorf("TIME-WAIT ended at %v", now)
		}
	}
}

// TestRFC9293ClosedPort: §3.10.7.1.
func TestRFC9293ClosedPort(t *testing.T) {
	p, a, _ := call(t, tenMS)
	a.dial(packet.AddrPort{}, packet.AddrPort{Addr: p.b.Addr(true), Port: 81})
	run(t, p.k)
	wantLog(t, "a", a, "0 SYN", "20 reset", "20 closed")

	p, a, _ = call(t, tenMS)
	p.b.Silent = true
	a.cfg.ConnectTimeout = 2500 * time.Millisecond
	a.dial(packet.AddrPort{}, packet.AddrPort{Addr: p.b.Addr(true), Port: 81})
	run(t, p.k)
	wantLog(t, "a, silent host", a, "0 SYN", "1000 SYN", "2500 reset", "2500 closed")
}

// TestHold withholds the SYN,ACK while the peer repeats its SYN.
func TestHold(t *testing.T) {
	p, a, b := call(t, tenMS)
	b.hold = true
	a.dial(packet.AddrPort{}, b.listen(80))
	until(t, p.k, 3500)
	if len(b.opening) != 1 {
		t.Errorf("the acceptor heard of %d SYNs, the connection should have absorbed the others", len(b.opening))
	}
	b.s.Release(sim.Cause{})
	until(t, p.k, 4000)
	wantLog(t, "a", a, "0 SYN", "1000 SYN", "3000 SYN", "3510 gotSYN", "3510 established")
	wantLog(t, "b", b, "10 gotSYN", "3500 SYNACK", "3520 established")
}

// TestLateAnswer answers a SYN that was ignored at first: each repetition is reported.
func TestLateAnswer(t *testing.T) {
	p, a, b := call(t, tenMS)
	b.mute = true
	a.dial(packet.AddrPort{}, b.listen(80))
	until(t, p.k, 2000)
	if len(b.opening) != 2 {
		t.Fatalf("%d SYNs", len(b.opening))
	}
	p.b.Refuse(b.opening[1], sim.Cause{})
	until(t, p.k, 2500)
	wantLog(t, "a", a, "0 SYN", "1000 SYN", "2010 reset", "2010 closed")
}

// TestSimultaneousOpen crosses SYNs (RFC 9293 §3.5, MUST-10).
func TestSimultaneousOpen(t *testing.T) {
	p, a, b := call(t, tenMS)
	la, lb := packet.AddrPort{Addr: p.a.Addr(true), Port: 1000}, packet.AddrPort{Addr: p.b.Addr(true), Port: 2000}
	a.dial(la, lb)
	b.dial(lb, la)
	until(t, p.k, 500)
	for _, e := range []*end{a, b} {
		wantLog(t, "both", e, "0 SYN", "10 gotSYN", "10 SYNACK", "20 established")
	}
}

func TestAbortForget(t *testing.T) {
	p, a, b := call(t, tenMS)
	a.dial(packet.AddrPort{}, b.listen(80))
	until(t, p.k, 100)
	a.s.Abort(sim.Cause{})
	if live, _ := p.a.Connections(); p.a.tcp.flows.n != 0 {
		t.Errorf("an aborted connection is still there, %d live", live)
	}
	until(t, p.k, 200)
	wantLog(t, "a", a, "0 SYN", "20 gotSYN", "20 established", "100 RST", "100 closed")
	wantLog(t, "b", b, "10 gotSYN", "10 SYNACK", "30 established", "110 reset", "110 closed")

	p, a, b = call(t, tenMS)
	a.dial(packet.AddrPort{}, b.listen(80))
	until(t, p.k, 100)
	a.s.Forget()
	b.s.Write(octets(10), sim.Cause{})
	until(t, p.k, 200)
	wantLog(t, "a forgot", a, "0 SYN", "20 gotSYN", "20 established")
	wantLog(t, "b", b, "10 gotSYN", "10 SYNACK", "30 established", "120 reset", "120 closed")
}

// TestForgetAll restarts a host with live connections and some in TIME-WAIT.
func TestForgetAll(t *testing.T) {
	p, a, b := call(t, tenMS)
	to := b.listen(80)
	a.dial(packet.AddrPort{}, to)
	b.on = func(e *end, s *Stream, ev tcp.Event) {
		if ev.Kind == tcp.EvFINReceived {
			s.CloseWrite(ev.Why)
		}
	}
	until(t, p.k, 100)
	a.s.CloseWrite(sim.Cause{})
	until(t, p.k, 200)
	for range 3 {
		a.dial(packet.AddrPort{}, to)
	}
	until(t, p.k, 300)
	if live, tw := p.a.Connections(); live != 3 || tw != 1 {
		t.Fatalf("%d connections, %d in TIME-WAIT", live, tw)
	}
	p.a.ForgetAll()
	if live, tw := p.a.Connections(); live != 0 || tw != 0 {
		t.Errorf("%d connections, %d in TIME-WAIT", live, tw)
	}
	a.log = nil
	a.dial(packet.AddrPort{}, to)
	run(t, p.k)
	wantLog(t, "a", a, "300 SYN", "320 gotSYN", "320 established")
}

// TestRelay rewrites addresses between two hosts without a connection of the host's own.
func TestRelay(t *testing.T) {
	k := sim.New(sim.Config{Seed: 1})
	n := New(k, Config{})
	a, g, b := n.AddHost("a"), n.AddHost("g"), n.AddHost("b")
	_, left, err := n.Connect(a, g, tenMS)
	if err != nil {
		t.Fatal(err)
	}
	right, _, err := n.Connect(g, b, tenMS)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	ea, eb := &end{k: k, h: a, t: t}, &end{k: k, h: b, t: t}
	to := eb.listen(80)
	in, out := packet.AddrPort{Addr: left.Addr4(), Port: 7000}, packet.AddrPort{Addr: right.Addr4(), Port: 7001}
	var peer packet.AddrPort
	g.Relay(in, func(p *packet.Packet) {
		peer = packet.AddrPort{Addr: p.Src, Port: p.SrcPort}
		p.Src, p.SrcPort, p.Dst, p.DstPort = out.Addr, out.Port, to.Addr, to.Port
		g.Forward(p)
	})
	g.Relay(out, func(p *packet.Packet) {
		p.Src, p.SrcPort, p.Dst, p.DstPort = in.Addr, in.Port, peer.Addr, peer.Port
		g.Forward(p)
	})
	ea.dial(packet.AddrPort{}, in)
	until(t, k, 100)
	wantLog(t, "a", ea, "0 SYN", "40 gotSYN", "40 established")
	if eb.s.Remote() != out {
		t.Errorf("b sees %v", eb.s.Remote())
	}
	g.Relay(in, nil)
	ea.s.Write(octets(1), sim.Cause{})
	until(t, k, 200)
	if ea.s.State() != tcp.Closed {
		t.Error("without the relay, the gateway's port should be closed")
	}
}

// TestTimeWait checks the compact TIME-WAIT: it acknowledges a repeated FIN, and gives way to a newer SYN.
func TestTimeWait(t *testing.T) {
	p, a, b := call(t, tenMS)
	to := b.listen(80)
	from := packet.AddrPort{Addr: p.a.Addr(true), Port: 5000}
	close := func(e *end, s *Stream, ev tcp.Event) {
		if ev.Kind == tcp.EvFINReceived {
			s.CloseWrite(ev.Why)
		}
	}
	a.on, b.on = close, close
	a.dial(from, to)
	until(t, p.k, 100)
	b.s.CloseWrite(sim.Cause{}) // so that b, who listens, holds TIME-WAIT
	// Lose a's acknowledgement of nothing else: the FIN of a crosses, its last ACK comes from b.
	until(t, p.k, 200)
	if _, tw := p.b.Connections(); tw != 1 {
		t.Fatalf("b has %d in TIME-WAIT", tw)
	}
	a.log, b.log = nil, nil
	until(t, p.k, 5000)
	a.dial(from, to)
	until(t, p.k, 6000)
	wantLog(t, "a", a, "5000 SYN", "5020 gotSYN", "5020 established")
	if live, tw := p.b.Connections(); live != 1 || tw != 0 {
		t.Errorf("b has %d connections, %d in TIME-WAIT", live, tw)
	}
	run(t, p.k)
}

func TestDialErrors(t *testing.T) {
	p, a, b := call(t, tenMS)
	to := b.listen(80)
	from := packet.AddrPort{Addr: p.a.Addr(true), Port: 5000}
	a.dial(from, to)
	for name, c := range map[string][2]packet.AddrPort{
		"in use":         {from, to},
		"foreign local":  {to, to},
		"no remote":      {from, {}},
		"two IP version": {from, {Addr: p.b.Addr(false), Port: 80}},
	} {
		if _, err := p.a.Dial(c[0], c[1], tcp.Config{}, a, sim.Cause{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := p.b.Listen(packet.AddrPort{Port: 80}, b); err == nil {
		t.Error("listening twice: no error")
	}
	p.b.Unlisten(packet.AddrPort{Port: 80})
	if err := p.b.Listen(packet.AddrPort{Port: 80}, b); err != nil {
		t.Error(err)
	}
}
