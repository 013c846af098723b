package sim

import "math/bits"

// Prob is a probability in parts per billion, 0 to 1e9. Integer, so that a comparison has one result everywhere.
type Prob uint32

// Certain is the probability of one.
const Certain Prob = 1e9

// Stream is a named sequence of random numbers: draw n of a stream is a function of the run's seed, the stream's name
// and n alone, so that adding an entity never shifts another's numbers. A copy goes on from where it was made: keep one.
type Stream struct {
	key uint64
	n   uint64
	fp  *Fingerprint
}

// Rand returns the stream of the given name, at its first number.
func (k *Kernel) Rand(name string) Stream {
	h := k.cfg.Seed ^ 0x6a09e667f3bcc909
	for i := range len(name) {
		h = mix64(h ^ uint64(name[i]))
	}
	return Stream{key: mix64(h), fp: k.fp}
}

func mix64(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Uint64 returns the next 64 bits.
func (s *Stream) Uint64() uint64 {
	s.n++
	v := mix64(s.key + s.n*0x9e3779b97f4a7c15)
	if s.fp != nil {
		s.fp.Mix(FpDraw, v)
	}
	return v
}

// Below returns a number from 0 to n-1, n at least 1.
func (s *Stream) Below(n uint64) uint64 {
	hi, _ := bits.Mul64(s.Uint64(), n) // bias below n/2^64
	return hi
}

// Happens reports whether an event of probability p takes place. It draws once whatever p is.
func (s *Stream) Happens(p Prob) bool { return s.Below(uint64(Certain)) < uint64(p) }
