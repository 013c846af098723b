package sim

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

type distribution struct {
	name   string
	draw   func(*Stream) time.Duration
	cdf    func(float64) float64 // of nanoseconds
	mean   float64               // NaN: do not check
	stddev float64
}

func distributions() []distribution {
	const ms = float64(time.Millisecond)
	n := distuv.Normal{Mu: 20 * ms, Sigma: 3 * ms}
	e := distuv.Exponential{Rate: 1 / (5 * ms)}
	u := distuv.Uniform{Min: 2 * ms, Max: 9*ms + 1}
	var out []distribution
	out = append(out,
		distribution{"exponential", func(s *Stream) time.Duration { return s.Exponential(5 * time.Millisecond) }, e.CDF, e.Mean(), e.StdDev()},
		distribution{"normal", func(s *Stream) time.Duration { return s.Normal(20*time.Millisecond, 3*time.Millisecond) }, n.CDF, n.Mean(), n.StdDev()},
		distribution{"uniform", func(s *Stream) time.Duration { return s.Uniform(2*time.Millisecond, 9*time.Millisecond) }, u.CDF, u.Mean(), u.StdDev()})
	for _, sigma := range []uint64{200_000_000, 1_000_000_000} {
		l := distuv.LogNormal{Mu: math.Log(30 * ms), Sigma: float64(sigma) / 1e9}
		out = append(out, distribution{fmt.Sprint("log-normal ", sigma), func(s *Stream) time.Duration { return s.LogNormal(30*time.Millisecond, sigma) }, l.CDF, l.Mean(), l.StdDev()})
	}
	for _, alpha := range []uint64{1_200_000_000, 3_500_000_000, 9_000_000_000} {
		p := distuv.Pareto{Xm: ms, Alpha: float64(alpha) / 1e9}
		d := distribution{fmt.Sprint("pareto ", alpha), func(s *Stream) time.Duration { return s.Pareto(time.Millisecond, alpha) }, p.CDF, p.Mean(), p.StdDev()}
		if alpha < 5_000_000_000 { // the estimates converge too slowly
			d.mean, d.stddev = math.NaN(), math.NaN()
		}
		out = append(out, d)
	}
	return out
}

// Samples are distributed as distuv says: Kolmogorov-Smirnov at a significance of 1e-6, and two moments.
func TestDistributions(t *testing.T) {
	const n = 400_000
	for _, d := range distributions() {
		t.Run(d.name, func(t *testing.T) {
			s := New(Config{Seed: 1}).Rand(d.name)
			x := make([]float64, n)
			var sum, squares float64
			for i := range x {
				x[i] = float64(d.draw(&s))
				sum += x[i]
				squares += (x[i] - d.mean) * (x[i] - d.mean)
			}
			slices.Sort(x)
			ks := 0.0
			for i, v := range x {
				c := d.cdf(v)
				ks = max(ks, c-float64(i)/n, float64(i+1)/n-c)
			}
			if limit := 2.69 / math.Sqrt(n); ks > limit {
				t.Errorf("Kolmogorov-Smirnov distance %.5f, limit %.5f", ks, limit)
			}
			if math.IsNaN(d.mean) {
				return
			}
			if mean := sum / n; math.Abs(mean-d.mean) > 5*d.stddev/math.Sqrt(n) {
				t.Errorf("mean %.0f, want %.0f", mean, d.mean)
			}
			if sd := math.Sqrt(squares / n); math.Abs(sd/d.stddev-1) > 0.03 {
				t.Errorf("standard deviation %.0f, want %.0f", sd, d.stddev)
			}
		})
	}
}

// The quantile functions are right where samples alone would not show it: from 2^-40 to 1 - 2^-40, and never fall.
func TestQuantiles(t *testing.T) {
	exp := distuv.Exponential{Rate: 1}
	last := map[string]float64{}
	rise := func(name string, x float64) {
		if x < last[name] {
			t.Errorf("%s falls to %v", name, x)
		}
		last[name] = x
	}
	last["normal"] = math.Inf(-1)
	check := func(name string, got, want, tolerance float64) {
		if math.Abs(got-want) > tolerance {
			t.Errorf("%s: got %.9f, want %.9f", name, got, want)
		}
	}
	var draws []uint64
	for e := uint(24); e < 63; e++ {
		for j := range uint64(61) {
			v := 1<<e + j<<e/61
			draws = append(draws, v, ^v)
		}
	}
	slices.Sort(draws)
	for _, v := range draws {
		upper := math.Ldexp(float64(^v), -64)
		lower := math.Ldexp(float64(v), -64)
		s := streamThatDraws(v)
		got := math.Ldexp(float64(s.exponential()), -fixedBits)
		want := -math.Log(upper)
		if lower < 0.01 {
			want = exp.Quantile(lower)
		}
		check(fmt.Sprintf("exponential at %x", v), got, want, 2e-6)
		rise("exponential", got)

		s = streamThatDraws(v)
		x, negative := s.normal()
		got = math.Ldexp(float64(x), -fixedBits)
		if negative {
			check(fmt.Sprintf("normal at %x", v), -got, distuv.UnitNormal.Quantile(lower), 3e-5)
			got = -got
		} else {
			check(fmt.Sprintf("normal at %x", v), got, -distuv.UnitNormal.Quantile(upper), 3e-5)
		}
		rise("normal", got)
	}
	for y := -40.0; y < 40; y += 0.0137 {
		got := float64(scaleExp2(1<<20, int64(math.Ldexp(y, fixedBits))))
		if want := math.Ldexp(math.Exp2(y), 20); math.Abs(got-want) > 0.51+1e-6*want {
			t.Errorf("2^%v: got %v, want %v", y, got, want)
		}
	}
}

// streamThatDraws makes a stream whose first draw is v, by running its last step backwards.
func streamThatDraws(v uint64) Stream {
	unshift := func(x uint64, n uint) uint64 {
		y := x
		for range 64/n + 1 {
			y = x ^ y>>n
		}
		return y
	}
	inverse := func(m uint64) uint64 { // of an odd number modulo 2^64, by Newton's iteration
		y := m
		for range 6 {
			y *= 2 - m*y
		}
		return y
	}
	x := unshift(v, 31) * inverse(0x94d049bb133111eb)
	x = unshift(x, 27) * inverse(0xbf58476d1ce4e5b9)
	x = unshift(x, 30) - 0x9e3779b97f4a7c15
	return Stream{key: x - 0x9e3779b97f4a7c15}
}

// The committed tables are what the generator would make of the functions here, but for the last bits.
func TestTables(t *testing.T) {
	exp := distuv.Exponential{Rate: 1}
	for i, v := range lnTable {
		if want := exp.Quantile(0.5 - float64(i)/512); math.Abs(math.Ldexp(float64(v), -fixedBits)-want) > 1e-14 {
			t.Errorf("lnTable[%d] is %#x, want %v", i, v, want)
		}
	}
	for i, v := range normalTable {
		p := math.Ldexp(1-float64(i%64)/128, -(i/64 + 1))
		if got := distuv.UnitNormal.CDF(-math.Ldexp(float64(v), -fixedBits)); math.Abs(got/p-1) > 1e-10 {
			t.Errorf("normalTable[%d] is %#x: probability %v, want %v", i, v, got, p)
		}
	}
	for i, v := range exp2Table {
		if want := math.Pow(2, float64(i)/256); math.Abs(math.Ldexp(float64(v), -62)-want) > 1e-14 {
			t.Errorf("exp2Table[%d] is %#x, want %v", i, v, want)
		}
	}
}

func TestDistributionsAtTheLimits(t *testing.T) {
	const most = time.Duration(math.MaxInt64)
	for _, c := range []struct {
		name string
		v    uint64 // draw
		draw func(*Stream) time.Duration
		want time.Duration
	}{
		{"exponential of no mean", 1 << 60, func(s *Stream) time.Duration { return s.Exponential(0) }, 0},
		{"exponential at the start", 0, func(s *Stream) time.Duration { return s.Exponential(time.Second) }, 0},
		{"exponential at the end", math.MaxUint64, func(s *Stream) time.Duration { return s.Exponential(time.Second) }, 44_361_419_556},
		{"exponential too long", math.MaxUint64, func(s *Stream) time.Duration { return s.Exponential(most) }, most},
		{"normal of no deviation", 1, func(s *Stream) time.Duration { return s.Normal(5, 0) }, 5},
		{"normal at the start", 0, func(s *Stream) time.Duration { return s.Normal(0, time.Second) }, -7_143_552_034},
		{"normal at the end", math.MaxUint64, func(s *Stream) time.Duration { return s.Normal(0, time.Second) }, 7_143_552_034},
		{"normal too long", math.MaxUint64, func(s *Stream) time.Duration { return s.Normal(most, time.Second) }, most},
		{"normal too short", 0, func(s *Stream) time.Duration { return s.Normal(-most, most) }, math.MinInt64},
		{"log-normal of no deviation", 77, func(s *Stream) time.Duration { return s.LogNormal(time.Second, 0) }, time.Second},
		{"log-normal too long", math.MaxUint64, func(s *Stream) time.Duration { return s.LogNormal(time.Second, 1e12) }, most},
		{"log-normal too short", 0, func(s *Stream) time.Duration { return s.LogNormal(time.Second, 1e12) }, 0},
		{"pareto at the start", 0, func(s *Stream) time.Duration { return s.Pareto(time.Second, 1e9) }, time.Second},
		{"pareto too long", math.MaxUint64, func(s *Stream) time.Duration { return s.Pareto(time.Second, 1) }, most},
		{"pareto, alpha beyond reason", 1 << 63, func(s *Stream) time.Duration { return s.Pareto(time.Second, 1<<62) }, time.Second},
		{"uniform over one value", 1 << 63, func(s *Stream) time.Duration { return s.Uniform(3, 3) }, 3},
		{"uniform at the end", math.MaxUint64, func(s *Stream) time.Duration { return s.Uniform(-3, 3) }, 3},
		{"uniform at the start", 0, func(s *Stream) time.Duration { return s.Uniform(-3, 3) }, -3},
		{"uniform over everything", 0, func(s *Stream) time.Duration { return s.Uniform(math.MinInt64, most) }, math.MinInt64},
	} {
		s := streamThatDraws(c.v)
		if got := c.draw(&s); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
		if s.n != 1 {
			t.Errorf("%s: drew %d times", c.name, s.n)
		}
	}
}
