package attach

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"imsim/netem"
	"imsim/netem/nat"
	"imsim/netem/packet"
	"imsim/sim"
)

// translator is a NAT under test, ours or another: packets go in on a side, and what comes out on either is looked at.
type translator interface {
	// exchange puts a packet in on a side and returns what comes out on both, within a moment.
	exchange(from nat.Side, p *packet.Packet) (out [2][]*packet.Packet)
	// wait lets time pass; it is counted from the last call.
	wait(d time.Duration)
}

// Addresses of a probe: two hosts inside, the NAT's, two outside.
var (
	probeIn  = [2]packet.Addr{packet.MustAddr("10.0.0.2"), packet.MustAddr("10.0.0.3")}
	probeExt = packet.MustAddr("203.0.113.1")
	probeOut = [2]packet.Addr{packet.MustAddr("192.0.2.8"), packet.MustAddr("192.0.2.9")}
)

// classification is what a probe finds out about a NAT, for one transport.
type classification struct {
	Mapping     string // how the port depends on the remote endpoint, seen where preservation is not possible
	Filtering   string
	Yields      bool   // the port towards a new remote is another where somebody else has it there already
	Preserves   bool   // the inside port where it is free
	Overloads   bool   // two inside endpoints have one port towards different remotes
	Hairpin     string // what a packet to another's mapping comes to
	Unsolicited string // answer to a first packet from outside: silent, rst, icmp T/C
	Filtered    string // answer to a packet from outside that the filter keeps out
	SimOpen     bool   // crossing SYNs open a connection
	Midstream   string // an ACK from inside without connection: passes, or the answer
	Stray       string // an ACK from outside without connection
	Solitary    bool   // UDP: a mapping that nothing has come back by goes after the shorter time
	Refreshed   bool   // UDP: packets from outside keep the mapping
	Expires     bool   // UDP: it goes at last
}

// Times of UDP mappings in a probe: without and with packets from outside.
const (
	probeInit = 2 * time.Second
	probeBoth = 4 * time.Second
)

// prober runs the probe with one transport.
type prober struct {
	t     translator
	proto packet.Proto
}

func endOf(a packet.Addr, port uint16) packet.AddrPort { return packet.AddrPort{Addr: a, Port: port} }

func (x *prober) packet(src, dst packet.AddrPort, f packet.Flags) *packet.Packet {
	p := &packet.Packet{Src: src.Addr, Dst: dst.Addr, SrcPort: src.Port, DstPort: dst.Port, Proto: x.proto, TTL: 64}
	if x.proto == packet.TCP {
		p.TCP = packet.TCPHeader{Seq: 1000, Flags: f, Window: 65535}
		if f.Has(packet.ACK) {
			p.TCP.Seq, p.TCP.Ack = 1000, 1001
		}
	} else {
		p.Payload = packet.PayloadOf([]byte("probe"))
	}
	return p
}

// out sends from inside and returns the port that the packet has outside, 0 if none comes.
func (x *prober) out(src, dst packet.AddrPort) uint16 {
	for _, p := range x.t.exchange(nat.Inside, x.packet(src, dst, packet.SYN))[nat.Outside] {
		if p.Proto == x.proto && p.Dst == dst.Addr && p.DstPort == dst.Port && p.Src == probeExt {
			return p.SrcPort
		}
	}
	return 0
}

// in sends from outside and says what becomes of it.
func (x *prober) in(src, dst packet.AddrPort, f packet.Flags) string {
	out := x.t.exchange(nat.Outside, x.packet(src, dst, f))
	for _, p := range out[nat.Inside] {
		if p.Proto == x.proto && p.Src == src.Addr && p.SrcPort == src.Port {
			return "passes"
		}
	}
	return answerIn(out[nat.Outside])
}

func answerIn(all []*packet.Packet) string {
	for _, p := range all {
		switch {
		case p.Proto == packet.TCP && p.TCP.Flags.Has(packet.RST):
			return "rst"
		case p.Proto == packet.ICMP:
			return fmt.Sprintf("icmp %d/%d", p.ICMP.Type, p.ICMP.Code)
		}
	}
	return "silent"
}

// first is a packet that may begin something.
func (x *prober) first() packet.Flags { return packet.SYN }

func (x *prober) classify() (c classification) {
	a, b := probeIn[0], probeIn[1]
	p, q := probeOut[0], probeOut[1]
	remotes := []packet.AddrPort{endOf(p, 80), endOf(p, 81), endOf(q, 80)}

	// Mapping: B wants ports that A has, so that preservation does not hide what it depends on.
	c.Preserves = true
	for _, r := range remotes {
		c.Preserves = c.Preserves && x.out(endOf(a, 5000), r) == 5000
	}
	var ports [3]uint16
	for i, r := range remotes {
		ports[i] = x.out(endOf(b, 5000), r)
	}
	switch {
	case ports[0] == 0:
		c.Mapping = "none"
	case ports[0] == ports[1] && ports[0] == ports[2]:
		c.Mapping = "endpoint-independent"
	case ports[0] == ports[1]:
		c.Mapping = "address-dependent"
	default:
		c.Mapping = "address-and-port-dependent"
	}
	one, two := x.out(endOf(a, 6000), remotes[0]), x.out(endOf(b, 6000), remotes[2])
	c.Overloads = one == two && one != 0

	x.out(endOf(a, 5100), remotes[0])
	port := x.out(endOf(b, 5100), remotes[0])
	x.out(endOf(a, port), remotes[2])
	c.Yields = x.out(endOf(b, 5100), remotes[2]) != port

	// Filtering.
	ext := x.out(endOf(a, 7000), remotes[0])
	c.Filtered = "silent"
	switch sameAddr, other := x.in(endOf(p, 99), endOf(probeExt, ext), x.first()), x.in(endOf(q, 99), endOf(probeExt, ext), x.first()); {
	case other == "passes":
		c.Filtering = "endpoint-independent"
	case sameAddr == "passes":
		c.Filtering, c.Filtered = "address-dependent", other
	default:
		c.Filtering, c.Filtered = "address-and-port-dependent", other
	}
	c.Unsolicited = x.in(endOf(q, 1234), endOf(probeExt, 33333), x.first())

	// Hairpinning, with filters opened from both sides.
	ext = x.out(endOf(a, 7100), remotes[0])
	extB := x.out(endOf(b, 7101), remotes[0])
	x.t.exchange(nat.Inside, x.packet(endOf(a, 7100), endOf(probeExt, extB), packet.SYN))
	got := x.t.exchange(nat.Inside, x.packet(endOf(b, 7101), endOf(probeExt, ext), packet.SYN))
	c.Hairpin = answerIn(got[nat.Inside])
	for _, h := range got[nat.Inside] {
		if h.Proto == x.proto && h.Dst == a && h.DstPort == 7100 {
			c.Hairpin = "internal source"
			if h.Src == probeExt {
				c.Hairpin = "external source"
			}
		}
	}
	if x.proto == packet.TCP {
		x.connections(&c)
	} else {
		x.expiry(&c)
	}
	return c
}

// connections probes what only TCP has.
func (x *prober) connections(c *classification) {
	a, p := probeIn[0], probeOut[0]
	ext := x.out(endOf(a, 7200), endOf(p, 80))
	if x.in(endOf(p, 80), endOf(probeExt, ext), packet.SYN) == "passes" {
		back := x.t.exchange(nat.Inside, x.packet(endOf(a, 7200), endOf(p, 80), packet.SYN|packet.ACK))
		c.SimOpen = len(back[nat.Outside]) > 0 && x.in(endOf(p, 80), endOf(probeExt, ext), packet.SYN|packet.ACK) == "passes"
	}
	got := x.t.exchange(nat.Inside, x.packet(endOf(a, 7300), endOf(p, 80), packet.ACK))
	if c.Midstream = answerIn(got[nat.Inside]); len(got[nat.Outside]) > 0 {
		c.Midstream = "passes"
	}
	c.Stray = x.in(endOf(p, 80), endOf(probeExt, 33334), packet.ACK)
}

// expiry probes the times of UDP mappings.
func (x *prober) expiry(c *classification) {
	a, r := probeIn[0], endOf(probeOut[0], 80)
	alone := x.out(endOf(a, 7400), r)
	kept := x.out(endOf(a, 7401), r)
	dies := x.out(endOf(a, 7402), r)
	x.t.wait(0)
	x.t.wait(1200 * time.Millisecond)
	x.in(r, endOf(probeExt, kept), 0)
	x.in(r, endOf(probeExt, dies), 0)
	x.t.wait(1200 * time.Millisecond) // 2.4 s: the shorter time is over
	c.Solitary = x.in(r, endOf(probeExt, alone), 0) != "passes"
	again := x.in(r, endOf(probeExt, kept), 0) == "passes"
	x.t.wait(2200 * time.Millisecond) // 4.6 s: the longer one is over since the packets from inside, not since those from outside
	c.Refreshed = again && x.in(r, endOf(probeExt, kept), 0) == "passes"
	x.t.wait(1200 * time.Millisecond) // 5.8 s
	c.Expires = x.in(r, endOf(probeExt, dies), 0) != "passes"
}

// tap is one side of a NAT of ours: it sends for all hosts there, and keeps what comes.
type tap struct {
	netem.Core
	got []*packet.Packet
}

func (x *tap) Forwards() bool { return true }
func (x *tap) Receive(_ *netem.Interface, p *packet.Packet) {
	q := *p
	x.got = append(x.got, &q)
}

// ours is a NAT of netem/nat as a translator.
type ours struct {
	t    *testing.T
	n    *netem.Network
	taps [2]*tap
	mark sim.Time
}

func newOurs(t *testing.T, cfg nat.Config) *ours {
	t.Helper()
	x := &ours{t: t, n: netem.New(sim.New(sim.Config{Seed: 1}), netem.Config{Prefix4: netip.MustParsePrefix("100.64.0.0/10")})}
	box := nat.Add(x.n, "nat")
	var ifaces [2]*netem.Interface
	for side, hosts := range [2][2]packet.Addr{probeIn, probeOut} {
		x.taps[side] = &tap{}
		x.n.Add([]string{"in", "out"}[side], x.taps[side])
		mine, its, err := x.n.Connect(x.taps[side], box, netem.Symmetric(netem.DirectionConfig{Delay: time.Millisecond}))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hosts {
			if err := mine.AddAddr(h.Netip()); err != nil {
				t.Fatal(err)
			}
		}
		ifaces[side] = its
		x.taps[side].AddRoute(netip.MustParsePrefix("0.0.0.0/0"), mine)
	}
	cfg.External = []packet.Addr{probeExt}
	if err := box.Setup(cfg, ifaces[nat.Inside]); err != nil {
		t.Fatal(err)
	}
	if err := x.n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *ours) run(until sim.Time) {
	if err := x.n.K.Run(until); err != nil {
		x.t.Fatal(err)
	}
}

func (x *ours) exchange(from nat.Side, p *packet.Packet) (out [2][]*packet.Packet) {
	for i := range x.taps {
		x.taps[i].got = nil
	}
	q := x.n.Pool.Get()
	q.Src, q.Dst, q.SrcPort, q.DstPort, q.Proto, q.TCP, q.TTL = p.Src, p.Dst, p.SrcPort, p.DstPort, p.Proto, p.TCP, p.TTL
	q.Payload.AppendPayload(p.Payload)
	x.taps[from].Output(q)
	x.run(x.n.K.Now().Add(10 * time.Millisecond))
	return [2][]*packet.Packet{x.taps[0].got, x.taps[1].got}
}

func (x *ours) wait(d time.Duration) {
	if x.mark = x.mark.Add(d); d == 0 || x.mark < x.n.K.Now() {
		x.mark = x.n.K.Now()
	}
	x.run(x.mark)
}

// What the probe says of our presets, which is what they promise (docs/models/nat.md). Linux's is that of the kernel, too
// (TestMasquerade).
func TestProbePresets(t *testing.T) {
	const independent, address, port = "endpoint-independent", "address-dependent", "address-and-port-dependent"
	udp := func(c classification) classification { c.Solitary, c.Expires = true, true; return c }
	tcp := func(c classification, midstream, stray string) classification {
		c.SimOpen, c.Midstream, c.Stray = true, midstream, stray
		return c
	}
	quiet := classification{Unsolicited: "silent", Filtered: "silent", Hairpin: "silent"}
	rfc := quiet
	rfc.Mapping, rfc.Filtering, rfc.Preserves, rfc.Hairpin = independent, address, true, "external source"
	home := quiet
	home.Mapping, home.Filtering, home.Preserves = independent, port, true
	strict := quiet
	strict.Mapping, strict.Filtering, strict.Yields = port, port, true
	cgn := quiet
	cgn.Mapping, cgn.Filtering, cgn.Hairpin = independent, independent, "external source"
	linux := classification{Mapping: independent, Yields: true, Filtering: port, Preserves: true, Overloads: true}
	linuxUDP, linuxTCP := linux, linux
	linuxUDP.Hairpin, linuxUDP.Unsolicited, linuxUDP.Filtered, linuxUDP.Refreshed = "icmp 3/3", "icmp 3/3", "icmp 3/3", true
	linuxTCP.Hairpin, linuxTCP.Unsolicited, linuxTCP.Filtered = "rst", "rst", "rst"
	for name, want := range map[string][2]classification{ //tidy:order each is looked at for itself
		"rfc": {udp(rfc), tcp(rfc, "silent", "silent")}, "home": {udp(home), tcp(home, "rst", "silent")},
		"strict": {udp(strict), tcp(strict, "silent", "silent")}, "cgn": {udp(cgn), tcp(cgn, "silent", "silent")},
		"linux-masquerade": {udp(linuxUDP), tcp(linuxTCP, "passes", "rst")},
	} {
		for i, proto := range []packet.Proto{packet.UDP, packet.TCP} {
			cfg, _ := nat.Preset(name)
			cfg.Timers.UDPInit, cfg.Timers.UDP = probeInit, probeBoth
			if got := (&prober{newOurs(t, cfg), proto}).classify(); got != want[i] {
				t.Errorf("%s, protocol %d:\n%+v\nwant\n%+v", name, proto, got, want[i])
			}
		}
	}
}
