package story

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"imsim/nodes"
	"imsim/scenarios/rundir"
)

// TestSteps draws a session among others' milestones: steps of one node and instant share a line, nodes without a step
// have no column, and a text may reach into the columns behind it.
func TestSteps(t *testing.T) {
	const ms = 1_000_000
	list, began, used := pick([]rundir.Milestone{
		{Session: 2, Node: "ue-a", Name: nodes.InviteSent, At: 1 * ms},
		{Session: 1, Node: "ue-a", Name: nodes.SessionStart, At: 2 * ms},
		{Session: 1, Node: "ue-a", Name: nodes.InviteSent, At: 2 * ms},
		{Session: 1, Node: "ghost", Name: nodes.InviteReceived, At: 3 * ms},
		{Session: 1, Node: "agw", Leg: "access", Name: nodes.SYNHeld, At: 3 * ms},
		{Session: 1, Node: "agw", Leg: "core", Name: nodes.SYNSent, At: 3 * ms},
		{Session: 1, Node: "agw", Leg: "core", Name: nodes.SYNSent, At: 3 * ms},
		{Session: 1, Node: "ue-b", Name: nodes.TLSFailed, Detail: "bad_certificate", At: 3*ms + 5500},
	}, 1, []string{"ue-a", "pcscf", "agw", "ue-b"})
	var got []string
	for _, s := range list {
		got = append(got, draw(s, began, used))
	}
	want := []string{
		"       0.000  ● INVITE         │                │",
		"       1.000  │                ● access SYN held, core SYN",
		"       1.006  │                │                ● TLS failed bad_certificate",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestBar checks the ends and a fraction of a letter.
func TestBar(t *testing.T) {
	for part, want := range map[float64]string{0: "", 0.001: "", 0.025: "█", 0.03125: "█▎", 0.1: "████"} {
		if got := bar(part); got != want {
			t.Errorf("%v: %q, want %q", part, got, want)
		}
	}
}
