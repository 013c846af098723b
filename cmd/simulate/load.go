package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"imsim/analysis/study"
	"imsim/scenarios"
)

// load reads scenarios as study.Load does.
func load(cmd *cobra.Command, args []string, opt scenarios.Options) (points []study.Point, many bool, err error) {
	type loaded struct {
		points []study.Point
		many   bool
	}
	l := make(chan loaded, 1)
	err = reading(cmd, func() error {
		points, many, err := study.Load(args, opt)
		l <- loaded{points, many}
		return err
	})
	if err != nil {
		return nil, false, err
	}
	x := <-l
	return x.points, x.many, nil
}

// reading reads something, and ends the command when it is interrupted meanwhile. A read on its way cannot be stopped: it is left
// to the end of the program.
func reading(cmd *cobra.Command, read func() error) error {
	done := make(chan error, 1)
	go func() { done <- read() }()
	select {
	case err := <-done:
		return err
	case <-cmd.Context().Done():
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: interrupted while reading\n", cmd.CommandPath())
		return status(study.Broken)
	}
}
