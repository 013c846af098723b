package run

import (
	"slices"
	"strings"
	"testing"

	"imsim/netem/tls"
	"imsim/nodes"
)

// A gateway that takes anybody for whoever he says he is lets user data across, and the invariant that looks at certificates and
// SDP on the wire says so, though every milestone of the gateway's says that all is well.
func TestBrokenGatewayIsCaught(t *testing.T) {
	broken := func(node string, c *tls.Config) { c.TrustAny = strings.HasPrefix(node, "agw") }
	for _, engine := range []nodes.Engine{nodes.EngineModel, nodes.EngineReal} {
		for _, c := range []struct {
			scenario string
			set      string
			across   bool // user data did cross
		}{
			{"e2ae-msrp-fp-mismatch-agw", "", true},
			{"e2ae-msrp-weaker-fp", "nodes.ue-a.tls.fingerprints=[sha-512-other]", true},
			{"e2ae-msrp-early-clienthello-mismatch", "", true},
			{"e2ae-msrp-orig-agnostic", "", false}, // broken, and nobody has made use of it
			{"e2ae-msrp-mitm-cert", "", false},     // the UE does not let it come to that
		} {
			sc := load(t, c.scenario, strings.Fields(c.set)...)
			if _, st := play(t, sc, Options{Engine: engine}); violated(st) {
				t.Errorf("%v %s: a sound gateway is found broken: %v", engine, c.scenario, st.Invariants)
			}
			l, st := play(t, sc, Options{Engine: engine, Tamper: broken})
			if violated(st) != c.across {
				t.Errorf("%v %s: found broken: %v, want %v\n%s", engine, c.scenario, !c.across, c.across, l)
			}
		}
	}
}

// violated reports whether data crossed before verification.
func violated(st Stats) bool {
	for _, r := range st.Invariants {
		if r.Name == "ready-before-data" && r.Broken > 0 {
			return true
		}
	}
	return false
}

// E13: crypto/tls ends a session whose peer renegotiates; engine model refuses by a warning (scenario e2ae-msrp-renego).
func TestRenegotiationWithCryptoTLS(t *testing.T) {
	l, _ := play(t, load(t, "e2ae-msrp-renego", "engines=[real]"), Options{Engine: nodes.EngineReal})
	lines := strings.Split(l.String(), "\n")
	at := -1
	for _, want := range []string{
		"agw1/access tls.alert.sent 10", "agw1/access h248.notify.sent unexpected_message", "agw1/access tcp.fin.sent", "agw1/core tcp.rst.sent",
		"pcscf1/ h248.notify.received unexpected_message", "agw1/ h248.subtract.received",
	} {
		i := slices.IndexFunc(lines, func(s string) bool { return strings.Contains(s, want) })
		if i <= at {
			t.Fatalf("%s: not there, or out of order\n%s", want, l)
		}
		at = i
	}
}
