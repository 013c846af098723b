package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"imsim/scenarios"
)

func listCommand() *cobra.Command {
	var family string
	var engines bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the scenarios that come with the program",
		Args:  none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			defer t.Flush()
			head := func(s string) {
				if terminal(cmd.OutOrStdout()) {
					fmt.Fprintln(t, s)
				}
			}
			if engines {
				head("ENGINE\tOF\tWHAT IT IS")
				fmt.Fprintln(t, "model\tTLS\tflights, sizes, alerts, costs and checks of identity; data masked (default)")
				fmt.Fprintln(t, "real\tTLS\tcrypto/tls in virtual time, and a TLS 1.2 PSK engine: captures can be decrypted")
				fmt.Fprintln(t)
				only := scenarios.Restricted()
				for _, sc := range only {
					fmt.Fprintf(t, "%s\tonly %s\t%s\n", sc.Name, sc.File.Engines[0], sc.File.Why)
				}
				if len(only) == 0 {
					fmt.Fprintln(t, "every scenario plays with either, and its milestones come at the same instants")
				}
				return nil
			}
			var families []string
			head("NAME\tFAMILY\tWHAT HAPPENS")
			found := false
			for _, e := range scenarios.List() {
				if !slices.Contains(families, e.Family) {
					families = append(families, e.Family)
				}
				if family == "" || family == e.Family {
					found = true
					fmt.Fprintf(t, "%s\t%s\t%s\n", e.Name, e.Family, e.Title)
				}
			}
			if !found {
				return fmt.Errorf("--family: there is no %q (there is %s)", family, strings.Join(families, ", "))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&family, "family", "", "only those of one family")
	cmd.Flags().BoolVar(&engines, "engines", false, "list what a run can be done with instead (run --tls), and the scenarios that one of them cannot play")
	cmd.RegisterFlagCompletionFunc("family", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var families []string
		for _, e := range scenarios.List() {
			if !slices.Contains(families, e.Family) {
				families = append(families, e.Family)
			}
		}
		return families, cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

// completeScenarios offers the names of embedded scenarios, and files.
func completeScenarios(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, e := range scenarios.List() {
		names = append(names, e.Name+"\t"+e.Title)
	}
	return names, cobra.ShellCompDirectiveDefault
}
