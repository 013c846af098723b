package compare

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"imsim/scenarios/rundir"
	"imsim/sim"
)

// run is what a written run consists of here.
type run struct {
	trace      []sim.Record
	milestones []rundir.Milestone
	seed       uint64
	fp         sim.Fingerprint
}

func sample() run {
	r := run{seed: 1}
	for i := range 12 {
		r.trace = append(r.trace, sim.Record{At: sim.Time(i * 1e6), Cause: sim.Cause{Record: sim.RecordID(i), Session: 1}, Kind: "step", Rest: sim.Propagation})
		r.milestones = append(r.milestones, rundir.Milestone{Session: 1, Node: "ue-a", Name: "step", N: i + 1, At: sim.Time(i * 1e6)})
	}
	r.fp.Mix(sim.FpTime, 1)
	return r
}

func (r *run) write(t *testing.T, trace bool) *rundir.Run {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := rundir.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	if trace {
		tw, err := w.Trace(func(sim.Entity) string { return "ue-a" })
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.trace {
			tw.Record(sim.RecordID(i+1), &r.trace[i])
		}
	}
	if err := w.Milestones(slices.Values(r.milestones)); err != nil {
		t.Fatal(err)
	}
	m := rundir.Manifest{Seed: r.seed}
	m.SetFingerprint(&r.fp)
	if _, err := w.Finish(m, rundir.Summary{Status: rundir.Complete}); err != nil {
		t.Fatal(err)
	}
	out, err := rundir.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRuns(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(r *run)
		traced [2]bool
		what   string
		first  int // 0: none
		text   []string
	}{
		{"same", func(*run) {}, [2]bool{true, true}, "trace", 0, []string{"the runs are the same: 12 trace records"}},
		{"same without trace", func(*run) {}, [2]bool{true, false}, "milestones", 0, []string{"the runs are the same: 12 milestones"}},
		{"time", func(r *run) { r.trace[8].At++; r.fp.Mix(sim.FpTime, 2) }, [2]bool{true, true}, "trace", 9,
			[]string{"at number 9", "fingerprints differ in:\n  time ", "    #8 0.007000000s", "  A #9 0.008000000s", "  B #9 0.008000001s"}},
		{"cause", func(r *run) { r.trace[3].Cause.Record-- }, [2]bool{true, true}, "trace", 4, []string{"because of #3", "because of #2"}},
		{"text", func(r *run) { r.trace[0].Text = "x" }, [2]bool{true, true}, "trace", 1, []string{`step "x"`}},
		{"shorter", func(r *run) { r.trace = r.trace[:10] }, [2]bool{true, true}, "trace", 11, []string{"A #11", "B (ends here)"}},
		{"longer", func(r *run) { r.milestones = append(r.milestones, r.milestones[11]) }, [2]bool{false, false}, "milestones", 13, []string{"A (ends here)"}},
		{"milestone", func(r *run) { r.milestones[5].Detail = "late" }, [2]bool{false, true}, "milestones", 6, []string{`step #6 "late"`}},
		{"hidden", func(r *run) { r.fp.Mix(sim.FpDraw, 1); r.seed = 2 }, [2]bool{false, false}, "milestones", 0,
			[]string{"run with different:\n  seed           1 | 2", "draw", "--trace all"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := sample(), sample()
			c.change(&b)
			r, err := Runs(a.write(t, c.traced[0]), b.write(t, c.traced[1]))
			if err != nil {
				t.Fatal(err)
			}
			first := 0
			if r.First != nil {
				first = r.First.N
			}
			if r.What != c.what || first != c.first || r.Same() != strings.HasPrefix(c.name, "same") {
				t.Errorf("%s, first %d, same %v", r.What, first, r.Same())
			}
			var text bytes.Buffer
			if err := r.Text(&text); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.text {
				if !strings.Contains(text.String(), want) {
					t.Errorf("lacks %q:\n%s", want, &text)
				}
			}
		})
	}
}
