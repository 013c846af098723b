package tcp

import (
	"testing"
	"time"

	"imsim/sim"
)

// rounds plays slow start round by round, each with the given round-trip time and its acknowledgements apart, and returns
// the window in segments after each.
func rounds(s *solo, apart sim.Time, rtts ...int) (windows []int) {
	acked := 0
	s.numbers()
	for _, rtt := range rtts {
		n := int(s.nxt-s.una) / 1000
		s.write(500_000)
		sent := s.at
		s.at = max(s.at, sent+sim.Time(rtt)*ms)
		for range n {
			acked++
			s.sacks(acked)
			s.numbers()
			s.at += apart
		}
		windows = append(windows, int(s.cc.cwnd)/1000)
		// What was sent during the round leaves at once for the next one.
		for i := range s.x.board.live() {
			s.x.board.live()[i].at = s.at
		}
	}
	return windows
}

func hystarting(t *testing.T, how SlowStart) *solo {
	s := newSolo(t)
	s.cfg.RACK, s.cfg.SlowStart, s.cfg.SendBuffer = true, how, 1<<24
	s.syn.Window, s.syn.SACKOK, s.syn.HasWS, s.syn.WS = 60000, true, true, 10
	s.cfg.NoWindowScale = false
	s.OpenPassive(0, &Opening{Local: addrA, Remote: addrB, Header: s.syn, Why: cause(1)}, &s.cfg, soloISS, false)
	s.out()
	s.at = 100 * ms
	s.sacks(0)
	s.write(500_000)
	return s
}

func TestRFC9406(t *testing.T) {
	t.Run("§4.2 no delay, no end", func(t *testing.T) {
		s := hystarting(t, HyStartPP)
		w := rounds(s, 0, 100, 100, 100, 100)
		if w[3] != 160 || s.x.hystart.baseline != 0 {
			t.Errorf("windows %v", w)
		}
	})
	t.Run("§4.2 delay: conservative slow start, then avoidance", func(t *testing.T) {
		s := hystarting(t, HyStartPP)
		w := rounds(s, 0, 100, 100, 130, 130, 130, 130, 130, 130)
		if s.cc.ssthresh == 1<<30 || int(s.cc.ssthresh)/1000 < w[2] {
			t.Errorf("windows %v, ssthresh %d", w, s.cc.ssthresh)
		}
		if grown := float64(w[4]) / float64(w[3]); grown < 1.15 || grown > 1.3 {
			t.Errorf("§4.3: a round of conservative slow start grew the window by %.2f: %v", grown, w)
		}
	})
	t.Run("§4.2 the delay goes: back to slow start", func(t *testing.T) {
		s := hystarting(t, HyStartPP)
		w := rounds(s, 0, 100, 100, 130, 100, 100)
		if s.cc.ssthresh != 1<<30 || s.x.hystart.baseline != 0 || w[4] < 3*w[3]/2 {
			t.Errorf("windows %v, baseline %v", w, s.x.hystart.baseline)
		}
	})
	t.Run("§4.3 RttThresh between 4 and 16 ms", func(t *testing.T) {
		for _, x := range []struct{ before, now, want int }{{8, 11, 0}, {8, 12, 1}, {80, 89, 0}, {80, 90, 1}, {400, 415, 0}, {400, 416, 1}} {
			s := hystarting(t, HyStartPP)
			s.x.hystart = hystart{current: time.Duration(x.now) * time.Millisecond, samples: hySamples}
			if s.delayed(time.Duration(x.before)*time.Millisecond) != (x.want == 1) {
				t.Errorf("%+v", x)
			}
		}
	})
}

// TestLinuxHyStart ends slow start at once, by delay or by the train.
func TestLinuxHyStart(t *testing.T) {
	s := hystarting(t, HyStart)
	if w := rounds(s, 0, 100, 100, 130, 130); s.cc.ssthresh == 1<<30 {
		t.Errorf("delay: windows %v", w)
	}
	s = hystarting(t, HyStart)
	if w := rounds(s, ms, 100, 100, 100, 100); s.cc.ssthresh == 1<<30 || w[len(w)-1] > 140 {
		t.Errorf("train: windows %v, ssthresh %d", w, s.cc.ssthresh)
	}
	s = hystarting(t, UntilLoss)
	if w := rounds(s, ms, 100, 100, 130, 130); s.cc.ssthresh != 1<<30 {
		t.Errorf("off: windows %v", w)
	}
}
