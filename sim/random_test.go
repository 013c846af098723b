package sim

import (
	"fmt"
	"testing"
	"time"
)

// The first draws of a stream never change: every golden run depends on them.
func TestFirstDraws(t *testing.T) {
	k := New(Config{Seed: 1})
	s := k.Rand("golden")
	got := fmt.Sprintf("%x %x %d %v %v %v %v %v %v %v", s.Uint64(), s.Uint64(), s.Below(1000), s.Happens(500_000_000),
		s.Uniform(0, time.Second), s.Exponential(time.Second), s.Normal(time.Second, time.Second),
		s.Normal(time.Second, time.Second), s.LogNormal(time.Second, 500_000_000), s.Pareto(time.Second, 2_000_000_000))
	const want = "7fdf5abe55823e05 9d2f449c6c9fe881 705 true 153.518173ms 43.399409ms -208.922906ms -46.054856ms 858.803012ms 2.506465505s"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if fp := k.Fingerprint().Sum(FpDraw); fp != 0xad8a050725dfcc13 {
		t.Errorf("fingerprint of the draws %#x", fp)
	}
}

func TestStreamsAreIndependentOfEachOther(t *testing.T) {
	first := func(seed uint64, names ...string) uint64 {
		k := New(Config{Seed: seed})
		var s Stream
		for _, n := range names {
			s = k.Rand(n)
			s.Uint64()
		}
		return s.Uint64()
	}
	if first(1, "a") != first(1, "b", "c", "a") {
		t.Error("other streams shift a stream's draws")
	}
	if first(1, "a") == first(1, "b") || first(1, "a") == first(2, "a") || first(1, "ab") == first(1, "ba") {
		t.Error("streams of different names or seeds are equal")
	}
}

func TestHappens(t *testing.T) {
	s := New(Config{}).Rand("p")
	n := 0
	for range 1_000_000 {
		if s.Happens(10_000_000) {
			n++
		}
		if s.Happens(0) || !s.Happens(Certain) {
			t.Fatal("neither never nor always")
		}
	}
	if n < 9500 || n > 10500 { // five standard deviations
		t.Errorf("%d of a million, want 10000", n)
	}
}

func TestFingerprint(t *testing.T) {
	var f Fingerprint
	for i := range uint64(100) {
		f.Mix(Ingredient(i%uint64(NumIngredients)), i*i)
	}
	if got := f.String(); got != "492c0ab8d8226255" {
		t.Errorf("fingerprint %s", got)
	}
	for i, p := range f.Parts() {
		if p.Name != Ingredient(i).String() || p.Sum != f.Sum(Ingredient(i)) {
			t.Errorf("part %d is %v", i, p)
		}
	}
	seen := map[string]string{}
	for name, facts := range map[string][]uint64{
		"nothing": {}, "0": {0}, "1": {1}, "1,0": {1, 0}, "0,1": {0, 1}, "1,2": {1, 2}, "2,1": {2, 1}, "high bit": {1 << 63}, "low bit after": {1 << 63, 1},
	} {
		var f Fingerprint
		for _, v := range facts {
			f.Mix(FpKPI, v)
		}
		if other, twice := seen[f.String()]; twice {
			t.Errorf("%q and %q have equal fingerprints", name, other)
		}
		seen[f.String()] = name
	}
}
