package netem

import (
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// takeover accepts a connection that is not meant for it, and opens it on in the opener's name.
type takeover struct {
	h    *Host
	ends [2]*end // towards the opener, and towards the other
}

func (x *takeover) Incoming(o tcp.Opening) {
	x.ends[0].s = x.h.Accept(o, tcp.Config{}, x.ends[0], false)
	s, err := x.h.Dial(o.Remote, o.Local, tcp.Config{}, x.ends[1], o.Why)
	if err != nil {
		x.ends[0].t.Fatal(err)
	}
	x.ends[1].s = s
}

// A host on the path passes on what is for others; connections that it takes have two halves, each with the other end's address, and
// nobody sees the difference.
func TestMiddle(t *testing.T) {
	for _, taken := range []bool{false, true} {
		k := sim.New(sim.Config{})
		n := New(k, Config{Families: IPv4})
		a, m, b := n.AddHost("a"), n.AddMiddle("m"), n.AddHost("b")
		link := Symmetric(DirectionConfig{Delay: 10 * time.Millisecond})
		for _, ends := range [][2]*Host{{a, m}, {m, b}} {
			if _, _, err := n.Connect(ends[0], ends[1], link); err != nil {
				t.Fatal(err)
			}
		}
		if err := n.ComputeRoutes(); err != nil {
			t.Fatal(err)
		}
		ea, eb := &end{k: k, h: a, t: t}, &end{k: k, h: b, t: t}
		x := &takeover{h: m, ends: [2]*end{{k: k, h: m, t: t}, {k: k, h: m, t: t}}}
		m.Intercept(func(p *packet.Packet) bool { return taken && p.DstPort == 80 }, x)
		to := eb.listen(80)
		ea.dial(packet.AddrPort{}, to)
		until(t, k, 35)
		// Taken over, the opener has its answer from half the way.
		if up := ea.s.State() == tcp.Established; up != taken {
			t.Errorf("taken %v: established after 35 ms: %v", taken, up)
		}
		until(t, k, 90)
		if ea.s.State() != tcp.Established || eb.s == nil || eb.s.State() != tcp.Established {
			t.Fatalf("taken %v: not established", taken)
		}
		if eb.s.Remote() != ea.s.Local() || eb.s.Local() != ea.s.Remote() {
			t.Errorf("taken %v: %v-%v at one end, %v-%v at the other", taken, ea.s.Local(), ea.s.Remote(), eb.s.Local(), eb.s.Remote())
		}
		if live, _ := m.Connections(); (live == 2) != taken {
			t.Errorf("taken %v: %d connections in the middle", taken, live)
		}
		ea.s.Write(packet.PayloadOf([]byte("hello")), sim.Cause{})
		until(t, k, 200)
		want := 5
		if taken {
			want = 0 // nobody has passed it on
		}
		if eb.read != want || taken && x.ends[0].read != 5 {
			t.Errorf("taken %v: %d octets at the other end, %d in the middle", taken, eb.read, x.ends[0].read)
		}
	}
}
