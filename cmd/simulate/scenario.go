package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"imsim/nodes/bearer"
	"imsim/nodes/mediagw"
	"imsim/nodes/protocol/h248"
	"imsim/scenarios"
)

// The commands in this file show what is written down: scenarios, their schema, rules and identifiers.

func validateCommand() *cobra.Command {
	var set []string
	cmd := &cobra.Command{
		Use:               "validate FILE…",
		Short:             "Check scenarios without running them",
		Args:              some("a scenario"),
		ValidArgsFunction: completeScenarios,
		RunE: func(cmd *cobra.Command, args []string) error {
			points, _, err := load(cmd, args, scenarios.Options{Set: set})
			if err != nil {
				return err
			}
			for _, p := range points {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: right\n", p.Path)
			}
			return nil
		},
	}
	setFlag(cmd, &set)
	return cmd
}

func setFlag(cmd *cobra.Command, set *[]string) {
	cmd.Flags().StringArrayVar(set, "set", nil, "replace a value of the scenario: `path=value`, for instance links.access.delay=17ms (may be repeated)")
}

func explainCommand() *cobra.Command {
	var set []string
	var rules bool
	cmd := &cobra.Command{
		Use:   "explain [FILE] [--rules]",
		Short: "Show every value of a scenario with the place where it was written, or the gateway's correlation rules",
		Long: "explain shows every value of a scenario, one a line, with the place where it was written. With --rules it shows\n" +
			"how a media gateway correlates TCP and TLS on its two legs: each row is a rule, \"when the event comes on leg X, and\n" +
			"X, its partner Y and the stream are like this, then do that to X and after it that to Y\".",
		ValidArgsFunction: completeScenarios,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 0 && !rules {
				return fmt.Errorf("give one scenario, or --rules (%s)", cmd.UseLine())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				points, _, err := load(cmd, args, scenarios.Options{Set: set})
				if err != nil {
					return err
				}
				if len(points) != 1 {
					return fmt.Errorf("give one scenario (%s)", cmd.UseLine())
				}
				sc := points[0].Scenario
				if err := sc.Explain(cmd.OutOrStdout()); err != nil || !rules {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout())
				for _, name := range scenarios.Names(sc.File.Nodes) {
					if g, ok := sc.File.Nodes[name].Settings.(*mediagw.Config); ok && len(g.Rules) > 0 {
						fmt.Fprintf(cmd.OutOrStdout(), "%s has rules of its own.\n", name)
						if err := bearer.Standard().With(g.Rules, nil).Write(cmd.OutOrStdout()); err != nil {
							return err
						}
						fmt.Fprintln(cmd.OutOrStdout())
					}
				}
			}
			return bearer.Standard().Write(cmd.OutOrStdout())
		},
	}
	setFlag(cmd, &set)
	cmd.Flags().BoolVar(&rules, "rules", false, "show the correlation rules of the media gateway")
	return cmd
}

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scenario files, for editors",
		Args:  none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(scenarios.Schema())
			return err
		},
	}
}

func identifiersCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "identifiers",
		Short: "List the H.248 names that go over the wire, and where each comes from",
		Long: "identifiers lists the names that the media security procedures put on the wire. [S] is stated by a standard that was\n" +
			"read, [K] known from the standard's text as others quote it, [SIM] chosen here because the standard's name was not found.",
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			if terminal(cmd.OutOrStdout()) {
				fmt.Fprintln(t, "IDENTIFIER\tFROM\tFOR\tMEANING")
			}
			for _, i := range h248.Identifiers {
				fmt.Fprintf(t, "%s\t[%s]\t%s\t%s\n", i.ID, i.Status, i.Concept, i.Meaning)
			}
			return t.Flush()
		},
	}
}
