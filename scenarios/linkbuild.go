package scenarios

import (
	"errors"
	"time"

	"imsim/netem"
	"imsim/netem/queue"
	"imsim/scenarios/linktrace"
	"imsim/sim"
)

// Direction returns a link's configuration in the one direction that it is given for (see Toward), but for the queue's
// discipline. A loss model with a state is new each time.
func (l Link) Direction() (netem.DirectionConfig, error) {
	d := netem.DirectionConfig{
		Rate: netem.BitRate(l.Rate), Delay: time.Duration(l.Delay.Mean), Jitter: time.Duration(l.Jitter), Reorder: l.Reorder.Jitter,
		QueueOctets: int(l.Queue.Size), QueuePackets: int(l.Queue.Packets), MTU: int(l.MTU),
	}
	if l.Queue.managed() {
		d.QueueOctets, d.QueuePackets = 0, 0
	}
	var err error
	if l.Loss.plain() {
		d.Loss = sim.Prob(l.Loss.Rate)
	} else if d.Losses, err = l.Loss.NewModel(); err != nil {
		return d, err
	}
	m := netem.Medium{
		Duplicate: l.Duplicate.chance(), Corrupt: l.Corrupt.chance(), Mark: l.Loss.Mark,
		Overtake: Chance{l.Reorder.Probability, l.Reorder.Correlation}.chance(), Gap: int(l.Reorder.Gap),
		Slots: netem.Slots{Min: time.Duration(l.Slot.Min), Max: time.Duration(max(l.Slot.Min, l.Slot.Max)), Packets: int(l.Slot.Packets), Octets: int(l.Slot.Size)},
	}
	if m.Delays, err = l.Delay.distribution(); err != nil {
		return d, err
	}
	if m.Delays != nil && m.Delays.Quantiles != nil {
		d.Delay = m.Delays.Quantiles.Median() // for routes
	}
	if m.Delays != nil || m.Duplicate.P > 0 || m.Corrupt.P > 0 || m.Overtake.P > 0 || m.Slots.Max > 0 || m.Mark {
		d.Medium = &m
	}
	return d, d.Validate()
}

func (c Chance) chance() netem.Chance {
	return netem.Chance{P: sim.Prob(c.Probability), Correlation: sim.Prob(c.Correlation)}
}

// distribution returns nil where the delay is constant.
func (d Delay) distribution() (*netem.Delays, error) {
	out := &netem.Delays{Mean: time.Duration(d.Mean), SD: time.Duration(d.SD), Table: d.Values,
		Correlation: sim.Prob(d.Correlation), Tau: time.Duration(d.CorrelationTime)}
	switch d.Distribution {
	case "uniform":
		out.Shape = netem.Uniform
	case "pareto":
		out.Shape = netem.Pareto
	case "paretonormal":
		out.Shape = netem.ParetoNormal
	}
	if len(d.Quantiles) == 0 {
		if d.SD == 0 {
			return nil, nil
		}
		return out, nil
	}
	points := make([]sim.Quantile, len(d.Quantiles))
	for i, q := range d.Quantiles {
		points[i] = sim.Quantile{P: sim.Prob(q.At), Value: time.Duration(q.Delay)}
	}
	var err error
	out.Quantiles, err = sim.NewQuantiles(points)
	return out, err
}

// plain tells that packets are lost independently.
func (l Loss) plain() bool { return (l.Model == "" || l.Model == "bernoulli") && l.Correlation == 0 }

// NewModel makes the model of losses that depend on each other.
func (l Loss) NewModel() (netem.LossModel, error) {
	switch l.Model {
	case "gilbert":
		if l.Rate == 0 {
			return nil, errors.New("gilbert: a rate and a burst are needed")
		}
		return netem.Gilbert(sim.Prob(l.Rate), uint64(l.Burst))
	case "gilbert-elliott":
		if l.P == 0 && l.LossGood == 0 || l.LossBad == 0 && l.LossGood == 0 {
			return nil, errors.New("gilbert-elliott: p and r are needed: without p, nothing is lost")
		}
		return &netem.GilbertElliott{ToBad: sim.Prob(l.P), ToGood: sim.Prob(l.R), LossBad: sim.Prob(l.LossBad), LossGood: sim.Prob(l.LossGood)}, nil
	case "timed-gilbert":
		return &netem.TimedGilbert{MeanGood: time.Duration(l.MeanGood), MeanBad: time.Duration(l.MeanBad), LossBad: sim.Prob(l.LossBad), LossGood: sim.Prob(l.LossGood)}, nil
	case "markov":
		if l.Rate > 0 {
			return netem.MarkovStats{Loss: sim.Prob(l.Rate), BurstMilli: uint64(l.Burst), Density: sim.Prob(l.Density),
				Isolated: sim.Prob(l.Isolated), WithinMilli: uint64(l.Within)}.Markov()
		}
		if l.P13 == 0 && l.P14 == 0 {
			return nil, errors.New("markov: rate, burst, density, isolated and within are needed, or p13 and the others: without p13 and p14, nothing is lost")
		}
		return &netem.Markov{P13: sim.Prob(l.P13), P31: sim.Prob(l.P31), P32: sim.Prob(l.P32), P23: sim.Prob(l.P23), P14: sim.Prob(l.P14)}, nil
	}
	return &netem.CorrelatedLoss{Chance: netem.Chance{P: sim.Prob(l.Rate), Correlation: sim.Prob(l.Correlation)}}, nil
}

// managed tells that something else than drop tail rules the queue.
func (q Queue) managed() bool { return q.Discipline != "" && q.Discipline != "drop-tail" }

// NewDiscipline makes the discipline of a link's queue in one direction, nil for drop tail. draw is for RED.
func (l Link) NewDiscipline(draw sim.Stream) (netem.Discipline, error) {
	q := l.Queue
	codel := queue.CoDelConfig{Target: time.Duration(q.Target), Interval: time.Duration(q.Interval), MTU: int(l.MTU), Packets: int(q.Packets),
		Octets: int(q.Size), ECN: q.ECN != nil && *q.ECN}
	switch q.Discipline {
	case "codel":
		return nilOr[*queue.CoDel](queue.NewCoDel(codel))
	case "fq-codel":
		codel.ECN = q.ECN == nil || *q.ECN
		return nilOr[*queue.FQCoDel](queue.NewFQCoDel(queue.FQCoDelConfig{CoDel: codel, Flows: int(q.Flows), Quantum: int(q.Quantum)}))
	case "red":
		cfg := queue.REDConfig{Min: int(q.Min), Max: int(q.Max), Probability: sim.Prob(q.Probability), Weight: q.Weight, Limit: int(q.Size),
			Gentle: q.Gentle, ECN: codel.ECN}
		if l.Rate > 0 {
			cfg.Packet = time.Duration(1000 * 8e9 / uint64(l.Rate)) // as tc-red's avpkt
		}
		return nilOr[*queue.RED](queue.NewRED(cfg, draw))
	case "token-bucket":
		cfg := queue.TokenBucketConfig{Rate: uint64(q.Rate), Burst: int(q.Burst), Peak: uint64(q.Peak), PeakBurst: int(q.PeakBurst), Police: q.Police}
		if cfg.PeakBurst == 0 {
			cfg.PeakBurst = int(l.MTU)
		}
		return nilOr[*queue.TokenBucket](queue.NewTokenBucket(cfg, &queue.FIFO{Packets: int(q.Packets), Octets: int(q.Size)}))
	}
	return nil, nil
}

// nilOr keeps a nil pointer from becoming an interface that is not nil.
func nilOr[T netem.Discipline](d T, err error) (netem.Discipline, error) {
	if err != nil {
		return nil, err
	}
	return d, nil
}

// With returns the link with what a line of a trace says. up stays the owner's business.
func (l Link) With(p linktrace.Point) Link {
	replace(&l.Delay.Mean, p.Delay)
	replace(&l.Jitter, p.Jitter)
	replace(&l.Rate, p.Rate)
	if p.Loss != nil {
		l.Loss = Loss{Rate: *p.Loss, Mark: l.Loss.Mark}
	}
	return l
}
