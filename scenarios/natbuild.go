package scenarios

import (
	"net/netip"
	"slices"
	"time"

	"imsim/internal/units"
	"imsim/netem/nat"
	"imsim/netem/packet"
)

// Names of behaviours in scenarios, in the order of their numbers.
var (
	natDependency = []string{"endpoint-independent", "address-dependent", "address-and-port-dependent", "connection-dependent"}
	natPorts      = []string{"sequential", "random", "block", "next"} // next only as a fallback
	natContest    = []string{"newest", "mapping", "filtered"}
	natHairpin    = []string{"external", "internal", "none"}
	natPooling    = []string{"paired", "arbitrary", "soft"}
	natFragments  = []string{"any-order", "in-order", "none"}
	natSimOpen    = []string{"works", "drop-syn", "drop-synack"}
	natALG        = []string{"none", "sip", "drop-tls"}
	natAnswer     = []string{"silent", "rst", "port-unreachable", "host-unreachable", "prohibited", "after-6s", "pickup"}
)

// choose sets a number by its name; without one it stays.
func choose[T ~uint8](to *T, names []string, name string) {
	if i := slices.Index(names, name); i >= 0 {
		*to = T(i)
	}
}

// Config is a NAT's configuration: its preset's, changed by what the scenario sets.
func (n NAT) Config() nat.Config {
	c, _ := nat.Preset(n.Preset)
	n.transports(&c)
	choose(&c.Unsolicited, natAnswer, n.Unsolicited)
	choose(&c.UnmatchedInside, natAnswer, n.Unmatched)
	choose(&c.UnsolicitedUDP, natAnswer, n.UnsolicitUDP)
	choose(&c.UnmatchedOutside, natAnswer, n.UnmatchedOut)
	choose(&c.OverQuota, natAnswer, n.OverQuota)
	choose(&c.Pooling, natPooling, n.Pooling)
	choose(&c.Fragments, natFragments, n.Fragments)
	choose(&c.SimOpen, natSimOpen, n.SimOpen)
	choose(&c.Contest, natContest, n.Contest)
	choose(&c.ALG, natALG, n.ALG)
	for _, text := range n.External {
		if a, err := netip.ParseAddr(text); err == nil {
			c.External = append(c.External, packet.AddrFrom(a))
		}
	}
	for _, x := range []struct{ to, from *bool }{
		{&c.ResetOnExpiry, n.ResetOnExpiry}, {&c.ResetCloses, n.ResetCloses}, {&c.RefreshInbound, n.InboundKeeps},
		{&c.PortParity, n.Parity}, {&c.PortContiguity, n.Contiguity},
		{&c.ProbeOnExpiry, n.ProbeOnExpiry}, {&c.RefreshSessions, n.RefreshEach},
	} {
		if x.from != nil {
			*x.to = *x.from
		}
	}
	for _, x := range []struct {
		to   *int
		from int
	}{
		{&c.PerSubscriber, n.Quota}, {&c.MaxMappings, n.Mappings}, {&c.MaxSessions, n.Sessions}, {&c.BlockSize, n.BlockSize}, {&c.MaxBlocks, n.MaxBlocks},
	} {
		if x.from > 0 {
			*x.to = x.from
		}
	}
	c.FirstPort, c.LastPort = n.FirstPort, n.LastPort
	t := &c.Timers
	for _, x := range []struct {
		to   *time.Duration
		from *units.Duration
	}{
		{&t.UDP, n.Timers.UDP}, {&t.UDPInit, n.Timers.UDPInit}, {&t.ICMP, n.Timers.ICMP}, {&t.Opening, n.Timers.Opening},
		{&t.Open, n.Timers.Open}, {&t.Half, n.Timers.HalfClosed}, {&t.Closing, n.Timers.Closing}, {&t.Reset, n.Timers.Reset},
		{&t.Rest, n.Timers.Rest},
	} {
		if x.from != nil {
			*x.to = time.Duration(*x.from)
		}
	}
	return c
}
