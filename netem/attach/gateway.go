package attach

import (
	"errors"
	"sync"
	"sync/atomic"

	"imsim/netem"
	"imsim/netem/packet"
)

// Device is where IP packets of the real world come from and go to: a TUN device, or a test. Packets are in bufs from
// offset on.
type Device interface {
	// Read waits for packets and returns how many there are; sizes gets their lengths.
	Read(bufs [][]byte, sizes []int, offset int) (n int, err error)
	// Write takes all packets, each a slice of its own.
	Write(bufs [][]byte, offset int) (n int, err error)
	// BatchSize is how many packets Read returns at most.
	BatchSize() int
	// Close makes Read return.
	Close() error
}

const (
	offloadOctets  = 16 // in front of each packet, for headers of the device's own
	maxPacket      = 65535
	waitingPackets = 1024 // for the device, or for the kernel's goroutine; more are dropped
)

// Gateway is a node that stands in for real machines: it has their addresses, and a Device that leads to them. A packet
// that the simulated network sends there goes out by the device; one that comes from the device is sent into the network
// as if the node had made it, so that the gateway itself is no hop.
//
// What the real world sends is not trusted: packets that are malformed, have a wrong checksum, or claim a source that the
// gateway does not stand for are counted and dropped.
type Gateway struct {
	netem.Core

	in      Inbox
	dev     Device
	out     chan []byte
	stop    chan struct{}
	once    sync.Once
	running sync.WaitGroup
	lost    chan struct{}
	err     error        // why the device was lost
	pending atomic.Int64 // packets on the way to the kernel's goroutine

	entered, left, malformed, checksum, spoofed, unroutable, overflow, failed atomic.Uint64
}

// GatewayStats counts packets.
type GatewayStats struct {
	In         uint64 // sent into the network
	Out        uint64 // given to the device
	Malformed  uint64 // dropped: not IP, cut short, or with impossible headers
	Checksum   uint64 // dropped: a checksum of IP, TCP, UDP or ICMP is wrong
	Spoofed    uint64 // dropped: the source is no address of the gateway
	Unroutable uint64 // dropped: the network has no such destination, or it is multicast or the gateway itself
	Overflow   uint64 // dropped: more than 1024 packets wait, in either direction
	Failed     uint64 // dropped: the device refused them; also counts an error that ended reading
}

// AddGateway adds a gateway to a network. It is connected like a host, with the real machine's addresses in LinkConfig,
// and started when the routes are computed.
func AddGateway(n *netem.Network, name string) *Gateway {
	g := &Gateway{out: make(chan []byte, waitingPackets), stop: make(chan struct{}), lost: make(chan struct{})}
	n.Add(name, g)
	return g
}

// Forwards is false: no computed route leads through a gateway.
func (g *Gateway) Forwards() bool { return false }

// Start begins to carry packets to and from dev, which is the gateway's from then on, until Close.
func (g *Gateway) Start(in Inbox, dev Device) {
	g.in, g.dev = in, dev
	g.running.Add(2)
	go g.read()
	go g.write()
}

// Close closes the device and returns when no goroutine is left. Packets may go on arriving at the node, and are dropped.
func (g *Gateway) Close() error {
	var err error
	g.once.Do(func() {
		close(g.stop)
		if g.dev != nil {
			err = g.dev.Close()
		}
		g.running.Wait()
	})
	return err
}

// Stats returns the figures so far. It may be called from any goroutine.
func (g *Gateway) Stats() GatewayStats {
	return GatewayStats{
		In: g.entered.Load(), Out: g.left.Load(), Malformed: g.malformed.Load(), Checksum: g.checksum.Load(),
		Spoofed: g.spoofed.Load(), Unroutable: g.unroutable.Load(), Overflow: g.overflow.Load(), Failed: g.failed.Load(),
	}
}

// Lost is closed when the device has gone although Close was not called: somebody removed it, or its namespace.
func (g *Gateway) Lost() <-chan struct{} { return g.lost }

// Err returns why the device was lost, once Lost is closed.
func (g *Gateway) Err() error { return g.err }

// Receive takes what arrives for the real machines.
func (g *Gateway) Receive(_ *netem.Interface, p *packet.Packet) {
	defer g.Network().Pool.Put(p)
	if !g.Owns(p.Dst) {
		g.unroutable.Add(1)
		return
	}
	select {
	case g.out <- p.Marshal(make([]byte, offloadOctets, offloadOctets+p.Len())):
	default:
		g.overflow.Add(1)
	}
}

// write gives packets to the device.
func (g *Gateway) write() {
	defer g.running.Done()
	bufs := make([][]byte, 1)
	for {
		select {
		case bufs[0] = <-g.out:
		case <-g.stop:
			return
		}
		if _, err := g.dev.Write(bufs, offloadOctets); err != nil {
			g.failed.Add(1)
			continue
		}
		g.left.Add(1)
	}
}

// read takes packets from the device to the kernel's goroutine.
func (g *Gateway) read() {
	defer g.running.Done()
	bufs, sizes := make([][]byte, max(g.dev.BatchSize(), 1)), make([]int, max(g.dev.BatchSize(), 1))
	for i := range bufs {
		bufs[i] = make([]byte, offloadOctets+maxPacket)
	}
	for {
		n, err := g.dev.Read(bufs, sizes, offloadOctets)
		for i := range n {
			if g.pending.Load() >= waitingPackets {
				g.overflow.Add(1)
				continue
			}
			b := append([]byte(nil), bufs[i][offloadOctets:offloadOctets+sizes[i]]...)
			g.pending.Add(1)
			g.in.Inject(func() {
				g.pending.Add(-1)
				g.enter(b)
			})
		}
		if err != nil {
			select {
			case <-g.stop:
			default: // a TUN device that is removed says os.ErrClosed, too
				g.failed.Add(1)
				g.err = err
				close(g.lost)
			}
			return
		}
	}
}

// enter sends into the network what the real world sent.
func (g *Gateway) enter(b []byte) {
	pool := &g.Network().Pool
	if pool.Exceeded() {
		g.overflow.Add(1)
		return
	}
	p := pool.Get()
	if count := g.examine(p, b); count != nil {
		count.Add(1)
		pool.Put(p)
		return
	}
	g.entered.Add(1)
	g.Output(p)
}

// examine parses b into p and returns which kind of drop it is, or nil.
func (g *Gateway) examine(p *packet.Packet, b []byte) *atomic.Uint64 {
	err := p.Unmarshal(b)
	switch to := p.Dst.Netip(); {
	case errors.Is(err, packet.ErrChecksum):
		return &g.checksum
	case err != nil || p.TTL == 0:
		return &g.malformed
	case !g.Owns(p.Src):
		return &g.spoofed
	case to.IsMulticast() || to.IsLoopback() || g.Owns(p.Dst) || g.Route(p.Dst) == nil:
		return &g.unroutable
	}
	return nil
}
