package netem

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// Router forwards packets and answers with ICMP errors where it cannot.
type Router struct {
	Core
	Silent bool // send no ICMP errors
}

// AddRouter adds a router.
func (n *Network) AddRouter(name string) *Router {
	r := &Router{}
	n.Add(name, r)
	return r
}

// Forwards is true: routes may lead through a router.
func (r *Router) Forwards() bool { return true }

// Receive forwards p, or answers it when it is for the router itself.
func (r *Router) Receive(in *Interface, p *packet.Packet) {
	if p.Damaged && p.DamagesHeader() {
		r.damaged(p, "router.drop") // RFC 1812 §5.2.2: the IPv4 header's checksum; the rest is the receiver's affair
		return
	}
	to := r.routes.to(&r.Core, p.Dst)
	if to.own {
		r.local(p)
		return
	}
	r.forward(p, to.out, r.Silent)
}

// damaged drops a packet whose checksum is wrong, unanswered (RFC 1122 §3.2.1.2, §4.1.3.4, RFC 9293 §3.1).
func (c *Core) damaged(p *packet.Packet, kind string) {
	c.net.Drops++
	c.Damaged++
	c.net.drop(c.self, kind, "wrong checksum", p)
}

// local answers echo requests; a router has no other business of its own.
func (r *Router) local(p *packet.Packet) {
	if !r.echo(p) {
		r.net.Drops++
		r.net.drop(r.self, "router.drop", "not for forwarding", p)
	}
}

// Forward passes p, which is not for this node, on towards its destination (RFC 1812 §5.2, RFC 8200). Unless silent,
// the sender of a packet that cannot be passed on hears of it by ICMP. A packet that the node sends itself, or has
// rewritten and sends as its own, goes by Output instead, which counts no hop.
func (c *Core) Forward(p *packet.Packet, silent bool) {
	c.forward(p, c.routes.lookup(c, p.Dst), silent)
}

// forward is Forward out of an interface; nil: there is no route.
func (c *Core) forward(p *packet.Packet, out *Interface, silent bool) {
	// RFC 1812 §5.3.1, RFC 8200 §3: a packet whose time is up is not passed on.
	if p.TTL <= 1 {
		c.refuse(p, icmpTTL, 0, silent, "TTL exceeded")
		return
	}
	if out == nil || out.Out.shunned {
		c.refuse(p, icmpNoRoute, 0, silent, "no route")
		return
	}
	p.TTL--
	size := p.Len()
	if size > out.MTU() {
		// RFC 8200 §4.5: only the source fragments; RFC 791 §2.3: routers do, unless DF is set.
		if p.Frag.DF || !p.Dst.Is4() {
			c.refuse(p, icmpTooBig, out.MTU(), silent, "too big")
			return
		}
		c.fragment(p, out.MTU(), out.Transmit)
		return
	}
	out.transmit(p, size)
}

// refuse drops p and tells its sender why.
func (c *Core) refuse(p *packet.Packet, e icmpError, mtu int, silent bool, why string) {
	c.net.Drops++
	if !silent {
		c.sendError(p, e, mtu)
	}
	c.net.drop(c.self, "router.drop", why, p)
}

// icmpError is what an ICMP error says, whatever the IP version.
type icmpError uint8

const (
	icmpTTL icmpError = iota
	icmpReassembly
	icmpNoRoute
	icmpPort
	icmpProhibited
	icmpTooBig
)

var icmpCodes = [...]struct{ t4, c4, t6, c6 uint8 }{
	icmpTTL:        {packet.TimeExceeded, packet.TTLExceeded, packet.TimeExceeded6, packet.TTLExceeded},
	icmpReassembly: {packet.TimeExceeded, packet.ReassemblyExceeded, packet.TimeExceeded6, packet.ReassemblyExceeded},
	icmpNoRoute:    {packet.Unreachable, packet.HostUnreachable, packet.Unreachable6, packet.NoRoute6},
	icmpPort:       {packet.Unreachable, packet.PortUnreachable, packet.Unreachable6, packet.PortUnreachable6},
	icmpProhibited: {packet.Unreachable, packet.Prohibited, packet.Unreachable6, packet.Prohibited6},
	icmpTooBig:     {packet.Unreachable, packet.FragNeeded, packet.PacketTooBig, 0},
}

// sendError sends an ICMP error about p to its source, where one may be sent at all.
func (c *Core) sendError(p *packet.Packet, e icmpError, mtu int) {
	// RFC 1122 §3.2.2, RFC 4443 §2.4 (e): none about an error, none about a fragment but the first.
	if p.IsICMPError() || p.Frag.Offset != 0 || !p.Src.IsValid() {
		return
	}
	out := c.routes.lookup(c, p.Src)
	if out == nil {
		return
	}
	q := c.net.get(c)
	q.Src, q.Dst, q.TTL, q.Cause = out.Addr(p.Src), p.Src, defaultTTL, p.Cause
	if c.own[p.Dst] != nil {
		q.Src = p.Dst
	}
	if !q.Src.IsValid() {
		q.Src = c.Addr(p.Src.Is4())
	}
	t := icmpCodes[e]
	if p.Src.Is4() {
		q.Proto, q.ICMP.Type, q.ICMP.Code = packet.ICMP, t.t4, t.c4
	} else {
		q.Proto, q.ICMP.Type, q.ICMP.Code = packet.ICMPv6, t.t6, t.c6
	}
	q.ICMP.MTU = uint32(mtu)
	q.Quote(p)
	if c.net.K.Tracing() {
		q.Cause = c.net.K.Record(sim.Record{Cause: p.Cause, Node: c.self, Kind: "icmp.error"})
	}
	c.Output(q)
}

// echo answers an echo request by turning it round, and reports whether p was one.
func (c *Core) echo(p *packet.Packet) bool {
	switch {
	case p.Frag.IsFragment():
		return false
	case p.Proto == packet.ICMP && p.ICMP.Type == packet.Echo:
		p.ICMP.Type = packet.EchoReply
	case p.Proto == packet.ICMPv6 && p.ICMP.Type == packet.Echo6:
		p.ICMP.Type = packet.EchoReply6
	default:
		return false
	}
	p.Src, p.Dst, p.TTL = p.Dst, p.Src, defaultTTL
	c.Output(p)
	return true
}
