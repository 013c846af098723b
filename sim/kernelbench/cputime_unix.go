//go:build unix

package kernelbench

import (
	"syscall"
	"time"
)

// CPUTime returns the processor time that this process has used. On a shared machine it is several times steadier than
// time on the wall.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return wallTime()
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
