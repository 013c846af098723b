package tcp

import (
	"fmt"
	"strings"
	"testing"

	"imsim/netem/packet"
	"imsim/sim"
)

// sending makes an established connection with MSS 1000 and a window of a hundred segments.
func sending(t *testing.T, segments int) *solo {
	s := into(t, Established, func(s *solo) { s.syn.Window = 60000 })
	s.acks(1)
	s.write(1000 * segments)
	return s
}

// acks lets an acknowledgement without octets arrive, with the window always 60000.
func (s *solo) acks(ack int) {
	s.recvHeader(&packet.TCPHeader{Flags: packet.ACK, Seq: soloIRS + 1, Ack: soloISS + uint32(ack), Window: 60000}, 0)
}

// numbers drains and shows which segments went, counted from 0 in units of 1000 octets.
func (s *solo) numbers() string {
	var l []string
	var p packet.Packet
	for s.Emit(s.at, &p) {
		l = append(l, fmt.Sprint((p.TCP.Seq-soloISS-1)/1000))
	}
	for _, ok := s.NextEvent(); ok; _, ok = s.NextEvent() {
	}
	return strings.Join(l, " ")
}

func (s *solo) wantNumbers(want string) {
	s.t.Helper()
	if got := s.numbers(); got != want {
		s.t.Errorf("sent %q, want %q", got, want)
	}
}

func (s *solo) wantCwnd(cwnd, ssthresh int) {
	s.t.Helper()
	if st := s.Stats(); st.Cwnd != cwnd || ssthresh != 0 && st.Ssthresh != ssthresh {
		s.t.Errorf("cwnd %d, ssthresh %d; want %d, %d", st.Cwnd, st.Ssthresh, cwnd, ssthresh)
	}
}

func TestRFC6928InitialWindow(t *testing.T) {
	for _, x := range []struct{ mss, want uint32 }{{1448, 14480}, {1460, 14600}, {536, 5360}, {4000, 14600}, {9000, 18000}} {
		if got := initialWindow(x.mss, false); got != x.want {
			t.Errorf("MSS %d: %d, want %d", x.mss, got, x.want)
		}
		if got := initialWindow(x.mss, true); got != x.mss {
			t.Errorf("MSS %d after a repeated SYN: %d", x.mss, got)
		}
	}
	s := sending(t, 30)
	s.wantCwnd(10000, 0) // the handshake's ACK has not grown it
	s.wantNumbers("0 1 2 3 4 5 6 7 8 9")
}

// TestRFC5681SlowStart grows by one segment an acknowledgement, then by one a window.
func TestRFC5681SlowStart(t *testing.T) {
	s := sending(t, 50)
	s.numbers()
	s.acks(1001)
	s.wantNumbers("10 11")
	s.acks(3001) // two segments, one step
	s.wantNumbers("12 13 14")
	s.wantCwnd(12000, 0)
	s.cc.ssthresh = 12000
	s.acks(4001)
	s.wantCwnd(12083, 0)
	s.wantNumbers("15")
}

// TestRFC7661Unused does not grow a window that is not used.
func TestRFC7661Unused(t *testing.T) {
	s := sending(t, 2)
	s.numbers()
	s.acks(1001)
	s.acks(2001)
	s.wantCwnd(10000, 0)
}

// TestRFC3042 is limited transmit: a new segment for each of the first two duplicates.
func TestRFC3042(t *testing.T) {
	s := sending(t, 30)
	s.numbers()
	s.acks(1)
	s.wantNumbers("10")
	s.acks(1)
	s.wantNumbers("11")
	s.wantCwnd(10000, 0)
	s.acks(1) // the third: fast retransmit; FlightSize without the two
	s.wantNumbers("0")
	s.wantCwnd(8000, 5000)
}

// TestRFC6582 loses segments 0, 3 and 9 of ten, and recovers them in one recovery.
func TestRFC6582(t *testing.T) {
	s := sending(t, 30)
	s.numbers()
	for range 2 {
		s.acks(1)
	}
	s.wantNumbers("10 11")
	s.acks(1)
	s.wantNumbers("0") // 3rd duplicate
	rto := s.Deadline()
	for range 4 {
		s.acks(1) // 4th to 7th: inflate to 12000
	}
	s.wantNumbers("")
	s.wantCwnd(12000, 5000)
	s.acks(1)
	s.acks(1)
	s.wantNumbers("12 13") // 8th, 9th
	s.wantCwnd(14000, 5000)
	s.at += 10 * ms
	s.acks(3001) // partial: segment 3 is missing
	s.wantNumbers("3 14")
	s.wantCwnd(12000, 5000) // 14000 − 3000 + 1000
	if d := s.Deadline(); d != rto+10*ms {
		t.Errorf("the timer is at %v, want %v: it restarts on the first partial acknowledgement", d, rto+10*ms)
	}
	s.at += 10 * ms
	s.acks(9001) // partial: segment 9
	s.wantNumbers("9 15")
	if d := s.Deadline(); d != rto+10*ms {
		t.Errorf("the timer is at %v, want %v: it restarts on the first partial acknowledgement only", d, rto+10*ms)
	}
	s.wantCwnd(7000, 5000)
	s.acks(12001) // full: everything sent before the recovery
	s.wantCwnd(5000, 5000)
	if s.rec.fast {
		t.Error("still in recovery")
	}
	s.wantNumbers("16")
	if n := s.Stats().Retransmissions; n != 3 {
		t.Errorf("%d retransmissions", n)
	}
}

// TestRFC6582AvoidsASecondHalving has duplicates below recover do nothing.
func TestRFC6582AvoidsASecondHalving(t *testing.T) {
	s := sending(t, 30)
	s.numbers()
	s.advance(1000 * ms) // timeout
	s.wantNumbers("0")
	s.wantCwnd(1000, 5000)
	for range 5 {
		s.acks(1) // caused by what was sent before
	}
	s.wantNumbers("")
	s.wantCwnd(1000, 5000)
}

// TestRFC5681Timeout goes back to one segment and fills the holes in slow start.
func TestRFC5681Timeout(t *testing.T) {
	s := sending(t, 30)
	s.numbers()
	s.advance(1000 * ms)
	s.wantNumbers("0")
	s.wantCwnd(1000, 5000)
	s.advance(2000 * ms) // the same data: ssthresh stays
	s.wantNumbers("0")
	s.wantCwnd(1000, 5000)
	s.acks(1001)
	s.wantNumbers("1 2")
	s.acks(2001)
	s.wantNumbers("3 4")
	s.acks(8001) // the receiver had the rest up to 8
	s.wantNumbers("8 9 10 11")
	s.wantCwnd(4000, 5000)
	s.acks(10001)
	s.wantNumbers("12 13 14")
}

// TestRFC5681FlightSize bounds what is taken for FlightSize by the window: with selective acknowledgements and a lost
// retransmission many windows may be unacknowledged.
func TestRFC5681FlightSize(t *testing.T) {
	for _, c := range []struct {
		congestion             Congestion
		fast                   bool
		cwnd, ssthresh, flight uint32
		want                   uint32
	}{
		{NewReno, false, 20000, 1 << 30, 20000, 10000},
		{NewReno, false, 20000, 1 << 30, 8000, 4000}, // limited by the application
		{NewReno, false, 20000, 10000, 90000, 10000},
		{CUBIC, false, 20000, 10000, 90000, 14000},
		{NewReno, true, 3000, 20000, 90000, 10000}, // a timeout while PRR holds the window under ssthresh
		{CUBIC, true, 3000, 20000, 90000, 14000},
		{CUBIC, true, 3000, 20000, 10000, 7000},
	} {
		s := selective(t, 0, func(s *solo) { s.cfg.Congestion = c.congestion })
		s.extend()
		s.rec.fast, s.cc.cwnd, s.cc.ssthresh = c.fast, c.cwnd, c.ssthresh
		if s.reduce(c.flight); s.cc.ssthresh != c.want {
			t.Errorf("%+v: ssthresh %d", c, s.cc.ssthresh)
		}
	}
}

// TestRFC5681Idle begins again with the initial window after an idle time longer than the RTO.
func TestRFC5681Idle(t *testing.T) {
	s := sending(t, 20)
	s.numbers()
	for i := range 20 {
		s.acks(1001 + 1000*i)
		s.numbers()
	}
	before := s.Stats().Cwnd
	if before <= 10000 {
		t.Fatalf("cwnd %d", before)
	}
	s.at += 900 * ms
	s.write(100)
	s.numbers()
	s.wantCwnd(before, 0)
	s.acks(20101)
	s.at += 1001 * ms
	s.write(100)
	s.numbers()
	s.wantCwnd(10000, 0)
}

// TestFastRetransmitOfTheFirstSegment works though recover begins at the ISS.
func TestFastRetransmitOfTheFirstSegment(t *testing.T) {
	s := sending(t, 5)
	s.numbers()
	for range 3 {
		s.acks(1)
	}
	s.wantNumbers("0")
}

// TestDuplicates is the definition in RFC 5681 §2: each of its conditions, broken, keeps an ACK from counting.
func TestDuplicates(t *testing.T) {
	for name, broken := range map[string]func(*packet.TCPHeader, *int){
		"none":   func(*packet.TCPHeader, *int) {},
		"octets": func(_ *packet.TCPHeader, n *int) { *n = 1 },
		"window": func(h *packet.TCPHeader, _ *int) { h.Window++ },
	} {
		s := sending(t, 5)
		s.numbers()
		h := packet.TCPHeader{Flags: packet.ACK, Seq: soloIRS + 1, Ack: soloISS + 1, Window: 60000}
		for range 3 {
			n := 0
			broken(&h, &n)
			s.recvHeader(&h, n)
			h.Seq += uint32(n)
		}
		if s.rec.fast != (name == "none") {
			t.Errorf("%s: fast recovery %v", name, s.rec.fast)
		}
	}
}

// TestSequenceWrap sends across 2^32 with losses at every place near it.
func TestSequenceWrap(t *testing.T) {
	for lost := range 12 {
		p := newPair(t, 10*ms)
		p.s[0].iss, p.s[1].iss = 0xffffffff-5000, 0xffffffff-20
		n := 0
		p.mangle = func(from int, _ int, h *packet.TCPHeader, octets int) []sim.Time {
			if octets > 0 {
				if n++; n == lost {
					return nil
				}
			}
			return []sim.Time{p.delay}
		}
		p.open()
		p.advance(50 * ms)
		p.write(0, 20000)
		p.write(1, 200)
		p.advance(10000 * ms)
		if len(p.b().got) != 20000 || len(p.a().got) != 200 {
			t.Errorf("lost %d: %d and %d octets", lost, len(p.b().got), len(p.a().got))
		}
	}
}

// TestFourGigabytes lets the sequence numbers wrap in one connection, and loses one segment afterwards.
func TestFourGigabytes(t *testing.T) {
	if testing.Short() {
		t.Skip("half a second")
	}
	k := newBulk(nil)
	for k.a.Stats().OctetsAcked < 5<<30 {
		k.exchange()
	}
	check(t, &k.a)
	k.a.Emit(k.now, &k.out) // lost
	for k.a.Stats().OctetsAcked < 5<<30+1<<20 {
		k.exchange()
	}
	if st := k.a.Stats(); st.Retransmissions != 1 {
		t.Errorf("%d retransmissions: fast retransmit has not worked after the wrap", st.Retransmissions)
	}
}
