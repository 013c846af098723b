package netem

import (
	"bytes"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// chain is host a, some routers, host b, with the MTU of each link.
func chain(t testing.TB, fam Families, mtus ...int) (k *sim.Kernel, n *Network, a, b *Host, routers []*Router) {
	t.Helper()
	k = sim.New(sim.Config{Seed: 1})
	n = New(k, Config{Families: fam})
	a, b = n.AddHost("a"), n.AddHost("b")
	last := Node(a)
	for i, mtu := range mtus {
		next := Node(b)
		if i < len(mtus)-1 {
			r := n.AddRouter("r" + string(rune('1'+i)))
			routers = append(routers, r)
			next = r
		}
		if _, _, err := n.Connect(last, next, Symmetric(DirectionConfig{MTU: mtu, Delay: time.Millisecond})); err != nil {
			t.Fatal(err)
		}
		last = next
	}
	if err := n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	return k, n, a, b, routers
}

// TestRFC791Fragmentation sends datagrams over smaller and smaller MTUs: routers fragment again (RFC 791 §2.3). In IPv6
// only the source does, once it has learned the path's MTU (RFC 8200 §4.5, RFC 8201).
func TestRFC791Fragmentation(t *testing.T) {
	for _, size := range []int{0, 1, 1452, 1473, 3000, 9001, 65507 - 20} {
		k, n, a, b, _ := chain(t, DualStack, 1500, 1400, 1300)
		s := &sink{k: k, keep: true}
		bind(t, b, 9, s)
		u := bind(t, a, 9, &sink{})
		var want packet.Payload
		want.Append(packet.Synthetic(3, 0, size))
		u.Send(packet.AddrPort{Addr: b.Addr(true), Port: 9}, want, sim.Cause{})
		run(t, k)
		if len(s.data) != 1 || !bytes.Equal(s.data[0], want.Bytes()) {
			t.Fatalf("IPv4, %d octets: %d datagrams arrived", size, len(s.data))
		}
		// RFC 8200 §4.5: the first ones are lost, each telling of one smaller link. The limit of the payload length is lower.
		if size > 65000 {
			continue
		}
		for range 3 {
			u.Send(packet.AddrPort{Addr: b.Addr(false), Port: 9}, want, sim.Cause{})
			run(t, k)
		}
		if len(s.data) < 2 || !bytes.Equal(s.data[1], want.Bytes()) {
			t.Fatalf("IPv6, %d octets: %d datagrams arrived", size, len(s.data)-1)
		}
		if size > 1500 && a.PathMTU(b.Addr(false)) != 1300 {
			t.Errorf("path MTU %d", a.PathMTU(b.Addr(false)))
		}
		if n.Pool.Live() != 0 {
			t.Errorf("%d packets left", n.Pool.Live())
		}
	}
}

// TestFragmentsOnTheWire checks sizes, offsets and checksums of fragments, and that they join to the datagram's octets.
func TestFragmentsOnTheWire(t *testing.T) {
	for _, is4 := range []bool{true, false} {
		k, _, a, b, _ := chain(t, DualStack, 1280)
		var joined []byte
		var count, mtu int
		a.Interfaces()[0].Tap = func(out bool, p *packet.Packet) {
			w := p.Marshal(nil)
			mtu = max(mtu, len(w))
			if int(p.Frag.Offset) != len(joined) || p.Frag.More && (len(w)-p.NetLen())%8 != 0 {
				t.Errorf("offset %d after %d octets", p.Frag.Offset, len(joined))
			}
			joined = append(joined, w[p.NetLen():]...)
			count++
		}
		u := bind(t, a, 7, &sink{})
		bind(t, b, 9, &sink{})
		u.Send(packet.AddrPort{Addr: b.Addr(is4), Port: 9}, octets(4000), sim.Cause{})
		run(t, k)
		whole := packet.Packet{Src: a.Addr(is4), Dst: b.Addr(is4), SrcPort: 7, DstPort: 9, Proto: packet.UDP, Payload: octets(4000)}
		if count != 4 || mtu > 1280 || !bytes.Equal(joined, whole.Marshal(nil)[whole.NetLen():]) {
			t.Errorf("IPv4 %v: %d fragments of at most %d octets, or the octets differ", is4, count, mtu)
		}
	}
}

// shuffle hands b the fragments of a datagram in the order given, by their index; -1 waits a minute.
func shuffle(t *testing.T, is4 bool, order []int, change func(i int, p *packet.Packet)) (*sink, *Host, *sim.Kernel, *sink) {
	t.Helper()
	k, n, a, b, _ := chain(t, DualStack, 1280)
	var parts []*packet.Packet
	a.Interfaces()[0].Tap = func(out bool, p *packet.Packet) {
		if out {
			parts = append(parts, n.Pool.Clone(p))
		}
	}
	src, dst := &sink{}, &sink{keep: true}
	u := bind(t, a, 7, src)
	u.Send(packet.AddrPort{Addr: b.Addr(is4), Port: 9}, octets(3000), sim.Cause{})
	run(t, k) // nobody listens: port unreachable
	a.Interfaces()[0].Tap = nil
	src.unreach = nil
	bind(t, b, 9, dst)
	for _, i := range order {
		if i < 0 {
			until(t, k, int(k.Now()/1e6)+60_000)
			continue
		}
		p := n.Pool.Clone(parts[i])
		if change != nil {
			change(i, p)
		}
		b.Receive(b.Interfaces()[0], p)
	}
	run(t, k)
	if want := len(parts); n.Pool.Live() != want {
		t.Errorf("%d packets alive, want %d", n.Pool.Live(), want)
	}
	return dst, b, k, src
}

// TestRFC8200Reassembly covers order, repetition, loss, overlap and time-out (RFC 8200 §4.5, RFC 5722, RFC 791 §3.2).
func TestRFC8200Reassembly(t *testing.T) {
	for _, c := range []struct {
		name   string
		order  []int
		change func(int, *packet.Packet)
		want   int  // datagrams
		told   bool // the sender hears that the time is over
	}{
		{"in order", []int{0, 1, 2}, nil, 1, false},
		{"reversed", []int{2, 1, 0}, nil, 1, false},
		{"middle last", []int{2, 0, 1}, nil, 1, false},
		{"repeated", []int{0, 0, 1, 1, 0, 2}, nil, 1, false},
		{"twice", []int{0, 1, 2, 2, 1, 0}, nil, 2, false},
		{"first lost", []int{1, 2}, nil, 0, false},
		{"last lost", []int{0, 1}, nil, 0, true},
		{"too late", []int{0, 1, -1, 2}, nil, 0, true},
		{"in time", []int{0, 1, 2, -1}, nil, 1, false},
		{"overlap", []int{0, 1, 2}, func(i int, p *packet.Packet) {
			if i == 1 {
				p.Frag.Offset -= 8
			}
		}, 0, false},
		{"behind the end", []int{2, 1, 0}, func(i int, p *packet.Packet) {
			if i == 1 {
				p.Frag.Offset += 8000
			}
		}, 0, true},
		{"two ends", []int{0, 1, 2}, func(i int, p *packet.Packet) {
			if i == 1 {
				p.Frag.More = false
			}
		}, 0, false},
		{"not a multiple of eight", []int{0, 1, 2}, func(i int, p *packet.Packet) {
			if i == 1 {
				p.Payload.Drop(1)
			}
		}, 0, true},
		{"of another datagram", []int{0, 1, 2}, func(i int, p *packet.Packet) {
			if i == 1 {
				p.Frag.ID++
			}
		}, 0, true},
	} {
		for _, is4 := range []bool{true, false} {
			t.Run(c.name+map[bool]string{true: "/IPv4", false: "/IPv6"}[is4], func(t *testing.T) {
				dst, b, _, src := shuffle(t, is4, c.order, c.change)
				whole := octets(3000)
				if len(dst.data) != c.want || c.want > 0 && !bytes.Equal(dst.data[0], whole.Bytes()) {
					t.Errorf("%d datagrams, want %d", len(dst.data), c.want)
				}
				if (len(src.unreach) > 0) != c.told {
					t.Errorf("the sender was told: %v", src.unreach)
				}
				if len(b.asm.open) != 0 {
					t.Errorf("%d datagrams incomplete for ever", len(b.asm.open))
				}
			})
		}
	}
}

// TestReassemblyUnderLoss sends fragmented datagrams over a link that loses and reorders; what arrives is whole.
func TestReassemblyUnderLoss(t *testing.T) {
	p := newPair(t, Config{}, Symmetric(DirectionConfig{Delay: 5 * time.Millisecond, Jitter: 5 * time.Millisecond, Reorder: true, Loss: sim.Certain / 10}))
	s := &sink{k: p.k}
	bind(t, p.b, 9, s)
	const n = 2000
	newSource(bind(t, p.a, 9, s), packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, 4000, n, time.Millisecond)
	run(t, p.k)
	for i, size := range s.sizes {
		if size != 4000 {
			t.Fatalf("datagram %d has %d octets", i, size)
		}
	}
	// Three fragments: 0.9^3 = 72.9 % of 2000 are 1458, standard deviation 20.
	if s.n < 1358 || s.n > 1558 || p.n.Pool.Live() != 0 {
		t.Errorf("%d datagrams arrived, %d packets left", s.n, p.n.Pool.Live())
	}
}

// TestReassemblyLimit gives up the oldest of too many incomplete datagrams.
func TestReassemblyLimit(t *testing.T) {
	k, n, a, b, _ := chain(t, IPv4, 1500)
	a.Interfaces()[0].Out.cfg.Losses = &everyThird{}
	u := bind(t, a, 7, &sink{})
	for range 1000 {
		u.Send(packet.AddrPort{Addr: b.Addr(true), Port: 9}, octets(4000), sim.Cause{})
	}
	until(t, k, 100)
	if len(b.asm.open) != maxIncomplete || n.Pool.Live() != 2*maxIncomplete {
		t.Errorf("%d incomplete datagrams, %d packets", len(b.asm.open), n.Pool.Live())
	}
	run(t, k)
	if n.Pool.Live() != 0 {
		t.Errorf("%d packets left", n.Pool.Live())
	}
}
