package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"imsim/analysis/study"
	"imsim/scenarios"
	"imsim/scenarios/rundir"
)

func sweepCommand() *cobra.Command {
	var (
		set           []string
		engine, shard string
		seed          uint64
		opt           study.SweepOptions
		quiet         bool
	)
	cmd := &cobra.Command{
		Use:   "sweep STUDY",
		Short: "Run a study: a scenario at many points, many times, with intervals",
		Long: "sweep runs a scenario that has a sweep: at every combination of what it varies, as often as it says. Tables go to the\n" +
			"directory given by --out, by default out/NAME, and what the study shows to standard output. A study that is interrupted\n" +
			"or killed keeps the runs that have ended; --resume goes on with it, and the results are the same.",
		Example:           "  simulate sweep setup-time-by-mode\n  simulate sweep my.yaml --shard 1/4 --out part1",
		Args:              exactly(1, "a study"),
		ValidArgsFunction: completeScenarios,
		RunE: func(cmd *cobra.Command, args []string) error {
			var errs []error
			var err error
			if opt.Engine, err = study.ParseEngine(engine); err != nil {
				errs = append(errs, fmt.Errorf("--tls: %w", err))
			}
			var part study.Shard
			if shard != "" {
				if part, err = study.ParseShard(shard); err != nil {
					errs = append(errs, fmt.Errorf("--shard: %w", err))
				}
			}
			if opt.Jobs < 0 {
				errs = append(errs, fmt.Errorf("--jobs: %d (write how many runs go on side by side, or 0 for one a processor)", opt.Jobs))
			}
			if err := errors.Join(errs...); err != nil {
				return err
			}
			given := scenarios.Options{Set: set}
			if cmd.Flags().Changed("seed") {
				given.Seed = &seed
			}
			var s *study.Sweep
			if err := reading(cmd, func() error {
				l, err := study.LoadSweep(args[0], given)
				s = l
				return err
			}); err != nil {
				return err
			}
			s.Shard = part
			opt.Progress = &study.SweepProgress{}
			end := func() {}
			if !quiet {
				end = showSweep(cmd.ErrOrStderr(), opt.Progress)
			}
			out, err := s.Run(cmd.Context(), opt)
			end()
			if err != nil {
				if errors.Is(err, study.ErrWrong) {
					return err
				}
				fmt.Fprintln(cmd.ErrOrStderr(), err)
				return status(study.Broken)
			}
			return told(cmd, out, quiet)
		},
	}
	f := cmd.Flags()
	setFlag(cmd, &set)
	f.Uint64Var(&seed, "seed", 0, "seed of the first replication, instead of the scenario's")
	f.StringVar(&opt.Out, "out", "", "`directory` to write into")
	f.IntVar(&opt.Jobs, "jobs", 0, "runs side by side; 0: one a processor")
	f.BoolVar(&opt.Resume, "resume", false, "go on with a study that was interrupted")
	f.StringVar(&shard, "shard", "", "run a part of the points, `i/N`; simulate merge puts parts together")
	f.StringVar(&engine, "tls", "model", "TLS engine: model or real")
	f.BoolVar(&quiet, "quiet", false, "print one line and no progress")
	cmd.RegisterFlagCompletionFunc("tls", cobra.FixedCompletions([]string{"model", "real"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func mergeCommand() *cobra.Command {
	var out string
	var quiet bool
	cmd := &cobra.Command{
		Use:   "merge DIR…",
		Short: "Put the parts of a study together that were run with --shard",
		Args:  some("the directory of a part"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := study.Merge(args, out)
			if err != nil {
				return err
			}
			return told(cmd, o, quiet)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`directory` to write into; without it out/NAME")
	cmd.Flags().BoolVar(&quiet, "quiet", false, "print one line")
	return cmd
}

// told prints what came of a study and returns its verdict.
func told(cmd *cobra.Command, o *study.Outcome, quiet bool) error {
	w := cmd.OutOrStdout()
	st := o.Manifest.Study
	fmt.Fprintf(w, "%s: %d points, %d runs in %s, fingerprint %s\n", o.Manifest.Scenario.Name, points(o.Runs), len(o.Runs), o.Dir, o.Manifest.Fingerprint)
	if !quiet {
		if err := table(w, st, o.Estimates); err != nil {
			return err
		}
	}
	for _, e := range o.Summary.Expectations {
		fmt.Fprintf(w, "FAILS: %s: %s\n", e.Text, e.Actual)
	}
	for _, r := range o.Runs {
		if r.Status != rundir.Complete {
			fmt.Fprintf(cmd.ErrOrStderr(), "point %d, replication %d broke off: %s\n  again: simulate run %s%s --seed %d\n", r.Point, r.Replication, r.Error,
				o.Manifest.Scenario.Path, sets(append(append([]string{}, o.Manifest.Overrides...), r.Set...)), r.Seed)
		}
	}
	if s := o.Status(); s != study.Passed {
		return status(s)
	}
	return nil
}

func points(runs []*rundir.Replication) (n int) {
	for i, r := range runs {
		if i == 0 || r.Point != runs[i-1].Point {
			n++
		}
	}
	return n
}

func sets(list []string) (s string) {
	for _, x := range list {
		s += " --set '" + x + "'"
	}
	return s
}

// table prints what the study shows: a line a point, each quantity with its interval.
func table(w io.Writer, st *rundir.Study, list []rundir.Estimate) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s\truns\t%s\n", strings.Join(st.Axes, "\t"), strings.Join(st.Show, "\t"))
	last := -1
	var cells []string
	flush := func() {
		if last >= 0 {
			fmt.Fprintln(t, strings.Join(cells, "\t"))
		}
	}
	for i := range list {
		e := &list[i]
		if e.Point != last {
			flush()
			last = e.Point
			cells = append(append([]string{}, e.Labels...), fmt.Sprint(e.N))
			for range st.Show {
				cells = append(cells, "–")
			}
		}
		name := scenarios.Quantity{Name: e.Metric, Stat: e.Stat, Class: e.Class}.String()
		for j, show := range st.Show {
			if show == name {
				cells[len(st.Axes)+1+j] = figure(e)
			}
		}
	}
	flush()
	return t.Flush()
}

// figure writes a mean with its half-width.
func figure(e *rundir.Estimate) string {
	one := func(x float64) string { return fmt.Sprintf("%.4g", x) }
	if e.Unit == "ns" {
		one = func(x float64) string { return fmt.Sprintf("%.3f ms", x/1e6) }
	}
	switch {
	case math.IsInf(e.Half, 1):
		return one(e.Mean)
	case e.Half == 0:
		return one(e.Mean) + " exactly"
	}
	return one(e.Mean) + " ± " + one(e.Half)
}

// showSweep shows how far a study is: a bar on a terminal, a line every ten seconds elsewhere.
func showSweep(w io.Writer, p *study.SweepProgress) (end func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		pause := 10 * time.Second
		var bar *progressbar.ProgressBar
		if terminal(w) {
			pause = patience
		}
		tick := time.NewTicker(pause)
		defer tick.Stop()
		began := time.Now()
		for {
			select {
			case <-quit:
				if bar != nil {
					bar.Clear()
				}
				return
			case <-tick.C:
			}
			s := p.Look()
			if !terminal(w) {
				fmt.Fprintln(w, describeSweep(s, time.Since(began)))
				continue
			}
			if bar == nil {
				bar = progressbar.NewOptions(1000, progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(20),
					progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
			}
			bar.Describe(describeSweep(s, time.Since(began)))
			bar.Set(1000 * s.Ended / max(s.Runs, 1))
		}
	}()
	return func() { close(quit); <-done }
}

// describeSweep says count, rate, time to go, and how far from narrow enough the widest interval is.
func describeSweep(s study.SweepState, spent time.Duration) string {
	text := fmt.Sprintf("%s: %d of %d points, %d of %d runs", s.Name, s.Done, s.Points, s.Ended, s.Runs)
	if n := s.Ended - s.Kept; n > 0 {
		rate := float64(n) / spent.Seconds()
		text += fmt.Sprintf(", %.3g/s, %v to go", rate, time.Duration(float64(s.Runs-s.Ended)/rate*1e9).Round(time.Second))
	}
	if s.Widest > 1 && !math.IsInf(s.Widest, 1) {
		text += fmt.Sprintf(", widest interval %.2g × as wide as asked", s.Widest)
	}
	return text
}
