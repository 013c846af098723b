package netem

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// Medium is what a medium does to packets beyond delay, jitter and loss. It follows tc-netem: whether a packet is
// duplicated comes first, then loss (a packet both duplicated and lost passes once), then corruption, then delay or
// overtaking, then slots. The zero value does nothing.
type Medium struct {
	Delays    *Delays // instead of Delay and Jitter, when not nil
	Duplicate Chance  // a second packet follows; it is transmitted by nobody and is not duplicated again
	Corrupt   Chance  // one bit is flipped: the receiver finds the checksum wrong and drops the packet
	Overtake  Chance  // the packet skips the delay
	Gap       int     // how many packets are delayed before one may overtake again; 0: 1
	Slots     Slots
	Mark      bool // packets that can be marked (RFC 3168) are, instead of being lost
}

// Slots are instants at which a medium delivers, as a radio's grants do: what is there waits for the next. Where Packets
// and Octets are 0, all of it goes then.
type Slots struct {
	Min, Max time.Duration // the distance of slots, drawn evenly
	Packets  int           // how many go in one slot; 0: all
	Octets   int           // how many octets open a slot for a further packet; 0: all
}

// Shape is the form of a distribution of delays.
type Shape uint8

// The shapes of tc-netem's tables, of mean 0 and standard deviation 1 or nearly.
const (
	Normal       Shape = iota
	Pareto             // α = 3, ((1-u)^(-1/3) - 3/2)·4/3, at most 4
	ParetoNormal       // a quarter of Normal and three quarters of Pareto, at the same quantile
	Uniform            // from -1 to 1
)

// Delays is a distribution of delays. A delay that would be negative is none.
type Delays struct {
	Mean, SD  time.Duration
	Shape     Shape
	Table     []int16        // instead of Shape: tc-netem's, equally likely values in units of SD/8192
	Quantiles *sim.Quantiles // instead of all those: the delay itself

	// Correlation of successive delays. It does not change the distribution: z = a·z before + sqrt(1-a²)·ε of normal
	// variables, and the delay is that of the quantile Φ(z). With Tau, a is exp(-t/Tau) of the time between the packets.
	Correlation sim.Prob
	Tau         time.Duration
}

func (m *Medium) validate(reorder bool) error {
	for _, c := range []struct {
		name string
		of   *Chance
	}{{"duplicate", &m.Duplicate}, {"corrupt", &m.Corrupt}, {"overtake", &m.Overtake}} {
		if err := c.of.validate(c.name); err != nil {
			return err
		}
	}
	s := &m.Slots
	switch {
	case m.Gap < 0:
		return fmt.Errorf("gap %d: must not be negative", m.Gap)
	case s.Min < 0 || s.Max < s.Min || s.Packets < 0 || s.Octets < 0:
		return errors.New("slots: 0 <= min <= max and no negative numbers are needed")
	case s.Max == 0 && (s.Packets > 0 || s.Octets > 0):
		return errors.New("slots: limits without a distance of slots")
	case s.Max > 0 && (reorder || m.Overtake.P > 0):
		return errors.New("slots: packets that wait for slots keep their order")
	}
	if d := m.Delays; d != nil {
		switch {
		case d.Mean < 0 || d.SD < 0 || d.Tau < 0:
			return errors.New("delays: no negative mean, deviation or time")
		case d.Correlation >= sim.Certain:
			return errors.New("delays: a correlation is less than one")
		case d.Correlation > 0 && d.Tau > 0:
			return errors.New("delays: a correlation or a time, not both")
		case d.Shape > Uniform:
			return errors.New("delays: no such shape")
		}
	}
	return nil
}

// passage is the state of a Medium at run time.
type passage struct {
	duplicate, corrupt, overtake uint64 // the draws before, for Chance
	passed                       int    // packets delayed since the last that overtook
	z                            int64  // the normal variable before, 2^-32
	sent                         sim.Time
	began                        bool
	slot                         sim.Time
	packets, octets              int // left in it
}

// draw returns the delay of a packet sent now.
func (d *Delays) draw(now sim.Time, st *passage, s *sim.Stream) time.Duration {
	if d.Correlation == 0 && d.Tau == 0 {
		if d.Table == nil && d.Quantiles == nil && d.Shape == Normal {
			return max(0, s.Normal(d.Mean, d.SD))
		}
		return d.at(s.Uint64())
	}
	z := s.Gaussian()
	if st.began {
		a := (uint64(d.Correlation)<<32 + uint64(sim.Certain)/2) / uint64(sim.Certain)
		if d.Tau > 0 {
			a = sim.Decay(now.Sub(st.sent), d.Tau)
		}
		z = mulSigned(st.z, a) + mulSigned(z, complement(a))
	}
	st.began, st.z, st.sent = true, z, now
	if d.Table == nil && d.Quantiles == nil && d.Shape == Normal {
		return d.scaled(z)
	}
	return d.at(sim.NormalCDF(z))
}

// at returns the delay at quantile u, in 2^-64. It is not for Normal by itself.
func (d *Delays) at(u uint64) time.Duration {
	if d.Quantiles != nil {
		return d.Quantiles.At(u)
	}
	if n := uint64(len(d.Table)); n > 0 {
		i, _ := bits.Mul64(u, n)
		return d.scaled(int64(d.Table[i]) << (32 - 13))
	}
	switch d.Shape {
	case Uniform:
		return d.scaled(int64(u>>31) - 1<<32)
	case Pareto:
		return d.scaled(pareto(u))
	}
	return d.scaled(sim.NormalQuantile(u)/4 + pareto(u)/4*3)
}

// scaled returns mean + x·SD, x in 2^-32, or 0.
func (d *Delays) scaled(x int64) time.Duration {
	return max(0, d.Mean+time.Duration(mulSigned(int64(d.SD), uint64(abs(x)))*sign(x)))
}

func pareto(u uint64) int64 {
	const most = 4 << 32 // what fits tc-netem's table
	return min((sim.ParetoExcess(u, 3)-3<<31)/3*4, most)
}

// mulSigned returns x·a, a in 2^-32, towards zero.
func mulSigned(x int64, a uint64) int64 { return int64(mulDiv(uint64(abs(x)), a, 1<<32)) * sign(x) }

func abs(x int64) int64 { return max(x, -x) }

func sign(x int64) int64 {
	if x < 0 {
		return -1
	}
	return 1
}

// complement returns sqrt(1-a²), both in 2^-32, a at most 1.
func complement(a uint64) uint64 {
	const one = 1 << 32
	if a == 0 {
		return one
	}
	// (1-a)(1+a) is below 2^64 for a > 0; the root of that number, which has twice the fraction's bits, is the result.
	return sim.Sqrt((one - a) * (one + a))
}

// mulDiv returns x·y/z, or the largest int64 where that is less.
func mulDiv(x, y, z uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	if hi >= z {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, z)
	return min(q, math.MaxInt64)
}

// through takes a packet, transmitted, through a medium that does more than to lose and delay it.
func (d *Direction) through(m *Medium, p *packet.Packet, size int, e inFlight) {
	if d.state == nil {
		d.state = &passage{}
	}
	st := d.state
	twice := m.Duplicate.P != 0 && m.Duplicate.happens(&st.duplicate, &d.draw)
	lost := d.loses() && d.lost(d.k.Now(), size)
	switch {
	case lost && m.Mark && mark(p):
		d.Stats.Marked++
		lost = false
	case lost && !twice:
		d.lose(p, "loss", &d.Stats.LossDrops)
		return
	}
	if twice && !lost {
		// The copy runs the same risks, but is not duplicated.
		q := d.copy(p)
		if d.loses() && d.lost(d.k.Now(), size) && !(m.Mark && mark(q)) {
			d.lose(q, "loss", &d.Stats.LossDrops)
		} else {
			f := e
			f.p = q
			d.propagate(m, size, f)
		}
	}
	e.p = p
	d.propagate(m, size, e)
}

// propagate corrupts and delays a packet.
func (d *Direction) propagate(m *Medium, size int, e inFlight) {
	st := d.state
	if m.Corrupt.P != 0 && m.Corrupt.happens(&st.corrupt, &d.draw) {
		d.Stats.Corrupted++
		if !e.p.Damaged {
			e.p.Damaged, e.p.Flipped = true, uint32(d.draw.Below(uint64(size)*8))
		}
	}
	if m.Overtake.P != 0 && st.passed >= max(m.Gap, 1) && m.Overtake.happens(&st.overtake, &d.draw) {
		// tc-netem sends it at once; the packets in the delay line do not hold it up.
		st.passed = 0
		d.Stats.Overtook++
		e.at = e.done
		d.late.push(e)
		d.k.Arm(&d.timer, d.self, d.arg, d.late.h[0].at)
		return
	}
	st.passed++
	if m.Delays != nil {
		e.at = e.done.Add(m.Delays.draw(e.done, st, &d.draw))
	} else {
		e.at = e.done.Add(d.delay())
	}
	if m.Slots.Max > 0 {
		e.at = st.release(&m.Slots, max(e.at, d.arrival), size, &d.draw)
	}
	d.fly(e)
}

// release returns when a packet that is there at an instant goes: with the slot then open or the next one.
func (st *passage) release(s *Slots, at sim.Time, size int, draw *sim.Stream) sim.Time {
	if st.slot < at || st.packets <= 0 { // none has been open yet
		st.open(s, at, draw)
	}
	out := st.slot
	st.packets--
	st.octets -= size
	if st.packets <= 0 || st.octets <= 0 {
		st.open(s, out, draw)
	}
	return out
}

func (st *passage) open(s *Slots, after sim.Time, draw *sim.Stream) {
	st.slot = after.Add(draw.Uniform(s.Min, s.Max))
	st.packets, st.octets = math.MaxInt, math.MaxInt
	if s.Packets > 0 {
		st.packets = s.Packets
	}
	if s.Octets > 0 {
		st.octets = s.Octets
	}
}

// copy makes a second packet of one.
func (d *Direction) copy(p *packet.Packet) *packet.Packet {
	q := d.net.Pool.Clone(p)
	if d.net.Pool.Exceeded() {
		d.net.exceeded(d.to.Peer.node.core())
	}
	d.Stats.Duplicates++
	return q
}

// mark sets Congestion Experienced where the sender allows it (RFC 3168 §5).
func mark(p *packet.Packet) bool {
	if p.TOS&3 == 0 {
		return false
	}
	p.TOS |= 3
	return true
}
