package tcp

import (
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// handshakeOptions opens between the two configurations and returns the SYN and the SYN,ACK.
func handshakeOptions(a, b *Config, ca, cb *Conn) (syn, synack packet.TCPHeader) {
	var out packet.Packet
	ca.OpenActive(0, cause(1), a, addrA, addrB, 1)
	ca.Emit(0, &out)
	syn = out.TCP
	cb.OpenPassive(0, &Opening{Local: addrB, Remote: addrA, Header: syn}, b, 2, false)
	cb.Emit(0, &out)
	synack = out.TCP
	ca.Segment(0, cause(1), &synack, &packet.Payload{})
	ca.Emit(0, &out)
	cb.Segment(0, cause(1), &out.TCP, &packet.Payload{})
	return syn, synack
}

// TestRFC7323Negotiation has an option in use only where both offer it.
func TestRFC7323Negotiation(t *testing.T) {
	for i := range 16 {
		a := Config{NoWindowScale: i&1 != 0, NoTimestamps: i&2 != 0, RecvBuffer: 1 << 20}
		b := Config{NoWindowScale: i&4 != 0, NoTimestamps: i&8 != 0}
		var ca, cb Conn
		syn, synack := handshakeOptions(&a, &b, &ca, &cb)
		ws, ts := i&5 == 0, i&10 == 0
		if syn.HasWS == a.NoWindowScale || syn.HasTS == a.NoTimestamps || synack.HasWS != ws || synack.HasTS != ts {
			t.Errorf("%d: SYN %+v, SYN,ACK %+v", i, syn, synack)
		}
		if syn.HasWS && syn.WS != 5 || synack.HasWS && synack.WS != 3 {
			t.Errorf("%d: shifts %d %d", i, syn.WS, synack.WS)
		}
		if !syn.HasMSS || syn.MSS != 1460 || !synack.HasMSS {
			t.Errorf("%d: MSS %v", i, syn.MSS)
		}
		mss := 1460
		if ts {
			mss = 1448
		}
		if ca.Stats().MSS != mss || cb.Stats().MSS != mss {
			t.Errorf("%d: segment sizes %d %d, want %d", i, ca.Stats().MSS, cb.Stats().MSS, mss)
		}
		window := 0xffff
		if ws {
			window = 1 << 20
		}
		if ca.State() != Established || cb.State() != Established || cb.Stats().PeerWindow != window {
			t.Errorf("%d: window %d, want %d", i, cb.Stats().PeerWindow, window)
		}
	}
}

// TestMSS is RFC 9293 §3.7.1.
func TestMSS(t *testing.T) {
	v6a, v6b := packet.MustAddrPort("[2001:db8::1]:1"), packet.MustAddrPort("[2001:db8::2]:2")
	for _, x := range []struct {
		name          string
		local, remote packet.AddrPort
		own           int
		offer         int // 0: none
		announced     uint16
		mss           int
	}{
		{"both say", addrA, addrB, 1200, 1000, 1200, 1000},
		{"ours is smaller", addrA, addrB, 900, 1000, 900, 900},
		{"IPv4 default", addrA, addrB, 0, 1460, 1460, 1460},
		{"IPv6 default", v6a, v6b, 0, 1440, 1440, 1440},
		{"no option, IPv4", addrA, addrB, 0, 0, 1460, 536},
		{"no option, IPv6", v6a, v6b, 0, 0, 1440, 1220},
		{"absurd", addrA, addrB, 0, 1, 1460, 48},
	} {
		t.Run(x.name, func(t *testing.T) {
			var c Conn
			var out packet.Packet
			cfg := Config{MSS: x.own, NoTimestamps: true}
			h := packet.TCPHeader{Flags: packet.SYN, Seq: 9, HasMSS: x.offer > 0, MSS: uint16(x.offer)}
			c.OpenPassive(0, &Opening{Local: x.local, Remote: x.remote, Header: h}, &cfg, 1, false)
			c.Emit(0, &out)
			if out.TCP.MSS != x.announced || c.Stats().MSS != x.mss {
				t.Errorf("announced %d, sends %d; want %d, %d", out.TCP.MSS, c.Stats().MSS, x.announced, x.mss)
			}
		})
	}
}

// TestRFC7323Timestamps is the clock, the echo and PAWS.
func TestRFC7323Timestamps(t *testing.T) {
	s := into(t, Established, func(s *solo) { s.cfg.NoTimestamps, s.syn.HasTS, s.syn.TSVal = false, true, 100 })
	seg := func(seq, n int, ts uint32) {
		h := packet.TCPHeader{Flags: packet.ACK, Seq: soloIRS + uint32(seq), Ack: soloISS + 1, Window: 10000, HasTS: true, TSVal: ts}
		s.recvHeader(&h, n)
	}
	var out packet.Packet
	echo := func(want uint32) {
		t.Helper()
		if !s.Emit(s.at, &out) || !out.TCP.HasTS || out.TCP.TSEcr != want {
			t.Errorf("%+v, want echo of %d", out.TCP, want)
		}
	}
	first := s.tsNow()
	seg(1, 10, 110)
	echo(110)
	if out.TCP.TSVal != first {
		t.Errorf("clock %d, want %d", out.TCP.TSVal, first)
	}
	seg(21, 10, 120) // beyond a hole: §4.3 (2) keeps the echo of the last in order
	echo(110)
	s.at += 1234 * ms
	seg(11, 10, 115)
	echo(115)
	if out.TCP.TSVal != first+1234 {
		t.Errorf("clock %d, want %d", out.TCP.TSVal, first+1234)
	}
	seg(31, 10, 90) // §5.3 R1: an old duplicate
	echo(115)
	if out.TCP.Ack != soloIRS+31 {
		t.Errorf("acknowledged %d", out.TCP.Ack-soloIRS)
	}
	s.at += sim.Time(25 * 24 * time.Hour)
	seg(31, 10, 90) // §5.5: TS.Recent has aged
	echo(115)
	if out.TCP.Ack != soloIRS+41 {
		t.Errorf("after 25 days: acknowledged %d", out.TCP.Ack-soloIRS)
	}
	h := packet.TCPHeader{Flags: packet.RST, Seq: soloIRS + 41, HasTS: true, TSVal: 1}
	s.recvHeader(&h, 0) // §5.3: PAWS does not save from an RST
	s.wantState(Closed)
}

// TestTimestampOffset is one for a pair of addresses, and different between pairs.
func TestTimestampOffset(t *testing.T) {
	x := timestampOffset(addrA, addrB)
	if x != timestampOffset(addrA, addrB) || x == timestampOffset(addrB, addrA) || x == timestampOffset(addrA, packet.AddrPort{Addr: addrB.Addr, Port: 2001}) {
		t.Error("offsets do not tell the pairs apart")
	}
}

// TestResetTimestamp has the timestamp in the RST of an abort, and not in one that answers a segment (RFC 7323 §3.2).
func TestResetTimestamp(t *testing.T) {
	stamped := func(s *solo) { s.cfg.NoTimestamps, s.syn.HasTS, s.syn.TSVal = false, true, 77 }
	for _, x := range []struct {
		name string
		st   State
		f    func(s *solo)
		want bool
	}{
		{"abort", Established, func(s *solo) { s.Abort(0, cause(1)) }, true},
		{"abort before the handshake is over", SynReceived, func(s *solo) { s.Abort(0, cause(1)) }, false},
		{"answer", SynReceived, func(s *solo) { s.recv(".", 1, 5, 0) }, false},
	} {
		s := into(t, x.st, stamped)
		x.f(s)
		var p packet.Packet
		if !s.Emit(0, &p) || p.TCP.Flags&packet.RST == 0 {
			t.Fatalf("%s: no RST", x.name)
		}
		if p.TCP.HasTS != x.want || x.want && p.TCP.TSEcr != 77 {
			t.Errorf("%s: timestamp %v, echo %d", x.name, p.TCP.HasTS, p.TCP.TSEcr)
		}
	}
}
