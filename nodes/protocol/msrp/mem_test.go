package msrp

import (
	"runtime"
	"testing"

	"imsim/sim"
)

// BenchmarkLive reports the heap that one idle session takes at both ends together, after its binding SEND.
func BenchmarkLive(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	pairs := make([]*pair, 0, b.N)
	for range b.N {
		p := newPair(nil, Config{}, Config{})
		p.a.Bind(0, sim.Cause{}, p.sa)
		for busy := true; busy; {
			busy = shuttle(p.a, p.b) || shuttle(p.b, p.a)
		}
		pairs = append(pairs, p)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(b.N), "B/session")
	runtime.KeepAlive(pairs)
}
