package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"imsim/analysis/compare"
	"imsim/analysis/critical"
	"imsim/analysis/ladder"
	"imsim/analysis/study"
	"imsim/scenarios/rundir"
	"imsim/sim"
)

// The commands in this file look into run directories.

// sessionFlag asks for a session by number.
func sessionFlag(cmd *cobra.Command, session *string) {
	cmd.Flags().StringVar(session, "session", "1", "number of the session")
}

// parseSession reads a session's number, with or without the letter s.
func parseSession(s string) (sim.SessionID, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "s"), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("--session: %q is no session (write its number, from 1; sessions.parquet and milestones.csv have them)", s)
	}
	return sim.SessionID(n), nil
}

func ladderCommand() *cobra.Command {
	var session, format string
	var opt ladder.Options
	formats := map[string]func(*ladder.Diagram, io.Writer) error{
		"svg": (*ladder.Diagram).SVG, "text": (*ladder.Diagram).Text, "mermaid": (*ladder.Diagram).Mermaid,
	}
	cmd := &cobra.Command{
		Use:   "ladder DIR",
		Short: "Draw the messages of a session to time",
		Long: "ladder draws a session's messages between nodes, with its milestones, to standard output: as SVG, as text, or as a\n" +
			"Mermaid sequence diagram. A run writes ladder.svg of its first session by itself. With --session none it draws what\n" +
			"belongs to no session: registrations, H.248 beside calls; a run without sessions is drawn so in any case.",
		Example: "  simulate ladder out/e2ae-msrp-orig-agnostic --format text",
		Args:    exactly(1, "the directory of one run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			write := formats[format]
			var err error
			if opt.Loose = session == "none"; !opt.Loose {
				opt.Session, err = parseSession(session)
			}
			if err == nil && write == nil {
				err = fmt.Errorf("--format: %q (write svg, text or mermaid)", format)
			}
			if err != nil {
				return err
			}
			r, err := rundir.Open(args[0])
			if err != nil {
				return err
			}
			d, err := ladder.FromRun(r, opt)
			if err != nil {
				return err
			}
			return write(d, cmd.OutOrStdout())
		},
	}
	sessionFlag(cmd, &session)
	cmd.Flags().StringVar(&format, "format", "text", "svg, text or mermaid")
	cmd.Flags().BoolVar(&opt.ACKs, "acks", false, "draw TCP segments that only acknowledge, too")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"svg", "text", "mermaid"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func diffCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "diff A B",
		Short: "Find the first record in which two runs differ",
		Long: "diff compares two run directories: what they were made from, the ingredients of their fingerprints, and their traces\n" +
			"(or milestones, where one has no trace), up to the first difference. It exits with 1 where they differ.",
		Args: exactly(2, "two run directories"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, errA := rundir.Open(args[0])
			b, errB := rundir.Open(args[1])
			if err := errors.Join(errA, errB); err != nil {
				return err
			}
			r, err := compare.Runs(a, b)
			if err != nil {
				return err
			}
			if err := r.Text(cmd.OutOrStdout()); err != nil {
				return err
			}
			if !r.Same() {
				return status(study.Failed)
			}
			return nil
		},
	}
}

func criticalCommand() *cobra.Command {
	var session, milestone string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "critical-path DIR",
		Short: "Show what each stretch of a session's time was spent on, back to its start",
		Long: "critical-path follows causes back from a milestone of a session to its start: by default from the session's\n" +
			"establishment, and from the last delivery of a message.",
		Args: exactly(1, "the directory of one run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseSession(session)
			if err != nil {
				return err
			}
			r, err := rundir.Open(args[0])
			if err != nil {
				return err
			}
			t, err := r.Trace()
			if err != nil {
				return err
			}
			var paths []critical.Path
			if milestone == "" {
				paths, err = critical.Default(t, id)
			} else {
				var q critical.Query
				if q, err = critical.ParseQuery(id, milestone); err == nil {
					paths = make([]critical.Path, 1)
					paths[0], err = critical.Find(t, q)
				}
			}
			if err != nil {
				return err
			}
			if asJSON {
				return critical.JSON(cmd.OutOrStdout(), paths)
			}
			for i := range paths {
				if i > 0 {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				if err := paths[i].Text(cmd.OutOrStdout()); err != nil {
					return err
				}
			}
			return nil
		},
	}
	sessionFlag(cmd, &session)
	cmd.Flags().StringVar(&milestone, "milestone", "", "from this `milestone`, for instance \"ue-a tls.established\" or \"agw1/core tcp.syn.sent #2\"")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
