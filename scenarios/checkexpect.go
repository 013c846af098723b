package scenarios

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"imsim/scenarios/formula"
)

// lets checks the formulas of let.
func (v *validator) lets() {
	for _, name := range Names(v.file.Let) {
		f := v.file.Let[name]
		v.formula(&f, at("let", name), nil)
	}
}

// formula checks that names are known and durations are not mixed with numbers. want, unless nil, is the type that it must
// have. Whether the arithmetic comes out is for the run to see: outside its domain a formula need not.
func (v *validator) formula(f *Formula, path []string, want *formula.Type) {
	if f == nil || f.Expr == nil {
		return
	}
	n := &namer{file: v.file, tree: v.s.tree}
	if len(path) == 2 && path[0] == "let" {
		n.open = at(path[1])
	}
	t, err := f.Type(n.typed)
	var fe *formula.Error
	switch {
	case errors.As(err, &fe):
		if !strings.HasSuffix(fe.What, errBadLet.Error()) {
			v.wrong(path, "the formula "+strconv.Quote(f.String())+" is wrong at column "+itoa(fe.Col)+": "+fe.What, fe.Hint)
		}
	case want != nil && t != *want:
		v.wrong(path, "the formula "+strconv.Quote(f.String())+" is "+t.String(), "needed is "+want.String())
	}
}

// typed is value without the arithmetic: only the type of the result counts.
func (n *namer) typed(name string) (formula.Value, error) {
	if strings.Contains(name, ".") {
		return n.path(strings.Split(name, "."))
	}
	f, ok := n.file.Let[name]
	if !ok || f.Expr == nil || len(cycle(n.open, name)) > 0 {
		return n.value(name)
	}
	n.open = append(n.open, name)
	defer func() { n.open = n.open[:len(n.open)-1] }()
	t, err := f.Type(n.typed)
	var fe *formula.Error
	if errors.As(err, &fe) {
		if strings.HasPrefix(fe.What, "let goes in circles") {
			return formula.Value{}, errors.New(fe.What)
		}
		return formula.Value{}, errBadLet
	}
	return formula.Value{Type: t}, err
}

// expectations checks each of expect.
func (v *validator) expectations() {
	for i := range v.file.Expect {
		e := &v.file.Expect[i]
		path := at("expect", itoa(i))
		v.formula(e.Domain, sub(path, "domain"), &formula.Bool)
		if _, ok := v.file.Sessions[e.Session]; !ok && e.Session != "" {
			v.wrong(sub(path, "session"), "no session "+strconv.Quote(e.Session), suggest(e.Session, Names(v.file.Sessions)))
		}
		if v.oneCheck(path) {
			v.check(e.Check, path)
		}
	}
}

// oneCheck tells whether an item of expect has one check.
func (v *validator) oneCheck(path []string) bool {
	t, _ := v.s.tree.at(path)
	if t.kind != mapTree {
		return false
	}
	var have, names []string
	for _, c := range checks {
		names = append(names, c.name)
		if t.get(c.name) != nil {
			have = append(have, c.name)
		}
	}
	switch len(have) {
	case 1:
		return true
	case 0:
		for _, e := range t.keys {
			if right := suggest(e.key, names); strings.HasPrefix(right, "did you mean") && e.key != "session" && e.key != "domain" {
				v.wrong(sub(path, e.key), "unknown key "+strconv.Quote(e.key), right)
				return false
			}
		}
		v.wrong(path, "expects nothing", "write one of "+strings.Join(names, ", "))
	default:
		// The schema, too, found the keys of one foreign to the other; this says it better.
		*v.errs = slices.DeleteFunc(*v.errs, func(x *Error) bool { return strings.HasPrefix(x.Path, dotted(path)+".") })
		v.wrong(path, "expects several things: "+strings.Join(have, ", "), "one an item")
	}
	return false
}

func (v *validator) check(check any, path []string) {
	switch c := check.(type) {
	case *MilestoneCheck:
		v.milestone(c.Milestone, sub(path, "milestone"))
		if c.Since != nil {
			v.milestone(*c.Since, sub(path, "since"))
		}
		v.formula(c.Equals, sub(path, "equals"), &formula.Duration)
		switch w := c.Within; {
		case (c.Equals == nil) == (w == nil):
			v.wrong(path, "a milestone's instant equals something or is within bounds", "write equals or within")
		case w != nil && w.Min == nil && w.Max == nil:
			v.wrong(sub(path, "within"), "no bound", "write min, max or both")
		case w != nil:
			v.formula(w.Min, append(path, "within", "min"), &formula.Duration)
			v.formula(w.Max, append(path, "within", "max"), &formula.Duration)
		}
	case *OrderCheck:
		for i, m := range c.Order {
			v.milestone(m, append(sub(path, "order"), itoa(i)))
		}
	case *NeverCheck:
		v.milestone(c.Never, sub(path, "never"))
	case *CountCheck:
		v.milestone(c.Count.Milestone, append(path, "count", "milestone"))
		v.formula(c.Count.Equals, append(path, "count", "equals"), &formula.Number)
	case *KPICheck:
		if c.KPI.Below == nil && c.KPI.Above == nil {
			v.wrong(sub(path, "kpi"), "no bound", "write below, above or both")
		}
		v.formula(c.KPI.Below, append(path, "kpi", "below"), nil)
		v.formula(c.KPI.Above, append(path, "kpi", "above"), nil)
	case *SessionsCheck:
		if c.Sessions == (SessionCounts{}) {
			v.wrong(sub(path, "sessions"), "no number", "write for instance established: 1")
		}
	}
}
