package tcp

import (
	"testing"
	"time"

	"imsim/netem/packet"
)

// undoing is selective, with timestamps or without, and takes reductions back.
func undoing(t *testing.T, segments int, rack, ts bool) *solo {
	s := newSolo(t)
	s.cfg.RACK, s.cfg.Undo, s.cfg.NoTimestamps = rack, true, !ts
	s.syn.Window, s.syn.SACKOK, s.syn.HasTS, s.syn.TSVal, s.syn.MSS = 60000, true, ts, 50, 1000
	if ts {
		s.syn.MSS = 1012 // 1000 octets remain
	}
	s.OpenPassive(0, &Opening{Local: addrA, Remote: addrB, Header: s.syn, Why: cause(1)}, &s.cfg, soloISS, false)
	s.out()
	s.at = 100 * ms
	s.echoes(0, s.tsNow()-100)
	s.write(1000 * segments)
	return s
}

// echoes acknowledges so many segments, with the timestamp echoed and blocks in segments.
func (s *solo) echoes(segments int, echo uint32, blocks ...[2]int) {
	h := packet.TCPHeader{Flags: packet.ACK, Seq: soloIRS + 1, Ack: soloISS + 1 + uint32(segments)*1000, Window: 60000,
		HasTS: s.ts, TSVal: 60, TSEcr: echo, NumSACK: uint8(len(blocks))}
	for i, b := range blocks {
		h.SACK[i] = [2]uint32{soloISS + 1 + uint32(b[0])*1000, soloISS + 1 + uint32(b[1])*1000}
	}
	s.recvHeader(&h, 0)
	check(s.t, &s.Conn)
}

func (s *solo) wantUndone(n int) {
	s.t.Helper()
	if got := s.Stats().Undone; got != n {
		s.t.Errorf("%v: %d reductions undone, want %d", s.at, got, n)
	}
}

// timeout lets time pass until the retransmission timer has expired.
func (s *solo) timeout() {
	for s.rtt.backoff == 0 {
		s.at = s.Deadline()
		s.Tick(s.at, cause(int(s.at/ms)))
		if s.rtt.backoff == 0 {
			s.numbers() // a probe of the tail
		}
	}
}

func TestRFC3522(t *testing.T) {
	for _, rack := range []bool{false, true} {
		t.Run("§3.2 spurious timeout", func(t *testing.T) {
			s := undoing(t, 5, rack, true)
			sent := s.tsNow()
			s.wantNumbers("0 1 2 3 4")
			s.timeout()
			s.wantNumbers("0")
			s.at += 50 * ms
			s.echoes(1, sent) // the answer to the first transmission, late
			s.wantUndone(1)
			s.wantNumbers("") // RFC 4015 §3.2 (RESUME): nothing else is sent again
			if st := s.Stats(); st.Cwnd < 10000 || s.rec.lost {
				t.Errorf("cwnd %d, in recovery %v", st.Cwnd, s.rec.lost)
			}
		})
		t.Run("§3.2 genuine timeout", func(t *testing.T) {
			s := undoing(t, 5, rack, true)
			s.numbers()
			s.timeout()
			again := s.tsNow()
			s.wantNumbers("0")
			s.at += 50 * ms
			s.echoes(1, again)
			s.wantUndone(0)
			if st := s.Stats(); st.Cwnd > 6000 {
				t.Errorf("cwnd %d", st.Cwnd)
			}
		})
		t.Run("§3.2 spurious fast retransmit", func(t *testing.T) {
			s := undoing(t, 8, rack, true)
			sent := s.tsNow()
			s.numbers()
			s.at += 100 * ms
			s.echoes(0, sent, [2]int{1, 4})
			s.echoes(0, sent, [2]int{1, 5})
			s.wantNumbers("0")
			s.wantCwnd(s.Stats().Cwnd, 4000)
			s.at += 5 * ms
			s.echoes(5, sent) // only late, not lost
			s.wantUndone(1)
			if st := s.Stats(); st.Ssthresh < 10000 || s.rec.fast {
				t.Errorf("ssthresh %d, in recovery %v", st.Ssthresh, s.rec.fast)
			}
		})
	}
}

// TestRFC3708 undoes once all that was sent again is reported as repeated.
func TestRFC3708(t *testing.T) {
	s := undoing(t, 8, true, false)
	s.numbers()
	s.at += 100 * ms
	s.sacks(0, [2]int{1, 4})
	s.sacks(0, [2]int{1, 5})
	s.wantNumbers("0")
	s.at += 5 * ms
	s.sacks(5)
	s.wantUndone(0) // without timestamps nobody knows yet
	s.numbers()
	s.at += 100 * ms
	s.sacks(8, [2]int{0, 1})
	s.wantUndone(1)
	if st := s.Stats(); st.Ssthresh < 10000 {
		t.Errorf("ssthresh %d", st.Ssthresh)
	}
}

func TestRFC5682(t *testing.T) {
	late := func(t *testing.T, written int) *solo {
		s := undoing(t, written, true, false)
		s.numbers()
		s.timeout()
		s.wantNumbers("0")
		s.at += 20 * ms
		return s
	}
	t.Run("§3.1 (3b) spurious", func(t *testing.T) {
		s := late(t, 20)
		s.sacks(1)
		s.wantNumbers("11 12") // step 2b: new data, not 1; a probe of the tail took 10
		s.at += ms
		s.sacks(2)
		s.wantUndone(1)
		if s.rec.lost {
			t.Error("still in recovery")
		}
	})
	t.Run("§3.1 (2a) everything is acknowledged", func(t *testing.T) {
		s := late(t, 20)
		s.sacks(10)
		s.wantUndone(0)
	})
	t.Run("§3.1 (2a) nothing new to send", func(t *testing.T) {
		s := late(t, 10)
		s.sacks(1)
		s.wantNumbers("1 2")
		s.wantUndone(0)
	})
	t.Run("§3.1 (3a) a duplicate", func(t *testing.T) {
		s := late(t, 20)
		s.sacks(1)
		s.wantNumbers("11 12")
		s.at += 100 * ms
		s.sacks(1, [2]int{10, 12})
		s.wantUndone(0)
		if got := s.numbers(); got == "" || got[0] != '1' {
			t.Errorf("sent %q, want 1 again", got)
		}
	})
}

// TestRetries is Linux's tcp_retries2 and tcp_orphan_retries.
func TestRetries(t *testing.T) {
	end := func(t *testing.T, close bool, window int) time.Duration {
		s := newSolo(t)
		s.cfg = ProfileLinux()
		s.OpenPassive(0, &Opening{Local: addrA, Remote: addrB, Header: s.syn, Why: cause(1)}, &s.cfg, soloISS, false)
		s.out()
		s.recvHeader(&packet.TCPHeader{Flags: packet.ACK, Seq: soloIRS + 1, Ack: soloISS + 1, Window: uint16(window)}, 0)
		s.out()
		s.write(100)
		if close {
			s.Close(0, cause(1))
		}
		s.out()
		for s.State() != Closed {
			s.at = s.Deadline()
			s.Tick(s.at, cause(1))
			s.out()
		}
		if e := s.events[len(s.events)-1]; e.Reason != TimedOut {
			t.Errorf("%+v", e)
		}
		return time.Duration(s.at)
	}
	c := Conn{cfg: &Config{MinRTO: 200 * time.Millisecond, MaxRTO: 120 * time.Second}}
	if got := c.retriesTime(15); got != 924600*time.Millisecond {
		t.Errorf("tcp_retries2 of 15 is %v, want 924.6 s", got)
	}
	if got := c.retriesTime(8); got != 102200*time.Millisecond {
		t.Errorf("8 orphan retries are %v, want 102.2 s", got)
	}
	if d := end(t, false, 10000); d < 924*time.Second || d > 1800*time.Second {
		t.Errorf("tcp_retries2: ended after %v, want 13 to 30 min", d)
	}
	if d := end(t, true, 10000); d < 102*time.Second || d > 210*time.Second {
		t.Errorf("tcp_orphan_retries: ended after %v", d)
	}
	if d := end(t, false, 0); d < 924*time.Second || d > 1800*time.Second {
		t.Errorf("window probes: ended after %v", d)
	}
}

// TestHalfClosed limits FIN-WAIT-2 of an owner who has not called Close.
func TestHalfClosed(t *testing.T) {
	s := into(t, FinWait2, func(s *solo) { s.cfg.HalfClosed = 30 * time.Second })
	s.at += 10_000 * ms
	s.recv(".", 1, 2, 10)
	s.want(". 2 ack 11") // it still reads
	s.events = nil
	s.advance(20_000 * ms)
	s.want("")
	s.wantState(Closed)
	s.wantEvents(EvClosed)
}

// TestRFC9293SYNInSynReceived goes back to LISTEN from a passive open, and challenges from an active one (§3.10.7.4, fourth step).
func TestRFC9293SYNInSynReceived(t *testing.T) {
	s := into(t, SynReceived)
	s.recv("S", 10, 0, 0)
	s.want("")
	s.wantState(Closed)
	s = into(t, SynSent)
	s.recv("S", 0, 0, 0)
	s.out()
	s.recv("S", 10, 0, 0)
	s.want(". 1 ack 1")
	s.wantState(SynReceived)
}

// TestLinuxInitialWindow is ten segments, whatever their size, and also after one lost SYN.
func TestLinuxInitialWindow(t *testing.T) {
	for lost, want := range []int{10, 10, 1} {
		s := newSolo(t)
		s.cfg.InitialWindow, s.cfg.MSS = 10, 8960
		s.OpenActive(0, cause(1), &s.cfg, addrA, addrB, soloISS)
		s.out()
		for range lost {
			s.at = s.Deadline()
			s.Tick(s.at, cause(1))
			s.out()
		}
		s.recvHeader(&packet.TCPHeader{Flags: packet.SYN | packet.ACK, Seq: soloIRS, Ack: soloISS + 1, Window: 10000, HasMSS: true, MSS: 8960}, 0)
		if st := s.Stats(); st.Cwnd != want*st.MSS {
			t.Errorf("%d SYN lost: cwnd %d segments, want %d", lost, st.Cwnd/st.MSS, want)
		}
	}
}
