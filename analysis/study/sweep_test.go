package study

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imsim/nodes"
	"imsim/scenarios"
	"imsim/scenarios/rundir"
)

// noisy is a study whose set-up times differ from run to run: packets are lost and delays scatter.
const noisy = `schema: 1
title: a study for tests
extends: topology/iq1.yaml
links:
  access: {delay: 10ms, jitter: 4ms}
sessions:
  chat: {from: ue-a, to: ue-b, security: e2ae, count: 4, arrivals: {every: 200ms}, messages: [{from: ue-a, text: hello}], release: {by: ue-a}}
sweep:
  vary:
    - {set: links.core.delay, values: [5ms, 15ms, 25ms]}
    - name: loss
      cases:
        - {name: none}
        - {name: some, set: [links.access.loss=2%]}
`

func sweepOf(t *testing.T, text string) *Sweep {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trial.yaml")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := LoadSweep(path, scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Path = "trial.yaml"
	return s
}

// files are the results of a study but for the manifest, which says when and on which machine it was run.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range list {
		if e.Name() == rundir.ManifestFile {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(b)
	}
	return out
}

func same(t *testing.T, what string, a, b map[string]string) {
	t.Helper()
	if len(a) != len(b) {
		t.Errorf("%s: %d files and %d", what, len(a), len(b))
	}
	for name := range a {
		if a[name] != b[name] {
			t.Errorf("%s: %s differs", what, name)
		}
	}
}

// TestJobs: the results of a study are the same octet for octet however many runs go on side by side, with a fixed number of
// replications and with a stop rule.
func TestJobs(t *testing.T) {
	for _, c := range []struct{ name, rule string }{
		{"fixed", "  replications: 5\n"},
		{"stop", "  replications: 3\n  stop: {name: session-setup-time, relative: 3%, max: 40}\n"},
		{"separate seeds", "  replications: 3\n  seeds: separate\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sweepOf(t, noisy+c.rule)
			var first map[string]string
			for _, jobs := range []int{1, 2, 7} {
				dir := filepath.Join(t.TempDir(), "out")
				o, err := s.Run(context.Background(), SweepOptions{Out: dir, Jobs: jobs})
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first = files(t, dir)
					t.Logf("%d runs", len(o.Runs))
					continue
				}
				same(t, c.name, first, files(t, dir))
			}
		})
	}
}

// TestCommonRandomNumbers: with common seeds a replication has the same seed at every point, with separate ones another; no
// two replications of a point share one.
func TestCommonRandomNumbers(t *testing.T) {
	for _, c := range []struct {
		rule   string
		common bool
	}{{"  replications: 3\n", true}, {"  replications: 3\n  seeds: separate\n", false}} {
		s := sweepOf(t, noisy+c.rule)
		seen := map[uint64]int{}
		for p := range s.Points {
			for r := 1; r <= 3; r++ {
				seen[s.seed(p, r)]++
			}
		}
		if want := map[bool]int{true: 3, false: 18}[c.common]; len(seen) != want {
			t.Errorf("%q: %d different seeds, want %d", c.rule, len(seen), want)
		}
	}
}

// TestResume: a study that is interrupted keeps what has ended; taken up again it gives the results of one that was not, octet
// for octet, and does nothing twice. Files that were cut off are done again.
func TestResume(t *testing.T) {
	const rule = "  replications: 4\n  stop: {name: session-setup-time, relative: 5%, max: 20}\n"
	s := sweepOf(t, noisy+rule)
	whole := filepath.Join(t.TempDir(), "whole")
	ref, err := s.Run(context.Background(), SweepOptions{Out: whole, Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	interrupted := 0
	for try := 0; ; try++ {
		if try == 100 {
			t.Fatal("no end")
		}
		ctx, cancel := context.WithCancel(context.Background())
		p := &SweepProgress{}
		go func() {
			for ctx.Err() == nil {
				if x := p.Look(); x.Ended-x.Kept >= 5 {
					cancel()
				}
			}
		}()
		o, err := s.Run(ctx, SweepOptions{Out: dir, Jobs: 2, Resume: try > 0, Progress: p})
		cancel()
		if err == nil {
			if o.Kept < len(ref.Runs)/2 {
				t.Errorf("only %d of %d runs were taken over", o.Kept, len(ref.Runs))
			}
			break
		}
		if !strings.Contains(err.Error(), "--resume") {
			t.Fatal(err)
		}
		interrupted++
		if _, err := s.Run(context.Background(), SweepOptions{Out: dir}); !errors.Is(err, rundir.ErrUnfinished) {
			t.Fatalf("without --resume: %v", err)
		}
		if interrupted == 1 { // cut off by a power failure
			parts, _ := filepath.Glob(filepath.Join(dir+".unfinished", "parts", "*.json"))
			if err := os.Truncate(parts[0], 100); err != nil {
				t.Fatal(err)
			}
			os.WriteFile(parts[0]+".new", []byte("{"), 0o666)
		}
	}
	if interrupted == 0 {
		t.Fatal("was never interrupted")
	}
	same(t, "resumed", files(t, whole), files(t, dir))
	if _, err := os.Stat(dir + ".unfinished"); err == nil {
		t.Error("the unfinished directory is still there")
	}
}

// TestKilled: a study whose process is killed is taken up again, and the results are those of one that was not, octet for octet.
func TestKilled(t *testing.T) {
	const rule = "  replications: 40\n"
	if dir := os.Getenv("IMSIM_STUDY_TO_KILL"); dir != "" {
		s, err := LoadSweep(filepath.Join(dir, "trial.yaml"), scenarios.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.Run(context.Background(), SweepOptions{Out: filepath.Join(dir, "out"), Jobs: 1})
		return
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "trial.yaml"), []byte(noisy+rule), 0o666); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=TestKilled$")
	child.Env = append(os.Environ(), "IMSIM_STUDY_TO_KILL="+dir)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		time.Sleep(5 * time.Millisecond)
		if parts, _ := filepath.Glob(filepath.Join(dir, "out.unfinished", "parts", "*.json")); len(parts) >= 10 {
			break
		}
	}
	child.Process.Kill()
	child.Wait()
	if _, unfinished := rundir.Unfinished(filepath.Join(dir, "out")); !unfinished {
		t.Fatal("the study was not killed in the middle")
	}
	s, err := LoadSweep(filepath.Join(dir, "trial.yaml"), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Run(context.Background(), SweepOptions{Out: filepath.Join(dir, "out"), Resume: true})
	if err != nil {
		t.Fatal(err)
	}
	if o.Kept < 10 || o.Kept == len(o.Runs) {
		t.Errorf("%d of %d runs were taken over", o.Kept, len(o.Runs))
	}
	whole := filepath.Join(t.TempDir(), "whole")
	if _, err := s.Run(context.Background(), SweepOptions{Out: whole}); err != nil {
		t.Fatal(err)
	}
	same(t, "killed", files(t, whole), files(t, filepath.Join(dir, "out")))
}

// TestOtherVersionIsNotTakenOver: runs kept of another seed are run again.
func TestOtherVersionIsNotTakenOver(t *testing.T) {
	s := sweepOf(t, noisy+"  replications: 2\n")
	dir := filepath.Join(t.TempDir(), "out")
	w, err := rundir.CreateStudy(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	good, err := s.one(context.Background(), 0, 1, nodes.EngineModel)
	if err != nil {
		t.Fatal(err)
	}
	other := *good
	other.Replication, other.Key = 2, "of another version"
	if err := errors.Join(w.Keep(good), w.Keep(&other)); err != nil {
		t.Fatal(err)
	}
	o, err := s.Run(context.Background(), SweepOptions{Out: dir, Resume: true})
	if err != nil {
		t.Fatal(err)
	}
	if o.Kept != 1 {
		t.Errorf("%d runs were taken over, want 1", o.Kept)
	}
}

// TestShards: the parts of a study put together are the study, octet for octet.
func TestShards(t *testing.T) {
	s := sweepOf(t, noisy+"  replications: 3\n")
	whole := filepath.Join(t.TempDir(), "whole")
	if _, err := s.Run(context.Background(), SweepOptions{Out: whole}); err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for i := range 4 {
		s.Shard = Shard{i + 1, 4}
		dirs = append(dirs, filepath.Join(t.TempDir(), "part"))
		if _, err := s.Run(context.Background(), SweepOptions{Out: dirs[i]}); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(t.TempDir(), "merged")
	if _, err := Merge(dirs, out); err != nil {
		t.Fatal(err)
	}
	same(t, "merged", files(t, whole), files(t, out))
	for _, c := range []struct {
		dirs []string
		want string
	}{
		{dirs[1:], "point 0 is in none of the parts"},
		{append(dirs[:4:4], dirs[0]), "both have point"},
		{[]string{dirs[0], t.TempDir()}, "is empty"},
	} {
		if _, err := Merge(c.dirs, filepath.Join(t.TempDir(), "x")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// TestBrokenPoint: a point whose runs break off is told with what to call to see it, and the rest goes on.
func TestBrokenPoint(t *testing.T) {
	text := strings.Replace(noisy, "some, set: [links.access.loss=2%]", "short, set: [run.limits.events=300]", 1)
	s := sweepOf(t, text+"  replications: 2\n")
	o, err := s.Run(context.Background(), SweepOptions{Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	broken := 0
	for _, r := range o.Runs {
		if r.Status == rundir.Broken {
			broken++
		}
	}
	if o.Status() != Broken || broken != 6 || len(o.Runs) != 12 {
		t.Errorf("status %v, %d of %d runs broken, want 6 of 12", o.Status(), broken, len(o.Runs))
	}
}

// TestStopRule: every point ends with an interval as narrow as asked, or at the largest number of runs; points that scatter
// more take more runs.
func TestStopRule(t *testing.T) {
	s := sweepOf(t, noisy+"  replications: 3\n  stop: {name: session-setup-time, relative: 2%, max: 60}\n")
	o, err := s.Run(context.Background(), SweepOptions{Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	most, least := 0, math.MaxInt
	for _, e := range o.Estimates {
		if e.Metric != "session-setup-time" || e.Stat != "mean" {
			continue
		}
		most, least = max(most, e.N), min(least, e.N)
		if e.N < 60 && e.Half > 0.02*e.Mean {
			t.Errorf("point %d ended after %d runs at ±%.3g of %.3g", e.Point, e.N, e.Half, e.Mean)
		}
	}
	if most <= least {
		t.Errorf("every point took %d runs", most)
	}
}

// TestSteady: one long run is cut into batches, whose means give the interval.
func TestSteady(t *testing.T) {
	text := strings.Replace(noisy, "count: 4, arrivals: {every: 200ms}", "count: 400, arrivals: {every: 50ms}", 1)
	s := sweepOf(t, text+"  steady: {name: session-setup-time, batches: 10}\n")
	s.Points, s.at = s.Points[:1], s.at[:1]
	o, err := s.Run(context.Background(), SweepOptions{Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range o.Estimates {
		if e.Metric == "session-setup-time" && e.Stat == "mean" && (e.N != 10 || e.Half <= 0 || math.IsInf(e.Half, 0)) {
			t.Errorf("%+v", e)
		}
	}
}

// TestWrongSweeps: what is wrong with a study is said where it is written.
func TestWrongSweeps(t *testing.T) {
	const head = "schema: 1\ntitle: x\nextends: topology/iq1.yaml\nsessions: {chat: {from: ue-a, to: ue-b}}\n"
	for _, c := range []struct{ text, want string }{
		{"", "is no study: it has no sweep"},
		{"sweep:\n  vary: [{set: links.acces.delay, values: [1ms]}]\n", `trial.yaml:6:44: links.acces.delay: nothing called "acces" in links (did you mean access?)`},
		{"sweep:\n  vary: [{set: links.access.delay, values: [1ms, fast]}]\n", "trial.yaml:6:50: links.access.delay"},
		{"sweep:\n  vary: [{name: a, cases: [{name: x, set: [links.access.delay]}]}]\n", "is no override"},
		{"sweep:\n  vary: [{set: links.access.delay, values: [1ms]}]\n  show: [{name: setup}]\n", `no quantity "setup" (there is `},
		{"sweep:\n  vary: [{set: links.access.delay, values: [1ms]}]\n  show: [{name: session-setup-time, session: talk}]\n", `no sessions "talk" (there is chat)`},
	} {
		path := filepath.Join(t.TempDir(), "trial.yaml")
		if err := os.WriteFile(path, []byte(head+c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadSweep(path, scenarios.Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v\nwant %s", err, c.want)
		}
	}
}
