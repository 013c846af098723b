package run

import (
	"testing"
	"time"

	"imsim/netem"
	"imsim/nodes"
	"imsim/scenarios"
	"imsim/scenarios/measure"
	"imsim/sim"
)

// impaired are settings of which each makes the access links another bad one.
var impaired = map[string][]string{
	"gilbert-elliott": {"loss={model: gilbert-elliott, p: 2%, r: 50%}"},
	"markov":          {"loss={model: markov, rate: 3%, burst: 4, density: 60%, isolated: 0.5%, within: 2}"},
	"timed":           {"loss={model: timed-gilbert, mean-good: 2s, mean-bad: 20ms}"},
	"everything": {"delay={mean: 20ms, sd: 5ms, distribution: paretonormal, correlation: 30%}", "duplicate=5%", "corrupt=2%",
		"reorder={jitter: true, probability: 5%}", "loss=1%"},
	"slots":        {"slot={min: 5ms, max: 20ms, packets: 4}", "duplicate=10%"},
	"fq-codel":     {"rate=2Mbit/s", "queue={discipline: fq-codel}"},
	"codel":        {"rate=2Mbit/s", "queue={discipline: codel, packets: 20}"},
	"red":          {"rate=2Mbit/s", "queue={discipline: red, min: 5kB, max: 15kB, gentle: true}"},
	"token bucket": {"queue={discipline: token-bucket, rate: 500kbit/s, burst: 3kB, peak: 2Mbit/s}"},
	"lte-edge":     {"profile=lte-edge", "delay=null"},
	"geo":          {"profile=satellite-geo", "delay=null"},
	"leo":          {"profile=satellite-leo", "delay=null"},
	"wlan":         {"profile=wlan", "delay=null"},
}

// TestImpairedCalls plays a call over each kind of bad link, twice with one fingerprint, with all invariants checked.
func TestImpairedCalls(t *testing.T) {
	for name, settings := range impaired {
		t.Run(name, func(t *testing.T) {
			before := ""
			for range 2 {
				var set []string
				for _, s := range settings {
					set = append(set, "links.access."+s)
				}
				l := &ledger{Collector: measure.New(measure.Config{Full: true})}
				st, err := Run(load(t, "e2ae-msrp-orig-agnostic", set...), Options{Observer: l})
				if err != nil {
					t.Fatal(err)
				}
				if l.Result() != measure.Released {
					t.Errorf("%s\n%s", l.Result(), l)
				}
				if fp := st.Fingerprint; before != "" && fp != before {
					t.Errorf("fingerprints %s and %s", before, fp)
				} else {
					before = fp
				}
			}
		})
	}
}

// TestTraceOfALink changes a direction by the lines of its trace, over which the timeline has no say.
func TestTraceOfALink(t *testing.T) {
	sc, err := scenarios.Parse("../x.yaml", []byte(`schema: 1
title: t
nodes: {a: {kind: router}, b: {kind: router}}
links: {l: {between: [a, b], delay: 1ms, loss: {rate: 2%}, rate: 9Mbit/s, forward: {trace: testdata/links/drive.csv}}}
timeline:
  - {do: set, path: links.l.queue, to: 99kB, at: 120ms}
  - {do: set, path: links.l.delay, to: 3ms, at: 150ms}
`), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	k := sim.New(sim.Config{})
	w, err := build(sc, k, nil, nodes.EngineModel)
	if err != nil {
		t.Fatal(err)
	}
	(&changes{steps: sc.File.Timeline}).plan(w)
	const ms = time.Millisecond
	for _, c := range []struct {
		at, delay time.Duration
		rate      netem.BitRate
		loss      sim.Prob
		queue     int
		up        bool
		back      time.Duration
	}{
		{0, 20 * ms, 5e6, 1e7, 256 << 10, true, 1 * ms},
		{100 * ms, 40 * ms, 1e6, 0, 256 << 10, true, 1 * ms},
		{120 * ms, 40 * ms, 1e6, 0, 99_000, true, 1 * ms},
		{150 * ms, 40 * ms, 1e6, 0, 256 << 10, true, 3 * ms}, // a step leaves out the others
		{200 * ms, 40 * ms, 1e6, 0, 256 << 10, false, 3 * ms},
		{300 * ms, 30 * ms, 0, 0, 256 << 10, true, 3 * ms},
	} {
		if err := k.Run(sim.Time(c.at)); err != nil {
			t.Fatal(err)
		}
		d, b := w.links["l"][0].dir, w.links["l"][1].dir
		if got := d.Config(); got.Delay != c.delay || got.Rate != c.rate || got.Loss != c.loss || got.QueueOctets != c.queue || d.Up() != c.up || b.Config().Delay != c.back {
			t.Errorf("at %v: %+v, back %v", c.at, got, b.Config().Delay)
		}
	}
}

// A model keeps its state when another setting of the link changes.
func TestChangesKeepTheModel(t *testing.T) {
	sc, err := scenarios.Parse("x.yaml", []byte(`schema: 1
title: t
nodes: {a: {kind: router}, b: {kind: router}}
links: {l: {between: [a, b], delay: 1ms, loss: {model: gilbert, rate: 1%, burst: 3}, rate: 9Mbit/s, queue: {discipline: red, min: 5kB, max: 15kB}}}
timeline:
  - {do: set, path: links.l.delay, to: 3ms, at: 1ms}
  - {do: set, path: links.l.loss.burst, to: 5, at: 2ms}
`), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	k := sim.New(sim.Config{})
	w, err := build(sc, k, nil, nodes.EngineModel)
	if err != nil {
		t.Fatal(err)
	}
	(&changes{steps: sc.File.Timeline}).plan(w)
	d := w.links["l"][0].dir
	first := d.Config()
	for at, same := range []bool{true, true, false} {
		if err := k.Run(sim.Time(at) * 1e6); err != nil {
			t.Fatal(err)
		}
		if c := d.Config(); (c.Losses == first.Losses) != same || c.Discipline != first.Discipline {
			t.Errorf("after %d ms: %+v", at, c)
		}
	}
}
