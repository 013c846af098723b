package tcp

import (
	"encoding/binary"
	"testing"

	"imsim/netem/packet"
	"imsim/sim"
)

// FuzzSegment feeds arbitrary segments and owner's actions to a connection; it must not panic and keep its invariants.
// Every step is nine octets: what to do, flags, and numbers near the ones the connection expects.
func FuzzSegment(f *testing.F) {
	f.Add([]byte{0, 0x10, 0, 0, 0, 0, 0, 10, 0, 1, 0, 0, 0, 0, 0, 0, 100, 0})
	f.Add([]byte{0, 0x12, 0, 0, 0, 1, 255, 255, 0, 0, 0x11, 0, 1, 0, 1, 255, 255, 5, 4, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0, 0x02, 0, 0, 0, 0, 255, 255, 0, 0, 0x12, 0, 0, 0, 1, 255, 255, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{128, 0x10, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 9, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		const iss, irs = 0xffffff00, 0xfffffff0
		var c Conn
		cfg := Config{RecvBuffer: 20000, SendBuffer: 20000}
		if len(b) > 1 {
			variant(int(b[1]%12), &cfg)
			cfg.QuickACK, cfg.ECN = b[1]&16 != 0, ECNMode(b[1]>>5%3)
		}
		var now sim.Time
		if len(b) > 0 && b[0]&128 != 0 {
			c.OpenPassive(now, &Opening{Local: addrA, Remote: addrB, Header: packet.TCPHeader{Seq: irs, Flags: packet.SYN, Window: 1000, HasTS: b[0]&64 != 0, SACKOK: true}}, &cfg, iss, b[0]&32 != 0)
		} else {
			c.OpenActive(now, sim.Cause{}, &cfg, addrA, addrB, iss)
		}
		var out packet.Packet
		drain := func() {
			for n := 0; c.Emit(now, &out); n++ {
				if n > 1000 {
					t.Fatal("endless output")
				}
				if out.Payload.Len > 1460 {
					t.Fatalf("segment of %d octets", out.Payload.Len)
				}
			}
			for {
				if _, ok := c.NextEvent(); !ok {
					break
				}
			}
			check(t, &c)
		}
		drain()
		for ; len(b) >= 9; b = b[9:] {
			now += sim.Time(b[8]) * ms
			v := binary.BigEndian.Uint16(b[6:])
			switch b[0] & 15 {
			case 1:
				c.Write(now, sim.Cause{}, packet.Payload{Spans: []packet.Span{packet.Synthetic(1, 0, int(v))}, Len: int(v)})
			case 2:
				c.CloseWrite(now, sim.Cause{})
			case 3:
				if d := c.Deadline(); d != sim.Never {
					now = max(now, d)
					c.Tick(now, sim.Cause{})
				}
			case 4:
				var in packet.Payload
				c.Read(now, sim.Cause{}, int(v), &in)
			case 5:
				c.Release(now, sim.Cause{})
			case 6:
				c.Unreachable(now, sim.Cause{}, &packet.ICMPHeader{Type: b[1], Code: b[2], MTU: uint32(v), QuotedSeq: c.una + uint32(b[3])})
			case 7:
				c.Close(now, sim.Cause{})
			case 8:
				if b[1] == 8 {
					c.Abort(now, sim.Cause{})
				}
			default:
				seq, ack := c.rnxt, c.una
				if c.state == SynSent {
					seq = irs
				}
				h := packet.TCPHeader{Flags: packet.Flags(b[1]), Seq: seq + uint32(int32(int8(b[2]))*int32(b[3])), Ack: ack + uint32(int32(int8(b[4]))*int32(b[5])),
					Window: v, HasTS: b[0]&16 != 0, TSVal: c.tsRecent + uint32(int8(b[8])), HasWS: b[0]&32 != 0, WS: b[5], SACKOK: b[0]&32 != 0,
					NumSACK: b[4] >> 6, SACK: [4][2]uint32{{c.una + uint32(b[2])*100, c.una + uint32(b[3])*100}, {c.una + uint32(b[5])*50, c.una + uint32(b[6])*100}, {c.una + 10, c.nxt - 10}}}
				if b[0]&48 == 48 {
					c.CongestionExperienced()
				}
				if b[0]&64 != 0 {
					h.Ack = c.nxt
				}
				p := packet.Payload{}
				if n := int(b[3]) * int(b[5]&15); n > 0 {
					p.Append(packet.Synthetic(2, uint64(h.Seq-irs), n))
				}
				c.Segment(now, sim.Cause{}, &h, &p)
			}
			drain()
		}
	})
}
