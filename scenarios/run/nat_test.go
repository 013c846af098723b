package run

import (
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
		"mapping":         {scenarios.NAT{Mapping: "address-dependent"}, func(c *nat.Config) bool { return c.MappingBehavior == nat.EndpointAddrDependent }},
		"filtering":       {scenarios.NAT{Filtering: "endpoint-independent"}, func(c *nat.Config) bool { return c.FilteringBehavior == nat.EndpointIndependent }},
		"ports":           {scenarios.NAT{Ports: "random"}, func(c *nat.Config) bool { return c.Allocation == nat.Random && !c.PortPreservation }},
		"ports of cgn":    {scenarios.NAT{Preset: "cgn", Ports: "preserve"}, func(c *nat.Config) bool { return c.Allocation != nat.Block && c.PortPreservation }},
		"hairpin":         {scenarios.NAT{Hairpin: "internal"}, func(c *nat.Config) bool { return c.Hairpinning == nat.HairpinInternal }},
		"unsolicited":     {scenarios.NAT{Unsolicited: "prohibited"}, func(c *nat.Config) bool { return c.Unsolicited == nat.Prohibited }},
		"after 6 s":       {scenarios.NAT{Preset: "home", Unsolicited: "after-6s"}, func(c *nat.Config) bool { return c.Unsolicited == nat.PortUnreachable6s }},
		"unmatched":       {scenarios.NAT{Unmatched: "pickup"}, func(c *nat.Config) bool { return c.UnmatchedInside == nat.Pickup }},
		"reset-on-expiry": {scenarios.NAT{ResetOnExpiry: &yes}, func(c *nat.Config) bool { return c.ResetOnExpiry }},
		"reset-closes":    {scenarios.NAT{Preset: "home", ResetCloses: &no}, func(c *nat.Config) bool { return !c.ResetCloses }},
		"inbound-keeps":   {scenarios.NAT{InboundKeeps: &yes}, func(c *nat.Config) bool { return c.RefreshInbound }},
		"quota":           {scenarios.NAT{Quota: 3}, func(c *nat.Config) bool { return c.PerSubscriber == 3 }},
		"overloading":     {scenarios.NAT{Preset: "linux-masquerade", Filtering: "address-dependent"}, func(c *nat.Config) bool { return !c.PortOverloading }},
		"timers": {scenarios.NAT{Timers: scenarios.NATTimers{UDP: &d, UDPInit: &d, ICMP: &d, Opening: &d, Open: &d, HalfClosed: &d, Closing: &d, Reset: &d}}, func(c *nat.Config) bool {
			return c.Timers == nat.Timers{UDP: 7e9, UDPInit: 7e9, ICMP: 7e9, Opening: 7e9, Open: 7e9, Half: 7e9, Closing: 7e9, Reset: 7e9}
		}},
	} {
		if c.set.Preset == "" {
			c.set.Preset = "rfc"
		}
		before := behaviour(scenarios.NAT{Preset: c.set.Preset})
		if after := behaviour(c.set); c.want(&before) || !c.want(&after) {
			t.Errorf("%s: %+v", name, after)
		}
	}
	for _, p := range nat.Presets {
		c := behaviour(scenarios.NAT{Preset: p})
		c.External = []packet.Addr{packet.MustAddr("203.0.113.1")}
		if _, err := nat.New(c, sim.Stream{}); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
}
