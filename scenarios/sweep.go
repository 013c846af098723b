package scenarios

import (
	"slices"
	"strconv"
	"strings"

	"imsim/internal/units"
)

// Sweep makes a study of a scenario: at which points it is run, how often at each, and what is looked at.
type Sweep struct {
	Vary         []Axis      `yaml:"vary" jsonschema:"required,minItems=1" jsonschema_description:"what differs between points; every combination is one"`
	Replications int         `yaml:"replications" jsonschema:"minimum=1,maximum=100000,default=1" jsonschema_description:"runs at each point, with other random numbers each; with stop the least number"`
	Stop         *StopRule   `yaml:"stop" jsonschema_description:"goes on at a point until a quantity is known well enough"`
	Seeds        string      `yaml:"seeds" jsonschema:"enum=common,enum=separate,default=common" jsonschema_description:"whether the same replication of every point has the same random numbers, so that points differ by what is varied alone, or others"`
	Confidence   units.Ratio `yaml:"confidence" jsonschema:"default=95%" jsonschema_description:"of the intervals"`
	Steady       *Steady     `yaml:"steady" jsonschema_description:"treats each run as a long one: its start is left out, the rest cut into batches"`
	Show         []Quantity  `yaml:"show" jsonschema:"minItems=1" jsonschema_description:"what tables and pictures show; without it the mean of session-setup-time. Everything is written down in any case"`
}

// Axis is one thing that differs between points: a value of the scenario, or several at once.
type Axis struct {
	Name   string   `yaml:"name" jsonschema_description:"name of the column; without it the last word of set"`
	Set    string   `yaml:"set" jsonschema_description:"the value's path, for instance links.access.delay; to go with values"`
	Values []Scalar `yaml:"values" jsonschema:"minItems=1" jsonschema_description:"what it is set to"`
	Cases  []Case   `yaml:"cases" jsonschema:"minItems=1" jsonschema_description:"alternatives, each with a name, that set several values; instead of set and values"`
}

// Case is one alternative of an axis.
type Case struct {
	Name string   `yaml:"name" jsonschema:"required,minLength=1" jsonschema_description:"as tables show it"`
	Set  []string `yaml:"set" jsonschema_description:"path=value, as for --set; without it everything is as the scenario says"`
}

// StopRule ends the replications of a point once an interval is narrow enough.
type StopRule struct {
	Quantity `yaml:",inline"`
	Relative *units.Ratio    `yaml:"relative" jsonschema_description:"largest half-width of the mean's interval, as a share of the mean"`
	Absolute *units.Duration `yaml:"absolute" jsonschema_description:"largest half-width of the mean's interval"`
	Max      int             `yaml:"max" jsonschema:"minimum=2,maximum=100000,default=100" jsonschema_description:"most runs at a point, narrow enough or not"`
}

// Quantity is a statistic that each run has one value of.
type Quantity struct {
	Name  string `yaml:"name" jsonschema:"required" jsonschema_description:"the quantity, as kpis.csv names it"`
	Stat  string `yaml:"stat" jsonschema:"enum=count,enum=mean,enum=min,enum=max,enum=p50,enum=p90,enum=p95,enum=p99,enum=p999,enum=total,default=mean" jsonschema_description:"the statistic of one run"`
	Class string `yaml:"session" jsonschema_description:"the class of sessions; without it all"`
}

// String is the quantity as tables show it: session-setup-time.p95, with the class in brackets.
func (q Quantity) String() string {
	s := q.Name
	if q.Stat != "mean" {
		s += "." + q.Stat
	}
	if q.Class != "" {
		s += " (" + q.Class + ")"
	}
	return s
}

// Steady says how the mean of one long run, whose sessions depend on each other, gets its interval.
type Steady struct {
	Name    string `yaml:"name" jsonschema:"required" jsonschema_description:"the quantity whose values, in the order in which sessions start, tell how much of the start to leave out (MSER-5)"`
	Batches int    `yaml:"batches" jsonschema:"minimum=5,maximum=1000,default=20" jsonschema_description:"batches that the rest is cut into"`
}

// label is the axis's name.
func (a *Axis) label() string {
	if a.Name != "" {
		return a.Name
	}
	return a.Set[strings.LastIndexByte(a.Set, '.')+1:]
}

func (a *Axis) size() int { return max(len(a.Values), len(a.Cases)) }

// MaxPoints bounds a study.
const MaxPoints = 100_000

// Point is where a study runs its scenario.
type Point struct {
	Labels []string // one an axis
	Set    []string // overrides

	places []Pos // of the overrides in the file
}

// Axes returns the names of what differs between the points of a study.
func (s *Scenario) Axes() (names []string) {
	if w := s.File.Sweep; w != nil {
		for i := range w.Vary {
			names = append(names, w.Vary[i].label())
		}
	}
	return names
}

// Points returns the points of a study, the last axis varied fastest; without one, none.
func (s *Scenario) Points() []Point {
	w := s.File.Sweep
	if w == nil {
		return nil
	}
	points := []Point{{}}
	for i := range w.Vary {
		a := &w.Vary[i]
		path := at("sweep", "vary", itoa(i))
		var next []Point
		for _, p := range points {
			for j := range a.size() {
				q := Point{slices.Clone(p.Labels), slices.Clone(p.Set), slices.Clone(p.places)}
				if len(a.Cases) > 0 {
					q.Labels = append(q.Labels, a.Cases[j].Name)
					for k, set := range a.Cases[j].Set {
						q.Set = append(q.Set, set)
						q.places = append(q.places, s.place(append(slices.Clone(path), "cases", itoa(j), "set", itoa(k))))
					}
				} else {
					q.Labels = append(q.Labels, string(a.Values[j]))
					q.Set = append(q.Set, a.Set+"="+string(a.Values[j]))
					q.places = append(q.places, s.place(append(slices.Clone(path), "values", itoa(j))))
				}
				next = append(next, q)
			}
		}
		points = next
	}
	return points
}

// place is where a value was written.
func (s *Scenario) place(path []string) Pos {
	if t, ok := s.tree.at(path); ok {
		return t.pos
	}
	return Pos{}
}

// At returns the study's scenario at one of its points, with another seed where one is given.
func (s *Scenario) At(p Point, seed *uint64) (*Scenario, error) {
	opt := Options{Set: append(slices.Clone(s.given.Set), p.Set...), Seed: seed, places: p.places}
	if seed == nil {
		opt.Seed = s.given.Seed
	}
	if s.text != nil {
		return Parse(s.src.path, s.text, opt)
	}
	return load(s.src, opt)
}

// sweep checks the axes. What they set is checked by loading the points.
func (v *validator) sweep() {
	w := v.file.Sweep
	if w == nil {
		return
	}
	points := 1
	seen := map[string]bool{}
	for i := range w.Vary {
		a, path := &w.Vary[i], at("sweep", "vary", itoa(i))
		switch {
		case len(a.Cases) > 0 && (a.Set != "" || len(a.Values) > 0):
			v.wrong(path, "has both cases and values", "write set and values, or cases")
		case len(a.Cases) == 0 && (a.Set == "" || len(a.Values) == 0):
			v.wrong(path, "varies nothing", "write set and values, or cases")
		case len(a.Cases) > 0 && a.Name == "":
			v.wrong(path, "has no name", "write name, for the column of its cases")
		case strings.HasPrefix(a.Set, "sweep"):
			v.wrong(sub(path, "set"), "a study cannot vary itself", "")
		}
		if n := a.label(); seen[n] {
			v.wrong(path, "there is an axis "+strconv.Quote(n)+" already", "write another name")
		} else {
			seen[n] = true
		}
		if slices.Contains(reservedColumns, a.label()) {
			v.wrong(path, strconv.Quote(a.label())+" is a column of the results already", "write another name")
		}
		names := map[string]bool{}
		for j := range a.Cases {
			if c := a.Cases[j].Name; names[c] {
				v.wrong(append(slices.Clone(path), "cases", itoa(j), "name"), "there is a case "+strconv.Quote(c)+" already", "write another name")
			} else {
				names[c] = true
			}
		}
		if points *= max(a.size(), 1); points > MaxPoints {
			v.wrong(at("sweep", "vary"), "more than "+itoa(MaxPoints)+" points", "vary less, or split the study")
			return
		}
	}
	if c := w.Confidence; c <= 0 || c >= units.One {
		v.wrong(at("sweep", "confidence"), c.String()+" is no confidence", "between 0 and 1, for instance 95%")
	}
	if r := w.Stop; r != nil {
		if r.Relative == nil && r.Absolute == nil {
			v.wrong(at("sweep", "stop"), "no width", "write relative, absolute or both")
		}
		if r.Max < w.Replications {
			v.wrong(at("sweep", "stop", "max"), "less than the replications, "+itoa(w.Replications), "at least as many")
		}
	}
}

// reservedColumns are columns of results that no axis can be called.
var reservedColumns = []string{"point", "replication", "seed", "metric", "stat", "value", "unit", "session_class", "window", "n", "mean", "sd", "half_width", "low", "high", "min", "max"}
