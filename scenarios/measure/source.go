package measure

import (
	"strconv"
	"strings"

	"imsim/scenarios"
	"imsim/scenarios/formula"
	"imsim/sim"
)

// source is the collector as expectations see it. A session is named "session 1" by its number in the results.
type source struct{ c *Collector }

// Source returns what expectations are judged by. Unless everything was kept, Config.Watch must have held them.
func (c *Collector) Source() scenarios.Source { return source{c} }

// Evaluate judges a scenario's expectations.
func (c *Collector) Evaluate(sc *scenarios.Scenario) []scenarios.Result {
	return sc.Evaluate(c.Source())
}

const prefix = "session "

// Sessions returns the sessions of a class in the order in which they started.
func (x source) Sessions(class string) []string {
	if len(x.c.order) == 0 && class == "" {
		return []string{""}
	}
	var out []string
	for _, id := range x.c.order {
		if class == "" || x.c.sessions[id].class == class {
			out = append(out, prefix+strconv.FormatUint(uint64(id), 10))
		}
	}
	return out
}

// named returns the session of a name, or what belongs to no session.
func (c *Collector) named(name string) *session {
	n, err := strconv.ParseUint(strings.TrimPrefix(name, prefix), 10, 32)
	if err != nil || n >= uint64(len(c.sessions)) || c.sessions[n] == nil {
		return &c.loose
	}
	return c.sessions[n]
}

// Milestone returns the m.N-th occurrence of a milestone in a session. Of what never came in the session, it is that
// outside of all sessions: registrations, associations.
func (x source) Milestone(name string, m scenarios.Milestone) (scenarios.Instant, bool) {
	s := x.c.named(name)
	f := x.c.find(s, m)
	if f.count == 0 {
		f = x.c.find(&x.c.loose, m)
	}
	return scenarios.Instant{At: f.at, Record: f.seq}, f.count >= max(m.N, 1)
}

// Count returns how often a milestone came in a session, likewise.
func (x source) Count(name string, m scenarios.Milestone) int {
	if f := x.c.find(x.c.named(name), m); f.count > 0 {
		return f.count
	}
	return x.c.find(&x.c.loose, m).count
}

func (c *Collector) find(s *session, m scenarios.Milestone) (x sighting) {
	if !c.cfg.Full {
		for _, i := range c.watch[m.Name] {
			if c.watched[i] == m && s.seen != nil {
				return s.seen[i]
			}
		}
		return x
	}
	for i := range s.all {
		e := &s.all[i]
		if e.name != m.Name || !m.Is(e.node, e.leg, e.detail) {
			continue
		}
		if x.count++; x.count == max(m.N, 1) {
			x.at, x.seq = e.at, e.seq
		}
	}
	return x
}

// Outcome returns how a session ended.
func (x source) Outcome(name string) string {
	s := x.c.named(name)
	if s == &x.c.loose {
		return string(None)
	}
	return string(s.result())
}

// KPI returns a statistic of a quantity over the sessions of a class.
func (x source) KPI(class, name, stats string) (formula.Value, bool) {
	if what, ok := strings.CutPrefix(name, "sessions-"); ok {
		t := x.c.totals(class, true)
		n, ok := map[string]int{"attempted": t.Attempted, "established": t.Established, "failed": t.Failed, "released": t.Released}[what]
		return formula.Num(int64(n)), ok
	}
	for i := range metrics {
		if metrics[i].name != name {
			continue
		}
		sorted := x.c.samples(&metrics[i], class)
		if stats == "count" {
			return formula.Num(int64(len(sorted))), true
		}
		if len(sorted) == 0 {
			return formula.Value{}, false
		}
		v, ok := stat(sorted, stats)
		return formula.Dur(v), ok
	}
	for _, k := range x.c.traffic.kpis(0) {
		if k.Metric == name && k.Stat == stats {
			n, err := strconv.ParseInt(k.Value, 10, 64)
			if k.Unit == "ns" {
				return formula.Dur(n), err == nil
			}
			return formula.Num(n), err == nil
		}
	}
	return formula.Value{}, false
}

// Totals counts the sessions of a class.
func (x source) Totals(class string) scenarios.Totals { return x.c.totals(class, false) }

// Totals counts the sessions of a class; the empty class stands for all.
func (c *Collector) Totals(class string) scenarios.Totals { return c.totals(class, false) }

func (c *Collector) totals(class string, warm bool) (t scenarios.Totals) {
	for _, id := range c.order {
		s := c.sessions[id]
		if class != "" && s.class != class || warm && s.start < c.cfg.Warmup {
			continue
		}
		t.Attempted++
		if s.up != none {
			t.Established++
		}
		switch s.result() {
		case Released:
			t.Released++
		case Failed, Rejected:
			t.Failed++
		}
	}
	return t
}

// Result is the outcome of the run: what all sessions came to, or Partial, or None.
func (c *Collector) Result() Outcome {
	out := None
	for _, id := range c.order {
		switch r := c.sessions[id].result(); {
		case out == None:
			out = r
		case out != r:
			return Partial
		}
	}
	return out
}

// Attempted returns how many sessions have started, for progress.
func (c *Collector) Attempted() int { return len(c.order) }

// number returns the number of the i-th session in the order of starting.
func (c *Collector) number(i int) sim.SessionID { return c.order[i] }
