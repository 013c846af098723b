package bearer

import (
	"fmt"
	"strings"
	"testing"
)

// TestConditionsReadBack writes every condition of the tables and reads it again.
func TestConditionsReadBack(t *testing.T) {
	for _, rules := range [][]Rule{Establishment, ReleaseMatrix} {
		for i := range rules {
			for _, c := range []Cond{rules[i].X, rules[i].Y} {
				if got, wrong, _ := ParseCond(c.String()); got != c || wrong != "" {
					t.Errorf("%s: %q reads back as %q (%s)", rules[i].ID, c, got, wrong)
				}
			}
		}
	}
}

// TestNames finds rows that cannot be pointed at.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	e, r := Standard().Names()
	for _, n := range append(e, r...) {
		if seen[n] {
			t.Errorf("two rows are called %s", n)
		}
		seen[n] = true
	}
}

func text(s string) *string { return &s }

// TestOverride changes rows and looks at what a machine makes of them.
func TestOverride(t *testing.T) {
	for _, c := range []struct {
		name, x, y, event, want string
		change                  []Override
	}{
		{"as it stands", "passive fwd-late", "active", "X tcp.in.syn", "X hold, Y tcp.establish", nil},
		{"actions of a row", "passive fwd-late", "active", "X tcp.in.syn", "X tcp.accept, Y tcp.establish",
			[]Override{{Row: "E-1/1", DoX: text("tcp.accept")}}},
		{"a row less", "passive fwd-late", "active", "X tcp.in.syn", "", []Override{{Row: "E-1/1", Disable: true}}},
		{"a row more", "passive fwd-late", "active", "X tcp.in.syn", "X hold, Y tcp.establish, Y suspend",
			[]Override{{Row: "mine", Event: text("tcp.in.syn"), X: text("role=passive !leaving"), DoY: text("suspend")}}},
		{"no action", "passive est", "active synsent", "X tcp.rst reset", "", []Override{{Row: "E-30", DoX: text(""), DoY: text("")}}},
		{"cause", "passive est", "active synsent", "X tcp.rst reset", "X notify.tcpRel(gone), Y silence", []Override{{Row: "E-30", Cause: text("gone")}}},
		{"condition that fits no more", "passive est", "active synsent", "X tcp.rst reset", "", []Override{{Row: "E-30", Y: text("tcp=est"), If: text("unopened")}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Machine{SEP: [2]SEP{sepOf(t, c.x), sepOf(t, c.y)}}
			m.Table = Standard().With(c.change, func(n int, key, wrong, right string) { t.Errorf("%d.%s: %s (%s)", n, key, wrong, right) })
			side, ev, cause := eventOf(t, c.event)
			if got := show(&m, m.Input(side, ev, cause, nil)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestOverrideErrors are mistakes; each message names the row.
func TestOverrideErrors(t *testing.T) {
	for _, c := range []struct {
		change Override
		want   string
	}{
		{Override{Row: "E-3", Disable: true}, "row: row E-3: there is no such row (take one of E-3/1, E-3/2, E-3/3, E-3/4, E-3/5, E-3/6)"},
		{Override{Row: "E-99"}, "row: row E-99: there is no such row, and a new one needs an event (write event, or take one of E-1/1, E-1/2, E-2, …)"},
		{Override{Row: "E-2", DoX: text("tcp.acept")}, `do-x: row E-2: "tcp.acept" is no action (some of hold, `},
		{Override{Row: "E-2", Event: text("tcp.syn")}, `event: row E-2: "tcp.syn" is no event (one of tcp.in.syn, `},
		{Override{Row: "E-2", If: text("maybe")}, `if: row E-2: "maybe" is no fact (one of strict, `},
		{Override{Row: "E-2", X: text("tcp=opn")}, `x: row E-2: tcp is never "opn" (one of idle, held, `},
		{Override{Row: "E-2", X: text("link=fwd")}, `x: row E-2: "fwd" is no preset (one of fwd-late|fwd-early|`},
		{Override{Row: "E-2", Y: text("ready")}, `y: row E-2: "ready" is no condition (tcp=…, tls=…, `},
		{Override{Row: "E-2", Y: text("udp=est")}, `y: row E-2: "udp" is no key of a condition (tcp, tls, `},
	} {
		got := ""
		table := Standard().With([]Override{c.change}, func(_ int, key, wrong, right string) { got += fmt.Sprintf("%s: %s (%s)", key, wrong, right) })
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%+v\n got %s\nwant %s", c.change, got, c.want)
		}
		m, n := Machine{SEP: [2]SEP{sepOf(t, "passive fwd-early"), sepOf(t, "active")}}, Machine{SEP: [2]SEP{sepOf(t, "passive fwd-early"), sepOf(t, "active")}}
		m.Table = table
		if a, b := fmt.Sprint(m.Input(X, SynIn, "", nil)[0].Action), fmt.Sprint(n.Input(X, SynIn, "", nil)[0].Action); a != b {
			t.Errorf("%+v: a wrong change has an effect", c.change)
		}
	}
}
