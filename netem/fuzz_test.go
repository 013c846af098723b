package netem

import (
	"testing"

	"imsim/netem/packet"
	"imsim/netem/tcp"
)

// FuzzReceive hands a host and a router arbitrary packets, as a peer or the real world may send them.
func FuzzReceive(f *testing.F) {
	to4, from4 := packet.MustAddr("10.0.0.2"), packet.MustAddr("10.0.0.1")
	for _, p := range []packet.Packet{
		{Proto: packet.TCP, DstPort: 80, TCP: packet.TCPHeader{Flags: packet.SYN, Seq: 5, HasMSS: true, MSS: 1}},
		{Proto: packet.TCP, DstPort: 80, TCP: packet.TCPHeader{Flags: packet.ACK, Ack: 5}},
		{Proto: packet.UDP, DstPort: 9, Payload: octets(8)},
		{Proto: packet.UDP, DstPort: 9, Payload: octets(8), Frag: packet.Fragment{ID: 1, More: true, Total: 99}},
		{Proto: packet.UDP, Payload: octets(16), Frag: packet.Fragment{ID: 1, Offset: 16}},
		{Proto: packet.ICMP, ICMP: packet.ICMPHeader{Type: 8}},
	} {
		p.Src, p.Dst, p.TTL = from4, to4, 9
		f.Add(p.Marshal(nil))
		e := packet.Packet{Src: from4, Dst: to4, Proto: packet.ICMP, TTL: 9, ICMP: packet.ICMPHeader{Type: 3, Code: 4, MTU: 0}}
		e.Quote(&packet.Packet{Src: to4, Dst: from4, Proto: p.Proto, DstPort: p.SrcPort, SrcPort: p.DstPort, Payload: octets(3)})
		f.Add(e.Marshal(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		k, n, a, h, rs := chain(t, DualStack, 1500, 1500)
		e := &end{k: k, h: h, t: t, silent: true}
		e.cfg.ConnectTimeout = 1
		e.listen(80)
		bind(t, h, 9, &sink{})
		for _, node := range []Node{h, rs[0], a} {
			p := n.Pool.Get()
			if p.Unmarshal(b) != nil {
				n.Pool.Put(p)
				return
			}
			if h.core().own[p.Dst] == nil && node == Node(h) {
				p.Dst = h.Addr(p.Dst.Is4())
			}
			node.Receive(node.core().ifaces[0], p)
		}
		if err := k.Run(k.Now().Add(1e12)); err != nil {
			t.Fatal(err)
		}
		if e.s != nil && e.s.State() > tcp.Closed {
			e.s.Forget()
		}
		if n.Pool.Live() != 0 {
			t.Fatalf("%d packets left", n.Pool.Live())
		}
	})
}
