package scenarios

import (
	"net/netip"
	"strconv"

	"imsim/netem/nat"
	"imsim/netem/packet"
)

// common are the keys of a NAT that a transport may have, too.
func (n NAT) common() NATTransport {
	return NATTransport{
		Mapping: n.Mapping, Filtering: n.Filtering, Ports: n.Ports, Fallback: n.Fallback, Step: n.Step, Hairpin: n.Hairpin,
		Overloading: n.Overloading, Reuse: n.Reuse,
	}
}

// transports sets what may differ by transport: over the preset's come the NAT's own keys, and over those the transport's.
func (n NAT) transports(c *nat.Config) {
	all := n.common()
	own := [2]nat.Behavior{all.over(c.Of(packet.TCP)), all.over(c.Of(packet.UDP))}
	preset := [2]bool{c.TCP != nil, c.UDP != nil}
	b := all.over(c.Common())
	c.MappingBehavior, c.FilteringBehavior, c.Hairpinning = b.MappingBehavior, b.FilteringBehavior, b.Hairpinning
	c.PortPreservation, c.PortOverloading, c.PortReuse = b.PortPreservation, b.PortOverloading, b.PortReuse
	c.Allocation, c.Step = b.Allocation, b.Step
	for i, t := range []struct {
		to   **nat.Behavior
		keys *NATTransport
	}{{&c.TCP, n.TCP}, {&c.UDP, n.UDP}} {
		if t.keys != nil {
			own[i] = t.keys.over(own[i])
		} else if !preset[i] {
			continue
		}
		*t.to = &own[i]
	}
}

// over returns a behaviour changed by what is set.
func (k NATTransport) over(b nat.Behavior) nat.Behavior {
	choose(&b.MappingBehavior, natDependency, k.Mapping)
	choose(&b.FilteringBehavior, natDependency, k.Filtering)
	choose(&b.Hairpinning, natHairpin, k.Hairpin)
	choose(&b.Allocation, natPorts, k.Ports)
	if k.Ports != "" {
		b.PortPreservation = k.Ports == "preserve"
		if b.PortPreservation && b.Allocation == nat.Block {
			b.Allocation = nat.Sequential
		}
		if !b.PortPreservation && b.Allocation == nat.Upwards {
			b.Allocation = nat.Sequential
		}
	}
	if b.PortPreservation {
		choose(&b.Allocation, natPorts, k.Fallback)
	}
	if k.Step > 0 {
		b.Step = k.Step
	}
	if b.MappingBehavior < nat.EndpointAddrPortDependent || b.FilteringBehavior < nat.EndpointAddrPortDependent {
		b.PortOverloading, b.PortReuse = false, false
	}
	if k.Overloading != nil {
		b.PortOverloading = *k.Overloading
		b.PortReuse = b.PortReuse && *k.Overloading
	}
	if k.Reuse != nil {
		b.PortReuse = *k.Reuse
	}
	if k.Quota > 0 {
		b.PerSubscriber = k.Quota
	}
	return b
}

// transport checks what keys of a NAT or of one of its transports say of each other, as they come out over the preset.
func (v *validator) transport(path []string, k NATTransport, b nat.Behavior) {
	block := b.Allocation == nat.Block
	counted := !block && b.Allocation != nat.Random && b.Allocation != nat.Upwards
	if k.Fallback != "" && !b.PortPreservation {
		v.wrong(sub(path, "fallback"), "ports are not preserved here", "write ports: preserve")
	}
	if k.Step > 0 && !counted {
		v.wrong(sub(path, "step"), "ports are not counted up here", "write ports: sequential")
	}
	if k.Overloading != nil && *k.Overloading && (b.MappingBehavior < nat.EndpointAddrPortDependent || b.FilteringBehavior < nat.EndpointAddrPortDependent) {
		v.wrong(sub(path, "overloading"), "endpoints can share a port only where mapping and filtering tell peers apart",
			"write mapping: address-and-port-dependent and filtering: address-and-port-dependent")
	}
	if k.Reuse != nil && *k.Reuse && !b.PortOverloading {
		v.wrong(sub(path, "reuse"), "mappings share no port here", "write overloading: true")
	}
}

// hosts checks the nodes that have an outside address to themselves, and the one that gets what nobody else does.
func (v *validator) hosts(name string, n NAT) {
	taken := map[string]string{}
	for _, other := range Names(v.file.NATs) {
		o := v.file.NATs[other]
		for _, a := range o.External {
			taken[a] = "nats." + other + ".external"
		}
		for _, node := range Names(o.OneToOne) {
			if other < name {
				taken[o.OneToOne[node]] = "nats." + other + ".one-to-one"
			}
		}
	}
	check := func(path []string, node string) {
		if _, ok := v.file.Nodes[node]; !ok {
			v.wrong(path, "no node "+strconv.Quote(node), suggest(node, Names(v.file.Nodes)))
		} else if !v.behind(name, node) {
			v.wrong(path, node+" is not inside of "+name, "a node that a link in inside leads to")
		}
	}
	for _, node := range Names(n.OneToOne) {
		path := at("nats", name, "one-to-one", node)
		check(path, node)
		text := n.OneToOne[node]
		if v.address(path, text) {
			if by := taken[text]; by != "" {
				v.wrong(path, text+" is in "+by+", too", "an address for each")
			}
		}
		taken[text] = "nats." + name + ".one-to-one"
	}
	if n.DMZ != "" {
		check(at("nats", name, "dmz"), n.DMZ)
		if _, ok := n.OneToOne[n.DMZ]; ok {
			v.wrong(at("nats", name, "dmz"), n.DMZ+" has an address to itself by one-to-one", "write one of the two")
		}
	}
	if n.ALG == "sip" && len(n.OneToOne) > 0 {
		v.wrong(at("nats", name, "one-to-one"), "alg: sip announces mappings, and these have none", "write alg: none, or dmz")
	}
}

// behind reports whether a node is on the inside of a NAT: by links that pass no NAT.
func (v *validator) behind(name, node string) bool {
	seen := map[string]bool{name: true}
	queue := []string{}
	for _, link := range v.file.NATs[name].Inside {
		for _, e := range v.file.Links[link].Between {
			queue = append(queue, e.Node)
		}
	}
	for len(queue) > 0 {
		here := queue[0]
		queue = queue[1:]
		if here == node {
			return true
		}
		if _, isNAT := v.file.NATs[here]; seen[here] || isNAT {
			continue
		}
		seen[here] = true
		for _, link := range Names(v.file.Links) {
			b := v.file.Links[link].Between
			if len(b) == 2 && b[0].Node == here {
				queue = append(queue, b[1].Node)
			} else if len(b) == 2 && b[1].Node == here {
				queue = append(queue, b[0].Node)
			}
		}
	}
	return false
}

// address checks an outside address of a NAT.
func (v *validator) address(path []string, text string) bool {
	a, err := netip.ParseAddr(text)
	want := "10.0.0.0/8"
	if v.file.Run.Family == "ipv6" {
		want = "fd00::/64"
	}
	switch {
	case err != nil || a.Zone() != "":
		v.wrong(path, strconv.Quote(text)+" is no address", "such as 203.0.113.7")
		return false
	case a.Is4() != (v.file.Run.Family != "ipv6"):
		v.wrong(path, text+" is not of the run's family, "+v.file.Run.Family, "write another, or run.family")
		return false
	case a.Is4In6() || a.IsUnspecified() || a.IsMulticast() || a.IsLoopback():
		v.wrong(path, text+" is no host's address", "such as 203.0.113.7")
	}
	for _, p := range linkAddresses {
		if p.Contains(a) {
			v.wrong(path, text+" is in "+want+", from which links take theirs", "such as 203.0.113.7")
		}
	}
	return true
}
