package prefetch

import "testing"

// TestSpan: the lines asked for are those that the thing lies in, neither fewer nor more.
func TestSpan(t *testing.T) {
	for _, c := range []struct{ at, size, first, n uintptr }{
		{0, 1, 0, 1}, {64, 64, 64, 1}, {64, 65, 64, 2}, {127, 1, 64, 1}, {127, 2, 64, 2}, {40, 24, 0, 1}, {40, 25, 0, 2}, {512, 512, 512, 8}, {520, 512, 512, 9},
	} {
		if first, n := span(c.at, c.size); first != c.first || n != c.n {
			t.Errorf("%d octets at %d: %d lines from %d, want %d from %d", c.size, c.at, n, first, c.n, c.first)
		}
	}
}

// TestAnywhere: no address faults, not even none, and the memory stays as it is.
func TestAnywhere(t *testing.T) {
	Of[[4096]byte](nil)
	First[int](nil)
	x := [300]byte{1, 2, 3}
	Of(&x)
	First(&x)
	if x != [300]byte{1, 2, 3} {
		t.Error("the memory has changed")
	}
	if n := testing.AllocsPerRun(100, func() { Of(&x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkOf(b *testing.B) {
	var x [512]byte
	for b.Loop() {
		Of(&x)
	}
}
