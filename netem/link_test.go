package netem

import (
	"strings"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// source sends a datagram of n octets at regular instants, or all at once.
type source struct {
	k    *sim.Kernel
	self sim.Entity
	u    *UDPSocket
	to   packet.AddrPort
	gap  time.Duration
	left int
	p    packet.Payload
}

func newSource(u *UDPSocket, to packet.AddrPort, size, n int, gap time.Duration) *source {
	k := u.host.net.K
	s := &source{k: k, u: u, to: to, gap: gap, left: n, p: octets(size)}
	s.self = k.Add("source", s)
	k.At(k.Now(), s.self, 0)
	return s
}

func (s *source) Handle(uint32) {
	s.left--
	s.u.Send(s.to, s.p, sim.Cause{})
	if s.left > 0 {
		s.k.At(s.k.Now().Add(s.gap), s.self, 0)
	}
}

// TestSerialisationDoesNotDrift sends a million packets back to back at a rate that does not divide a nanosecond: the
// last arrives when the closed form says, to the nanosecond.
func TestSerialisationDoesNotDrift(t *testing.T) {
	const n, octets, rate = 1_000_000, 1000, 999_999_937
	p := newPair(t, Config{}, Symmetric(DirectionConfig{Rate: rate, Delay: time.Millisecond}))
	s := &sink{}
	bind(t, p.b, 9, s)
	u := bind(t, p.a, 9, s)
	// A little faster than the link, so that the transmitter is never idle.
	newSource(u, packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, octets-28, n, 7999*time.Nanosecond)
	run(t, p.k)
	want := sim.Time(uint64(n)*octets*8*1e9/rate) + 1e6
	if s.n != n || p.k.Now() != want {
		t.Errorf("%d arrived, the last at %v, want %v", s.n, p.k.Now(), want)
	}
	// One event a packet-hop, and one a departure of the source's own.
	if e := p.k.Events() - n; e > n+n/100 {
		t.Errorf("%d events for %d packet-hops", e, n)
	}
}

// TestSaturatedEvents bounds the events of a queue that is always full and of packets that come singly.
func TestSaturatedEvents(t *testing.T) {
	for name, gap := range map[string]time.Duration{"busy": 1, "idle": 20 * time.Millisecond} {
		p := newPair(t, Config{}, Symmetric(DirectionConfig{Rate: 1e9, Delay: 3 * time.Millisecond}))
		s := &sink{}
		bind(t, p.b, 9, s)
		newSource(bind(t, p.a, 9, s), packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, 972, 1000, gap)
		run(t, p.k)
		if hops, events := uint64(1000), p.k.Events()-1000; events*100 > hops*105 {
			t.Errorf("%s: %d events for %d packet-hops", name, events, hops)
		}
	}
}

// TestQueue: with room for q packets behind the one under transmission, of a burst of n exactly q+1 pass.
func TestQueue(t *testing.T) {
	for _, c := range []struct {
		name string
		d    DirectionConfig
		n    int
		pass int
	}{
		{"no limit", DirectionConfig{Rate: 1e6}, 50, 50},
		{"packets", DirectionConfig{Rate: 1e6, QueuePackets: 4}, 50, 5},
		{"octets", DirectionConfig{Rate: 1e6, QueueOctets: 999}, 50, 8}, // 7 of 128 octets wait
		{"one", DirectionConfig{Rate: 1e6, QueuePackets: 1}, 2, 2},
		{"without a rate nothing waits", DirectionConfig{QueuePackets: 1}, 50, 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t, Config{}, Symmetric(c.d))
			s := &sink{k: p.k}
			bind(t, p.b, 9, s)
			u := bind(t, p.a, 9, s)
			for range c.n {
				u.Send(packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, octets(100), sim.Cause{})
			}
			run(t, p.k)
			st := p.ia.Out.Stats
			if s.n != c.pass || st.QueueDrops != uint64(c.n-c.pass) || st.Packets != uint64(c.pass) {
				t.Errorf("%d passed, want %d; %+v", s.n, c.pass, st)
			}
			if c.d.QueuePackets > 0 && c.d.Rate > 0 && st.MaxQueuePackets != min(c.d.QueuePackets, c.n-1) {
				t.Errorf("at most %d waited", st.MaxQueuePackets)
			}
			if p.n.Pool.Live() != 0 {
				t.Errorf("%d packets left", p.n.Pool.Live())
			}
		})
	}
}

// TestQueueDrains checks that room comes back the moment a transmission begins.
func TestQueueDrains(t *testing.T) {
	p := newPair(t, Config{}, Symmetric(DirectionConfig{Rate: 1e6, QueuePackets: 1})) // 1.024 ms a packet
	s := &sink{k: p.k}
	bind(t, p.b, 9, s)
	newSource(bind(t, p.a, 9, s), packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, 100, 20, 1024*time.Microsecond/2)
	run(t, p.k)
	// Twice the rate of the link: after the first two, every other one is dropped.
	if d := p.ia.Out.Stats.QueueDrops; d != 9 {
		t.Errorf("%d dropped, %d arrived", d, s.n)
	}
}

func TestLoss(t *testing.T) {
	const n = 100_000
	p := newPair(t, Config{}, Symmetric(DirectionConfig{Loss: sim.Certain / 20}))
	s := &sink{}
	bind(t, p.b, 9, s)
	newSource(bind(t, p.a, 9, s), packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, 10, n, time.Microsecond)
	run(t, p.k)
	// Five standard deviations of a binomial distribution: 5·sqrt(n·0.05·0.95) = 345.
	lost := int(p.ia.Out.Stats.LossDrops)
	if lost < n/20-345 || lost > n/20+345 || lost+s.n != n {
		t.Errorf("%d lost, %d arrived, of %d", lost, s.n, n)
	}
	if p.ib.Out.Stats.Packets != 0 {
		t.Error("the other direction carried something")
	}
}

// everyThird is a loss model with a state.
type everyThird struct{ n int }

func (e *everyThird) Lost(sim.Time, int, *sim.Stream) bool { e.n++; return e.n%3 == 0 }

func TestLossModel(t *testing.T) {
	p := newPair(t, Config{}, LinkConfig{AtoB: DirectionConfig{Losses: &everyThird{}}})
	s := &sink{}
	bind(t, p.b, 9, s)
	newSource(bind(t, p.a, 9, s), packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, 10, 30, 1)
	run(t, p.k)
	if s.n != 20 {
		t.Errorf("%d of 30 arrived", s.n)
	}
}

// numbered is an owner that reads a number from each datagram and counts inversions.
type numbered struct {
	k          *sim.Kernel
	last, n    int
	inversions int
	min, max   time.Duration
	gap        time.Duration
}

func (o *numbered) Datagram(_ *UDPSocket, _, _ packet.AddrPort, p packet.Payload, _ sim.Cause) {
	i := int(p.Bytes()[0])<<8 | int(p.Bytes()[1])
	if i < o.last {
		o.inversions++
	}
	o.last = i
	d := o.k.Now().Sub(sim.Time(i) * sim.Time(o.gap))
	if o.n == 0 || d < o.min {
		o.min = d
	}
	o.max = max(o.max, d)
	o.n++
}
func (*numbered) Unreachable(*UDPSocket, packet.AddrPort, sim.Cause) {}

type numberer struct {
	source
	i int
}

func (s *numberer) Handle(uint32) {
	s.u.Send(s.to, packet.PayloadOf([]byte{byte(s.i >> 8), byte(s.i)}), sim.Cause{})
	if s.i++; s.i < 10_000 {
		s.k.At(s.k.Now().Add(s.gap), s.self, 0)
	}
}

func TestJitter(t *testing.T) {
	for _, reorder := range []bool{false, true} {
		d := DirectionConfig{Delay: 10 * time.Millisecond, Jitter: 3 * time.Millisecond, Reorder: reorder}
		p := newPair(t, Config{}, Symmetric(d))
		o := &numbered{k: p.k, gap: 500 * time.Microsecond}
		bind(t, p.b, 9, o)
		s := &numberer{source: source{k: p.k, u: bind(t, p.a, 9, o), to: packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, gap: o.gap}}
		s.self = p.k.Add("source", s)
		p.k.At(0, s.self, 0)
		run(t, p.k)
		if o.n != 10_000 || (o.inversions > 0) != reorder {
			t.Errorf("reorder %v: %d arrived, %d inversions", reorder, o.n, o.inversions)
		}
		if o.min < 7*time.Millisecond || o.max > 13*time.Millisecond || o.max-o.min < 5900*time.Microsecond && reorder {
			t.Errorf("reorder %v: delays from %v to %v", reorder, o.min, o.max)
		}
	}
}

func TestJitterNeverBelowZero(t *testing.T) {
	p := newPair(t, Config{}, Symmetric(DirectionConfig{Delay: time.Millisecond, Jitter: 5 * time.Millisecond, Reorder: true}))
	s := &sink{}
	bind(t, p.b, 9, s)
	newSource(bind(t, p.a, 9, s), packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, 10, 1000, 1)
	run(t, p.k)
	if s.n != 1000 {
		t.Errorf("%d arrived", s.n)
	}
}

// TestDown loses what waits, what is under way and what is sent while the link is down, and works afterwards.
func TestDown(t *testing.T) {
	for _, reorder := range []bool{false, true} {
		p := newPair(t, Config{}, Symmetric(DirectionConfig{Rate: 1e6, Delay: 5 * time.Millisecond, Reorder: reorder}))
		s := &sink{k: p.k}
		bind(t, p.b, 9, s)
		u := bind(t, p.a, 9, s)
		to := packet.AddrPort{Addr: p.b.Addr(true), Port: 9}
		for range 10 {
			u.Send(to, octets(97), sim.Cause{}) // 1 ms each
		}
		until(t, p.k, 7) // two have arrived
		p.ia.Out.SetUp(false)
		u.Send(to, octets(97), sim.Cause{})
		until(t, p.k, 8)
		p.ia.Out.SetUp(true)
		u.Send(to, octets(97), sim.Cause{})
		run(t, p.k)
		if s.n != 3 || s.at[2] != 14e6 || p.ia.Out.Stats.DownDrops != 9 || p.n.Pool.Live() != 0 {
			t.Errorf("arrivals %v, %+v", s.at, p.ia.Out.Stats)
		}
	}
}

func TestConfigure(t *testing.T) {
	p := newPair(t, Config{}, Symmetric(DirectionConfig{Delay: 50 * time.Millisecond}))
	s := &sink{k: p.k}
	bind(t, p.b, 9, s)
	u := bind(t, p.a, 9, s)
	to := packet.AddrPort{Addr: p.b.Addr(true), Port: 9}
	u.Send(to, octets(1), sim.Cause{})
	if err := p.ia.Out.Configure(DirectionConfig{Delay: time.Millisecond, Reorder: true}); err != nil {
		t.Fatal(err)
	}
	u.Send(to, octets(2), sim.Cause{})
	run(t, p.k)
	if len(s.at) != 2 || s.at[0] != 1e6 || s.at[1] != 50e6 {
		t.Errorf("arrivals %v", s.at)
	}
	if err := p.ia.Out.Configure(DirectionConfig{MTU: 10}); err == nil || !strings.Contains(err.Error(), "a.eth0>b.eth0") {
		t.Errorf("MTU of 10: %v", err)
	}
}
