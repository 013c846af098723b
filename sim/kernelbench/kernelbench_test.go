package kernelbench

import (
	"strings"
	"testing"

	"imsim/sim"
)

// The measurement runs and the table has a line a case; what it measures is not judged here, as tests do not time.
func TestTables(t *testing.T) {
	small := Config{Rounds: 3, Ops: 500, Pending: []int{100}}
	for name, c := range map[string]struct {
		rows  []Row
		cases int
	}{"hold": {Hold(small), int(sim.NumMixes) * 3}, "timers": {Timers(small), 4}} {
		var b strings.Builder
		if err := Write(&b, c.rows); err != nil {
			t.Fatal(err)
		}
		if len(c.rows) != c.cases {
			t.Errorf("%s: %d rows, want %d", name, len(c.rows), c.cases)
		}
		for _, r := range c.rows {
			if !strings.Contains(b.String(), r.Group) || !strings.Contains(b.String(), r.Case) {
				t.Errorf("%s: %q of %q is missing", name, r.Case, r.Group)
			}
		}
	}
}

// The timer models do the same work: those on a kernel end at the same instant.
func TestTimerModelsAgree(t *testing.T) {
	var at []sim.Time
	for _, m := range []*endpoints{
		newEndpoints(50, lazy, sim.Ladder), newEndpoints(50, lazy, sim.Reference),
		newEndpoints(50, none, sim.Ladder),
	} {
		m.Step(5000)
		at = append(at, m.k.Now())
	}
	x := newIndexed(50)
	x.Step(5000)
	for i, v := range at {
		if v != at[0] {
			t.Errorf("model %d ends at %v, want %v", i, v, at[0])
		}
	}
	for i := range x.heap {
		if i > 0 && x.heap[(i-1)/4].at > x.heap[i].at {
			t.Fatal("the indexed heap is none")
		}
		if int(x.where[x.heap[i].slot]) != i {
			t.Fatal("the index is wrong")
		}
	}
}

func BenchmarkTimers(b *testing.B) {
	for range b.N {
		for _, r := range Timers(Config{}) {
			b.ReportMetric(r.NsPer, strings.ReplaceAll(r.Group+"/"+r.Case+"-ns", " ", "-"))
		}
	}
}
