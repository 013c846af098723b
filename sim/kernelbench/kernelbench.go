package kernelbench

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"imsim/sim"
)

// Config says how much to measure. The zero value takes about ten seconds on a machine of 2025.
type Config struct {
	Rounds  int // of which the median counts; 0: 7
	Ops     int // operations a case and round; 0: 50,000
	Pending []int
	Mixes   []sim.Mix
}

func (c Config) filled() Config {
	c.Rounds = cmp.Or(c.Rounds, 7)
	c.Ops = cmp.Or(c.Ops, 50_000)
	if c.Pending == nil {
		c.Pending = []int{100, 10_000, 1_000_000}
	}
	if c.Mixes == nil {
		for m := range sim.NumMixes {
			c.Mixes = append(c.Mixes, m)
		}
	}
	return c
}

// Row is one case's figures.
type Row struct {
	Group string  // cases that are compared with each other
	Case  string  // what was measured
	NsPer float64 // processor nanoseconds an operation, median over the rounds
	Ratio float64 // to the group's first case, median over the rounds
}

// stepper is a model that can do a number of operations.
type stepper interface{ Step(ops int) }

type contender struct {
	name  string
	model stepper
}

// Hold measures the hold model: the operation is to take the next event and schedule one.
func Hold(c Config) []Row {
	c = c.filled()
	var rows []Row
	for _, mix := range c.Mixes {
		for _, pending := range c.Pending {
			var cs []contender
			for _, e := range []sim.Engine{sim.EngineLadder, sim.EngineKernel, sim.EngineHeap} {
				cs = append(cs, contender{e.String(), sim.NewHold(mix, pending, e)})
			}
			rows = append(rows, c.compare(fmt.Sprintf("%s, %d pending", mix, pending), 2*pending, cs)...)
		}
	}
	return rows
}

// Timers measures timers: the operation is to take an endpoint's packet event, schedule its next, and move four
// deadlines of the endpoint, of which few come due. Config.Pending is the number of endpoints. The heap whose entries
// are moved is bare, without handlers and endpoints' state: a bound rather than a peer.
func Timers(c Config) []Row {
	if c.Pending == nil {
		c.Pending = []int{1000, 100_000}
	}
	c = c.filled()
	var rows []Row
	for _, endpoints := range c.Pending {
		rows = append(rows, c.compare(fmt.Sprintf("%d endpoints", endpoints), 2*endpoints, []contender{
			{"heap, lazily re-armed", newEndpoints(endpoints, lazy, sim.Reference)},
			{"kernel, lazily re-armed", newEndpoints(endpoints, lazy, sim.Ladder)},
			{"bare heap, entries moved in place", newIndexed(endpoints)},
			{"kernel without timers", newEndpoints(endpoints, none, sim.Ladder)},
		})...)
	}
	return rows
}

// compare measures the contenders round robin. Warm-up is at least that many operations.
func (c Config) compare(group string, warmUp int, cs []contender) []Row {
	ns := make([][]float64, len(cs))
	ratios := make([][]float64, len(cs))
	for _, x := range cs {
		x.model.Step(max(warmUp, c.Ops))
	}
	runtime.GC() // what set-up left is not to be collected during the rounds
	for range c.Rounds {
		for i, x := range cs {
			start := CPUTime()
			x.model.Step(c.Ops)
			took := float64(CPUTime()-start) / float64(c.Ops)
			ns[i] = append(ns[i], took)
			ratios[i] = append(ratios[i], took/ns[0][len(ns[i])-1])
		}
	}
	rows := make([]Row, len(cs))
	for i, x := range cs {
		rows[i] = Row{group, x.name, median(ns[i]), median(ratios[i])}
	}
	return rows
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

var processStart = time.Now()

func wallTime() time.Duration { return time.Since(processStart) }

// Write prints rows as a table, groups apart.
func Write(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	last := ""
	for _, r := range rows {
		if r.Group != last {
			fmt.Fprintf(t, "%s\tns\tratio\t\n", r.Group)
			last = r.Group
		}
		fmt.Fprintf(t, "%s\t%.1f\t%.2f\t\n", r.Case, r.NsPer, r.Ratio)
	}
	return t.Flush()
}
