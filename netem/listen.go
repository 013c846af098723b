package netem

import (
	"fmt"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// Acceptor hears of connections that peers wish to open.
type Acceptor interface {
	// Incoming reports a SYN for a listening port that matches no connection; every one, so a repeated SYN comes again
	// unless Accept has answered. The owner may call Accept or Refuse, then or later; doing nothing drops the SYN silently.
	Incoming(o tcp.Opening)
}

// Listen directs SYNs for a local transport address to a. A zero address means all addresses of the host.
func (h *Host) Listen(local packet.AddrPort, a Acceptor) error {
	if local.Addr.IsValid() && h.own[local.Addr] == nil {
		return fmt.Errorf("netem: %s: %v is not an address of this host", h.name, local.Addr)
	}
	if local.Port == 0 {
		return fmt.Errorf("netem: %s: a listening port must not be 0", h.name)
	}
	if h.tcp.listeners[local] != nil {
		return fmt.Errorf("netem: %s: somebody listens on %v already", h.name, local)
	}
	if h.tcp.listeners == nil {
		h.tcp.listeners = map[packet.AddrPort]Acceptor{}
	}
	h.tcp.listeners[local] = a
	h.tcp.called = packet.AddrPort{}
	return nil
}

// Unlisten closes a listening port. Its connections live on.
func (h *Host) Unlisten(local packet.AddrPort) {
	delete(h.tcp.listeners, local)
	h.tcp.called = packet.AddrPort{}
}

// listener returns who listens to a transport address, or nil.
func (h *Host) listener(local packet.AddrPort) Acceptor {
	t := &h.tcp
	switch {
	case len(t.listeners) == 0 && h.middle == nil:
		return nil
	case t.called == local: // most SYNs are for one port
		return t.answers
	}
	a := t.listeners[local]
	if a == nil {
		a = t.listeners[packet.AddrPort{Port: local.Port}]
	}
	if a == nil && h.middle != nil && h.own[local.Addr] == nil {
		return h.middle.a
	}
	if a != nil {
		t.called, t.answers = local, a
	}
	return a
}

// Accept answers a SYN with a connection. With hold the SYN,ACK is withheld until Release; the connection absorbs
// repetitions of the SYN meanwhile. It returns nil when the peer's transport address has a connection already, or
// nothing listens to it any more but a connection does.
func (h *Host) Accept(o tcp.Opening, cfg tcp.Config, owner StreamOwner, hold bool) *Stream {
	ref, live := h.tcp.find(&o.Local, &o.Remote)
	iss := h.initialSeq(o.Local, o.Remote)
	switch {
	case live != nil:
		return nil
	case ref != 0:
		iss = h.replaceWaiting(ref)
	}
	s := h.newStream(o.Local, o.Remote, owner)
	s.conn.OpenPassive(h.net.K.Now(), &o, h.config(cfg, o.Remote.Addr), iss, hold)
	s.settle()
	return s
}

// Refuse answers a SYN with RST,ACK: <SEQ=0><ACK=ISN+1> (RFC 9293 §3.10.7.1).
func (h *Host) Refuse(o tcp.Opening, why sim.Cause) {
	if reply, ok := tcp.ResetFor(&o.Header, 0); ok {
		h.sendBare(o.Local, o.Remote, &reply, why)
	}
}

// opening takes a segment that belongs to no connection (RFC 9293 §3.10.7.1 and §3.10.7.2).
func (h *Host) opening(p *packet.Packet) {
	local, remote := packet.AddrPort{Addr: p.Dst, Port: p.DstPort}, packet.AddrPort{Addr: p.Src, Port: p.SrcPort}
	a := h.listener(local)
	// RFC 9293 §3.10.7.2: a listener answers an ACK with RST, like a closed port, and ignores RST and what is no SYN.
	const kind = packet.SYN | packet.ACK | packet.RST | packet.FIN
	switch f := p.TCP.Flags & kind; {
	case a != nil && f == packet.SYN:
		o := tcp.Opening{Local: local, Remote: remote, Header: p.TCP, Why: p.Cause}
		h.net.Pool.Put(p)
		a.Incoming(o)
		return
	case a != nil && f&packet.ACK == 0:
		h.ignore(p, "listener ignores this")
		return
	}
	reply, ok := tcp.ResetFor(&p.TCP, p.Payload.Len)
	if h.Silent || !ok {
		h.ignore(p, "TCP port closed")
		return
	}
	why := p.Cause
	h.ignore(p, "TCP port closed")
	h.sendBare(local, remote, &reply, why)
}

// sendBare sends a segment without octets outside of any connection.
func (h *Host) sendBare(local, remote packet.AddrPort, head *packet.TCPHeader, why sim.Cause) {
	q := h.net.get(&h.Core)
	q.Proto, q.TCP, q.Cause = packet.TCP, *head, why
	q.Src, q.SrcPort, q.Dst, q.DstPort = local.Addr, local.Port, remote.Addr, remote.Port
	q.Frag.DF = true
	h.Output(q)
}
