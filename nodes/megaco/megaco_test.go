package megaco

import (
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/internal/units"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// pair is a controller, another one, and a gateway, that are booted.
type pair struct {
	*nodetest.World
	t          *testing.T
	mgc, other *MGC
	mg         *MG
}

func newPair(t *testing.T, c MGCConfig, g MGConfig) *pair {
	t.Helper()
	p := &pair{World: nodetest.New(t, "mgc1", "mgc2", "mg1"), t: t}
	free := new(units.Duration)
	c.Costs.Message, g.Costs.Message = free, free
	g.Controllers = []string{"mgc1", "mgc2"}
	var err error
	if p.mgc, err = NewMGC(p.Env, p.Host("mgc1"), c); err != nil {
		t.Fatal(err)
	}
	if p.other, err = NewMGC(p.Env, p.Host("mgc2"), MGCConfig{Orphans: "keep"}); err != nil {
		t.Fatal(err)
	}
	if p.mg, err = NewMG(p.Env, p.Host("mg1"), g); err != nil {
		t.Fatal(err)
	}
	p.mg.Start(sim.Cause{Record: 1})
	p.Run(100 * time.Millisecond)
	return p
}

func actions(t *testing.T, text string) [][]h248.Action {
	t.Helper()
	a, err := ParseActions(text)
	if err != nil {
		t.Fatal(err)
	}
	return [][]h248.Action{a}
}

// order has the controller send a transaction, and returns the milestones that follow within d.
func (p *pair) order(d time.Duration, text string) string {
	p.t.Helper()
	p.Marks = nil
	p.mgc.Send("mg1", actions(p.t, text), sim.Cause{Record: 1})
	p.Run(d)
	return p.marks()
}

// marks are the milestones so far, without prefix.
func (p *pair) marks() string {
	return strings.ReplaceAll(strings.Join(p.Marks, ", "), "h248.", "")
}

// Scripts of one transaction: what the rules and the gateway make of it.
func TestTransactions(t *testing.T) {
	const two = "Context = $ { Add = ip/access/$, Add = ip/core/$ }"
	for _, c := range []struct {
		name, before, text string
		mg                 MGConfig
		want               string
	}{
		{"carried out in order", "", two, MGConfig{},
			"mgc1 add.sent ip/access/$, mgc1 add.sent ip/core/$, mg1 add.received ip/access/$, mg1 add.received ip/core/$, mg1 reply.sent, mgc1 reply.received"},
		{"error by rule, once", "", two, MGConfig{Answer: []Answer{{To: "Add", Nth: 2, Error: 510}}},
			"mgc1 add.sent ip/access/$, mgc1 add.sent ip/core/$, mg1 add.received ip/access/$, mg1 reply.sent, mgc1 reply.received 510, mgc1 error.510 Insufficient resources"},
		{"unknown context", "", "Context = 9 { Modify = ip/core/1 }", MGConfig{},
			"mgc1 modify.sent ip/core/1, mg1 reply.sent, mgc1 reply.received 411, mgc1 error.411 Unknown ContextID"},
		{"unknown termination", two, "Context = 1 { Modify = ip/core/9 }", MGConfig{},
			"mgc1 modify.sent ip/core/9, mg1 reply.sent, mgc1 reply.received 430, mgc1 error.430 Unknown TerminationID"},
		{"subtract all", two, "Context = 1 { Subtract = * }", MGConfig{},
			"mgc1 subtract.sent *, mg1 subtract.received *, mg1 reply.sent, mgc1 reply.received"},
		{"audit of one context", two, "Context = 1 { AuditValue = ip/core/2 { Audit { Statistics } } }", MGConfig{},
			"mgc1 audit.sent ip/core/2, mg1 audit.received ip/core/2, mg1 reply.sent, mgc1 reply.received"},
		{"never answered", "", "Context = - { AuditValue = ROOT { Audit { } } }", MGConfig{Answer: []Answer{{To: "AuditValue", Silent: true}}},
			"mgc1 audit.sent ROOT, mgc1 request.repeated, mg1 repeat.received, mgc1 request.repeated, mg1 repeat.received"},
		{"asks for acknowledgement", two, "Context = 1 { Subtract = * }", MGConfig{Answer: []Answer{{To: "Subtract", Ack: true}}},
			"mgc1 subtract.sent *, mg1 subtract.received *, mg1 reply.sent, mgc1 ack.sent, mgc1 reply.received, mg1 ack.received"},
		{"takes half a second", two, "Context = 1 { Subtract = * }", MGConfig{Answer: []Answer{{To: "Subtract", After: units.Duration(500 * time.Millisecond)}}},
			"mgc1 subtract.sent *, mgc1 request.repeated, mg1 repeat.received, mg1 subtract.received *, mg1 reply.sent, mgc1 reply.received"},
		{"bad Local", "", "Context = $ { Add = ip/core/$ { Media { Stream = 1 { Local { nonsense } } } } }", MGConfig{},
			"mgc1 add.sent ip/core/$, mg1 add.received ip/core/$, mg1 reply.sent, mgc1 reply.received 449, mgc1 error.449"},
		{"not of its kind", two, "Context = 1 { Move = ip/core/2 }", MGConfig{}, "mg1 reply.sent, mgc1 reply.received 443, mgc1 error.443 Unsupported or unknown command"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t, MGCConfig{}, c.mg)
			if c.before != "" {
				p.order(100*time.Millisecond, c.before)
			}
			got := p.order(time.Second, c.text)
			if !strings.HasPrefix(strings.ToLower(got), strings.ToLower(c.want)) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// An execution that takes too long is given up: nothing has been done when its time is over.
func TestAborted(t *testing.T) {
	p := newPair(t, MGCConfig{}, MGConfig{
		H248:   Settings{Provisional: units.Duration(time.Second), PendingLimit: 2},
		Answer: []Answer{{To: "Add", After: units.Duration(10 * time.Second)}},
	})
	got := p.order(20*time.Second, "Context = $ { Add = ip/core/$ }")
	if strings.Count(got, "mg1 pending.sent") != 2 || !strings.Contains(got, "mg1 aborted 506") || strings.Contains(got, "add.received") || p.mg.Contexts() != 0 {
		t.Error(got)
	}
}

// A gateway comes back in each of its ways, and its controller compares what both know.
func TestServiceChange(t *testing.T) {
	const two = "Context = $ { Add = ip/access/$, Add = ip/core/$ }"
	for _, c := range []struct {
		name     string
		cfg      MGCConfig
		do       func(p *pair)
		has      []string // among the milestones
		contexts int
	}{
		{"restart", MGCConfig{}, func(p *pair) { p.mg.Restart(2*time.Second, sim.Cause{}) }, []string{"mg1 servicechange.sent Restart, 902", "mgc1 association.up Restart"}, 0},
		{"forced", MGCConfig{}, func(p *pair) { p.mg.Leave(h248.Forced, 0, sim.Cause{}) }, []string{"mgc1 servicechange.received Forced, 905"}, 0},
		{"graceful and back", MGCConfig{}, func(p *pair) {
			p.mg.Leave(h248.Graceful, 5*time.Second, sim.Cause{})
			p.Run(time.Second)
			p.mg.Return(sim.Cause{})
		}, []string{"mgc1 servicechange.received Graceful, 905", "mgc1 association.up Restart"}, 1},
		{"the controller restarts and has forgotten", MGCConfig{}, func(p *pair) { p.mgc.Restart(time.Second, sim.Cause{}) }, []string{"mgc1 audited kept 0, orphans 1", "mgc1 orphan.subtracted 1"}, 0},
		{"the controller restarts and remembers", MGCConfig{Keep: []int{1}}, func(p *pair) { p.mgc.Restart(time.Second, sim.Cause{}) }, []string{"mgc1 audited kept 1, orphans 0"}, 1},
		{"handed to another controller", MGCConfig{}, func(p *pair) { p.mgc.HandOff("mgc2", sim.Cause{}) },
			[]string{"mg1 servicechange.received HandOff, 903", "mgc2 association.up HandOff", "mgc2 audited kept 1, orphans 0"}, 1},
		{"sent elsewhere at once", MGCConfig{Answer: []Answer{{To: "ServiceChange", Nth: 2, Try: "mgc2"}}}, func(p *pair) { p.mg.Restart(0, sim.Cause{}) },
			[]string{"mg1 servicechange.sent Restart, 902", "mgc2 association.up Restart"}, 0},
		{"the controller is dead", MGCConfig{}, func(p *pair) {
			p.mgc.Restart(time.Hour, sim.Cause{})
			p.mg.Send(actions(p.t, "Context = 1 { Notify = ip/core/2 { ObservedEvents = 1 { tcpbcc/BNCChange { Type = Est } } } }"), sim.Cause{})
			p.Run(time.Minute)
		}, []string{"mg1 association.lost", "mg1 servicechange.sent Disconnected, 900", "mgc2 association.up Failover"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t, c.cfg, MGConfig{})
			p.order(100*time.Millisecond, two)
			p.Marks = nil
			c.do(p)
			p.Run(5 * time.Second)
			got := p.marks()
			for _, want := range c.has {
				i := strings.Index(got, want)
				if i < 0 {
					t.Errorf("no %q in %s", want, got)
					continue
				}
				got = got[i:]
			}
			if p.mg.Contexts() != c.contexts {
				t.Errorf("%d contexts, want %d", p.mg.Contexts(), c.contexts)
			}
		})
	}
}

// Faults befall what a node sends: the later of two transactions arrives first, a third comes twice and is done once.
func TestFaults(t *testing.T) {
	p := newPair(t, MGCConfig{}, MGConfig{})
	p.order(100*time.Millisecond, "Context = $ { Add = ip/core/$ }")
	for _, a := range p.mgc.Associations() {
		a.Delay(1, 50*time.Millisecond)
	}
	p.mgc.Send("mg1", actions(t, "Context = 1 { Subtract = ip/core/1 }"), sim.Cause{})
	got := p.order(time.Second, "Context = 1 { Modify = ip/core/1 }")
	if i, j := strings.Index(got, "mg1 modify.received"), strings.Index(got, "mg1 subtract.received"); i < 0 || j < i {
		t.Error(got)
	}
	for _, a := range p.mgc.Associations() {
		a.Duplicate(1, 10*time.Millisecond)
	}
	got = p.order(time.Second, "Context = $ { Add = ip/core/$ }")
	if strings.Count(got, "mg1 add.received") != 1 || !strings.Contains(got, "mg1 repeat.received, mg1 reply.repeated") {
		t.Error(got)
	}
}

// Gateways of one node wait each a part of the delay of its own.
func TestAvalanche(t *testing.T) {
	p := newPair(t, MGCConfig{}, MGConfig{Count: 50, MWD: units.Duration(10 * time.Second)})
	p.Run(11 * time.Second)
	if n := strings.Count(p.marks(), "mgc1 association.up"); n != 50 || !p.mg.Settled() {
		t.Errorf("%d gateways came up", n)
	}
	at := map[sim.Time]bool{}
	for _, g := range p.mg.gateways {
		at[g.control().Heard()/1e9] = true
	}
	if len(at) < 8 {
		t.Errorf("they came within %d different seconds", len(at))
	}
}

// FuzzParseActions: what a scenario writes is read, or refused with a place in it.
func FuzzParseActions(f *testing.F) {
	f.Add("Context = $ { Add = ip/core/$ }")
	f.Add("Context = 1 { Subtract = * } } Transaction = 2 {")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseActions(text)
		if (list == nil) == (err == nil) {
			t.Errorf("%v %v", list, err)
		}
	})
}
