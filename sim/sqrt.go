package sim

import "math/bits"

// Sqrt returns the root of x, rounded down: by Newton's method in integers, the same on every machine.
func Sqrt(x uint64) uint64 {
	if x == 0 {
		return 0
	}
	r := uint64(1) << ((bits.Len64(x) + 1) / 2) // not less than the root
	for {
		next := (r + x/r) / 2
		if next >= r {
			return r
		}
		r = next
	}
}
