package netem

import (
	"testing"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// TestRFC1812Errors provokes each ICMP error and looks at what comes back on the wire.
func TestRFC1812Errors(t *testing.T) {
	type want struct{ t4, c4, t6, c6 uint8 }
	for _, c := range []struct {
		name string
		want want
		do   func(u *UDPSocket, a, b *Host, rs []*Router, is4 bool)
	}{
		{"port unreachable", want{3, 3, 1, 4}, func(u *UDPSocket, a, b *Host, rs []*Router, is4 bool) {
			u.Send(packet.AddrPort{Addr: b.Addr(is4), Port: 99}, octets(10), sim.Cause{})
		}},
		{"no route", want{3, 1, 1, 0}, func(u *UDPSocket, a, b *Host, rs []*Router, is4 bool) {
			to := packet.MustAddr("203.0.113.9")
			if !is4 {
				to = packet.MustAddr("2001:db8:ffff::1")
			}
			u.Send(packet.AddrPort{Addr: to, Port: 99}, octets(10), sim.Cause{})
		}},
		{"link down", want{3, 1, 1, 0}, func(u *UDPSocket, a, b *Host, rs []*Router, is4 bool) {
			for _, i := range rs[len(rs)-1].Interfaces() {
				if i.Peer.Node() == Node(b) {
					i.Out.SetReachable(false)
				}
			}
			u.Send(packet.AddrPort{Addr: b.Addr(is4), Port: 99}, octets(10), sim.Cause{})
		}},
		{"TTL exceeded", want{11, 0, 3, 0}, func(u *UDPSocket, a, b *Host, rs []*Router, is4 bool) {
			p := a.NewPacket()
			p.Proto, p.TTL, p.SrcPort, p.DstPort = packet.UDP, 2, 7, 99
			p.Src, p.Dst = a.Addr(is4), b.Addr(is4)
			a.Output(p)
		}},
		{"too big", want{3, 4, 2, 0}, func(u *UDPSocket, a, b *Host, rs []*Router, is4 bool) {
			u.DF = true
			u.Send(packet.AddrPort{Addr: b.Addr(is4), Port: 99}, octets(1400), sim.Cause{})
		}},
	} {
		for _, is4 := range []bool{true, false} {
			t.Run(c.name+map[bool]string{true: "/IPv4", false: "/IPv6"}[is4], func(t *testing.T) {
				k, n, a, b, rs := chain(t, DualStack, 1500, 1500, 1300)
				s := &sink{}
				u := bind(t, a, 7, s)
				var got []*packet.Packet
				a.Interfaces()[0].Tap = func(out bool, p *packet.Packet) {
					if !out {
						q := *p
						got = append(got, &q)
						var r packet.Packet
						if err := r.Unmarshal(p.Marshal(nil)); err != nil || r.ICMP.Quoted != p.ICMP.Quoted {
							t.Errorf("%v: quotes %v, on the wire %v", err, p.ICMP.Quoted, r.ICMP.Quoted)
						}
					}
				}
				c.do(u, a, b, rs, is4)
				run(t, k)
				if len(got) != 1 || len(s.unreach) != 1 || s.unreach[0].Port != 99 {
					t.Fatalf("%d packets came back, the socket heard of %v", len(got), s.unreach)
				}
				typ, code := c.want.t4, c.want.c4
				if !is4 {
					typ, code = c.want.t6, c.want.c6
				}
				if h := got[0].ICMP; h.Type != typ || h.Code != code || c.name == "too big" && h.MTU != 1300 {
					t.Errorf("type %d, code %d, MTU %d", h.Type, h.Code, h.MTU)
				}
				if n.Pool.Live() != 0 {
					t.Errorf("%d packets left", n.Pool.Live())
				}
			})
		}
	}
}

// TestSilence: a silent host and a silent router send no errors, and nobody sends one about an error.
func TestSilence(t *testing.T) {
	k, _, a, b, rs := chain(t, IPv4, 1500, 1500)
	s := &sink{}
	u := bind(t, a, 7, s)
	b.Silent, rs[0].Silent = true, true
	u.Send(packet.AddrPort{Addr: b.Addr(true), Port: 99}, octets(10), sim.Cause{})
	u.Send(packet.AddrPort{Addr: packet.MustAddr("203.0.113.9"), Port: 99}, octets(10), sim.Cause{})
	run(t, k)
	b.Silent, rs[0].Silent = false, false
	p := a.NewPacket()
	p.Proto, p.ICMP.Type, p.Src, p.Dst = packet.ICMP, packet.Unreachable, a.Addr(true), packet.MustAddr("203.0.113.9")
	a.Output(p)
	run(t, k)
	if len(s.unreach) != 0 {
		t.Errorf("heard of %v", s.unreach)
	}
}

func TestEcho(t *testing.T) {
	for _, is4 := range []bool{true, false} {
		k, _, a, b, rs := chain(t, DualStack, 1500, 1500)
		replies := 0
		a.Interfaces()[0].Tap = func(out bool, p *packet.Packet) {
			if !out && (p.ICMP.Type == packet.EchoReply || p.ICMP.Type == packet.EchoReply6) && p.ICMP.MTU == 0x70001 && p.Payload.Len == 56 {
				replies++
			}
		}
		for _, to := range []packet.Addr{b.Addr(is4), rs[0].Addr(is4)} {
			p := a.NewPacket()
			p.Proto, p.ICMP.Type = packet.ICMP, packet.Echo
			if !is4 {
				p.Proto, p.ICMP.Type = packet.ICMPv6, packet.Echo6
			}
			p.ICMP.MTU, p.Src, p.Dst, p.Payload = 0x70001, a.Addr(is4), to, octets(56)
			a.Output(p)
		}
		run(t, k)
		if replies != 2 {
			t.Errorf("%d replies", replies)
		}
	}
}

// TestRFC1191PathMTU lets TCP discover a smaller link behind a router.
func TestRFC1191PathMTU(t *testing.T) {
	for _, is4 := range []bool{true, false} {
		k, n, a, b, _ := chain(t, DualStack, 1500, 1300)
		x, y := &end{k: k, h: a, t: t}, &end{k: k, h: b, t: t}
		// b announces a segment size as if it did not know of the smaller link.
		y.cfg.MSS = 1460
		x.on = func(e *end, s *Stream, ev tcp.Event) {
			if ev.Kind == tcp.EvEstablished {
				s.Write(octets(20_000), ev.Why)
			}
		}
		to := y.listen(80)
		to.Addr = b.Addr(is4)
		x.dial(packet.AddrPort{}, to)
		until(t, k, 150)
		if y.read != 20_000 || x.s.Stats().MSS > 1300-40 || a.PathMTU(to.Addr) != 1300 {
			t.Errorf("IPv4 %v: %d octets arrived within 150 ms, MSS %d, path MTU %d", is4, y.read, x.s.Stats().MSS, a.PathMTU(to.Addr))
		}
		_ = n
	}
}

// TestUnreachableEndsDial brings an ICMP error to a connection in SYN-SENT.
func TestUnreachableEndsDial(t *testing.T) {
	k, _, a, _, _ := chain(t, IPv4, 1500, 1500)
	x := &end{k: k, h: a, t: t}
	x.dial(packet.AddrPort{}, packet.AddrPort{Addr: packet.MustAddr("203.0.113.9"), Port: 80})
	until(t, k, 100)
	wantLog(t, "a", x, "0 SYN", "2 reset", "2 closed")
}

// TestLoopback lets a host talk to itself, in no time.
func TestLoopback(t *testing.T) {
	p, a, _ := call(t, tenMS)
	b := &end{k: p.k, h: p.a, t: t}
	a.on = func(e *end, s *Stream, ev tcp.Event) {
		if ev.Kind == tcp.EvEstablished {
			s.Write(octets(50_000), ev.Why)
		}
	}
	a.dial(packet.AddrPort{}, b.listen(80))
	until(t, p.k, 1)
	if b.read != 50_000 {
		t.Errorf("%d octets arrived", b.read)
	}
	s := &sink{k: p.k, echo: true}
	u := bind(t, p.a, 7, &sink{})
	bind(t, p.a, 8, s)
	u.Send(packet.AddrPort{Addr: p.a.Addr(false), Port: 8}, octets(10), sim.Cause{})
	before := p.k.Now()
	until(t, p.k, 2)
	if s.n != 1 || s.at[0] != before {
		t.Errorf("arrivals %v", s.at)
	}
}

func TestUDPPorts(t *testing.T) {
	p, _, _ := call(t, tenMS)
	s := &sink{}
	if u := bind(t, p.a, 0, s); u.Local().Port != 49152 {
		t.Errorf("first ephemeral port %d", u.Local().Port)
	}
	u := bind(t, p.a, 0, s)
	if u.Local().Port != 49153 {
		t.Errorf("second ephemeral port %d", u.Local().Port)
	}
	if _, err := p.a.BindUDP(u.Local(), s); err == nil {
		t.Error("binding a port twice: no error")
	}
	u.Close()
	if _, err := p.a.BindUDP(u.Local(), s); err != nil {
		t.Error(err)
	}
	if _, err := p.a.BindUDP(packet.MustAddrPort("203.0.113.9:5"), s); err == nil {
		t.Error("binding a foreign address: no error")
	}
}
