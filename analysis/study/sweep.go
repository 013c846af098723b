package study

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"imsim/analysis/stats"
	"imsim/internal/version"
	"imsim/netem"
	"imsim/nodes"
	"imsim/scenarios"
	"imsim/scenarios/measure"
	"imsim/scenarios/run"
	"imsim/scenarios/rundir"
	"imsim/sim"
)

// Sweep is a study that has been read and found right, at every one of its points.
type Sweep struct {
	Scenario *scenarios.Scenario // as it is without a point's settings
	Path     string              // as it was asked for
	Points   []scenarios.Point
	Shard    Shard

	at []*scenarios.Scenario // at the points, with the seed of the first replication
}

// Shard is the part of a study's points that is run here: the I-th of N, from 1. The zero value is all of it.
type Shard struct{ I, N int }

// ParseShard reads i/N.
func ParseShard(s string) (Shard, error) {
	i, n, ok := strings.Cut(s, "/")
	a, err1 := strconv.Atoi(i)
	b, err2 := strconv.Atoi(n)
	if !ok || err1 != nil || err2 != nil || a < 1 || b < a {
		return Shard{}, fmt.Errorf("%q (write i/N, for instance 1/4, i from 1 to N)", s)
	}
	return Shard{a, b}, nil
}

// String is i/N, empty for all.
func (s Shard) String() string {
	if s.N == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.I, s.N)
}

// has tells whether a point is in the shard.
func (s Shard) has(point int) bool { return s.N == 0 || point%s.N == s.I-1 }

// LoadSweep reads a study and the scenario at each of its points. All that is wrong comes as scenarios.Errors.
func LoadSweep(name string, opt scenarios.Options) (*Sweep, error) {
	sc, err := scenarios.Load(name, opt)
	if err != nil {
		return nil, err
	}
	w := sc.File.Sweep
	if w == nil {
		return nil, scenarios.Errors{{Pos: scenarios.Pos{File: name}, Wrong: "is no study: it has no sweep", Right: "simulate run " + name}}
	}
	s := &Sweep{Scenario: sc, Path: name, Points: sc.Points()}
	var errs scenarios.Errors
	wanted := slices.Clone(w.Show)
	if w.Stop != nil {
		wanted = append(wanted, w.Stop.Quantity)
	}
	if w.Steady != nil {
		wanted = append(wanted, scenarios.Quantity{Name: w.Steady.Name})
	}
	for _, q := range wanted {
		if err := known(sc, q); err != nil {
			errs = append(errs, &scenarios.Error{Pos: scenarios.Pos{File: name}, Path: "sweep", Wrong: err.Error()})
		}
	}
	for _, p := range s.Points {
		at, err := sc.At(p, nil)
		if list, ok := err.(scenarios.Errors); ok {
			errs = append(errs, list...)
		} else if err != nil {
			return nil, err
		}
		s.at = append(s.at, at)
	}
	if len(errs) > 0 {
		return nil, unique(errs)
	}
	return s, nil
}

// known tells whether there is such a quantity.
func known(sc *scenarios.Scenario, q scenarios.Quantity) error {
	names := measure.Names()
	if !slices.Contains(names, q.Name) {
		return fmt.Errorf("no quantity %q (there is %s)", q.Name, strings.Join(names, ", "))
	}
	if _, ok := sc.File.Sessions[q.Class]; q.Class != "" && !ok {
		return fmt.Errorf("no sessions %q (there is %s)", q.Class, strings.Join(scenarios.Names(sc.File.Sessions), ", "))
	}
	return nil
}

// Show lists the quantities that tables and pictures show.
func (s *Sweep) Show() []scenarios.Quantity {
	if q := s.Scenario.File.Sweep.Show; len(q) > 0 {
		return q
	}
	return []scenarios.Quantity{{Name: "session-setup-time", Stat: "mean"}}
}

// SweepOptions are what a study is asked for beside its file.
type SweepOptions struct {
	Out      string // "": out/NAME
	Engine   nodes.Engine
	Jobs     int // runs side by side; 0: one a processor
	Resume   bool
	Progress *SweepProgress
}

// Outcome is what came of a study.
type Outcome struct {
	Sweep     *Sweep
	Dir       string
	Manifest  rundir.Manifest
	Summary   rundir.Summary
	Runs      []*rundir.Replication // in the order of points and replications
	Estimates []rundir.Estimate
	Kept      int // taken over from an unfinished study
}

// Status returns the study's verdict.
func (o *Outcome) Status() Status {
	worst := Passed
	for _, r := range o.Runs {
		switch {
		case r.Status != rundir.Complete:
			return Broken
		case len(r.Failed) > 0:
			worst = Failed
		}
	}
	return worst
}

// Run runs a study. The results do not depend on how many runs go on side by side, nor on whether it was interrupted and
// taken up again. An interrupted study keeps the runs that have ended, and says where.
func (s *Sweep) Run(ctx context.Context, opt SweepOptions) (*Outcome, error) {
	dir := opt.Out
	if dir == "" {
		dir = "out/" + s.Scenario.Name
	}
	w, err := rundir.CreateStudy(dir, opt.Resume)
	if err != nil {
		return nil, wrong{err}
	}
	began := time.Now()
	x := &executor{Sweep: s, w: w, opt: opt, jobs: opt.Jobs}
	if x.jobs <= 0 {
		x.jobs = runtime.GOMAXPROCS(0)
	}
	if x.opt.Progress == nil {
		x.opt.Progress = &SweepProgress{}
	}
	if err := x.all(ctx); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("interrupted: %d runs are kept in %s (go on with --resume)", x.ended, w.Where())
		}
		return nil, err
	}
	out := &Outcome{Sweep: s, Runs: x.results(), Kept: x.kept}
	out.fill(opt.Engine, began)
	out.Dir, err = w.Finish(out.Manifest, out.Summary, out.Runs, out.Estimates)
	out.Dir = shorter(dir, out.Dir)
	return out, err
}

// fill makes manifest, summary and estimates from the runs.
func (o *Outcome) fill(engine nodes.Engine, began time.Time) {
	sc := o.Sweep.Scenario
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	show := []string{}
	for _, q := range o.Sweep.Show() {
		show = append(show, q.String())
	}
	o.Manifest = rundir.Manifest{
		Scenario:  rundir.Scenario{Name: sc.Name, Title: sc.File.Title, Path: o.Sweep.Path, Hash: sc.Hash},
		Overrides: sc.Overrides, Seed: sc.File.Run.Seed, Version: version.Model, Engine: engine.String(), Nodes: drawn(&sc.File),
		Started: began.UTC(), Wall: int64(time.Since(began)), PeakMemory: m.Sys,
		Study: &rundir.Study{Axes: sc.Axes(), Points: len(o.Sweep.Points), Confidence: sc.File.Sweep.Confidence.String(), Shard: o.Sweep.Shard.String(), Show: show},
	}
	o.Estimates = Estimates(o.Runs, float64(sc.File.Sweep.Confidence)/1e9)
	o.Summary = summary(o.Runs)
	var fp sim.Fingerprint
	for _, r := range o.Runs {
		o.Manifest.Events += r.Events
		o.Manifest.Packets += r.Packets
		f, _ := strconv.ParseUint(r.Fingerprint, 16, 64)
		fp.Mix(sim.FpKPI, f)
	}
	o.Manifest.SetFingerprint(&fp)
}

// summary counts what became of the runs. Its expectations are those that failed somewhere, with how often.
func summary(runs []*rundir.Replication) (s rundir.Summary) {
	s.Status = rundir.Complete
	outcomes := map[string]int{}
	failed := map[string]int{}
	var texts []string
	for _, r := range runs {
		outcomes[r.Outcome]++
		s.Sessions.Attempted += r.Sessions.Attempted
		s.Sessions.Established += r.Sessions.Established
		s.Sessions.Failed += r.Sessions.Failed
		s.Sessions.Released += r.Sessions.Released
		for _, f := range r.Failed {
			if failed[f]++; failed[f] == 1 {
				texts = append(texts, f)
			}
		}
		if r.Status != rundir.Complete {
			s.Status, s.Error = rundir.Broken, fmt.Sprintf("point %d, replication %d: %s", r.Point, r.Replication, r.Error)
		}
	}
	s.Outcome = "none"
	for o := range outcomes {
		s.Outcome = o
	}
	if len(outcomes) > 1 {
		s.Outcome = "partial"
	}
	for _, t := range texts {
		s.Expectations = append(s.Expectations, rundir.Expectation{Text: t, Actual: fmt.Sprintf("fails in %d of %d runs", failed[t], len(runs))})
	}
	return s
}

// seed is that of a replication, from 1.
func (s *Sweep) seed(point, replication int) uint64 {
	base := s.at[point].File.Run.Seed + uint64(replication-1)
	if s.Scenario.File.Sweep.Seeds == "separate" {
		base += uint64(point) << 32
	}
	return base
}

// key is the digest of all that decides what comes out of a run.
func (s *Sweep) key(point, replication int, engine nodes.Engine) string {
	at := s.at[point]
	b, err := json.Marshal([]any{version.Model, rundir.Format, at.Hash, at.Overrides, s.seed(point, replication), replication, engine.String(), s.Scenario.File.Sweep.Steady, measure.Names()})
	if err != nil {
		panic(err) // plain values
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// one runs a replication of a point.
func (s *Sweep) one(ctx context.Context, point, replication int, engine nodes.Engine) (*rundir.Replication, error) {
	p := &s.Points[point]
	seed := s.seed(point, replication)
	r := &rundir.Replication{
		Key: s.key(point, replication, engine), Point: point, Labels: p.Labels, Set: p.Set, Replication: replication, Seed: seed,
	}
	at := *s.at[point] // nothing below is changed by a run
	sc := &at
	sc.File.Run.Seed = seed
	c := measure.New(measure.Config{Watch: sc.File.Expect, Warmup: sim.Time(sc.File.Run.Warmup)})
	st, err := run.Run(sc, run.Options{Engine: engine, Observer: c, Started: func(k *sim.Kernel, n *netem.Network) {
		c.Traffic().Watch(k, n)
		context.AfterFunc(ctx, k.Interrupt)
	}})
	if errors.Is(err, sim.ErrInterrupted) && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	r.Status = rundir.Complete
	if err != nil {
		r.Status, r.Error = rundir.Broken, err.Error()
	}
	r.Fingerprint, r.Events, r.Packets = st.Fingerprint, st.Events, st.Packets
	s.steady(c, r)
	var sum rundir.Summary
	c.Fill(&sum, sc)
	r.Outcome, r.Sessions = sum.Outcome, sum.Sessions
	if err == nil {
		for _, e := range sum.Expectations {
			if !e.Pass {
				r.Failed = append(r.Failed, "expectation: "+e.Text)
			}
		}
		for _, v := range invariants(st.Invariants) {
			if len(v.Violations) > 0 {
				r.Failed = append(r.Failed, "invariant: "+v.Name)
			}
		}
		if st.Unplaced > 0 && st.Unsettled != "" {
			r.Failed = append(r.Failed, "invariant: every call that the scenario asks for is placed")
		}
	}
	r.KPIs = slices.Collect(c.KPIs())
	r.Rows = slices.Collect(c.Rows())
	return r, nil
}

// steady leaves out a run's start, where the study says so, and cuts the rest into batches.
func (s *Sweep) steady(c *measure.Collector, r *rundir.Replication) {
	st := s.Scenario.File.Sweep.Steady
	if st == nil {
		return
	}
	values, starts := c.Series(st.Name)
	x := make([]float64, len(values))
	for i, v := range values {
		x[i] = float64(v)
	}
	skip, ok := stats.MSER5(x)
	if !ok {
		r.Failed = append(r.Failed, fmt.Sprintf("steady state: %s is too short to tell its start from the rest (MSER-5)", st.Name))
		return
	}
	if skip > 0 {
		r.Warmup = starts[skip]
		c.SetWarmup(r.Warmup)
	}
	for _, name := range measure.Quantities() {
		values, starts := c.Series(name)
		var x []float64
		for i, v := range values {
			if starts[i] >= r.Warmup {
				x = append(x, float64(v))
			}
		}
		if m := stats.Batches(x, st.Batches); m != nil {
			r.Batches = append(r.Batches, rundir.Batches{Metric: name, Means: m, Lag1: stats.Lag1(m)})
		}
	}
}
