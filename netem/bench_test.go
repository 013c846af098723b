package netem

import (
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// TestHopAllocatesNothing sends datagrams over two links and a router.
func TestHopAllocatesNothing(t *testing.T) {
	k := sim.New(sim.Config{})
	n := New(k, Config{})
	a, r, b := n.AddHost("a"), n.AddRouter("r"), n.AddHost("b")
	d := Symmetric(DirectionConfig{Rate: 1e8, Delay: time.Millisecond, Jitter: time.Microsecond, Loss: 1e6, QueuePackets: 100})
	for _, h := range []*Host{a, b} {
		if _, _, err := n.Connect(h, r, d); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	s := &sink{}
	bind(t, b, 9, s)
	u := bind(t, a, 9, s)
	to, p := packet.AddrPort{Addr: b.Addr(true), Port: 9}, octets(100)
	send := func() {
		for range 10 {
			u.Send(to, p, sim.Cause{})
		}
		if err := k.Run(k.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	send()
	if got := testing.AllocsPerRun(200, send); got != 0 {
		t.Errorf("%v allocations for 20 packet-hops", got)
	}
}

func BenchmarkHop(b *testing.B) {
	p := newPair(b, Config{}, Symmetric(DirectionConfig{Rate: 1e9, Delay: time.Millisecond}))
	bind(b, p.b, 9, &sink{})
	u := bind(b, p.a, 9, &sink{})
	to, pl := packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, octets(1000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		u.Send(to, pl, sim.Cause{})
		if i&63 == 63 {
			if err := p.k.Run(p.k.Now().Add(64 * 8224)); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkBulk is a TCP transfer over one link; the metric is per packet-hop, data and acknowledgements.
func BenchmarkBulk(b *testing.B) {
	var packets, events uint64
	for b.Loop() {
		p, x, y := call(b, Symmetric(DirectionConfig{Rate: 1e9, Delay: time.Millisecond}))
		const total = 20 << 20
		sent := 0
		more := func(s *Stream, why sim.Cause) {
			for sent < total {
				var pl packet.Payload
				pl.Append(packet.Synthetic(1, uint64(sent), min(64<<10, total-sent)))
				n := s.Write(pl, why)
				sent += n
				if n < pl.Len {
					return
				}
			}
			s.CloseWrite(why)
		}
		x.on = func(e *end, s *Stream, ev tcp.Event) {
			if ev.Kind == tcp.EvEstablished || ev.Kind == tcp.EvWritable {
				more(s, ev.Why)
			}
		}
		y.silent, x.silent = true, true
		x.dial(packet.AddrPort{}, y.listen(80))
		if err := p.k.Run(10e9); err != nil {
			b.Fatal(err)
		}
		if y.read != total {
			b.Fatalf("%d of %d octets", y.read, total)
		}
		packets += p.n.Pool.Taken()
		events += p.k.Events()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(packets), "ns/packet")
	b.ReportMetric(float64(events)/float64(packets), "events/packet")
}

// BenchmarkShort opens, sends 2 KB each way and closes; the metric is per connection with its TIME-WAIT.
func BenchmarkShort(b *testing.B) {
	p, x, y := call(b, Symmetric(DirectionConfig{Delay: time.Millisecond}))
	x.silent, y.silent = true, true
	pl := octets(2000)
	x.on = func(e *end, s *Stream, ev tcp.Event) {
		switch {
		case ev.Kind == tcp.EvEstablished:
			s.Write(pl, ev.Why)
		case ev.Kind == tcp.EvReadable && e.read >= 2000:
			e.read = 0
			s.CloseWrite(ev.Why)
		}
	}
	y.on = func(e *end, s *Stream, ev tcp.Event) {
		switch {
		case ev.Kind == tcp.EvReadable && e.read >= 2000:
			e.read = 0
			s.Write(pl, ev.Why)
		case ev.Kind == tcp.EvFINReceived:
			s.CloseWrite(ev.Why)
		}
	}
	to := y.listen(80)
	b.ReportAllocs()
	for b.Loop() {
		x.dial(packet.AddrPort{}, to)
		if err := p.k.Run(p.k.Now().Add(20 * time.Millisecond)); err != nil {
			b.Fatal(err)
		}
	}
}
