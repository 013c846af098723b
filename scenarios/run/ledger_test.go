package run

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"imsim/netem/capture"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/scenarios"
	"imsim/scenarios/measure"
	"imsim/sim"
)

// ledger keeps all milestones of a run in their order, for comparison, beside what expectations are judged by.
type ledger struct {
	*measure.Collector
	all []nodes.Milestone
}

func (l *ledger) Milestone(m nodes.Milestone) {
	l.Collector.Milestone(m)
	l.all = append(l.all, m)
}

// String is the ledger as text.
func (l *ledger) String() string {
	var b strings.Builder
	for _, m := range l.all {
		fmt.Fprintf(&b, "%v s%d %s/%s %s %s\n", m.At, m.Why.Session, m.Node, m.Leg, m.Name, m.Detail)
	}
	return b.String()
}

func load(t testing.TB, name string, set ...string) *scenarios.Scenario {
	t.Helper()
	sc, err := scenarios.Load(name, scenarios.Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// play runs a scenario and returns what came, with the run's statistics.
func play(t testing.TB, sc *scenarios.Scenario, opt Options) (*ledger, Stats) {
	t.Helper()
	l := &ledger{Collector: measure.New(measure.Config{Full: true})}
	opt.Observer = l
	st, err := Run(sc, opt)
	if err != nil {
		t.Fatalf("%s: %v", sc.Name, err)
	}
	if st.Unplaced > 0 {
		t.Fatalf("%s: calls were never placed: %s is not in place", sc.Name, st.Unsettled)
	}
	return l, st
}

// judge reports the expectations that do not hold.
func judge(t testing.TB, sc *scenarios.Scenario, l *ledger) {
	t.Helper()
	for _, r := range l.Evaluate(sc) {
		if !r.Pass {
			t.Errorf("%s: %s: %s", sc.Name, r.Text, r.Actual)
		}
	}
}

// watched are options with all that only looks on: trace and capture.
func watched(engine nodes.Engine) Options {
	return Options{
		Engine:  engine,
		Trace:   func(sim.RecordID, *sim.Record) {},
		Capture: &Capture{Writer: capture.NewWriter(io.Discard, capture.Options{Wire: (*packet.Packet).Marshal})},
	}
}
