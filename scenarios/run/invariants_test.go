package run

import (
	"testing"
	"time"

	"imsim/nodes"
	"imsim/scenarios"
)

// TestInvariantsEverywhere runs every scenario: whatever goes wrong in it, the invariants hold.
func TestInvariantsEverywhere(t *testing.T) {
	for _, e := range listed(t) {
		sc, err := scenarios.Load(e.Name, scenarios.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, engine := range []nodes.Engine{nodes.EngineModel, nodes.EngineReal} {
			if !sc.File.Plays(engine.String()) {
				continue
			}
			st, err := Run(sc, Options{Engine: engine})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range st.Invariants {
				if r.Broken > 0 {
					t.Errorf("%s: %s: %d violations: %v", e.Name, r.Name, r.Broken, r.Violations)
				}
			}
		}
	}
}

// TestInvariantsHold runs a whole call: every invariant is put to the test, and holds.
func TestInvariantsHold(t *testing.T) {
	// Protected access and the border of a network.
	sc, err := scenarios.Load("timeline-chain-late-tls12", scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	st, err := Run(sc, Options{})
	if err != nil {
		t.Fatal(err)
	}
	un, err := Run(sc, Options{Unwatched: true})
	if err != nil || un.Fingerprint != st.Fingerprint {
		t.Errorf("invariants move the trajectory: %s with, %s without, %v", st.Fingerprint, un.Fingerprint, err)
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

// BenchmarkInvariants prints the cost of a run with invariants in relation to one without, taken in turn.
func BenchmarkInvariants(b *testing.B) {
	for _, c := range []struct{ name, messages string }{
		{"short", `[{from: ue-a, text: "Lunch at noon?"}, {from: ue-b, text: "Yes, there."}]`},
		{"bulk", "[{from: ue-a, size: 1MiB}]"},
	} {
		b.Run(c.name, func(b *testing.B) {
			count := "1000"
			if c.name == "bulk" {
				count = "20"
			}
			sc, err := scenarios.Load("e2ae-msrp-orig-agnostic", scenarios.Options{Set: []string{
				"sessions.chat.count=" + count, "sessions.chat.arrivals={every: 2ms}", "sessions.chat.messages=" + c.messages,
				"nodes.pcscf1.profile=ideal", "nodes.scscf1.profile=ideal", "nodes.agw1.profile=ideal", "nodes.ue-a.profile=ideal", "nodes.ue-b.profile=ideal"}})
			if err != nil {
				b.Fatal(err)
			}
			var took [2]time.Duration
			for b.Loop() {
				for i := range took {
					began := time.Now()
					st, err := Run(sc, Options{Unwatched: i == 0})
					if err != nil {
						b.Fatal(err)
					}
					// The shortest is what others on the machine disturbed least.
					if d := time.Since(began); took[i] == 0 || d < took[i] {
						took[i] = d
					}
					for _, r := range st.Invariants {
						if r.Broken > 0 {
							b.Fatalf("%s: %v", r.Name, r.Violations)
						}
					}
				}
			}
			b.ReportMetric(float64(took[1])/float64(took[0]), "with/without")
		})
	}
}
