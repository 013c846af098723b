//go:build !unix

package kernelbench

import "time"

func cpuTime() time.Duration { return wallTime() }
