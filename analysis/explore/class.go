package explore

import (
	"errors"
	"fmt"
	"strings"

	"imsim/netem/nat"
)

// Class is a kind of NAT as far as the matrix tells them apart.
type Class struct {
	Public             bool // no NAT at all
	Mapping, Filtering nat.EndpointDependencyType
	Unsolicited        nat.Answer
}

// Short names of behaviours, in the order of their numbers.
var (
	mappings = []string{"EIM", "ADM", "APDM", "CDM"}
	filters  = []string{"EIF", "ADF", "APDF", "CDF"}
	answers  = map[nat.Answer]string{
		nat.Silent: "drop", nat.Reset: "rst", nat.PortUnreachable: "icmp", nat.PortUnreachable6s: "6s", nat.HostUnreachable: "icmp-host", nat.Prohibited: "icmp-prohibited",
	}
	answering = []nat.Answer{nat.Silent, nat.Reset, nat.PortUnreachable, nat.PortUnreachable6s, nat.HostUnreachable, nat.Prohibited}
)

// String is a class as it is written: mapping, filtering, answer to an unsolicited SYN.
func (c Class) String() string {
	if c.Public {
		return "no NAT"
	}
	return mappings[c.Mapping] + "/" + filters[c.Filtering] + " " + answers[c.Unsolicited]
}

// names of the behaviours in scenario files.
var (
	dependencyKeys = []string{"endpoint-independent", "address-dependent", "address-and-port-dependent", "connection-dependent"}
	answerKeys     = map[nat.Answer]string{
		nat.Silent: "silent", nat.Reset: "rst", nat.PortUnreachable: "port-unreachable", nat.PortUnreachable6s: "after-6s",
		nat.HostUnreachable: "host-unreachable", nat.Prohibited: "prohibited",
	}
)

// config is a NAT of the class. Ports are drawn, so that none is guessed by chance, or counted where they shall be guessed.
func (c Class) config(counts bool) nat.Config {
	cfg, _ := nat.Preset("rfc")
	cfg.Unsolicited = c.Unsolicited
	tcp := cfg.Common()
	tcp.MappingBehavior, tcp.FilteringBehavior = c.Mapping, c.Filtering
	tcp.PortPreservation, tcp.Allocation = false, nat.Random
	if counts {
		tcp.Allocation = nat.Sequential
	}
	cfg.TCP = &tcp
	return cfg
}

// common are the answers that are taken where none is chosen. The other ICMP codes have a UE do what icmp has it do, as Linux
// ends an attempt by any of them: they are for who asks.
var common = []string{"drop", "rst", "icmp", "6s"}

// Choice restricts the classes. An empty list takes all, of answers the common ones. The first class is always that of a UE
// without NAT.
type Choice struct{ Mapping, Filtering, Unsolicited []string }

// Classes returns the chosen classes in order. An error names all that is not a behaviour.
func (c Choice) Classes() ([]Class, error) {
	pick := func(what string, given, all []string) (out []int, err error) {
		if len(given) == 0 {
			given = all
		}
		for _, g := range given {
			at := -1
			for i, name := range all {
				if strings.EqualFold(name, g) {
					at = i
				}
			}
			if at < 0 {
				return nil, fmt.Errorf("%s %q is not known (write %s)", what, g, strings.Join(all, ", "))
			}
			out = append(out, at)
		}
		return out, nil
	}
	var names []string
	for _, a := range answering {
		names = append(names, answers[a])
	}
	if len(c.Unsolicited) == 0 {
		c.Unsolicited = common
	}
	m, errM := pick("mapping", c.Mapping, mappings)
	f, errF := pick("filtering", c.Filtering, filters)
	u, errU := pick("answer to an unsolicited SYN", c.Unsolicited, names)
	if err := errors.Join(errM, errF, errU); err != nil {
		return nil, err
	}
	out := []Class{{Public: true}}
	for _, i := range m {
		for _, j := range f {
			for _, k := range u {
				out = append(out, Class{Mapping: nat.EndpointDependencyType(i), Filtering: nat.EndpointDependencyType(j), Unsolicited: answering[k]})
			}
		}
	}
	return out, nil
}
