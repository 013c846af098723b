package story

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"imsim/analysis/critical"
	"imsim/analysis/study"
	"imsim/scenarios/rundir"
	"imsim/sim"
)

// story prints a single run.
func (p *Printer) story(r *study.Result) {
	s := &r.Summary
	fmt.Fprintf(p.W, "%s  %s: %s\n", verdicts[r.Status()], r.Point.Name, s.Outcome)
	fmt.Fprintf(p.W, "      %s\n\n", r.Manifest.Scenario.Title)
	fmt.Fprintf(p.W, "  %-14s%d attempted, %d established, %d released, %d failed\n", "sessions", s.Sessions.Attempted, s.Sessions.Established, s.Sessions.Released, s.Sessions.Failed)
	if t := setUp(r); t != "–" {
		of := ""
		if s.Sessions.Established > 1 {
			of = " (median)"
		}
		fmt.Fprintf(p.W, "  %-14s%s%s\n", "set-up", t, of)
	}
	pass, n := expectations(s)
	fmt.Fprintf(p.W, "  %-14s%d of %d hold\n", "expectations", pass, n)
	if held, m := invariants(s); m > 0 {
		fmt.Fprintf(p.W, "  %-14s%d of %d hold\n", "invariants", held, m)
	}
	leftOut(p.W, s.NotModelled)
	if who := r.Manifest.Attached; len(who) > 0 {
		fmt.Fprintf(p.W, "  %-14s%s took part: no other run will take the same course\n", "real world", strings.Join(who, ", "))
	}
	fmt.Fprintf(p.W, "  %-14s%s (%d events, %d packets, %.3f s of virtual time, seed %d)\n", "fingerprint", r.Manifest.Fingerprint,
		r.Manifest.Events, r.Manifest.Packets, float64(r.Manifest.End)/1e9, r.Manifest.Seed)
	complaints(p.W, s)
	if !r.Written {
		return
	}
	d, err := rundir.Open(r.Dir)
	if err != nil {
		fmt.Fprintln(p.Err, err)
		return
	}
	id := first(d)
	steps(p.W, d, id)
	path(p.W, d, id)
	files(p.W, d)
}

// leftOut names what the run touches that the models leave out; the summary says what happens instead.
func leftOut(w io.Writer, omissions []string) {
	const width = 100
	line := fmt.Sprintf("  %-14s", "not modelled")
	indent := len(line)
	for i, o := range omissions {
		name, _, _ := strings.Cut(o, ":")
		if i < len(omissions)-1 {
			name += "; "
		}
		if len(line)+len(name) > width && len(line) > indent {
			fmt.Fprintln(w, strings.TrimRight(line, " "))
			line = strings.Repeat(" ", indent)
		}
		line += name
	}
	if len(omissions) > 0 {
		fmt.Fprintln(w, line)
	}
}

// first returns the first session of a run, or 0 where there is none: then what belongs to none is told.
func first(d *rundir.Run) sim.SessionID {
	list, _, err := d.Sessions()
	if err != nil || len(list) == 0 {
		return 0
	}
	return sim.SessionID(list[0].Session)
}

// shown are the shares of a path in the order in which they are told where they are equally large.
var shown = []sim.Share{sim.Propagation, sim.Serialisation, sim.Queueing, sim.Processing, sim.Crypto, sim.TimerWait, sim.UserWait, sim.Instant}

// path prints what the set-up time was spent on.
func path(w io.Writer, d *rundir.Run, id sim.SessionID) {
	t, err := d.Trace()
	if err != nil {
		return // none was asked for
	}
	p, err := critical.Find(t, critical.Query{Session: id, Name: "session.established", N: 1})
	if err != nil || p.Total == 0 {
		return // it was never established
	}
	order := slices.Clone(shown)
	slices.SortStableFunc(order, func(a, b sim.Share) int { return cmp.Compare(p.Shares[b], p.Shares[a]) })
	fmt.Fprintf(w, "\ncritical path of the set-up, %s through %d causes\n", millis(p.Total), len(p.Steps)-1)
	for _, s := range order {
		if p.Shares[s] == 0 {
			continue
		}
		name := s.String()
		if s == sim.Instant {
			name = "unexplained"
		}
		part := float64(p.Shares[s]) / float64(p.Total)
		line := fmt.Sprintf("  %-14s%14s  %5.1f %%  %s", name, millis(p.Shares[s]), 100*part, bar(part))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// bar draws a part of 1 in eighths of forty letters.
func bar(part float64) string {
	eighths := int(part*40*8 + 0.5)
	s := strings.Repeat("█", eighths/8)
	if r := eighths % 8; r > 0 {
		s += string(rune('█' + 8 - r))
	}
	return s
}

// about says what a file of a run directory is for.
var about = []struct{ name, what string }{
	{"ladder.svg", "every message and step, drawn to time"},
	{"report.html", "everything on one page"},
	{rundir.SummaryFile, "verdicts"},
	{rundir.ManifestFile, "what was run, and its fingerprint"},
	{rundir.MilestonesFile, "steps of every session"},
	{rundir.KPIsFile, "set-up times, delays, ratios"},
	{rundir.SessionsFile, "a row a session, for pandas, R and DuckDB"},
	{rundir.TraceFile, "every record with its cause"},
}

// files lists what the run left.
func files(w io.Writer, d *rundir.Run) {
	fmt.Fprintf(w, "\nfiles in %s\n", d.Dir)
	captures, _ := d.Captures()
	for i, c := range captures {
		what := "packets at this host"
		if i == 0 {
			what = "packets at this host: wireshark " + filepath.ToSlash(c)
		}
		fmt.Fprintf(w, "  %-22s%9s  %s\n", "captures/"+filepath.Base(c), size(c), what)
	}
	for _, f := range about {
		if path := filepath.Join(d.Dir, f.name); exists(path) {
			fmt.Fprintf(w, "  %-22s%9s  %s\n", f.name, size(path), f.what)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// size returns a file's size in words.
func size(path string) string {
	st, err := os.Stat(path)
	if err != nil {
		return "–"
	}
	switch n := st.Size(); {
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	default:
		return fmt.Sprintf("%d MB", n/1_000_000)
	}
}
