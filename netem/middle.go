package netem

import "imsim/netem/packet"

// middle is what a host on the path of others does with what passes: an attacker, or a transparent proxy.
type middle struct {
	take func(p *packet.Packet) bool
	a    Acceptor
}

// AddMiddle adds a host that routes lead through. It passes on what is for others as a router does, until Intercept says what it
// takes.
func (n *Network) AddMiddle(name string) *Host {
	h := n.AddHost(name)
	h.middle = &middle{}
	return h
}

// Intercept has the host take TCP connections that are not meant for it: a SYN for which take says so goes to a, and what belongs to a
// connection that was accepted or dialled in another's name is that connection's. Dial and Accept then take foreign local addresses.
func (h *Host) Intercept(take func(p *packet.Packet) bool, a Acceptor) {
	h.middle.take, h.middle.a = take, a
}

// between takes or passes on a packet that is for somebody else.
func (h *Host) between(p *packet.Packet) {
	m := h.middle
	if p.Proto == packet.TCP && !p.Frag.IsFragment() && !p.Damaged && m.take != nil {
		local, remote := packet.AddrPort{Addr: p.Dst, Port: p.DstPort}, packet.AddrPort{Addr: p.Src, Port: p.SrcPort}
		if h.tcp.has(&local, &remote) || p.TCP.Flags&(packet.SYN|packet.ACK) == packet.SYN && m.take(p) {
			h.receiveTCP(p)
			return
		}
	}
	h.Core.Forward(p, h.Silent)
}
