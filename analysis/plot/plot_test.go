package plot

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imsim/analysis/study"
	"imsim/scenarios"
	"imsim/scenarios/rundir"
)

const text = `schema: 1
title: a scenario for tests
extends: topology/iq1.yaml
links: {access: {delay: 10ms, jitter: 4ms}}
sessions:
  chat: {from: ue-a, to: ue-b, security: e2ae, count: 8, messages: [{from: ue-a, text: hello}], release: {by: ue-a}}
  talk: {from: ue-b, to: ue-a, count: 8, messages: [{from: ue-b, text: hello}], release: {by: ue-b}}
sweep:
  vary:
    - {set: links.core.delay, values: [5ms, 15ms, 25ms]}
    - {name: security, set: sessions.chat.security, values: [none, e2ae]}
  replications: 3
  show: [{name: session-setup-time, session: chat}, {name: session-establishment-ratio}]
`

// directories makes a run's and a study's.
func directories(t *testing.T) (run, sweep *rundir.Run) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trial.yaml")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	points, many, err := study.Load([]string{path}, scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	if err := study.Execute(context.Background(), points, many, study.Options{Out: dir}, func(*study.Result) {}); err != nil {
		t.Fatal(err)
	}
	if run, err = rundir.Open(dir); err != nil {
		t.Fatal(err)
	}
	s, err := study.LoadSweep(path, scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Run(context.Background(), study.SweepOptions{Out: filepath.Join(t.TempDir(), "sweep")})
	if err != nil {
		t.Fatal(err)
	}
	if sweep, err = rundir.Open(o.Dir); err != nil {
		t.Fatal(err)
	}
	return run, sweep
}

func find(t *testing.T, list []*Figure, name string) *Figure {
	t.Helper()
	for _, f := range list {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no figure %s", name)
	return nil
}

// TestFigures: what a run and a study are drawn as, with the words in it, and the data of each in its specification.
func TestFigures(t *testing.T) {
	run, sweep := directories(t)
	ofRun, err := All(run)
	if err != nil {
		t.Fatal(err)
	}
	ofSweep, err := All(sweep)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		list []*Figure
		name string
		svg  []string
		rows int // least number of data
	}{
		{ofRun, "cdf-session-setup-time", []string{">chat<", ">talk<", "session-setup-time (ms)", "share of sessions"}, 16},
		{ofRun, "box-times", []string{">sip-setup-time<", ">release-time<"}, 64},
		{ofRun, "series-session-setup-time", []string{"start of the session (s)"}, 16},
		{ofRun, "shares-setup", []string{">propagation<", ">queueing<", ">session 1<"}, 32},
		{ofSweep, "mean-session-setup-time-chat", []string{">none<", ">e2ae<", "delay (ms)"}, 6},
		{ofSweep, "heat-session-setup-time-chat", []string{">15ms<", ">e2ae<"}, 6},
		{ofSweep, "cdf-session-setup-time", []string{">5ms, none<"}, 6},
	} {
		f := find(t, c.list, c.name)
		var b bytes.Buffer
		if err := f.Write(&b, "svg", 1); err != nil {
			t.Error(err)
			continue
		}
		for _, s := range c.svg {
			if !strings.Contains(b.String(), s) {
				t.Errorf("%s: %q is not in the picture", c.name, s)
			}
		}
		spec, err := json.Marshal(f.Spec)
		if err != nil {
			t.Error(err)
		}
		var back struct {
			Schema string `json:"$schema"`
			Data   struct {
				Values []map[string]any `json:"values"`
			} `json:"data"`
			Encoding map[string]struct {
				Field string `json:"field"`
			} `json:"encoding"`
		}
		if err := json.Unmarshal(spec, &back); err != nil || back.Schema != schema || len(back.Data.Values) < c.rows {
			t.Errorf("%s: %v, %d values, want %d", c.name, err, len(back.Data.Values), c.rows)
		}
		for channel, e := range back.Encoding {
			if _, ok := back.Data.Values[0][e.Field]; !ok {
				t.Errorf("%s: %s is of %q, which the data do not have", c.name, channel, e.Field)
			}
		}
	}
}

// TestSameOctets: every figure, in every format and width, has the same octets when it is drawn again.
func TestSameOctets(t *testing.T) {
	_, sweep := directories(t)
	var drawn [2]map[string]string
	for i := range drawn {
		list, err := All(sweep)
		if err != nil {
			t.Fatal(err)
		}
		files, err := WriteAll(sweep.Dir, list, Formats, []int{1, 2})
		if err != nil {
			t.Fatal(err)
		}
		if want := len(list) * 7; len(files) != want {
			t.Errorf("%d files, want %d", len(files), want)
		}
		drawn[i] = map[string]string{}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			drawn[i][f] = string(b)
			for ext, head := range map[string]string{".svg": "<?xml", ".png": "\x89PNG", ".pdf": "%PDF"} {
				if filepath.Ext(f) == ext && !strings.HasPrefix(string(b), head) {
					t.Errorf("%s is no %s", f, ext)
				}
			}
		}
	}
	for f := range drawn[0] {
		if drawn[0][f] != drawn[1][f] {
			t.Errorf("%s differs the second time", f)
		}
	}
	if err := rundir.Replaceable(sweep.Dir); err != nil {
		t.Error(err)
	}
}

// TestTicks: labels are round numbers, four to eleven of them, none of them −0.
func TestTicks(t *testing.T) {
	for _, c := range []struct{ low, high float64 }{{0, 1}, {0, 1430}, {326.4, 517.2}, {-0.2, 0.3}, {1e-3, 2e-3}, {5, 5}, {0, 7e9}} {
		list := ticks{}.Ticks(c.low, c.high)
		if c.low < c.high && (len(list) < 4 || len(list) > 12) {
			t.Errorf("%g to %g: %d ticks", c.low, c.high, len(list))
		}
		for _, x := range list {
			if x.Label == "-0" || len(x.Label) > 10 {
				t.Errorf("%g to %g: %q", c.low, c.high, x.Label)
			}
		}
	}
	if list := (logTicks{}).Ticks(5, 150); len(list) != 5 {
		t.Errorf("%v", list)
	}
}

// TestNumbers: labels that are quantities are put where they belong, others are not taken for numbers.
func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		label string
		v     float64
		unit  string
		ok    bool
	}{
		{"20ms", 20, "ms", true}, {"1s", 1000, "ms", true}, {"2%", 2, "%", true}, {"10Mbit/s", 10, "Mbit/s", true}, {"20KiB", 20480, "octets", true},
		{"7", 7, "", true}, {"early", 0, "", false},
	} {
		if v, unit, ok := number(c.label); v != c.v || unit != c.unit || ok != c.ok {
			t.Errorf("%s: %g %s %v", c.label, v, unit, ok)
		}
	}
}
