package netem

import (
	"runtime"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// TestBulkCost sends octets without end over one link: no allocation, and hardly more events than packets.
func TestBulkCost(t *testing.T) {
	p, x, y := call(t, Symmetric(DirectionConfig{Rate: 1e9, Delay: time.Millisecond, QueuePackets: 1000}))
	pl := octets(64 << 10)
	x.on = func(e *end, s *Stream, ev tcp.Event) {
		if ev.Kind == tcp.EvEstablished || ev.Kind == tcp.EvWritable {
			for s.Write(pl, ev.Why) == pl.Len {
			}
		}
	}
	x.silent, y.silent = true, true
	x.dial(packet.AddrPort{}, y.listen(80))
	until(t, p.k, 1000)
	packets, events := p.n.Pool.Taken(), p.k.Events()
	if n := testing.AllocsPerRun(10, func() { until(t, p.k, int(p.k.Now()/1e6)+10) }); n != 0 {
		t.Errorf("%v allocations in 10 ms", n)
	}
	packets, events = p.n.Pool.Taken()-packets, p.k.Events()-events
	if packets < 10_000 || float64(events) > 1.05*float64(packets) {
		t.Errorf("%d events for %d packets", events, packets)
	}
}

// TestStreamsAreTraced wants a record of every packet that is sent, by the short way or the long one.
func TestStreamsAreTraced(t *testing.T) {
	sent := uint64(0)
	k := sim.New(sim.Config{Trace: func(_ sim.RecordID, r *sim.Record) {
		if r.Kind == "packet.sent" {
			sent++
		}
	}})
	n := New(k, Config{})
	x, y := &end{k: k, h: n.AddHost("a"), t: t}, &end{k: k, h: n.AddHost("b"), t: t}
	if _, _, err := n.Connect(x.h, y.h, tenMS); err != nil {
		t.Fatal(err)
	}
	if err := n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	x.on = func(e *end, s *Stream, ev tcp.Event) {
		if ev.Kind == tcp.EvEstablished {
			s.Write(octets(10_000), ev.Why)
		}
	}
	x.dial(packet.AddrPort{}, y.listen(80))
	until(t, k, 1000)
	if sent == 0 || sent != n.Pool.Taken() {
		t.Errorf("%d records of %d packets", sent, n.Pool.Taken())
	}
}

// TestIdleConnectionMemory holds many connections on which octets have gone both ways.
func TestIdleConnectionMemory(t *testing.T) {
	const n, limit = 10_000, 850
	p, x, y := call(t, Symmetric(DirectionConfig{Delay: time.Millisecond}))
	x.silent, y.silent = true, true
	x.on = func(e *end, s *Stream, ev tcp.Event) {
		if ev.Kind == tcp.EvEstablished {
			s.Write(octets(2000), ev.Why)
		}
	}
	y.on = func(e *end, s *Stream, ev tcp.Event) {
		if ev.Kind == tcp.EvReadable {
			s.Write(octets(500), ev.Why)
		}
	}
	to := y.listen(80)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for range n {
		x.dial(packet.AddrPort{}, to)
		if err := p.k.Run(p.k.Now() + sim.Time(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	until(t, p.k, 1_000_000)
	each := (heap() - before) / (2 * n)
	if live, _ := p.b.Connections(); live != n || each > limit {
		t.Errorf("%d connections, %d octets an end; at most %d wanted", live, each, limit)
	}
	t.Logf("%d octets an end", each)
	runtime.KeepAlive(p)
}
