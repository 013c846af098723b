package netem

import (
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// caller opens connections that send something, lose some of it, and close; the host restarts in the middle.
type caller struct {
	k       *sim.Kernel
	a, b    *Host
	streams []*Stream
	in, out packet.Payload
	got     int
	recycle bool
}

func (c *caller) Incoming(o tcp.Opening) { c.b.Accept(o, tcp.Config{}, c, false) }

func (c *caller) StreamEvent(s *Stream, ev tcp.Event) {
	switch ev.Kind {
	case tcp.EvEstablished:
		c.out.Reset()
		c.out.Append(packet.Synthetic(1, 0, 5000))
		s.Write(c.out, ev.Why)
	case tcp.EvReadable:
		n, _ := s.Read(1<<30, &c.in, ev.Why)
		c.got += n
		c.in.Reset()
		s.CloseWrite(ev.Why)
	case tcp.EvClosed:
		if c.recycle {
			s.Recycle()
			s.Recycle() // once is enough
		}
	}
	if c.recycle && ev.Kind != tcp.EvClosed {
		s.Recycle() // too early
	}
}

// Handle opens a connection, or has host a restart.
func (c *caller) Handle(arg uint32) {
	if arg == 0 {
		c.a.ForgetAll()
		return
	}
	s, err := c.a.Dial(packet.AddrPort{Port: uint16(1000 + arg)}, packet.AddrPort{Addr: c.b.Addr(true), Port: 9}, tcp.Config{}, c, sim.Cause{})
	if err != nil {
		c.k.Fail(err)
		return
	}
	c.streams = append(c.streams, s)
	Expect(c.streams[max(0, len(c.streams)-20):]...) // open, closed and forgotten ones
}

// TestMemoryChangesNothing plays a run with and without asking for memory ahead, and with and without recycled streams.
func TestMemoryChangesNothing(t *testing.T) {
	var spare int
	play := func(ahead, recycle bool) (fingerprint string, events uint64, got int) {
		k := sim.New(sim.Config{Seed: 1})
		n := New(k, Config{})
		c := &caller{k: k, recycle: recycle, a: n.AddHost("a"), b: n.AddHost("b")}
		link := DirectionConfig{Delay: 5 * time.Millisecond, Loss: sim.Certain / 50}
		if _, _, err := n.Connect(c.a, c.b, Symmetric(link)); err != nil {
			t.Fatal(err)
		}
		if err := n.ComputeRoutes(); err != nil {
			t.Fatal(err)
		}
		if err := c.b.Listen(packet.AddrPort{Port: 9}, c); err != nil {
			t.Fatal(err)
		}
		if ahead {
			c.a.crowded()
			c.b.crowded()
		}
		self := k.Add("caller", c)
		for i := range 600 {
			k.At(sim.Time(1+i)*sim.Time(100*time.Microsecond), self, uint32(1+i))
		}
		k.At(sim.Time(40*time.Millisecond), self, 0)
		if err := k.Run(sim.Time(time.Minute)); err != nil {
			t.Fatal(err)
		}
		spare = len(c.a.tcp.spare)
		return k.Fingerprint().String(), k.Events(), c.got
	}
	f1, e1, g1 := play(false, false)
	if g1 == 0 || spare != 0 {
		t.Errorf("%d octets were received, %d streams are to be used again", g1, spare)
	}
	for _, c := range []struct{ ahead, recycle bool }{{true, false}, {false, true}, {true, true}} {
		f2, e2, g2 := play(c.ahead, c.recycle)
		if f1 != f2 || e1 != e2 || g1 != g2 {
			t.Errorf("fingerprint %s, %d events, %d octets; with %+v %s, %d, %d", f1, e1, g1, c, f2, e2, g2)
		}
		if c.recycle && (spare == 0 || spare > 500) {
			t.Errorf("%d of 600 streams are to be used again: none, or hardly one was", spare)
		}
	}
}
