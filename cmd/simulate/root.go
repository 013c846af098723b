package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"imsim/analysis/study"
	"imsim/scenarios"
)

// status is an error that only sets the exit status: what is to be said has been said.
type status study.Status

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// execute runs one command and returns the exit status.
func execute(ctx context.Context, args []string, out, errOut io.Writer) int {
	root := command()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	cmd, err := root.ExecuteContextC(ctx)
	var s status
	var list scenarios.Errors
	switch {
	case err == nil:
		return 0
	case errors.As(err, &s):
		return int(s)
	case errors.As(err, &list):
		fmt.Fprintln(errOut, list)
	default:
		fmt.Fprintf(errOut, "%s: %v\n", cmd.CommandPath(), err)
	}
	return int(study.Wrong)
}

// command makes the tree of commands.
func command() *cobra.Command {
	root := &cobra.Command{
		Use:   "simulate",
		Short: "Simulate media security in IMS",
		Long: "simulate runs scenarios of IMS media security: SIP, H.248, TCP, TLS, MSRP and BFCP between UEs, proxies, gateways and\n" +
			"servers, in virtual time. A run says whether its expectations hold, and leaves files to look into.\n\n" +
			"Exit status: 0 all expectations and invariants hold; 1 one does not; 2 the call or a scenario is wrong; 3 a run broke\n" +
			"off or was interrupted (emulate ends by an interruption, and then tells what came out).",
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			hint := ""
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				hint = ": did you mean " + near[0] + "?"
			}
			return fmt.Errorf("there is no command %q%s (simulate --help lists them)", args[0], hint)
		},
		Args: cobra.ArbitraryArgs,
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w (%s --help lists them)", err, cmd.CommandPath())
	})
	root.AddCommand(runCommand(), sweepCommand(), plotCommand(), mergeCommand(), listCommand(), validateCommand(), explainCommand(), schemaCommand(), identifiersCommand(),
		ladderCommand(), criticalCommand(), diffCommand(), emulateCommand(), exploreCommand(), benchCommand(), versionCommand())
	return root
}

// some refuses a call without arguments, saying what is missing.
func some(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("%s is missing (%s)", what, cmd.UseLine())
		}
		return nil
	}
}

// exactly refuses a call with another number of arguments.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return fmt.Errorf("give %s (%s)", what, cmd.UseLine())
		}
		return nil
	}
}

// none refuses arguments.
var none = exactly(0, "no arguments")

// terminal reports whether w is a person's screen.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
