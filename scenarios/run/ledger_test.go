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
	"imsim/scenarios/formula"
	"imsim/sim"
)

// ledger keeps all milestones of a run and is what its expectations are judged by.
type ledger struct {
	nodes.Unobserved
	all      []nodes.Milestone
	sessions []string
}

func (l *ledger) Milestone(m nodes.Milestone) {
	if m.Name == nodes.SessionStart {
		l.sessions = append(l.sessions, sessionName(m.Why.Session))
	}
	l.all = append(l.all, m)
}

func (l *ledger) Sessions(class string) (out []string) {
	if len(l.sessions) == 0 {
		return []string{""}
	}
	for _, s := range l.sessions {
		if _, ok := l.detail(s, nodes.SessionStart, class); ok || class == "" {
			out = append(out, s)
		}
	}
	return out
}

// detail finds a milestone of a session by its name and detail, "" for any.
func (l *ledger) detail(session, name, detail string) (nodes.Milestone, bool) {
	for _, m := range l.all {
		if sessionName(m.Why.Session) == session && m.Name == name && (detail == "" || m.Detail == detail) {
			return m, true
		}
	}
	return nodes.Milestone{}, false
}

func matches(m *nodes.Milestone, want scenarios.Milestone) bool {
	return m.Node == want.Node && m.Name == want.Name && (want.Leg == "" || m.Leg == want.Leg)
}

func (l *ledger) Milestone_(session string, want scenarios.Milestone) (scenarios.Instant, bool) {
	n := 0
	for i := range l.all {
		if m := &l.all[i]; sessionName(m.Why.Session) == session && matches(m, want) {
			if n++; n == max(want.N, 1) {
				return scenarios.Instant{At: m.At, Record: uint64(i + 1)}, true
			}
		}
	}
	return scenarios.Instant{}, false
}

func (l *ledger) Count(session string, want scenarios.Milestone) (n int) {
	for i := range l.all {
		if m := &l.all[i]; sessionName(m.Why.Session) == session && matches(m, want) {
			n++
		}
	}
	return n
}

func (l *ledger) Outcome(session string) string {
	end, ended := l.detail(session, nodes.SessionEnd, "")
	_, up := l.detail(session, nodes.SessionUp, "")
	_, rejected := l.detail(session, nodes.CallRejected, "")
	switch {
	case !ended && up:
		return "established"
	case !ended:
		return "unfinished"
	case end.Detail == "failed" && !up && rejected:
		return "rejected"
	case end.Detail == "released" && !up:
		return "failed"
	}
	return end.Detail
}

func (l *ledger) KPI(string, string, string) (formula.Value, bool) { return formula.Value{}, false }

func (l *ledger) Totals(class string) (t scenarios.Totals) {
	for _, s := range l.Sessions(class) {
		if s == "" {
			continue
		}
		t.Attempted++
		if _, up := l.detail(s, nodes.SessionUp, ""); up {
			t.Established++
		}
		switch l.Outcome(s) {
		case "released":
			t.Released++
		case "failed", "rejected":
			t.Failed++
		}
	}
	return t
}

// source is the ledger as what expectations are judged by: both interfaces have a method Milestone.
type source struct{ *ledger }

func (s source) Milestone(session string, m scenarios.Milestone) (scenarios.Instant, bool) {
	return s.Milestone_(session, m)
}

// String is the ledger as text, for comparison.
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
	l := &ledger{}
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
	for _, r := range sc.Evaluate(source{l}) {
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
