package netstack

import (
	"bytes"
	"math/rand"
	"testing"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/sim"
)

const (
	nic     = 1
	mtu     = 1500
	pending = 1 << 14 // packets that the stack may send within one event
)

// node is a gVisor stack as a node of a simulated network.
type node struct {
	netem.Core
	t          testing.TB
	clock      *clock
	s          *stack.Stack
	link       *channel.Endpoint
	timer      sim.Timer
	conns      []*gvisorConn
	listener   tcpip.Endpoint
	accept     func(*gvisorConn) // makes the owner of an accepted connection
	settling   bool
	renoRepair bool // see type reno
}

// addNode adds a gVisor stack that draws its random numbers from seed.
func addNode(t testing.TB, n *netem.Network, name string, seed int64) *node {
	g := &node{t: t, clock: &clock{k: n.K}}
	n.Add(name, g)
	random := rand.New(rand.NewSource(seed))
	g.s = stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
		Clock:              g.clock,
		RandSource:         &lockedSource{s: rand.NewSource(seed + 1)},
		SecureRNG:          &lockedReader{r: random},
	})
	t.Cleanup(func() {
		g.s.Close() // its RSTs stay in the channel
		g.s.Wait()
	})
	g.link = channel.New(pending, mtu, "")
	g.must(g.s.CreateNIC(nic, g.link))
	g.s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: nic}})
	return g
}

// address gives the stack the address that the node got by connecting.
func (g *node) address() {
	g.must(g.s.AddProtocolAddress(nic, tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddrFrom4(g.Addr(true).Netip().As4()).WithPrefix(),
	}, stack.AddressProperties{}))
}

func (g *node) must(err tcpip.Error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatalf("gVisor: %v", err)
	}
}

// option sets an option of the stack's TCP.
func (g *node) option(o tcpip.SettableTransportProtocolOption) {
	g.must(g.s.SetTransportProtocolOption(tcp.ProtocolNumber, o))
}

// Forwards is false: no computed route leads through the node.
func (g *node) Forwards() bool { return false }

// Receive brings a packet to the stack, as octets.
func (g *node) Receive(_ *netem.Interface, p *packet.Packet) {
	b := p.Marshal(make([]byte, 0, p.Len()))
	g.Network().Pool.Put(p)
	q := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
	g.link.InjectInbound(ipv4.ProtocolNumber, q)
	q.DecRef()
	g.settle()
}

// Handle runs the stack's timers.
func (g *node) Handle(uint32) {
	if g.Network().K.Due(&g.timer, g.Entity(), 0) {
		g.settle()
	}
}

// quiet returns when the stack's goroutines have done all there is to do: a processor pauses only with an empty queue.
func (g *node) quiet() {
	g.s.Pause()
	g.s.Resume()
}

// repair sets Reno's windows right, where that is wanted.
func (g *node) repair() {
	if !g.renoRepair {
		return
	}
	for _, c := range g.conns {
		if s := sender(c.ep); s != nil {
			c.reno.repair(s)
		}
	}
}

// settle lets the stack and its owners do all that they can do at this instant.
func (g *node) settle() {
	if g.settling {
		return
	}
	g.settling = true
	for n := 0; ; n++ {
		if n > 1<<20 {
			g.t.Fatalf("gVisor does not come to rest at %v", g.Network().K.Now())
		}
		g.quiet()
		g.repair()
		busy := g.clock.fire()
		busy = g.drain() || busy
		busy = g.owners() || busy
		if !busy {
			break
		}
	}
	g.settling = false
	g.Network().K.Arm(&g.timer, g.Entity(), 0, g.clock.next())
}

// drain sends into the network what the stack has sent.
func (g *node) drain() bool {
	some := false
	for q := g.link.Read(); q != nil; q = g.link.Read() {
		some = true
		b := bytes.Clone(q.ToView().AsSlice())
		q.DecRef()
		p := g.Network().Pool.Get()
		if err := p.Unmarshal(b); err != nil {
			g.t.Fatalf("gVisor sent %x: %v", b, err)
		}
		g.Output(p)
	}
	return some
}

// owners lets the owners of connections act.
func (g *node) owners() bool {
	some := false
	for g.listener != nil {
		ep, wq, err := g.listener.Accept(nil)
		if err != nil {
			break
		}
		c := g.conn(ep, wq)
		g.accept(c)
		some = true
	}
	for _, c := range g.conns {
		some = c.owner.pump() || some
	}
	return some
}

func (g *node) conn(ep tcpip.Endpoint, wq *waiter.Queue) *gvisorConn {
	c := &gvisorConn{g: g, ep: ep, wq: wq}
	g.conns = append(g.conns, c)
	return c
}

func (g *node) endpoint() (tcpip.Endpoint, *waiter.Queue) {
	wq := new(waiter.Queue)
	ep, err := g.s.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, wq)
	g.must(err)
	return ep, wq
}

// listen opens a listening port; accept must give each connection an owner.
func (g *node) listen(port uint16, accept func(*gvisorConn)) {
	ep, _ := g.endpoint()
	g.must(ep.Bind(tcpip.FullAddress{Port: port}))
	g.must(ep.Listen(16))
	g.listener, g.accept = ep, accept
}

// dial opens a connection.
func (g *node) dial(port uint16, to packet.AddrPort, o *app, tune func(*gvisorConn)) {
	ep, wq := g.endpoint()
	if port != 0 {
		g.must(ep.Bind(tcpip.FullAddress{Port: port}))
	}
	c := g.conn(ep, wq)
	o.own(c)
	tune(c)
	err := ep.Connect(tcpip.FullAddress{Addr: tcpip.AddrFrom4(to.Addr.Netip().As4()), Port: to.Port})
	if _, ok := err.(*tcpip.ErrConnectStarted); !ok {
		g.t.Fatalf("gVisor: %v", err)
	}
	g.settle()
}
