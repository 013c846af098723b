package netstack

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"
)

var seeds = flag.Int("netstack.seeds", 2, "how many seeds each cell of the matrix is played with")

// The link of the matrix, and how long its transfers go on.
const (
	matrixRate   = 10e6
	matrixQueue  = 128 << 10
	matrixBuffer = 1 << 20
	matrixLength = 10 * time.Second
	matrixDrain  = 240 * time.Second // until what is buffered at the end must be through
	longestGap   = 10 * time.Second  // between octets that arrive
)

// cell is a place in the matrix.
type cell struct {
	cc  string
	rtt int // ms
	ppm int
}

// flow is who sends to whom.
type flow struct {
	from, to string
	both     bool // to sends as well
}

var flows = []flow{
	{"ours", "gvisor", false}, {"gvisor", "gvisor", false}, // the same receiver, of gVisor's
	{"ours", "ours", false}, {"gvisor", "ours", false}, // the same receiver, ours
	{"ours", "gvisor", true},
}

func (f flow) String() string {
	if f.both {
		return f.from + " and " + f.to
	}
	return f.from + " to " + f.to
}

// play transfers as much as goes in matrixLength and returns the goodput in each direction in bit/s. Then it ends the
// connection and holds that everything has come, that octets are those sent, and that nothing stalled.
func play(t *testing.T, c cell, f flow, seed int) [2]uint64 {
	l := newLab(t, setting{
		a: f.from, b: f.to, cc: c.cc, rate: matrixRate, queue: matrixQueue, buffer: matrixBuffer,
		rtt: time.Duration(c.rtt) * time.Millisecond, ppm: c.ppm, seed: uint64(seed),
	})
	l.listen(1)
	a, b := l.apps[0], l.apps[1]
	const endless = 1 << 40
	a.send = endless
	if f.both {
		b.send = endless
	}
	l.dial(0, 0)
	l.run(matrixLength)
	rate := [2]uint64{b.got * 8 / uint64(matrixLength/time.Second), a.got * 8 / uint64(matrixLength/time.Second)}
	end := func(x *app) { x.send, x.fin = x.sent, true }
	if b.onEOF = func() { end(b) }; f.both {
		b.onEOF = nil
		l.at(matrixLength, 1, end)
	}
	l.at(matrixLength, 0, end)
	l.run(matrixLength + matrixDrain)
	for i, x := range l.apps {
		y := l.apps[1-i]
		switch {
		case x.wrong != "":
			t.Errorf("%v, seed %d: at %s: %s", f, seed, "ab"[i:i+1], x.wrong)
		case !x.eof || x.got != y.sent:
			t.Errorf("%v, seed %d: %d of %d octets have come to %s, end of stream %v", f, seed, x.got, y.sent, "ab"[i:i+1], x.eof)
		case x.gap > longestGap && !(f.both && x.gap < 2*longestGap):
			// While data arrive gVisor puts its probe off anew, so that with losses it may send nothing for seconds.
			t.Errorf("%v, seed %d: nothing came to %s for %v", f, seed, "ab"[i:i+1], x.gap)
		}
	}
	return rate
}

// result is what a cell gave: kbit/s of our sender and of gVisor's, by receiver gVisor, receiver ours, both at once.
type result [3][2]uint64

func (r result) ratio(i int) float64 { return float64(r[i][0]) / float64(r[i][1]) }

func (c cell) measure(t *testing.T, from, to int) (r result) {
	for seed := from; seed <= to; seed++ {
		for i, f := range flows {
			rate := play(t, c, f, seed)
			if f.both {
				r[2][0] += rate[0]
				r[2][1] += rate[1]
				continue
			}
			r[i/2][i%2] += rate[0]
		}
	}
	for i := range r {
		for j := range r[i] {
			r[i][j] /= 1000 * uint64(to-from+1)
		}
	}
	return r
}

// TestMatrix transfers in bulk between our TCP and gVisor's over loss, round-trip time and congestion control.
func TestMatrix(t *testing.T) {
	results := make([]result, len(matrix))
	t.Run("cells", func(t *testing.T) {
		for i, row := range matrix {
			t.Run(fmt.Sprintf("%s/%dms/%dppm", row.cc, row.rtt, row.ppm), func(t *testing.T) {
				t.Parallel()
				r := row.measure(t, 1, *seeds)
				results[i] = r
				for j, alone := range []uint64{r[0][0], r[1][1]} {
					least := []float64{oursAtOnce, gvisorAtOnce}[j]
					if got := r[2][j]; float64(got) < least*float64(alone) {
						t.Errorf("both at once: %s %d kbit/s, alone %d: less than %.2f of it", []string{"ours", "gVisor's"}[j], got, alone, least)
					}
				}
				for j, band := range row.bands {
					if x := r.ratio(j); x < band[0] || x > band[1] {
						t.Errorf("%s: ours %d kbit/s, gVisor's %d, ratio %.2f out of [%.2f, %.2f]", against[j], r[j][0], r[j][1], x, band[0], band[1])
					}
				}
			})
		}
	})
	var b strings.Builder
	for i, row := range matrix {
		fmt.Fprintf(&b, "| %s | %d ms | %g %% |", row.cc, row.rtt, float64(row.ppm)/1e4)
		r := &results[i]
		for j, band := range row.bands {
			fmt.Fprintf(&b, " %d | %d | %.2f | %.2f–%.2f |", r[j][0], r[j][1], r.ratio(j), band[0], band[1])
		}
		fmt.Fprintf(&b, " %d | %.2f | %d | %.2f |", r[2][0], float64(r[2][0])/float64(r[0][0]), r[2][1], float64(r[2][1])/float64(r[1][1]))
		b.WriteByte('\n')
	}
	t.Logf("kbit/s of our sender, of gVisor's, ratio, band: to gVisor; to ours; at once: ours, share of alone, gVisor's, share of alone\n%s", &b)
}

var against = [2]string{"to gVisor", "to ours"}
