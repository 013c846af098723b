package tcp

import (
	"testing"

	"imsim/netem/packet"
	"imsim/sim"
)

// bulk is a transfer without loss from a to b, one instant a round trip, with synthetic octets.
type bulk struct {
	a, b     Conn
	cfg      Config
	now      sim.Time
	off      uint64
	out      packet.Packet
	in       packet.Payload
	pay      packet.Payload
	segments int
	lose     func() bool // whether the next segment of a is lost
}

func newBulk(pool *Pool) *bulk {
	k := &bulk{cfg: Config{Pool: pool}}
	k.connect()
	return k
}

func (k *bulk) connect() {
	k.a.OpenActive(0, sim.Cause{}, &k.cfg, addrA, addrB, 1)
	k.a.Emit(0, &k.out)
	k.b.OpenPassive(0, &Opening{Local: addrB, Remote: addrA, Header: k.out.TCP}, &k.cfg, 2, false)
	for range 20 {
		k.exchange()
	}
}

func (k *bulk) events(c *Conn) {
	for {
		e, ok := c.NextEvent()
		if !ok {
			return
		}
		switch e.Kind {
		case EvReadable:
			k.in.Spans, k.in.Len = k.in.Spans[:0], 0
			c.Read(k.now, e.Why, 1<<30, &k.in)
		case EvWritable, EvEstablished:
			if c == &k.a {
				k.fill()
			}
		}
	}
}

func (k *bulk) fill() {
	n := k.a.WriteSpace() + 1
	k.pay.Spans = append(k.pay.Spans[:0], packet.Synthetic(1, k.off, n))
	k.pay.Len = n
	k.off += uint64(k.a.Write(k.now, sim.Cause{}, k.pay))
}

// exchange lets one segment go each way.
func (k *bulk) exchange() {
	k.now += 1000
	if d := k.a.Deadline(); d <= k.now {
		k.a.Tick(k.now, sim.Cause{})
	}
	if k.a.Emit(k.now, &k.out) {
		k.segments++
		if k.lose == nil || !k.lose() {
			k.b.Segment(k.now, k.out.Cause, &k.out.TCP, &k.out.Payload)
			k.events(&k.b)
		}
	}
	if d := k.b.Deadline(); d <= k.now {
		k.b.Tick(k.now, sim.Cause{})
	}
	if k.b.Emit(k.now, &k.out) {
		k.segments++
		k.a.Segment(k.now, k.out.Cause, &k.out.TCP, &k.out.Payload)
		k.events(&k.a)
	}
}

// BenchmarkBulk measures Segment, Emit, events, Read and Write, per segment of either direction.
func BenchmarkBulk(b *testing.B) {
	k := newBulk(&Pool{})
	b.ReportAllocs()
	b.ResetTimer()
	k.segments = 0
	for k.segments < b.N {
		k.exchange()
	}
}

func TestBulkAllocatesNothing(t *testing.T) {
	for _, pool := range []*Pool{nil, {}} {
		k := newBulk(pool)
		for range 1000 {
			k.exchange()
		}
		before := k.a.Stats().OctetsAcked
		if n := testing.AllocsPerRun(1000, k.exchange); n != 0 {
			t.Errorf("%v allocations a segment", n)
		}
		if k.a.Stats().OctetsAcked-before < 1000*1000 {
			t.Errorf("only %d octets acknowledged", k.a.Stats().OctetsAcked-before)
		}
	}
}

// BenchmarkShort measures a connection from SYN to TIME-WAIT with 2 KB each way.
func BenchmarkShort(b *testing.B) {
	cfg := Config{Pool: &Pool{}}
	var x [2]Conn
	var out packet.Packet
	var in packet.Payload
	pay := packet.Payload{Spans: []packet.Span{packet.Synthetic(1, 0, 2048)}, Len: 2048}
	b.ReportAllocs()
	for range b.N {
		x[0].OpenActive(0, sim.Cause{}, &cfg, addrA, addrB, 1)
		x[0].Emit(0, &out)
		x[1].OpenPassive(0, &Opening{Local: addrB, Remote: addrA, Header: out.TCP}, &cfg, 2, false)
		for busy := true; busy; {
			busy = false
			for i := range x {
				for {
					e, ok := x[i].NextEvent()
					if !ok {
						break
					}
					switch e.Kind {
					case EvEstablished:
						x[i].Write(0, e.Why, pay)
						x[i].CloseWrite(0, e.Why)
					case EvReadable:
						in.Spans, in.Len = in.Spans[:0], 0
						x[i].Read(0, e.Why, 1<<30, &in)
					}
				}
				for x[i].Emit(0, &out) {
					busy = true
					x[1-i].Segment(0, out.Cause, &out.TCP, &out.Payload)
				}
			}
		}
		if x[0].State() < TimeWait && x[1].State() < TimeWait {
			b.Fatal(x[0].State(), x[1].State())
		}
	}
}
