package tcp

import (
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// TestRFC9293StateTable walks every row of the table of §3.3.2.
func TestRFC9293StateTable(t *testing.T) {
	tests := []struct {
		name   string
		from   State
		do     func(*solo)
		sent   string
		to     State
		events []EventKind
	}{
		{"CLOSED active open", Closed, func(s *solo) { s.OpenActive(0, cause(1), &s.cfg, addrA, addrB, soloISS) }, "S 0", SynSent, []EventKind{EvSYNSent}},
		{"LISTEN rcv SYN", Closed, func(s *solo) {
			s.OpenPassive(0, &Opening{Local: addrA, Remote: addrB, Header: s.syn}, &s.cfg, soloISS, false)
		}, "S. 0 ack 1", SynReceived, []EventKind{EvSYNReceived, EvSYNACKSent}},
		{"SYN-SENT rcv SYN,ACK", SynSent, func(s *solo) { s.recv("S.", 0, 1, 0) }, ". 1 ack 1", Established, []EventKind{EvSYNReceived, EvEstablished}},
		{"SYN-SENT rcv SYN", SynSent, func(s *solo) { s.recv("S", 0, 0, 0) }, "S. 0 ack 1", SynReceived, []EventKind{EvSYNReceived, EvSYNACKSent}},
		{"SYN-SENT rcv RST,ACK", SynSent, func(s *solo) { s.recv("R.", 0, 1, 0) }, "", Closed, []EventKind{EvReset, EvClosed}},
		{"SYN-SENT close", SynSent, func(s *solo) { s.CloseWrite(0, cause(1)) }, "", Closed, []EventKind{EvClosed}},
		{"SYN-SENT abort", SynSent, func(s *solo) { s.Abort(0, cause(1)) }, "", Closed, []EventKind{EvClosed}},
		{"SYN-RECEIVED rcv ACK", SynReceived, func(s *solo) { s.recv(".", 1, 1, 0) }, "", Established, []EventKind{EvEstablished}},
		{"SYN-RECEIVED rcv RST", SynReceived, func(s *solo) { s.recv("R", 1, 0, 0) }, "", Closed, []EventKind{EvReset, EvClosed}},
		{"SYN-RECEIVED close", SynReceived, func(s *solo) { s.CloseWrite(0, cause(1)) }, "F. 1 ack 1", FinWait1, []EventKind{EvFINSent}},
		{"SYN-RECEIVED close, then rcv ACK of SYN", SynReceived, func(s *solo) {
			s.CloseWrite(0, cause(1))
			s.want("F. 1 ack 1")
			s.recv(".", 1, 1, 0)
		}, "", FinWait1, []EventKind{EvFINSent, EvEstablished}},
		{"SYN-RECEIVED close, then rcv ACK of FIN", SynReceived, func(s *solo) {
			s.CloseWrite(0, cause(1))
			s.want("F. 1 ack 1")
			s.recv(".", 1, 2, 0)
		}, "", FinWait2, []EventKind{EvFINSent, EvEstablished}},
		{"SYN-RECEIVED close, SYN,ACK and FIN lost", SynReceived, func(s *solo) {
			s.CloseWrite(0, cause(1))
			s.out()
			s.advance(1000 * ms)
			s.want("S. 0 ack 1; F. 1 ack 1")
			s.recv("F.", 1, 2, 0)
		}, ". 2 ack 2", TimeWait, []EventKind{EvFINSent, EvSYNACKSent, EvRetransmit, EvEstablished, EvFINReceived, EvReadable, EvClosed}},
		{"SYN-RECEIVED write and close", SynReceived, func(s *solo) {
			s.write(10)
			s.CloseWrite(0, cause(1))
			s.want("")
			s.recv(".", 1, 1, 0)
		}, "FP. 1(10) ack 1", FinWait1, []EventKind{EvEstablished, EvFINSent}},
		{"SYN-RECEIVED abort", SynReceived, func(s *solo) { s.Abort(0, cause(1)) }, "R. 1 ack 1", Closed, []EventKind{EvRSTSent, EvClosed}},
		{"ESTABLISHED close", Established, func(s *solo) { s.CloseWrite(0, cause(1)) }, "F. 1 ack 1", FinWait1, []EventKind{EvFINSent}},
		{"ESTABLISHED rcv FIN", Established, func(s *solo) { s.recv("F.", 1, 1, 0) }, ". 1 ack 2", CloseWait, []EventKind{EvFINReceived, EvReadable}},
		{"ESTABLISHED rcv octets and FIN", Established, func(s *solo) { s.recv("F.", 1, 1, 10) }, ". 1 ack 12", CloseWait, []EventKind{EvFINReceived, EvReadable}},
		{"FIN-WAIT-1 rcv ACK of FIN", FinWait1, func(s *solo) { s.recv(".", 1, 2, 0) }, "", FinWait2, nil},
		{"FIN-WAIT-1 rcv FIN", FinWait1, func(s *solo) { s.recv("F.", 1, 1, 0) }, ". 2 ack 2", Closing, []EventKind{EvFINReceived, EvReadable}},
		{"FIN-WAIT-1 rcv FIN that acks ours", FinWait1, func(s *solo) { s.recv("F.", 1, 2, 0) }, ". 2 ack 2", TimeWait, []EventKind{EvFINReceived, EvReadable, EvClosed}},
		{"FIN-WAIT-2 rcv FIN", FinWait2, func(s *solo) { s.recv("F.", 1, 2, 0) }, ". 2 ack 2", TimeWait, []EventKind{EvFINReceived, EvReadable, EvClosed}},
		{"FIN-WAIT-2 rcv octets", FinWait2, func(s *solo) { s.recv(".", 1, 2, 10) }, ". 2 ack 11", FinWait2, []EventKind{EvReadable}},
		{"CLOSE-WAIT close", CloseWait, func(s *solo) { s.CloseWrite(0, cause(1)) }, "F. 1 ack 2", LastAck, []EventKind{EvFINSent}},
		{"CLOSING rcv ACK of FIN", Closing, func(s *solo) { s.recv(".", 2, 2, 0) }, "", TimeWait, []EventKind{EvClosed}},
		{"LAST-ACK rcv ACK of FIN", LastAck, func(s *solo) { s.recv(".", 2, 2, 0) }, "", Closed, []EventKind{EvClosed}},
		{"TIME-WAIT rcv FIN again", TimeWait, func(s *solo) { s.at += 5000 * ms; s.recv("F.", 1, 2, 0) }, ". 2 ack 2", TimeWait, nil},
		{"TIME-WAIT abort", TimeWait, func(s *solo) { s.Abort(0, cause(1)) }, "", Closed, nil},
		{"LAST-ACK abort", LastAck, func(s *solo) { s.Abort(0, cause(1)) }, "", Closed, []EventKind{EvClosed}},
		{"TIME-WAIT expires", TimeWait, func(s *solo) { s.advance(60000 * ms) }, "", Closed, nil},
	}
	for _, st := range []State{Established, FinWait1, FinWait2, CloseWait, Closing, LastAck} {
		n := 1
		if st == CloseWait || st == Closing || st == LastAck {
			n = 2
		}
		tests = append(tests, struct {
			name   string
			from   State
			do     func(*solo)
			sent   string
			to     State
			events []EventKind
		}{"synchronized rcv RST", st, func(s *solo) { s.recv("R", n, 0, 0) }, "", Closed, []EventKind{EvReset, EvClosed}})
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			s := into(t, x.from)
			x.do(s)
			s.want(x.sent)
			s.wantState(x.to)
			s.wantEvents(x.events...)
		})
	}
}

// TestRFC9293SegmentArrives is §3.10.7 beyond the transitions: what is answered, and that the state stays.
func TestRFC9293SegmentArrives(t *testing.T) {
	tests := []struct {
		name     string
		st       State
		f        string
		seq, ack int
		n        int
		sent     string
		to       State
	}{
		{"§3.10.7.3 unacceptable ACK, too low", SynSent, "S.", 0, 0, 0, "R 0", SynSent},
		{"§3.10.7.3 unacceptable ACK, too high", SynSent, ".", 0, 2, 0, "R 2", SynSent},
		{"§3.10.7.3 unacceptable ACK in an RST", SynSent, "R.", 0, 2, 0, "", SynSent},
		{"§3.10.7.3 RST without ACK", SynSent, "R", 0, 0, 0, "", SynSent},
		{"§3.10.7.3 neither SYN nor RST", SynSent, ".", 0, 1, 0, "", SynSent},
		{"§3.10.7.3 FIN", SynSent, "F.", 0, 1, 0, "", SynSent},
		{"§3.10.7.4 SYN-RECEIVED ACK too low", SynReceived, ".", 1, 0, 0, "R 0", SynReceived},
		{"§3.10.7.4 SYN-RECEIVED ACK too high", SynReceived, ".", 1, 5, 0, "R 5", SynReceived},
		{"§3.10.7.4 SYN-RECEIVED outside the window", SynReceived, ".", -5, 1, 0, ". 1 ack 1", SynReceived},
		{"§3.10.7.4 SYN-RECEIVED SYN again", SynReceived, "S", 0, 0, 0, "", SynReceived},
		{"§3.10.7.4 SYN-RECEIVED ACK with octets", SynReceived, ".", 1, 1, 10, ". 1 ack 11", Established},
		{"§3.10.7.4 SYN-RECEIVED ACK with FIN", SynReceived, "F.", 1, 1, 0, ". 1 ack 2", CloseWait},
		{"first: empty, left of the window", Established, ".", 0, 1, 0, ". 1 ack 1", Established},
		{"first: empty, right of the window", Established, ".", 4001, 1, 0, ". 1 ack 1", Established},
		{"first: last number in the window", Established, ".", 4000, 1, 0, "", Established},
		{"first: octets left of the window", Established, ".", -10, 1, 11, ". 1 ack 1", Established},
		{"first: octets reaching into the window", Established, ".", -10, 1, 15, ". 1 ack 5", Established},
		{"first: octets right of the window", Established, ".", 4001, 1, 10, ". 1 ack 1", Established},
		{"first: octets reaching out of the window", Established, ".", 3995, 1, 10, ". 1 ack 1", Established},
		{"RFC 5961 §3.2 RST outside the window", Established, "R", 0, 0, 0, "", Established},
		{"RFC 5961 §3.2 RST in the window", Established, "R", 2, 0, 0, ". 1 ack 1", Established},
		{"RFC 5961 §4.2 SYN in the window", Established, "S", 10, 0, 0, ". 1 ack 1", Established},
		{"RFC 5961 §4.2 SYN outside the window", Established, "S", -100, 0, 0, ". 1 ack 1", Established},
		{"RFC 5961 §4.2 SYN,ACK again", Established, "S.", 0, 1, 0, ". 1 ack 1", Established},
		{"RFC 5961 §5.2 ACK of what was not sent", Established, ".", 1, 2, 0, ". 1 ack 1", Established},
		{"RFC 5961 §5.2 ACK far too old", Established, ".", 1, -20000, 0, ". 1 ack 1", Established},
		{"RFC 5961 §5.2 old ACK with octets", Established, ".", 1, -5, 10, ". 1 ack 11", Established},
		{"no ACK", Established, "", 1, 0, 10, "", Established},
		{"FIN again", CloseWait, "F.", 1, 1, 0, ". 1 ack 2", CloseWait},
		{"octets after FIN", CloseWait, ".", 2, 1, 10, ". 1 ack 2", CloseWait},
		{"FIN again in CLOSING", Closing, "F.", 1, 1, 0, ". 2 ack 2", Closing},
		{"FIN again in LAST-ACK", LastAck, "F.", 1, 1, 0, ". 2 ack 2", LastAck},
		{"TIME-WAIT RST (RFC 1337)", TimeWait, "R", 2, 0, 0, "", TimeWait},
		{"TIME-WAIT plain ACK", TimeWait, ".", 2, 2, 0, "", TimeWait},
		{"TIME-WAIT octets", TimeWait, ".", 2, 2, 10, ". 2 ack 2", TimeWait},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			s := into(t, x.st)
			s.recv(x.f, x.seq, x.ack, x.n)
			s.want(x.sent)
			s.wantState(x.to)
		})
	}
}

// TestRFC9293ResetGeneration is §3.5.2 for segments without a connection.
func TestRFC9293ResetGeneration(t *testing.T) {
	tests := []struct {
		in   packet.TCPHeader
		n    int
		want packet.TCPHeader
		ok   bool
	}{
		{packet.TCPHeader{Flags: packet.SYN, Seq: 7}, 0, packet.TCPHeader{Flags: packet.RST | packet.ACK, Ack: 8}, true},
		{packet.TCPHeader{Flags: packet.FIN | packet.PSH, Seq: 7}, 10, packet.TCPHeader{Flags: packet.RST | packet.ACK, Ack: 18}, true},
		{packet.TCPHeader{Flags: packet.ACK, Seq: 7, Ack: 99}, 10, packet.TCPHeader{Flags: packet.RST, Seq: 99}, true},
		{packet.TCPHeader{Flags: packet.SYN | packet.ACK, Seq: 7, Ack: 99}, 0, packet.TCPHeader{Flags: packet.RST, Seq: 99}, true},
		{packet.TCPHeader{Flags: packet.RST, Seq: 7}, 0, packet.TCPHeader{}, false},
		{packet.TCPHeader{Flags: packet.RST | packet.ACK, Seq: 7, Ack: 9}, 0, packet.TCPHeader{}, false},
	}
	for _, x := range tests {
		if got, ok := ResetFor(&x.in, x.n); got != x.want || ok != x.ok {
			t.Errorf("%v: %+v %v, want %+v %v", x.in.Flags, got, ok, x.want, x.ok)
		}
	}
}

// TestRFC9293SimultaneousOpen is figure 7 of §3.5: four segments, and nobody was a server.
func TestRFC9293SimultaneousOpen(t *testing.T) {
	p := newPair(t, 10*ms)
	p.s[0].cfg.NoWindowScale, p.s[1].cfg.NoWindowScale = true, true
	p.s[1].listen = false
	p.open()
	p.openB()
	p.advance(10 * ms)
	p.want(0, SynReceived)
	p.want(1, SynReceived)
	p.advance(10 * ms)
	p.want(0, Established)
	p.want(1, Established)
	p.advance(1000 * ms)
	const none = "4294962296 win 65535"
	p.segments(0,
		"0.000000000s a S 0:0(0) ack "+none,
		"0.000000000s b S 0:0(0) ack 4294966296 win 65535",
		"0.010000000s b S. 0:0(0) ack 1 win 65535",
		"0.010000000s a S. 0:0(0) ack 1 win 65535")
	if r := p.a().Stats().SRTT; r != 20*time.Millisecond {
		t.Errorf("round-trip time %v", r)
	}
	p.write(0, 100)
	p.write(1, 200)
	p.advance(1000 * ms)
	if len(p.a().got) != 200 || len(p.b().got) != 100 {
		t.Errorf("got %d and %d octets", len(p.a().got), len(p.b().got))
	}
}

// TestRFC9293SimultaneousOpenShifted has the second SYN leave after the first arrived in part of the cases, and SYN,ACKs lost.
func TestRFC9293SimultaneousOpenShifted(t *testing.T) {
	for lost := range 5 {
		for shift := range sim.Time(10) {
			p := newPair(t, 10*ms)
			p.s[1].listen = false
			n := 0
			p.mangle = func(int, int, *packet.TCPHeader, int) []sim.Time {
				if n++; n == lost {
					return nil
				}
				return []sim.Time{p.delay}
			}
			p.open()
			p.advance(shift * ms)
			p.openB()
			p.advance(5000 * ms)
			p.want(0, Established)
			p.want(1, Established)
			p.write(0, 100)
			p.write(1, 200)
			p.advance(1000 * ms)
			if len(p.a().got) != 200 || len(p.b().got) != 100 {
				t.Errorf("lost %d: got %d and %d octets", lost, len(p.a().got), len(p.b().got))
			}
		}
	}
}

// TestRFC9293SimultaneousClose is figure 13 of §3.6: both hold TIME-WAIT.
func TestRFC9293SimultaneousClose(t *testing.T) {
	p := established(t, 10*ms)
	for i := range p.s {
		p.s[i].CloseWrite(p.now, p.cause())
		p.drain(i)
	}
	p.want(0, FinWait1)
	p.advance(10 * ms)
	p.want(0, Closing)
	p.want(1, Closing)
	p.advance(10 * ms)
	p.want(0, TimeWait)
	p.want(1, TimeWait)
	p.advance(60000 * ms)
	p.want(0, Closed)
	p.want(1, Closed)
}

// TestRFC9293HalfClose has the peer go on sending into FIN-WAIT-2 (§3.6, MUST-12 context).
func TestRFC9293HalfClose(t *testing.T) {
	p := established(t, 10*ms)
	p.a().CloseWrite(p.now, p.cause())
	p.drain(0)
	p.advance(100 * ms)
	p.want(0, FinWait2)
	p.want(1, CloseWait)
	if !p.b().EOF() || p.a().EOF() {
		t.Error("end of stream on the wrong side")
	}
	if n := p.write(0, 10); n != 0 {
		t.Errorf("%d octets accepted after CloseWrite", n)
	}
	p.write(1, 100000)
	p.advance(120000 * ms) // longer than any FIN-WAIT-2 limit of an orphan
	if len(p.a().got) != 100000 {
		t.Errorf("got %d octets", len(p.a().got))
	}
	p.b().CloseWrite(p.now, p.cause())
	p.drain(1)
	p.advance(30 * ms)
	p.want(0, TimeWait)
	p.want(1, Closed)
}

// TestRFC9293Close is §3.6.1: both directions given up.
func TestRFC9293Close(t *testing.T) {
	t.Run("octets after Close are answered with RST", func(t *testing.T) {
		s := into(t, Established)
		s.Close(0, cause(1))
		s.want("F. 1 ack 1")
		s.recv(".", 1, 2, 0)
		s.want("")
		s.recv(".", 1, 2, 10)
		s.want("R 2")
		s.wantState(Closed)
		s.wantEvents(EvFINSent, EvRSTSent, EvClosed)
	})
	t.Run("FIN after Close is fine", func(t *testing.T) {
		s := into(t, Established)
		s.Close(0, cause(1))
		s.out()
		s.recv("F.", 1, 2, 0)
		s.want(". 2 ack 2")
		s.wantState(TimeWait)
	})
	t.Run("unread octets make it an RST (RFC 2525 §2.17)", func(t *testing.T) {
		s := into(t, Established)
		s.recv(".", 1, 1, 10)
		s.want(". 1 ack 11")
		s.Close(0, cause(1))
		s.want("R. 1 ack 11")
		s.wantState(Closed)
		s.wantEvents(EvReadable, EvRSTSent, EvClosed)
	})
	t.Run("FIN-WAIT-2 of an orphan ends", func(t *testing.T) {
		s := into(t, FinWait2)
		s.Close(0, cause(1))
		s.advance(60000 * ms)
		s.want("")
		s.wantState(Closed)
	})
	t.Run("what was written goes first", func(t *testing.T) {
		s := into(t, Established)
		s.write(1500)
		s.Close(0, cause(1))
		s.want(". 1(1000) ack 1; FP. 1001(500) ack 1")
	})
	t.Run("abort", func(t *testing.T) {
		s := into(t, Established)
		s.write(1500)
		s.Abort(0, cause(1))
		s.want("R. 1 ack 1")
		s.wantEvents(EvRSTSent, EvClosed)
	})
}

// TestHold withholds the SYN,ACK.
func TestHold(t *testing.T) {
	held := func(t *testing.T) *solo {
		s := newSolo(t)
		s.OpenPassive(0, &Opening{Local: addrA, Remote: addrB, Header: s.syn, Why: cause(1)}, &s.cfg, soloISS, true)
		s.want("")
		s.wantEvents(EvSYNReceived)
		return s
	}
	t.Run("release", func(t *testing.T) {
		s := held(t)
		s.at = 1000 * ms
		s.recv("S", 0, 0, 0) // absorbed
		s.want("")
		s.at = 1500 * ms
		s.Release(s.at, cause(77))
		s.want("S. 0 ack 1")
		if s.last != cause(77) {
			t.Errorf("cause %v", s.last)
		}
		s.recv(".", 1, 1, 0)
		s.out()
		s.wantState(Established)
		s.wantEvents(EvSYNACKSent, EvEstablished)
	})
	t.Run("refuse", func(t *testing.T) {
		s := held(t)
		s.Abort(0, cause(1))
		s.want("R. zero ack 1")
		s.wantState(Closed)
	})
	t.Run("forget", func(t *testing.T) {
		s := held(t)
		s.Forget()
		s.want("")
		s.wantState(Closed)
		s.wantEvents()
		if s.Deadline() != sim.Never {
			t.Error("a deadline is left")
		}
	})
	t.Run("the peer gives up", func(t *testing.T) {
		s := held(t)
		s.recv("R", 1, 0, 0)
		s.want("")
		s.wantEvents(EvReset, EvClosed)
	})
	t.Run("a new attempt replaces the old", func(t *testing.T) {
		s := held(t)
		s.recv("S", 300, 0, 0)
		s.Release(0, cause(2))
		s.want("S. 0 ack 301")
	})
	t.Run("the answer of one who is gone (RST)", func(t *testing.T) {
		s := held(t)
		s.Release(0, cause(2))
		s.out()
		s.recv("R", 1, 0, 0)
		s.want("")
		s.wantState(Closed)
	})
}
