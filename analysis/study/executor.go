package study

import (
	"context"
	"math"
	"strconv"
	"sync"

	"imsim/analysis/stats"
	"imsim/scenarios"
	"imsim/scenarios/rundir"
)

// executor runs the replications of a study side by side. What is run is decided by what came out of a point's replications
// in their order alone, so that a run that ends early or late changes nothing: where a point goes on until an interval is
// narrow enough, runs that were begun ahead and turn out not to be needed are thrown away.
type executor struct {
	*Sweep
	w    *rundir.StudyWriter
	opt  SweepOptions
	jobs int

	mu    sync.Mutex
	wake  *sync.Cond
	tasks []progress
	first int // the first point that may have something to begin
	err   error
	ended int // runs, those kept from before among them
	kept  int
}

// progress is how far a point is.
type progress struct {
	runs  []*rundir.Replication // by replication; nil: under way
	known int                   // that many from the start have ended
	need  int                   // replications that are needed for certain
	done  bool
	half  float64 // of the stop rule's interval, by the width asked for
}

// all runs everything.
func (x *executor) all(ctx context.Context) error {
	x.wake = sync.NewCond(&x.mu)
	sweep := x.Scenario.File.Sweep
	x.tasks = make([]progress, len(x.Points))
	for i := range x.tasks {
		t := &x.tasks[i]
		t.need = sweep.Replications
		if sweep.Stop != nil {
			t.need = max(t.need, 2) // one has no interval
		}
		t.done = !x.Shard.has(i)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		x.mu.Lock()
		x.wake.Broadcast()
		x.mu.Unlock()
	})
	defer stop()
	x.tell()
	var wait sync.WaitGroup
	for range x.jobs {
		wait.Go(func() {
			for {
				point, replication, ok := x.next(ctx)
				if !ok {
					return
				}
				if err := x.play(ctx, point, replication); err != nil {
					x.mu.Lock()
					if x.err == nil {
						x.err = err
					}
					x.mu.Unlock()
					cancel()
				}
			}
		})
	}
	wait.Wait()
	if x.err == nil {
		x.err = ctx.Err()
	}
	return x.err
}

// next waits for something to run.
func (x *executor) next(ctx context.Context) (point, replication int, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for {
		if ctx.Err() != nil || x.err != nil {
			return 0, 0, false
		}
		for x.first < len(x.tasks) && x.tasks[x.first].done {
			x.first++
		}
		if x.first == len(x.tasks) {
			return 0, 0, false
		}
		// What is needed for certain first, then what may be needed of the first point that is not known well enough.
		ahead := -1
		for i := x.first; i < len(x.tasks); i++ {
			t := &x.tasks[i]
			switch {
			case t.done:
			case len(t.runs) < t.need:
				return x.begin(i)
			case ahead < 0 && x.Scenario.File.Sweep.Stop != nil && len(t.runs) < min(t.known+x.jobs, x.Scenario.File.Sweep.Stop.Max):
				ahead = i
			}
		}
		if ahead >= 0 {
			return x.begin(ahead)
		}
		x.wake.Wait()
	}
}

func (x *executor) begin(point int) (int, int, bool) {
	t := &x.tasks[point]
	t.runs = append(t.runs, nil)
	return point, len(t.runs), true
}

// play runs a replication, unless an unfinished study left it, and keeps it.
func (x *executor) play(ctx context.Context, point, replication int) error {
	r := x.w.Kept(point, replication, x.key(point, replication, x.opt.Engine))
	kept := r != nil
	if !kept {
		var err error
		if r, err = x.one(ctx, point, replication, x.opt.Engine); err != nil {
			return err
		}
		if err := x.w.Keep(r); err != nil {
			return err
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ended++
	if kept {
		x.kept++
	}
	t := &x.tasks[point]
	if replication <= len(t.runs) { // otherwise it was begun ahead and is not needed
		t.runs[replication-1] = r
	}
	for !t.done && t.known < len(t.runs) && t.runs[t.known] != nil {
		t.known++
		x.judge(t)
	}
	x.tell()
	x.wake.Broadcast()
	return nil
}

// judge decides whether a point has been run often enough. Called after every replication in their order.
func (x *executor) judge(t *progress) {
	sweep := x.Scenario.File.Sweep
	if t.known < t.need {
		return
	}
	rule := sweep.Stop
	if rule == nil || t.known >= rule.Max {
		t.done = true
	} else {
		i := stats.Mean(values(t.runs[:t.known], &rule.Quantity), float64(sweep.Confidence)/1e9)
		t.half = 0
		if rule.Relative != nil {
			t.half = i.Relative() / (float64(*rule.Relative) / 1e9)
		}
		if rule.Absolute != nil {
			t.half = math.Max(t.half, i.Half/float64(*rule.Absolute))
		}
		t.done = t.half <= 1 // not where there is no number
	}
	if t.done {
		t.runs = t.runs[:t.known:t.known]
	} else {
		t.need = t.known + 1
	}
}

// values returns a quantity of each run that has one.
func values(runs []*rundir.Replication, q *scenarios.Quantity) (x []float64) {
	for _, r := range runs {
		for i := range r.KPIs {
			if k := &r.KPIs[i]; k.Metric == q.Name && k.Stat == q.Stat && k.Class == q.Class {
				if v, err := strconv.ParseFloat(k.Value, 64); err == nil {
					x = append(x, v)
				}
			}
		}
	}
	return x
}

// results returns all runs in the order of points and replications.
func (x *executor) results() (runs []*rundir.Replication) {
	for i := range x.tasks {
		if x.Shard.has(i) {
			runs = append(runs, x.tasks[i].runs...)
		}
	}
	return runs
}

// tell tells the progress.
func (x *executor) tell() {
	s := SweepState{Name: x.Scenario.Name, Ended: x.ended, Kept: x.kept}
	for i := range x.tasks {
		t := &x.tasks[i]
		if !x.Shard.has(i) {
			continue
		}
		s.Points++
		s.Runs += max(t.need, len(t.runs))
		if t.done {
			s.Done++
		} else if t.half > s.Widest {
			s.Widest = t.half
		}
	}
	x.opt.Progress.state.Store(&s)
}
