package scenarios

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"imsim/internal/units"
	"imsim/scenarios/formula"
	"imsim/sim"
)

// Instant is when a milestone came: its time, and its place in the order of records, which tells milestones of one time
// apart.
type Instant struct {
	At     sim.Time
	Record uint64
}

// Totals is how many sessions came to what.
type Totals struct{ Attempted, Established, Released, Failed int }

// Source is what a run supplies to judge expectations by. A session is named as in the run's results; the class is its name
// in the scenario, and the empty class stands for all. Where a scenario has no sessions, Sessions("") is one session, "".
type Source interface {
	// Sessions returns the sessions of a class, in the order in which they started.
	Sessions(class string) []string
	// Milestone returns the m.N-th occurrence of a milestone in a session. An empty m.Leg takes any leg.
	Milestone(session string, m Milestone) (Instant, bool)
	// Count returns how often a milestone came in a session; m.N does not matter.
	Count(session string, m Milestone) int
	// Outcome returns how a session ended, in the words of OutcomeCheck.
	Outcome(session string) string
	// KPI returns a statistic of a quantity over the sessions of a class: a duration or a number.
	KPI(class, name, stat string) (formula.Value, bool)
	// Totals counts the sessions of a class.
	Totals(class string) Totals
}

// Result is the verdict on one expectation.
type Result struct {
	Text   string // the expectation in one line
	Pass   bool
	Actual string // what came out, in short
}

// Evaluate judges the scenario's expectations by what a run supplies.
func (s *Scenario) Evaluate(src Source) []Result { return Evaluate(s.File.Expect, s.Names(), src) }

// Evaluate judges expectations by what a run supplies; names gives formulas their values.
func Evaluate(exp []Expectation, names formula.Names, src Source) []Result {
	out := make([]Result, len(exp))
	for i := range exp {
		e := &exp[i]
		j := judge{names: names, src: src, class: e.Session}
		out[i].Text = e.String()
		if bad := j.outside(e.Domain); bad != "" {
			out[i].Actual = bad
			continue
		}
		out[i].Actual, out[i].Pass = j.check(e.Check)
	}
	return out
}

// judge holds what all checks need.
type judge struct {
	names formula.Names
	src   Source
	class string
}

// outside says why the expectation is not stated for this scenario's values; empty where it is.
func (j *judge) outside(domain *Formula) string {
	if domain == nil || domain.Expr == nil {
		return ""
	}
	v, err := domain.Eval(j.names)
	switch {
	case err != nil:
		return "the domain cannot be computed: " + err.Error()
	case !v.True():
		return "outside the domain: " + domain.String() + " does not hold" + j.values(domain)
	}
	return ""
}

// values lists the names of a formula with their values.
func (j *judge) values(f *Formula) string {
	var list []string
	seen := map[string]bool{}
	f.Walk(func(name string, _ int) {
		if v, err := j.names(name); err == nil && !seen[name] {
			list = append(list, name+" = "+v.String())
		}
		seen[name] = true
	})
	if len(list) == 0 {
		return ""
	}
	return ", " + strings.Join(list, ", ")
}

func (j *judge) check(check any) (actual string, pass bool) {
	switch c := check.(type) {
	case *MilestoneCheck:
		return j.milestone(c)
	case *OrderCheck:
		return j.each(func(s string) (string, bool) { return j.order(s, c.Order) })
	case *NeverCheck:
		return j.each(func(s string) (string, bool) {
			at, came := j.src.Milestone(s, c.Never)
			if came {
				return "came at " + units.Duration(at.At).String(), false
			}
			return "never", true
		})
	case *CountCheck:
		want, err := c.Count.Equals.Eval(j.names)
		if err != nil {
			return err.Error(), false
		}
		return j.each(func(s string) (string, bool) {
			n := j.src.Count(s, c.Count.Milestone)
			return strconv.Itoa(n), int64(n) == want.N
		})
	case *OutcomeCheck:
		return j.each(func(s string) (string, bool) {
			o := j.src.Outcome(s)
			return o, o == c.Outcome
		})
	case *KPICheck:
		return j.kpi(&c.KPI)
	case *SessionsCheck:
		return j.totals(&c.Sessions)
	}
	return "nothing is expected", false
}

// each judges every session. What came out is the word that all agree on, or that of the first to fail.
func (j *judge) each(one func(session string) (string, bool)) (actual string, pass bool) {
	sessions := j.src.Sessions(j.class)
	if len(sessions) == 0 {
		return "there was no session", false
	}
	failed, first, same := 0, "", true
	for i, s := range sessions {
		got, ok := one(s)
		if i == 0 {
			actual = got
		}
		same = same && got == actual
		if !ok {
			if failed++; failed == 1 {
				first = got
				if s != "" && len(sessions) > 1 {
					first = s + ": " + got
				}
			}
		}
	}
	switch n := len(sessions); {
	case failed > 0 && n > 1:
		return fmt.Sprintf("%s (%d of %d sessions fail)", first, failed, n), false
	case failed > 0:
		return first, false
	case n > 1 && !same:
		return fmt.Sprintf("holds in all %d sessions; the first: %s", n, actual), true
	case n > 1:
		return fmt.Sprintf("%s in all %d sessions", actual, n), true
	}
	return actual, true
}

func (j *judge) milestone(c *MilestoneCheck) (string, bool) {
	var low, high *Formula
	if c.Within != nil {
		low, high = c.Within.Min, c.Within.Max
	}
	if c.Equals != nil {
		low, high = c.Equals, c.Equals
	}
	var bounds [2]*formula.Value
	for i, f := range []*Formula{low, high} {
		if f == nil {
			continue
		}
		v, err := f.Eval(j.names)
		if err != nil {
			return f.String() + " cannot be computed: " + err.Error(), false
		}
		bounds[i] = &v
	}
	return j.each(func(s string) (string, bool) {
		at, ok := j.src.Milestone(s, c.Milestone)
		if !ok {
			return c.Milestone.String() + " did not come", false
		}
		var from Instant
		if c.Since != nil {
			if from, ok = j.src.Milestone(s, *c.Since); !ok {
				return c.Since.String() + " did not come", false
			}
		}
		got := formula.Dur(int64(at.At - from.At))
		switch {
		case c.Equals != nil && got != *bounds[0]:
			return fmt.Sprintf("%v, not %v", got, *bounds[0]), false
		case bounds[0] != nil && got.N < bounds[0].N:
			return fmt.Sprintf("%v, less than %v", got, *bounds[0]), false
		case bounds[1] != nil && got.N > bounds[1].N:
			return fmt.Sprintf("%v, more than %v", got, *bounds[1]), false
		}
		return got.String(), true
	})
}

func (j *judge) order(session string, want []Milestone) (string, bool) {
	var last Instant
	for i, m := range want {
		at, ok := j.src.Milestone(session, m)
		switch {
		case !ok:
			return m.String() + " did not come", false
		case i > 0 && (at.At < last.At || at.Record <= last.Record):
			return fmt.Sprintf("%v at %v came before %v at %v", m, units.Duration(at.At), want[i-1], units.Duration(last.At)), false
		}
		last = at
	}
	return "in order", true
}

func (j *judge) kpi(k *KPI) (string, bool) {
	got, ok := j.src.KPI(j.class, k.Name, k.Stat)
	if !ok {
		return "was not measured", false
	}
	bound := func(f *Formula) (formula.Value, error) {
		v, err := f.Eval(j.names)
		if err == nil && v.Type != got.Type {
			err = errors.New(f.String() + " is " + v.Type.String() + ", the quantity is " + got.Type.String())
		}
		return v, err
	}
	if k.Below != nil {
		if v, err := bound(k.Below); err != nil {
			return err.Error(), false
		} else if got.N >= v.N {
			return fmt.Sprintf("%v, not below %v", got, v), false
		}
	}
	if k.Above != nil {
		if v, err := bound(k.Above); err != nil {
			return err.Error(), false
		} else if got.N <= v.N {
			return fmt.Sprintf("%v, not above %v", got, v), false
		}
	}
	return got.String(), true
}

func (j *judge) totals(want *SessionCounts) (string, bool) {
	t := j.src.Totals(j.class)
	var parts []string
	pass := true
	for _, c := range want.list(t) {
		if c.want != nil {
			parts = append(parts, c.name+" "+strconv.Itoa(c.got))
			pass = pass && *c.want == c.got
		}
	}
	return strings.Join(parts, ", "), pass
}

type sessionCount struct {
	name string
	want *int
	got  int
}

func (s *SessionCounts) list(t Totals) []sessionCount {
	return []sessionCount{{"attempted", s.Attempted, t.Attempted}, {"established", s.Established, t.Established},
		{"released", s.Released, t.Released}, {"failed", s.Failed, t.Failed}}
}

// String writes the expectation in one line, without its domain.
func (e *Expectation) String() string {
	s := ""
	if e.Session != "" {
		s = e.Session + ": "
	}
	switch c := e.Check.(type) {
	case *MilestoneCheck:
		s += c.Milestone.String()
		if c.Since != nil {
			s += " since " + c.Since.String()
		}
		if c.Equals != nil {
			return s + " = " + c.Equals.String()
		}
		if c.Within != nil && c.Within.Min != nil {
			s += " ≥ " + c.Within.Min.String()
		}
		if c.Within != nil && c.Within.Max != nil {
			s += " ≤ " + c.Within.Max.String()
		}
	case *OrderCheck:
		for i, m := range c.Order {
			if i > 0 {
				s += " → "
			}
			s += m.String()
		}
	case *NeverCheck:
		s += "never " + c.Never.String()
	case *CountCheck:
		s += "count of " + c.Count.Milestone.String() + " = " + c.Count.Equals.String()
	case *OutcomeCheck:
		s += "outcome " + c.Outcome
	case *KPICheck:
		s += c.KPI.Stat + " of " + c.KPI.Name
		if c.KPI.Above != nil {
			s += " > " + c.KPI.Above.String()
		}
		if c.KPI.Below != nil {
			s += " < " + c.KPI.Below.String()
		}
	case *SessionsCheck:
		var parts []string
		for _, w := range c.Sessions.list(Totals{}) {
			if w.want != nil {
				parts = append(parts, w.name+" "+strconv.Itoa(*w.want))
			}
		}
		s += "sessions " + strings.Join(parts, ", ")
	}
	return s
}
