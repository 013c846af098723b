package queue

import (
	"fmt"
	"math/bits"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// REDConfig sets random early detection up. Sizes are in octets.
type REDConfig struct {
	Min, Max    int           // thresholds of the average
	Probability sim.Prob      // of a drop as the average nears Max
	Weight      uint          // the average moves by 2^-Weight of the difference; 0: 9
	Limit       int           // most octets that wait; 0: no limit
	Packet      time.Duration // transmission time of a typical packet, by which the average decays while idle
	Gentle      bool          // from Max to twice Max the probability rises to one; without it, it jumps
	ECN         bool
}

// RED drops at random by the queue's average length (Floyd and Jacobson 1993).
type RED struct {
	Marked uint64

	cfg   REDConfig
	draw  sim.Stream
	q     ring
	avg   int64    // in 2^-avgBits octets
	idle  sim.Time // since when nothing waits and the transmitter has nothing either
	count int64    // packets since the last drop; 0 below Min
}

const avgBits = 20

// NewRED makes a RED queue that draws from the given stream.
func NewRED(cfg REDConfig, draw sim.Stream) (*RED, error) {
	if cfg.Weight == 0 {
		cfg.Weight = 9
	}
	switch {
	case cfg.Min <= 0 || cfg.Max <= cfg.Min || int64(cfg.Max) > 1<<40:
		return nil, fmt.Errorf("red: thresholds %d and %d: 0 < min < max is needed", cfg.Min, cfg.Max)
	case cfg.Probability == 0 || cfg.Probability > sim.Certain:
		return nil, fmt.Errorf("red: probability %d: 1 to %d parts per billion are needed", cfg.Probability, sim.Certain)
	case cfg.Weight > avgBits || cfg.Limit < 0 || cfg.Packet < 0:
		return nil, fmt.Errorf("red: weight %d of at most %d and no negative limits are needed", cfg.Weight, avgBits)
	}
	return &RED{cfg: cfg, draw: draw}, nil
}

// Enqueue implements netem.Discipline.
func (r *RED) Enqueue(now sim.Time, p *packet.Packet, drop func(*packet.Packet)) {
	size := p.Len()
	r.average(now)
	switch verdict := r.judge(); {
	case verdict == drops || r.cfg.Limit > 0 && r.q.octets+size > r.cfg.Limit:
		r.count = 0
		drop(p)
		return
	case verdict == marks:
		r.count = 0
		if !r.cfg.ECN || !mark(p) {
			drop(p)
			return
		}
		r.Marked++
	}
	r.q.push(p, size)
}

// average moves the average towards the queue's length; after an idle time, as if small packets had gone meanwhile. A
// transmitter that is busy with the last packet does not idle.
func (r *RED) average(now sim.Time) {
	if r.q.n == 0 && r.cfg.Packet > 0 && now >= r.idle {
		if m := uint64(now.Sub(r.idle) / r.cfg.Packet); m > 0 {
			hi, lo := bits.Mul64(uint64(r.avg), decay(r.cfg.Weight, m))
			r.avg = int64(hi<<32 | lo>>32)
		}
		return
	}
	r.avg += (int64(r.q.octets)<<avgBits - r.avg) >> r.cfg.Weight
}

// decay returns (1 - 2^-weight)^m in 2^-32.
func decay(weight uint, m uint64) uint64 {
	out, base := uint64(1)<<32, uint64(1)<<32-uint64(1)<<(32-weight)
	for ; m > 0 && out > 0; m >>= 1 {
		if m&1 == 1 {
			out = out * base >> 32
		}
		base = base * base >> 32
	}
	return out
}

type verdict uint8

const (
	passes verdict = iota
	marks          // early: marked where possible
	drops
)

// judge decides on the packet that arrives.
func (r *RED) judge() verdict {
	pb := r.chance()
	switch {
	case pb == 0:
		r.count = 0
		return passes
	case pb >= int64(sim.Certain):
		return drops
	}
	// Dividing by 1 - count·pb makes the distance of drops uniform from 1 to 1/pb instead of geometric.
	rest := int64(sim.Certain) - r.count*pb
	r.count++
	if rest <= pb || r.draw.Below(uint64(rest)) < uint64(pb) {
		return marks
	}
	return passes
}

// chance returns the probability of an early drop by the average, in parts per billion.
func (r *RED) chance() int64 {
	lo, hi, p := int64(r.cfg.Min)<<avgBits, int64(r.cfg.Max)<<avgBits, int64(r.cfg.Probability)
	one := int64(sim.Certain)
	switch {
	case r.avg < lo:
		return 0
	case r.avg < hi:
		return max(1, scaled(p, r.avg-lo, hi-lo))
	case r.cfg.Gentle && r.avg < 2*hi:
		return p + scaled(one-p, r.avg-hi, hi)
	}
	return one
}

// scaled returns p·n/d, n less than d.
func scaled(p, n, d int64) int64 {
	hi, lo := bits.Mul64(uint64(p), uint64(n))
	q, _ := bits.Div64(hi, lo, uint64(d))
	return int64(q)
}

// Dequeue implements netem.Discipline.
func (r *RED) Dequeue(now sim.Time, _ func(*packet.Packet)) *packet.Packet {
	p, _ := r.q.pop()
	if r.q.n == 0 {
		r.idle = now.Add(r.cfg.Packet)
	}
	return p
}

// Len implements netem.Discipline.
func (r *RED) Len() int { return r.q.n }
