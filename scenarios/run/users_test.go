package run

import (
	"testing"
	"time"

	"imsim/nodes"
	"imsim/sim"
)

// Calls start when they are due, whatever their classes are called: the class refused, at 5 s, goes before last, at 20 s.
func TestCallsInOrder(t *testing.T) {
	l, _ := play(t, load(t, "h248-graceful"), Options{})
	starts := map[string]sim.Time{}
	for _, m := range l.all {
		if m.Name == nodes.SessionStart {
			starts[m.Detail] = m.At
		}
	}
	if starts["refused"] != sim.Time(5*time.Second) || starts["last"] != sim.Time(20*time.Second) {
		t.Error(starts)
	}
}
