package measure

import (
	"iter"
	"slices"
	"strconv"
	"time"

	"imsim/scenarios"
	"imsim/scenarios/rundir"
	"imsim/sim"
)

// Milestones lists what milestones.csv holds: all milestones in the order of the run, or, of a large run, the watched
// ones.
func (c *Collector) Milestones() iter.Seq[rundir.Milestone] {
	return func(yield func(rundir.Milestone) bool) {
		var list []ordered
		c.collect(&list, 0, &c.loose)
		for id, s := range c.sessions {
			if s != nil {
				c.collect(&list, sim.SessionID(id), s)
			}
		}
		slices.SortFunc(list, func(a, b ordered) int {
			if a.seq < b.seq {
				return -1
			}
			return 1
		})
		for i := range list {
			if i > 0 && list[i].seq == list[i-1].seq {
				continue // named by two expectations
			}
			if !yield(list[i].Milestone) {
				return
			}
		}
	}
}

type ordered struct {
	rundir.Milestone
	seq uint64
}

func (c *Collector) collect(list *[]ordered, id sim.SessionID, s *session) {
	type key struct{ node, leg, name string }
	count := map[key]int{}
	for i := range s.all {
		e := &s.all[i]
		k := key{e.node, e.leg, e.name}
		count[k]++
		*list = append(*list, ordered{rundir.Milestone{
			Session: id, Node: e.node, Leg: e.leg, Name: e.name, N: count[k], At: e.at, Detail: e.detail,
		}, e.seq})
	}
	for i := range s.seen {
		if x, w := &s.seen[i], &c.watched[i]; x.count >= max(w.N, 1) {
			*list = append(*list, ordered{rundir.Milestone{
				Session: id, Node: w.Node, Leg: w.Leg, Name: w.Name, N: max(w.N, 1), At: x.at,
			}, x.seq})
		}
	}
}

// Rows lists what sessions.parquet holds, in the order in which sessions started.
func (c *Collector) Rows() iter.Seq[rundir.Session] {
	return func(yield func(rundir.Session) bool) {
		for i := range c.order {
			id := c.number(i)
			s := c.sessions[id]
			r := rundir.Session{
				Session: uint32(id), Class: s.class, From: s.from, Outcome: string(s.result()), Start: int64(s.start),
				Established: instant(s.up), End: instant(s.end), Messages: s.messages,
				SetUp: length(s.setUp()), SIPSetUp: length(s.sipSetUp()), TCPSetUp: length(s.tcpSetUp()),
				TLSSetUp: length(s.tlsSetUp()), Release: length(s.releaseTime()),
			}
			if len(s.delays) > 0 {
				r.FirstDelay = length(s.delays[0], true)
			}
			if !yield(r) {
				return
			}
		}
	}
}

func instant(t sim.Time) *int64 {
	if t == none {
		return nil
	}
	n := int64(t)
	return &n
}

func length(d time.Duration, ok bool) *int64 {
	if !ok {
		return nil
	}
	n := int64(d)
	return &n
}

// Fill enters into a summary what the collector knows: outcome, sessions, and the verdicts on the scenario's
// expectations.
func (c *Collector) Fill(s *rundir.Summary, sc *scenarios.Scenario) {
	t := c.Totals("")
	s.Outcome = string(c.Result())
	s.Sessions = rundir.Sessions{Attempted: t.Attempted, Established: t.Established, Failed: t.Failed, Released: t.Released}
	s.Expectations = s.Expectations[:0]
	for _, r := range c.Evaluate(sc) {
		s.Expectations = append(s.Expectations, rundir.Expectation{Text: r.Text, Pass: r.Pass, Actual: r.Actual})
	}
}

// Describe says a session's outcome in one line, for tables.
func (c *Collector) Describe(i int) string {
	s := c.sessions[c.number(i)]
	return prefix + strconv.FormatUint(uint64(c.number(i)), 10) + " (" + s.class + "): " + string(s.result())
}
