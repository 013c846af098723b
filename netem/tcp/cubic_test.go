package tcp

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"imsim/sim"
)

func TestCubeRoot(t *testing.T) {
	for _, x := range []uint64{0, 1, 7, 8, 26, 27, 63, 64, 1<<63 - 1, math.MaxUint64} {
		y := cubeRoot(x)
		if y*y*y > x || y < 2642245 && (y+1)*(y+1)*(y+1) <= x {
			t.Errorf("∛%d: %d", x, y)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		x := r.Uint64() >> r.IntN(64)
		y := cubeRoot(x)
		if y*y*y > x || y < 2642245 && (y+1)*(y+1)*(y+1) <= x {
			t.Errorf("∛%d: %d", x, y)
		}
	}
}

// TestRFC9438Function holds the integer function to a reference in floating point: K within 1/2048 s, the window within two
// octets and what that much of K makes of it.
func TestRFC9438Function(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		mss := uint32(100 + r.IntN(9000))
		top := mss * uint32(2+r.IntN(3000))
		cwnd := uint32(float64(top) * (0.3 + 0.7*r.Float64()))
		k := cubicK(top, cwnd, mss)
		kf := math.Cbrt(float64(top-cwnd) / float64(mss) / 0.4)
		if math.Abs(float64(k)/4096-kf) > 1.0/2048 {
			t.Fatalf("K(%d, %d, %d) = %v s, want %v", top, cwnd, mss, float64(k)/4096, kf)
		}
		d := time.Duration(r.Int64N(int64(30 * time.Second)))
		got := cubicWindow(units(d), k, top, mss)
		x := d.Seconds() - kf
		want := 0.4*x*x*x*float64(mss) + float64(top)
		want = min(max(want, 0), cubicTop)
		if bound := 2 + 3*0.4*x*x*float64(mss)/1000; math.Abs(float64(got)-want) > bound {
			t.Fatalf("W(%v) = %d, want %.1f ± %.1f (K %v, W_max %d, MSS %d)", d, got, want, bound, kf, top, mss)
		}
	}
}

// TestRFC9438Growth lets the window grow from acknowledgement to acknowledgement and compares it with the rules of §4.2 and §4.3 in
// floating point, within 1 %.
func TestRFC9438Growth(t *testing.T) {
	for _, rtt := range []time.Duration{5 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond} {
		const mss = 1448
		w := reno{cwnd: 100 * mss, ssthresh: 1 << 30}
		u := cubic{}
		u.reduce(&w, w.cwnd, mss)
		w.cwnd = w.ssthresh
		if w.cwnd != 70*mss || u.max != 100*mss {
			t.Fatalf("§4.6: cwnd %d, W_max %d", w.cwnd, u.max)
		}
		cwnd, west := 70.0, 70.0
		k := math.Cbrt(30 / 0.4)
		now, begin := 10.0, -1.0
		for range 4000 {
			if begin < 0 {
				begin = now
			}
			// One acknowledgement of a segment each, evenly over the round trip.
			u.acked(&w, sim.Time(now*1e9), rtt, mss, mss)
			alpha := 9.0 / 17
			if west >= 100 {
				alpha = 1
			}
			west += alpha / cwnd
			f := func(t float64) float64 { return 0.4*math.Pow(t-k, 3) + 100 }
			if at := now - begin; f(at) < west {
				cwnd = max(cwnd, west)
			} else {
				cwnd += (min(max(f(at+rtt.Seconds()), cwnd), 1.5*cwnd) - cwnd) / cwnd
			}
			if got := float64(w.cwnd) / mss; math.Abs(got/cwnd-1) > 0.01 {
				t.Fatalf("RTT %v, after %.3f s: %.2f segments, want %.2f", rtt, now-begin, got, cwnd)
			}
			now += rtt.Seconds() / cwnd
		}
		t.Logf("RTT %v, after %.1f s: %.1f segments, %.1f in floating point", rtt, now-10, float64(w.cwnd)/mss, cwnd)
	}
}

// TestRFC9438Events has fast convergence, the timeout's flat start and the Reno-friendly factor.
func TestRFC9438Events(t *testing.T) {
	w := reno{cwnd: 100000, ssthresh: 1 << 30}
	u := cubic{}
	u.reduce(&w, 100000, 1000)
	w.cwnd = 90000
	u.reduce(&w, 80000, 1000)
	if u.max != 76500 || w.ssthresh != 56000 || u.prior != 90000 {
		t.Errorf("§4.7: W_max %d, ssthresh %d, cwnd_prior %d", u.max, w.ssthresh, u.prior)
	}
	u.flat = true
	w.cwnd = 56000
	u.acked(&w, 5e9, 1e8, 1000, 1000)
	if u.k != 0 || u.max != 56000 {
		t.Errorf("§4.8: K %d, W_max %d", u.k, u.max)
	}
	u.reduce(&w, 1000, 1000)
	if w.ssthresh != 2000 {
		t.Errorf("§4.6: ssthresh %d", w.ssthresh)
	}
}

// TestRFC9438InUse reduces by β on a loss where NewReno halves.
func TestRFC9438InUse(t *testing.T) {
	s := selective(t, 30, func(s *solo) { s.cfg.Congestion = CUBIC })
	s.numbers()
	s.sacks(0, [2]int{1, 4})
	s.wantNumbers("0")
	s.wantCwnd(7000, 7000)
}
