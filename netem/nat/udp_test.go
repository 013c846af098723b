package nat

import (
	"testing"
	"time"

	"imsim/netem/packet"
)

func twoAddrs(c *Config) { c.External = []packet.Addr{named["X"], named["Y"]} }

func TestRFC4787(t *testing.T) {
	rfc := preset("rfc")
	runAll(t, []requirement{
		{"REQ-1 endpoint-independent mapping", rfc, `
			out udp A:5000 > P:1 = X:5000
			out udp A:5000 > P:2 = X:5000
			out udp A:5000 > Q:1 = X:5000`},
		{"4.1 address-dependent mapping", Config{MappingBehavior: EndpointAddrDependent}, `
			out udp A:5000 > P:1 = X:49152
			out udp A:5000 > P:2 = X:49152
			out udp A:5000 > Q:1 = X:49153`},
		{"4.1 address-and-port-dependent mapping", Config{MappingBehavior: EndpointAddrPortDependent}, `
			out udp A:5000 > P:1 = X:49152
			out udp A:5000 > P:2 = X:49153
			out udp A:5000 > P:1 = X:49152`},
		{"REQ-2 paired pooling", preset("rfc", twoAddrs), `
			out udp A:5000 > P:1 = X:5000
			out udp B:5000 > P:1 = Y:5000
			out udp A:5001 > P:1 = X:5001
			out udp B:5001 > P:1 = Y:5001`},
		{"4.1 arbitrary pooling", preset("rfc", twoAddrs, func(c *Config) { c.Pooling = Arbitrary }), `
			out udp A:5000 > P:1 = Y:5000
			out udp A:5001 > P:1 = X:5001
			out udp A:5002 > P:1 = Y:5002`},
		{"REQ-3 no overloading", rfc, `
			out udp A:5000 > P:1 = X:5000
			out udp B:5000 > Q:1 = X:1024`},
		{"REQ-3a class of ports", rfc, `
			out udp A:500 > P:1 = X:500
			out udp B:500 > P:1 = X:2`},
		{"REQ-4 parity", rfc, `
			out udp A:5001 > P:1 = X:5001
			out udp B:5001 > P:1 = X:1025
			out udp B:5000 > P:1 = X:5000`},
		{"4.2.3 contiguity", rfc, `
			out udp A:6000 > P:1 = X:6000
			out udp B:6000 > P:1 = X:1024
			out udp A:6001 > P:2 = X:6001
			out udp B:6001 > P:2 = X:1025`},
		{"REQ-5 five minutes", rfc, `
			0s out udp A:5000 > P:1 = X:5000
			299s in udp P:1 > X:5000 = A:5000
			300s in udp P:1 > X:5000 = drop`},
		{"REQ-6 outbound refresh", rfc, `
			0s out udp A:5000 > P:1 = X:5000
			200s out udp A:5000 > Q:1 = X:5000
			499s in udp P:1 > X:5000 = A:5000
			500s in udp P:1 > X:5000 = drop`},
		{"REQ-6a inbound refresh, if configured", preset("rfc", func(c *Config) { c.RefreshInbound = true }), `
			0s out udp A:5000 > P:1 = X:5000
			200s in udp P:1 > X:5000 = A:5000
			499s in udp P:1 > X:5000 = A:5000
			799s in udp P:1 > X:5000 = drop`},
		{"4.3 refresh by session", preset("rfc", func(c *Config) { c.RefreshSessions = true }), `
			0s out udp A:5000 > P:1 = X:5000
			200s out udp A:5000 > Q:1 = X:5000
			299s in udp P:1 > X:5000 = A:5000
			300s in udp P:1 > X:5000 = drop
			300s in udp Q:1 > X:5000 = A:5000
			500s in udp Q:1 > X:5000 = drop`},
		{"initial timer", preset("home"), `
			0s out udp A:5000 > P:1 = X:5000
			29s in udp P:1 > X:5000 = A:5000
			30s in udp P:1 > X:5000 = drop
			31s out udp A:5000 > P:1 = X:5000
			32s in udp P:1 > X:5000 = A:5000
			33s out udp A:5000 > P:1 = X:5000
			92s in udp P:1 > X:5000 = A:5000
			93s in udp P:1 > X:5000 = drop`},
		{"REQ-8 endpoint-independent filtering", Config{}, `
			out udp A:5000 > P:1 = X:49152
			in udp Q:9 > X:49152 = A:5000`},
		{"REQ-8 address-dependent filtering", rfc, `
			out udp A:5000 > P:1 = X:5000
			in udp P:2 > X:5000 = A:5000
			in udp Q:1 > X:5000 = drop`},
		{"5 address-and-port-dependent filtering", Config{FilteringBehavior: EndpointAddrPortDependent}, `
			out udp A:5000 > P:1 = X:49152
			in udp P:2 > X:49152 = drop
			in udp P:1 > X:49152 = A:5000`},
		{"REQ-9a hairpinning, external source", rfc, `
			out udp A:5000 > P:1 = X:5000
			out udp B:6000 > X:5000 = drop
			out udp A:5000 > X:6000 = turn X:5000 B:6000
			out udp B:6000 > X:5000 = turn X:6000 A:5000`},
		{"6 hairpinning, internal source", Config{Hairpinning: HairpinInternal}, `
			out udp A:5000 > P:1 = X:49152
			out udp B:6000 > X:49152 = turn B:6000 A:5000`},
		{"6 no hairpinning", preset("home"), `
			out udp A:5000 > P:1 = X:5000
			out udp B:6000 > X:5000 = drop`},
		{"REQ-11 deterministic, also after expiry", rfc, `
			0s out udp A:5000 > P:1 = X:5000
			300s out udp B:5000 > P:1 = X:5000
			301s out udp A:5000 > P:1 = X:1024`},
		{"restart forgets", rfc, `
			out udp A:5000 > P:1 = X:5000
			reboot =
			in udp P:1 > X:5000 = drop
			out udp A:5000 > P:1 = X:5000`},
	})
}

func TestRFC7857(t *testing.T) {
	overload := Config{
		MappingBehavior: EndpointAddrPortDependent, FilteringBehavior: EndpointAddrPortDependent, PortPreservation: true, PortOverloading: true,
	}
	soft := Config{External: []packet.Addr{named["X"], named["Y"]}, FirstPort: 2000, LastPort: 2001, Pooling: Soft}
	hard := soft
	hard.Pooling = Paired
	runAll(t, []requirement{
		{"2.2 an RST leaves state", preset("rfc"), `
			0s out tcp/S A:5000 > P:80 = X:5000
			0s in tcp/S. P:80 > X:5000 = A:5000
			1s in tcp/R P:80 > X:5000 = A:5000
			2s out tcp/. A:5000 > P:80 = X:5000
			7000s in tcp/. P:80 > X:5000 = A:5000`},
		{"2.2 and goes after four minutes without traffic", preset("rfc"), `
			0s out tcp/S A:5000 > P:80 = X:5000
			0s in tcp/S. P:80 > X:5000 = A:5000
			1s in tcp/R P:80 > X:5000 = A:5000
			200s in tcp/R P:80 > X:5000 = A:5000
			241s in tcp/. P:80 > X:5000 = drop`},
		{"2.2 unless it closes", preset("home"), `
			0s out tcp/S A:5000 > P:80 = X:5000
			0s in tcp/S. P:80 > X:5000 = A:5000
			1s in tcp/R P:80 > X:5000 = A:5000
			1s in tcp/. P:80 > X:5000 = drop`},
		{"3 overlapping where destinations differ", overload, `
			out udp A:5000 > P:1 = X:5000
			out udp B:5000 > Q:1 = X:5000
			in udp Q:1 > X:5000 = B:5000
			in udp P:1 > X:5000 = A:5000
			out udp B:5000 > P:1 = X:1024`},
		{"4 paired: no port left", hard, `
			out udp A:1 > P:1 = X:2000
			out udp A:2 > P:1 = X:2001
			out udp A:3 > P:1 = drop`},
		{"4 soft: another address", soft, `
			out udp A:1 > P:1 = X:2000
			out udp A:2 > P:1 = X:2001
			out udp A:3 > P:1 = Y:2000`},
		{"5 mapping by protocol", preset("rfc"), `
			out udp A:5000 > P:1 = X:5000
			out tcp/S B:5000 > P:1 = X:5000`},
		{"6 what is filtered refreshes nothing", preset("rfc", func(c *Config) { c.RefreshInbound = true }), `
			0s out udp A:5000 > P:1 = X:5000
			299s in udp Q:1 > X:5000 = drop
			300s in udp P:1 > X:5000 = drop`},
		{"9 ports at random", Config{Allocation: Random, FirstPort: 2000, LastPort: 2003}, `
			out udp A:1 > P:1 = X:2001
			out udp A:2 > P:1 = X:2002
			out udp A:3 > P:1 = X:2003
			out udp A:4 > P:1 = X:2000`},
	})
}

func TestRFC6888(t *testing.T) {
	blocks := Config{Allocation: Block, FirstPort: 2000, LastPort: 2005, BlockSize: 2, MaxBlocks: 2}
	runAll(t, []requirement{
		{"REQ-4 ports of a subscriber, in blocks", blocks, `
			out udp A:1 > P:1 = X:2000
			out udp B:1 > P:1 = X:2002
			out udp A:2 > P:1 = X:2001
			out udp A:3 > P:1 = X:2004
			out udp A:4 > P:1 = X:2005
			out udp A:5 > P:1 = drop
			out udp B:2 > P:1 = X:2003
			out udp B:3 > P:1 = drop`},
		{"REQ-4 blocks come back", blocks, `
			0s out udp A:1 > P:1 = X:2000
			10s out udp B:1 > P:1 = X:2002
			300s out udp B:2 > P:1 = X:2003
			300s out udp B:3 > P:1 = X:2000`},
		{"REQ-4 and REQ-11 quota", Config{PerSubscriber: 1, OverQuota: HostUnreachable}, `
			out udp A:1 > P:1 = X:49152
			out udp A:2 > P:1 = host
			out udp B:1 > P:1 = X:49153`},
		{"REQ-5 limits", Config{MaxSessions: 1}, `
			out udp A:1 > P:1 = X:49152
			out udp A:1 > P:2 = drop
			out udp B:1 > P:2 = drop`},
		{"REQ-8 a port rests", preset("cgn", func(c *Config) { c.FirstPort, c.LastPort, c.BlockSize = 2000, 2000, 1 }), `
			0s out udp A:1 > P:1 = X:2000
			300s out udp B:1 > P:1 = host
			419s out udp B:1 > P:1 = host
			420s out udp B:1 > P:1 = X:2000`},
		{"REQ-8 but not a tracked one", preset("cgn", func(c *Config) { c.FirstPort, c.LastPort, c.BlockSize = 2000, 2000, 1 }), `
			0s out tcp/S A:1 > P:1 = X:2000
			240s out tcp/S B:1 > P:1 = X:2000`},
	})
}

func TestOneToOne(t *testing.T) {
	script(t, Config{Mode: NATModeNAT1To1, External: []packet.Addr{named["X"], named["Y"]}, Internal: []packet.Addr{named["A"], named["B"]}}, `
		out udp A:5 > P:1 = X:5
		out tcp/S B:5 > P:1 = Y:5
		in udp Q:7 > Y:9 = B:9
		in tcp/S Q:7 > X:9 = A:9
		out udp P:5 > P:1 = drop`)
}

func TestConfigErrors(t *testing.T) {
	x := []packet.Addr{named["X"]}
	for name, c := range map[string]Config{
		"no address":       {},
		"twice":            {External: []packet.Addr{named["X"], named["X"]}},
		"one to one":       {Mode: NATModeNAT1To1, External: x},
		"ports":            {External: x, FirstPort: 9, LastPort: 8},
		"overloading":      {External: x, PortOverloading: true},
		"pickup":           {External: x, Unsolicited: Pickup},
		"negative timer":   {External: x, Timers: Timers{UDP: -time.Second}},
		"negative limit":   {External: x, MaxMappings: -1},
		"blocks too large": {External: x, Allocation: Block, FirstPort: 10, LastPort: 11, BlockSize: 3},
	} {
		if _, err := New(c, dice()); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, name := range Presets {
		c, ok := Preset(name)
		c.External = x
		if _, err := New(c, dice()); !ok || err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, ok := Preset("cone"); ok {
		t.Error("there is no preset cone")
	}
}
