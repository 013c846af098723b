package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is a mean and how far it can be trusted.
type Interval struct {
	N         int
	Mean, Std float64 // Std is the sample's standard deviation, NaN of fewer than two
	Half      float64 // half-width of the confidence interval; +Inf of fewer than two
}

// Low returns the interval's lower end.
func (i Interval) Low() float64 { return i.Mean - i.Half }

// High returns the interval's upper end.
func (i Interval) High() float64 { return i.Mean + i.Half }

// Relative returns the half-width by the mean's size: 0 of an exact mean, +Inf of one that may be nothing.
func (i Interval) Relative() float64 {
	if i.Half == 0 {
		return 0
	}
	return i.Half / math.Abs(i.Mean)
}

// Mean returns the mean of independent values and its interval by Student's t. confidence is between 0 and 1, for instance
// 0.95. Without values, everything is NaN but the half-width.
func Mean(x []float64, confidence float64) Interval {
	i := Interval{N: len(x), Mean: math.NaN(), Std: math.NaN(), Half: math.Inf(1)}
	switch {
	case len(x) == 1:
		i.Mean = x[0]
	case len(x) > 1:
		i.Mean, i.Std = stat.MeanStdDev(x, nil)
		i.Half = 0
		if i.Std > 0 {
			t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(len(x) - 1)}
			i.Half = t.Quantile(1-(1-confidence)/2) * i.Std / math.Sqrt(float64(len(x)))
		}
	}
	return i
}

// Proportion returns the share of successes and its interval by Wilson's score.
func Proportion(successes, n int, confidence float64) (share, low, high float64) {
	if n == 0 {
		return math.NaN(), 0, 1
	}
	z := distuv.UnitNormal.Quantile(1 - (1-confidence)/2)
	p, m := float64(successes)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return p, max(0, centre-half), min(1, centre+half)
}

// Quantile returns the p-quantile of sorted values, interpolated between order statistics: type 7 of Hyndman and Fan, as R
// and NumPy do. Without values it is NaN.
func Quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	h := float64(len(sorted)-1) * p
	i := int(h)
	if i >= len(sorted)-1 {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (h-float64(i))*(sorted[i+1]-sorted[i])
}

// QuantileInterval returns an interval for the p-quantile of independent sorted values that assumes no distribution: two of
// the values themselves, with at most half of what confidence leaves on either side (H. A. David, "Order Statistics", §7.1).
// Where there are too few values for one, an end is infinite.
func QuantileInterval(sorted []float64, p, confidence float64) (low, high float64) {
	n := len(sorted)
	b := distuv.Binomial{N: float64(n), P: p}
	tail := (1 - confidence) / 2
	low, high = math.Inf(-1), math.Inf(1)
	// The i-th value, from 1, is above the quantile with probability P(B < i).
	for i := n; i >= 1; i-- {
		if b.CDF(float64(i-1)) <= tail {
			low = sorted[i-1]
			break
		}
	}
	for i := 1; i <= n; i++ {
		if 1-b.CDF(float64(i-1)) <= tail {
			high = sorted[i-1]
			break
		}
	}
	return low, high
}

// Band returns the half-width of the band around an empirical distribution function of n independent values within which the
// true one lies throughout with the given confidence (Dvoretzky, Kiefer, Wolfowitz; constant of Massart).
func Band(n int, confidence float64) float64 {
	return math.Sqrt(math.Log(2/(1-confidence)) / (2 * float64(n)))
}
