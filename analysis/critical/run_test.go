package critical_test

import (
	"io"
	"path/filepath"
	"testing"

	"imsim/analysis/critical"
	"imsim/analysis/ladder"
	"imsim/netem"
	"imsim/scenarios"
	"imsim/scenarios/measure"
	"imsim/scenarios/run"
	"imsim/scenarios/rundir"
	"imsim/sim"
)

// TestRealRun plays a whole call, with and without loss, writes its directory, and reads from it: the critical path must
// lead back to the session's start and leave no time unexplained, and the ladder must be drawn.
func TestRealRun(t *testing.T) {
	for _, set := range [][]string{nil, {"links.access.loss=15%", "run.seed=3"}} {
		sc, err := scenarios.Load("e2ae-msrp-orig-agnostic", scenarios.Options{Set: set})
		if err != nil {
			t.Fatal(err)
		}
		w, err := rundir.Create(filepath.Join(t.TempDir(), "run"))
		if err != nil {
			t.Fatal(err)
		}
		var k *sim.Kernel
		tw, err := w.Trace(func(e sim.Entity) string { return k.Name(e) })
		if err != nil {
			t.Fatal(err)
		}
		c := measure.New(measure.Config{Full: true})
		st, err := run.Run(sc, run.Options{Observer: c, Trace: tw.Record, Started: func(of *sim.Kernel, _ *netem.Network) { k = of }})
		if err != nil {
			t.Fatal(err)
		}
		m := rundir.Manifest{Scenario: rundir.Scenario{Name: sc.Name, Title: sc.File.Title}, Seed: sc.File.Run.Seed}
		m.SetFingerprint(st.Kernel.Fingerprint())
		s := rundir.Summary{Status: rundir.Complete}
		c.Fill(&s, sc)
		dir, err := w.Finish(m, s)
		if err != nil {
			t.Fatal(err)
		}
		r, err := rundir.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(set) == 0 && (r.Summary.Outcome != string(measure.Released) || !r.Summary.Pass()) {
			t.Errorf("%+v", r.Summary)
		}
		tr, err := r.Trace()
		if err != nil {
			t.Fatal(err)
		}
		paths, err := critical.Default(tr, 1)
		if err != nil || len(paths) != 2 {
			t.Fatal(err, len(paths))
		}
		for i := range paths {
			if p := &paths[i]; !p.Whole || p.Shares[sim.Instant] != 0 {
				t.Errorf("%v: path to %s: whole %v, unexplained %v", set, p.Query, p.Whole, p.Shares[sim.Instant])
				p.Text(t.Output())
			}
		}
		if waited := paths[1].Shares[sim.TimerWait]; (waited == 0) != (len(set) == 0) {
			t.Errorf("%v: %v spent on timers", set, waited)
		}
		d, err := ladder.FromRun(r, ladder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.SVG(io.Discard); err != nil {
			t.Fatal(err)
		}
	}
}
