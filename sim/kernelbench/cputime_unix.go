//go:build unix

package kernelbench

import (
	"syscall"
	"time"
)

// cpuTime returns the processor time that this process has used. On a shared machine it is several times steadier than
// time on the wall.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return wallTime()
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
