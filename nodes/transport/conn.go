package transport

import (
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// sipConn is a TCP connection that carries SIP; it is used again in both directions (RFC 3261 §18).
type sipConn struct {
	t      *SIP
	number uint32
	stream *netem.Stream
	framer sip.Framer
	up     bool
	out    packet.Payload
	tx     []sip.TxID // sent on it while it was opening
	why    sim.Cause
}

var sipTCP = tcp.Config{SendBuffer: 64 << 10, RecvBuffer: 64 << 10}

// conn returns the connection of that number, or one to that address, opening it where needed.
func (t *SIP) conn(number uint32, to packet.AddrPort, why sim.Cause) *sipConn {
	if number != 0 && t.conns[number-1] != nil {
		return t.conns[number-1]
	}
	if c := t.dialled[to]; c != nil {
		return c
	}
	c := t.newConn()
	s, err := t.base.Host.Dial(packet.AddrPort{Addr: t.Local.Addr}, to, sipTCP, c, why)
	if err != nil {
		t.conns[c.number-1] = nil
		return nil
	}
	c.stream = s
	t.dialled[to] = c
	return c
}

func (t *SIP) newConn() *sipConn {
	c := &sipConn{t: t, number: uint32(len(t.conns) + 1)}
	t.conns = append(t.conns, c)
	return c
}

// Incoming accepts a connection from any peer.
func (t *SIP) Incoming(o tcp.Opening) {
	c := t.newConn()
	c.stream = t.base.Host.Accept(o, sipTCP, c, false)
}

// flush gives the connection what waits for it.
func (c *sipConn) flush(why sim.Cause) {
	if c.up && c.out.Len > 0 {
		c.out.Drop(c.stream.Write(c.out, why))
	}
}

// StreamEvent takes a report of a connection.
func (c *sipConn) StreamEvent(s *netem.Stream, ev tcp.Event) {
	c.stream = s
	t := c.t
	switch ev.Kind {
	case tcp.EvEstablished:
		c.up = true
		c.tx = nil
		c.flush(sim.Cause{Record: max(ev.Why.Record, c.why.Record), Session: c.why.Session})
	case tcp.EvWritable:
		c.flush(ev.Why)
	case tcp.EvReadable:
		c.read(ev.Why)
	case tcp.EvFINReceived:
		c.read(ev.Why)
		s.CloseWrite(ev.Why)
	case tcp.EvReset, tcp.EvClosed:
		if t.conns[c.number-1] == nil {
			return
		}
		t.conns[c.number-1] = nil
		for to, d := range t.dialled { //tidy:order at most one entry is this connection
			if d == c {
				delete(t.dialled, to)
			}
		}
		for _, tx := range c.tx {
			t.Layer.Failed(t.base.K.Now(), ev.Why, tx)
		}
		t.Layer.ConnFailed(t.base.K.Now(), ev.Why, c.number)
		t.pump()
	}
}

func (c *sipConn) read(why sim.Cause) {
	var p packet.Payload
	if n, w := c.stream.Read(1<<20, &p, why); n > 0 {
		why = w
	}
	if p.Len == 0 {
		return
	}
	if err := c.framer.Push(why, p.Bytes()); err != nil {
		c.stream.Abort(why)
		return
	}
	for {
		f, ok := c.framer.Next()
		if !ok {
			return
		}
		if f.Kind == sip.FrameMessage {
			c.t.arrived(f.Message, sip.Flow{Transport: sip.TCP, Remote: c.stream.Remote().Netip(), Conn: c.number}, f.Why)
		}
	}
}
