package tcp

import (
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// TestRFC5961Limit answers ten challenges in five seconds.
func TestRFC5961Limit(t *testing.T) {
	s := into(t, Established)
	n := 0
	for range 30 {
		s.recv("R", 2, 0, 0)
		if s.out() != "" {
			n++
		}
	}
	if n != 10 {
		t.Errorf("%d challenge acknowledgements", n)
	}
	s.at += 5000 * ms
	s.recv("S", 2, 0, 0)
	s.want(". 1 ack 1")
}

// TestTwoEndsThatDisagree do not answer each other for ever.
func TestTwoEndsThatDisagree(t *testing.T) {
	p := established(t, 10*ms)
	p.a().nxt += 5000000
	p.a().una, p.a().end = p.a().nxt, p.a().nxt
	p.write(0, 10)
	p.advance(3000 * ms)
	if n := len(p.log); n > 40 {
		t.Errorf("%d segments", n)
	}
}

func TestICMP(t *testing.T) {
	v6a, v6b := packet.MustAddrPort("[2001:db8::1]:1"), packet.MustAddrPort("[2001:db8::2]:2")
	for _, x := range []struct {
		name      string
		v6        bool
		profile   ICMPReaction
		st        State
		typ, code uint8
		seq       uint32
		to        State
		reason    Reason
	}{
		{"Linux: net, SYN-SENT", false, ICMPLinux, SynSent, 3, 0, 0, Closed, Unreachable},
		{"Linux: host, SYN-SENT", false, ICMPLinux, SynSent, 3, 1, 0, Closed, Unreachable},
		{"Linux: protocol, SYN-SENT", false, ICMPLinux, SynSent, 3, 2, 0, Closed, Unreachable},
		{"Linux: port, SYN-SENT", false, ICMPLinux, SynSent, 3, 3, 0, Closed, Refused},
		{"Linux: prohibited, SYN-SENT", false, ICMPLinux, SynSent, 3, 13, 0, Closed, Unreachable},
		{"Linux: port, v6, SYN-SENT", true, ICMPLinux, SynSent, 1, 4, 0, Closed, Refused},
		{"Linux: host, v6, SYN-SENT", true, ICMPLinux, SynSent, 1, 3, 0, Closed, Unreachable},
		{"Linux: port, ESTABLISHED", false, ICMPLinux, Established, 3, 3, 1, Established, None},
		{"RFC: host, SYN-SENT", false, ICMPRFC, SynSent, 3, 1, 0, SynSent, None},
		{"RFC: port, SYN-SENT", false, ICMPRFC, SynSent, 3, 3, 0, Closed, Refused},
		{"RFC: port, ESTABLISHED", false, ICMPRFC, Established, 3, 3, 1, Closed, Refused},
		{"RFC 5927 §4: not under way", false, ICMPLinux, SynSent, 3, 3, 9, SynSent, None},
		{"echo reply", false, ICMPLinux, SynSent, 0, 0, 0, SynSent, None},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := into(t, x.st, func(s *solo) { s.cfg.ICMP = x.profile })
			if x.v6 {
				s.localAddr, s.localPort, s.remoteAddr, s.remotePort = v6a.Addr, v6a.Port, v6b.Addr, v6b.Port
			}
			if x.st == Established {
				s.write(10)
				s.out()
				s.events = nil
			}
			s.Unreachable(s.at, cause(1), &packet.ICMPHeader{Type: x.typ, Code: x.code, QuotedSeq: soloISS + x.seq})
			s.want("")
			s.wantState(x.to)
			if x.to == Closed && (len(s.events) != 2 || s.events[0].Reason != x.reason) {
				t.Errorf("events %+v", s.events)
			}
		})
	}
}

// TestRFC1191 sends what was too big again in smaller segments.
func TestRFC1191(t *testing.T) {
	s := into(t, Established)
	s.write(2000)
	s.want(". 1(1000) ack 1; P. 1001(1000) ack 1")
	s.Unreachable(s.at, cause(1), &packet.ICMPHeader{Type: 3, Code: 4, MTU: 640, QuotedSeq: soloISS + 1})
	s.want(". 1(600) ack 1; . 601(600) ack 1; . 1201(600) ack 1; P. 1801(200) ack 1")
}

// TestLingering is TIME-WAIT in its compact form, and that a Conn in TIME-WAIT says the same.
func TestLingering(t *testing.T) {
	for _, x := range []struct {
		name   string
		ts     bool
		f      string
		seq, n int
		tsval  uint32
		want   Verdict
	}{
		{"RST (RFC 1337)", false, "R", 2, 0, 0, Ignored},
		{"FIN again", false, "F.", 1, 0, 0, Restarted},
		{"octets and FIN again", false, "F.", -9, 10, 0, Restarted},
		{"octets", false, ".", 2, 5, 0, Answered},
		{"ACK in place", false, ".", 2, 0, 0, Ignored},
		{"old ACK", false, ".", 1, 0, 0, Answered},
		{"SYN with a higher number", false, "S", 3, 0, 0, Reincarnate},
		{"SYN with an old number", false, "S", 1, 0, 0, Answered},
		{"SYN with a later timestamp (RFC 6191)", true, "S", 1, 0, 101, Reincarnate},
		{"SYN with an old timestamp", true, "S", 3, 0, 99, Answered},
		{"SYN with the same timestamp and a higher number", true, "S", 3, 0, 100, Reincarnate},
		{"SYN,ACK", false, "S.", 3, 0, 0, Answered},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := into(t, TimeWait, func(s *solo) { s.cfg.NoTimestamps, s.syn.HasTS, s.syn.TSVal = !x.ts, x.ts, 100 })
			l := s.Lingering()
			h := packet.TCPHeader{Flags: flags(x.f), Seq: soloIRS + uint32(x.seq), Ack: soloISS + 2, HasTS: x.ts, TSVal: x.tsval}
			reply, v := l.Answer(&h, x.n)
			if v != x.want {
				t.Errorf("verdict %d, want %d", v, x.want)
			}
			if s.MayReincarnate(&h) != (v == Reincarnate) {
				t.Error("the Conn says otherwise")
			}
			if l.Until != 60_000*ms {
				t.Errorf("until %v", l.Until)
			}
			s.at = 10_000 * ms
			s.recvHeader(&h, x.n)
			sent := s.out()
			if (sent != "") != (v == Answered || v == Restarted) {
				t.Errorf("the Conn sent %q", sent)
			}
			if sent != "" && (reply.Seq != soloISS+2 || reply.Ack != soloIRS+2 || reply.Flags != packet.ACK || reply.HasTS != x.ts) {
				t.Errorf("reply %+v", reply)
			}
			until := 60_000 * ms
			if v == Restarted {
				until = 70_000 * ms
			}
			if s.Deadline() != until {
				t.Errorf("ends at %v, want %v", s.Deadline(), until)
			}
		})
	}
}

// TestCauses follows the last to come true.
func TestCauses(t *testing.T) {
	s := into(t, Established)
	s.cfg.SendBuffer = 1 << 20
	write := func(n, why int) {
		s.Write(s.at, cause(why), packet.Payload{Spans: []packet.Span{packet.Synthetic(1, 0, n)}, Len: n})
	}
	want := func(causes ...int) {
		t.Helper()
		var p packet.Packet
		for i := 0; s.Emit(s.at, &p); i++ {
			if i >= len(causes) || p.Cause != cause(causes[i]) {
				t.Errorf("segment %d (%v at %d): cause %v, want %v", i, p.TCP.Flags, p.TCP.Seq-soloISS, p.Cause, causes)
			}
		}
		for _, ok := s.NextEvent(); ok; _, ok = s.NextEvent() {
		}
	}
	ack := func(n, why, window int) {
		s.Segment(s.at, cause(why), &packet.TCPHeader{Flags: packet.ACK, Seq: soloIRS + 1, Ack: soloISS + uint32(n), Window: uint16(window)}, &packet.Payload{})
	}
	write(500, 100)
	write(1000, 101)
	want(100, 101) // by the cause of the first octet
	write(20000, 102)
	want(102, 102, 102, 102, 102, 102, 102, 102) // what cwnd allows
	write(100, 103)
	want()
	ack(1501, 200, 20000)
	want(200, 200, 200) // the window grew by one
	ack(8001, 201, 0)
	want()
	ack(12501, 202, 0)
	want()
	if s.TimerCause() != cause(202) {
		t.Errorf("persist armed by %v", s.TimerCause())
	}
	s.at = s.Deadline()
	s.Tick(s.at, cause(300))
	want(300) // the probe
	ack(12501, 203, 20000)
	want(203, 203, 203, 203, 203, 203, 203, 203, 203, 203)
	// A FIN with nothing before it in the way is the owner's; one that has to wait is the window's.
	s.CloseWrite(s.at, cause(400))
	want(400)
	s = into(t, Established)
	ack(1, 401, 0)
	s.CloseWrite(s.at, cause(402))
	want()
	if s.TimerCause() != cause(402) {
		t.Errorf("persist armed by %v", s.TimerCause())
	}
	ack(1, 403, 5000)
	want(403)
	// Retransmission is the timer's, and the timer was armed by the segment's cause.
	s = into(t, Established)
	write(500, 600)
	want(600)
	if s.TimerCause() != cause(600) {
		t.Errorf("RTO armed by %v", s.TimerCause())
	}
	s.at = s.Deadline()
	s.Tick(s.at, cause(601))
	want(601)
}

// TestSpans keeps octets shared and causes apart.
func TestSpans(t *testing.T) {
	s := into(t, Established)
	b := []byte("hello, world")
	p := packet.PayloadOf(b)
	s.Segment(0, cause(10), &packet.TCPHeader{Flags: packet.ACK, Seq: soloIRS + 1, Ack: soloISS + 1, Window: 10000}, &p)
	p.Reset() // the packet goes back to its pool
	q := packet.Payload{}
	n, why := s.Read(0, cause(11), 5, &q)
	if n != 5 || why != cause(10) || string(q.Bytes()) != "hello" || &q.Bytes()[0] != &b[0] {
		t.Errorf("read %d %q because of %v", n, q.Bytes(), why)
	}
	s.out()
	s.Write(0, cause(12), packet.PayloadOf(b))
	var out packet.Packet
	s.Emit(0, &out)
	if &out.Payload.Bytes()[0] != &b[0] {
		t.Error("octets were copied")
	}
}

// TestDrainedAndWritable are the reports about the send buffer.
func TestDrainedAndWritable(t *testing.T) {
	s := into(t, Established, func(s *solo) { s.cfg.SendBuffer = 2000 })
	s.WantDrained(0, cause(5))
	s.out()
	s.wantEvents(EvDrained)
	if n := s.write(3000); n != 2000 {
		t.Errorf("accepted %d", n)
	}
	s.WantDrained(0, cause(6))
	s.out()
	s.wantEvents()
	s.recv(".", 1, 1001, 0)
	s.out()
	s.wantEvents(EvWritable)
	s.recv(".", 1, 2001, 0)
	s.out()
	s.wantEvents(EvDrained)
	if s.snd.n != 0 {
		t.Error("the send buffer is not empty")
	}
}

// TestNagle is RFC 9293 §3.7.4.
func TestNagle(t *testing.T) {
	for _, nagle := range []bool{false, true} {
		s := into(t, Established, func(s *solo) { s.cfg.Nagle = nagle })
		s.write(100)
		s.want("P. 1(100) ack 1")
		s.write(100)
		if nagle {
			s.want("")
			s.recv(".", 1, 101, 0)
		}
		s.want("P. 101(100) ack 1")
	}
}

// TestFlightInOneGo: two segments written at once leave at once, without waiting for anything.
func TestFlightInOneGo(t *testing.T) {
	p := established(t, 10*ms)
	p.write(0, 2000)
	if len(p.log) != 2 {
		t.Errorf("%d segments: %v", len(p.log), p.log)
	}
}

// TestReuse opens a Conn again after it was closed, and finds nothing of its past.
func TestReuse(t *testing.T) {
	s := into(t, Established)
	s.write(500)
	s.recv(".", 1, 1, 100)
	s.Abort(0, cause(1))
	s.out()
	s.OpenActive(0, cause(2), &s.cfg, addrA, addrB, soloISS)
	s.want("S 0")
	s.recv("S.", 0, 1, 0)
	s.want(". 1 ack 1")
	if s.Readable() != 0 || s.WriteSpace() != defaultBuffer || s.Stats().OctetsReceived != 0 {
		t.Error("something is left")
	}
}

// TestPoolKeepsNothing: an idle connection holds no buffer.
func TestPoolKeepsNothing(t *testing.T) {
	pool := &Pool{}
	s := into(t, Established, func(s *solo) { s.cfg.Pool = pool })
	s.write(500)
	s.recv(".", 1001, 1, 100)
	s.recv(".", 1, 1, 1000)
	s.out()
	var in packet.Payload
	s.Read(0, cause(1), 5000, &in)
	s.recv(".", 1101, 501, 0)
	s.out()
	if s.snd.buf != nil || s.rcv.buf != nil || s.ooo.buf != nil {
		t.Error("buffers are kept")
	}
}

// TestUserTimeoutNeedsSilence: the user timeout of a connection that gets answers never comes.
func TestUserTimeoutNeedsSilence(t *testing.T) {
	p := established(t, 10*ms, func(p *pair) { p.s[0].cfg.UserTimeout = 2 * time.Second })
	for range 30 {
		p.write(0, 100)
		p.advance(sim.Time(time.Second))
	}
	p.want(0, Established)
	if p.a().Deadline() != sim.Never {
		t.Error("a deadline is left")
	}
}
