//go:build !unix

package kernelbench

import "time"

// CPUTime falls back to time on the wall where the system does not tell.
func CPUTime() time.Duration { return wallTime() }
