package tcp

import (
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// racked is selective with RACK-TLP and a first round trip of 100 ms; ten segments go at once, another every 10 ms.
func racked(t *testing.T, segments int) *solo {
	s := newSolo(t)
	s.cfg.RACK = true
	s.syn.Window, s.syn.SACKOK = 60000, true
	s.OpenPassive(0, &Opening{Local: addrA, Remote: addrB, Header: s.syn, Why: cause(1)}, &s.cfg, soloISS, false)
	s.out()
	s.at = 100 * ms
	s.acks(1)
	s.write(1000 * segments)
	return s
}

func (s *solo) wantDeadline(in sim.Time, use purpose) {
	s.t.Helper()
	if d := s.Deadline(); d != s.at+in || s.use != use {
		s.t.Errorf("%v: deadline in %v for %d, want %v for %d", s.at, d-s.at, s.use, in, use)
	}
}

func TestRFC8985(t *testing.T) {
	t.Run("§6.2 lost at once when three are reported", func(t *testing.T) {
		s := racked(t, 10)
		s.wantNumbers("0 1 2 3 4 5 6 7 8 9")
		s.at = 200 * ms
		s.sacks(0, [2]int{1, 2})
		s.wantNumbers("")
		// Two are missing one: the window is a quarter of the least round-trip time.
		s.wantDeadline(25*ms, reorder)
		s.sacks(0, [2]int{1, 3})
		s.sacks(0, [2]int{1, 4})
		s.wantNumbers("0")
		s.wantCwnd(5000, 5000)
	})
	t.Run("§6.2 reordering timer", func(t *testing.T) {
		s := racked(t, 2)
		s.wantNumbers("0 1")
		s.at = 200 * ms
		s.sacks(0, [2]int{1, 2})
		s.wantNumbers("")
		s.advance(25 * ms)
		s.wantNumbers("0") // fewer than DupThresh could ever come
		if !s.rec.fast || s.use != answer {
			t.Errorf("recovery %v, timer %d", s.rec.fast, s.use)
		}
	})
	t.Run("§6.2 lost retransmission", func(t *testing.T) {
		s := racked(t, 20)
		s.numbers()
		s.at = 200 * ms
		s.sacks(0, [2]int{1, 9})
		s.wantNumbers("0 10 11 12") // pipe 2 of cwnd 5
		s.at = 300 * ms
		s.sacks(0, [2]int{1, 13}) // 10 to 12 were sent after 0 was sent again
		if got := s.numbers(); got[:2] != "0 " {
			t.Errorf("sent %q: the retransmission of 0 was lost, too", got)
		}
	})
	t.Run("§6.2 reordering seen", func(t *testing.T) {
		s := racked(t, 10)
		s.numbers()
		s.at = 200 * ms
		s.sacks(0, [2]int{2, 3})
		s.sacks(0, [2]int{1, 3}) // 1 after 2, never sent again
		s.sacks(0, [2]int{1, 7}) // more than three, yet nothing is lost before the window has passed
		s.wantNumbers("")
		if !s.x.rack.reordering || s.use != reorder {
			t.Errorf("reordering %v, timer %d", s.x.rack.reordering, s.use)
		}
		s.sacks(7)
		if s.rec.fast || s.cc.ssthresh < 1<<30 {
			t.Error("reordering was taken for loss")
		}
	})
	t.Run("§6.2 step 4: D-SACK widens the window", func(t *testing.T) {
		s := racked(t, 10)
		s.numbers()
		s.at = 200 * ms
		s.sacks(2)
		s.numbers()
		s.x.rack.reordering = true
		s.sacks(2, [2]int{0, 1})
		if r := s.x.rack; r.mult != 1 || r.window != 50*time.Millisecond || r.persist != 16 {
			t.Errorf("multiplier %d, window %v", r.mult+1, r.window)
		}
		s.sacks(2, [2]int{0, 1}) // the same round
		if r := s.x.rack; r.mult != 1 {
			t.Errorf("multiplier %d in one round", r.mult+1)
		}
	})
	t.Run("§6.3 timeout", func(t *testing.T) {
		s := racked(t, 10)
		s.numbers()
		s.x.tlp.open = true // the probe has been
		s.setTimer(answer, s.at+1000*ms, cause(1))
		s.advance(1000 * ms)
		s.wantNumbers("0")
		if s.x.board.lost != 9000 || !s.rec.lost {
			t.Errorf("%d octets lost", s.x.board.lost)
		}
	})
}

// TestRFC8985Probe is TLP (§7).
func TestRFC8985Probe(t *testing.T) {
	t.Run("§7.2 2·SRTT", func(t *testing.T) {
		s := racked(t, 3)
		s.wantNumbers("0 1 2")
		s.advance(200 * ms)
		s.wantNumbers("2") // §7.3: the last segment again
		s.wantDeadline(1000*ms, answer)
		s.at += 100 * ms
		s.sacks(0, [2]int{2, 3}) // it has come: RACK finds the rest
		s.wantNumbers("0 1")
		s.wantCwnd(2000, 2000)
	})
	t.Run("§7.2 one segment: the delayed acknowledgement", func(t *testing.T) {
		s := racked(t, 1)
		s.wantNumbers("0")
		s.advance(400 * ms)
		s.wantNumbers("0")
	})
	t.Run("§7.2 no later than the timeout", func(t *testing.T) {
		s := racked(t, 0)
		s.rtt.srtt = 900 * time.Millisecond
		s.write(3000)
		s.wantNumbers("0 1 2")
		s.wantDeadline(1000*ms, tail)
	})
	t.Run("§7.3 new data first", func(t *testing.T) {
		s := racked(t, 12)
		s.wantNumbers("0 1 2 3 4 5 6 7 8 9")
		s.advance(200 * ms)
		s.wantNumbers("10")
	})
	t.Run("§7.4.2 repaired loss", func(t *testing.T) {
		s := racked(t, 3)
		s.numbers()
		s.advance(200 * ms)
		s.wantNumbers("2")
		s.at += 100 * ms
		s.sacks(3)
		s.write(1000)
		s.wantNumbers("3")
		s.sacks(4)
		s.wantNumbers("")
		if s.x.tlp.open {
			t.Error("the episode is not over")
		}
	})
	t.Run("§7.4.2 repetition reported", func(t *testing.T) {
		s := racked(t, 3)
		s.numbers()
		s.advance(200 * ms)
		s.wantNumbers("2")
		s.sacks(3, [2]int{2, 3})
		if s.x.tlp.open || s.cc.ssthresh < 1<<30 {
			t.Error("a repetition was taken for a repaired loss")
		}
	})
}

// TestRFC3168 negotiates, marks, echoes and reacts.
func TestRFC3168(t *testing.T) {
	for _, x := range []struct {
		own   ECNMode
		flags string
		want  bool
	}{{ECNOff, "SEW", false}, {ECNAccept, "SEW", true}, {ECNOffer, "SEW", true}, {ECNAccept, "S", false}, {ECNAccept, "SE", false}} {
		s := newSolo(t)
		s.cfg.ECN, s.syn.Flags = x.own, flags(x.flags)
		s.OpenPassive(0, &Opening{Local: addrA, Remote: addrB, Header: s.syn}, &s.cfg, soloISS, false)
		var p packet.Packet
		s.Emit(0, &p)
		if s.ecn != x.want || p.TCP.Flags.Has(packet.ECE) != x.want || p.TCP.Flags.Has(packet.CWR) || p.TOS != NotECT {
			t.Errorf("§6.1.1 %v %s: in use %v, SYN,ACK %v", x.own, x.flags, s.ecn, p.TCP.Flags)
		}
	}
	for answer, want := range map[string]bool{"S.E": true, "S.": false, "S.EW": false} {
		s := newSolo(t)
		s.cfg.ECN = ECNOffer
		s.OpenActive(0, cause(1), &s.cfg, addrA, addrB, soloISS)
		s.want("SEW 0")
		s.recv(answer, 0, 1, 0)
		if s.ecn != want {
			t.Errorf("§6.1.1 answer %s: in use %v", answer, s.ecn)
		}
	}
	s := newSolo(t)
	s.cfg.ECN = ECNOffer
	s.OpenActive(0, cause(1), &s.cfg, addrA, addrB, soloISS)
	s.want("SEW 0")
	s.advance(1000 * ms)
	s.want("S 0") // §6.1.1.1: the repetition asks no more

	s = into(t, Established, func(s *solo) { s.cfg.ECN, s.syn.Flags, s.syn.Window = ECNAccept, flags("SEW"), 60000 })
	s.acks(1)
	s.write(9500)
	var p packet.Packet
	s.Emit(0, &p)
	if p.TOS != ECT0 {
		t.Errorf("§6.1.2: new data with code point %d", p.TOS)
	}
	s.numbers()
	s.recv(".E", 1, 1001, 0)
	s.wantCwnd(4750, 4750)
	s.recv(".E", 1, 2001, 0)
	s.wantCwnd(4750, 4750) // §6.1.2: once a window
	s.acks(9501)
	s.write(2000)
	s.Emit(0, &p)
	if !p.TCP.Flags.Has(packet.CWR) {
		t.Error("§6.1.2: no CWR with new data")
	}
	s.Emit(0, &p)
	if p.TCP.Flags.Has(packet.CWR) {
		t.Error("§6.1.2: CWR twice")
	}
	s.CongestionExperienced()
	s.recv(".", 1, 9501, 100)
	s.want(".E 11501 ack 101")
	s.recv(".", 101, 9501, 100)
	s.want(".E 11501 ack 201") // §6.1.3: until CWR comes
	s.recv(".W", 201, 9501, 100)
	s.want(". 11501 ack 301")
	s.clearTimer()
	s.armRTO(cause(1))
	s.advance(1000 * ms)
	s.Emit(s.at, &p)
	if p.TOS != NotECT {
		t.Error("§6.1.5: a retransmission is marked")
	}
}
