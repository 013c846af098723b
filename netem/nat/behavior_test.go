package nat

import (
	"testing"

	"imsim/netem/packet"
)

// The behaviour towards one transport is its own.
func TestBehaviorByTransport(t *testing.T) {
	split := Config{
		TCP: &Behavior{MappingBehavior: ConnectionDependent, FilteringBehavior: ConnectionDependent, Hairpinning: HairpinNone, Allocation: Sequential, Step: 10},
		UDP: &Behavior{FilteringBehavior: EndpointIndependent, PortPreservation: true, PerSubscriber: 2},
	}
	runAll(t, []requirement{
		{"5382 4.1, 4787 4.1 mapping of TCP, not of UDP", split, `
			out tcp/S A:1 > P:80 = X:49152
			out tcp/S A:1 > Q:80 = X:49162
			out udp A:5000 > P:80 = X:5000
			out udp A:5000 > Q:80 = X:5000`},
		{"5382 4.3, 4787 5 filtering of TCP, not of UDP", split, `
			out tcp/S A:1 > P:80 = X:49152
			in tcp/S P:81 > X:49152 = drop
			out udp A:5000 > P:80 = X:5000
			in udp Q:9 > X:5000 = A:5000`},
		{"5382 REQ-8, 4787 REQ-9 hairpinning of UDP, not of TCP", split, `
			out udp A:5000 > P:80 = X:5000
			out udp B:5001 > X:5000 = turn X:5001 A:5000
			out tcp/S A:1 > P:80 = X:49152
			out tcp/S B:1 > X:49152 = drop`},
		{"6888 REQ-4B a quota of UDP's own", split, `
			out udp A:5000 > P:80 = X:5000
			out udp A:5001 > P:80 = X:5001
			out udp A:5002 > P:80 = drop
			out tcp/S A:1 > P:80 = X:49152
			out echo A:7 > P:0 = X:49152`},
		{"4787 4.1 ICMP queries have the common behaviour", Config{Allocation: Random, TCP: &Behavior{}, UDP: &Behavior{}, PortPreservation: true}, `
			out echo A:7 > P:0 = X:7
			out tcp/S A:9 > P:80 = X:49152
			out udp A:9 > P:80 = X:49152`},
		{"6888 REQ-4 blocks for UDP, not for TCP", Config{FirstPort: 2000, LastPort: 2099, BlockSize: 2, MaxBlocks: 1, PortPreservation: true, UDP: &Behavior{Allocation: Block}}, `
			out udp A:2050 > P:80 = X:2000
			out udp A:2051 > P:80 = X:2001
			out udp A:2052 > P:80 = drop
			out tcp/S A:2050 > P:80 = X:2050`},
		{"7857 3 overloading of TCP, not of UDP", Config{
			FirstPort: 7, LastPort: 7,
			TCP: &Behavior{MappingBehavior: EndpointAddrPortDependent, FilteringBehavior: EndpointAddrPortDependent, PortOverloading: true},
		}, `
			out tcp/S A:1 > P:80 = X:7
			out tcp/S B:1 > Q:80 = X:7
			out udp A:1 > P:80 = X:7
			out udp B:1 > Q:80 = drop`},
	})
	for name, c := range map[string]Config{
		"overloading": {TCP: &Behavior{PortOverloading: true}},
		"reuse":       {UDP: &Behavior{PortReuse: true}},
		"mapping":     {TCP: &Behavior{MappingBehavior: 9}},
		"quota":       {UDP: &Behavior{PerSubscriber: -1}},
		"blocks":      {TCP: &Behavior{Allocation: Block}, BlockSize: 70000},
		"contest":     {Contest: 3},
	} {
		c.External = []packet.Addr{named["X"]}
		if _, err := New(c, dice()); err == nil {
			t.Errorf("%s: a wrong behaviour of one transport passes", name)
		}
	}
}

// A port is kept where it is free; where not, the way on is a choice (RFC 4787 §4.2.1).
func TestPreservationFallback(t *testing.T) {
	runAll(t, []requirement{
		{"4787 4.2.1 the next one that is free", Config{PortPreservation: true, Allocation: Upwards}, `
			out udp A:5000 > P:80 = X:5000
			out udp B:5000 > P:80 = X:5001
			out udp B:5001 > P:80 = X:5002
			out udp A:5001 > P:80 = X:5003
			out udp A:60000 > P:80 = X:60000`},
		{"4787 4.2.1 round the end of the range", Config{PortPreservation: true, Allocation: Upwards, FirstPort: 5000, LastPort: 5001}, `
			out udp A:5001 > P:80 = X:5001
			out udp B:5001 > P:80 = X:5000
			out udp B:5000 > P:80 = drop`},
		{"4787 4.2.1 a port out of the range", Config{PortPreservation: true, Allocation: Upwards, FirstPort: 5000, LastPort: 5999}, `
			out udp A:2000 > P:80 = X:5000
			out udp A:9000 > P:80 = X:5999`},
		{"4787 4.2.1, REQ-3a the class below 1024", Config{PortPreservation: true, Allocation: Upwards}, `
			out udp A:1023 > P:80 = X:1023
			out udp B:1023 > P:80 = X:1`},
		{"4787 4.2.1 counting up", Config{PortPreservation: true}, `
			out udp A:5000 > P:80 = X:5000
			out udp B:5000 > P:80 = X:1024
			out udp B:5001 > P:80 = X:5001`},
		{"4787 4.2.1 at random", Config{PortPreservation: true, Allocation: Random, FirstPort: 5000, LastPort: 5001}, `
			out udp A:5000 > P:80 = X:5000
			out udp B:5000 > P:80 = X:5001`},
	})
}

// Behind mapping that depends on the remote endpoint and filtering that does not, a SYN from outside can come in by one
// mapping while another has a session of the same 5-tuple inside.
func TestContest(t *testing.T) {
	c := func(k Contest) Config {
		return Config{MappingBehavior: EndpointAddrPortDependent, Contest: k, UnmatchedInside: Reset}
	}
	const opening = `
			out tcp/S A:1 > P:80 = X:49152
			out tcp/S A:1 > Q:80 = X:49153
			in tcp/S Q:80 > X:49152 = `
	runAll(t, []requirement{
		{"5382 REQ-2 the answer leaves by the way of the newest", c(ContestNewest), opening + `A:1
			out tcp/S. A:1 > Q:80 = X:49152
			in tcp/. Q:80 > X:49152 = A:1
			out tcp/. A:1 > Q:80 = X:49152
			in tcp/S. Q:80 > X:49153 = A:1`},
		{"4787 4.1 the answer leaves by the mapping for that remote", c(ContestMapping), opening + `A:1
			out tcp/S. A:1 > Q:80 = X:49153
			in tcp/. Q:80 > X:49152 = A:1
			5m out tcp/S A:1 > Q:80 = X:49154`},
		{"2663 2.3 a session is a 5-tuple", c(ContestFiltered), opening + `drop
			in tcp/S P:81 > X:49152 = A:1
			out tcp/. A:1 > P:81 = X:49152`},
		{"4787 5 UDP: the answer leaves by the mapping for that remote", c(ContestNewest), `
			out udp A:1 > P:80 = X:49152
			out udp A:1 > Q:80 = X:49153
			in udp Q:80 > X:49152 = A:1
			out udp A:1 > Q:80 = X:49153`},
	})
}

// Addresses of their own, and the host that gets what nobody else does.
func TestStatic(t *testing.T) {
	pair := []Static{{named["A"], named["Y"]}}
	runAll(t, []requirement{
		{"2663 4.1.1 beside a pool", Config{Static: pair}, `
			out udp A:5 > P:80 = Y:5
			in udp Q:9 > Y:77 = A:77
			in tcp/S Q:9 > Y:22 = A:22
			in echo Q:9 > Y:0 = A:9
			out udp B:5 > P:80 = X:49152
			in udp Q:9 > X:77 = drop`},
		{"4787 REQ-9 hairpins between both kinds", Config{Static: pair}, `
			out udp B:5 > Y:80 = turn X:49152 A:80
			out udp A:80 > X:49152 = turn Y:80 B:5
			out echo B:5 > Y:0 = turn X:49152 A:49152`},
		{"4787 REQ-9 without hairpinning", Config{Static: pair, Hairpinning: HairpinNone}, `
			out udp B:5 > Y:80 = drop
			out udp A:80 > X:49152 = drop`},
		{"4787 REQ-9 hairpins with the internal source", Config{Static: pair, Hairpinning: HairpinInternal}, `
			out udp B:5 > Y:80 = turn B:5 A:80
			out udp A:80 > X:49152 = turn A:80 B:5`},
		{"DMZ host", Config{DMZ: named["A"], FilteringBehavior: EndpointAddrPortDependent}, `
			in udp Q:9 > X:77 = A:77
			out udp A:77 > Q:9 = X:77
			in tcp/S P:9 > X:22 = A:22
			out tcp/S. A:22 > P:9 = X:22
			in tcp/S Q:9 > X:22 = A:22
			in tcp/. Q:8 > X:23 = drop
			out udp B:5 > P:80 = X:49152
			in udp Q:9 > X:49152 = drop
			out udp B:5 > X:99 = turn X:49152 A:99
			6m in udp Q:9 > X:77 = A:77
			12m tick = `},
		{"DMZ host, opened from inside", Config{DMZ: named["A"], MappingBehavior: EndpointAddrPortDependent, FilteringBehavior: EndpointAddrPortDependent, PortPreservation: true}, `
			out udp A:5000 > P:80 = X:5000
			in udp Q:9 > X:5000 = A:5000
			out udp A:5000 > Q:9 = X:5000`},
		{"DMZ host, quota", Config{DMZ: named["A"], PerSubscriber: 1}, `
			in udp Q:9 > X:77 = A:77
			in udp Q:9 > X:78 = drop`},
	})
	for name, c := range map[string]Config{
		"twice":      {Static: append(pair, Static{named["A"], named["P"]})},
		"in pool":    {Static: []Static{{named["A"], named["X"]}}},
		"families":   {Static: []Static{{named["A"], packet.MustAddr("2001:db8::1")}}},
		"both":       {Static: pair, DMZ: named["A"]},
		"one to one": {Static: pair, Mode: NATModeNAT1To1, Internal: []packet.Addr{named["B"]}},
	} {
		c.External = []packet.Addr{named["X"]}
		if _, err := New(c, dice()); err == nil {
			t.Errorf("%s: wrong static addresses pass", name)
		}
	}
	x := table(t, Config{DMZ: named["A"]})
	step(t, x, 0, []string{"in", "udp", "Q:9", ">", "X:77"})
	step(t, x, 0, []string{"in", "tcp/S", "Q:9", ">", "X:77"})
	check(t, x)
	x.Tick(1 << 60)
	if m, s := x.Live(); m+s != 0 {
		t.Errorf("%d mappings and %d sessions of the DMZ host are left", m, s)
	}
}
