package run

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imsim/netem"
	"imsim/nodes"
	"imsim/nodes/mediagw"
	"imsim/nodes/transport"
	"imsim/scenarios"
)

// Every scenario comes out as it says, with either TLS engine; both show the same milestones at the same instants. Runs
// repeat, watching one does not change it, and nothing is left when it is over. All that holds with IPv6, too.
func TestScenarios(t *testing.T) {
	for _, e := range listed(t) {
		t.Run(e.Name, func(t *testing.T) {
			sc := load(t, e.Name)
			model, st := play(t, sc, Options{})
			judge(t, sc, model)
			if t.Failed() {
				t.Log("\n" + model.String())
				return
			}
			for _, n := range st.Net.Nodes() {
				if h, ok := n.(*netem.Host); ok {
					kept := h.ConnectionsAt(transport.SIPPort) // they serve later requests, too (RFC 3261 §18)
					for _, c := range sc.File.Nodes {
						// An association over TCP lasts as long as gateway and controller do.
						if g, ok := c.Settings.(*mediagw.Config); ok && g.H248.Transport == "tcp" && (sc.File.Nodes[h.Name()].Settings == c.Settings || g.Controller == h.Name()) {
							kept++
						}
					}
					if live, waiting := h.Connections(); live != kept || waiting > 0 {
						t.Errorf("%s is left with %d connections and %d in TIME-WAIT", h.Name(), live, waiting)
					}
				}
			}
			again, st2 := play(t, sc, watched(nodes.EngineModel))
			if st.Fingerprint != st2.Fingerprint {
				t.Errorf("fingerprint %s, watched %s: %v, %v", st.Fingerprint, st2.Fingerprint, st.Parts, st2.Parts)
			}
			if d := cmp.Diff(model.String(), again.String()); d != "" {
				t.Errorf("watching changed the run:\n%s", d)
			}
			actual, st3 := play(t, sc, Options{Engine: nodes.EngineReal})
			if d := cmp.Diff(model.String(), actual.String()); d != "" {
				t.Errorf("engines differ (model -, real +):\n%s", d)
			}
			judge(t, sc, actual)
			if !slices.ContainsFunc(scenarios.Names(sc.File.NATs), func(n string) bool { return len(sc.File.NATs[n].External) > 0 }) {
				six := load(t, e.Name, "run.family=ipv6") // but where a NAT's addresses are written down
				l6, _ := play(t, six, Options{})
				judge(t, six, l6)
			}
			_, st4 := play(t, sc, watched(nodes.EngineReal))
			if st3.Fingerprint != st4.Fingerprint {
				t.Errorf("engine real: fingerprint %s, watched %s", st3.Fingerprint, st4.Fingerprint)
			}
		})
	}
}

// listed are the embedded scenarios that are played in virtual time.
func listed(t *testing.T) (list []scenarios.Entry) {
	t.Helper()
	for _, e := range scenarios.List() {
		if sc, err := scenarios.Load(e.Name, scenarios.Options{}); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		} else if len(sc.File.Live()) == 0 {
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		t.Fatal("no scenario is listed")
	}
	return list
}
