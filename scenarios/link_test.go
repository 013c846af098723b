package scenarios

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/netem"
	"imsim/netem/queue"
	"imsim/sim"
)

// linked is a scenario with one link, l, of the given settings.
func linked(settings string) string {
	return "schema: 1\ntitle: t\nnodes: {a: {kind: router}, b: {kind: router}}\nlinks: {l: {between: [a, b], " + settings + "}}\n"
}

func directionsOf(t *testing.T, settings string, set ...string) (out [2]netem.DirectionConfig, link Link) {
	t.Helper()
	s, err := Parse("x.yaml", []byte(linked(settings)), Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	link = s.File.Links["l"]
	for d := range 2 {
		l := link.Toward(d)
		if out[d], err = l.Direction(); err != nil {
			t.Fatal(err)
		}
		if out[d].Discipline, err = l.NewDiscipline(sim.Stream{}); err != nil {
			t.Fatal(err)
		}
	}
	return out, link
}

// Every setting arrives in the network's configuration.
func TestLinkSettings(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		settings string
		set      []string
		right    func(d netem.DirectionConfig) bool
	}{
		{"delay: 5ms, loss: 1%, queue: 64KiB", nil, func(d netem.DirectionConfig) bool {
			return d.Delay == 5*ms && d.Loss == 1e7 && d.QueueOctets == 65536 && d.Medium == nil && d.Losses == nil && d.Discipline == nil
		}},
		{"delay: {mean: 5ms}, loss: {rate: 1%}, queue: {size: 64KiB, packets: 7}, reorder: {jitter: true}", nil, func(d netem.DirectionConfig) bool {
			return d.Delay == 5*ms && d.Loss == 1e7 && d.QueueOctets == 65536 && d.QueuePackets == 7 && d.Reorder && d.Medium == nil
		}},
		{"delay: {mean: 5ms, sd: 1ms}", nil, func(d netem.DirectionConfig) bool {
			return d.Medium.Delays.SD == ms && d.Medium.Delays.Shape == netem.Normal && d.Delay == 5*ms
		}},
		{"delay: 5ms", []string{"links.l.delay.sd=1ms", "links.l.delay.distribution=paretonormal", "links.l.delay.correlation=20%"}, func(d netem.DirectionConfig) bool {
			x := d.Medium.Delays
			return x.Mean == 5*ms && x.SD == ms && x.Shape == netem.ParetoNormal && x.Correlation == 2e8
		}},
		{"delay: {mean: 5ms, sd: 1ms, table: testdata/links/two.dist}", nil, func(d netem.DirectionConfig) bool {
			return slices.Equal(d.Medium.Delays.Table, []int16{-8192, -8192, 8192, 8192})
		}},
		{"delay: {quantiles: [{at: 0, delay: 1ms}, {at: 50%, delay: 3ms}, {at: 90%, delay: 20ms}], correlation-time: 50ms}", nil, func(d netem.DirectionConfig) bool {
			return (d.Delay-3*ms).Abs() < time.Microsecond && d.Medium.Delays.Tau == 50*ms
		}},
		{"loss: {model: gilbert, rate: 2%, burst: 4}", nil, func(d netem.DirectionConfig) bool {
			return *d.Losses.(*netem.GilbertElliott) == netem.GilbertElliott{ToBad: 5102041, ToGood: 25e7, LossBad: sim.Certain}
		}},
		{"loss: {model: gilbert-elliott, p: 1%, r: 25%, loss-bad: 50%, loss-good: 0.1%, mark: true}", nil, func(d netem.DirectionConfig) bool {
			return *d.Losses.(*netem.GilbertElliott) == netem.GilbertElliott{ToBad: 1e7, ToGood: 25e7, LossBad: 5e8, LossGood: 1e6} && d.Medium.Mark
		}},
		{"loss: {model: timed-gilbert, mean-good: 1s, mean-bad: 10ms}", nil, func(d netem.DirectionConfig) bool {
			return *d.Losses.(*netem.TimedGilbert) == netem.TimedGilbert{MeanGood: time.Second, MeanBad: 10 * ms, LossBad: sim.Certain}
		}},
		{"loss: {model: markov, rate: 2%, burst: 8, density: 70%, isolated: 0.2%, within: 2}", nil, func(d netem.DirectionConfig) bool {
			return d.Losses.(*netem.Markov).P13 == 3315454
		}},
		{"loss: {model: markov, p13: 1%, p31: 20%}", nil, func(d netem.DirectionConfig) bool {
			return *d.Losses.(*netem.Markov) == netem.Markov{P13: 1e7, P31: 2e8}
		}},
		{"loss: {rate: 3%, correlation: 25%}", nil, func(d netem.DirectionConfig) bool {
			return d.Losses.(*netem.CorrelatedLoss).Chance == netem.Chance{P: 3e7, Correlation: 25e7}
		}},
		{"duplicate: 1%, corrupt: {probability: 2%, correlation: 5%}", nil, func(d netem.DirectionConfig) bool {
			return d.Medium.Duplicate.P == 1e7 && d.Medium.Corrupt == netem.Chance{P: 2e7, Correlation: 5e7}
		}},
		{"delay: 5ms, reorder: {probability: 25%, gap: 5}", nil, func(d netem.DirectionConfig) bool {
			return d.Medium.Overtake.P == 25e7 && d.Medium.Gap == 5 && !d.Reorder
		}},
		{"slot: {min: 5ms, packets: 3, size: 10kB}", nil, func(d netem.DirectionConfig) bool {
			return d.Medium.Slots == netem.Slots{Min: 5 * ms, Max: 5 * ms, Packets: 3, Octets: 10_000}
		}},
		{"rate: 5Mbit/s, queue: {discipline: codel, target: 8ms}", nil, func(d netem.DirectionConfig) bool {
			_, ok := d.Discipline.(*queue.CoDel)
			return ok && d.QueueOctets == 0
		}},
		{"rate: 5Mbit/s", []string{"links.l.queue.discipline=fq-codel"}, func(d netem.DirectionConfig) bool { _, ok := d.Discipline.(*queue.FQCoDel); return ok }},
		{"rate: 5Mbit/s, queue: {discipline: red, min: 5kB, max: 15kB, gentle: true, ecn: true}", nil, func(d netem.DirectionConfig) bool { _, ok := d.Discipline.(*queue.RED); return ok }},
		{"queue: {discipline: token-bucket, rate: 1Mbit/s, burst: 10kB, peak: 2Mbit/s}", nil, func(d netem.DirectionConfig) bool { _, ok := d.Discipline.(netem.Paced); return ok }},
	} {
		d, _ := directionsOf(t, c.settings, c.set...)
		for i := range d {
			if !c.right(d[i]) {
				t.Errorf("%s: direction %d is %+v, medium %+v", c.settings, i, d[i], d[i].Medium)
			}
		}
	}
}

// A profile gives what the link does not say itself; what it says holds in both directions.
func TestLinkProfiles(t *testing.T) {
	const ms = time.Millisecond
	d, l := directionsOf(t, "profile: lte")
	if d[0].Rate != 15e6 || d[1].Rate != 50e6 || (d[0].Delay-15*ms).Abs() > time.Microsecond || (d[1].Delay-12*ms).Abs() > time.Microsecond || l.Profile != "" {
		t.Errorf("%+v", d)
	}
	for name, how := range map[string][2]string{"written": {"profile: lte, delay: 5ms, forward: {loss: 1%}", ""}, "set": {"profile: lte, forward: {loss: 1%}", "links.l.delay=5ms"}} {
		d, _ = directionsOf(t, how[0], strings.Fields(how[1])...)
		if d[0].Delay != 5*ms || d[1].Delay != 5*ms || d[0].Rate != 15e6 || d[0].Loss != 1e7 || d[1].Loss != 0 || d[0].Medium != nil {
			t.Errorf("%s: %+v", name, d)
		}
	}
	d, _ = directionsOf(t, "", "links.l.profile=satellite-leo", "links.l.backward.loss=0")
	if _, ok := d[0].Losses.(*netem.TimedGilbert); !ok || d[1].Losses != nil || d[1].Rate != 150e6 {
		t.Errorf("%+v", d)
	}
	var named []string
	for _, e := range linkProfiles().keys {
		named = append(named, e.key)
		if d, _ := directionsOf(t, "profile: "+e.key); d[0].Rate == 0 || d[1].Rate < d[0].Rate || d[0].Delay == 0 {
			t.Errorf("%s: %+v", e.key, d)
		}
	}
	var inSchema []string
	for _, v := range knownProfiles(t) {
		inSchema = append(inSchema, v.(string))
	}
	if !slices.Equal(named, inSchema) {
		t.Errorf("profiles are %v, the schema has %v", named, inSchema)
	}
}

func knownProfiles(t *testing.T) []any {
	doc, _ := compiled()
	link := doc.(map[string]any)["$defs"].(map[string]any)["Link"].(map[string]any)
	return link["properties"].(map[string]any)["profile"].(map[string]any)["enum"].([]any)
}

// A file that a link names is found from the file that names it, and counts in the scenario's hash.
func TestLinkFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	write("sub/base.yaml", linked("trace: drive.jsonl, backward: {trace: back.csv}"))
	write("sub/back.csv", "time,delay\n0s,7ms\n")
	write("mine.csv", "time,delay\n0s,9ms\n")
	hash := ""
	for _, c := range []struct {
		first string
		set   []string
		want  time.Duration
	}{{"1ms", nil, time.Millisecond}, {"2ms", nil, 2 * time.Millisecond}, {"2ms", []string{"links.l.trace=mine.csv"}, 9 * time.Millisecond}} {
		write("sub/drive.jsonl", `{"time": "0s", "delay": "`+c.first+`"}`)
		s, err := Load(write("top.yaml", "extends: sub/base.yaml\ntitle: top\n"), Options{Set: c.set})
		if err != nil {
			t.Fatal(err)
		}
		l := s.File.Links["l"]
		if got := time.Duration(*l.Toward(0).Points[0].Delay); got != c.want || *l.Toward(1).Points[0].Delay != 7e6 || len(s.Files) != 4 || s.Hash == hash {
			t.Errorf("delay %v, files %v, hash %s", got, s.Files, s.Hash)
		}
		hash = s.Hash
	}
}

// A shorthand and its long form are one value to formulas, and so is a value below it.
func TestShorthandInFormulas(t *testing.T) {
	for _, settings := range []string{"delay: 20ms", "delay: {mean: 20ms, sd: 2ms}"} {
		text := linked(settings) + "let: {a: links.l.delay, b: links.l.delay.mean}\n"
		s, err := Parse("x.yaml", []byte(text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a", "b"} {
			if v, err := s.Names()(name); err != nil || v.String() != "20ms" {
				t.Errorf("%s: %s is %v, %v", settings, name, v, err)
			}
		}
	}
}
