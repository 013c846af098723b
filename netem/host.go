package netem

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// Host is a node that packets end at and come from: UDP sockets, TCP connections, ICMP. It forwards nothing by itself.
type Host struct {
	Core

	// Silent makes closed ports drop what arrives, as behind a packet filter, instead of answering with RST or ICMP
	// port unreachable. Echo requests are not answered either.
	Silent bool

	// ReassemblyTimeout is how long an incomplete datagram is kept; 0: 60 s (RFC 8200 §4.5; RFC 1122 §3.3.2 allows 60 to 120 s).
	ReassemblyTimeout time.Duration

	udp      udpPorts
	asm      reassembly
	relays   map[packet.AddrPort]func(*packet.Packet)
	middle   *middle   // nil but for a host on the path of others
	timer    sim.Timer // the host's own deadlines
	lo       *Interface
	nextPort uint16 // where the search for an ephemeral port begins
	tcp      tcpHost
}

// AddHost adds a host.
func (n *Network) AddHost(name string) *Host {
	h := &Host{}
	n.Add(name, h)
	h.loop = h.loopback
	return h
}

// loopback returns the host's interface to itself, a direction without delay whose events are the host's own. Most hosts
// never need one, so it is made at the first use.
func (h *Host) loopback() *Interface {
	if h.lo == nil {
		i := &Interface{Name: "lo", node: h}
		i.Peer = i
		i.Out = &Direction{cfg: DirectionConfig{MTU: loopMTU}, net: h.net, k: h.net.K, to: i, name: i.String(), self: h.self, arg: evLoop}
		h.lo = i
	}
	return h.lo
}

// Forwards is false, as no route leads through a host, but for one that is on the path.
func (h *Host) Forwards() bool { return h.middle != nil }

// Receive takes what arrives on an interface. What is for somebody else is dropped.
func (h *Host) Receive(in *Interface, p *packet.Packet) {
	if !in.has(p.Dst) && h.own[p.Dst] == nil {
		if h.middle != nil {
			h.between(p)
			return
		}
		h.ignore(p, "not for this host")
		return
	}
	if p.Damaged {
		h.damaged(p, "host.drop")
		return
	}
	if p.Frag.IsFragment() {
		if p = h.reassemble(p); p == nil {
			return
		}
	}
	switch p.Proto {
	case packet.TCP:
		if len(h.relays) > 0 {
			if f := h.relays[packet.AddrPort{Addr: p.Dst, Port: p.DstPort}]; f != nil {
				f(p)
				return
			}
		}
		h.receiveTCP(p)
	case packet.UDP:
		if len(h.relays) > 0 {
			if f := h.relays[packet.AddrPort{Addr: p.Dst, Port: p.DstPort}]; f != nil {
				f(p)
				return
			}
		}
		h.receiveUDP(p)
	case packet.ICMP, packet.ICMPv6:
		h.receiveICMP(p)
	default:
		h.ignore(p, "protocol unknown")
	}
}

// ignore drops p without an answer.
func (h *Host) ignore(p *packet.Packet, why string) {
	h.net.Drops++
	h.net.drop(h.self, "host.drop", why, p)
}

// NewPacket takes a cleared packet from the pool, for Output or Forward.
func (h *Host) NewPacket() *packet.Packet { return h.net.get(&h.Core) }

// Relay hands every TCP and UDP packet that arrives for a local transport address to f, unprocessed; nil ends that. f becomes
// the packet's owner: it rewrites the addresses and calls Forward, or Discard. A relay comes before all connections.
func (h *Host) Relay(local packet.AddrPort, f func(p *packet.Packet)) {
	if f == nil {
		delete(h.relays, local)
		return
	}
	if h.relays == nil {
		h.relays = map[packet.AddrPort]func(*packet.Packet){}
	}
	h.relays[local] = f
}

// Forward passes a packet on like a router: see Core.Forward.
func (h *Host) Forward(p *packet.Packet) { h.Core.Forward(p, h.Silent) }

// Discard drops a packet that a relay does not pass on; why is for the trace.
func (h *Host) Discard(p *packet.Packet, why string) { h.ignore(p, why) }

// receiveICMP answers echo requests and brings errors to the socket or connection that the quoted packet belongs to.
func (h *Host) receiveICMP(p *packet.Packet) {
	if !p.IsICMPError() {
		if h.Silent || !h.echo(p) {
			h.ignore(p, "ICMP not answered")
		}
		return
	}
	q := p.ICMP.Quoted
	if h.own[q.Src.Addr] == nil {
		h.ignore(p, "ICMP error about somebody else's packet")
		return
	}
	if p.Proto == packet.ICMP && p.ICMP.Type == packet.Unreachable && p.ICMP.Code == packet.FragNeeded ||
		p.Proto == packet.ICMPv6 && p.ICMP.Type == packet.PacketTooBig {
		h.learnMTU(q.Dst.Addr, int(p.ICMP.MTU))
	}
	switch q.Proto {
	case packet.TCP:
		h.tcpICMP(p)
	case packet.UDP:
		h.udpICMP(p)
	}
	h.net.Pool.Put(p)
}

// firstEphemeral is where the ports begin that a host chooses (RFC 6335 §6).
const firstEphemeral = 49152

// ephemeral returns the next port that free accepts, counting up, or 0 when all are taken.
func (h *Host) ephemeral(free func(uint16) bool) uint16 {
	next := max(h.nextPort, firstEphemeral)
	for range 65536 - firstEphemeral {
		port := next
		if next++; next == 0 {
			next = firstEphemeral
		}
		if free(port) {
			h.nextPort = next
			return port
		}
	}
	return 0
}

// Events of a host's entity: the argument's low three bits say of which kind, the rest which connection.
const (
	evHost   = iota // the host's own deadlines
	evStream        // a connection's deadline
	evReport        // a connection has reports for its owner
	evLoop          // arrivals at the loopback
)

// Handle runs what is due.
func (h *Host) Handle(arg uint32) {
	switch arg & 7 {
	case evHost:
		if h.net.K.Due(&h.timer, h.self, evHost) {
			h.expire()
		}
	case evStream:
		h.streamDue(arg >> 3)
	case evReport:
		h.streamReports(arg >> 3)
	case evLoop:
		h.lo.Out.Handle(evLoop)
	}
}

// expire runs the host's own deadlines and arms the next one.
func (h *Host) expire() {
	now := h.net.K.Now()
	h.expireReassembly(now)
	h.expireTimeWait(now)
	h.rearm()
}

func (h *Host) rearm() {
	h.net.K.Arm(&h.timer, h.self, evHost, min(h.asm.deadline(), h.tcp.waits.deadline()))
}
