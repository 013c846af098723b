package study

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imsim/scenarios"
	"imsim/scenarios/rundir"
)

const name = "e2ae-msrp-orig-agnostic"

func load(t *testing.T, opt scenarios.Options, args ...string) []Point {
	t.Helper()
	points, _, err := Load(args, opt)
	if err != nil {
		t.Fatal(err)
	}
	return points
}

func execute(t *testing.T, ctx context.Context, points []Point, opt Options) []*Result {
	t.Helper()
	var out []*Result
	if err := Execute(ctx, points, false, opt, func(r *Result) { out = append(out, r) }); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRun reads back what a run leaves.
func TestRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := execute(t, context.Background(), load(t, scenarios.Options{}, name), Options{Out: dir, Capture: true, Verify: true})[0]
	if r.Status() != Passed || r.Dir != dir {
		t.Fatalf("status %d in %s: %v %+v", r.Status(), r.Dir, r.Err, r.Summary)
	}
	d, err := rundir.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Summary, d.Summary, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Format" }, cmp.Ignore())); diff != "" {
		t.Errorf("the summary that was handed out is not the one that was written:\n%s", diff)
	}
	m := d.Manifest
	if want := []string{"ue-a", "pcscf1", "agw1", "scscf1", "ue-b"}; !slices.Equal(m.Nodes, want) {
		t.Errorf("nodes are drawn in the order %v", m.Nodes)
	}
	if m.Fingerprint == "" || m.Events == 0 || m.Packets == 0 || m.End == 0 || m.Wall == 0 || m.PeakMemory == 0 || !m.Trace || m.Engine != "model" {
		t.Errorf("manifest: %+v", m)
	}
	svg, err := os.ReadFile(filepath.Join(dir, LadderFile))
	if err != nil || !strings.Contains(string(svg), "INVITE") {
		t.Errorf("ladder: %v", err)
	}
	if c, err := d.Captures(); err != nil || len(c) != 5 { // one a host
		t.Error(c, err)
	}
}

// TestObserversChangeNothing runs with every combination of them.
func TestObserversChangeNothing(t *testing.T) {
	points := load(t, scenarios.Options{}, name)
	prints := map[string]bool{}
	for _, trace := range []Tracing{TraceAll, TraceNone} {
		for _, capture := range []bool{false, true} {
			r := execute(t, context.Background(), points, Options{Out: filepath.Join(t.TempDir(), "run"), Trace: trace, Capture: capture})[0]
			prints[r.Manifest.Fingerprint] = true
			if r.Manifest.Fingerprint == "" {
				t.Error("no fingerprint")
			}
		}
	}
	if len(prints) != 1 {
		t.Errorf("fingerprints %v", prints)
	}
}

// TestInterrupt ends a run from outside; what came out until then is kept.
func TestInterrupt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(context.Background())
	p := &Progress{}
	go func() {
		for p.Look().Begun < 3 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	long := scenarios.Options{Set: []string{"sessions.chat.count=100000", "sessions.chat.arrivals={every: 100ms}"}}
	points := load(t, long, name)
	points = append(points, Point{Name: "never", Scenario: points[0].Scenario})
	var out []*Result
	err := Execute(ctx, points, true, Options{Out: dir, Trace: TraceNone, Progress: p}, func(r *Result) { out = append(out, r) })
	if err == nil || !strings.Contains(err.Error(), "1 of 2 runs were not begun") || len(out) != 1 {
		t.Fatal(err, len(out))
	}
	r := out[0]
	d, err := rundir.Open(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status() != Broken || d.Summary.Status != rundir.Interrupted || d.Summary.Sessions.Attempted < 3 {
		t.Errorf("status %d, %+v", r.Status(), d.Summary)
	}
	if s := p.Look(); s.Planned != 100000 || s.Name != name || s.Part() > 900 {
		t.Errorf("progress %+v", s)
	}
}

// TestTracing checks what auto means.
func TestTracing(t *testing.T) {
	few := load(t, scenarios.Options{Set: []string{"sessions.chat.count=100"}}, name)[0].Scenario
	many := load(t, scenarios.Options{Set: []string{"sessions.chat.count=101"}}, name)[0].Scenario
	for _, c := range []struct {
		word      string
		few, many bool
	}{{"auto", true, false}, {"all", true, true}, {"none", false, false}} {
		tr, err := ParseTracing(c.word)
		if err != nil || tr.full(few) != c.few || tr.full(many) != c.many {
			t.Errorf("%s: %v %v %v", c.word, tr.full(few), tr.full(many), err)
		}
	}
}

// TestWrong runs nothing where something is wrong beforehand.
func TestWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	points := load(t, scenarios.Options{}, name)
	err := Execute(context.Background(), points, false, Options{Out: file}, func(*Result) { t.Error("something was run") })
	if !errors.Is(err, ErrWrong) {
		t.Error(err)
	}
	_, _, err = Load([]string{name, "nonsense", "more-nonsense"}, scenarios.Options{Set: []string{"colour=red"}})
	if list, ok := err.(scenarios.Errors); !ok || len(list) != 3 {
		t.Errorf("want both names and the override once:\n%v", err)
	}
}
