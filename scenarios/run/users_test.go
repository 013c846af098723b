package run

import (
	"testing"
	"time"

	"imsim/nodes"
	"imsim/sim"
)

// Calls start when they are due, whatever their classes are called.
func TestCallsInOrder(t *testing.T) {
	l, _ := play(t, load(t, "tcp-fwd-orig-active", "sessions.a={from: ue-a, to: ue-b, at: 20s, release: {by: ue-a}}", "sessions.z={from: ue-a, to: ue-b, at: 5s, release: {by: ue-a}}"), Options{})
	starts := map[string]sim.Time{}
	for _, m := range l.all {
		if m.Name == nodes.SessionStart {
			starts[m.Detail] = m.At
		}
	}
	if starts["a"] != sim.Time(20*time.Second) || starts["z"] != sim.Time(5*time.Second) {
		t.Error(starts)
	}
}
