package run

import (
	"fmt"
	"testing"
	"time"

	"imsim/netem"
	"imsim/nodes"
	"imsim/scenarios/measure"
)

// Whenever a caller gives up, the call ends, at both ends, and the gateway is left with nothing: before it has been told
// of the call, while it is being told, while the answer is on its way (RFC 3261 §9.1: the CANCEL then comes too late and a
// BYE follows), and after.
func TestGivingUpAtAnyInstant(t *testing.T) {
	step := time.Millisecond
	if testing.Short() {
		step = 11 * time.Millisecond
	}
	seen := map[measure.Outcome]int{}
	for _, provisional := range []string{"none", "180", "183-answer"} {
		for patience := time.Duration(1); patience < 160*time.Millisecond; patience += step {
			sc := load(t, "call-given-up", fmt.Sprintf("sessions.chat.give-up=%dns", patience), "nodes.ue-b.pickup=30ms",
				"nodes.ue-b.provisional="+provisional)
			l, st := play(t, sc, Options{})
			seen[l.Result()]++
			count := map[string]int{}
			for _, m := range l.all {
				count[m.Node+" "+m.Name]++
			}
			live := 0
			for _, n := range st.Net.Nodes() {
				if h, ok := n.(*netem.Host); ok {
					a, b := h.Connections()
					live += a + b
				}
			}
			switch {
			case l.Result() != measure.Cancelled && l.Result() != measure.Released,
				count["agw1 "+nodes.AddReceived] != count["agw1 "+nodes.SubtractRecv], live > 0,
				count["ue-a "+nodes.SessionEnd] != 1:
				t.Fatalf("given up after %v, provisional %s: %s, %d connections left\n%s", patience, provisional, l.Result(), live, l)
			}
		}
	}
	if seen[measure.Cancelled] == 0 || seen[measure.Released] == 0 {
		t.Errorf("outcomes: %v", seen)
	}
}
