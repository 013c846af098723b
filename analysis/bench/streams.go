package bench

import (
	"fmt"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// streams measures TCP between two hosts on one link, with all counters and the fingerprint on.
func streams(cfg Config, each func(Line)) error {
	b, err := newBulk()
	if err != nil {
		return err
	}
	s, err := newShort()
	if err != nil {
		return err
	}
	keeper, err := newShort()
	if err != nil {
		return err
	}
	keeper.ends[0].keeps, keeper.ends[1].keeps = true, true
	length := pick(cfg, 2*time.Second, 10*time.Second)
	ns, _, err := contest(pick(cfg, 3, 7), func() (int, error) { return b.step(length) }, func() (int, error) { return s.step(5 * length) }, func() (int, error) { return keeper.step(5 * length) })
	if err != nil {
		return err
	}
	each(Line{
		Group: "TCP: two hosts, one link, everything counted", What: "bulk: a segment delivered, data or acknowledgement", Figure: nanoseconds(ns[0]),
		Beside: fmt.Sprintf("%s; %.2f events a packet", perSecond(ns[0]), b.eventsPerPacket), Goal: "≤ 120 ns: ≥ 8 M/s; ≤ 1.05 events",
	})
	each(Line{
		Group: "TCP: two hosts, one link, everything counted", What: "short: open, 2 KB each way, close, TIME-WAIT", Figure: nanoseconds(ns[1]),
		Beside: perSecond(ns[1]) + "; streams are recycled", Goal: "≤ 3.5 µs",
	})
	each(Line{
		Group: "TCP: two hosts, one link, everything counted", What: "the same, streams left to the collector", Figure: nanoseconds(ns[2]),
		Beside: perSecond(ns[2]),
	})
	return nil
}

// pair is two hosts and a link, or a path of links.
type pair struct {
	k    *sim.Kernel
	net  *netem.Network
	a, b *netem.Host
	cfg  tcp.Config
	ends [2]end
}

const port = 9

// newPair makes two hosts, of which b answers every SYN.
func newPair(link netem.DirectionConfig) (*pair, error) {
	return newPairOf(netem.Symmetric(link), 0, 1)
}

// newPairOf has a number of routers between the hosts, and the same link between each two nodes.
func newPairOf(link netem.LinkConfig, routers int, seed uint64) (*pair, error) {
	k := sim.New(sim.Config{Seed: seed})
	p := &pair{k: k, net: netem.New(k, netem.Config{})}
	p.a, p.b = p.net.AddHost("a"), p.net.AddHost("b")
	path := []netem.Node{p.a}
	for i := range routers {
		path = append(path, p.net.AddRouter(fmt.Sprintf("r%d", i+1)))
	}
	path = append(path, p.b)
	for i := range path[1:] {
		if _, _, err := p.net.Connect(path[i], path[i+1], link); err != nil {
			return nil, err
		}
	}
	if err := p.net.ComputeRoutes(); err != nil {
		return nil, err
	}
	p.ends[0].p, p.ends[1].p = p, p
	return p, p.b.Listen(packet.AddrPort{Port: port}, &p.ends[1])
}

// dial opens a connection from a to b.
func (p *pair) dial() error {
	_, err := p.a.Dial(packet.AddrPort{}, packet.AddrPort{Addr: p.b.Addr(true), Port: port}, p.cfg, &p.ends[0], sim.Cause{})
	return err
}

// delivered is the number of packets handed to the link in both directions. None is lost.
func (p *pair) delivered() (n uint64) {
	for _, d := range p.net.Directions() {
		n += d.Stats.Packets
	}
	return n
}

// end owns all connections of one host.
type end struct {
	p     *pair
	bulk  bool // write as much as there is room for
	size  int  // otherwise that many octets
	off   uint64
	got   uint64 // octets received
	in    packet.Payload
	out   packet.Payload
	ended int
	keeps bool // does not give streams back
}

func (e *end) Incoming(o tcp.Opening) { e.p.b.Accept(o, e.p.cfg, e, false) }

func (e *end) StreamEvent(s *netem.Stream, ev tcp.Event) {
	switch ev.Kind {
	case tcp.EvEstablished, tcp.EvWritable:
		e.write(s, ev.Why)
	case tcp.EvReadable:
		n, _ := s.Read(1<<30, &e.in, ev.Why)
		e.got += uint64(n)
		e.in.Reset()
		if e.size > 0 && s.Stats().OctetsReceived >= uint64(e.size) {
			s.CloseWrite(ev.Why)
		}
	case tcp.EvClosed:
		e.ended++
		if !e.keeps {
			s.Recycle()
		}
	}
}

// write writes what the end is there for.
func (e *end) write(s *netem.Stream, why sim.Cause) {
	n := e.size
	if e.bulk {
		n = s.WriteSpace() + 1 // one more than there is room for: EvWritable follows
	}
	if n == 0 {
		return
	}
	e.out.Reset()
	e.out.Append(packet.Synthetic(1, e.off, n))
	e.off += uint64(s.Write(e.out, why))
}

// bulk is one transfer without end at 1 Gbit/s over 1 ms.
type bulk struct {
	*pair
	eventsPerPacket float64
}

func newBulk() (*bulk, error) {
	p, err := newPair(netem.DirectionConfig{Rate: 1e9, Delay: time.Millisecond})
	if err != nil {
		return nil, err
	}
	p.ends[0].bulk = true
	if err := p.dial(); err != nil {
		return nil, err
	}
	b := &bulk{pair: p}
	_, err = b.step(time.Second)
	return b, err
}

func (b *bulk) step(length time.Duration) (int, error) {
	events, packets := b.k.Events(), b.delivered()
	err := b.k.Run(b.k.Now().Add(length))
	packets = b.delivered() - packets
	b.eventsPerPacket = float64(b.k.Events()-events) / float64(max(packets, 1))
	return int(packets), err
}

// short is a connection every 5 ms; each leaves a TIME-WAIT of a minute.
type short struct {
	*pair
	self sim.Entity
}

const every = 5 * time.Millisecond

func newShort() (*short, error) {
	p, err := newPair(netem.DirectionConfig{Delay: 10 * time.Millisecond})
	if err != nil {
		return nil, err
	}
	p.ends[0].size, p.ends[1].size = 2048, 2048
	s := &short{pair: p}
	s.self = p.k.Add("caller", s)
	p.k.At(1, s.self, 0)
	_, err = s.step(70 * time.Second) // until as many TIME-WAITs end as begin
	return s, err
}

// Handle opens the next connection.
func (s *short) Handle(uint32) {
	if err := s.dial(); err != nil {
		s.k.Fail(err)
		return
	}
	s.k.At(s.k.Now().Add(every), s.self, 0)
}

func (s *short) step(length time.Duration) (int, error) {
	before := s.ends[1].ended
	err := s.k.Run(s.k.Now().Add(length))
	return s.ends[1].ended - before, err
}
