package main

import (
	"fmt"
	"os"
	"runtime/pprof"

	"github.com/spf13/cobra"

	"imsim/analysis/bench"
)

func benchCommand() *cobra.Command {
	var profile string
	var quick, million bool
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure what the simulator costs on this machine, beside its goals",
		Long: "bench measures processor time, for some two minutes: events and timers of the kernel, TCP segments and connections, many\n" +
			"established connections, ns-3 beside ours where it is installed, whole " +
			"sessions with their shares by layer, the memory of a live session, and the start of a small run.",
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if profile != "" {
				f, err := os.Create(profile)
				if err != nil {
					return fmt.Errorf("--cpuprofile: %w", err)
				}
				defer f.Close()
				if err := pprof.StartCPUProfile(f); err != nil {
					return fmt.Errorf("--cpuprofile: %w", err)
				}
				defer pprof.StopCPUProfile()
			}
			cfg := bench.Config{Profiled: profile != "", Quick: quick, Million: million, Stage: func(now string) { fmt.Fprintf(cmd.ErrOrStderr(), "measuring %s …\n", now) }}
			return bench.Run(cfg, bench.Write(cmd.OutOrStdout()))
		},
	}
	cmd.Flags().BoolVar(&quick, "quick", false, "some 20 s, and rougher")
	cmd.Flags().BoolVar(&million, "million", false, "measure a million established connections instead of 200,000 (of 100,000 with --quick)")
	cmd.Flags().StringVar(&profile, "cpuprofile", "", "write a CPU profile to this `file`; default.pgo beside the program's source is one")
	return cmd
}
