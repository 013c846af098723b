package netstack

import (
	"bytes"
	"fmt"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"

	"imsim/netem"
	"imsim/netem/packet"
	ours "imsim/netem/tcp"
	"imsim/sim"
)

// conn is one end of a connection, of either implementation. Calls act at once.
type conn interface {
	writable() bool
	write(b []byte) int                  // how many octets there was room for
	read() (b []byte, eof bool, ok bool) // ok is false when there is nothing to read
	closeWrite()
	close()
	abort()
	state() string // as RFC 9293 writes it
	wake()         // lets the owner act now
}

// app is the program at one end: it sends octets of a pattern and checks those that it gets against another.
type app struct {
	k         *sim.Kernel
	c         conn
	out, in   packet.Pattern
	send      uint64 // octets to send in all
	fin       bool   // half-close behind them
	finSent   bool
	noRead    bool
	onEOF     func()
	sent, got uint64
	eof       bool
	wrong     string
	first     sim.Time // when octets first came
	latest    sim.Time
	gap       time.Duration // longest time between two arrivals
	chunk     []byte
}

func (a *app) own(c conn) {
	a.c = c
	switch c := c.(type) {
	case *gvisorConn:
		c.owner = a
	case *oursConn:
		c.owner = a
	}
}

// pump writes and reads as long as something moves, and reports whether anything did.
func (a *app) pump() bool {
	some := false
	for a.sent < a.send && a.c.writable() {
		n := int(min(a.send-a.sent, 1<<14))
		a.chunk = packet.Synthetic(a.out, a.sent, n).AppendTo(a.chunk[:0])
		n = a.c.write(a.chunk)
		if n == 0 {
			break
		}
		a.sent += uint64(n)
		some = true
	}
	if a.fin && !a.finSent && a.sent == a.send && a.up() {
		a.finSent, some = true, true
		a.c.closeWrite()
	}
	for !a.noRead && !a.eof {
		b, eof, ok := a.c.read()
		if !ok {
			break
		}
		some = true
		a.take(b)
		if eof {
			a.eof = true
			if a.onEOF != nil {
				a.onEOF()
			}
		}
	}
	return some
}

func (a *app) up() bool {
	switch a.c.state() {
	case "ESTABLISHED", "CLOSE-WAIT":
		return true
	}
	return false
}

func (a *app) take(b []byte) {
	if len(b) == 0 {
		return
	}
	now := a.k.Now()
	if a.got == 0 {
		a.first = now
	} else {
		a.gap = max(a.gap, now.Sub(a.latest))
	}
	a.latest = now
	a.chunk = packet.Synthetic(a.in, a.got, len(b)).AppendTo(a.chunk[:0])
	if a.wrong == "" && !bytes.Equal(a.chunk, b) {
		a.wrong = fmt.Sprintf("octets %d to %d are not those sent", a.got, a.got+uint64(len(b)))
	}
	a.got += uint64(len(b))
}

// gvisorConn is a connection of a gVisor stack.
type gvisorConn struct {
	g      *node
	ep     tcpip.Endpoint
	wq     *waiter.Queue
	owner  *app
	closed bool
	reno   reno
	buf    bytes.Buffer
}

func (c *gvisorConn) writable() bool {
	return !c.closed && c.owner.up() && c.ep.Readiness(waiter.WritableEvents) != 0
}

func (c *gvisorConn) write(b []byte) int {
	n, _ := c.ep.Write(bytes.NewReader(b), tcpip.WriteOptions{})
	return int(n)
}

func (c *gvisorConn) read() (b []byte, eof, ok bool) {
	if c.closed {
		return nil, false, false
	}
	c.buf.Reset()
	_, err := c.ep.Read(&c.buf, tcpip.ReadOptions{})
	if _, end := err.(*tcpip.ErrClosedForReceive); end {
		return nil, true, true
	}
	return c.buf.Bytes(), false, err == nil
}

func (c *gvisorConn) closeWrite() { c.ep.Shutdown(tcpip.ShutdownWrite) }

func (c *gvisorConn) close() {
	if !c.closed {
		c.closed = true
		c.ep.Close()
	}
}

func (c *gvisorConn) abort() {
	if !c.closed {
		c.closed = true
		c.ep.(*tcp.Endpoint).Abort()
	}
}

var gvisorStates = map[tcp.EndpointState]string{
	tcp.StateInitial: "CLOSED", tcp.StateBound: "CLOSED", tcp.StateConnecting: "CLOSED", tcp.StateClose: "CLOSED", tcp.StateError: "CLOSED",
	tcp.StateListen: "LISTEN", tcp.StateSynSent: "SYN-SENT", tcp.StateSynRecv: "SYN-RECEIVED", tcp.StateEstablished: "ESTABLISHED",
	tcp.StateFinWait1: "FIN-WAIT-1", tcp.StateFinWait2: "FIN-WAIT-2", tcp.StateCloseWait: "CLOSE-WAIT",
	tcp.StateClosing: "CLOSING", tcp.StateLastAck: "LAST-ACK", tcp.StateTimeWait: "TIME-WAIT",
}

func (c *gvisorConn) state() string { return gvisorStates[c.ep.(*tcp.Endpoint).EndpointState()] }

func (c *gvisorConn) wake() { c.g.settle() }

// oursConn is a connection of a host of the simulated network.
type oursConn struct {
	s      *netem.Stream
	owner  *app
	events []ours.Event
}

func (c *oursConn) writable() bool {
	if c.owner.up() && c.s.WriteSpace() == 0 {
		c.s.WantSpace()
	}
	return c.owner.up() && c.s.WriteSpace() > 0
}

func (c *oursConn) write(b []byte) int {
	b = b[:min(len(b), c.s.WriteSpace()+1)] // one too many: EvWritable follows
	return c.s.Write(packet.PayloadOf(bytes.Clone(b)), sim.Cause{})
}

func (c *oursConn) read() (b []byte, eof, ok bool) {
	if c.s.Readable() == 0 {
		return nil, true, c.s.EOF()
	}
	var p packet.Payload
	c.s.Read(c.s.Readable(), &p, sim.Cause{})
	return p.Bytes(), false, true
}

func (c *oursConn) closeWrite() { c.s.CloseWrite(sim.Cause{}) }
func (c *oursConn) close()      { c.s.Close(sim.Cause{}) }
func (c *oursConn) abort()      { c.s.Abort(sim.Cause{}) }

var oursStates = map[ours.State]string{
	ours.Closed: "CLOSED", ours.SynSent: "SYN-SENT", ours.SynReceived: "SYN-RECEIVED", ours.Established: "ESTABLISHED",
	ours.FinWait1: "FIN-WAIT-1", ours.FinWait2: "FIN-WAIT-2", ours.CloseWait: "CLOSE-WAIT",
	ours.Closing: "CLOSING", ours.LastAck: "LAST-ACK", ours.TimeWait: "TIME-WAIT",
}

func (c *oursConn) state() string { return oursStates[c.s.State()] }

func (c *oursConn) wake() { c.owner.pump() }

// StreamEvent implements netem.StreamOwner.
func (c *oursConn) StreamEvent(s *netem.Stream, ev ours.Event) {
	c.events = append(c.events, ev)
	c.s = s
	c.owner.pump()
}

// oursListener gives each connection to a listening port an owner.
type oursListener struct {
	h   *netem.Host
	cfg ours.Config
	app *app
}

// Incoming implements netem.Acceptor.
func (l *oursListener) Incoming(o ours.Opening) {
	c := &oursConn{}
	l.app.own(c)
	c.s = l.h.Accept(o, l.cfg, c, false)
}
