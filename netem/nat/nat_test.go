package nat

import (
	"testing"

	"pgregory.net/rapid"

	"imsim/netem/packet"
	"imsim/sim"
)

func dice() sim.Stream { return sim.New(sim.Config{}).Rand("nat") }

func table(t testing.TB, c Config) *Table {
	if c.External == nil {
		c.External = []packet.Addr{named["X"]}
	}
	x, err := New(c, dice())
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// No two live mappings have one external endpoint unless overloading is on, no two sessions one external five-tuple at
// all; tables, chains and counts agree.
func TestInvariants(t *testing.T) {
	addrs := []string{"A", "B", "X", "Y", "P", "Q"}
	rapid.Check(t, func(t *rapid.T) {
		c := Config{
			External:          []packet.Addr{named["X"], named["Y"]}[:rapid.IntRange(1, 2).Draw(t, "addrs")],
			MappingBehavior:   EndpointDependencyType(rapid.IntRange(0, 3).Draw(t, "mapping")),
			FilteringBehavior: EndpointDependencyType(rapid.IntRange(0, 3).Draw(t, "filtering")),
			Hairpinning:       Hairpin(rapid.IntRange(0, 2).Draw(t, "hairpin")),
			FirstPort:         1, LastPort: 8,
			PortPreservation: rapid.Bool().Draw(t, "preserve"),
			PortParity:       rapid.Bool().Draw(t, "parity"),
			PortContiguity:   rapid.Bool().Draw(t, "contiguity"),
			Allocation:       Allocation(rapid.IntRange(0, 3).Draw(t, "allocation")),
			BlockSize:        2, MaxBlocks: 2,
			Pooling:         Pooling(rapid.IntRange(0, 2).Draw(t, "pooling")),
			RefreshSessions: rapid.Bool().Draw(t, "sessions"),
			RefreshInbound:  rapid.Bool().Draw(t, "inbound"),
			Unsolicited:     Answer(rapid.IntRange(0, 5).Draw(t, "unsolicited")),
			UnmatchedInside: []Answer{Silent, Reset, Pickup}[rapid.IntRange(0, 2).Draw(t, "unmatched")],
			ResetCloses:     rapid.Bool().Draw(t, "resetcloses"),
			ResetOnExpiry:   rapid.Bool().Draw(t, "resetonexpiry"),
			ProbeOnExpiry:   rapid.Bool().Draw(t, "probe"),
			Timers:          Timers{UDP: 20, ICMP: 10, Opening: 5, Open: 30, Closing: 4, Rest: 3},
		}
		c.PortOverloading = c.MappingBehavior >= 2 && c.FilteringBehavior >= 2 && rapid.Bool().Draw(t, "overload")
		c.PortReuse = c.PortOverloading && rapid.Bool().Draw(t, "reuse")
		c.Contest = Contest(rapid.IntRange(0, 2).Draw(t, "contest"))
		if rapid.Bool().Draw(t, "dmz") && c.Contest != ContestFiltered {
			c.DMZ = named["A"]
		}
		if rapid.Bool().Draw(t, "tcp") {
			c.TCP = &Behavior{
				MappingBehavior:   EndpointDependencyType(rapid.IntRange(0, 3).Draw(t, "tcp mapping")),
				FilteringBehavior: EndpointDependencyType(rapid.IntRange(0, 3).Draw(t, "tcp filtering")),
				Allocation:        Allocation(rapid.IntRange(0, 3).Draw(t, "tcp allocation")),
				PerSubscriber:     rapid.IntRange(0, 3).Draw(t, "tcp quota"),
			}
		}
		c.UnsolicitedUDP = []Answer{Silent, PortUnreachable}[rapid.IntRange(0, 1).Draw(t, "unsolicitedudp")]
		x, err := New(c, dice())
		if err != nil {
			t.Fatal(err)
		}
		now := sim.Time(0)
		held := map[*packet.Packet]bool{}
		for range rapid.IntRange(1, 80).Draw(t, "packets") {
			now += sim.Time(rapid.IntRange(0, 6).Draw(t, "pause"))
			p := &packet.Packet{
				Src: named[rapid.SampledFrom(addrs).Draw(t, "src")], Dst: named[rapid.SampledFrom(addrs).Draw(t, "dst")],
				SrcPort: uint16(rapid.IntRange(1, 9).Draw(t, "sport")), DstPort: uint16(rapid.IntRange(1, 9).Draw(t, "dport")),
				Proto: rapid.SampledFrom([]packet.Proto{packet.TCP, packet.UDP, packet.ICMP}).Draw(t, "proto"),
			}
			switch p.Proto {
			case packet.TCP:
				p.TCP.Flags = packet.Flags(rapid.IntRange(0, 31).Draw(t, "flags"))
			case packet.ICMP:
				p.ICMP.Type = rapid.SampledFrom([]uint8{0, 8, 3}).Draw(t, "type")
				p.ICMP.MTU = uint32(p.SrcPort) << 16
				p.ICMP.Quoted = packet.Flow{Src: packet.AddrPort{Addr: p.Dst, Port: p.SrcPort}, Dst: packet.AddrPort{Addr: p.Src, Port: p.DstPort}, Proto: packet.UDP}
			}
			before := *p
			from := Side(rapid.IntRange(0, 1).Draw(t, "from"))
			v := x.Input(now, from, p)
			if v.Action == Hold {
				held[p] = true
			}
			if v.Action == Forward && from == Inside && !x.owns(p.Src) {
				t.Fatalf("%+v left with an internal source", before.Flow())
			}
			if v.Action == Forward && p.Proto != packet.ICMP && from == Inside && (p.Dst != before.Dst || p.DstPort != before.DstPort) {
				t.Fatal("destination of an outbound packet changed")
			}
			for {
				o, ok := x.Next()
				if !ok {
					break
				}
				if o.Packet != nil {
					if !held[o.Packet] {
						t.Fatal("the table gave up a packet that it did not hold")
					}
					delete(held, o.Packet)
				}
			}
			check(t, x)
		}
		x.Tick(now + 6e9 + 1000)
		for {
			o, ok := x.Next()
			if !ok {
				break
			}
			delete(held, o.Packet)
		}
		if m, s := x.Live(); m != 0 || s != 0 || len(held) != 0 || x.Deadline() != sim.Never {
			t.Fatalf("%d mappings, %d sessions, %d packets left, deadline %v", m, s, len(held), x.Deadline())
		}
	})
}

type fataler interface{ Fatalf(string, ...any) }

func check(t fataler, x *Table) {
	type ext struct {
		proto packet.Proto
		at    packet.AddrPort
	}
	seen, n := map[ext]bool{}, 0
	for i := range x.maps {
		m := &x.maps[i]
		if !m.live {
			continue
		}
		n++
		k := ext{m.proto, m.ext}
		if seen[k] && !x.of(m.proto).PortOverloading {
			t.Fatalf("two mappings at %v", m.ext)
		}
		seen[k] = true
		if x.mappingOf(m.proto, m.in, m.remote) < 0 && !m.dmz || x.mappingAt(m.proto, m.ext) < 0 {
			t.Fatalf("mapping %v is not found", m.ext)
		}
		for s := m.sessions; s != 0; s = x.sess[s-1].next {
			if !x.sess[s-1].live || x.sess[s-1].m != int32(i) {
				t.Fatalf("session of another mapping")
			}
		}
		if m.deadline == sim.Never && m.sessions == 0 {
			t.Fatalf("mapping %v will never go", m.ext)
		}
	}
	tuples, inside := map[packet.Flow]bool{}, map[packet.Flow]bool{}
	sessions, aside, dmz := 0, 0, 0
	for i := range x.maps {
		if x.maps[i].live && x.maps[i].dmz {
			dmz++
		}
	}
	for i := range x.sess {
		s := &x.sess[i]
		if !s.live {
			continue
		}
		sessions++
		f := packet.Flow{Src: x.maps[s.m].ext, Dst: s.remote, Proto: s.proto}
		if tuples[f] {
			t.Fatalf("two sessions with %v", f)
		}
		tuples[f] = true
		if x.findIn(s.proto, f.Src, f.Dst) != int32(i) || x.findOut(s.proto, x.maps[s.m].in, s.remote) < 0 && !s.aside {
			t.Fatalf("session %v is not found", f)
		}
		if s.aside {
			aside++
		}
		in := packet.Flow{Src: x.maps[s.m].in, Dst: s.remote, Proto: s.proto}
		if inside[in] && x.cfg.Contest == ContestFiltered {
			t.Fatalf("two sessions with %v inside", in)
		}
		inside[in] = true
	}
	if m, s := x.Live(); m != n || s != sessions || x.byIn.n != n-dmz || x.byExt.n != n || x.byDst.n != s || x.bySrc.n != s-aside {
		t.Fatalf("%d mappings and %d sessions, counted %d and %d", n, sessions, m, s)
	}
}

// A packet of a known session allocates nothing, whichever way it goes.
func TestNoAllocations(t *testing.T) {
	for _, name := range Presets {
		c, _ := Preset(name)
		x := table(t, c)
		now := sim.Time(0)
		var p packet.Packet
		if n := testing.AllocsPerRun(1000, func() {
			for _, proto := range []packet.Proto{packet.UDP, packet.TCP} {
				now += 1000
				p.Src, p.SrcPort, p.Dst, p.DstPort, p.Proto = named["A"], 5000, named["P"], 80, proto
				p.TCP.Flags = packet.SYN
				if x.Input(now, Inside, &p).Action != Forward {
					t.Fatal("not translated")
				}
				p.Src, p.SrcPort, p.Dst, p.DstPort = named["P"], 80, p.Src, p.SrcPort
				p.TCP.Flags = packet.SYN | packet.ACK
				if x.Input(now, Outside, &p).Action != Forward || p.Dst != named["A"] {
					t.Fatal("not translated back")
				}
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkTranslate(b *testing.B) {
	for _, bench := range []struct {
		name  string
		proto packet.Proto
		flows int
	}{{"udp/1", packet.UDP, 1}, {"udp/1024", packet.UDP, 1024}, {"tcp/1", packet.TCP, 1}, {"tcp/1024", packet.TCP, 1024}} {
		b.Run(bench.name, func(b *testing.B) {
			x := table(b, preset("rfc"))
			p := packet.Packet{Proto: bench.proto}
			p.TCP.Flags = packet.SYN
			now := sim.Time(0)
			exts := make([]uint16, bench.flows)
			for i := range exts {
				p.Src, p.SrcPort, p.Dst, p.DstPort = named["A"], uint16(2000+i), named["P"], 80
				x.Input(now, Inside, &p)
				exts[i] = p.SrcPort
			}
			p.TCP.Flags = packet.ACK
			inside, outside, remote := named["A"], named["X"], named["P"]
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				now += 1000
				f := i >> 1 & (bench.flows - 1)
				if i&1 == 0 {
					p.Src, p.SrcPort, p.Dst, p.DstPort = inside, uint16(2000+f), remote, 80
					x.Input(now, Inside, &p)
				} else {
					p.Src, p.SrcPort, p.Dst, p.DstPort = remote, 80, outside, exts[f]
					x.Input(now, Outside, &p)
				}
			}
		})
	}
}
