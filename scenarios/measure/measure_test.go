package measure

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imsim/nodes"
	"imsim/scenarios"
	"imsim/scenarios/formula"
	"imsim/scenarios/rundir"
	"imsim/sim"
)

// play reads lines "ms session node[/leg] milestone [detail]" into an observer.
func play(t *testing.T, obs nodes.Observer, script string) {
	t.Helper()
	for line := range strings.Lines(script) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		at, err := time.ParseDuration(f[0] + "ms")
		if err != nil {
			t.Fatal(err)
		}
		m := nodes.Milestone{At: sim.Time(at), Name: f[3], Detail: strings.Join(f[4:], " ")}
		m.Why.Session = sim.SessionID(f[1][0] - '0')
		m.Node, m.Leg, _ = strings.Cut(f[2], "/")
		obs.Milestone(m)
	}
}

// call is a session with a gateway, a binding SEND, and a message each way; then one that is refused and one that is
// never answered.
const call = `
0   0 ue-a sip.registered
0   1 ue-a session.start chat
1   1 ue-a sip.invite.sent
20  1 ue-b sip.invite.received
60  1 ue-a sip.200.received
60  1 ue-a tcp.syn.sent
80  1 agw/access tcp.syn.received
80  1 agw/core tcp.syn.sent
87  1 ue-b tcp.syn.received
94  1 agw/core tcp.established
101 1 ue-b tcp.established
114 1 ue-a tcp.established
114 1 ue-a tls.clienthello.sent
134 1 agw/access tcp.established
174 1 agw/access tls.established
194 1 ue-a tls.established
194 1 ue-a msrp.send.sent
194 1 ue-a session.established
194 1 ue-a msrp.send.sent
200 2 ue-a session.start chat
201 2 ue-a sip.invite.sent
221 1 ue-b msrp.bound
221 1 ue-b msrp.send.received
222 1 ue-b msrp.send.received
222 1 ue-b msrp.message.delivered
230 2 ue-a sip.rejected 486
230 2 ue-a session.end failed
240 3 ue-b session.start quiet
300 1 ue-b msrp.send.sent
305 1 ue-b msrp.send.sent
327 1 ue-a msrp.send.received
332 1 ue-a msrp.send.received
332 1 ue-a msrp.message.delivered
400 1 ue-a sip.bye.sent
410 1 ue-b sip.bye.received
410 1 ue-b sip.released
425 1 ue-a sip.released
425 1 ue-a session.end released
430 1 ue-a tcp.established
`

const ms = int64(time.Millisecond)

func ns(n int64) *int64 { n *= ms; return &n }

func TestSessions(t *testing.T) {
	for _, full := range []bool{true, false} {
		c := New(Config{Full: full})
		play(t, c, call)
		want := []rundir.Session{
			{Session: 1, Class: "chat", From: "ue-a", Outcome: "released", Established: ns(194), End: ns(425), SetUp: ns(194),
				SIPSetUp: ns(59), TCPSetUp: ns(74), TLSSetUp: ns(80), Release: ns(25), Messages: 2, FirstDelay: ns(28)},
			{Session: 2, Class: "chat", From: "ue-a", Outcome: "rejected", Start: 200 * ms, End: ns(230)},
			{Session: 3, Class: "quiet", From: "ue-b", Outcome: "unfinished", Start: 240 * ms},
		}
		if d := cmp.Diff(want, slices.Collect(c.Rows())); d != "" {
			t.Error(d)
		}
		if got := c.Totals(""); got != (scenarios.Totals{Attempted: 3, Established: 1, Released: 1, Failed: 1}) {
			t.Errorf("%+v", got)
		}
		if got := c.Totals("quiet"); got != (scenarios.Totals{Attempted: 1}) {
			t.Errorf("%+v", got)
		}
		if c.Result() != Partial {
			t.Error(c.Result())
		}
		src := c.Source()
		for _, k := range []struct {
			class, name, stat string
			want              formula.Value
		}{
			{"", "message-delay", "count", formula.Num(2)},
			{"", "message-delay", "min", formula.Dur(28 * ms)},
			{"", "message-delay", "max", formula.Dur(32 * ms)},
			{"chat", "message-delay", "mean", formula.Dur(30 * ms)},
			{"chat", "message-delay", "p90", formula.Dur(31.6e6)},
			{"", "release-time", "p999", formula.Dur(25 * ms)},
			{"", "sessions-failed", "count", formula.Num(1)},
		} {
			if got, ok := src.KPI(k.class, k.name, k.stat); !ok || got != k.want {
				t.Errorf("%s %s of %s: %v %v, want %v", k.class, k.stat, k.name, got, ok, k.want)
			}
		}
		for _, name := range []string{"nothing", "sessions-lost"} {
			if _, ok := src.KPI("", name, "mean"); ok {
				t.Error(name, "was measured")
			}
		}
		if _, ok := src.KPI("quiet", "message-delay", "mean"); ok {
			t.Error("a quantity without samples was measured")
		}
	}
}

// TestOutcomes plays how sessions end.
func TestOutcomes(t *testing.T) {
	for script, want := range map[string]Outcome{
		"":                         None,
		"0 1 ue-a session.start c": Unfinished,
		"0 1 ue-a session.start c\n1 1 ue-a session.established":                                                             Established,
		"0 1 ue-a session.start c\n1 1 ue-a session.established\n2 1 ue-a session.end released":                              Released,
		"0 1 ue-a session.start c\n1 1 ue-a session.established\n2 1 ue-a session.end failed":                                Failed,
		"0 1 ue-a session.start c\n2 1 ue-a session.end released":                                                            Failed,
		"0 1 ue-a session.start c\n2 1 ue-a session.end cancelled":                                                           Cancelled,
		"0 1 ue-a session.start c\n1 1 ue-a sip.rejected 488\n2 1 ue-a session.end failed":                                   Rejected,
		"0 1 ue-a session.start c\n1 1 ue-b sip.rejected 488\n2 1 ue-a session.end failed":                                   Failed,
		"0 1 ue-a session.start c\n0 2 ue-a session.start c\n1 2 ue-a session.end failed":                                    Partial,
		"0 1 ue-a session.start c\n0 2 ue-a session.start c\n1 2 ue-a session.end cancelled\n1 1 ue-a session.end cancelled": Cancelled,
	} {
		c := New(Config{})
		play(t, c, script)
		if got := c.Result(); got != want {
			t.Errorf("%q: %s, want %s", script, got, want)
		}
		if !slices.Contains(Outcomes, want) {
			t.Errorf("%s is not listed", want)
		}
	}
}

func milestone(t *testing.T, s string) scenarios.Milestone {
	t.Helper()
	var m scenarios.Milestone
	if err := m.UnmarshalText([]byte(s)); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestExpectations(t *testing.T) {
	check := func(c any) scenarios.Expectation { return scenarios.Expectation{Session: "chat", Check: c} }
	equals := func(f string) *scenarios.Formula {
		var x scenarios.Formula
		if err := x.UnmarshalText([]byte(f)); err != nil {
			t.Fatal(err)
		}
		return &x
	}
	of := func(s string) scenarios.Milestone { return milestone(t, s) }
	syn := of("ue-a tcp.syn.sent")
	exp := []scenarios.Expectation{
		check(&scenarios.OutcomeCheck{Outcome: "released"}),
		check(&scenarios.MilestoneCheck{Milestone: of("ue-b tcp.syn.received"), Since: &syn, Equals: equals("27ms")}),
		check(&scenarios.MilestoneCheck{Milestone: of("ue-a msrp.send.received #2"), Equals: equals("332ms")}),
		check(&scenarios.OrderCheck{Order: []scenarios.Milestone{of("ue-a sip.registered"), of("ue-a sip.invite.sent"), syn,
			of("agw/core tcp.syn.sent"), of("agw tcp.established"), of("ue-a tls.established"), of("ue-a session.established")}}),
		check(&scenarios.OrderCheck{Order: []scenarios.Milestone{of("ue-a session.established"), of("ue-a tls.established")}}),
		check(&scenarios.NeverCheck{Never: of("ue-b tls.established")}),
		check(&scenarios.NeverCheck{Never: of("agw/access tls.established")}),
		check(&scenarios.CountCheck{Count: scenarios.Count{Milestone: of("agw tcp.established"), Equals: equals("2")}}),
		check(&scenarios.CountCheck{Count: scenarios.Count{Milestone: of("agw/core tcp.established"), Equals: equals("1")}}),
		check(&scenarios.CountCheck{Count: scenarios.Count{Milestone: of("ue-a tls.failed"), Equals: equals("0")}}),
		check(&scenarios.MilestoneCheck{Milestone: of("ue-a msrp.send.received #3"), Equals: equals("1ms")}),
	}
	want := []bool{true, true, true, true, false, true, false, true, true, true, false}
	// Of the one session that went through; the other would fail them all.
	one, _, _ := strings.Cut(call, "200 2")
	_, rest, _ := strings.Cut(call, "session.start chat\n201")
	one += "210 1 ue-b msrp" + rest[strings.Index(rest, ".bound"):]
	one = strings.ReplaceAll(strings.ReplaceAll(one, "230 2", "230 0"), "240 3", "240 0")
	var verdicts [2][]scenarios.Result
	for i, full := range []bool{true, false} {
		c := New(Config{Full: full, Watch: exp})
		play(t, c, one)
		verdicts[i] = scenarios.Evaluate(exp, nil, c.Source())
		for j, r := range verdicts[i] {
			if r.Pass != want[j] {
				t.Errorf("full %v: %s: %v, %s", full, r.Text, r.Pass, r.Actual)
			}
		}
	}
	if d := cmp.Diff(verdicts[0], verdicts[1]); d != "" {
		t.Error("what is kept changes the verdict:", d)
	}
}

func TestLedger(t *testing.T) {
	c := New(Config{Full: true})
	play(t, c, call)
	rows := slices.Collect(c.Milestones())
	if len(rows) != strings.Count(call, "\n")-1 {
		t.Errorf("%d milestones of %d", len(rows), strings.Count(call, "\n")-1)
	}
	if !slices.IsSortedFunc(rows, func(a, b rundir.Milestone) int { return int(a.At - b.At) }) {
		t.Error("not in the order of the run")
	}
	at := slices.IndexFunc(rows, func(m rundir.Milestone) bool { return m.Name == nodes.MSRPSendReceived && m.N == 2 && m.Node == "ue-b" })
	if at < 0 || rows[at].At != sim.Time(222*ms) || rows[at].Session != 1 {
		t.Error("the second SEND at ue-b:", rows[at])
	}
	w := New(Config{Watch: []scenarios.Expectation{
		{Check: &scenarios.NeverCheck{Never: milestone(t, "ue-a sip.rejected")}},
		{Check: &scenarios.NeverCheck{Never: milestone(t, "ue-a sip.rejected")}},
	}})
	play(t, w, call)
	rows = slices.Collect(w.Milestones())
	if len(rows) != 1 || rows[0].Name != nodes.CallRejected || rows[0].Session != 2 {
		t.Error("watched:", rows)
	}
}

func TestWarmup(t *testing.T) {
	c := New(Config{Warmup: sim.Time(100 * ms)})
	play(t, c, call)
	if v, _ := c.Source().KPI("", "session-setup-time", "count"); v.N != 0 {
		t.Error("a session of the warm-up counts")
	}
	for k := range c.KPIs() {
		if k.Window != "from 100ms" {
			t.Error(k)
		}
		if k.Metric == "sessions-attempted" && k.Class == "" && k.Value != "2" {
			t.Error(k)
		}
	}
}

// TestQuantileDefinition compares with the definition in real numbers.
func TestQuantileDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		x := make([]time.Duration, 1+r.IntN(50))
		for i := range x {
			x[i] = time.Duration(r.Int64N(1000))
		}
		slices.Sort(x)
		num := r.Uint64N(1000)
		h := float64(len(x)-1) * float64(num) / 1000
		i := int(h)
		want := float64(x[i])
		if i+1 < len(x) {
			want += (h - float64(i)) * float64(x[i+1]-x[i])
		}
		if got := float64(quantile(x, num, 1000)); got < want-0.501 || got > want+0.501 {
			t.Fatalf("%v at %d/1000: %v, want %v", x, num, got, want)
		}
	}
	big := []time.Duration{0, 1 << 62}
	if got := quantile(big, 999, 1000); got != 4607074332408960516 {
		t.Errorf("large samples: %d", got)
	}
	if got := mean([]time.Duration{1 << 62, 1 << 62, 1 << 62, 1<<62 + 2}); got != 1<<62+1 {
		t.Errorf("mean of large samples: %d", got)
	}
}

// TestMemoryPerSession holds a large run to what the package promises: nothing that happens in a session adds to what is
// kept of it.
func TestMemoryPerSession(t *testing.T) {
	c := New(Config{})
	play(t, c, call)
	m := nodes.Milestone{At: sim.Time(time.Second), Why: sim.Cause{Session: 1}, Node: "agw", Leg: "core", Name: nodes.RSTReceived}
	if n := testing.AllocsPerRun(1000, func() { c.Milestone(m) }); n > 0 {
		t.Errorf("%v allocations a milestone", n)
	}
}
