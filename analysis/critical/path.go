package critical

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"imsim/scenarios/rundir"
	"imsim/sim"
)

// Names of milestones, as traces have them.
const (
	start       = "session.start"
	established = "session.established"
	delivered   = "msrp.message.delivered"
)

// Query says which milestone is asked about: "[node[/leg]] name [#n]" of a session. N is its occurrence, from 1; 0 is the
// last one.
type Query struct {
	Session         sim.SessionID
	Node, Leg, Name string
	N               int
}

// ParseQuery reads a milestone as people write it: "session.established", "ue-a tcp.syn.sent", "agw/core tcp.syn.sent #2".
func ParseQuery(session sim.SessionID, s string) (Query, error) {
	q := Query{Session: session, N: 1}
	f := strings.Fields(s)
	if n := len(f); n > 1 && f[n-1][0] == '#' {
		k, err := strconv.Atoi(f[n-1][1:])
		if f[n-1] != "#last" && (err != nil || k < 1) {
			return q, fmt.Errorf("milestone %q: %s is no occurrence (write #1, #2, … or #last)", s, f[n-1])
		}
		q.N, f = k, f[:n-1]
	}
	switch len(f) {
	case 1:
		q.Name = f[0]
	case 2:
		q.Name = f[1]
		q.Node, q.Leg, _ = strings.Cut(f[0], "/")
	default:
		return q, fmt.Errorf("milestone %q: write name, node name, or node/leg name, for instance %q", s, "ue-a tls.established")
	}
	return q, nil
}

func (q Query) String() string {
	s := q.Node
	if q.Leg != "" {
		s += "/" + q.Leg
	}
	s = strings.TrimSpace(s + " " + q.Name)
	switch {
	case q.N == 0:
		s += " #last"
	case q.N > 1:
		s += " #" + strconv.Itoa(q.N)
	}
	return s
}

// Step is one record of a path, with the time since the one before it.
type Step struct {
	*rundir.Record
	Since time.Duration                // Queueing + Serialisation + Rest
	Spent [sim.NumShares]time.Duration // the same by kind; Instant: time that the record does not explain
}

// Path is a chain of causes.
type Path struct {
	Query  Query
	Total  time.Duration
	Shares [sim.NumShares]time.Duration // of Total; Instant: unexplained
	Steps  []Step                       // from the start of the session to the milestone
	Whole  bool                         // the first step is the session's start; otherwise the chain breaks off there
}

// Default returns the paths that are shown where none is asked for: to the session's establishment, and to the last
// delivery of a message.
func Default(t *rundir.Trace, session sim.SessionID) ([]Path, error) {
	p, err := Find(t, Query{Session: session, Name: established, N: 1})
	if err != nil {
		return nil, err
	}
	paths := []Path{p}
	if p, err := Find(t, Query{Session: session, Name: delivered}); err == nil {
		paths = append(paths, p)
	}
	return paths, nil
}

// Find follows a milestone's causes back to the start of its session.
func Find(t *rundir.Trace, q Query) (Path, error) {
	p := Path{Query: q}
	r, err := find(t, q)
	if err != nil {
		return p, err
	}
	for r != nil {
		p.Steps = append(p.Steps, Step{Record: r})
		if p.Whole = r.Kind == start && r.Session == q.Session; p.Whole {
			break
		}
		r = t.At(r.Cause)
	}
	for i, j := 0, len(p.Steps)-1; i < j; i, j = i+1, j-1 {
		p.Steps[i], p.Steps[j] = p.Steps[j], p.Steps[i]
	}
	for i := 1; i < len(p.Steps); i++ {
		s := &p.Steps[i]
		s.Since = s.At.Sub(p.Steps[i-1].At)
		rest := s.Since - s.Queueing - s.Serialisation
		if rest < 0 {
			return p, fmt.Errorf("trace record %d (%s) accounts for more time than passed since record %d, its cause", s.ID, s.Kind, s.Cause)
		}
		s.Spent[sim.Queueing] += s.Queueing
		s.Spent[sim.Serialisation] += s.Serialisation
		s.Spent[s.Rest] += rest
		for k, d := range s.Spent {
			p.Shares[k] += d
		}
		p.Total += s.Since
	}
	return p, nil
}

// find returns the record of a milestone.
func find(t *rundir.Trace, q Query) (*rundir.Record, error) {
	var found *rundir.Record
	n, any := 0, false
	for i := range t.Records {
		r := &t.Records[i]
		if r.Session != q.Session {
			continue
		}
		any = true
		if r.Kind != q.Name || q.Node != "" && r.Node != q.Node || q.Leg != "" && leg(r) != q.Leg {
			continue
		}
		n++
		if q.N == 0 || n == q.N {
			found = r
		}
	}
	switch {
	case found != nil:
		return found, nil
	case !any:
		return nil, fmt.Errorf("the trace has no session %d", q.Session)
	case n > 0:
		return nil, fmt.Errorf("session %d: %s came only %d times", q.Session, Query{Node: q.Node, Leg: q.Leg, Name: q.Name, N: 1}, n)
	}
	return nil, fmt.Errorf("session %d: %s did not come", q.Session, q)
}

// leg is the first word of a milestone's text; a space stands in front of the detail where there is no leg.
func leg(r *rundir.Record) string {
	l, _, _ := strings.Cut(r.Text, " ")
	return l
}
