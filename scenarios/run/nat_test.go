package run

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"imsim/internal/units"
	"imsim/netem"
	"imsim/netem/nat"
	"imsim/netem/packet"
	"imsim/scenarios"
	"imsim/sim"
)

// What the gateway latches onto is an external address of the NAT, whatever the NAT's kind, also with two in a row, with
// a protected leg, and when the stream is relayed.
func TestLatchBehindNAT(t *testing.T) {
	for _, c := range []struct {
		name string
		set  []string
	}{
		{"basic", nil},
		{"home", []string{"nats.home.preset=home"}},
		{"strict", []string{"nats.home.preset=strict"}},
		{"linux", []string{"nats.home.preset=linux-masquerade"}},
		{"cgn", []string{"nats.home.preset=cgn"}},
		{"relay", []string{"nodes.pcscf1.tcp-mode=relay"}},
		{"e2ae", []string{"sessions.chat.security=e2ae"}},
		{"SIP over TCP", []string{"nodes.ue-a.transport=tcp"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			sc := load(t, "nat-latch-basic", c.set...)
			l, st := play(t, sc, Options{})
			x := st.Net.Node("home").(*nat.Node)
			ue := netem.CoreOf(st.Net.Node("ue-a")).Addr(true).String()
			external := x.Table.Config().External[0].String()
			var latched []string
			for _, line := range strings.Split(l.String(), "\n") {
				if strings.Contains(line, " tcp.latched ") {
					f := strings.Fields(line)
					latched = append(latched, strings.Split(f[len(f)-1], ":")[0])
				}
				if strings.Contains(line, "agw1/access tcp.syn.received") && strings.Contains(line, ue+":") {
					t.Errorf("the gateway sees the private address: %s", line)
				}
			}
			if !slices.Equal(latched, []string{external}) {
				t.Errorf("latched onto %q, want %s\n%s", latched, external, l)
			}
			if !strings.Contains(l.String(), "session.end released") {
				t.Errorf("no success\n%s", l)
			}
		})
	}
}

// A NAT that reboots under an open connection takes its mapping away: what comes from outside is lost.
func TestNATReboot(t *testing.T) {
	sc := load(t, "nat-latch-basic")
	sc.File.Timeline = []scenarios.Step{{At: ptr(sc.File.Run.Until), Do: "nat-reboot", Action: &scenarios.NATReboot{NAT: "home"}}}
	*sc.File.Timeline[0].At = 400e6
	sc.File.Run.Until = 5e9
	l, st := play(t, sc, Options{})
	if !strings.Contains(l.String(), "ue-b/ msrp.send.sent") || strings.Contains(l.String(), "ue-a/ msrp.send.received") {
		t.Errorf("UE-B's message came through\n%s", l)
	}
	if m, _ := st.Net.Node("home").(*nat.Node).Table.Live(); m != 0 {
		t.Errorf("%d mappings after the reboot", m)
	}
}

func ptr[T any](v T) *T { return &v }

// Every key of a NAT reaches its behaviour.
func TestNATBehaviour(t *testing.T) {
	d := units.Duration(7e9)
	yes, no := true, false
	for name, c := range map[string]struct {
		set  scenarios.NAT
		want func(*nat.Config) bool
	}{
		"mapping":                {scenarios.NAT{Mapping: "address-dependent"}, func(c *nat.Config) bool { return c.MappingBehavior == nat.EndpointAddrDependent }},
		"filtering":              {scenarios.NAT{Filtering: "endpoint-independent"}, func(c *nat.Config) bool { return c.FilteringBehavior == nat.EndpointIndependent }},
		"ports":                  {scenarios.NAT{Ports: "random"}, func(c *nat.Config) bool { return c.Allocation == nat.Random && !c.PortPreservation }},
		"ports of cgn":           {scenarios.NAT{Preset: "cgn", Ports: "preserve"}, func(c *nat.Config) bool { return c.Allocation != nat.Block && c.PortPreservation }},
		"hairpin":                {scenarios.NAT{Hairpin: "internal"}, func(c *nat.Config) bool { return c.Hairpinning == nat.HairpinInternal }},
		"unsolicited":            {scenarios.NAT{Unsolicited: "prohibited"}, func(c *nat.Config) bool { return c.Unsolicited == nat.Prohibited }},
		"after 6 s":              {scenarios.NAT{Preset: "home", Unsolicited: "after-6s"}, func(c *nat.Config) bool { return c.Unsolicited == nat.PortUnreachable6s }},
		"unmatched":              {scenarios.NAT{Unmatched: "pickup"}, func(c *nat.Config) bool { return c.UnmatchedInside == nat.Pickup }},
		"reset-on-expiry":        {scenarios.NAT{ResetOnExpiry: &yes}, func(c *nat.Config) bool { return c.ResetOnExpiry }},
		"reset-closes":           {scenarios.NAT{Preset: "home", ResetCloses: &no}, func(c *nat.Config) bool { return !c.ResetCloses }},
		"inbound-keeps":          {scenarios.NAT{InboundKeeps: &yes}, func(c *nat.Config) bool { return c.RefreshInbound }},
		"quota":                  {scenarios.NAT{Quota: 3}, func(c *nat.Config) bool { return c.PerSubscriber == 3 }},
		"overloading":            {scenarios.NAT{Preset: "linux-masquerade", Filtering: "address-dependent"}, func(c *nat.Config) bool { return !c.PortOverloading }},
		"overloading, asked for": {scenarios.NAT{Mapping: "address-and-port-dependent", Filtering: "address-and-port-dependent", Overloading: &yes}, func(c *nat.Config) bool { return c.PortOverloading }},
		"external": {scenarios.NAT{External: []string{"203.0.113.7"}}, func(c *nat.Config) bool {
			return slices.Equal(c.External, []packet.Addr{packet.MustAddr("203.0.113.7")})
		}},
		"pooling":            {scenarios.NAT{Pooling: "soft"}, func(c *nat.Config) bool { return c.Pooling == nat.Soft }},
		"port range":         {scenarios.NAT{FirstPort: 2000, LastPort: 2999, Step: 3}, func(c *nat.Config) bool { return c.FirstPort == 2000 && c.LastPort == 2999 && c.Step == 3 }},
		"blocks":             {scenarios.NAT{Ports: "block", BlockSize: 64, MaxBlocks: 2}, func(c *nat.Config) bool { return c.BlockSize == 64 && c.MaxBlocks == 2 && c.Allocation == nat.Block }},
		"parity, contiguity": {scenarios.NAT{Parity: &no, Contiguity: &no}, func(c *nat.Config) bool { return !c.PortParity && !c.PortContiguity }},
		"limits":             {scenarios.NAT{Mappings: 5, Sessions: 6}, func(c *nat.Config) bool { return c.MaxMappings == 5 && c.MaxSessions == 6 }},
		"over-quota":         {scenarios.NAT{OverQuota: "silent"}, func(c *nat.Config) bool { return c.OverQuota == nat.Silent }},
		"unmatched-outside":  {scenarios.NAT{UnmatchedOut: "rst"}, func(c *nat.Config) bool { return c.UnmatchedOutside == nat.Reset }},
		"fragments":          {scenarios.NAT{Fragments: "in-order"}, func(c *nat.Config) bool { return c.Fragments == nat.FragmentsInOrder }},
		"sim-open":           {scenarios.NAT{SimOpen: "drop-synack"}, func(c *nat.Config) bool { return c.SimOpen == nat.DropOutboundSYNACK }},
		"probe-on-expiry":    {scenarios.NAT{ProbeOnExpiry: &no}, func(c *nat.Config) bool { return !c.ProbeOnExpiry }},
		"refresh-each":       {scenarios.NAT{RefreshEach: &yes}, func(c *nat.Config) bool { return c.RefreshSessions }},
		"alg":                {scenarios.NAT{ALG: "drop-tls"}, func(c *nat.Config) bool { return c.ALG == nat.ALGDropTLS }},
		"fallback":           {scenarios.NAT{Fallback: "next"}, func(c *nat.Config) bool { return c.PortPreservation && c.Allocation == nat.Upwards }},
		"fallback of linux":  {scenarios.NAT{Preset: "linux-masquerade", Fallback: "sequential"}, func(c *nat.Config) bool { return c.PortPreservation && c.Allocation == nat.Sequential }},
		"ports, no fallback": {scenarios.NAT{Preset: "linux-masquerade", Ports: "sequential", Fallback: "next"}, func(c *nat.Config) bool { return c.Allocation == nat.Sequential }},
		"contest":            {scenarios.NAT{Contest: "mapping"}, func(c *nat.Config) bool { return c.Contest == nat.ContestMapping }},
		"tcp": {scenarios.NAT{Mapping: "address-dependent", Ports: "random", TCP: &scenarios.NATTransport{Mapping: "connection-dependent", Hairpin: "none", Quota: 3}}, func(c *nat.Config) bool {
			b := c.Of(packet.TCP)
			return c.MappingBehavior == nat.EndpointAddrDependent && c.UDP == nil && b.MappingBehavior == nat.ConnectionDependent &&
				b.Allocation == nat.Random && !b.PortPreservation && b.Hairpinning == nat.HairpinNone && b.PerSubscriber == 3 && c.Hairpinning == nat.HairpinExternal
		}},
		"udp": {scenarios.NAT{UDP: &scenarios.NATTransport{Filtering: "endpoint-independent", Ports: "preserve", Fallback: "random"}}, func(c *nat.Config) bool {
			b := c.Of(packet.UDP)
			return c.TCP == nil && b.FilteringBehavior == nat.EndpointIndependent && b.PortPreservation && b.Allocation == nat.Random && c.FilteringBehavior == nat.EndpointAddrDependent
		}},
		"keys of all over a preset's transport": {scenarios.NAT{Preset: "strict", Mapping: "endpoint-independent"}, func(c *nat.Config) bool {
			b := c.Of(packet.TCP)
			return b.MappingBehavior == nat.EndpointIndependent && b.FilteringBehavior == nat.ConnectionDependent
		}},
		"tcp of linux": {scenarios.NAT{Preset: "linux-masquerade", TCP: &scenarios.NATTransport{Filtering: "endpoint-independent"}}, func(c *nat.Config) bool {
			return !c.Of(packet.TCP).PortOverloading && c.Of(packet.UDP).PortReuse
		}},
		"timers": {scenarios.NAT{Timers: scenarios.NATTimers{UDP: &d, UDPInit: &d, ICMP: &d, Opening: &d, Open: &d, HalfClosed: &d, Closing: &d, Reset: &d, Rest: &d}}, func(c *nat.Config) bool {
			return c.Timers == nat.Timers{UDP: 7e9, UDPInit: 7e9, ICMP: 7e9, Opening: 7e9, Open: 7e9, Half: 7e9, Closing: 7e9, Reset: 7e9, Rest: 7e9}
		}},
	} {
		if c.set.Preset == "" {
			c.set.Preset = "rfc"
		}
		before := scenarios.NAT{Preset: c.set.Preset}.Config()
		if after := c.set.Config(); c.want(&before) || !c.want(&after) {
			t.Errorf("%s: %+v", name, after)
		}
	}
	for _, p := range nat.Presets {
		c := scenarios.NAT{Preset: p}.Config()
		c.External = []packet.Addr{packet.MustAddr("203.0.113.1")}
		if _, err := nat.New(c, sim.Stream{}); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
}

// A node that has an outside address to itself, and one that gets what nobody else does.
func TestNATHosts(t *testing.T) {
	sc := load(t, "nat-latch-basic", "nats.home.one-to-one={ue-a: 203.0.113.7}")
	l, st := play(t, sc, Options{})
	if !strings.Contains(l.String(), "session.end released") || !strings.Contains(l.String(), "tcp.latched 203.0.113.7:") {
		t.Errorf("not latched onto the UE's own address\n%s", l)
	}
	if m, _ := st.Net.Node("home").(*nat.Node).Table.Live(); m != 0 {
		t.Errorf("%d mappings for a UE that needs none", m)
	}
	_, st = play(t, load(t, "nat-latch-basic", "nats.home.dmz=ue-a"), Options{})
	ue := netem.CoreOf(st.Net.Node("ue-a")).Addr(true)
	if c := st.Net.Node("home").(*nat.Node).Table.Config(); c.DMZ != ue {
		t.Errorf("the DMZ host is %v, want %v", c.DMZ, ue)
	}
}

// A UE signals over TCP through a SIP ALG, in segments so short that each message is in several: it registers, calls and is
// called, nothing passes unread, and the P-CSCF sees no private address.
func TestALGOverTCP(t *testing.T) {
	for _, set := range [][]string{
		nil, {"nodes.ue-a.tcp.mss=300", "links.access.mtu=576B"}, {"links.access.mtu=576B", "nats.home.preset=strict"}, {"nodes.ue-a.tcp.mss=536", "sessions.chat.from=ue-b", "sessions.chat.to=ue-a", "nodes.ue-b.transport=tcp"},
	} {
		sc := load(t, "nat-alg-in-path", append([]string{"nodes.ue-a.transport=tcp"}, set...)...)
		l, st := play(t, sc, Options{})
		x := st.Net.Node("home").(*nat.Node).Table
		if !strings.Contains(l.String(), "session.end released") || x.Stats.Unread != 0 {
			t.Errorf("%v: %d messages unread\n%s", set, x.Stats.Unread, l)
		}
		private := netem.CoreOf(st.Net.Node("ue-a")).Addr(true).String()
		for _, line := range strings.Split(l.String(), "\n") {
			if strings.Contains(line, private+":") && !strings.Contains(line, " ue-a") {
				t.Errorf("%v: the private address is seen: %s", set, line)
			}
		}
	}
}

// What the ALG cannot read is counted, and the run says so: here datagrams in fragments.
func TestALGUnread(t *testing.T) {
	_, st := play(t, load(t, "nat-alg-in-path", "links.access.mtu=576B"), Options{})
	n := st.Net.Node("home").(*nat.Node).Table.Stats.Unread
	if want := fmt.Sprintf("SIP that home could not read: %d messages", n); n == 0 || !strings.Contains(strings.Join(st.NotModelled, "\n"), want) {
		t.Errorf("%d messages unread, and the run says %q", n, st.NotModelled)
	}
}
