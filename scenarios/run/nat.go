package run

import (
	"slices"
	"time"

	"imsim/internal/units"
	"imsim/netem/nat"
	"imsim/scenarios"
)

// Names of behaviours in scenarios, in the order of their numbers.
var (
	natDependency = []string{"endpoint-independent", "address-dependent", "address-and-port-dependent", "connection-dependent"}
	natPorts      = []string{"sequential", "random", "block"}
	natHairpin    = []string{"external", "internal", "none"}
	natAnswer     = []string{"silent", "rst", "port-unreachable", "host-unreachable", "prohibited", "after-6s", "pickup"}
)

// choose sets a number by its name; without one it stays.
func choose[T ~uint8](to *T, names []string, name string) {
	if i := slices.Index(names, name); i >= 0 {
		*to = T(i)
	}
}

// behaviour is a NAT's configuration: its preset's, changed by what the scenario sets.
func behaviour(n scenarios.NAT) nat.Config {
	c, _ := nat.Preset(n.Preset)
	choose(&c.MappingBehavior, natDependency, n.Mapping)
	choose(&c.FilteringBehavior, natDependency, n.Filtering)
	choose(&c.Allocation, natPorts, n.Ports)
	choose(&c.Hairpinning, natHairpin, n.Hairpin)
	choose(&c.Unsolicited, natAnswer, n.Unsolicited)
	choose(&c.UnmatchedInside, natAnswer, n.Unmatched)
	if n.Ports != "" {
		c.PortPreservation = n.Ports == "preserve"
		if c.PortPreservation && c.Allocation == nat.Block {
			c.Allocation = nat.Sequential
		}
	}
	if c.MappingBehavior < nat.EndpointAddrPortDependent || c.FilteringBehavior < nat.EndpointAddrPortDependent {
		c.PortOverloading = false
	}
	for _, x := range []struct{ to, from *bool }{
		{&c.ResetOnExpiry, n.ResetOnExpiry}, {&c.ResetCloses, n.ResetCloses}, {&c.RefreshInbound, n.InboundKeeps},
	} {
		if x.from != nil {
			*x.to = *x.from
		}
	}
	if n.Quota > 0 {
		c.PerSubscriber = n.Quota
	}
	t := &c.Timers
	for _, x := range []struct {
		to   *time.Duration
		from *units.Duration
	}{
		{&t.UDP, n.Timers.UDP}, {&t.UDPInit, n.Timers.UDPInit}, {&t.ICMP, n.Timers.ICMP}, {&t.Opening, n.Timers.Opening},
		{&t.Open, n.Timers.Open}, {&t.Half, n.Timers.HalfClosed}, {&t.Closing, n.Timers.Closing}, {&t.Reset, n.Timers.Reset},
	} {
		if x.from != nil {
			*x.to = time.Duration(*x.from)
		}
	}
	return c
}
