package netem

import (
	"math"
	"testing"
	"time"

	"imsim/sim"
)

// runs counts lost packets of a model and the mean length of their runs.
func runs(m LossModel, n int, gap sim.Time) (loss, run float64) {
	s := sim.New(sim.Config{Seed: 3}).Rand("loss")
	lost, bursts, before := 0, 0, false
	for i := range n {
		l := m.Lost(sim.Time(i)*gap, 100, &s)
		if l {
			lost++
			if !before {
				bursts++
			}
		}
		before = l
	}
	return float64(lost) / float64(n), float64(lost) / float64(max(bursts, 1))
}

const pct = sim.Certain / 100

// TestGilbertElliott holds loss and bursts against the chain's algebra: L = πB(1-h) + πG(1-k), and with k = 1 a mean run
// of 1/(1-(1-r)(1-h)).
func TestGilbertElliott(t *testing.T) {
	gilbert, err := Gilbert(2*pct, 5000)
	if err != nil {
		t.Fatal(err)
	}
	markov, err := MarkovStats{Loss: 2 * pct, BurstMilli: 8000, Density: 70 * pct, Isolated: pct / 5, WithinMilli: 2000}.Markov()
	if err != nil {
		t.Fatal(err)
	}
	if *markov != (Markov{P13: 3315454, P31: 178571429, P23: 500000000, P32: 214285714, P14: 2004008}) {
		t.Errorf("%+v", *markov)
	}
	for _, c := range []struct {
		name      string
		m         LossModel
		loss, run float64 // run 0: not asked
	}{
		{"simple", &GilbertElliott{ToBad: pct, ToGood: 25 * pct, LossBad: sim.Certain}, 0.03846, 4},
		{"h 50 %", &GilbertElliott{ToBad: pct, ToGood: 25 * pct, LossBad: 50 * pct}, 0.01923, 1.6},
		{"h 60 %, k 99.9 %", &GilbertElliott{ToBad: 2 * pct, ToGood: 30 * pct, LossBad: 40 * pct, LossGood: pct / 10}, 0.02594, 0},
		{"from loss and burst", gilbert, 0.02, 5},
		{"four states", markov, 0.0198, 0},
		{"nothing", &GilbertElliott{}, 0, 0},
		{"correlated 3 % 25 %", &CorrelatedLoss{Chance: Chance{P: 3 * pct, Correlation: 25 * pct}}, 0.00030, 1.04},
		{"correlated 10 % 25 %", &CorrelatedLoss{Chance: Chance{P: 10 * pct, Correlation: 25 * pct}}, 0.0175, 1.12},
		{"correlated 30 % 25 %", &CorrelatedLoss{Chance: Chance{P: 30 * pct, Correlation: 25 * pct}}, 0.233, 1.5},
		{"correlated 10 % 50 %", &CorrelatedLoss{Chance: Chance{P: 10 * pct, Correlation: 50 * pct}}, 0.0011, 1.11},
		// In continuous time the chain that one sees each millisecond is a Gilbert chain with r = πG(1-exp(-λt)).
		{"timed", &TimedGilbert{MeanGood: time.Second, MeanBad: 10 * time.Millisecond, LossBad: sim.Certain}, 10. / 1010, 1 / (1000. / 1010 * (1 - math.Exp(-0.101)))},
	} {
		loss, run := runs(c.m, 2_000_000, sim.Time(time.Millisecond))
		t.Logf("%s: loss %.4f %%, run %.3f", c.name, 100*loss, run)
		if math.Abs(loss-c.loss) > 0.04*c.loss+2e-5 || c.run > 0 && math.Abs(run/c.run-1) > 0.05 {
			t.Errorf("%s: loss %.4f %%, mean run %.3f; want %.4f %%, %.3f", c.name, 100*loss, run, 100*c.loss, c.run)
		}
	}
}

// A bad spell in continuous time ends although nothing is sent; the chain that moves with packets stays.
func TestTimedGilbertForgets(t *testing.T) {
	s := sim.New(sim.Config{}).Rand("loss")
	lost := 0
	for range 100_000 {
		g := TimedGilbert{MeanGood: time.Second, MeanBad: time.Second, LossBad: sim.Certain, bad: true}
		if g.Lost(sim.Time(time.Second), 1, &s) {
			lost++
		}
	}
	// P(B at t | B) = 1/2 + exp(-2)/2 = 0.5677.
	if lost < 56_000 || lost > 57_500 {
		t.Errorf("still bad after a second: %d of 100000, want 56767", lost)
	}
}

func TestLossModelsRefuse(t *testing.T) {
	for name, m := range map[string]LossModel{
		"probability": &GilbertElliott{ToBad: sim.Certain + 1}, "sum": &Markov{P13: 60 * pct, P14: 41 * pct},
		"mean": &TimedGilbert{MeanGood: time.Second}, "correlated": &CorrelatedLoss{Chance: Chance{P: 2 * sim.Certain}},
	} {
		c := DirectionConfig{Losses: m}
		if c.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Gilbert(90*pct, 1000); err == nil {
		t.Error("90 % in bursts of one")
	}
	if _, err := (MarkovStats{Loss: 50 * pct, BurstMilli: 1000, Density: 51 * pct}).Markov(); err == nil {
		t.Error("four states")
	}
}
