package study

import (
	"errors"
	"fmt"

	"imsim/nodes"
	"imsim/scenarios"
	"imsim/scenarios/emulate"
	"imsim/scenarios/measure"
	"imsim/scenarios/rundir"
)

// Tracing says of what records are kept.
type Tracing uint8

// The kinds of tracing.
const (
	TraceAuto Tracing = iota // everything up to measure.FullSessions sessions, nothing above
	TraceAll
	TraceNone
)

// ParseTracing reads auto, all or none.
func ParseTracing(s string) (Tracing, error) {
	for i, name := range []string{"auto", "all", "none"} {
		if s == name {
			return Tracing(i), nil
		}
	}
	return 0, fmt.Errorf("%q (write auto, all or none)", s)
}

// ParseEngine reads model or real.
func ParseEngine(s string) (nodes.Engine, error) {
	switch s {
	case "model":
		return nodes.EngineModel, nil
	case "real":
		return nodes.EngineReal, nil
	}
	return 0, fmt.Errorf("%q (write model or real)", s)
}

// Options are what a study is asked for beside its scenarios.
type Options struct {
	Out      string // directory of the study; "": out
	Trace    Tracing
	Engine   nodes.Engine
	Capture  bool // capture every host where the scenario names no interface
	Verify   bool // run again with all observers the other way round, and compare fingerprints
	Progress *Progress
	Live     *emulate.Session // plays the run in real time, with the real world in it; nil: in virtual time
}

// full tells whether everything is kept of a scenario's run.
func (t Tracing) full(sc *scenarios.Scenario) bool {
	if t == TraceAuto && len(sc.File.Live()) > 0 {
		return false // nobody knows how long it goes on
	}
	return t == TraceAll || t == TraceAuto && attempts(sc) <= measure.FullSessions
}

// attempts is the number of sessions that a scenario plans.
func attempts(sc *scenarios.Scenario) (n int) {
	for _, s := range sc.File.Sessions {
		n += max(s.Count, 1)
	}
	return n
}

// Status is a run's verdict as a program's exit status.
type Status int

// The statuses, the worst last.
const (
	Passed Status = iota // expectations and invariants hold
	Failed               // one does not
	Wrong                // the scenario or the call is wrong
	Broken               // the run broke off or was interrupted
)

// ErrWrong marks errors that are the user's to correct: nothing was run.
var ErrWrong = errors.New("wrong call or scenario")

// wrong marks an error with ErrWrong and leaves its text alone.
type wrong struct{ error }

func (wrong) Is(target error) bool { return target == ErrWrong }
func (w wrong) Unwrap() error      { return w.error }

// Result is what came of a point.
type Result struct {
	Point    *Point
	Dir      string // of the run's files
	Manifest rundir.Manifest
	Summary  rundir.Summary
	KPIs     []rundir.KPI
	Written  bool  // the run's files are in Dir
	Err      error // why the run is not complete
}

// Status returns the run's verdict.
func (r *Result) Status() Status {
	switch {
	case errors.Is(r.Err, ErrWrong):
		return Wrong
	case r.Err != nil || r.Summary.Status != rundir.Complete:
		return Broken
	case !r.Summary.Pass():
		return Failed
	}
	return Passed
}
