package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Difference is what two versions of the same runs differ by, pair for pair.
type Difference struct {
	Interval         // of after minus before, as a share of the mean before
	P        float64 // of a difference as large where there is none (paired t test)
	Within   float64 // p of the larger of the two one-sided tests that the difference is within the margin
}

// Paired compares values of the same replications before and after: the same seeds, so that what they share cancels out.
// margin is what counts as no difference, as a share of the mean before, for instance 0.01.
func Paired(before, after []float64, margin, confidence float64) Difference {
	d := make([]float64, len(before))
	var scale float64
	for _, b := range before {
		scale += math.Abs(b) / float64(len(before))
	}
	for i := range d {
		if d[i] = after[i] - before[i]; d[i] != 0 {
			d[i] /= scale
		}
	}
	x := Difference{Interval: Mean(d, confidence), P: 1, Within: 1}
	switch {
	case x.N == 0:
		return x
	case x.N == 1 || x.Std == 0: // nothing is left to chance
		if x.Mean != 0 {
			x.P = 0
		}
		if math.Abs(x.Mean) <= margin {
			x.Within = 0
		}
		if x.N == 1 && x.Mean != 0 {
			x.P, x.Within = 1, 1
		}
		return x
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(x.N - 1)}
	se := x.Std / math.Sqrt(float64(x.N))
	x.P = 2 * t.CDF(-math.Abs(x.Mean)/se)
	x.Within = max(t.CDF((x.Mean-margin)/se), t.CDF(-(x.Mean+margin)/se))
	return x
}

// Holm adjusts the p-values of several tests so that with a threshold of α on each the chance of any false alarm is at most
// α (S. Holm, Scandinavian Journal of Statistics 6, 1979). The order stays that of p.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(p))
	least := 0.0
	for rank, i := range order {
		least = max(least, min(1, p[i]*float64(len(p)-rank)))
		out[i] = least
	}
	return out
}
