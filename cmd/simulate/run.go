package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"imsim/analysis/story"
	"imsim/analysis/study"
	"imsim/scenarios"
)

func runCommand() *cobra.Command {
	var (
		set           []string
		seed          uint64
		trace, engine string
		opt           study.Options
		asJSON, quiet bool
	)
	cmd := &cobra.Command{
		Use:   "run SCENARIO…",
		Short: "Run scenarios: files, folders of files, or names that list shows",
		Long: "run runs scenarios and writes what came out: one into the directory given by --out itself, several into directories\n" +
			"below it, by default out/NAME. A table goes to standard output, progress to standard error.",
		Example:           "  simulate run e2ae-msrp-orig-agnostic --capture\n  simulate run my.yaml --set links.access.delay=80ms --set sessions.chat.count=20 --out slow",
		Args:              some("a scenario"),
		ValidArgsFunction: completeScenarios,
		RunE: func(cmd *cobra.Command, args []string) error {
			var errs []error
			var err error
			if opt.Trace, err = study.ParseTracing(trace); err != nil {
				errs = append(errs, fmt.Errorf("--trace: %w", err))
			}
			if opt.Engine, err = study.ParseEngine(engine); err != nil {
				errs = append(errs, fmt.Errorf("--tls: %w", err))
			}
			if err := errors.Join(errs...); err != nil {
				return err
			}
			given := scenarios.Options{Set: set}
			if cmd.Flags().Changed("seed") {
				given.Seed = &seed
			}
			points, many, err := load(cmd, args, given)
			if err != nil {
				return err
			}
			opt.Progress = &study.Progress{}
			if !quiet {
				defer showProgress(cmd.ErrOrStderr(), opt.Progress, len(points))()
			}
			out := story.Printer{W: cmd.OutOrStdout(), Err: cmd.ErrOrStderr(), JSON: asJSON, Quiet: quiet, Many: many}
			for _, p := range points {
				out.Names = max(out.Names, len(p.Name))
			}
			out.Head()
			err = study.Execute(cmd.Context(), points, many, opt, out.Print)
			worst := out.Finish()
			switch {
			case errors.Is(err, study.ErrWrong):
				return err
			case err != nil:
				fmt.Fprintln(cmd.ErrOrStderr(), err)
				worst = study.Broken
			}
			if worst != study.Passed {
				return status(worst)
			}
			return nil
		},
	}
	f := cmd.Flags()
	setFlag(cmd, &set)
	f.Uint64Var(&seed, "seed", 0, "seed of all random streams, instead of the scenario's")
	f.StringVar(&opt.Out, "out", "", "`directory` to write into")
	f.BoolVar(&opt.Capture, "capture", false, "capture packets, a file a host: what the scenario names, or every host")
	f.StringVar(&trace, "trace", "auto", "record causes: auto (up to 100 sessions), all or none")
	f.StringVar(&engine, "tls", "model", "TLS engine: model or real")
	f.BoolVar(&opt.Verify, "verify", false, "run again with all observers toggled and compare fingerprints")
	f.BoolVar(&asJSON, "json", false, "print a summary as JSON, one line a run")
	f.BoolVar(&quiet, "quiet", false, "print one line a run and no progress")
	cmd.RegisterFlagCompletionFunc("trace", cobra.FixedCompletions([]string{"auto", "all", "none"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("tls", cobra.FixedCompletions([]string{"model", "real"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
