// Command simulate runs scenarios of IMS media security and looks at what came out.
package main

import (
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"context"
)

func main() { os.Exit(simulate()) }

// simulate is the whole program: it returns the exit status.
func simulate() int {
	tune()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // whoever interrupts twice means it
	return execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// tune lets the heap grow further between collections than a server's would, up to most of the machine's memory. What the
// environment says of it counts more.
func tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if total := memory(); total > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(total / 4 * 3)
	}
}
