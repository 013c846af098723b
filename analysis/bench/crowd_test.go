package bench

import "testing"

// TestCrowd holds the growth of an event's cost and an idle connection's memory to bounds, at a smaller number than the
// million of `simulate bench`. A cost that grew with the number of connections would be 20 times as high.
func TestCrowd(t *testing.T) {
	const many, exchanges = 20_000, 40_000
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
	ns, ratio, err := contest(5, func() (int, error) { return few.step(exchanges) }, func() (int, error) { return c.step(exchanges) })
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("an event among 1000: %.0f ns, among %d: %.0f ns, ratio %.2f; %d octets an idle connection", ns[0], many, ns[1], ratio[1], per)
	if ratio[1] > 4.5 {
		t.Errorf("an event costs %.2f times as much among %d connections as among 1000, more than 4.5", ratio[1], many)
	}
	if per > 3000 {
		t.Errorf("an idle connection takes %d octets at both ends, more than 3000", per)
	}
}
