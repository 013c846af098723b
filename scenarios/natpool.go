package scenarios

import (
	"net/netip"

	"imsim/netem/nat"
	"imsim/netem/packet"
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
	block := false
	for _, proto := range []packet.Proto{packet.TCP, packet.UDP, packet.ICMP} {
		b := c.Of(proto)
		block = block || b.Allocation == nat.Block
	}
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
	v.transport(at("nats", name), n.common(), c.Of(packet.ICMP))
	for _, t := range []struct {
		key   string
		keys  *NATTransport
		proto packet.Proto
	}{{"tcp", n.TCP, packet.TCP}, {"udp", n.UDP, packet.UDP}} {
		if t.keys != nil {
			v.transport(at("nats", name, t.key), *t.keys, c.Of(t.proto))
		}
	}
	v.hosts(name, n)
}

// external checks the addresses of a pool.
func (v *validator) external(name string, n NAT) {
	for i, text := range n.External {
		path := at("nats", name, "external", itoa(i))
		if !v.address(path, text) {
			continue
		}
		a, _ := netip.ParseAddr(text)
		for _, other := range Names(v.file.NATs) {
			for j, b := range v.file.NATs[other].External {
				if x, err := netip.ParseAddr(b); err == nil && x == a && (other < name || other == name && j < i) {
					v.wrong(path, text+" is an address of "+other+" already", "each NAT has its own")
				}
			}
		}
	}
}
