package attach

import (
	"bytes"
	"net/netip"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/sim"
)

// wire is a Device whose other end is a test.
type wire struct {
	in     chan []byte // to the gateway
	out    chan []byte
	closed chan struct{}
}

func newWire() *wire {
	return &wire{make(chan []byte, 10), make(chan []byte, 10), make(chan struct{})}
}

func (w *wire) Read(bufs [][]byte, sizes []int, offset int) (int, error) {
	select {
	case b := <-w.in:
		sizes[0] = copy(bufs[0][offset:], b)
		return 1, nil
	case <-w.closed:
		return 0, os.ErrClosed
	}
}

func (w *wire) Write(bufs [][]byte, offset int) (int, error) {
	select {
	case w.out <- bytes.Clone(bufs[0][offset:]):
		return 1, nil
	case <-w.closed:
		return 0, os.ErrClosed
	}
}

func (w *wire) BatchSize() int { return 1 }

func (w *wire) Close() error {
	close(w.closed)
	return nil
}

// gated runs f with a gateway for 10.9.0.1 that is linked to a host "server".
func gated(t *testing.T, f func(t *testing.T, g *Gateway, w *wire, server packet.Addr)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n, g := gatewayNetwork(t, oneWay)
		w := newWire()
		d := Drive(n.K, synctest.Wait)
		a := New(n, d)
		g.Start(d, w)
		defer end(t, a, d)
		defer g.Close()
		f(t, g, w, netem.CoreOf(n.Node("server")).Addr(true))
	})
}

func gatewayNetwork(t *testing.T, delay time.Duration) (*netem.Network, *Gateway) {
	t.Helper()
	n := netem.New(sim.New(sim.Config{Seed: 1}), netem.Config{})
	g := AddGateway(n, "real")
	link := netem.Symmetric(netem.DirectionConfig{Delay: delay})
	link.AAddrs = addrs("10.9.0.1")
	link.BAddrs = addrs("10.8.0.1")
	connect(t, n, g, n.AddHost("server"), link)
	if err := n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	return n, g
}

func addrs(s string) []netip.Addr { return []netip.Addr{netip.MustParseAddr(s)} }

func echoRequest(src, dst packet.Addr) packet.Packet {
	return packet.Packet{
		Src: src, Dst: dst, TTL: 64, Proto: packet.ICMP, ICMP: packet.ICMPHeader{Type: packet.Echo, MTU: 7},
		Payload: packet.PayloadOf([]byte("abcdefgh")),
	}
}

func TestGatewayCarriesBothWays(t *testing.T) {
	gated(t, func(t *testing.T, g *Gateway, w *wire, server packet.Addr) {
		start := time.Now()
		q := echoRequest(packet.MustAddr("10.9.0.1"), server)
		w.in <- q.Marshal(nil)
		var p packet.Packet
		if err := p.Unmarshal(<-w.out); err != nil {
			t.Fatal(err)
		}
		if p.Src != server || p.Dst != q.Src || p.ICMP.Type != packet.EchoReply || string(p.Payload.Bytes()) != "abcdefgh" {
			t.Errorf("%+v came back", p)
		}
		if got := time.Since(start); got != 2*oneWay {
			t.Errorf("after %v, want %v", got, 2*oneWay)
		}
		time.Sleep(1)
		if got, want := g.Stats(), (GatewayStats{In: 1, Out: 1}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

func TestGatewayDropsWhatIsWrong(t *testing.T) {
	gated(t, func(t *testing.T, g *Gateway, w *wire, server packet.Addr) {
		self := packet.MustAddr("10.9.0.1")
		good, stranger, away, loop := echoRequest(self, server), echoRequest(packet.MustAddr("10.9.0.2"), server),
			echoRequest(self, packet.MustAddr("224.0.0.1")), echoRequest(self, self)
		flip := func(at int) []byte {
			b := good.Marshal(nil)
			b[at] ^= 1
			return b
		}
		dead := good
		dead.TTL = 0
		for _, b := range [][]byte{
			{}, {0x45}, good.Marshal(nil)[:30], bytes.Repeat([]byte{0xff}, 100), // malformed
			dead.Marshal(nil),     // malformed
			flip(15),              // checksum of IP
			flip(30),              // checksum of ICMP
			stranger.Marshal(nil), // spoofed
			away.Marshal(nil),     // unroutable
			loop.Marshal(nil),     // unroutable
		} {
			w.in <- b
			time.Sleep(time.Millisecond)
		}
		if got, want := g.Stats(), (GatewayStats{Malformed: 5, Checksum: 2, Spoofed: 1, Unroutable: 2}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

// TestGatewayOverflow: a real machine that does not take its packets, and a simulator that does not keep up, cost packets,
// all of them counted, and no memory without end.
func TestGatewayOverflow(t *testing.T) {
	const sent = waitingPackets + 100
	t.Run("slow machine", func(t *testing.T) {
		gated(t, func(t *testing.T, g *Gateway, w *wire, server packet.Addr) {
			q := echoRequest(packet.MustAddr("10.9.0.1"), server)
			for range sent {
				w.in <- q.Marshal(nil)
				time.Sleep(time.Microsecond)
			}
			time.Sleep(time.Second)
			taken := uint64(waitingPackets + cap(w.out) + 1) // one is in Write
			if got, want := g.Stats(), (GatewayStats{In: sent, Out: uint64(cap(w.out)), Overflow: sent - taken}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
			for range taken {
				<-w.out
			}
			time.Sleep(time.Second)
			if got := g.Stats().Out; got != taken {
				t.Errorf("%d came out when the machine took them, want %d", got, taken)
			}
		})
	})
	t.Run("slow simulator", func(t *testing.T) {
		gated(t, func(t *testing.T, g *Gateway, w *wire, server packet.Addr) {
			release := make(chan struct{})
			g.in.Inject(func() { <-release })
			stranger := echoRequest(packet.MustAddr("10.9.0.2"), server)
			for range sent {
				w.in <- stranger.Marshal(nil)
			}
			time.Sleep(time.Second)
			close(release)
			time.Sleep(time.Second)
			if got, want := g.Stats(), (GatewayStats{Spoofed: waitingPackets, Overflow: sent - waitingPackets}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	})
}

// TestGatewayLosesDevice: a device that ends by itself is told, one that Close closes is not.
func TestGatewayLosesDevice(t *testing.T) {
	for _, mine := range []bool{false, true} {
		_, g := gatewayNetwork(t, oneWay)
		w := &vanishing{newWire()}
		g.Start(nil, w)
		if mine {
			g.Close()
		} else {
			close(w.closed)
			<-g.Lost()
			g.Close()
		}
		select {
		case <-g.Lost():
			if mine || g.Err() == nil || g.Stats().Failed != 1 {
				t.Errorf("closed by us: %v; error %v, %+v", mine, g.Err(), g.Stats())
			}
		default:
			if !mine {
				t.Error("nobody knows that the device is lost")
			}
		}
	}
}

// vanishing is a wire that may be closed already when the gateway closes it.
type vanishing struct{ *wire }

func (v *vanishing) Close() error {
	select {
	case <-v.closed:
	default:
		close(v.closed)
	}
	return nil
}

// FuzzGateway sends anything at all into a network, whose host must neither panic nor keep packets.
func FuzzGateway(f *testing.F) {
	self, server := packet.MustAddr("10.9.0.1"), packet.MustAddr("10.8.0.1")
	q := echoRequest(self, server)
	f.Add(q.Marshal(nil))
	q.Proto, q.DstPort, q.TCP.Flags = packet.TCP, 80, packet.SYN
	f.Add(q.Marshal(nil))
	q.Proto = packet.UDP
	f.Add(q.Marshal(nil))
	q.Frag.More, q.Frag.Total = true, 100
	f.Add(q.Marshal(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, g := gatewayNetwork(t, oneWay)
		g.enter(bytes.Clone(b))
		if err := n.K.Run(sim.Never); err != nil {
			t.Fatal(err)
		}
		if live := n.Pool.Live(); live != 0 {
			t.Errorf("%d packets left", live)
		}
	})
}
