package transport

import (
	"strconv"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// H248Port is where an H.248 entity receives: UDP and, as controller, TCP. It tells the associations of several peers apart
// by the address and port that they send from.
type H248Port struct {
	// Accept makes the association of a peer that is not known yet, or returns nil to ignore it; nil ignores all.
	Accept func(peer packet.AddrPort) *H248

	base  *nodes.Base
	local packet.AddrPort
	cost  time.Duration // processor time of a received message
	udp   *netem.UDPSocket
	peers map[packet.AddrPort]*H248 // never ranged over
	count int
}

// OpenH248 binds a port.
func OpenH248(base *nodes.Base, local packet.AddrPort, role h248.Role, cost time.Duration) (*H248Port, error) {
	p := &H248Port{base: base, local: local, cost: cost, peers: map[packet.AddrPort]*H248{}}
	var err error
	if p.udp, err = base.Host.BindUDP(local, p); err == nil && role == h248.MGC {
		err = base.Host.Listen(local, p)
	}
	return p, err
}

// Associate makes the association with a peer.
func (p *H248Port) Associate(cfg h248.Config, peer packet.AddrPort, user H248User) *H248 {
	cfg.Own = h248.MID{Kind: h248.MIDAddress, Host: p.local.Addr.String(), Port: p.local.Port}
	t := &H248{Endpoint: h248.NewEndpoint(cfg), port: p, base: p.base, user: user, peer: peer, waiting: map[uint64][]byte{},
		tcp: cfg.Transport == h248.TCP}
	name := p.base.Name + ".h248"
	if p.count++; p.count > 1 {
		name += "#" + strconv.Itoa(p.count)
	}
	t.self = p.base.K.Add(name, t)
	p.peers[peer] = t
	return t
}

// find returns the association of a peer.
func (p *H248Port) find(peer packet.AddrPort) *H248 {
	if t := p.peers[peer]; t != nil || p.Accept == nil {
		return t
	}
	return p.Accept(peer)
}

// Datagram takes one message. H.248.1 §7.2.8 would have 504 for strangers, which would tell them that somebody is here.
func (p *H248Port) Datagram(_ *netem.UDPSocket, from, _ packet.AddrPort, data packet.Payload, why sim.Cause) {
	if t := p.find(from); t != nil {
		t.arrived(data.Bytes(), why)
	}
}

// Unreachable ignores ICMP errors: the transaction timers decide.
func (p *H248Port) Unreachable(*netem.UDPSocket, packet.AddrPort, sim.Cause) {}

// h248Conn is a TCP connection that carries TPKT packets (H.248.1 Annex D.2).
type h248Conn struct {
	port   *H248Port
	t      *H248 // nil until a peer's first octet on a connection that it opened
	stream *netem.Stream
	up     bool
	in     []byte
	out    packet.Payload
}

var h248TCP = tcp.Config{SendBuffer: 64 << 10, RecvBuffer: 64 << 10}

// Incoming accepts the connection of a gateway.
func (p *H248Port) Incoming(o tcp.Opening) {
	c := &h248Conn{port: p}
	c.stream = p.base.Host.Accept(o, h248TCP, c, false)
}

// carry hands a message to the carrier, opening a connection where there is none.
func (t *H248) carry(b []byte, why sim.Cause) {
	if !t.tcp {
		t.port.udp.Send(t.peer, packet.PayloadOf(b), why)
		return
	}
	if t.conn == nil {
		c := &h248Conn{port: t.port, t: t}
		s, err := t.base.Host.Dial(packet.AddrPort{Addr: t.port.local.Addr}, t.peer, h248TCP, c, why)
		if err != nil {
			return // TMax will tell
		}
		c.stream, t.conn = s, c
	}
	t.conn.out.AppendPayload(packet.PayloadOf(h248.AppendTPKT(nil, b)))
	t.conn.flush(why)
}

func (c *h248Conn) flush(why sim.Cause) {
	if c.up && c.out.Len > 0 {
		c.out.Drop(c.stream.Write(c.out, why))
	}
}

// StreamEvent takes a report of a connection.
func (c *h248Conn) StreamEvent(s *netem.Stream, ev tcp.Event) {
	c.stream = s
	switch ev.Kind {
	case tcp.EvEstablished:
		c.up = true
		c.flush(ev.Why)
	case tcp.EvWritable:
		c.flush(ev.Why)
	case tcp.EvReadable:
		c.read(ev.Why)
	case tcp.EvFINReceived:
		c.read(ev.Why)
		s.CloseWrite(ev.Why)
	case tcp.EvReset, tcp.EvClosed:
		if t := c.t; t != nil && t.conn == c {
			t.conn = nil
			t.Endpoint.CarrierLost(ev.Why)
			t.pump()
		}
	}
}

func (c *h248Conn) read(why sim.Cause) {
	var p packet.Payload
	if n, w := c.stream.Read(1<<20, &p, why); n > 0 {
		why = w
	}
	c.in = append(c.in, p.Bytes()...)
	for {
		m, rest, ok, bad := h248.NextTPKT(c.in)
		if bad {
			c.stream.Abort(why)
			return
		}
		if !ok {
			return
		}
		c.in = rest
		if c.t == nil && !c.adopt() {
			c.stream.Abort(why)
			return
		}
		c.t.arrived(m, why)
	}
}

// adopt finds the association of a connection that the peer opened: that with the peer's address, whatever its port.
func (c *h248Conn) adopt() bool {
	from := c.stream.Remote()
	t := c.port.peers[packet.AddrPort{Addr: from.Addr, Port: H248Text}]
	if t == nil {
		t = c.port.find(from)
	}
	if t == nil {
		return false
	}
	t.Endpoint.SetTransport(h248.TCP)
	c.t, t.conn, t.tcp = t, c, true
	return true
}
