package netem

import (
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// sink counts datagrams and keeps when they came.
type sink struct {
	k       *sim.Kernel
	at      []sim.Time
	sizes   []int
	data    [][]byte
	keep    bool
	n       int
	unreach []packet.AddrPort
	echo    bool
}

func (s *sink) Datagram(u *UDPSocket, from, to packet.AddrPort, p packet.Payload, why sim.Cause) {
	s.n++
	if s.k != nil {
		s.at = append(s.at, s.k.Now())
		s.sizes = append(s.sizes, p.Len)
	}
	if s.keep {
		s.data = append(s.data, append([]byte(nil), p.Bytes()...))
	}
	if s.echo {
		u.Send(from, p, why)
	}
}

func (s *sink) Unreachable(u *UDPSocket, to packet.AddrPort, why sim.Cause) {
	s.unreach = append(s.unreach, to)
}

// pair is two hosts joined by one link.
type pair struct {
	k    *sim.Kernel
	n    *Network
	a, b *Host
	ia   *Interface
	ib   *Interface
}

func newPair(t testing.TB, cfg Config, link LinkConfig) *pair {
	t.Helper()
	k := sim.New(sim.Config{Seed: 1})
	n := New(k, cfg)
	p := &pair{k: k, n: n, a: n.AddHost("a"), b: n.AddHost("b")}
	var err error
	if p.ia, p.ib, err = n.Connect(p.a, p.b, link); err != nil {
		t.Fatal(err)
	}
	if err := n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	return p
}

func run(t testing.TB, k *sim.Kernel) {
	t.Helper()
	if err := k.Run(sim.Never); err != nil {
		t.Fatal(err)
	}
}

func bind(t testing.TB, h *Host, port uint16, o UDPOwner) *UDPSocket {
	t.Helper()
	s, err := h.BindUDP(packet.AddrPort{Port: port}, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func octets(n int) packet.Payload {
	var p packet.Payload
	p.Append(packet.Synthetic(7, 0, n))
	return p
}

// TestDelay checks arrival times against their closed form, to the nanosecond.
func TestDelay(t *testing.T) {
	for _, c := range []struct {
		name string
		d    DirectionConfig
		size int
		n    int // packets sent at time 0
		want sim.Time
	}{
		{"perfect", DirectionConfig{}, 100, 1, 0},
		{"delay", DirectionConfig{Delay: 17 * time.Millisecond}, 100, 1, 17e6},
		{"rate", DirectionConfig{Rate: 1e6}, 97, 1, 1e6},                                           // 28 octets of headers: 125 = 1000 bit
		{"third in a queue", DirectionConfig{Rate: 1e6, Delay: time.Millisecond}, 97, 3, 4e6},      //
		{"fraction", DirectionConfig{Rate: 3e9}, 97, 1, 333},                                       // 333.33
		{"fractions add up", DirectionConfig{Rate: 3e9}, 97, 3, 1000},                              // 3 * 333.33
		{"overhead", DirectionConfig{Rate: 1e6, Overhead: 25}, 100 - 28, 1, 1e6},                   //
		{"overhead of many", DirectionConfig{Rate: 7, Overhead: 1}, 71, 7, sim.Time(7 * 8e11 / 7)}, //
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t, Config{}, Symmetric(c.d))
			s := &sink{k: p.k}
			to := packet.AddrPort{Addr: bind(t, p.b, 9, s).host.Addr(true), Port: 9}
			u := bind(t, p.a, 9, s)
			for range c.n {
				u.Send(to, octets(c.size), sim.Cause{})
			}
			run(t, p.k)
			if len(s.at) != c.n || s.at[c.n-1] != c.want {
				t.Errorf("arrivals %v, want %d, the last at %v", s.at, c.n, c.want)
			}
			if p.n.Pool.Live() != 0 {
				t.Errorf("%d packets left", p.n.Pool.Live())
			}
		})
	}
}
