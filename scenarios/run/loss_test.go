package run

import (
	"fmt"
	"testing"

	"imsim/nodes"
	"imsim/scenarios/measure"
)

// However many packets are lost, every call that starts ends, once, and the gateway is left with nothing. Most come to their end as
// if nothing had happened: everything that matters is repeated.
func TestLosses(t *testing.T) {
	runs := 60
	if testing.Short() {
		runs = 6
	}
	seen := map[measure.Outcome]int{}
	for seed := range runs {
		for _, loss := range []string{"1%", "10%"} {
			set := []string{fmt.Sprintf("run.seed=%d", seed)}
			for _, link := range []string{"access", "access-agw", "access-pcscf", "iq", "mw", "isc", "core", "peer"} {
				set = append(set, "links."+link+".loss="+loss)
			}
			sc := load(t, "e2ae-msrp-orig-agnostic", set...)
			l := &ledger{Collector: measure.New(measure.Config{Full: true})}
			st, err := Run(sc, Options{Observer: l})
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if st.Unplaced > 0 {
				seen["not registered"]++
				continue
			}
			seen[l.Result()]++
			count := map[string]int{}
			for _, m := range l.all {
				count[m.Node+" "+m.Name]++
			}
			switch {
			case count["ue-a "+nodes.SessionEnd] != 1, count["agw1 "+nodes.AddReceived] != count["agw1 "+nodes.SubtractRecv]:
				t.Errorf("seed %d, loss %s: %s\n%s", seed, loss, l.Result(), l)
				return
			}
		}
	}
	t.Log(seen)
	if seen[measure.Released] < 2*runs*3/4 {
		t.Errorf("outcomes: %v", seen)
	}
}
