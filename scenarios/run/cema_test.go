package run

import (
	"strings"
	"testing"
)

// What becomes of a call through an agnostic gateway of which one side has no CEMA, by what its controller does about it, by whether
// the gateway can be told of MSRP, and by who opens (spec reference §3.6, §8.7). Row 5 of §8.7: behind a NAT merge takes a=setup.
func TestCEMAMissing(t *testing.T) {
	for _, c := range []struct{ scenario, set, end string }{
		{"e2ae-msrp-cema-missing", "", "released"},
		{"e2ae-msrp-cema-missing", "nodes.pcscf1.cema-missing=reject", "failed"},
		{"e2ae-msrp-cema-missing", "nodes.pcscf1.cema-missing=pass", "released"}, // UE-A opens to c= and m= all the same
		{"e2ae-msrp-cema-missing", "nodes.agw1.applications=[]", "released"},     // 515, and the same
		{"e2ae-msrp-cema-missing", "nodes.ue-b.answer=active", "failed"},         // UE-B has opened past the gateway by then
		{"e2ae-msrp-cema-missing", "nodes.ue-b.answer=active nodes.pcscf1.awareness=aware", "released"},
		{"e2ae-msrp-cema-missing", "nodes.ue-b.answer=active nodes.ue-a.cema=false", "released"}, // known by the offer
		{"e2ae-msrp-cema-missing", "nodes.ue-b.acm=false", "released"},
		{"e2ae-msrp-cema-missing", "nodes.ue-a.cema=false nodes.ue-b.cema=true", "released"},
		{"e2ae-msrp-cema-missing", "nodes.ue-a.cema=false nodes.ue-b.cema=true nodes.agw1.applications=[]", "failed"}, // UE-B sees the mismatch
		{"e2ae-msrp-cema-missing", "nodes.ue-a.cema=false nodes.pcscf1.cema-missing=reject", "failed"},
		{"e2ae-msrp-cema-missing", "nodes.ue-a.cema=false nodes.ue-a.acm=false nodes.ue-b.acm=false", "released"},
		{"tcp-merge-term-nat", "", "released"},
		{"tcp-merge-term-nat", "nodes.ue-a.acm=false", "failed"}, // cannot be told to open
		{"tcp-merge-term-nat", "nodes.ue-b.acm=false", "released"},
	} {
		l, _ := play(t, load(t, c.scenario, strings.Fields(c.set)...), Options{})
		// Who never could speak has failed, also where the other side says good-bye.
		up := strings.Contains(l.String(), " session.established ") && strings.Contains(l.String(), "session.end released")
		if up != (c.end == "released") {
			t.Errorf("%s %q: want %s\n%s", c.scenario, c.set, c.end, l)
		}
	}
}
