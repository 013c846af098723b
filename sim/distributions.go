package sim

import (
	"math"
	"math/bits"
	"time"
)

//go:generate go run gen.go

// Every sample is read off the distribution's quantile function at one draw, in integers: bigger draws never give
// smaller samples, changing a parameter changes no other draw, and the result is the same on every machine. Between the
// table's points the function is taken as linear; the points are spaced evenly within each halving of the tail's
// probability, so that the tails are as good as the middle.

const (
	fixedBits  = 48                 // of fractions in lnTable and normalTable
	ln2        = 0xb17217f7d1cf     // in these units
	log2e      = 0xb8aa3b295c17f0bc // in units of 2^-63
	perBillion = 1_000_000_000
)

// Uniform returns a duration from lo to hi, both included, all equally likely. lo must not be greater than hi.
func (s *Stream) Uniform(lo, hi time.Duration) time.Duration {
	if lo > hi {
		panic("sim: Uniform with lo > hi")
	}
	return lo + time.Duration(s.Below(uint64(hi-lo)+1))
}

// Exponential returns a duration of the exponential distribution with the given mean, which must not be negative.
// Samples reach 44 means, the tail beyond which has a probability of 2^-64.
func (s *Stream) Exponential(mean time.Duration) time.Duration {
	return scale(mean, s.exponential(), fixedBits)
}

// Normal returns a duration of the normal distribution with the given mean and standard deviation, which must not be
// negative. The sample may be negative. Samples reach 7.1 standard deviations either way, the tail beyond which has a
// probability of 2^-41.
func (s *Stream) Normal(mean, sd time.Duration) time.Duration {
	x, negative := s.normal()
	d := scale(sd, x, fixedBits)
	switch {
	case negative && mean < math.MinInt64+d:
		return math.MinInt64
	case negative:
		return mean - d
	case mean > math.MaxInt64-d:
		return math.MaxInt64
	default:
		return mean + d
	}
}

// LogNormal returns a duration whose logarithm is of the normal distribution. Half of the samples are below median;
// sigma is the logarithm's standard deviation in parts per billion, 0 to 1e12. The mean is median*exp(sigma²/2).
func (s *Stream) LogNormal(median time.Duration, sigma uint64) time.Duration {
	x, negative := s.normal()
	y := int64(mulDiv(toLog2(x), sigma, perBillion))
	if negative {
		y = -y
	}
	return scaleExp2(median, y)
}

// Pareto returns a duration of the Pareto distribution: greater than d with probability (least/d)^alpha for every d
// from least on. alpha is in parts per billion, at least 1; below 1e9 the mean is infinite. Samples stop at the longest
// duration.
func (s *Stream) Pareto(least time.Duration, alpha uint64) time.Duration {
	return scaleExp2(least, int64(mulDiv(toLog2(s.exponential()), perBillion, alpha)))
}

// exponential returns a sample of mean 1, in units of 2^-fixedBits: -ln(p) for a probability p of 64 bits.
func (s *Stream) exponential() uint64 {
	p := max(^s.Uint64(), 1)
	halvings := bits.LeadingZeros64(p)
	p <<= halvings
	i := p << 1 >> 56 // the 8 bits after the leading one, and the rest as a fraction
	down, _ := bits.Mul64(lnTable[i]-lnTable[i+1], p<<9)
	return uint64(halvings)*ln2 + lnTable[i] - down
}

// normal returns a sample of mean 0 and standard deviation 1 as size, in units of 2^-fixedBits, and sign.
func (s *Stream) normal() (size uint64, negative bool) {
	return normalAt(s.Uint64())
}

// normalAt returns the quantile at p, in 2^-64.
func normalAt(p uint64) (size uint64, negative bool) {
	if negative = p>>63 == 0; !negative {
		p = ^p
	}
	halvings := bits.LeadingZeros64(p) - 1 // p is less than 1/2
	if halvings >= len(normalTable)/64 {
		return normalTable[len(normalTable)-1], negative
	}
	p <<= halvings + 1
	j := halvings*64 + 63 - int(p<<1>>58) // towards the tail
	down, _ := bits.Mul64(normalTable[j+1]-normalTable[j], p<<7)
	return normalTable[j+1] - down, negative
}

// toLog2 makes of x, in units of 2^-fixedBits, x/ln(2).
func toLog2(x uint64) uint64 {
	hi, lo := bits.Mul64(x, log2e)
	return hi<<1 | lo>>63
}

// mulDiv returns x*y/z, or the largest int64 where that is less.
func mulDiv(x, y, z uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	if hi >= z {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, z)
	return min(q, math.MaxInt64)
}

// scale returns d*x/2^shift, rounded, or the longest duration where that is less. d must not be negative.
func scale(d time.Duration, x uint64, shift uint) time.Duration {
	if d < 0 {
		panic("sim: distribution with a negative parameter")
	}
	if shift > 127 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(d), x) // at most 2^127 - 2^64, so that rounding cannot overflow
	switch {
	case shift == 0:
	case shift < 64:
		var carry uint64
		lo, carry = bits.Add64(lo, 1<<(shift-1), 0)
		hi += carry
		lo, hi = lo>>shift|hi<<(64-shift), hi>>shift
	case shift == 64:
		lo, hi = hi+lo>>63, 0
	default:
		lo, hi = (hi+1<<(shift-65))>>(shift-64), 0
	}
	if hi != 0 || lo > math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(lo)
}

// scaleExp2 returns d*2^y, y in units of 2^-fixedBits.
func scaleExp2(d time.Duration, y int64) time.Duration {
	const one = 62 // bits of fractions in exp2Table
	whole := y >> fixedBits
	if whole > one {
		if d == 0 {
			return 0
		}
		return math.MaxInt64
	}
	fraction := uint64(y) << (64 - fixedBits)
	i := fraction >> 56
	up, _ := bits.Mul64(exp2Table[i+1]-exp2Table[i], fraction<<8)
	return scale(d, exp2Table[i]+up, uint(one-whole))
}
