package run

import (
	"testing"
	"time"

	"imsim/scenarios"
)

// BenchmarkSessions runs complete e2ae MSRP sessions, registration excluded: SIP, H.248, TCP, model TLS, one message each way, release.
func BenchmarkSessions(b *testing.B) {
	sc, err := scenarios.Load("e2ae-msrp-orig-agnostic", scenarios.Options{Set: []string{
		"sessions.chat.count=4000", "sessions.chat.arrivals={every: 2ms}",
		"links.access={between: [ue-a, edge], delay: 20ms}", // one UE's radio link has no room for them all
		"nodes.pcscf1.profile=ideal", "nodes.scscf1.profile=ideal", "nodes.agw1.profile=ideal", "nodes.ue-a.profile=ideal", "nodes.ue-b.profile=ideal",
		"nodes.ue-a.costs=null", "nodes.ue-b.costs=null"}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		began := time.Now()
		st, err := Run(sc, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(4000/time.Since(began).Seconds(), "sessions/s")
		b.ReportMetric(float64(st.Events)/4000, "events/session")
		b.ReportMetric(float64(st.Packets)/4000, "packets/session")
	}
}
