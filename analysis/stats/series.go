package stats

import "math"

// MSER5 returns how many values at the start of a series to leave out, for its mean to be that of the steady state: the
// number, a multiple of five up to half of the series, that makes the standard error of the mean of what is left the smallest
// (K. P. White, M. J. Cobb, S. C. Spratt, "A comparison of five steady-state truncation heuristics", WSC 2000). ok is false
// where that is the half: the series is too short to tell its start from the rest.
func MSER5(x []float64) (skip int, ok bool) {
	const batch = 5
	n := len(x) / batch
	means := make([]float64, n)
	for i := range means {
		for _, v := range x[i*batch : (i+1)*batch] {
			means[i] += v / batch
		}
	}
	// From the end, so that sums grow: the mean and the sum of squares around it of means[d:] (Welford).
	best, at := math.Inf(1), 0
	var mean, squares float64
	for d := n - 1; d >= 0; d-- {
		k := float64(n - d)
		delta := means[d] - mean
		mean += delta / k
		squares += delta * (means[d] - mean)
		if d <= n/2 {
			if m := squares / (k * k); m <= best {
				best, at = m, d
			}
		}
	}
	return at * batch, at < n/2 || n < 2
}

// Batches cuts a series into a number of batches of equal length, what is over left out at the start, and returns their means.
// Without a value for each batch there are none.
func Batches(x []float64, batches int) []float64 {
	size := len(x) / batches
	if size == 0 {
		return nil
	}
	x = x[len(x)-size*batches:]
	means := make([]float64, batches)
	for i := range means {
		for _, v := range x[i*size : (i+1)*size] {
			means[i] += v
		}
		means[i] /= float64(size)
	}
	return means
}

// Lag1 returns the correlation of a series with itself, one place on. Batches whose means have more than about 0.2 are too
// short for them to count as independent.
func Lag1(x []float64) float64 {
	var mean, cross, squares float64
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for i, v := range x {
		squares += (v - mean) * (v - mean)
		if i > 0 {
			cross += (v - mean) * (x[i-1] - mean)
		}
	}
	if squares == 0 {
		return 0
	}
	return cross / squares
}
