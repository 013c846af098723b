package netem

import (
	"math"
	"slices"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/netem/queue"
	"imsim/sim"
)

const ms = time.Millisecond

// sample draws delays of a distribution for packets a millisecond apart, in seconds.
func sample(d Delays, n int) []float64 {
	s, st, out := sim.New(sim.Config{Seed: 5}).Rand("delay"), passage{}, make([]float64, n)
	for i := range out {
		out[i] = d.draw(sim.Time(i)*1e6, &st, &s).Seconds()
	}
	return out
}

// moments returns mean, standard deviation and the correlation of neighbours.
func moments(x []float64) (mean, sd, rho float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	var cov float64
	for i, v := range x {
		sd += (v - mean) * (v - mean) / float64(len(x))
		if i > 0 {
			cov += (v - mean) * (x[i-1] - mean) / float64(len(x))
		}
	}
	return mean, math.Sqrt(sd), cov / sd
}

func TestDelayDistributions(t *testing.T) {
	q, err := sim.NewQuantiles([]sim.Quantile{{P: 0, Value: ms}, {P: 5e8, Value: 3 * ms}, {P: 9e8, Value: 20 * ms}, {P: 99e7, Value: 250 * ms}})
	if err != nil {
		t.Fatal(err)
	}
	// The quantile functions in closed form; u is at most 1-1e-7.
	normal := func(u float64) float64 { return math.Sqrt2 * math.Erfinv(2*u-1) }
	pareto := func(u float64) float64 { return min(4, (math.Pow(1-u, -1./3)-1.5)*4/3) }
	about := func(f func(float64) float64) func(float64) float64 {
		return func(u float64) float64 { return 0.1 + 0.01*f(u) }
	}
	loglinear := func(u float64) float64 {
		at, v := []float64{0, 0.5, 0.9, 0.99}, []float64{0.001, 0.003, 0.02, 0.25}
		for i := range 3 {
			if lo, hi := math.Log(1-at[i]), math.Log(1-at[i+1]); u < at[i+1] {
				return v[i] * math.Pow(v[i+1]/v[i], (math.Log(1-u)-lo)/(hi-lo))
			}
		}
		return v[3]
	}
	for _, c := range []struct {
		name   string
		change func(*Delays)
		ideal  func(float64) float64
		rho    float64
	}{
		{"normal", func(d *Delays) {}, about(normal), 0},
		{"uniform", func(d *Delays) { d.Shape = Uniform }, about(func(u float64) float64 { return 2*u - 1 }), 0},
		{"pareto", func(d *Delays) { d.Shape = Pareto }, about(pareto), 0},
		{"paretonormal", func(d *Delays) { d.Shape = ParetoNormal }, about(func(u float64) float64 { return normal(u)/4 + pareto(u)*3/4 }), 0},
		{"table", func(d *Delays) { d.Table = []int16{-8192, -4096, 4096, 8192} },
			about(func(u float64) float64 { return []float64{-1, -0.5, 0.5, 1}[int(4*u)] }), 0},
		{"normal, correlated", func(d *Delays) { d.Correlation = 80 * pct }, about(normal), 0.8},
		// Of uniform variables under a normal copula: 6/π·asin(a/2).
		{"uniform, correlated", func(d *Delays) { d.Shape, d.Correlation = Uniform, 50*pct },
			about(func(u float64) float64 { return 2*u - 1 }), 6 / math.Pi * math.Asin(0.25)},
		{"normal, in time", func(d *Delays) { d.Tau = 2 * ms }, about(normal), math.Exp(-0.5)},
		{"quantiles", func(d *Delays) { d.Quantiles = q }, loglinear, 0},
		{"quantiles, in time", func(d *Delays) { d.Quantiles, d.Tau = q, 1 }, loglinear, 0},
	} {
		d := Delays{Mean: 100 * ms, SD: 10 * ms}
		c.change(&d)
		const n = 300_000
		x, want := sample(d, n), make([]float64, n)
		for i := range want {
			want[i] = c.ideal((float64(i) + 0.5) / n)
		}
		mean, sd, rho := moments(x)
		wantMean, wantSD, _ := moments(want)
		slices.Sort(x)
		for _, v := range []struct {
			what      string
			got, want float64
		}{{"mean", mean, wantMean}, {"deviation", sd, wantSD}, {"45 %", x[n*45/100], c.ideal(0.45)}, {"90 %", x[n*9/10], c.ideal(0.9)}} {
			if math.Abs(v.got/v.want-1) > 0.015 {
				t.Errorf("%s: %s %.5f, want %.5f", c.name, v.what, v.got, v.want)
			}
		}
		if math.Abs(rho-c.rho) > 0.02 {
			t.Errorf("%s: correlation %.3f, want %.3f", c.name, rho, c.rho)
		}
	}
}

// through10k sends 10,000 numbered datagrams, one each millisecond.
func through10k(t *testing.T, d DirectionConfig) (*pair, *numbered) {
	p := newPair(t, Config{}, LinkConfig{AtoB: d})
	o := &numbered{k: p.k, gap: ms}
	bind(t, p.b, 9, o)
	s := &numberer{source: source{k: p.k, u: bind(t, p.a, 9, o), to: packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, gap: o.gap}}
	s.self = p.k.Add("source", s)
	p.k.At(0, s.self, 0)
	run(t, p.k)
	if p.n.Pool.Live() != 0 {
		t.Errorf("%d packets left", p.n.Pool.Live())
	}
	return p, o
}

// around checks a count within five standard deviations of a binomial distribution.
func around(t *testing.T, what string, got uint64, p float64) {
	t.Helper()
	if math.Abs(float64(got)-1e4*p) > 5*math.Sqrt(1e4*p*(1-p)) {
		t.Errorf("%s: %d of 10000, want about %.0f", what, got, 1e4*p)
	}
}

func TestDuplication(t *testing.T) {
	p, o := through10k(t, DirectionConfig{Delay: ms, Medium: &Medium{Duplicate: Chance{P: 10 * pct}}})
	st := p.ia.Out.Stats
	around(t, "duplicates", st.Duplicates, 0.1)
	if o.n != 10_000+int(st.Duplicates) || o.inversions != 0 || st.Packets != 10_000 {
		t.Errorf("%d arrived; %+v", o.n, st)
	}
	// A packet that is both duplicated and lost passes once.
	p, o = through10k(t, DirectionConfig{Loss: 50 * pct, Medium: &Medium{Duplicate: Chance{P: sim.Certain}}})
	if st = p.ia.Out.Stats; o.n != 10_000+int(st.Duplicates)-int(st.LossDrops) || st.LossDrops > st.Duplicates {
		t.Errorf("%d arrived; %+v", o.n, st)
	}
	around(t, "duplicates of those that are not lost", st.Duplicates, 0.5)
}

func TestCorruption(t *testing.T) {
	p := newPair(t, Config{}, LinkConfig{AtoB: DirectionConfig{Medium: &Medium{Corrupt: Chance{P: 5 * pct}}}})
	s, wrong := &sink{}, 0
	bind(t, p.b, 9, s)
	p.ib.Tap = func(out bool, q *packet.Packet) {
		if out {
			return
		}
		got, whole := q.Marshal(nil), *q
		whole.Damaged = false
		want, bits := whole.Marshal(nil), 0
		for i := range want {
			for x := got[i] ^ want[i]; x != 0; x &= x - 1 {
				bits++
			}
		}
		if bits > 1 || (bits == 1) != q.Damaged {
			t.Fatalf("%d bits are wrong", bits)
		}
		wrong += bits
	}
	newSource(bind(t, p.a, 9, s), packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, 100, 10_000, time.Microsecond)
	run(t, p.k)
	st := p.ia.Out.Stats
	around(t, "corrupted", st.Corrupted, 0.05)
	if wrong != int(st.Corrupted) || p.b.Damaged != st.Corrupted || s.n != 10_000-wrong || p.n.Pool.Live() != 0 {
		t.Errorf("%d bits wrong, %d dropped, %d arrived; %+v", wrong, p.b.Damaged, s.n, st)
	}
}

// A router checks IPv4 headers only.
func TestCorruptionAtRouter(t *testing.T) {
	k := sim.New(sim.Config{})
	n := New(k, Config{})
	a, r, b := n.AddHost("a"), n.AddRouter("r"), n.AddHost("b")
	bad := LinkConfig{AtoB: DirectionConfig{Medium: &Medium{Corrupt: Chance{P: sim.Certain}}}}
	if _, _, err := n.Connect(a, r, bad); err != nil {
		t.Fatal(err)
	}
	if _, _, err := n.Connect(r, b, LinkConfig{}); err != nil {
		t.Fatal(err)
	}
	if err := n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	s := &sink{}
	bind(t, b, 9, s)
	newSource(bind(t, a, 9, s), packet.AddrPort{Addr: b.Addr(true), Port: 9}, 80-28, 10_000, time.Microsecond)
	run(t, k)
	around(t, "header", r.Damaged, 0.25)
	if s.n != 0 || r.Damaged+b.Damaged != 10_000 {
		t.Errorf("%d arrived, %d and %d dropped", s.n, r.Damaged, b.Damaged)
	}
}

func TestOvertaking(t *testing.T) {
	p, o := through10k(t, DirectionConfig{Delay: 10 * ms, Medium: &Medium{Overtake: Chance{P: 25 * pct}}})
	around(t, "one in four of those behind a delayed one", p.ia.Out.Stats.Overtook, 0.2) // 1/(1/p + 1)
	if o.n != 10_000 || o.inversions == 0 || o.min != 0 || o.max != 10*ms {
		t.Errorf("%d arrived, %d inversions, delays %v to %v", o.n, o.inversions, o.min, o.max)
	}
	p, _ = through10k(t, DirectionConfig{Delay: 10 * ms, Medium: &Medium{Overtake: Chance{P: sim.Certain}, Gap: 4}})
	if n := p.ia.Out.Stats.Overtook; n != 2000 {
		t.Errorf("%d overtook, every fifth must", n)
	}
}

func TestSlots(t *testing.T) {
	p := newPair(t, Config{}, LinkConfig{AtoB: DirectionConfig{Medium: &Medium{Slots: Slots{Min: 5 * ms, Max: 5 * ms, Packets: 3}}}})
	s := &sink{k: p.k}
	bind(t, p.b, 9, s)
	newSource(bind(t, p.a, 9, s), packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, 100, 8, ms)
	run(t, p.k)
	// The first opens a slot at 5 ms, which takes three; the fourth to sixth go at 10 ms, the rest at 15 ms.
	if want := []sim.Time{5e6, 5e6, 5e6, 10e6, 10e6, 10e6, 15e6, 15e6}; !slices.Equal(s.at, want) {
		t.Errorf("arrivals %v, want %v", s.at, want)
	}
}

// TestShaping sends a burst through a token bucket on a link without a rate.
func TestShaping(t *testing.T) {
	tb, err := queue.NewTokenBucket(queue.TokenBucketConfig{Rate: 1e6, Burst: 250}, &queue.FIFO{Packets: 5})
	if err != nil {
		t.Fatal(err)
	}
	p := newPair(t, Config{}, LinkConfig{AtoB: DirectionConfig{Delay: ms, Discipline: tb}})
	s := &sink{k: p.k}
	bind(t, p.b, 9, s)
	u, to := bind(t, p.a, 9, s), packet.AddrPort{Addr: p.b.Addr(true), Port: 9}
	for range 10 {
		u.Send(to, octets(97), sim.Cause{}) // 125 octets: 1 ms
	}
	run(t, p.k)
	// Two have tokens, one waits for them and five behind it.
	if want := []sim.Time{1e6, 1e6, 2e6, 3e6, 4e6, 5e6, 6e6, 7e6}; !slices.Equal(s.at, want) || p.ia.Out.Stats.QueueDrops != 2 {
		t.Errorf("arrivals %v, want %v", s.at, want)
	}
	for range 5 {
		u.Send(to, octets(97), sim.Cause{})
	}
	p.ia.Out.SetUp(false)
	run(t, p.k)
	if p.n.Pool.Live() != 0 || tb.Len() != 0 {
		t.Errorf("%d packets left, %d in the queue", p.n.Pool.Live(), tb.Len())
	}
}

// endless is a source that never stops.
type endless struct{ source }

func (s *endless) Handle(uint32) {
	s.u.Send(s.to, s.p, sim.Cause{})
	s.k.At(s.k.Now().Add(s.gap), s.self, 0)
}

// TestImpairmentCost: no allocation in the steady state, whatever a link does, and one event a packet-hop where it has no
// discipline.
func TestImpairmentCost(t *testing.T) {
	q, _ := sim.NewQuantiles([]sim.Quantile{{P: 0, Value: ms}, {P: 5e8, Value: 3 * ms}, {P: 9e8, Value: 20 * ms}})
	codel, _ := queue.NewCoDel(queue.CoDelConfig{})
	fq, _ := queue.NewFQCoDel(queue.FQCoDelConfig{})
	red, _ := queue.NewRED(queue.REDConfig{Min: 5000, Max: 15000, Probability: 10 * pct, Gentle: true}, sim.New(sim.Config{}).Rand("red"))
	tb, _ := queue.NewTokenBucket(queue.TokenBucketConfig{Rate: 9e6, Burst: 3000, Peak: 20e6}, &queue.FIFO{Octets: 20_000})
	markov := &Markov{P13: pct, P31: 20 * pct, P32: 20 * pct, P23: 50 * pct, P14: pct}
	for _, c := range []struct {
		name   string
		d      DirectionConfig
		events float64 // a packet that arrives, at most
	}{
		{"gilbert-elliott", DirectionConfig{Losses: &GilbertElliott{ToBad: pct, ToGood: 30 * pct, LossBad: 50 * pct}}, 1},
		{"markov", DirectionConfig{Losses: markov}, 1},
		{"timed gilbert", DirectionConfig{Losses: &TimedGilbert{MeanGood: time.Second, MeanBad: ms, LossBad: sim.Certain}}, 1},
		{"everything", DirectionConfig{Reorder: true, Medium: &Medium{Delays: &Delays{Quantiles: q, Tau: 50 * ms}, Duplicate: Chance{P: pct},
			Corrupt: Chance{P: pct}, Overtake: Chance{pct, 10 * pct}}}, 1.6}, // the earliest arrival may come forward
		{"normal, in order", DirectionConfig{Medium: &Medium{Delays: &Delays{Mean: 10 * ms, SD: ms}}}, 1},
		{"slots", DirectionConfig{Medium: &Medium{Slots: Slots{Min: ms, Max: 3 * ms}}}, 1},
		{"codel", DirectionConfig{Rate: 10e6, Discipline: codel}, 2},
		{"fq-codel", DirectionConfig{Rate: 10e6, Discipline: fq}, 2},
		{"red", DirectionConfig{Rate: 10e6, Discipline: red}, 2},
		{"token bucket", DirectionConfig{Rate: 10e6, Discipline: tb}, 3},
	} {
		p := newPair(t, Config{}, LinkConfig{AtoB: c.d})
		o := &sink{}
		bind(t, p.b, 9, o)
		s := &endless{source{k: p.k, u: bind(t, p.a, 9, o), to: packet.AddrPort{Addr: p.b.Addr(true), Port: 9}, gap: ms, p: octets(1472)}}
		s.self = p.k.Add("source", s)
		p.k.At(0, s.self, 0)
		until(t, p.k, 20_000)
		events, n := p.k.Events(), o.n
		if a := testing.AllocsPerRun(10, func() { until(t, p.k, int(p.k.Now()/1e6)+1000) }); a != 0 {
			t.Errorf("%s: %v allocations in 1000 packets", c.name, a)
		}
		hops := float64(o.n - n)
		each := (float64(p.k.Events()-events) - 11_000) / hops
		t.Logf("%s: %.0f arrived, %.2f events each", c.name, hops, each)
		if hops < 3000 || each > c.events+0.02 {
			t.Errorf("%s: %.0f arrived, %.2f events each, want %v", c.name, hops, each, c.events)
		}
	}
}

// Equal seeds give equal runs.
func TestImpairmentsAreDeterministic(t *testing.T) {
	sum := func() string {
		p, _ := through10k(t, DirectionConfig{Losses: &GilbertElliott{ToBad: pct, ToGood: 30 * pct, LossBad: sim.Certain},
			Medium: &Medium{Delays: &Delays{Mean: 10 * ms, SD: 3 * ms, Shape: ParetoNormal, Correlation: 30 * pct}, Duplicate: Chance{P: pct}, Corrupt: Chance{P: pct}}})
		return p.k.Fingerprint().String()
	}
	if a, b := sum(), sum(); a != b {
		t.Errorf("%s and %s", a, b)
	}
}

func TestMediumRefuses(t *testing.T) {
	for name, m := range map[string]Medium{
		"probability": {Duplicate: Chance{P: sim.Certain + 1}}, "correlation": {Corrupt: Chance{P: 1, Correlation: sim.Certain}},
		"gap": {Gap: -1}, "slots": {Slots: Slots{Min: 2, Max: 1}}, "limits alone": {Slots: Slots{Packets: 1}},
		"slots and order": {Slots: Slots{Max: 1}, Overtake: Chance{P: 1}}, "mean": {Delays: &Delays{Mean: -1}},
		"delay correlation": {Delays: &Delays{Correlation: sim.Certain}}, "two": {Delays: &Delays{Correlation: 1, Tau: 1}}, "shape": {Delays: &Delays{Shape: 9}},
	} {
		c := DirectionConfig{Medium: &m}
		if c.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
