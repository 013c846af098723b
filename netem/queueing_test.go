package netem

import (
	"math"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// poisson sends datagrams at exponential intervals, of one size or of exponential sizes, and adds up their delays.
type poisson struct {
	k      *sim.Kernel
	self   sim.Entity
	u      *UDPSocket
	to     packet.AddrPort
	draw   sim.Stream
	mean   float64 // interval, ns
	octets float64 // mean size of the IP packet
	vary   bool
	left   int
	sent   []sim.Time
	n      int
	delays float64
}

func (s *poisson) exponential() float64 {
	return -math.Log(float64(s.draw.Uint64()>>11+1) / (1 << 53))
}

func (s *poisson) Handle(uint32) {
	size := s.octets
	if s.vary {
		size *= s.exponential()
	}
	s.sent = append(s.sent, s.k.Now())
	s.u.Send(s.to, octets(max(0, int(size+0.5)-28)), sim.Cause{})
	if s.left--; s.left > 0 {
		s.k.At(s.k.Now().Add(time.Duration(s.exponential()*s.mean)), s.self, 0)
	}
}

func (s *poisson) Datagram(*UDPSocket, packet.AddrPort, packet.AddrPort, packet.Payload, sim.Cause) {
	s.delays += float64(s.k.Now() - s.sent[s.n])
	s.n++
}
func (*poisson) Unreachable(*UDPSocket, packet.AddrPort, sim.Cause) {}

// TestQueueingTheory compares mean times in the system with the formulas of M/D/1 and M/M/1.
func TestQueueingTheory(t *testing.T) {
	const service, n = 1e6, 200_000 // 1 ms for 5000 octets at 40 Mbit/s
	for _, c := range []struct {
		name string
		load float64
		vary bool
		want float64 // mean time in the system, in service times
	}{
		{"M/D/1 at 50 %", 0.5, false, 1 + 0.5/(2*0.5)},
		{"M/D/1 at 80 %", 0.8, false, 1 + 0.8/(2*0.2)},
		{"M/M/1 at 50 %", 0.5, true, 1 / (1 - 0.5)},
		{"M/M/1 at 80 %", 0.8, true, 1 / (1 - 0.8)},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t, Config{}, Symmetric(DirectionConfig{Rate: 40e6, MTU: 65535}))
			s := &poisson{k: p.k, draw: p.k.Rand("arrivals"), mean: service / c.load, octets: 5000, vary: c.vary, left: n}
			s.self = p.k.Add("source", s)
			s.u, s.to = bind(t, p.a, 9, s), packet.AddrPort{Addr: p.b.Addr(true), Port: 9}
			bind(t, p.b, 9, s)
			p.k.At(0, s.self, 0)
			run(t, p.k)
			got := s.delays / n / service
			t.Logf("mean time in the system %.3f service times, theory %.3f", got, c.want)
			if s.n != n || math.Abs(got/c.want-1) > 0.04 {
				t.Errorf("%d arrived, mean time in the system %.3f service times, want %.3f within 4 %%", s.n, got, c.want)
			}
		})
	}
}
