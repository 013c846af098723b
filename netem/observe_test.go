package netem

import (
	"errors"
	"strings"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// TestObserversChangeNothing compares fingerprints with and without taps and trace.
func TestObserversChangeNothing(t *testing.T) {
	var seen, records int
	trial := func(observe bool, loss sim.Prob) string {
		cfg := sim.Config{Seed: 4}
		if observe {
			cfg.Trace = func(sim.RecordID, *sim.Record) { records++ }
		}
		k := sim.New(cfg)
		n := New(k, Config{})
		a, b := n.AddHost("a"), n.AddHost("b")
		ia, ib, err := n.Connect(a, b, Symmetric(DirectionConfig{Rate: 1e7, Delay: 5 * time.Millisecond, Jitter: time.Millisecond, Loss: loss}))
		if err != nil {
			t.Fatal(err)
		}
		if err := n.ComputeRoutes(); err != nil {
			t.Fatal(err)
		}
		if observe {
			tap := func(out bool, p *packet.Packet) { seen += len(p.Marshal(nil)) }
			ia.Tap = tap
			ib.AddTap(tap)
			ib.AddTap(tap)
		}
		ea, eb := &end{k: k, h: a, t: t}, &end{k: k, h: b, t: t}
		ea.on = func(e *end, s *Stream, ev tcp.Event) {
			if ev.Kind == tcp.EvEstablished {
				s.Write(octets(200_000), ev.Why)
				s.CloseWrite(ev.Why)
			}
		}
		eb.on = func(e *end, s *Stream, ev tcp.Event) {
			if ev.Kind == tcp.EvFINReceived {
				s.CloseWrite(ev.Why)
			}
		}
		ea.dial(packet.AddrPort{}, eb.listen(80))
		run(t, k)
		if eb.read != 200_000 {
			t.Errorf("%d octets arrived", eb.read)
		}
		return k.Fingerprint().String()
	}
	if x, y := trial(false, 2e7), trial(true, 2e7); x != y {
		t.Errorf("fingerprint %s became %s with observers", x, y)
	}
	if x, y := trial(false, 2e7), trial(false, 1e7); x == y {
		t.Error("another loss has the same fingerprint")
	}
	if seen == 0 || records == 0 {
		t.Error("the observers saw nothing")
	}
}

// TestHopRecord checks the shares of a hop that waited.
func TestHopRecord(t *testing.T) {
	var hops []sim.Record
	k := sim.New(sim.Config{Trace: func(id sim.RecordID, r *sim.Record) {
		if r.Kind == "link.hop" {
			hops = append(hops, *r)
		}
	}})
	n := New(k, Config{})
	a, b := n.AddHost("a"), n.AddHost("b")
	if _, _, err := n.Connect(a, b, Symmetric(DirectionConfig{Rate: 1e6, Delay: 7 * time.Millisecond})); err != nil {
		t.Fatal(err)
	}
	if err := n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	bind(t, b, 9, &sink{})
	u := bind(t, a, 9, &sink{})
	why := sim.Cause{Record: 0, Session: 3}
	for range 2 {
		u.Send(packet.AddrPort{Addr: b.Addr(true), Port: 9}, octets(97), why)
	}
	run(t, k)
	if len(hops) != 2 {
		t.Fatalf("%d hops", len(hops))
	}
	if h := hops[1]; h.At != 9e6 || h.Queueing != time.Millisecond || h.Serialisation != time.Millisecond || h.Rest != sim.Propagation || h.Cause.Session != 3 {
		t.Errorf("second hop: %+v", h)
	}
}

// TestTimerRecord: the expiry of a TCP timer is a record whose cause is what armed it.
func TestTimerRecord(t *testing.T) {
	var timers []sim.Record
	kinds := map[sim.RecordID]string{}
	k := sim.New(sim.Config{Trace: func(id sim.RecordID, r *sim.Record) {
		kinds[id] = r.Kind
		if r.Kind == "tcp.timer" {
			timers = append(timers, *r)
		}
	}})
	n := New(k, Config{})
	a, b := n.AddHost("a"), n.AddHost("b")
	if _, _, err := n.Connect(a, b, tenMS); err != nil {
		t.Fatal(err)
	}
	if err := n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	b.Silent = true
	e := &end{k: k, h: a, t: t, silent: true}
	start := k.Record(sim.Record{Kind: "start", Cause: sim.Cause{Session: 6}})
	if _, err := a.Dial(packet.AddrPort{}, packet.AddrPort{Addr: b.Addr(true), Port: 80}, e.cfg, e, start); err != nil {
		t.Fatal(err)
	}
	until(t, k, 3500)
	if len(timers) != 2 || timers[0].At != 1e9 || timers[0].Cause != start || timers[0].Rest != sim.TimerWait ||
		timers[1].At != 3e9 || kinds[timers[1].Cause.Record] != "tcp.timer" || timers[1].Cause.Session != 6 {
		t.Errorf("%+v", timers)
	}
}

// TestLivePackets ends a run that lets packets pile up, naming the node.
func TestLivePackets(t *testing.T) {
	p := newPair(t, Config{MaxPackets: 100}, Symmetric(DirectionConfig{Rate: 1000}))
	s := &sink{}
	bind(t, p.b, 9, s)
	newSource(bind(t, p.a, 9, s), packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, 10, 1000, 1)
	err := p.k.Run(sim.Never)
	if !errors.Is(err, sim.ErrLimit) || !strings.Contains(err.Error(), "a: more than 100 packets") {
		t.Errorf("error %v", err)
	}
}
