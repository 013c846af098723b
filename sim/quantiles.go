package sim

import (
	"errors"
	"fmt"
	"math/bits"
	"time"
)

// Gaussian returns a standard normal variable in units of 2^-32.
func (s *Stream) Gaussian() int64 {
	return signed(s.normal())
}

// NormalQuantile returns the standard normal variable, in units of 2^-32, at a quantile in units of 2^-64.
func NormalQuantile(u uint64) int64 { return signed(normalAt(u)) }

func signed(x uint64, negative bool) int64 {
	if z := int64(x >> (fixedBits - 32)); negative {
		return -z
	} else {
		return z
	}
}

// NormalCDF returns the probability, in units of 2^-64, that a standard normal variable is at most z, which is in units
// of 2^-32. It is the inverse of the function that samples are read from.
func NormalCDF(z int64) uint64 {
	size := uint64(max(z, -z)) << (fixedBits - 32)
	lo, hi := 0, len(normalTable)-1
	if size >= normalTable[hi] {
		lo = hi - 1
		size = normalTable[hi]
	}
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; normalTable[mid] <= size {
			lo = mid
		} else {
			hi = mid
		}
	}
	// The probability of the tail is 2^-(k+1) * (1 - j/128) at the point below and one step of 2^-(k+1)/128 less above.
	k, j := lo/64, lo%64
	step := uint64(1) << 63 >> k >> 7
	part := mulDiv(step, size-normalTable[lo], normalTable[lo+1]-normalTable[lo])
	tail := step*uint64(128-j) - part
	if z < 0 {
		return tail
	}
	return -max(tail, 1)
}

// Decay returns exp(-elapsed/tau) in units of 2^-32, 0 to 2^32. tau must be positive, elapsed not negative.
func Decay(elapsed, tau time.Duration) uint64 {
	x := mulDiv(uint64(elapsed), 1<<fixedBits, uint64(tau))
	if x >= 40<<fixedBits {
		return 0
	}
	return uint64(scaleExp2(1<<32, -int64(toLog2(x))))
}

// ParetoExcess returns (1-u)^(-1/alpha), the quantile of a Pareto distribution whose least value is 1, in units of
// 2^-32, for u in units of 2^-64 and a whole alpha.
func ParetoExcess(u uint64, alpha uint64) int64 {
	return int64(scaleExp2(1<<32, int64(halvings(^u)/alpha)))
}

// halvings returns -log2(p/2^64) in units of 2^-fixedBits; of 0 as of 1.
func halvings(p uint64) uint64 {
	p = max(p, 1)
	n := bits.LeadingZeros64(p)
	p <<= n
	i := p << 1 >> 56
	down, _ := bits.Mul64(lnTable[i]-lnTable[i+1], p<<9)
	return uint64(n)<<fixedBits + toLog2(lnTable[i]-down)
}

// Quantile is a point of a distribution: the share of samples that is at most Value.
type Quantile struct {
	P     Prob
	Value time.Duration
}

// Quantiles is a distribution of durations given by points. Between two points the logarithm of the value is linear in
// the logarithm of the share that is greater, which keeps the tail heavy where the points say so; beyond the last point
// samples have its value.
type Quantiles struct {
	points []quantile
	median time.Duration
}

type quantile struct {
	at    uint64 // -log2(1-P), in units of 2^-fixedBits
	value time.Duration
	log   uint64 // log2(next value / value), in the same units
}

// NewQuantiles makes a distribution from points, of which the first has a share of zero. Shares and values must rise,
// shares strictly and below one; values must be positive.
func NewQuantiles(points []Quantile) (*Quantiles, error) {
	if len(points) < 2 || points[0].P != 0 {
		return nil, errors.New("quantiles: at least two, the first of them the least value (a share of 0)")
	}
	q := &Quantiles{points: make([]quantile, len(points))}
	for i, p := range points {
		if p.Value <= 0 || p.P >= Certain {
			return nil, fmt.Errorf("quantile %d: a positive value at a share below one is needed", i)
		}
		if i > 0 && (p.P <= points[i-1].P || p.Value < points[i-1].Value) {
			return nil, fmt.Errorf("quantile %d: shares and values must rise", i)
		}
		above, _ := bits.Div64(uint64(Certain-p.P), 0, uint64(Certain)+1) // (1-P) * 2^64, a trifle less
		q.points[i] = quantile{at: halvings(above), value: p.Value}
		if i == 0 {
			q.points[0].at = 0
		} else {
			q.points[i-1].log = halvings(uint64(points[i-1].Value)) - halvings(uint64(p.Value))
		}
	}
	q.median = q.At(1 << 63)
	return q, nil
}

// At returns the value that a share u of samples, in units of 2^-64, does not exceed.
func (q *Quantiles) At(u uint64) time.Duration {
	x, last := halvings(^u), len(q.points)-1
	for i := range last {
		p, next := &q.points[i], q.points[i+1].at
		if x < next {
			return scaleExp2(p.value, int64(mulDiv(p.log, x-min(x, p.at), next-p.at)))
		}
	}
	return q.points[last].value
}

// Median returns the value that half of the samples do not exceed.
func (q *Quantiles) Median() time.Duration { return q.median }
