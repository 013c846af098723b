package netstack

import (
	"fmt"
	"testing"
	"time"

	"imsim/netem"
	"imsim/sim"
)

// TestInterleaved lets the four pairings transfer at the same time over one link between two routers, with losses, from
// instants that differ: segments of both implementations wait in the same queue. Streams stay whole, and nobody starves.
func TestInterleaved(t *testing.T) {
	for _, c := range []cell{{"reno", 50, 1000}, {"cubic", 50, 1000}, {"cubic", 10, 10000}} {
		t.Run(fmt.Sprintf("%s/%dms/%dppm", c.cc, c.rtt, c.ppm), func(t *testing.T) {
			t.Parallel()
			k := sim.New(sim.Config{Seed: 1})
			n := netem.New(k, netem.Config{})
			left, right := n.AddRouter("left"), n.AddRouter("right")
			var labs []*lab
			for i, pair := range pairings {
				s := setting{
					a: pair[0], b: pair[1], cc: c.cc, rate: matrixRate, queue: matrixQueue, buffer: matrixBuffer,
					rtt: time.Duration(c.rtt) * time.Millisecond, ppm: c.ppm, seed: uint64(i + 1),
				}
				l := addHosts(t, n, s, fmt.Sprint(i))
				l.connect(l.nodes[0], left, netem.LinkConfig{})
				l.connect(right, l.nodes[1], netem.LinkConfig{})
				labs = append(labs, l)
			}
			labs[0].connect(left, right, netem.Symmetric(labs[0].direction()))
			const length = 20 * time.Second
			for _, l := range labs {
				l.ready()
				l.listen(1)
				l.apps[0].send = 1 << 40
				l.apps[1].onEOF = func() { finish(l.apps[1]) }
			}
			for i, l := range labs {
				l.run(time.Duration(i) * 300 * time.Millisecond)
				l.dial(0, 0)
			}
			labs[0].run(length)
			sum, squares := 0.0, 0.0
			for _, l := range labs {
				x := float64(l.apps[1].got)
				sum, squares = sum+x, squares+x*x
				t.Logf("%s to %s: %.0f kbit/s", l.a, l.b, x*8/length.Seconds()/1000)
			}
			jain := sum * sum / squares / float64(len(labs))
			t.Logf("Jain's index %.2f, sum %.0f kbit/s", jain, sum*8/length.Seconds()/1000)
			if jain < 0.7 {
				t.Errorf("Jain's index %.2f: somebody starves", jain)
			}
			for _, l := range labs {
				l.at(length, 0, func(a *app) { a.send, a.fin = a.sent, true })
			}
			labs[0].run(length + matrixDrain)
			for _, l := range labs {
				if b := l.apps[1]; b.wrong != "" || !b.eof || b.got != l.apps[0].sent || b.gap > longestGap {
					t.Errorf("%s to %s: %d of %d octets, end of stream %v, gap %v %s", l.a, l.b, b.got, l.apps[0].sent, b.eof, b.gap, b.wrong)
				}
			}
		})
	}
}
