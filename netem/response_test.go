package netem

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"time"

	"imsim/netem/tcp"
)

// mathis is the throughput of NewReno in segments a second: MSS/RTT·√(3/2bp) (M. Mathis et al., 1997), with an acknowledgement for every
// b segments.
func mathis(p, rtt, b float64) float64 { return math.Sqrt(3/(2*b*p)) / rtt }

// cubicResponse is that of CUBIC in segments a second: RFC 9438 §5.1, figure 4, with C = 0.4 and β = 0.7; under the Reno-friendly
// region's (§4.3: as Reno's, and without a loss of growth by delayed acknowledgements, which CUBIC counts by segments) the latter.
func cubicResponse(p, rtt float64) float64 {
	w, reno := 1.054*math.Pow(rtt, 0.75)/math.Pow(p, 0.75), math.Sqrt(3/(2*p))
	return max(w, reno) / rtt
}

// TestResponse holds throughput against the response functions over loss and round-trip time: within a fifth below and a quarter above where what
// they assume holds: a window of eight segments at least, by the formula, so that losses are found without timeouts; a link that is
// never full; 1500 losses for a mean. With smaller windows timeouts may only make it less.
func TestResponse(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	const least, from, to = 8, 0.8, 1.25
	var table bytes.Buffer
	fmt.Fprintf(&table, "| loss | RTT | NewReno | formula | ratio | CUBIC | formula | ratio |\n")
	for _, ppm := range []int{1000, 3000, 10000, 30000} {
		for _, ms := range []int{20, 50, 100, 200} {
			p, rtt := float64(ppm)/1e6, float64(ms)/1e3
			fmt.Fprintf(&table, "| %g %% | %d ms |", float64(ppm)/1e4, ms)
			for i, cfg := range []tcp.Config{{}, {Congestion: tcp.CUBIC, PRR: true}} {
				want := mathis(p, rtt, 2)
				if i == 1 {
					want = cubicResponse(p, rtt)
				}
				length := time.Duration(1500 / (want * p) * float64(time.Second))
				s := goodput(t, cfg, 1e9, time.Duration(ms)*time.Millisecond, ppm, length)
				got := float64(s.OctetsAcked) / length.Seconds() / float64(s.MSS)
				ratio, note := got/want, ""
				if want*rtt < least {
					note = " (timeouts)"
				}
				fmt.Fprintf(&table, " %.0f | %.0f | %.2f%s |", got, want, ratio, note)
				if ratio > to || ratio < from && note == "" {
					t.Errorf("%d ppm, %d ms, CUBIC %v: %.0f segments/s, the response function says %.0f: ratio %.2f out of [%.2f, %.2f]", ppm, ms, i == 1, got, want, ratio, from, to)
				}
			}
			table.WriteByte('\n')
		}
	}
	t.Logf("segments a second\n%s", &table)
	// CUBIC's own region needs large windows.
	for _, c := range []struct{ ppm, ms int }{{100, 100}, {200, 200}} {
		p, rtt := float64(c.ppm)/1e6, float64(c.ms)/1e3
		s := goodput(t, tcp.Config{Congestion: tcp.CUBIC, PRR: true}, 1e9, time.Duration(c.ms)*time.Millisecond, c.ppm, 600*time.Second)
		got := float64(s.OctetsAcked) / 600 / float64(s.MSS)
		ratio := got / cubicResponse(p, rtt)
		t.Logf("CUBIC %d ppm, %d ms: ratio %.2f", c.ppm, c.ms, ratio)
		if ratio < from || ratio > to {
			t.Errorf("CUBIC %d ppm, %d ms: ratio %.2f", c.ppm, c.ms, ratio)
		}
	}
}
