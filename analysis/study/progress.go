package study

import (
	"sync/atomic"
	"time"

	"imsim/nodes"
	"imsim/sim"
)

// Progress is how far the current run is. Any goroutine may ask.
type Progress struct {
	name             atomic.Pointer[string]
	now              atomic.Int64
	begun, ended     atomic.Int64
	planned, horizon atomic.Int64
}

// State is a look at a run's progress.
type State struct {
	Name                  string // of the point; "": none runs yet
	Now                   sim.Time
	Begun, Ended, Planned int64 // sessions
	Horizon               time.Duration
}

// Look returns how far the run is.
func (p *Progress) Look() State {
	s := State{
		Now: sim.Time(p.now.Load()), Begun: p.begun.Load(), Ended: p.ended.Load(), Planned: p.planned.Load(), Horizon: time.Duration(p.horizon.Load()),
	}
	if n := p.name.Load(); n != nil {
		s.Name = *n
	}
	return s
}

// Part is the part of the run that is done, of 1000.
func (s State) Part() int {
	var done int64
	if s.Planned > 0 {
		done = 1000 * s.Ended / s.Planned
	}
	if s.Horizon > 0 {
		done = max(done, int64(s.Now)/max(int64(s.Horizon)/1000, 1))
	}
	return int(min(done, 1000))
}

// start begins with another run.
func (p *Progress) start(pt *Point) {
	p.planned.Store(int64(attempts(pt.Scenario)))
	p.horizon.Store(int64(pt.Scenario.File.Run.Until))
	p.now.Store(0)
	p.begun.Store(0)
	p.ended.Store(0)
	p.name.Store(&pt.Name)
}

// watching tells the progress of what the observer behind it hears.
type watching struct {
	nodes.Observer
	p *Progress
}

func (w *watching) Milestone(m nodes.Milestone) {
	w.p.now.Store(int64(m.At))
	switch m.Name {
	case nodes.SessionStart:
		w.p.begun.Add(1)
	case nodes.SessionEnd:
		w.p.ended.Add(1)
	}
	w.Observer.Milestone(m)
}

// SweepProgress is how far a study is. Any goroutine may ask.
type SweepProgress struct{ state atomic.Pointer[SweepState] }

// SweepState is a look at a study's progress.
type SweepState struct {
	Name         string
	Points, Done int     // Done: run often enough
	Runs         int     // that are needed as far as is known
	Ended, Kept  int     // Kept: of those, taken over from an unfinished study
	Widest       float64 // the widest interval by the width asked for, of points that go on
}

// Look returns how far the study is.
func (p *SweepProgress) Look() SweepState {
	if s := p.state.Load(); s != nil {
		return *s
	}
	return SweepState{}
}
