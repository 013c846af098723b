package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"imsim/analysis/plot"
	"imsim/scenarios/rundir"
)

func plotCommand() *cobra.Command {
	var formats []string
	var columns []int
	var quiet bool
	cmd := &cobra.Command{
		Use:   "plot DIR",
		Short: "Draw the figures of a run or a study, for papers",
		Long: "plot draws distributions, box plots, time series and shares of the critical path of a run, means with intervals, heat maps\n" +
			"and distributions of a study, into DIR/plots: as SVG, PNG and PDF, for one column of a paper (…-1) and for two (…-2). Beside\n" +
			"each figure lies a Vega-Lite specification with its data. The same directory gives the same octets.",
		Args: exactly(1, "the directory of one run or study"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, f := range formats {
				if !slices.Contains(plot.Formats, f) {
					return fmt.Errorf("--format: %q (write %s)", f, strings.Join(plot.Formats, ", "))
				}
			}
			for _, n := range columns {
				if n != 1 && n != 2 {
					return fmt.Errorf("--columns: %d (write 1, 2 or 1,2)", n)
				}
			}
			r, err := rundir.Open(args[0])
			if err != nil {
				return err
			}
			figures, err := plot.All(r)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			files, err := plot.WriteAll(args[0], figures, formats, columns)
			if err != nil {
				return err
			}
			if !quiet {
				for _, f := range figures {
					fmt.Fprintf(cmd.OutOrStdout(), "%-34s %s\n", f.Name, f.Title)
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d figures, %d files in %s/%s\n", len(figures), len(files), args[0], plot.Dir)
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&formats, "format", plot.Formats, "kinds of file: svg, png, pdf")
	cmd.Flags().IntSliceVar(&columns, "columns", []int{1, 2}, "widths: of one column, 8.8 cm, or of two, 18 cm")
	cmd.Flags().BoolVar(&quiet, "quiet", false, "print one line")
	return cmd
}
