package netem

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// defaultTTL is the TTL or hop limit of packets that nodes send (RFC 1700: 64).
const defaultTTL = 64

// Output sends p as the node's own: by the routes, without counting a hop, in fragments where it does not fit and may
// be fragmented. What is for the node itself comes back to it. A zero TTL becomes 64.
func (c *Core) Output(p *packet.Packet) {
	if p.TTL == 0 {
		p.TTL = defaultTTL
	}
	if k := c.net.K; k.Tracing() {
		p.Cause = k.Record(sim.Record{Cause: p.Cause, Node: c.self, Kind: "packet.sent", Text: describe(p)})
	}
	out := c.routes.lookup(c, p.Dst)
	if out == nil {
		c.net.Drops++
		c.net.drop(c.self, "host.drop", "no route", p)
		return
	}
	mtu := out.MTU()
	if len(c.pathMTU) > 0 {
		if m, ok := c.pathMTU[p.Dst]; ok {
			mtu = min(mtu, m)
		}
	}
	// RFC 6864 §4.1: the identification counts where a datagram may be fragmented.
	if p.Dst.Is4() && !p.Frag.DF && !p.Frag.IsFragment() {
		c.ipID++
		p.Frag.ID = c.ipID & 0xffff
	}
	if size := p.Len(); size <= mtu {
		out.transmit(p, size)
		return
	}
	if p.Frag.DF || p.Proto == packet.TCP && !p.Dst.Is4() {
		c.tooBig(p, mtu)
		return
	}
	if !p.Dst.Is4() && !p.Frag.IsFragment() {
		c.ipID++
		p.Frag.ID = c.ipID
	}
	c.fragment(p, mtu, out.Transmit)
}

// tooBig returns to the node itself the error that the first router would send.
func (c *Core) tooBig(p *packet.Packet, mtu int) {
	c.net.Drops++
	c.sendError(p, icmpTooBig, mtu)
	c.net.drop(c.self, "host.drop", "too big", p)
}

// learnMTU takes note that packets to dst must not exceed mtu (RFC 1191 §6.3, RFC 8201 §4). Only reductions count.
func (c *Core) learnMTU(dst packet.Addr, mtu int) {
	// RFC 8201 §4: never below the minimum of IPv6. RFC 1191 §3: 0 comes from a router that does not know better. [SIM]
	least := 1280
	if dst.Is4() {
		least = 68
	}
	mtu = max(mtu, least)
	out := c.routes.lookup(c, dst)
	if out == nil || mtu >= out.MTU() {
		return
	}
	if old, ok := c.pathMTU[dst]; ok && old <= mtu {
		return
	}
	if c.pathMTU == nil {
		c.pathMTU = map[packet.Addr]int{}
	}
	c.pathMTU[dst] = mtu
}

// PathMTU returns the largest IP packet that the node believes it can send to dst, 0 without a route.
func (c *Core) PathMTU(dst packet.Addr) int {
	if m, ok := c.pathMTU[dst]; ok {
		return m
	}
	if out := c.routes.lookup(c, dst); out != nil {
		return out.MTU()
	}
	return 0
}

// loopMTU is the MTU of a host's loopback, the largest IP packet there is.
const loopMTU = 65535
