package bench

import (
	"fmt"

	"imsim/sim"
	"imsim/sim/kernelbench"
)

// kernel measures events with network-like delays: take the next, schedule one.
func kernel(cfg Config, each func(Line)) error {
	rows := kernelbench.Hold(kernelbench.Config{
		Rounds: pick(cfg, 3, 9), Ops: pick(cfg, 200_000, 1_000_000), Mixes: []sim.Mix{sim.MixNetwork},
	})
	for i := 0; i+2 < len(rows); i += 3 {
		bare, k, heap := rows[i], rows[i+1], rows[i+2]
		each(Line{
			Group: "kernel: an event (take the next, schedule one)", What: bare.Group, Figure: nanoseconds(k.NsPer),
			Beside: fmt.Sprintf("%.2f × bare queue; plain heap %.2f ×", k.Ratio, heap.Ratio),
			Goal:   fmt.Sprintf("≤ %.1f ns (1.3 × bare + 10 ns)", 1.3*bare.NsPer+10),
		})
	}
	return nil
}

// timers measures endpoints that move four deadlines with every packet.
func timers(cfg Config, each func(Line)) error {
	rows := kernelbench.Timers(kernelbench.Config{Rounds: pick(cfg, 3, 9), Ops: pick(cfg, 100_000, 500_000)})
	for i := 0; i+3 < len(rows); i += 4 {
		k, bare, none := rows[i+1], rows[i+2], rows[i+3]
		each(Line{
			Group: "timers: a packet that moves four deadlines", What: k.Group, Figure: nanoseconds(k.NsPer),
			Beside: fmt.Sprintf("no timers %s; moved in heap %s", nanoseconds(none.NsPer), nanoseconds(bare.NsPer)),
		})
	}
	return nil
}
