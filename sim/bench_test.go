package sim

import (
	"fmt"
	"testing"
	"time"
)

// The hold model over mixes and numbers of pending events. Compare within one run only; kernelbench prints ratios from
// interleaved rounds.
func BenchmarkHold(b *testing.B) {
	for mix := range NumMixes {
		for _, pending := range []int{100, 10_000, 1_000_000} {
			for engine := range NumEngines {
				b.Run(fmt.Sprintf("%s/%d/%s", mix, pending, engine), func(b *testing.B) {
					h := NewHold(mix, pending, engine)
					h.Step(2 * pending)
					b.ReportAllocs()
					b.ResetTimer()
					h.Step(b.N)
				})
			}
		}
	}
}

func BenchmarkRandom(b *testing.B) {
	s := New(Config{}).Rand("bench")
	for _, c := range []struct {
		name string
		draw func() time.Duration
	}{
		{"bits", func() time.Duration { return time.Duration(s.Uint64()) }},
		{"uniform", func() time.Duration { return s.Uniform(0, time.Second) }},
		{"exponential", func() time.Duration { return s.Exponential(time.Second) }},
		{"normal", func() time.Duration { return s.Normal(time.Second, time.Second) }},
		{"log-normal", func() time.Duration { return s.LogNormal(time.Second, 1e9) }},
		{"pareto", func() time.Duration { return s.Pareto(time.Second, 2e9) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				c.draw()
			}
		})
	}
}

func BenchmarkFingerprint(b *testing.B) {
	var f Fingerprint
	b.Run("one ingredient", func(b *testing.B) {
		for i := range b.N {
			f.Mix(FpTime, uint64(i))
		}
	})
	b.Run("three in turn", func(b *testing.B) {
		for i := range b.N {
			f.Mix(FpTime, uint64(i))
			f.Mix(FpNode, uint64(i))
			f.Mix(FpPacket, uint64(i))
		}
	})
}
