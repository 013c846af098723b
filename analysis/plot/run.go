package plot

import (
	"errors"
	"fmt"
	"slices"

	"imsim/analysis/critical"
	"imsim/scenarios/rundir"
	"imsim/sim"
)

// quantities are the columns of sessions.parquet that are drawn, in the order of a set-up.
var quantities = []struct {
	name string
	of   func(*rundir.Session) *int64
}{
	{"session-setup-time", func(s *rundir.Session) *int64 { return s.SetUp }},
	{"sip-setup-time", func(s *rundir.Session) *int64 { return s.SIPSetUp }},
	{"tcp-setup-time", func(s *rundir.Session) *int64 { return s.TCPSetUp }},
	{"tls-setup-time", func(s *rundir.Session) *int64 { return s.TLSSetUp }},
	{"message-delay", func(s *rundir.Session) *int64 { return s.FirstDelay }},
	{"release-time", func(s *rundir.Session) *int64 { return s.Release }},
}

// sorted returns a quantity of sessions in order of size.
func sorted(sessions []rundir.Session, of func(*rundir.Session) *int64) (x []float64) {
	for i := range sessions {
		if v := of(&sessions[i]); v != nil {
			x = append(x, float64(*v))
		}
	}
	slices.Sort(x)
	return x
}

// ofRun returns the figures of a run.
func ofRun(r *rundir.Run) (list []*Figure, err error) {
	sessions, _, err := r.Sessions()
	if err != nil {
		return nil, err
	}
	name := r.Manifest.Scenario.Name
	var classes []string
	for i := range sessions {
		if c := sessions[i].Class; !slices.Contains(classes, c) {
			classes = append(classes, c)
		}
	}
	slices.Sort(classes)
	var parts []curve
	for _, q := range quantities {
		all := sorted(sessions, q.of)
		if len(all) == 0 {
			continue
		}
		parts = append(parts, curve{q.name, all})
		if len(all) < 5 {
			continue // a distribution of so few says nothing
		}
		var curves []curve
		for _, c := range classes {
			var of []rundir.Session
			for i := range sessions {
				if sessions[i].Class == c {
					of = append(of, sessions[i])
				}
			}
			if x := sorted(of, q.of); len(x) > 0 {
				curves = append(curves, curve{c, x})
			}
		}
		if len(curves) > len(palette) {
			curves = []curve{{"all", all}}
		}
		list = append(list, distribution("cdf-"+q.name, fmt.Sprintf("%s: distribution of %s", name, q.name), q.name, "ns", curves))
	}
	if len(parts) > 0 && len(parts[0].values) >= 5 {
		list = append(list, boxes("box-times", name+": times of sessions", "time", "ns", parts))
		var at, y []float64
		for i := range sessions {
			if sessions[i].SetUp != nil {
				at, y = append(at, float64(sessions[i].Start)), append(y, float64(*sessions[i].SetUp))
			}
		}
		list = append(list, scatter("series-session-setup-time", name+": set-up time over the run", "session-setup-time", "ns", at, y))
	}
	paths, err := setUps(r, sessions)
	if err != nil {
		return nil, err
	}
	if paths != nil {
		list = append(list, paths)
	}
	if len(list) == 0 {
		return nil, errors.New("nothing to draw: no session came up, and there is no trace (simulate run writes one of up to 100 sessions, or with --trace all)")
	}
	return list, nil
}

// mostPaths is how many critical paths are drawn.
const mostPaths = 16

// setUps makes the figure of what the critical paths of set-ups were spent on: of the first sessions of a run with a trace.
func setUps(r *rundir.Run, sessions []rundir.Session) (*Figure, error) {
	if !r.Manifest.Trace {
		return nil, nil
	}
	t, err := r.Trace()
	if err != nil {
		return nil, err
	}
	var words []string
	shares := make([]share, sim.NumShares)
	for i := range shares {
		shares[i].name = sim.Share(i).String()
	}
	for i := range sessions {
		if sessions[i].Established == nil || len(words) == mostPaths {
			continue
		}
		paths, err := critical.Default(t, sim.SessionID(sessions[i].Session))
		if err != nil || len(paths) == 0 {
			continue // the milestone is none that has a path
		}
		words = append(words, fmt.Sprintf("session %d", sessions[i].Session))
		for j, d := range paths[0].Shares {
			shares[j].values = append(shares[j].values, float64(d))
		}
	}
	shares = slices.DeleteFunc(shares, func(s share) bool {
		return !slices.ContainsFunc(s.values, func(v float64) bool { return v > 0 })
	})
	if len(words) == 0 || len(shares) == 0 {
		return nil, nil
	}
	return stack("shares-setup", r.Manifest.Scenario.Name+": what the critical path of the set-up is spent on", "critical path", "ns", words, shares), nil
}
