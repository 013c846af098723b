package netem

import (
	"fmt"

	"imsim/netem/packet"
	"imsim/sim"
)

// UDPOwner hears what arrives at a UDP socket.
type UDPOwner interface {
	// Datagram delivers a datagram. p is the owner's for the length of the call: what is kept longer must be copied out
	// of p.Spans (the real octets themselves stay valid).
	Datagram(s *UDPSocket, from, to packet.AddrPort, p packet.Payload, why sim.Cause)
	// Unreachable reports an ICMP error about a datagram that the socket sent to that address.
	Unreachable(s *UDPSocket, to packet.AddrPort, why sim.Cause)
}

// UDPSocket is a bound UDP port.
type UDPSocket struct {
	DF  bool  // never fragment; datagrams that are too big are dropped with an ICMP error
	TOS uint8 // of what is sent
	Tag any   // the owner's

	host  *Host
	local packet.AddrPort
	owner UDPOwner
}

type udpPorts map[packet.AddrPort]*UDPSocket

// BindUDP opens a UDP socket. A zero address means all addresses of the host, of both families; a zero port one that
// the host chooses.
func (h *Host) BindUDP(local packet.AddrPort, owner UDPOwner) (*UDPSocket, error) {
	if local.Addr.IsValid() && h.own[local.Addr] == nil {
		return nil, fmt.Errorf("netem: %s: %v is not an address of this host", h.name, local.Addr)
	}
	free := func(port uint16) bool { return h.udp[packet.AddrPort{Addr: local.Addr, Port: port}] == nil }
	if local.Port == 0 {
		if local.Port = h.ephemeral(free); local.Port == 0 {
			return nil, fmt.Errorf("netem: %s: all UDP ports of %v are in use", h.name, local.Addr)
		}
	} else if !free(local.Port) {
		return nil, fmt.Errorf("netem: %s: UDP port %v is in use", h.name, local)
	}
	if h.udp == nil {
		h.udp = udpPorts{}
	}
	s := &UDPSocket{host: h, local: local, owner: owner}
	h.udp[local] = s
	return s, nil
}

// Local returns the address that the socket is bound to; the address part is zero where it is bound to all.
func (s *UDPSocket) Local() packet.AddrPort { return s.local }

// Host returns the host that the socket is on.
func (s *UDPSocket) Host() *Host { return s.host }

// Close gives the port back. The owner hears no more.
func (s *UDPSocket) Close() {
	if s.host.udp[s.local] == s {
		delete(s.host.udp, s.local)
	}
}

// Send sends a datagram to a transport address. The octets of p are shared, its span array is not.
func (s *UDPSocket) Send(to packet.AddrPort, p packet.Payload, why sim.Cause) {
	s.SendFrom(packet.Addr{}, to, p, why)
}

// SendFrom is Send with a choice of source address, for a socket bound to all; zero leaves it to the routes.
func (s *UDPSocket) SendFrom(from packet.Addr, to packet.AddrPort, p packet.Payload, why sim.Cause) {
	h := s.host
	q := h.net.get(&h.Core)
	q.Proto, q.TOS, q.Frag.DF, q.Cause = packet.UDP, s.TOS, s.DF, why
	q.Src, q.Dst, q.SrcPort, q.DstPort = s.local.Addr, to.Addr, s.local.Port, to.Port
	q.Payload.AppendPayload(p)
	if from.IsValid() {
		q.Src = from
	}
	if !q.Src.IsValid() {
		q.Src = h.sourceFor(to.Addr)
	}
	switch {
	case !q.Src.IsValid() || q.Src.Is4() != to.Addr.Is4():
		h.ignore(q, "no source address")
	case p.Len > 65535-packet.IPv4HeaderLen-packet.UDPHeaderLen:
		h.ignore(q, "datagram too long")
	default:
		h.Output(q)
	}
}

// sourceFor returns the address that the host speaks from to dst: that of the interface that leads there (RFC 6724 §5
// comes to no more than this with one address an interface).
func (h *Host) sourceFor(dst packet.Addr) packet.Addr {
	switch out := h.routes.lookup(&h.Core, dst); {
	case out == nil:
		return packet.Addr{}
	case out == h.lo:
		return dst
	default:
		return out.Addr(dst)
	}
}

func (h *Host) receiveUDP(p *packet.Packet) {
	to := packet.AddrPort{Addr: p.Dst, Port: p.DstPort}
	s := h.udpSocket(to)
	if s == nil {
		// RFC 1122 §4.1.3.1: no socket, port unreachable.
		if !h.Silent {
			h.sendError(p, icmpPort, 0)
		}
		h.ignore(p, "UDP port closed")
		return
	}
	s.owner.Datagram(s, packet.AddrPort{Addr: p.Src, Port: p.SrcPort}, to, p.Payload, p.Cause)
	h.net.Pool.Put(p)
}

func (h *Host) udpSocket(local packet.AddrPort) *UDPSocket {
	if s := h.udp[local]; s != nil {
		return s
	}
	return h.udp[packet.AddrPort{Port: local.Port}]
}

// udpICMP reports an error to the socket that sent the quoted datagram (RFC 1122 §4.1.3.3).
func (h *Host) udpICMP(p *packet.Packet) {
	if s := h.udpSocket(p.ICMP.Quoted.Src); s != nil {
		s.owner.Unreachable(s, p.ICMP.Quoted.Dst, p.Cause)
	}
}
