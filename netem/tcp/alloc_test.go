package tcp

import (
	"testing"
)

// TestLossAllocatesNothing has one data segment in a hundred lost, with every combination of SACK, RACK, PRR and CUBIC.
func TestLossAllocatesNothing(t *testing.T) {
	for n := range 12 {
		cfg := Config{Pool: &Pool{}}
		variant(n, &cfg)
		k := &bulk{cfg: cfg}
		k.connect()
		sent := 0
		k.lose = func() bool { sent++; return sent%100 == 0 }
		round := func() {
			for range 50 {
				k.exchange()
			}
		}
		for range 200 {
			round()
		}
		before := k.a.Stats()
		if n := testing.AllocsPerRun(200, round); n != 0 {
			t.Errorf("%+v: %v allocations in fifty segments", cfg, n)
		}
		after := k.a.Stats()
		if after.OctetsAcked-before.OctetsAcked < 1<<20 || after.Retransmissions == before.Retransmissions {
			t.Errorf("%+v: %d octets acknowledged, %d segments sent again", cfg, after.OctetsAcked-before.OctetsAcked, after.Retransmissions-before.Retransmissions)
		}
	}
}

// BenchmarkVariants measures a segment of a bulk transfer without loss.
func BenchmarkVariants(b *testing.B) {
	for n, name := range []string{"NewReno", "NewReno+SACK", "NewReno+RACK", 8: "CUBIC+RACK"} {
		if name == "" {
			continue
		}
		b.Run(name, func(b *testing.B) {
			k := &bulk{cfg: Config{Pool: &Pool{}}}
			variant(n, &k.cfg)
			k.connect()
			b.ReportAllocs()
			b.ResetTimer()
			for k.segments = 0; k.segments < b.N; {
				k.exchange()
			}
		})
	}
}
