package netstack

import (
	"slices"
	"testing"
	"time"
)

// trace plays a transfer both ways with losses and returns its segments.
func trace(t *testing.T, seed uint64) []string {
	l := newLab(t, setting{
		a: "gvisor", b: "gvisor", cc: "cubic", rate: matrixRate, queue: matrixQueue, buffer: matrixBuffer,
		rtt: 50 * time.Millisecond, ppm: 10000, seed: seed,
	})
	r := record(l)
	l.listen(1)
	l.apps[0].send, l.apps[1].send = 500_000, 500_000
	l.dial(0, 0)
	l.run(5 * time.Second)
	if l.apps[0].got == 0 || l.apps[1].got == 0 {
		t.Fatal("nothing was transferred")
	}
	return r.lines
}

// TestRepeatable holds that the barrier leaves nothing to chance: two gVisor stacks send the same segments at the same
// instants in every run of a seed, while other runs go on beside.
func TestRepeatable(t *testing.T) {
	for seed := range uint64(4) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			first, again, other := trace(t, seed), trace(t, seed), trace(t, seed+100)
			if !slices.Equal(first, again) {
				t.Error("two runs of one seed differ")
			}
			if slices.Equal(first, other) {
				t.Error("two runs of different seeds are equal")
			}
		})
	}
}

// TestRenoDefect shows why gVisor's Reno is repaired before it is an oracle: as it is, at 1 % loss it goes well beyond the
// response function MSS/RTT·√(3/2p) of one acknowledgement a segment; repaired it keeps to it. If the first ceases to be so, the
// repair has to go.
func TestRenoDefect(t *testing.T) {
	const (
		rtt    = 50 * time.Millisecond
		length = 20 * time.Second
	)
	rate := func(asIs bool) (sum float64) {
		for seed := uint64(1); seed <= 2; seed++ {
			l := newLab(t, setting{
				a: "gvisor", b: "gvisor", cc: "reno", rate: matrixRate, queue: matrixQueue, buffer: matrixBuffer,
				rtt: rtt, ppm: 10000, seed: seed, asIs: asIs,
			})
			l.listen(1)
			l.apps[0].send = 1 << 40
			l.dial(0, 0)
			l.run(length)
			sum += float64(l.apps[1].got) * 8 / length.Seconds() / 2
		}
		return sum
	}
	want := 1420 * 8 / rtt.Seconds() * 12.247 // √150
	asIs, repaired := rate(true)/want, rate(false)/want
	t.Logf("response function %.0f kbit/s; as it is %.2f times that, repaired %.2f times", want/1000, asIs, repaired)
	if asIs < 1.6 {
		t.Error("gVisor's Reno is not what it was")
	}
	if repaired < 0.7 || repaired > 1.3 {
		t.Error("the repaired Reno does not keep to the response function")
	}
}
