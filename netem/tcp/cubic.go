package tcp

import (
	"math/bits"
	"time"

	"imsim/sim"
)

// cubic is the window of CUBIC (RFC 9438) in integers: octets, and time in units of 2^-12 s. Slow start is reno's.
type cubic struct {
	max    uint32   // W_max
	prior  uint32   // cwnd_prior
	k      int64    // K, in units
	epoch  sim.Time // beginning of the avoidance stage
	last   sim.Time // of the last acknowledgement
	west   uint64   // W_est in 1/256 octet
	carry  uint64   // of the growth, in 1/256 octet
	inside bool     // an avoidance stage has begun
	flat   bool     // the last event was a timeout (RFC 9438 §4.8)
}

const (
	cubicUnit  = 12      // time in 2^-12 s
	cubicLimit = 1 << 20 // 256 s: beyond that the function is of no use
	cubicTop   = 1 << 30 // octets
)

// cubeRoot returns the largest integer whose cube is no larger than x.
func cubeRoot(x uint64) uint64 {
	y := uint64(0)
	for s := 63; s >= 0; s -= 3 {
		y *= 2
		if b := 3*y*(y+1) + 1; x>>uint(s) >= b {
			x -= b << uint(s)
			y++
		}
	}
	return y
}

// cubicK is K = ∛((W_max − cwnd)/C) of RFC 9438 §4.2, with C = 0.4 segments/s³.
func cubicK(max, cwnd, mss uint32) int64 {
	if cwnd >= max {
		return 0
	}
	hi, lo := bits.Mul64(uint64(max-cwnd)*5, 1<<(3*cubicUnit))
	if d := 2 * uint64(mss); hi < d {
		q, _ := bits.Div64(hi, lo, d)
		return int64(cubeRoot(q))
	}
	return cubicLimit
}

// cubicWindow is W_cubic(t) of RFC 9438 §4.2 in octets.
func cubicWindow(t, k int64, max, mss uint32) uint32 {
	d := t - k
	below := d < 0
	if below {
		d = -d
	}
	u := uint64(min(d, cubicLimit))
	hi, lo := bits.Mul64(u*u*u, 2*uint64(mss))
	w := (hi<<(64-3*cubicUnit) | lo>>(3*cubicUnit)) / 5
	if below {
		return uint32(uint64(max) - min(w, uint64(max)))
	}
	return uint32(min(uint64(max)+w, cubicTop))
}

// units converts a length of time.
func units(d time.Duration) int64 {
	return int64(min(uint64(d), 300*uint64(time.Second)) << cubicUnit / uint64(time.Second))
}

// acked grows the window in congestion avoidance for n octets acknowledged (RFC 9438 §4.3–4.5).
func (u *cubic) acked(r *reno, now sim.Time, srtt time.Duration, n, mss uint32) {
	if !u.inside {
		u.inside, u.epoch, u.carry = true, now, 0
		u.west = uint64(r.cwnd) << 8
		if u.flat || u.max == 0 {
			u.max = r.cwnd // RFC 9438 §4.8, §4.10: K is 0 and W_max is cwnd
		}
		u.flat = false
		u.k = cubicK(u.max, r.cwnd, mss)
	}
	n = min(n, 2*mss)
	if grow := uint64(n) << 8 * uint64(mss) / uint64(r.cwnd); u.west>>8 < uint64(u.prior) { // α = 9/17: 3·(1−β)/(1+β) with β = 7/10
		u.west += grow * 9 / 17 // RFC 9438 §4.3
	} else {
		u.west += grow // once the window of before is reached, α is 1
	}
	u.west = min(u.west, cubicTop<<8)
	t := units(now.Sub(u.epoch))
	if west := uint32(u.west >> 8); cubicWindow(t, u.k, u.max, mss) < west {
		r.cwnd = max(r.cwnd, west) // RFC 9438 §4.3: the Reno-friendly region
		return
	}
	// RFC 9438 §4.2: the target is a round trip ahead, between cwnd and 1.5 cwnd.
	target := min(max(cubicWindow(t+units(srtt), u.k, u.max, mss), r.cwnd), r.cwnd+r.cwnd/2)
	u.carry += uint64(target-r.cwnd) << 8 * uint64(n) / uint64(r.cwnd)
	r.cwnd += uint32(u.carry >> 8)
	u.carry &= 255
}

// reduce is a congestion event with flight octets under way (RFC 9438 §4.6, §4.7).
func (u *cubic) reduce(r *reno, flight, mss uint32) {
	w := r.cwnd
	u.prior = w
	if w < u.max {
		w = uint32(uint64(w) * 17 / 20) // fast convergence: (1+β)/2
	}
	u.max, u.inside = w, false
	r.ssthresh = max(uint32(uint64(flight)*7/10), 2*mss)
}
