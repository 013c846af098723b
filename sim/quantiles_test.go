package sim

import (
	"math"
	"math/bits"
	"testing"
	"time"
)

func TestNormalCDF(t *testing.T) {
	for _, z := range []float64{-7, -5, -3, -1.5, -0.6745, -0.1, 0, 0.01, 0.5, 1, 2, 4, 6} {
		got := float64(NormalCDF(int64(z*(1<<32)))) / (1 << 64)
		want := math.Erfc(-z/math.Sqrt2) / 2
		if math.Abs(got-want) > 5e-5*min(want, 1-want)+1e-12 {
			t.Errorf("Φ(%v) = %v, want %v", z, got, want)
		}
	}
	if NormalCDF(-100<<32) > 1<<24 || NormalCDF(100<<32) < math.MaxUint64-1<<24 {
		t.Error("tails")
	}
}

func TestDecay(t *testing.T) {
	for _, x := range []float64{0, 0.001, 0.5, 1, 3, 10} {
		got := float64(Decay(time.Duration(x*1e9), time.Second)) / (1 << 32)
		if want := math.Exp(-x); math.Abs(got-want) > 1e-5*want+1e-9 {
			t.Errorf("exp(-%v) = %v, want %v", x, got, want)
		}
	}
	if Decay(math.MaxInt64, 1) != 0 {
		t.Error("for ever")
	}
}

func TestParetoExcess(t *testing.T) {
	for _, u := range []float64{0, 0.5, 0.9, 0.999} {
		got := float64(ParetoExcess(uint64(u*(1<<63))*2, 3)) / (1 << 32)
		if want := math.Pow(1-u, -1./3); math.Abs(got/want-1) > 1e-5 {
			t.Errorf("at %v: %v, want %v", u, got, want)
		}
	}
}

// The table of a busy WLAN: between the points log-linear over the logarithm of the tail.
func TestQuantilesByPoints(t *testing.T) {
	const ms = time.Millisecond
	q, err := NewQuantiles([]Quantile{{0, ms}, {5e8, 3 * ms}, {9e8, 20 * ms}, {99e7, 250 * ms}, {999e6, 600 * ms}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ u, ms float64 }{{0, 1}, {0.25, 1.578}, {0.5, 3}, {0.75, 6.79}, {0.9, 20}, {0.95, 42.8}, {0.99, 250}, {0.9999, 600}} {
		if got := q.At(uint64(c.u*(1<<63))*2).Seconds() * 1e3; math.Abs(got/c.ms-1) > 0.002 {
			t.Errorf("quantile %v is %v ms, want %v", c.u, got, c.ms)
		}
	}
	s, sum := New(Config{}).Rand("q"), 0.
	for range 1_000_000 {
		sum += q.At(s.Uint64()).Seconds()
	}
	if mean := sum / 1e3; math.Abs(mean-12.5) > 0.3 {
		t.Errorf("mean %v ms, want 12.5", mean)
	}
	for _, bad := range [][]Quantile{nil, {{0, 1}}, {{1, 1}, {2, 2}}, {{0, 0}, {1, 1}}, {{0, 2}, {5, 1}}, {{0, 1}, {Certain, 2}}, {{0, 1}, {0, 2}}} {
		if _, err := NewQuantiles(bad); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}

func TestSqrt(t *testing.T) {
	for _, x := range []uint64{0, 1, 2, 3, 4, 8, 9, 99, 100, 1 << 32, 1<<62 - 1, 1 << 62, math.MaxUint64} {
		r := Sqrt(x)
		hi, lo := bits.Mul64(r, r)
		hi2, lo2 := bits.Mul64(r+1, r+1)
		if hi != 0 || lo > x || hi2 == 0 && lo2 <= x {
			t.Errorf("root of %d: %d", x, r)
		}
	}
}
