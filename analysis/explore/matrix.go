package explore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// Options are what a matrix is asked for.
type Options struct {
	Choice  Choice
	Methods []string // by name; empty: all
	Seed    uint64
	Jobs    int // runs at a time; 0: a processor each
	// Progress, where set, is told how many runs of how many are done, from any goroutine.
	Progress func(done, all int)
}

// Matrix is what came out, in order of methods, variants, NATs of UE-A and NATs of UE-B.
type Matrix struct {
	Classes  []Class
	Variants []Variant
	Results  []Result
	Seed     uint64
}

// At returns the result of a variant for a pair of classes.
func (m *Matrix) At(variant, a, b int) *Result {
	n := len(m.Classes)
	return &m.Results[(variant*n+a)*n+b]
}

// NAT plays the matrix. An error is of the options, of the context, or of a cell that cannot be played.
func NAT(ctx context.Context, opt Options) (*Matrix, error) {
	m := &Matrix{Seed: opt.Seed}
	classes, errC := opt.Choice.Classes()
	methods, errM := chosen(opt.Methods)
	if err := errors.Join(errC, errM); err != nil {
		return nil, err
	}
	m.Classes = classes
	for _, x := range methods {
		m.Variants = append(m.Variants, variants(x)...)
	}
	for _, v := range m.Variants {
		for _, a := range m.Classes {
			for _, b := range m.Classes {
				m.Results = append(m.Results, Result{Cell: Cell{Variant: v, A: a, B: b}})
			}
		}
	}
	return m, m.play(ctx, opt)
}

// chosen returns methods by name, without repetition.
func chosen(names []string) (out []Method, err error) {
	if len(names) == 0 {
		names = methodNames[:]
	}
	taken := [numMethods]bool{}
	for _, name := range names {
		known := false
		for m := range numMethods {
			if strings.EqualFold(methodNames[m], name) {
				taken[m], known = true, true
			}
		}
		if !known {
			return nil, fmt.Errorf("method %q is not known (write %s)", name, strings.Join(methodNames[:], ", "))
		}
	}
	for m := range numMethods {
		if taken[m] {
			out = append(out, m)
		}
	}
	return out, nil
}

// play runs all cells, several at a time. Each is a run of its own with the same seed, so that no result depends on who
// plays it when.
func (m *Matrix) play(ctx context.Context, opt Options) error {
	jobs := opt.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	var next, done atomic.Int64
	var workers sync.WaitGroup
	var mu sync.Mutex
	var shared calls
	failed := -1
	var failure error
	for range min(jobs, len(m.Results)) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(m.Results) {
					return
				}
				r, err := m.Results[i].Cell.play(&shared, opt.Seed)
				if err != nil {
					mu.Lock()
					if failed < 0 || i < failed {
						failed, failure = i, fmt.Errorf("%v, %v and %v: %w", m.Results[i].Variant, m.Results[i].A, m.Results[i].B, err)
					}
					mu.Unlock()
					return
				}
				m.Results[i] = r
				if n := done.Add(1); opt.Progress != nil {
					opt.Progress(int(n), len(m.Results))
				}
			}
		})
	}
	workers.Wait()
	if failure != nil {
		return failure
	}
	return ctx.Err()
}

func (c Cell) play(l *calls, seed uint64) (Result, error) {
	if c.Method.gateways() {
		return l.play(c, seed)
	}
	return holes(c, seed)
}
