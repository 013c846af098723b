package nat

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/sim"
)

// Node is a NAT in a network. Routes do not lead through it: inside and outside are realms of their own, each of which
// reaches the other by what the table translates.
type Node struct {
	netem.Core
	Table  *Table
	Silent bool // send no ICMP errors of a router
	// Kept, where set, hears of each packet that is not let through, as it came, and why. It may keep neither.
	Kept func(p *packet.Packet, why string)

	inside map[*netem.Interface]bool
	timer  sim.Timer
}

// Add adds a NAT to a network. Once its links are connected, Setup says what it does.
func Add(n *netem.Network, name string) *Node {
	x := &Node{inside: map[*netem.Interface]bool{}}
	n.Add(name, x)
	return x
}

// Setup makes the NAT work, with the given interfaces inside and all others outside. External addresses that are not an
// interface's yet become the first outside interface's; without any, all that outside interfaces have are. Routes must be
// computed afterwards, and then RouteInside be called.
func (x *Node) Setup(cfg Config, inside ...*netem.Interface) error {
	for _, i := range inside {
		if i.Node() != netem.Node(x) {
			return fmt.Errorf("nat: %s: interface %v is not one of its own", x.Name(), i)
		}
		x.inside[i] = true
	}
	var out []*netem.Interface
	for _, i := range x.Interfaces() {
		if !x.inside[i] {
			out = append(out, i)
		}
	}
	if len(out) == 0 || len(inside) == 0 {
		return errors.New("nat: " + x.Name() + " needs an interface inside and one outside")
	}
	if len(cfg.External) == 0 {
		for _, i := range out {
			cfg.External = append(cfg.External, i.Addrs...)
		}
	}
	own := slices.Clone(cfg.External)
	for _, s := range cfg.Static {
		own = append(own, s.Ext)
	}
	for _, a := range own {
		if x.Owns(a) {
			continue
		}
		if err := out[0].AddAddr(a.Netip()); err != nil {
			return err
		}
	}
	k := x.Network().K
	t, err := New(cfg, k.Rand("nat "+x.Name()))
	if err != nil {
		return fmt.Errorf("%s: %w", x.Name(), err)
	}
	t.Notes, t.Clone = k.Tracing(), x.Network().Pool.Clone
	x.Table = t
	// What the NAT knows no route for is outside.
	x.AddRoute(netip.MustParsePrefix("0.0.0.0/0"), out[0])
	x.AddRoute(netip.MustParsePrefix("::/0"), out[0])
	return nil
}

// RouteInside gives the routers behind the NAT a default route towards it. NATs behind it have one of their own.
func (x *Node) RouteInside() {
	seen := map[netem.Node]bool{x: true}
	var queue []*netem.Interface // of routers, towards the NAT
	for _, i := range x.Interfaces() {
		if x.inside[i] {
			queue = append(queue, i.Peer)
		}
	}
	for len(queue) > 0 {
		up := queue[0]
		queue = queue[1:]
		if seen[up.Node()] || !up.Node().Forwards() {
			continue
		}
		seen[up.Node()] = true
		c := netem.CoreOf(up.Node())
		c.AddRoute(netip.MustParsePrefix("0.0.0.0/0"), up)
		c.AddRoute(netip.MustParsePrefix("::/0"), up)
		for _, i := range c.Interfaces() {
			queue = append(queue, i.Peer)
		}
	}
}

// Forwards is false: no route leads through a NAT.
func (x *Node) Forwards() bool { return false }

// Inside reports whether an interface of the NAT is inside.
func (x *Node) Inside(i *netem.Interface) bool { return x.inside[i] }

// Reboot makes the NAT forget all mappings, as when it is switched off and on.
func (x *Node) Reboot() {
	x.Table.Reboot()
	if k := x.Network().K; k.Tracing() {
		k.Record(sim.Record{Node: x.Entity(), Kind: "nat.reboot"})
	}
	x.drain(false)
}

// place is where a packet comes from and goes to, kept while it is rewritten: errors go to who sent it, about what it was.
type place struct {
	src, dst         packet.Addr
	srcPort, dstPort uint16
	id               uint32
}

func placeOf(p *packet.Packet) place { return place{p.Src, p.Dst, p.SrcPort, p.DstPort, p.ICMP.MTU} }

func (w place) restore(p *packet.Packet) {
	p.Src, p.Dst, p.SrcPort, p.DstPort, p.ICMP.MTU = w.src, w.dst, w.srcPort, w.dstPort, w.id
}

// Receive translates a packet, or does what else the table says.
func (x *Node) Receive(in *netem.Interface, p *packet.Packet) {
	side := Outside
	if x.inside[in] {
		side = Inside
	}
	external := x.Table.owns(p.Dst)
	if !external && x.Owns(p.Dst) {
		x.local(p)
		return
	}
	// RFC 1812 §5.3.1: before translation, so that a packet whose time is up makes no mapping.
	if p.TTL <= 1 && !p.IsICMPError() {
		x.Refuse(p, netem.RefuseTTL, 0, x.Silent, "TTL exceeded")
		return
	}
	if side == Inside && !external {
		if out := x.Route(p.Dst); out != nil && x.inside[out] {
			x.Forward(p, x.Silent) // between links inside the NAT is a router
			return
		}
	}
	was := placeOf(p)
	x.carryOut(p, was, side, x.Table.Input(x.Network().K.Now(), side, p))
	x.drain(false)
}

// carryOut does what the table says about a packet.
func (x *Node) carryOut(p *packet.Packet, was place, from Side, v Verdict) {
	if x.Kept != nil && (v.Action == Drop || v.Action == Refuse || v.Action == Hold && v.Why != "") {
		x.Kept(p, v.Why)
	}
	switch v.Action {
	case Forward:
		x.pass(p, was, 1-from)
	case Turn:
		x.pass(p, was, Inside)
	case Hold:
	case Local:
		was.restore(p)
		x.local(p)
	case Refuse:
		was.restore(p)
		x.answer(p, v.Answer, v.Why)
	default:
		x.discard(p, v.Why)
	}
}

// pass sends a translated packet on. Where it cannot go, its sender hears of it, about the packet that was sent.
func (x *Node) pass(p *packet.Packet, was place, to Side) {
	out := x.Route(p.Dst)
	switch {
	case out == nil || x.inside[out] != (to == Inside):
		was.restore(p)
		x.Refuse(p, netem.RefuseNoRoute, 0, x.Silent, "no route")
	case p.Len() > out.MTU() && (p.Frag.DF || !p.Dst.Is4()):
		was.restore(p)
		x.Refuse(p, netem.RefuseTooBig, out.MTU(), x.Silent, "too big")
	default:
		x.Forward(p, x.Silent)
	}
}

// local takes what is for the NAT itself: it answers echo requests.
func (x *Node) local(p *packet.Packet) {
	if !x.Owns(p.Dst) || !x.Echo(p) {
		x.discard(p, "not for translation")
	}
}

// discard drops a packet without an answer.
func (x *Node) discard(p *packet.Packet, why string) {
	x.Refuse(p, netem.RefusePort, 0, true, why)
}

// answer drops a packet and says so.
func (x *Node) answer(p *packet.Packet, a Answer, why string) {
	switch a {
	case Reset:
		if p.Proto == packet.TCP && !p.TCP.Flags.Has(packet.RST) {
			x.resetFor(p)
		}
		x.discard(p, why)
	case PortUnreachable, PortUnreachable6s:
		x.Refuse(p, netem.RefusePort, 0, false, why)
	case HostUnreachable:
		x.Refuse(p, netem.RefuseNoRoute, 0, false, why)
	case Prohibited:
		x.Refuse(p, netem.RefuseProhibited, 0, false, why)
	default:
		x.discard(p, why)
	}
}

// resetFor answers a segment by RST, as a host without the connection does (RFC 9293 §3.10.7.1).
func (x *Node) resetFor(p *packet.Packet) {
	q := x.Network().Pool.Get()
	q.Src, q.Dst, q.SrcPort, q.DstPort, q.Proto, q.Cause = p.Dst, p.Src, p.DstPort, p.SrcPort, packet.TCP, p.Cause
	if p.TCP.Flags.Has(packet.ACK) {
		q.TCP.Seq, q.TCP.Flags = p.TCP.Ack, packet.RST
	} else {
		q.TCP.Ack, q.TCP.Flags = p.TCP.Seq+uint32(p.Payload.Len), packet.RST|packet.ACK
		if p.TCP.Flags.Has(packet.SYN) {
			q.TCP.Ack++
		}
		if p.TCP.Flags.Has(packet.FIN) {
			q.TCP.Ack++
		}
	}
	x.Output(q)
}

// Handle runs the table's deadlines.
func (x *Node) Handle(uint32) {
	k := x.Network().K
	if !k.Due(&x.timer, x.Entity(), 0) {
		return
	}
	x.Table.Tick(k.Now())
	x.drain(true)
}

// drain does what else the table wants done; expired says that it is for a deadline that has come.
func (x *Node) drain(expired bool) {
	k := x.Network().K
	for {
		o, ok := x.Table.Next()
		if !ok {
			break
		}
		if expired && k.Tracing() {
			o.Why = k.Record(sim.Record{Cause: o.Why, Node: x.Entity(), Kind: "nat.timer", Rest: sim.TimerWait})
		}
		switch o.Kind {
		case OutForward:
			x.pass(o.Packet, placeOf(o.Packet), o.Side)
		case OutRefuse:
			o.Packet.Cause = o.Why
			x.answer(o.Packet, o.Answer, o.Text)
		case OutDrop:
			x.discard(o.Packet, o.Text)
		case OutReset:
			q := x.Network().Pool.Get()
			q.Src, q.SrcPort, q.Dst, q.DstPort = o.Flow.Src.Addr, o.Flow.Src.Port, o.Flow.Dst.Addr, o.Flow.Dst.Port
			q.Proto, q.TCP.Flags, q.TCP.Seq, q.Cause = packet.TCP, packet.RST, o.Seq, o.Why
			x.Output(q)
		case OutAdded, OutExpired:
			kind := "nat.mapping"
			if o.Kind == OutExpired {
				kind = "nat.expired"
			}
			k.Record(sim.Record{Cause: o.Why, Node: x.Entity(), Kind: kind, Text: o.Flow.Src.String() + " as " + o.Flow.Dst.String()})
		}
	}
	k.Arm(&x.timer, x.Entity(), 0, x.Table.Deadline())
}
