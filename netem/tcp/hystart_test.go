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
	s.cfg.RACK, s.cfg.SlowStart, s.cfg.SendBuffer, s.cfg.Congestion = true, how, 1<<24, CUBIC
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
			before := time.Duration(x.before) * time.Millisecond
			s.x.hystart = hystart{last: before, current: time.Duration(x.now) * time.Millisecond, samples: hySamples, inside: true, end: s.nxt + 1}
			s.conservativeSlowStart(1000, 1000)
			if s.x.hystart.baseline > 0 != (x.want == 1) {
				t.Errorf("%+v", x)
			}
		}
	})
}

// TestRFC9406OnlyOnce leaves slow start after a loss to RFC 5681.
func TestRFC9406OnlyOnce(t *testing.T) {
	s := hystarting(t, HyStartPP)
	s.cc.ssthresh = 100_000
	if w := rounds(s, 0, 100, 100, 130, 130); s.cc.ssthresh != 100_000 || s.x.hystart.inside {
		t.Errorf("§4.3: windows %v, ssthresh %d", w, s.cc.ssthresh)
	}
}

// TestLinuxHyStart ends slow start at once, by delay or by the train.
func TestLinuxHyStart(t *testing.T) {
	s := hystarting(t, HyStart)
	if w := rounds(s, 0, 100, 100, 130, 130); s.cc.ssthresh == unlimited {
		t.Errorf("delay: windows %v", w)
	}
	s = hystarting(t, HyStart)
	if w := rounds(s, ms, 100, 100, 100, 100); s.cc.ssthresh == unlimited || w[len(w)-1] > 140 {
		t.Errorf("train: windows %v, ssthresh %d", w, s.cc.ssthresh)
	}
	for name, change := range map[string]func(*solo){
		"off":                    func(s *solo) { s.cfg.SlowStart = UntilLoss },
		"Reno":                   func(s *solo) { s.cfg.Congestion = NewReno },
		"once, until a timeout":  func(s *solo) { s.x.hystart.found = true },
		"not under 16 segments":  func(s *solo) { s.cc.ssthresh = 15_000 },
		"9 ms more of 100 ms":    nil,
		"the receiver's delays":  nil,
		"acknowledgements apart": nil,
	} {
		s = hystarting(t, HyStart)
		rtts, apart, limit := []int{100, 100, 130, 130}, ms, uint32(unlimited)
		switch name {
		case "not under 16 segments":
			rtts, limit = []int{100, 130}, 15_000
		case "9 ms more of 100 ms":
			rtts, apart = []int{100, 100, 109}, 0
		case "acknowledgements apart":
			rtts, apart = []int{100, 100, 100}, 3*ms
		case "the receiver's delays":
			rtts, apart = []int{100, 100, 100}, 0
		}
		if change != nil {
			change(s)
		}
		if w := rounds(s, apart, rtts...); s.cc.ssthresh != limit {
			t.Errorf("%s: windows %v, ssthresh %d", name, w, s.cc.ssthresh)
		}
	}
}

// TestLinuxHyStartSamples counts an acknowledgement of several segments once, by the one sent last, and measures the path
// without the handshake.
func TestLinuxHyStartSamples(t *testing.T) {
	var h hystart
	for i := range 12 {
		at := sim.Time(i+1) * ms
		h.sample(at, 60*time.Millisecond) // the first of two, which the receiver has kept waiting
		h.sample(at, 50*time.Millisecond)
		h.take(at)
		h.take(at)
		if want := min(i+1, hySamples+1); int(h.samples) != want || h.current != 50*time.Millisecond || h.least != 50*time.Millisecond {
			t.Fatalf("after %d acknowledgements: %+v", i+1, h)
		}
	}
	if h.take(99 * ms); h.fresh != 0 {
		t.Error("a sample is left")
	}
	s := hystarting(t, HyStart)
	if s.x.hystart.least != 0 || s.x.rack.minRTT == 0 {
		t.Errorf("after the handshake: least %v, RACK's %v", s.x.hystart.least, s.x.rack.minRTT)
	}
	s.numbers()
	s.at += 100 * ms
	s.sacks(4) // one acknowledgement of four segments
	if s.cc.cwnd != 14_000 {
		t.Errorf("window %d after an acknowledgement of four segments, want 14000", s.cc.cwnd)
	}
	s.x.hystart.found = true
	s.retransmissionTimeout(cause(2))
	if s.x.hystart.found {
		t.Error("a timeout does not begin anew")
	}
}

// TestLinuxHyStartTrain holds the length of a train against half of the least round-trip time and of what a burst may take.
func TestLinuxHyStartTrain(t *testing.T) {
	for _, x := range []struct {
		least, long, apart time.Duration
		srtt               time.Duration
		cwnd               uint32
		want               bool
	}{
		{10 * time.Millisecond, 5500 * time.Microsecond, time.Millisecond, 10 * time.Millisecond, 20_000, false}, // a millisecond's allowance
		{10 * time.Millisecond, 5501 * time.Microsecond, time.Millisecond, 10 * time.Millisecond, 20_000, true},
		{10 * time.Millisecond, 5501 * time.Microsecond, 2001 * time.Microsecond, 10 * time.Millisecond, 20_000, false},
		{10 * time.Millisecond, 5050 * time.Microsecond, 0, 10 * time.Millisecond, 13_107_200, false}, // 262144 octets at 2.6 GB/s
		{10 * time.Millisecond, 5051 * time.Microsecond, 0, 10 * time.Millisecond, 13_107_200, true},
	} {
		s := hystarting(t, HyStart)
		s.now = sim.Time(time.Second)
		s.x.hystart = hystart{least: x.least, began: s.now.Add(-x.long), train: s.now.Add(-x.apart)}
		s.rtt.srtt, s.cc.cwnd = x.srtt, x.cwnd
		if s.trainTooLong() != x.want {
			t.Errorf("%+v", x)
		}
	}
}
