package run

import (
	"testing"

	"imsim/scenarios"
)

// TestInvariantsHold runs a whole call: every invariant is put to the test, and holds.
func TestInvariantsHold(t *testing.T) {
	sc, err := scenarios.Load("e2ae-msrp-orig-agnostic", scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	st, err := Run(sc, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range st.Invariants {
		t.Logf("%s: %d", r.Name, r.Checked)
		if r.Broken > 0 {
			t.Errorf("%s: %d violations: %v", r.Name, r.Broken, r.Violations)
		}
		if r.Checked == 0 && r.Name != "truncation-shown" {
			t.Errorf("%s was never put to the test", r.Name)
		}
	}
}
