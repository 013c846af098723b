package nat

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// Addresses of scripts: A and B are inside, X and Y the NAT's, P and Q outside.
var named = map[string]packet.Addr{
	"A": packet.MustAddr("10.0.0.2"), "B": packet.MustAddr("10.0.0.3"),
	"X": packet.MustAddr("203.0.113.1"), "Y": packet.MustAddr("203.0.113.2"),
	"P": packet.MustAddr("192.0.2.8"), "Q": packet.MustAddr("192.0.2.9"),
}

func nameOf(a packet.Addr) string {
	for n, b := range named {
		if a == b {
			return n
		}
	}
	return a.String()
}

func show(a packet.AddrPort) string { return nameOf(a.Addr) + ":" + strconv.Itoa(int(a.Port)) }

func endpoint(t testing.TB, s string) packet.AddrPort {
	n, p, _ := strings.Cut(s, ":")
	port, err := strconv.Atoi(p)
	if _, ok := named[n]; !ok || err != nil {
		t.Fatalf("no endpoint: %q", s)
	}
	return packet.AddrPort{Addr: named[n], Port: uint16(port)}
}

var flagNames = map[byte]packet.Flags{'S': packet.SYN, 'F': packet.FIN, 'R': packet.RST, '.': packet.ACK, 'P': packet.PSH}

var answers = map[Answer]string{Reset: "rst", PortUnreachable: "port", PortUnreachable6s: "port", HostUnreachable: "host", Prohibited: "prohibited"}

// make reads "udp A:1 > P:2" or "tcp/S A:1 > P:2", "echo A:7 > P:0", "reply P:0 > X:7".
func parsePacket(t testing.TB, f []string) *packet.Packet {
	p := &packet.Packet{TTL: 64}
	proto, flags, _ := strings.Cut(f[0], "/")
	src, dst := endpoint(t, f[1]), endpoint(t, f[3])
	p.Src, p.Dst = src.Addr, dst.Addr
	switch proto {
	case "udp":
		p.Proto, p.SrcPort, p.DstPort = packet.UDP, src.Port, dst.Port
	case "tcp":
		p.Proto, p.SrcPort, p.DstPort = packet.TCP, src.Port, dst.Port
		p.TCP.Seq, p.TCP.Ack = 1000, 2000
		for i := range flags {
			p.TCP.Flags |= flagNames[flags[i]]
		}
	case "echo":
		p.Proto, p.ICMP.Type, p.ICMP.MTU = packet.ICMP, packet.Echo, uint32(src.Port)<<16
	case "reply":
		p.Proto, p.ICMP.Type, p.ICMP.MTU = packet.ICMP, packet.EchoReply, uint32(dst.Port)<<16
	default:
		t.Fatalf("no protocol %q", proto)
	}
	return p
}

// sides returns both endpoints of a packet.
func sides(p *packet.Packet) (packet.AddrPort, packet.AddrPort) {
	if p.Proto == packet.ICMP {
		id := uint16(p.ICMP.MTU >> 16)
		return packet.AddrPort{Addr: p.Src, Port: id}, packet.AddrPort{Addr: p.Dst, Port: id}
	}
	return packet.AddrPort{Addr: p.Src, Port: p.SrcPort}, packet.AddrPort{Addr: p.Dst, Port: p.DstPort}
}

// step runs one line against a table and returns what came out, in the words of the line.
func step(t testing.TB, x *Table, now sim.Time, f []string) string {
	if f[0] == "tick" {
		x.Tick(now)
		return outputs(x)
	}
	if f[0] == "reboot" {
		x.Reboot()
		return outputs(x)
	}
	from := Inside
	if f[0] == "in" {
		from = Outside
	}
	p := parsePacket(t, f[1:])
	v := x.Input(now, from, p)
	src, dst := sides(p)
	var s string
	switch v.Action {
	case Forward:
		if s = show(src); from == Outside {
			s = show(dst)
		}
	case Turn:
		s = "turn " + show(src) + " " + show(dst)
	case Hold:
		s = "hold"
	case Local:
		s = "local"
	case Refuse:
		s = answers[v.Answer]
	default:
		s = "drop"
	}
	if o := outputs(x); o != "" {
		s += " + " + o
	}
	return s
}

func outputs(x *Table) string {
	var all []string
	for {
		o, ok := x.Next()
		if !ok {
			return strings.Join(all, ", ")
		}
		switch o.Kind {
		case OutReset:
			all = append(all, fmt.Sprintf("rst %s %s %d", show(o.Flow.Src), show(o.Flow.Dst), o.Seq))
		case OutRefuse:
			src, dst := sides(o.Packet)
			all = append(all, answers[o.Answer]+" "+show(src)+" "+show(dst))
		case OutDrop:
			all = append(all, "dropped")
		case OutForward:
			src, dst := sides(o.Packet)
			all = append(all, "forward "+show(src)+" "+show(dst))
		}
	}
}

// script runs lines of the form "[time] out|in packet = result". Times only go on.
func script(t *testing.T, cfg Config, lines string) {
	t.Helper()
	if cfg.External == nil {
		cfg.External = []packet.Addr{named["X"]}
	}
	x, err := New(cfg, sim.New(sim.Config{}).Rand("nat"))
	if err != nil {
		t.Fatal(err)
	}
	now := sim.Time(0)
	for i, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		what, want, ok := strings.Cut(line, "=")
		f := strings.Fields(what)
		if d, err := time.ParseDuration(f[0]); err == nil {
			now, f = sim.Time(d), f[1:]
		}
		if got := step(t, x, now, f); !ok || got != strings.TrimSpace(want) {
			t.Errorf("line %d: %s: got %q", i+1, strings.TrimSpace(line), got)
		}
	}
}

func preset(name string, change ...func(*Config)) Config {
	c, ok := Preset(name)
	if !ok {
		panic(name)
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

type requirement struct {
	name string
	cfg  Config
	text string
}

func runAll(t *testing.T, all []requirement) {
	for _, r := range all {
		t.Run(r.name, func(t *testing.T) { script(t, r.cfg, r.text) })
	}
}
