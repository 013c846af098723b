package compare

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"imsim/scenarios/rundir"
	"imsim/sim"
)

// Difference is something that has two values.
type Difference struct{ Name, A, B string }

// Divergence is where two sequences of lines part.
type Divergence struct {
	N      int      // number of the first line that differs, from 1
	Before []string // the last lines in common
	A, B   []string // the lines from there on, a few; none where the sequence has ended
}

// Result says how two runs differ.
type Result struct {
	A, B        string       // directories
	What        string       // what was compared: "trace" or "milestones"
	Lines       int          // in common from the start
	Inputs      []Difference // what the runs were made from
	Ingredients []Difference // of the fingerprints
	First       *Divergence  // nil: no line differs
}

// Same reports whether the runs took the same course.
func (r *Result) Same() bool { return r.First == nil && len(r.Ingredients) == 0 }

// context is how many lines are shown before and from the first difference.
const context = 5

// Runs compares two runs.
func Runs(a, b *rundir.Run) (*Result, error) {
	for _, r := range []*rundir.Run{a, b} {
		if who := r.Manifest.Attached; len(who) > 0 {
			return nil, fmt.Errorf("%s had the real world in it (%s): no two such runs take the same course", r.Dir, strings.Join(who, ", "))
		}
	}
	r := &Result{A: a.Dir, B: b.Dir, Inputs: inputs(&a.Manifest, &b.Manifest), Ingredients: ingredients(&a.Manifest, &b.Manifest)}
	ta, err := a.Trace()
	var tb *rundir.Trace
	if err == nil {
		tb, err = b.Trace()
	}
	if err == nil {
		r.What = "trace"
		r.parts(len(ta.Records), len(tb.Records), func(i int) bool { return ta.Records[i] == tb.Records[i] },
			func(i int) string { return record(&ta.Records[i]) }, func(i int) string { return record(&tb.Records[i]) })
		return r, nil
	}
	if !errors.Is(err, rundir.ErrNoTrace) {
		return nil, err
	}
	ma, err := a.Milestones()
	if err != nil {
		return nil, err
	}
	mb, err := b.Milestones()
	if err != nil {
		return nil, err
	}
	r.What = "milestones"
	r.parts(len(ma), len(mb), func(i int) bool { return ma[i] == mb[i] },
		func(i int) string { return milestone(&ma[i]) }, func(i int) string { return milestone(&mb[i]) })
	return r, nil
}

// parts finds the first of two sequences' lines that differ.
func (r *Result) parts(na, nb int, same func(int) bool, a, b func(int) string) {
	i := 0
	for i < na && i < nb && same(i) {
		i++
	}
	if r.Lines = i; i == na && i == nb {
		return
	}
	d := &Divergence{N: i + 1}
	for j := max(0, i-context); j < i; j++ {
		d.Before = append(d.Before, a(j))
	}
	for j := i; j < min(na, i+context); j++ {
		d.A = append(d.A, a(j))
	}
	for j := i; j < min(nb, i+context); j++ {
		d.B = append(d.B, b(j))
	}
	r.First = d
}

func record(r *rundir.Record) string {
	s := fmt.Sprintf("#%d %v %s %s", r.ID, r.At, r.Node, r.Kind)
	if r.Text != "" {
		s += " " + strconv.Quote(r.Text)
	}
	s += fmt.Sprintf(" session %d, because of #%d", r.Session, r.Cause)
	if r.Queueing != 0 {
		s += fmt.Sprintf(", queueing %v", r.Queueing)
	}
	if r.Serialisation != 0 {
		s += fmt.Sprintf(", serialisation %v", r.Serialisation)
	}
	if r.Rest != sim.Instant {
		s += ", rest " + r.Rest.String()
	}
	return s
}

func milestone(m *rundir.Milestone) string {
	s := fmt.Sprintf("%v session %d %s", m.At, m.Session, m.Node)
	if m.Leg != "" {
		s += "/" + m.Leg
	}
	s += fmt.Sprintf(" %s #%d", m.Name, m.N)
	if m.Detail != "" {
		s += " " + strconv.Quote(m.Detail)
	}
	return s
}

func inputs(a, b *rundir.Manifest) (out []Difference) {
	for _, d := range []Difference{
		{"scenario", a.Scenario.Name, b.Scenario.Name},
		{"scenario hash", a.Scenario.Hash, b.Scenario.Hash},
		{"overrides", strings.Join(a.Overrides, " "), strings.Join(b.Overrides, " ")},
		{"seed", strconv.FormatUint(a.Seed, 10), strconv.FormatUint(b.Seed, 10)},
		{"version", a.Version, b.Version},
		{"TLS engine", a.Engine, b.Engine},
		{"status", string(a.Status), string(b.Status)},
		{"Go version", a.Go, b.Go},
		{"machine", a.Machine, b.Machine},
	} {
		if d.A != d.B {
			out = append(out, d)
		}
	}
	return out
}

func ingredients(a, b *rundir.Manifest) (out []Difference) {
	var names []string
	for _, list := range [][]rundir.Ingredient{a.Ingredients, b.Ingredients} {
		for _, x := range list {
			if !slices.Contains(names, x.Name) {
				names = append(names, x.Name)
			}
		}
	}
	sum := func(m *rundir.Manifest, name string) string {
		for _, x := range m.Ingredients {
			if x.Name == name {
				return x.Sum
			}
		}
		return ""
	}
	for _, n := range names {
		if x, y := sum(a, n), sum(b, n); x != y {
			out = append(out, Difference{n, x, y})
		}
	}
	return out
}

// Text writes the result for people.
func (r *Result) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "A: %s\nB: %s\n", r.A, r.B)
	list := func(head string, d []Difference) {
		if len(d) == 0 {
			return
		}
		fmt.Fprintf(&b, "\n%s\n", head)
		for _, x := range d {
			fmt.Fprintf(&b, "  %-14s %s | %s\n", x.Name, orNothing(x.A), orNothing(x.B))
		}
	}
	list("run with different:", r.Inputs)
	list("fingerprints differ in:", r.Ingredients)
	b.WriteString("\n")
	noun := map[string]string{"trace": "trace records", "milestones": "milestones"}[r.What]
	switch d := r.First; {
	case d == nil && len(r.Ingredients) == 0:
		fmt.Fprintf(&b, "the runs are the same: %d %s, equal fingerprints\n", r.Lines, noun)
	case d == nil:
		fmt.Fprintf(&b, "all %d %s are the same; what differs is not recorded", r.Lines, noun)
		if r.What == "milestones" {
			b.WriteString(" (run both again with --trace all)")
		}
		b.WriteString("\n")
	default:
		fmt.Fprintf(&b, "the first difference is at number %d of the %s:\n", d.N, noun)
		lines(&b, "    ", d.Before)
		side(&b, "A", d.A)
		side(&b, "B", d.B)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func side(b *strings.Builder, name string, list []string) {
	if len(list) == 0 {
		fmt.Fprintf(b, "  %s (ends here)\n", name)
		return
	}
	fmt.Fprintf(b, "  %s %s\n", name, list[0])
	lines(b, "  "+strings.Repeat(" ", len(name))+"   ", list[1:])
}

func lines(b *strings.Builder, indent string, list []string) {
	for _, l := range list {
		b.WriteString(indent + l + "\n")
	}
}

func orNothing(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}
