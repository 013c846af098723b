package netem

import (
	"testing"

	"imsim/sim"
)

// TestTimeWaitsInOrder: expiries come up in the order of their instants, whether they were pushed in it or not.
func TestTimeWaitsInOrder(t *testing.T) {
	var w timeWaits
	var k sim.Stream
	left := map[uint32]sim.Time{}
	now, next := sim.Time(0), uint32(0)
	for range 20_000 {
		now += sim.Time(k.Below(20))
		for range k.Below(4) {
			at := now + 1000
			if k.Below(5) == 0 { // a host with TIME-WAITs of another length
				at = now + 1 + sim.Time(k.Below(1000))
			}
			next++
			left[next] = at
			w.push(expiry{at: at, index: next})
		}
		first := sim.Never
		for _, at := range left {
			first = min(first, at)
		}
		if got := w.deadline(); got != first {
			t.Fatalf("deadline %v, want %v", got, first)
		}
		for last := sim.Time(0); ; {
			e, ok := w.due(now)
			if !ok {
				break
			}
			if left[e.index] != e.at || e.at < last || e.at > now {
				t.Fatalf("at %v: expiry %v of %d after one of %v, want %v", now, e.at, e.index, last, left[e.index])
			}
			last = e.at
			delete(left, e.index)
		}
		for i, at := range left {
			if at <= now {
				t.Fatalf("at %v: the expiry of %d at %v has not come up", now, i, at)
			}
		}
	}
}
