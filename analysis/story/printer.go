package story

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"imsim/analysis/study"
	"imsim/scenarios/rundir"
)

// Printer prints the results of a study as they come.
type Printer struct {
	W, Err io.Writer // for results, and for what went wrong
	JSON   bool      // one object a line instead of text
	Quiet  bool      // one line a run instead of a story
	Many   bool      // there are several runs: one line each
	Names  int       // width of the longest name

	worst  study.Status
	counts [study.Broken + 1]int
}

// verdicts are how statuses are printed.
var verdicts = [...]string{study.Passed: "PASS", study.Failed: "FAIL", study.Wrong: "WRONG", study.Broken: "BROKEN"}

// Print prints one result.
func (p *Printer) Print(r *study.Result) {
	s := r.Status()
	p.worst = max(p.worst, s)
	p.counts[s]++
	switch {
	case s == study.Wrong:
		fmt.Fprintln(p.Err, r.Err)
		return
	case p.JSON:
		p.object(r)
	case p.Many || p.Quiet:
		p.line(r)
	default:
		p.story(r)
	}
	if r.Err != nil {
		fmt.Fprintf(p.Err, "%s: %v\n", r.Point.Name, r.Err)
		if r.Written && r.Summary.Status != rundir.Complete {
			fmt.Fprintf(p.Err, "what came out until then is in %s, with status %s\n", r.Dir, r.Summary.Status)
		}
	}
}

// Finish sums up several runs and returns the worst status.
func (p *Printer) Finish() study.Status {
	if p.Many && !p.JSON && !p.Quiet {
		total := 0
		var parts []string
		for s, n := range p.counts {
			total += n
			if n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, [...]string{"passed", "failed", "wrong", "broken"}[s]))
			}
		}
		fmt.Fprintf(p.W, "%d runs: %s\n", total, strings.Join(parts, ", "))
	}
	return p.worst
}

// object prints a result for programs.
func (p *Printer) object(r *study.Result) {
	e := json.NewEncoder(p.W)
	e.SetEscapeHTML(false)
	s := r.Summary
	s.Format = rundir.Format
	e.Encode(struct {
		Scenario    string `json:"scenario"`
		Dir         string `json:"dir"`
		Fingerprint string `json:"fingerprint"`
		rundir.Summary
	}{r.Point.Name, r.Dir, r.Manifest.Fingerprint, s})
}

// line prints a result as one line of a table, and below it what does not hold.
func (p *Printer) line(r *study.Result) {
	s := &r.Summary
	pass, n := expectations(s)
	held, m := invariants(s)
	fmt.Fprintf(p.W, "%-6s  %-*s  %-11s  %4d/%-4d  %12s  %3d/%-3d  %2d/%-2d  %s  %s\n", verdicts[r.Status()], p.Names, r.Point.Name, s.Outcome,
		s.Sessions.Established, s.Sessions.Attempted, setUp(r), pass, n, held, m, r.Manifest.Fingerprint, r.Dir)
	complaints(p.W, s)
}

// Head prints the headings of the table.
func (p *Printer) Head() {
	if p.Many && !p.JSON && !p.Quiet {
		fmt.Fprintf(p.W, "%-6s  %-*s  %-11s  %-9s  %12s  %-7s  %-5s  %-16s  %s\n", "", p.Names, "scenario", "outcome", "sessions", "set-up", "expect", "inv.", "fingerprint", "files")
	}
}

// complaints says what does not hold.
func complaints(w io.Writer, s *rundir.Summary) {
	for _, e := range s.Expectations {
		if !e.Pass {
			fmt.Fprintf(w, "        expected: %s\n        but:      %s\n", e.Text, e.Actual)
		}
	}
	for _, i := range s.Invariants {
		for n, v := range i.Violations {
			if n == 3 {
				fmt.Fprintf(w, "        … and %d more in summary.json\n", len(i.Violations)-n)
				break
			}
			fmt.Fprintf(w, "        invariant: %s\n        but:       %s\n", i.Name, v)
		}
	}
}

func expectations(s *rundir.Summary) (pass, n int) {
	for _, e := range s.Expectations {
		if e.Pass {
			pass++
		}
	}
	return pass, len(s.Expectations)
}

func invariants(s *rundir.Summary) (held, n int) {
	for _, i := range s.Invariants {
		if len(i.Violations) == 0 {
			held++
		}
	}
	return held, len(s.Invariants)
}

// setUp is the median of the sessions' set-up times.
func setUp(r *study.Result) string {
	for _, k := range r.KPIs {
		if k.Metric == "session-setup-time" && k.Stat == "p50" && k.Class == "" {
			if d, err := time.ParseDuration(k.Value + k.Unit); err == nil {
				return millis(d)
			}
		}
	}
	return "–"
}

// millis writes a duration in milliseconds, to the microsecond.
func millis(d time.Duration) string { return fmt.Sprintf("%.3f ms", float64(d)/1e6) }
