package nat

import (
	"slices"
	"time"
)

// Presets are the names that Preset knows.
var Presets = []string{"rfc", "home", "strict", "cgn", "linux-masquerade"}

// Preset returns a behaviour by name, without external addresses; ok is false where there is none of that name.
//
//   - rfc: what RFC 4787, 5382, 5508 and 7857 require or recommend, with address-dependent filtering.
//   - home: a bad home gateway: short timers, no hairpinning, an RST to what it does not know.
//   - strict: "symmetric": everything depends on the remote address and port, of TCP on the connection; ports are random.
//   - cgn: RFC 6888: blocks of ports, quotas, ports that rest.
//   - linux-masquerade: nftables' masquerade with conntrack's default timers, classified like the kernel's own. Each
//     connection has its mapping, which takes the port of another of the same endpoint where it can: seen from outside this is
//     endpoint-independent until somebody else has the port.
func Preset(name string) (c Config, ok bool) {
	if !slices.Contains(Presets, name) {
		return Config{}, false
	}
	switch name {
	case "rfc":
		c = Config{
			FilteringBehavior: EndpointAddrDependent, PortPreservation: true, PortParity: true, PortContiguity: true,
			Unsolicited: PortUnreachable6s, ProbeOnExpiry: true, OverQuota: Prohibited,
		}
	case "home":
		c = Config{
			FilteringBehavior: EndpointAddrPortDependent, Hairpinning: HairpinNone, PortPreservation: true, ResetCloses: true,
			UnmatchedInside: Reset,
			Timers: Timers{
				UDP: time.Minute, UDPInit: 30 * time.Second, Opening: time.Minute, Open: 5 * time.Minute, Closing: time.Minute,
			},
		}
	case "strict":
		c = Config{
			MappingBehavior: EndpointAddrPortDependent, FilteringBehavior: EndpointAddrPortDependent, Hairpinning: HairpinNone,
			Allocation: Random,
			Timers:     Timers{UDP: 2 * time.Minute, Open: time.Hour},
		}
		// Guha and Francis (IMC 2005, §4.1): NATs that give every TCP connection a port of its own, which UDP has no word for.
		tcp := c.Common()
		tcp.MappingBehavior, tcp.FilteringBehavior = ConnectionDependent, ConnectionDependent
		c.TCP = &tcp
	case "cgn":
		c = Config{
			// RFC 6888 REQ-7 recommends this filtering, REQ-4 quotas, REQ-8 the rest of two minutes; REQ-11 says what happens at a quota.
			FilteringBehavior: EndpointIndependent, Allocation: Block, BlockSize: 504, MaxBlocks: 8, PerSubscriber: 4032,
			OverQuota: HostUnreachable, ProbeOnExpiry: true, Timers: Timers{Rest: 2 * time.Minute},
		}
	case "linux-masquerade":
		// nf_conntrack's documentation lists the timers. Half closed, it has 60 to 120 s: the mean is ours. [SIM]
		c = Config{
			MappingBehavior: EndpointAddrPortDependent, FilteringBehavior: EndpointAddrPortDependent, Hairpinning: HairpinNone,
			PortPreservation: true, PortOverloading: true, PortReuse: true, Allocation: Random, UnmatchedInside: Pickup, RefreshInbound: true,
			UnmatchedOutside: Reset, Unsolicited: Reset, UnsolicitedUDP: PortUnreachable,
			Timers: Timers{
				UDPInit: 30 * time.Second, UDP: 2 * time.Minute, ICMP: 30 * time.Second, Opening: 2 * time.Minute,
				Open: 120 * time.Hour, Half: 90 * time.Second, Closing: 2 * time.Minute, Reset: 10 * time.Second,
			},
		}
	}
	return c, true
}
