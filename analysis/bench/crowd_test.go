package bench

import (
	"slices"
	"testing"

	"imsim/sim/kernelbench"
)

// TestCrowd holds the growth of an event's cost and an idle connection's memory to bounds, at a smaller number than the
// million of `simulate bench`. A cost that grew with the number of connections would be 20 times as high; the bound
// leaves room for caches that others use. What disturbs a round makes it longer, so the shortest ones are compared.
func TestCrowd(t *testing.T) {
	const many, exchanges, rounds, bound = 20_000, 20_000, 7, 8
	few, err := newCrowd(1000)
	if err != nil {
		t.Fatal(err)
	}
	before := heap()
	c, err := newCrowd(many)
	if err != nil {
		t.Fatal(err)
	}
	per := (heap() - before) / many
	play := func(all *[]float64, c *crowd) {
		begin := kernelbench.CPUTime()
		events, err := c.step(exchanges)
		if err != nil {
			t.Fatal(err)
		}
		*all = append(*all, float64(kernelbench.CPUTime()-begin)/float64(events))
	}
	var less, more []float64
	for range rounds {
		play(&less, few)
		play(&more, c)
	}
	a, b := slices.Min(less), slices.Min(more)
	t.Logf("an event among 1000: %.0f ns, among %d: %.0f ns, ratio %.2f; %d octets an idle connection", a, many, b, b/a, per)
	if b > bound*a {
		t.Errorf("an event costs %.2f times as much among %d connections as among 1000, more than %d", b/a, many, bound)
	}
	if per > 1500 {
		t.Errorf("an idle connection takes %d octets at both ends, more than 1500", per)
	}
}
