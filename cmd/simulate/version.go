package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"imsim/internal/version"
)

func versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which models these are, and what they were built from",
		Args:  none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := version.Read()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(v)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "models    %s\nmodule    %s\ngo        %s\nplatform  %s\n", v.Model, v.Module, v.Go, v.Platform)
			if v.Revision != "" {
				changed := ""
				if v.Modified {
					changed = ", with changes"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "revision  %s (%s%s)\n", v.Revision, v.Time, changed)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
