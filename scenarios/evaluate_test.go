package scenarios

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"imsim/scenarios/formula"
)

// nobody is a run in which nothing happened.
type nobody struct{}

func (nobody) Sessions(string) []string                    { return nil }
func (nobody) Milestone(string, Milestone) (Instant, bool) { return Instant{}, false }
func (nobody) Count(string, Milestone) int                 { return 0 }
func (nobody) Outcome(string) string                       { return "" }
func (nobody) KPI(_, _, _ string) (formula.Value, bool)    { return formula.Value{}, false }
func (nobody) Totals(string) Totals                        { return Totals{} }

// played is a run of two sessions, the second 1 ns slower than the first.
type played struct{ nobody }

func (played) Sessions(class string) []string {
	if class == "quiet" {
		return nil
	}
	return []string{"chat#1", "chat#2"}
}

func (played) Milestone(s string, m Milestone) (Instant, bool) {
	at, ok := map[string]Instant{
		"ue-a tcp.syn.sent":       {1e6, 10},
		"agw/core tcp.syn.sent":   {21e6, 20},
		"ue-b tcp.syn.received":   {28e6, 30},
		"ue-b tcp.synack.sent":    {28e6, 31},
		"ue-b msrp.send.received": {162e6, 90},
	}[m.String()]
	if m.Name == "msrp.send.received" && s == "chat#2" {
		at.At++
	}
	return at, ok
}

func (played) Count(s string, m Milestone) int { return len(m.Name) }
func (played) Outcome(s string) string         { return "established" }
func (played) Totals(string) Totals            { return Totals{Attempted: 2, Established: 2} }
func (played) KPI(class, name, stat string) (formula.Value, bool) {
	return formula.Dur(5e6), name == "setup"
}

func TestEvaluate(t *testing.T) {
	const head = `schema: 1
title: t
nodes:
  ue-a: {kind: ue, proxy: pcscf}
  ue-b: {kind: ue, proxy: scscf}
  pcscf: {kind: pcscf, home: scscf, gateway: agw}
  scscf: {kind: scscf}
  agw: {kind: mediagw, controller: pcscf, realms: {access: access, core: core}}
  r: {kind: router}
links:
  access: {between: [ue-a, agw], delay: 20ms}
  core: {between: [agw, ue-b], delay: 7ms}
  a: {between: [ue-a, r]}
  b: {between: [ue-b, r]}
  p: {between: [pcscf, r]}
  s: {between: [scscf, r]}
  iq: {between: [agw, pcscf]}
sessions: {chat: {from: ue-a, to: ue-b}, quiet: {from: ue-a, to: ue-b}}
let: {a: links.access.delay, b: links.core.delay}
expect:
`
	for _, c := range []struct {
		expect string
		want   Result
	}{
		{"- {milestone: ue-b tcp.syn.received, since: ue-a tcp.syn.sent, equals: a+b, domain: 2*(a+b) < 1s}",
			Result{"ue-b tcp.syn.received since ue-a tcp.syn.sent = a+b", true, "27ms in all 2 sessions"}},
		{"- {milestone: ue-b tcp.syn.received, equals: a+b}",
			Result{"ue-b tcp.syn.received = a+b", false, "chat#1: 28ms, not 27ms (2 of 2 sessions fail)"}},
		{"- {milestone: ue-b msrp.send.received, since: ue-a tcp.syn.sent, equals: 7*a+3*b}",
			Result{"ue-b msrp.send.received since ue-a tcp.syn.sent = 7*a+3*b", false, "chat#2: 161000001ns, not 161ms (1 of 2 sessions fail)"}},
		{"- {milestone: ue-b msrp.send.received, since: ue-a tcp.syn.sent, within: {min: 7*a+3*b, max: 1s}}",
			Result{"ue-b msrp.send.received since ue-a tcp.syn.sent ≥ 7*a+3*b ≤ 1s", true, "holds in all 2 sessions; the first: 161ms"}},
		{"- {milestone: ue-b tcp.syn.received, within: {max: a}}",
			Result{"ue-b tcp.syn.received ≤ a", false, "chat#1: 28ms, more than 20ms (2 of 2 sessions fail)"}},
		{"- {milestone: ue-b tcp.syn.received, equals: a+b, domain: 2*(a+b) < 50ms}",
			Result{"ue-b tcp.syn.received = a+b", false, "outside the domain: 2*(a+b) < 50ms does not hold, a = 20ms, b = 7ms"}},
		{"- {milestone: ue-b tcp.syn.received, equals: a/3}",
			Result{"ue-b tcp.syn.received = a/3", false, "a/3 cannot be computed: column 2: 20ms / 3 leaves a remainder (division is exact)"}},
		{"- {milestone: ue-b through, equals: a}",
			Result{"ue-b through = a", false, "chat#1: ue-b through did not come (2 of 2 sessions fail)"}},
		{"- {order: [ue-a tcp.syn.sent, agw/core tcp.syn.sent, ue-b tcp.syn.received, ue-b tcp.synack.sent]}",
			Result{"ue-a tcp.syn.sent → agw/core tcp.syn.sent → ue-b tcp.syn.received → ue-b tcp.synack.sent", true, "in order in all 2 sessions"}},
		{"- {order: [ue-b tcp.synack.sent, ue-b tcp.syn.received]}",
			Result{"ue-b tcp.synack.sent → ue-b tcp.syn.received", false,
				"chat#1: ue-b tcp.syn.received at 28ms came before ue-b tcp.synack.sent at 28ms (2 of 2 sessions fail)"}},
		{"- {never: ue-b tcp.reset}", Result{"never ue-b tcp.reset", true, "never in all 2 sessions"}},
		{"- {never: ue-a tcp.syn.sent}", Result{"never ue-a tcp.syn.sent", false, "chat#1: came at 1ms (2 of 2 sessions fail)"}},
		{"- {count: {milestone: ue-a through, equals: 7}}", Result{"count of ue-a through = 7", true, "7 in all 2 sessions"}},
		{"- {count: {milestone: ue-a through, equals: 2*3}}", Result{"count of ue-a through = 2*3", false, "chat#1: 7 (2 of 2 sessions fail)"}},
		{"- {outcome: established, session: chat}", Result{"chat: outcome established", true, "established in all 2 sessions"}},
		{"- {outcome: failed}", Result{"outcome failed", false, "chat#1: established (2 of 2 sessions fail)"}},
		{"- {outcome: established, session: quiet}", Result{"quiet: outcome established", false, "there was no session"}},
		{"- {kpi: {name: setup, stat: p99, below: a}}", Result{"p99 of setup < a", true, "5ms"}},
		{"- {kpi: {name: setup, above: 4ms, below: 5ms}}", Result{"mean of setup > 4ms < 5ms", false, "5ms, not below 5ms"}},
		{"- {kpi: {name: setup, above: 4}}", Result{"mean of setup > 4", false, "4 is a number, the quantity is a duration"}},
		{"- {kpi: {name: loss, above: 4}}", Result{"mean of loss > 4", false, "was not measured"}},
		{"- {sessions: {established: 2, failed: 0}}", Result{"sessions established 2, failed 0", true, "established 2, failed 0"}},
		{"- {sessions: {released: 1}}", Result{"sessions released 1", false, "released 0"}},
	} {
		s, err := Parse("x.yaml", []byte(head+c.expect+"\n"), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.expect, err)
			continue
		}
		if d := cmp.Diff([]Result{c.want}, s.Evaluate(played{})); d != "" {
			t.Errorf("%s\n%s", c.expect, d)
		}
	}
}
