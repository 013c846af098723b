package netem

import (
	"errors"
	"fmt"
	"math/big"
	"time"

	"imsim/sim"
)

// CorrelatedLoss loses packets with probability P, each decision drawn towards the one before as tc-netem does it. The
// draw is then no longer uniform, so that fewer than P are lost: 1 % at a correlation of 25 % loses 2.5 per million. It
// is here for compatibility; GilbertElliott is the model of bursts.
type CorrelatedLoss struct {
	Chance
	last uint64
}

// Lost implements LossModel.
func (c *CorrelatedLoss) Lost(_ sim.Time, _ int, draw *sim.Stream) bool {
	return c.happens(&c.last, draw)
}

// Chance is how often something happens to packets, and how much a decision resembles the one before.
type Chance struct {
	P           sim.Prob
	Correlation sim.Prob // as in tc-netem: x = (1-ρ)·u + ρ·x before, compared with P
}

// happens decides once; last is the draw before, in 2^-32.
func (c *Chance) happens(last *uint64, draw *sim.Stream) bool {
	if c.Correlation == 0 {
		return draw.Happens(c.P)
	}
	rho := (uint64(c.Correlation)<<32 + uint64(sim.Certain)/2) / uint64(sim.Certain)
	x := (draw.Uint64()>>32*(1<<32-rho) + *last*rho) >> 32
	*last = x
	return x*uint64(sim.Certain)>>32 < uint64(c.P)
}

func (c *CorrelatedLoss) validate() error { return c.Chance.validate("loss") }

func (c *Chance) validate(what string) error {
	if c.P > sim.Certain || c.Correlation >= sim.Certain && c.Correlation != 0 {
		return fmt.Errorf("%s: a probability is at most %d parts per billion, a correlation less", what, sim.Certain)
	}
	return nil
}

// GilbertElliott is a chain of two states that moves with every packet: a packet is lost with the probability of the
// state before the move. The first state is good.
type GilbertElliott struct {
	ToBad    sim.Prob // p: from good to bad
	ToGood   sim.Prob // r: from bad to good
	LossBad  sim.Prob // 1-h: of a packet in the bad state
	LossGood sim.Prob // 1-k: of a packet in the good state
	bad      bool
}

// Gilbert returns the simple Gilbert model with the given loss rate, less than Certain, and mean length of a burst of
// lost packets, in thousandths of a packet and at least 1000: r = 1/burst, p = r·L/(1-L).
func Gilbert(loss sim.Prob, burstMilli uint64) (*GilbertElliott, error) {
	if loss >= sim.Certain || burstMilli < 1000 {
		return nil, errors.New("gilbert: a loss below one and a burst of at least one packet are needed")
	}
	r := (uint64(sim.Certain)*1000 + burstMilli/2) / burstMilli
	p := (r*uint64(loss) + uint64(sim.Certain-loss)/2) / uint64(sim.Certain-loss)
	if p > uint64(sim.Certain) {
		return nil, errors.New("gilbert: bursts that short cannot make a loss that high")
	}
	return &GilbertElliott{ToBad: sim.Prob(p), ToGood: sim.Prob(r), LossBad: sim.Certain}, nil
}

// Lost implements LossModel.
func (g *GilbertElliott) Lost(_ sim.Time, _ int, draw *sim.Stream) bool {
	loss, move := g.LossGood, g.ToBad
	if g.bad {
		loss, move = g.LossBad, g.ToGood
	}
	if draw.Happens(move) {
		g.bad = !g.bad
	}
	return draw.Happens(loss)
}

func (g *GilbertElliott) validate() error {
	if max(g.ToBad, g.ToGood, g.LossBad, g.LossGood) > sim.Certain {
		return fmt.Errorf("gilbert-elliott: a probability is at most %d parts per billion", sim.Certain)
	}
	return nil
}

// TimedGilbert is the chain in continuous time: it moves with the clock, not with packets, so that a bad spell ends while
// nothing is sent. P(bad at t | bad) = πB + πG·exp(-t·(1/MeanGood + 1/MeanBad)).
type TimedGilbert struct {
	MeanGood, MeanBad time.Duration // mean stay in a state, both positive
	LossBad, LossGood sim.Prob

	bad  bool
	last sim.Time
}

// Lost implements LossModel.
func (g *TimedGilbert) Lost(now sim.Time, _ int, draw *sim.Stream) bool {
	// Both rates together are one over the harmonic sum of the means.
	sum := uint64(g.MeanGood) + uint64(g.MeanBad)
	tau := max(1, time.Duration(mulDiv(uint64(g.MeanGood), uint64(g.MeanBad), sum)))
	still := sim.Decay(now.Sub(g.last), tau) // 2^-32
	g.last = now
	piBad := mulDiv(uint64(g.MeanBad), 1<<32, sum)
	pBad := mulDiv(piBad, 1<<32-still, 1<<32)
	if g.bad {
		pBad += still
	}
	g.bad = draw.Uint64()>>32 < pBad
	if g.bad {
		return draw.Happens(g.LossBad)
	}
	return draw.Happens(g.LossGood)
}

func (g *TimedGilbert) validate() error {
	if g.MeanGood <= 0 || g.MeanBad <= 0 || max(g.LossBad, g.LossGood) > sim.Certain {
		return errors.New("timed gilbert: means must be positive, probabilities at most one")
	}
	return nil
}

// Markov is the four-state chain of tc-netem: received in a gap (1), received in a burst (2), lost in a burst (3), lost
// alone in a gap (4). P41 is one. The first state is 1.
type Markov struct {
	P13, P31, P32, P23, P14 sim.Prob
	state                   uint8 // less one
}

// MarkovStats are the figures that people know of a channel.
type MarkovStats struct {
	Loss        sim.Prob // P: of all packets
	BurstMilli  uint64   // E: mean length of a burst, received packets in it included, in thousandths of a packet
	Density     sim.Prob // ρ: loss within bursts
	Isolated    sim.Prob // q: isolated loss in gaps
	WithinMilli uint64   // g: mean run of received packets within bursts, in thousandths of a packet
}

// Markov returns the chain with these figures: p13 = (P-q)/((1-q)·E·(ρ-P)), p31 = 1/(ρE), p23 = 1/g, p32 = (1-ρ)/(ρg),
// p14 = q/(1-q).
func (s MarkovStats) Markov() (*Markov, error) {
	if s.BurstMilli == 0 || s.Density == 0 || s.Density > sim.Certain || s.Isolated >= s.Density || s.Loss < s.Isolated || s.Density <= s.Loss {
		return nil, errors.New("markov: isolated <= loss < density <= 1 and a burst are needed")
	}
	one := int64(sim.Certain)
	rat := func(n, d int64) *big.Rat { return big.NewRat(n, d) }
	P, rho, q := rat(int64(s.Loss), one), rat(int64(s.Density), one), rat(int64(s.Isolated), one)
	E, g := rat(int64(s.BurstMilli), 1000), rat(int64(max(s.WithinMilli, 1)), 1000)
	sub := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
	mul := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
	m, unit, ok := &Markov{}, rat(1, 1), true
	set := func(to *sim.Prob, n, d *big.Rat) {
		x := mul(new(big.Rat).Quo(n, d), rat(one, 1))
		f := new(big.Int).Div(new(big.Int).Add(x.Num(), new(big.Int).Rsh(x.Denom(), 1)), x.Denom())
		if ok = ok && f.IsInt64() && f.Int64() <= one; ok {
			*to = sim.Prob(f.Int64())
		}
	}
	set(&m.P13, sub(P, q), mul(mul(sub(unit, q), E), sub(rho, P)))
	set(&m.P31, unit, mul(rho, E))
	set(&m.P23, unit, g)
	set(&m.P32, sub(unit, rho), mul(rho, g))
	set(&m.P14, q, sub(unit, q))
	if !ok || m.validate() != nil {
		return nil, errors.New("markov: these figures do not go together: a probability of the chain would be more than one")
	}
	return m, nil
}

// Lost implements LossModel: the chain moves, and a packet in state 3 or 4 is lost.
func (m *Markov) Lost(_ sim.Time, _ int, draw *sim.Stream) bool {
	x := sim.Prob(draw.Below(uint64(sim.Certain)))
	switch m.state {
	case 0:
		if x < m.P14 {
			m.state = 3
		} else if x-m.P14 < m.P13 {
			m.state = 2
		}
	case 1:
		if x < m.P23 {
			m.state = 2
		}
	case 2:
		if x < m.P32 {
			m.state = 1
		} else if x-m.P32 < m.P31 {
			m.state = 0
		}
	default:
		m.state = 0
	}
	return m.state >= 2
}

func (m *Markov) validate() error {
	one := uint64(sim.Certain)
	if uint64(m.P13)+uint64(m.P14) > one || uint64(m.P31)+uint64(m.P32) > one || uint64(m.P23) > one {
		return errors.New("markov: p13 + p14, p31 + p32 and p23 are at most one each")
	}
	return nil
}
