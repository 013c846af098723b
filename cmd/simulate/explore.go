package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"imsim/analysis/explore"
	"imsim/analysis/study"
	"imsim/scenarios/rundir"
)

func exploreCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explore",
		Short: "Play a question through all its cases",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return fmt.Errorf("there is no question %q (write nat-matrix)", args[0])
		},
	}
	cmd.AddCommand(natMatrixCommand())
	return cmd
}

func natMatrixCommand() *cobra.Command {
	var (
		opt    explore.Options
		out    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "nat-matrix",
		Short: "Which pairs of NATs a TCP connection gets through, by which method, and why not",
		Long: "nat-matrix puts every kind of NAT before either of two UEs and tries to connect them: through gateways that relay, keep\n" +
			"the direction of set-up or merge, with every a=setup; and without, by opening at once, punching holes and predicting\n" +
			"ports. Each case is a run. It prints which come up and what is in the way of the others, and writes matrix.txt,\n" +
			"matrix.csv (a line a case) and matrix.svg.",
		Example: "  simulate explore nat-matrix\n  simulate explore nat-matrix --method open,punch --unsolicited drop,rst --out out/holes",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				out = filepath.Join("out", "nat-matrix")
			}
			if opt.Jobs < 0 {
				return fmt.Errorf("--jobs: %d runs at a time are not possible (0 or more)", opt.Jobs)
			}
			w, err := rundir.Create(out)
			if err != nil {
				return err
			}
			defer w.Abandon()
			ended := countCases(cmd.ErrOrStderr(), &opt)
			m, err := explore.NAT(cmd.Context(), opt)
			ended()
			if errors.Is(err, context.Canceled) {
				fmt.Fprintln(cmd.ErrOrStderr(), "interrupted; nothing was written")
				return status(study.Broken)
			}
			if err != nil {
				return err
			}
			if err := m.Write(w); err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), err)
				return status(study.Broken)
			}
			if asJSON {
				e := json.NewEncoder(cmd.OutOrStdout())
				return e.Encode(m.Summary())
			}
			if err := m.Text(cmd.OutOrStdout()); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "\nfiles in %s: matrix.txt, matrix.csv, matrix.svg\n", out)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&opt.Methods, "method", nil, "relay, fwd, merge, open, punch, punch-again, predict; all by default")
	f.StringSliceVar(&opt.Choice.Mapping, "mapping", nil, "EIM, ADM, APDM, CDM; all by default")
	f.StringSliceVar(&opt.Choice.Filtering, "filtering", nil, "EIF, ADF, APDF, CDF; all by default")
	f.StringSliceVar(&opt.Choice.Unsolicited, "unsolicited", nil, "answer to an unsolicited SYN: drop, rst, icmp, 6s, icmp-host, icmp-prohibited; the first four by default")
	f.Uint64Var(&opt.Seed, "seed", 1, "seed of every run")
	f.IntVar(&opt.Jobs, "jobs", 0, "runs at a time; 0: one a processor")
	f.StringVar(&out, "out", "", "`directory` to write into (default out/nat-matrix)")
	f.BoolVar(&asJSON, "json", false, "print a summary as JSON")
	return cmd
}

// countCases shows how many cases are done.
func countCases(w io.Writer, opt *explore.Options) (end func()) {
	var done, all atomic.Int64
	opt.Progress = func(d, a int) {
		done.Store(int64(d))
		all.Store(int64(a))
	}
	quit, gone := make(chan struct{}), make(chan struct{})
	every := 10 * time.Second
	if terminal(w) {
		every = patience
	}
	go func() {
		defer close(gone)
		tick := time.NewTicker(every)
		defer tick.Stop()
		var bar *progressbar.ProgressBar
		for {
			select {
			case <-quit:
				if bar != nil {
					bar.Clear()
				}
				return
			case <-tick.C:
			}
			switch {
			case !terminal(w):
				fmt.Fprintf(w, "nat-matrix: %d of %d cases\n", done.Load(), all.Load())
			case bar == nil:
				bar = progressbar.NewOptions64(all.Load(), progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(),
					progressbar.OptionShowCount(), progressbar.OptionSetDescription("nat-matrix"))
			default:
				bar.Set64(done.Load())
			}
		}
	}()
	return func() {
		close(quit)
		<-gone
	}
}
