package study

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"imsim/internal/units"
	"imsim/scenarios/rundir"
	"imsim/sim"
)

// Merge puts the parts of a study together that were run with shards. The parts must be of the same study, version and engine,
// and no point may be missing or be in two of them.
func Merge(dirs []string, out string) (*Outcome, error) {
	o := &Outcome{}
	var errs []error
	seen := map[int]string{}
	for i, dir := range dirs {
		r, err := rundir.Open(dir)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		runs, err := r.Replications(true)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		m := &r.Manifest
		if o.Manifest.Study == nil {
			o.Manifest = *m
		} else if why := differs(&o.Manifest, m); why != "" {
			errs = append(errs, fmt.Errorf("%s is of another study than %s: %s", dir, dirs[0], why))
			continue
		}
		if i > 0 {
			o.Manifest.Wall += m.Wall
		}
		for j, x := range runs {
			if other, ok := seen[x.Point]; ok && (j == 0 || runs[j-1].Point != x.Point) {
				errs = append(errs, fmt.Errorf("%s and %s both have point %d", other, dir, x.Point))
				break
			}
			seen[x.Point] = dir
		}
		o.Runs = append(o.Runs, runs...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, wrong{err}
	}
	for p := range o.Manifest.Study.Points {
		if _, ok := seen[p]; !ok {
			return nil, wrong{fmt.Errorf("point %d is in none of the parts, and %d more: give the directories of all shards", p, o.Manifest.Study.Points-len(seen)-1)}
		}
	}
	slices.SortStableFunc(o.Runs, func(a, b *rundir.Replication) int {
		return cmp.Or(cmp.Compare(a.Point, b.Point), cmp.Compare(a.Replication, b.Replication))
	})
	st := *o.Manifest.Study
	st.Shard = ""
	o.Manifest.Study = &st
	o.Manifest.Events, o.Manifest.Packets = 0, 0
	o.Manifest.Started = o.Manifest.Started.Truncate(time.Second)
	confidence, err := units.ParseRatio(st.Confidence)
	if err != nil {
		return nil, wrong{fmt.Errorf("%s: confidence: %w", dirs[0], err)}
	}
	var fp sim.Fingerprint
	for _, r := range o.Runs {
		o.Manifest.Events += r.Events
		o.Manifest.Packets += r.Packets
		f, _ := strconv.ParseUint(r.Fingerprint, 16, 64)
		fp.Mix(sim.FpKPI, f)
	}
	o.Manifest.SetFingerprint(&fp)
	o.Estimates = Estimates(o.Runs, float64(confidence)/1e9)
	o.Summary = summary(o.Runs)
	if out == "" {
		out = "out/" + o.Manifest.Scenario.Name
	}
	w, err := rundir.CreateStudy(out, false)
	if err != nil {
		return nil, wrong{err}
	}
	where, err := w.Finish(o.Manifest, o.Summary, o.Runs, o.Estimates)
	o.Dir = shorter(out, where)
	return o, err
}

// differs says in what two manifests are of different studies, or nothing.
func differs(a, b *rundir.Manifest) string {
	for _, x := range []struct{ what, a, b string }{
		{"scenario", a.Scenario.Name + " " + a.Scenario.Hash, b.Scenario.Name + " " + b.Scenario.Hash},
		{"version of the models", a.Version, b.Version},
		{"TLS engine", a.Engine, b.Engine},
		{"seed", strconv.FormatUint(a.Seed, 10), strconv.FormatUint(b.Seed, 10)},
		{"overrides", fmt.Sprint(a.Overrides), fmt.Sprint(b.Overrides)},
		{"confidence", a.Study.Confidence, b.Study.Confidence},
	} {
		if x.a != x.b {
			return fmt.Sprintf("%s is %s, not %s", x.what, x.b, x.a)
		}
	}
	return ""
}
