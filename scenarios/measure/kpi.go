package measure

import (
	"fmt"
	"iter"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"imsim/internal/units"
	"imsim/scenarios/rundir"
	"imsim/sim"
)

// metric is a quantity that a session supplies samples of.
type metric struct {
	name    string
	samples func(s *session, into []time.Duration) []time.Duration
}

func span(ends func(s *session) (time.Duration, bool)) func(*session, []time.Duration) []time.Duration {
	return func(s *session, into []time.Duration) []time.Duration {
		if d, ok := ends(s); ok {
			into = append(into, d)
		}
		return into
	}
}

var metrics = []metric{
	{"session-setup-time", span((*session).setUp)},
	{"sip-setup-time", span((*session).sipSetUp)},
	{"tcp-setup-time", span((*session).tcpSetUp)},
	{"tls-setup-time", span((*session).tlsSetUp)},
	{"message-delay", func(s *session, into []time.Duration) []time.Duration { return append(into, s.delays...) }},
	{"release-time", span((*session).releaseTime)},
}

func (s *session) setUp() (time.Duration, bool)       { return between(s.start, s.up) }
func (s *session) sipSetUp() (time.Duration, bool)    { return between(s.invite, s.answer) }
func (s *session) tcpSetUp() (time.Duration, bool)    { return between(s.firstSYN, s.lastTCP) }
func (s *session) tlsSetUp() (time.Duration, bool)    { return between(s.firstHello, s.lastTLS) }
func (s *session) releaseTime() (time.Duration, bool) { return between(s.bye, s.released) }

// Stats lists the statistics of a quantity, in the order of kpis.csv.
var Stats = []string{"count", "mean", "min", "p50", "p90", "p95", "p99", "p999", "max"}

// samples returns a quantity's samples over a class, in order of size.
func (c *Collector) samples(m *metric, class string) []time.Duration {
	var all []time.Duration
	for _, id := range c.order {
		if s := c.sessions[id]; s.start >= c.cfg.Warmup && (class == "" || class == s.class) {
			all = m.samples(s, all)
		}
	}
	slices.Sort(all)
	return all
}

// Series returns a quantity's values in the order in which their sessions started, and those instants: of a run that is
// examined for its steady state. Without a quantity of that name there are none.
func (c *Collector) Series(name string) (values []time.Duration, starts []sim.Time) {
	for i := range metrics {
		if metrics[i].name != name {
			continue
		}
		for _, id := range c.order {
			s := c.sessions[id]
			values = metrics[i].samples(s, values)
			for len(starts) < len(values) {
				starts = append(starts, s.start)
			}
		}
	}
	return values, starts
}

// SetWarmup leaves out of quantities the sessions that started before t.
func (c *Collector) SetWarmup(t sim.Time) { c.cfg.Warmup = t }

// Names lists all that kpis.csv may name.
func Names() []string {
	names := []string{"sessions-attempted", "sessions-established", "sessions-failed", "sessions-released", "session-establishment-ratio"}
	return append(append(names, Quantities()...), trafficNames()...)
}

// Quantities lists the names of what is measured in sessions, in the order of kpis.csv.
func Quantities() (names []string) {
	for i := range metrics {
		names = append(names, metrics[i].name)
	}
	return names
}

// stat returns one statistic of sorted samples; there is at least one.
func stat(sorted []time.Duration, name string) (int64, bool) {
	switch name {
	case "count":
		return int64(len(sorted)), true
	case "min":
		return int64(sorted[0]), true
	case "max":
		return int64(sorted[len(sorted)-1]), true
	case "mean":
		return mean(sorted), true
	}
	// p50 is 0.50, p999 is 0.999.
	digits, ok := strings.CutPrefix(name, "p")
	n, err := strconv.ParseUint(digits, 10, 16)
	if !ok || err != nil || len(digits) < 2 || len(digits) > 4 {
		return 0, false
	}
	den := uint64(1)
	for range digits {
		den *= 10
	}
	return int64(quantile(sorted, n, den)), true
}

// mean rounds to the nearest nanosecond, and cannot overflow.
func mean(x []time.Duration) int64 {
	var hi, lo uint64
	for _, d := range x {
		var carry uint64
		lo, carry = bits.Add64(lo, uint64(d), 0)
		hi += carry
	}
	n := uint64(len(x))
	q, r := bits.Div64(hi, lo, n)
	if r >= n-r {
		q++
	}
	return int64(q)
}

// quantile interpolates between order statistics: type 7 of Hyndman and Fan, at num/den, rounded to the nanosecond.
func quantile(sorted []time.Duration, num, den uint64) time.Duration {
	h := uint64(len(sorted)-1) * num
	i, rest := h/den, h%den
	if rest == 0 {
		return sorted[i]
	}
	hi, lo := bits.Mul64(uint64(sorted[i+1]-sorted[i]), rest)
	lo, carry := bits.Add64(lo, den/2, 0)
	q, _ := bits.Div64(hi+carry, lo, den)
	return sorted[i] + time.Duration(q)
}

// KPIs lists the quantities of all sessions and, where there are several classes, of each.
func (c *Collector) KPIs() iter.Seq[rundir.KPI] {
	return func(yield func(rundir.KPI) bool) {
		window := "run"
		if c.cfg.Warmup > 0 {
			window = "from " + units.Duration(c.cfg.Warmup).String()
		}
		classes := c.classes()
		if len(classes) > 1 {
			classes = append([]string{""}, classes...)
		} else {
			classes = []string{""}
		}
		for _, class := range classes {
			for _, k := range c.classKPIs(class) {
				k.Class, k.Window = class, window
				if !yield(k) {
					return
				}
			}
		}
		for _, k := range c.traffic.kpis(len(c.order)) {
			k.Window = "run"
			if !yield(k) {
				return
			}
		}
	}
}

func (c *Collector) classKPIs(class string) []rundir.KPI {
	var out []rundir.KPI
	t := c.totals(class, true)
	for _, n := range []struct {
		name string
		n    int
	}{{"attempted", t.Attempted}, {"established", t.Established}, {"failed", t.Failed}, {"released", t.Released}} {
		out = append(out, rundir.KPI{Metric: "sessions-" + n.name, Stat: "count", Value: strconv.Itoa(n.n), Unit: "1"})
	}
	if t.Attempted > 0 {
		// RFC 6076 §4.6, over what was attempted here.
		ratio := fmt.Sprintf("%.6f", float64(t.Established)/float64(t.Attempted))
		out = append(out, rundir.KPI{Metric: "session-establishment-ratio", Stat: "mean", Value: ratio, Unit: "1"})
	}
	for i := range metrics {
		m := &metrics[i]
		x := c.samples(m, class)
		for _, name := range Stats {
			if len(x) == 0 && name != "count" {
				break
			}
			unit := "ns"
			if name == "count" {
				unit = "1"
			}
			v := int64(0)
			if len(x) > 0 {
				v, _ = stat(x, name)
			}
			out = append(out, rundir.KPI{Metric: m.name, Stat: name, Value: strconv.FormatInt(v, 10), Unit: unit})
		}
	}
	return out
}

// classes lists the classes of sessions in alphabetical order.
func (c *Collector) classes() []string {
	var list []string
	for _, id := range c.order {
		if class := c.sessions[id].class; !slices.Contains(list, class) {
			list = append(list, class)
		}
	}
	slices.Sort(list)
	return list
}
