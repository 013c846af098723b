package nat

import (
	"testing"

	"imsim/netem/packet"
	"imsim/sim"
)

// FuzzInput gives a table packets that the octets make up, on both sides. Nothing may panic, and the table stays whole.
func FuzzInput(f *testing.F) {
	udp := &packet.Packet{Src: named["A"], Dst: named["P"], SrcPort: 1, DstPort: 2, Proto: packet.UDP, TTL: 9}
	syn := &packet.Packet{Src: named["P"], Dst: named["X"], SrcPort: 1, DstPort: 2, Proto: packet.TCP, TTL: 9}
	syn.TCP.Flags = packet.SYN
	sent := &packet.Packet{Src: named["X"], Dst: named["P"], SrcPort: 1, DstPort: 2, Proto: packet.UDP, TTL: 9}
	icmp := &packet.Packet{Src: named["P"], Dst: named["X"], Proto: packet.ICMP, TTL: 9}
	icmp.ICMP.Type, icmp.ICMP.Code = packet.Unreachable, packet.PortUnreachable
	icmp.Quote(sent)
	frag := &packet.Packet{Src: named["A"], Dst: named["P"], Proto: packet.UDP, TTL: 9, Frag: packet.Fragment{ID: 1, Offset: 8, More: true}}
	frag.Payload = packet.PayloadOf(make([]byte, 8))
	for i, p := range []*packet.Packet{udp, syn, icmp, frag} {
		f.Add(byte(i), p.Marshal(nil), udp.Marshal(nil), icmp.Marshal(nil))
	}
	f.Fuzz(func(t *testing.T, how byte, a, b, c []byte) {
		cfg, _ := Preset(Presets[int(how)%len(Presets)])
		cfg.MaxMappings, cfg.MaxSessions = 3, 3
		cfg.Contest = Contest(how>>6) % 3
		switch how >> 4 & 3 {
		case 1:
			cfg.DMZ = named["A"]
		case 2:
			cfg.Static = []Static{{named["A"], named["Y"]}}
		case 3:
			cfg.ALG = ALGSIP
		}
		x := table(t, cfg)
		for i, raw := range [][]byte{a, b, c, a, c, b} {
			p := &packet.Packet{}
			if p.Unmarshal(raw) != nil {
				continue
			}
			before := p.Len()
			v := x.Input(sim.Time(i)*1e9, Side((how>>i)&1), p)
			if (v.Action == Forward || v.Action == Turn) && p.Src.Is4() == p.Dst.Is4() && p.Len() != before {
				t.Fatalf("%d octets became %d", before, p.Len())
			}
			check(t, x)
			outputs(x)
		}
		x.Tick(1 << 60)
		outputs(x)
		if m, s := x.Live(); m+s != 0 {
			t.Fatalf("%d mappings and %d sessions are left", m, s)
		}
	})
}
