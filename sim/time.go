package sim

import (
	"math"
	"strconv"
	"time"
)

// Time is an instant of virtual time: nanoseconds since the start of the run, never negative.
type Time int64

// Never is later than every instant a run can reach; a deadline of Never is not armed.
const Never Time = math.MaxInt64

// Epoch is what clocks on the wall show at virtual time zero, in seconds since 1970: 2026-01-01T00:00:00Z. Captures, stamps
// in messages and the validity of certificates all go by it.
const Epoch = 1767225600

// Wall returns what a clock on the wall shows at t, in UTC.
func (t Time) Wall() time.Time { return time.Unix(Epoch, int64(t)).UTC() }

// Add returns the instant d after t. It saturates at Never, so that Never plus anything stays Never.
func (t Time) Add(d time.Duration) Time {
	if t == Never || (d > 0 && Time(d) > Never-t) {
		return Never
	}
	return t + Time(d)
}

// Sub returns the interval from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// String prints t in seconds with all nine decimals, so that nothing is hidden by rounding.
func (t Time) String() string {
	if t == Never {
		return "never"
	}
	s := strconv.FormatInt(int64(t)/1e9, 10)
	f := strconv.FormatInt(int64(t)%1e9, 10)
	for len(f) < 9 {
		f = "0" + f
	}
	return s + "." + f + "s"
}
