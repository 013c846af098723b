package scenarios

import (
	"net/netip"
	"strconv"

	"imsim/netem/nat"
)

// linkAddresses are the prefixes from which links take their addresses by themselves.
var linkAddresses = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/64")}

// pool checks what a NAT's addresses and ports say of each other, as they come out over the preset.
func (v *validator) pool(name string, n NAT) {
	c := n.Config()
	v.external(name, n)
	if len(n.External) < 2 && n.Pooling != "" {
		v.wrong(at("nats", name, "pooling"), "a pool of one address", "write two addresses or more in external")
	}
	first, last := n.FirstPort, n.LastPort
	if first == 0 {
		first = 1024
	}
	if last == 0 {
		last = 65535
	}
	if first > last {
		key := "last-port"
		if n.LastPort == 0 {
			key = "first-port"
		}
		v.wrong(at("nats", name, key), "ports from "+itoa(int(first))+" to "+itoa(int(last))+" are none", "the last must not be below the first")
		return
	}
	ports := int(last) - int(first) + 1
	block := c.Allocation == nat.Block
	switch {
	case !block && n.BlockSize > 0:
		v.wrong(at("nats", name, "block-size"), "no blocks here", "write ports: block")
	case !block && n.MaxBlocks > 0:
		v.wrong(at("nats", name, "max-blocks"), "no blocks here", "write ports: block")
	case block:
		size := c.BlockSize
		if size == 0 {
			size = 512
		}
		key := "block-size"
		if n.BlockSize == 0 {
			key = "last-port"
		}
		if size > ports {
			v.wrong(at("nats", name, key), "blocks of "+itoa(size)+" ports do not fit into ports "+itoa(int(first))+" to "+itoa(int(last)), "at most "+itoa(ports)+", or more ports")
		}
	}
	if n.Step > 0 && (block || c.Allocation == nat.Random) {
		v.wrong(at("nats", name, "step"), "ports are not counted up here", "write ports: sequential")
	}
	if n.Overloading != nil && *n.Overloading && (c.MappingBehavior < nat.EndpointAddrPortDependent || c.FilteringBehavior < nat.EndpointAddrPortDependent) {
		v.wrong(at("nats", name, "overloading"), "endpoints can share a port only where mapping and filtering tell peers apart",
			"write mapping: address-and-port-dependent and filtering: address-and-port-dependent")
	}
	if n.Reuse != nil && *n.Reuse && !c.PortOverloading {
		v.wrong(at("nats", name, "reuse"), "mappings share no port here", "write overloading: true")
	}
}

// external checks the addresses of a pool.
func (v *validator) external(name string, n NAT) {
	for i, text := range n.External {
		path := at("nats", name, "external", itoa(i))
		a, err := netip.ParseAddr(text)
		want := "10.0.0.0/8"
		if v.file.Run.Family == "ipv6" {
			want = "fd00::/64"
		}
		switch {
		case err != nil || a.Zone() != "":
			v.wrong(path, strconv.Quote(text)+" is no address", "such as 203.0.113.7")
			continue
		case a.Is4() != (v.file.Run.Family != "ipv6"):
			v.wrong(path, text+" is not of the run's family, "+v.file.Run.Family, "write another, or run.family")
		case a.Is4In6() || a.IsUnspecified() || a.IsMulticast() || a.IsLoopback():
			v.wrong(path, text+" is no host's address", "such as 203.0.113.7")
		}
		for _, p := range linkAddresses {
			if p.Contains(a) {
				v.wrong(path, text+" is in "+want+", from which links take theirs", "such as 203.0.113.7")
			}
		}
		for _, other := range Names(v.file.NATs) {
			for j, b := range v.file.NATs[other].External {
				if x, err := netip.ParseAddr(b); err == nil && x == a && (other < name || other == name && j < i) {
					v.wrong(path, text+" is an address of "+other+" already", "each NAT has its own")
				}
			}
		}
	}
}
