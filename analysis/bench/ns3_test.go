package bench

import (
	"errors"
	"testing"
	"time"

	"imsim/internal/oracle"
)

// TestAgainstNS3 plays the same transfers here and in ns-3 and compares goodput: without loss to the link's rate, with loss
// within a band, since the two draw other losses and ns-3 recovers by other rules (NewReno with classic recovery, no
// limited transmit of SACK).
func TestAgainstNS3(t *testing.T) {
	program, err := ns3Program()
	if errors.Is(err, errNoNS3) {
		oracle.Missing(t, "ns-3", err)
	} else if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		traffic
		low, high float64 // of goodput, ours by theirs
	}{
		{traffic{rate: 100e6, delay: 10 * time.Millisecond, queue: 100, seconds: 10}, 0.99, 1.01},
		{traffic{routers: 4, rate: 100e6, delay: 2 * time.Millisecond, queue: 100, seconds: 5}, 0.99, 1.01},
		{traffic{rate: 10e6, delay: 40 * time.Millisecond, queue: 50, seconds: 10}, 0.99, 1.01},
		{traffic{rate: 100e6, delay: 10 * time.Millisecond, queue: 100, loss: 0.001, seconds: 20}, 0.8, 1.25},
		{traffic{rate: 100e6, delay: 10 * time.Millisecond, queue: 100, loss: 0.01, seconds: 20}, 0.8, 1.5},
		{traffic{short: true, rate: 10e9, delay: 10 * time.Millisecond, queue: 100, seconds: 3}, 0.99, 1.01},
	} {
		var ours, theirs float64
		var a, b played
		for run := range 3 {
			c.run = run + 1
			if a, err = c.traffic.ours(); err != nil {
				t.Fatal(err)
			}
			if b, err = c.traffic.ns3(program); err != nil {
				t.Fatal(err)
			}
			ours, theirs = ours+float64(a.octets), theirs+float64(b.octets)
		}
		n := 3 * float64(c.seconds)
		ratio := ours / theirs
		t.Logf("short %v, %d routers, %3d Mbit/s, %v, loss %g: %.3f and %.3f Mbit/s, ratio %.3f (%.2f to %.2f); packets %d and %d, connections %d and %d",
			c.short, c.routers, c.rate/1e6, c.delay, c.loss, ours*8/n/1e6, theirs*8/n/1e6, ratio, c.low, c.high, a.packets, b.packets, a.connected, b.connected)
		if ratio < c.low || ratio > c.high {
			t.Error("goodput is out of the band")
		}
	}
}
