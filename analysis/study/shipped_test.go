package study

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"imsim/scenarios"
	"imsim/scenarios/rundir"
)

// estimates runs a shipped study with few replications and returns a quantity by the point's labels.
func shipped(t *testing.T, name string) func(metric, stat string, labels ...string) rundir.Estimate {
	t.Helper()
	s, err := LoadSweep(name, scenarios.Options{Set: []string{"sweep.replications=2"}})
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Scenario.File.Sweep.Stop; r != nil {
		r.Max = 2
	}
	o, err := s.Run(context.Background(), SweepOptions{Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	if o.Status() != Passed {
		t.Fatalf("status %d: %+v", o.Status(), o.Summary)
	}
	return func(metric, stat string, labels ...string) rundir.Estimate {
		for _, e := range o.Estimates {
			if e.Metric == metric && e.Stat == stat && slices.Equal(e.Labels, labels) {
				return e
			}
		}
		t.Fatalf("no %s.%s at %v", metric, stat, labels)
		return rundir.Estimate{}
	}
}

// TestStudies: every shipped study runs, and its answer is the one that closed forms give where nothing is left to chance.
func TestStudies(t *testing.T) {
	known := map[string]func(t *testing.T){
		"setup-by-tcp-mode": func(t *testing.T) {
			at := shipped(t, "setup-by-tcp-mode")
			late, early := at("session-setup-time", "mean", "late", "60ms", "0%"), at("session-setup-time", "mean", "early", "60ms", "0%")
			// Spec reference §7.4: the gateway's answer waits for the core leg's handshake, 2b = 20 ms, or does not.
			if d := late.Mean - early.Mean; d < 19.9e6 || d > 20.1e6 {
				t.Errorf("late is %.3f ms slower than early, want 20", d/1e6)
			}
			if lossy := at("session-setup-time", "mean", "early", "60ms", "2%"); lossy.Mean <= early.Mean {
				t.Error("loss costs nothing")
			}
		},
		"strict-or-interlinked": func(t *testing.T) {
			at := shipped(t, "strict-or-interlinked")
			near, far := at("session-setup-time", "mean", "strict", "5ms", "0%"), at("session-setup-time", "mean", "strict", "50ms", "0%")
			// Add, then Modify with the answer and the second Add: two round trips of H.248 on the way, of which the first overlaps nothing.
			if d := far.Mean - near.Mean; d < 130e6 || d > 140e6 {
				t.Errorf("45 ms more on Iq cost %.3f ms, want 135: three crossings", d/1e6)
			}
		},
		"protection-cost": func(t *testing.T) {
			at := shipped(t, "protection-cost")
			v12, v13 := at("tls-setup-time", "mean", "e2ae-tls12", "150ms"), at("tls-setup-time", "mean", "e2ae-tls13", "150ms")
			// RFC 8446 §2: one round trip less on the access leg.
			if d := v12.Mean - v13.Mean; d < 298e6 || d > 302e6 {
				t.Errorf("TLS 1.3 saves %.3f ms, want a round trip of 300", d/1e6)
			}
			if none := at("tls-cpu-time", "mean", "none", "5ms"); none.Mean != 0 {
				t.Errorf("no TLS takes %g ns", none.Mean)
			}
		},
		"nat-keepalive": func(t *testing.T) {
			at := shipped(t, "nat-keepalive")
			for _, c := range []struct {
				timer, keepalive string
				delivered        float64
			}{
				{"120s", "none", 1}, {"120s", "50s", 2}, {"120s", "110s", 2}, {"120s", "290s", 1},
				{"300s", "290s", 2}, {"1200s", "none", 2}, {"7440s", "none", 2},
			} {
				if e := at("message-delay", "count", c.timer, c.keepalive); e.Mean != c.delivered {
					t.Errorf("NAT %s, keep-alive %s: %g messages, want %g", c.timer, c.keepalive, e.Mean, c.delivered)
				}
			}
		},
		"gateway-load": func(t *testing.T) {
			at := shipped(t, "gateway-load")
			if a, b := at("session-setup-time", "mean", "100ms"), at("session-setup-time", "mean", "25ms"); b.Mean <= a.Mean {
				t.Errorf("four times the calls: %.3f ms, then %.3f", a.Mean/1e6, b.Mean/1e6)
			}
		},
	}
	for _, e := range scenarios.List() {
		if e.Family != "study" {
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			check := known[e.Name]
			if check == nil {
				t.Fatal("a study without a check of its answer")
			}
			check(t)
		})
	}
}
