package study

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"imsim/internal/version"
	"imsim/netem"
	"imsim/netem/capture"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/invariant"
	"imsim/scenarios"
	"imsim/scenarios/measure"
	"imsim/scenarios/run"
	"imsim/scenarios/rundir"
	"imsim/sim"
)

// Execute runs points one after another and calls each with every result. A single point writes into opt.Out itself,
// several, or many, into directories below it. When ctx ends, the run under way is kept as interrupted and none follows.
// An error of ErrWrong means that nothing was run.
func Execute(ctx context.Context, points []Point, many bool, opt Options, each func(*Result)) error {
	dirs := make([]string, len(points))
	var errs []error
	for i := range points {
		dirs[i] = opt.directory(&points[i], many)
		errs = append(errs, rundir.Replaceable(dirs[i]))
	}
	if err := errors.Join(errs...); err != nil {
		return wrong{err}
	}
	if opt.Progress == nil {
		opt.Progress = &Progress{}
	}
	for i := range points {
		if ctx.Err() != nil {
			return fmt.Errorf("interrupted: %d of %d runs were not begun", len(points)-i, len(points))
		}
		opt.Progress.start(&points[i])
		each(one(ctx, &points[i], dirs[i], opt))
	}
	return nil
}

func (o *Options) directory(p *Point, many bool) string {
	out := o.Out
	switch {
	case out == "":
		return filepath.Join("out", p.Name)
	case many:
		return filepath.Join(out, p.Name)
	}
	return out
}

// one runs a point into dir.
func one(ctx context.Context, p *Point, dir string, opt Options) *Result {
	r := &Result{Point: p, Dir: dir}
	sc := p.Scenario
	w, err := rundir.Create(dir)
	if err != nil {
		r.Err = wrong{err}
		return r
	}
	defer w.Abandon()
	began := time.Now()
	full := opt.Trace.full(sc)
	c := measure.New(measure.Config{Full: full, Watch: sc.File.Expect, Warmup: sim.Time(sc.File.Run.Warmup)})
	o := run.Options{Engine: opt.Engine, Observer: &watching{c, opt.Progress}}
	var k *sim.Kernel
	o.Started = func(kernel *sim.Kernel, n *netem.Network) {
		k = kernel
		c.Traffic().Watch(k, n)
		if opt.Live != nil {
			opt.Live.Started(k, n)
			return
		}
		context.AfterFunc(ctx, k.Interrupt)
	}
	if opt.Live != nil {
		o.Drive = opt.Live.Drive
		defer opt.Live.Close()
	}
	if full {
		t, err := w.Trace(func(e sim.Entity) string { return k.Name(e) })
		if err != nil {
			r.Err = err
			return r
		}
		o.Trace = t.Record
	}
	var files captures
	if opt.captures(sc) {
		o.Capture = files.capture(sc, w.Capture)
	}
	st, err := run.Run(sc, o)
	if errors.Is(err, run.ErrBuild) {
		r.Err = wrong{fmt.Errorf("%s: %w", p.Path, err)}
		return r
	}
	r.Err = err
	if err := files.close(); err != nil && r.Err == nil {
		r.Err = err
	}
	r.summarise(c, &st)
	if opt.Verify && r.Err == nil {
		r.verify(ctx, &st, opt, full)
	}
	r.manifest(&st, opt, began)
	if err := w.Err(); err != nil {
		r.Err = err
		return r
	}
	if err := r.write(w, c); err != nil {
		r.Err = err
		return r
	}
	if err := draw(r.Dir); err != nil && r.Err == nil {
		r.Err = fmt.Errorf("%s: %w", LadderFile, err)
	}
	return r
}

func (o *Options) captures(sc *scenarios.Scenario) bool {
	return o.Capture || len(sc.File.Capture.Interfaces) > 0
}

// captures are the capture files of a run, one a host.
type captures struct {
	writers []*capture.Writer
	err     error // of making a file
}

// capture captures what the scenario names, or every host, into files that create makes by the host's name.
func (c *captures) capture(sc *scenarios.Scenario, create func(node string) (io.Writer, error)) *run.Capture {
	return &run.Capture{Interfaces: sc.File.Capture.Interfaces, Open: func(node string) *capture.Writer {
		f, err := create(node)
		if err != nil {
			c.err = errors.Join(c.err, err)
			f = io.Discard
		}
		w := capture.NewWriter(f, capture.Options{
			Application: "imsim simulate, models " + version.Model, SnapLen: int(sc.File.Capture.Snap), Wire: (*packet.Packet).Marshal,
			Comment: "What " + node + " sees in scenario " + sc.Name + ": " + sc.File.Title + ". Messages that travel in TLS are in clear on the interfaces named …/plain.",
		})
		c.writers = append(c.writers, w)
		return w
	}}
}

// close ends the files, which are the run directory's to close, and returns what went wrong.
func (c *captures) close() error {
	err := c.err
	for _, w := range c.writers {
		err = errors.Join(err, w.Close())
	}
	return err
}

// summarise enters what came out.
func (r *Result) summarise(c *measure.Collector, st *run.Stats) {
	s := &r.Summary
	c.Fill(s, r.Point.Scenario)
	s.Invariants, s.NotModelled = invariants(st.Invariants), st.NotModelled
	if r.Err != nil && st.Events == 0 {
		s.Invariants = []rundir.Invariant{} // nothing has happened that could have broken one
	}
	s.Status = rundir.Complete
	if r.Err != nil {
		s.Status, s.Error = rundir.Broken, r.Err.Error()
	}
	if errors.Is(r.Err, sim.ErrInterrupted) {
		s.Status, s.Error = rundir.Interrupted, fmt.Sprintf("interrupted at %v", st.End)
		r.Err = errors.New(s.Error)
	}
	if st.Unplaced > 0 && r.Err == nil && st.Unsettled != "" {
		s.Invariants = append(s.Invariants, rundir.Invariant{
			Name: "every call that the scenario asks for is placed", Checked: uint64(attempts(r.Point.Scenario)),
			Violations: []string{fmt.Sprintf("%d calls were not placed: %s did not come into place", st.Unplaced, st.Unsettled)},
		})
	}
}

// invariants turns what was watched into what is written.
func invariants(results []invariant.Result) []rundir.Invariant {
	out := []rundir.Invariant{}
	for i := range results {
		r := &results[i]
		v := rundir.Invariant{Name: r.Name, Checked: r.Checked, Violations: []string{}}
		for _, x := range r.Violations {
			v.Violations = append(v.Violations, violation(x))
		}
		if n := r.Broken - uint64(len(r.Violations)); n > 0 {
			v.Violations = append(v.Violations, fmt.Sprintf("and %d more times", n))
		}
		out = append(out, v)
	}
	return out
}

// violation says when, where and how an invariant did not hold.
func violation(x invariant.Violation) string {
	s := x.At.String()
	if x.Node != "" {
		s += ", " + x.Node
	}
	if x.Session != 0 {
		s += fmt.Sprintf(", session %d", x.Session)
	}
	return s + ": " + x.Text
}

// manifest enters what was run.
func (r *Result) manifest(st *run.Stats, opt Options, began time.Time) {
	sc := r.Point.Scenario
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.Manifest = rundir.Manifest{
		Scenario:  rundir.Scenario{Name: sc.Name, Title: sc.File.Title, Path: r.Point.Path, Hash: sc.Hash},
		Overrides: sc.Overrides, Seed: sc.File.Run.Seed, Version: version.Model, Engine: opt.Engine.String(),
		Nodes: drawn(&sc.File), End: st.End, Events: st.Events, Packets: st.Packets,
		Started: began.UTC(), Wall: int64(time.Since(began)), PeakMemory: m.Sys,
	}
	r.Manifest.SetFingerprint(st.Kernel.Fingerprint())
	for _, name := range sc.File.Live() {
		r.Manifest.Attached = append(r.Manifest.Attached, name+" ("+sc.File.Nodes[name].Kind+")")
	}
}

// write writes the tables and puts the run in its place.
func (r *Result) write(w *rundir.Writer, c *measure.Collector) error {
	if err := w.Milestones(c.Milestones()); err != nil {
		return err
	}
	r.KPIs = slices.Collect(c.KPIs())
	if err := w.KPIs(slices.Values(r.KPIs)); err != nil {
		return err
	}
	if err := w.Sessions(&r.Manifest, c.Rows()); err != nil {
		return err
	}
	where, err := w.Finish(r.Manifest, r.Summary)
	if err != nil {
		return err
	}
	r.Dir, r.Written = shorter(r.Dir, where), true
	return nil
}

// shorter keeps the directory as it was asked for, unless the run went elsewhere.
func shorter(asked, where string) string {
	abs, err := filepath.Abs(asked)
	if err != nil || abs == where {
		return asked
	}
	return filepath.Join(filepath.Dir(asked), filepath.Base(where))
}

// verify runs the point again with every observer the other way round. The trajectory must be the same.
func (r *Result) verify(ctx context.Context, st *run.Stats, opt Options, traced bool) {
	sc := r.Point.Scenario
	o := run.Options{Engine: opt.Engine, Unwatched: true, Started: func(k *sim.Kernel, _ *netem.Network) { context.AfterFunc(ctx, k.Interrupt) }}
	if !traced {
		o.Trace = func(sim.RecordID, *sim.Record) {}
	}
	if !opt.captures(sc) {
		o.Capture = new(captures).capture(sc, func(string) (io.Writer, error) { return io.Discard, nil })
	}
	again, err := run.Run(sc, o)
	v := rundir.Invariant{Name: "the fingerprint is the same with all observers toggled", Checked: 1, Violations: []string{}}
	switch {
	case errors.Is(err, sim.ErrInterrupted):
		v.Checked = 0 // the user did not wait for it
	case err != nil:
		v.Violations = []string{"the second run broke off: " + err.Error()}
	case again.Fingerprint != st.Fingerprint:
		v.Violations = []string{fmt.Sprintf("%s, then %s: %s differ", st.Fingerprint, again.Fingerprint, differing(st, &again))}
	}
	r.Summary.Invariants = append(r.Summary.Invariants, v)
}

// differing names the ingredients that two fingerprints differ in.
func differing(a, b *run.Stats) (names string) {
	for i := range a.Parts {
		if a.Parts[i] != b.Parts[i] {
			if names != "" {
				names += ", "
			}
			names += a.Parts[i].Name
		}
	}
	return names
}

var _ nodes.Observer = (*watching)(nil)
