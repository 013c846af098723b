package rundir

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// trial is a study of two points with a run each.
func trial() (Manifest, Summary, []*Replication, []Estimate) {
	n := func(x int64) *int64 { return &x }
	m := Manifest{Scenario: Scenario{Name: "trial"}, Version: "9", Study: &Study{Axes: []string{"delay"}, Points: 2, Confidence: "95%", Show: []string{"x"}}}
	runs := []*Replication{
		{Key: "a", Point: 0, Labels: []string{"1ms"}, Set: []string{"d=1ms"}, Replication: 1, Seed: 7, Status: Complete, Outcome: "released", Sessions: Sessions{2, 2, 0, 2},
			KPIs: []KPI{{"x", "mean", "5", "ns", "", "run"}}, Rows: []Session{{Session: 1, Class: "c"}, {Session: 2, Class: "c", TLSSetUp: n(0), SetUp: n(4)}}},
		{Key: "b", Point: 1, Labels: []string{"2ms, or more"}, Set: []string{"d=2ms"}, Replication: 1, Seed: 7, Status: Broken, Error: "too many", Outcome: "none",
			KPIs: []KPI{}, Rows: []Session{{Session: 1, Class: "c", End: n(9)}}},
	}
	est := []Estimate{{Point: 0, Labels: []string{"1ms"}, Metric: "x", Stat: "mean", Unit: "ns", N: 1, Mean: 5, Std: math.NaN(), Half: math.Inf(1), Min: 5, Max: 5}}
	return m, Summary{Status: Complete}, runs, est
}

// TestStudyDirectory: what is written is read again, what is missing as missing.
func TestStudyDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	w, err := CreateStudy(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	m, s, runs, est := trial()
	if _, err := w.Finish(m, s, runs, est); err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Replications(true)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(runs, got); d != "" {
		t.Error(d)
	}
	back, err := r.Estimates()
	if err != nil {
		t.Fatal(err)
	}
	if len(back) != 1 || back[0].Mean != 5 || !math.IsNaN(back[0].Std) || !math.IsInf(back[0].Half, 1) {
		t.Errorf("%+v", back)
	}
	if _, err := r.Milestones(); err == nil {
		t.Error("a study has no milestones")
	}
	// Files that are cut off are found out.
	for _, name := range []string{ReplicationsFile, KPIsFile, SessionsFile} {
		path := filepath.Join(dir, name)
		whole, _ := os.ReadFile(path)
		for _, n := range []int{0, 1, len(whole) / 2, len(whole) - 2} {
			os.WriteFile(path, whole[:n], 0o666)
			_, err1 := r.Replications(true)
			_, err2 := r.Estimates()
			if err1 == nil && err2 == nil {
				t.Errorf("%s cut off at %d of %d: nobody notices", name, n, len(whole))
			}
		}
		os.WriteFile(path, whole, 0o666)
	}
	// A run and a study replace each other, a foreign directory is left alone.
	if err := Replaceable(dir); err != nil {
		t.Error(err)
	}
	os.WriteFile(filepath.Join(dir, "mine.txt"), nil, 0o666)
	if _, err := CreateStudy(dir, false); err == nil || !strings.Contains(err.Error(), "mine.txt") {
		t.Error(err)
	}
}

// TestStudyIsTakenUp: runs that were kept are found by their keys, tables that were begun are made again.
func TestStudyIsTakenUp(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	w, err := CreateStudy(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	m, s, runs, est := trial()
	if err := errors.Join(w.Keep(runs[0]), w.Keep(runs[1])); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(w.Where(), KPIsFile), []byte("point"), 0o666)
	if _, err := CreateStudy(dir, false); !errors.Is(err, ErrUnfinished) {
		t.Error(err)
	}
	if w, err = CreateStudy(dir, true); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(runs[0], w.Kept(0, 1, "a")); d != "" {
		t.Error(d)
	}
	if w.Kept(1, 1, "a") != nil || w.Kept(1, 2, "b") != nil {
		t.Error("a run of another key is taken over")
	}
	if _, err := w.Finish(m, s, runs, est); err != nil {
		t.Fatal(err)
	}
	if _, yes := Unfinished(dir); yes {
		t.Error("the study is still unfinished")
	}
	if _, err := os.Stat(filepath.Join(dir, partsDir)); err == nil {
		t.Error("the parts are still there")
	}
}
