package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"imsim/analysis/bench"
)

func benchCommand() *cobra.Command {
	var quick, million bool
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure what the simulator costs on this machine, beside its goals",
		Long: "bench measures processor time, for some two minutes: events and timers of the kernel, TCP segments and connections, many\n" +
			"established connections, ns-3 beside ours where it is installed, whole " +
			"sessions with their shares by layer, the memory of a live session, and the start of a small run.",
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg := bench.Config{Quick: quick, Million: million, Stage: func(now string) { fmt.Fprintf(cmd.ErrOrStderr(), "measuring %s …\n", now) }}
			return bench.Run(cfg, bench.Write(cmd.OutOrStdout()))
		},
	}
	cmd.Flags().BoolVar(&quick, "quick", false, "some 20 s, and rougher")
	cmd.Flags().BoolVar(&million, "million", false, "measure a million established connections instead of 200,000 (of 100,000 with --quick)")
	return cmd
}
