package queue

import (
	"fmt"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// CoDelConfig sets CoDel up. Zero values are the defaults of RFC 8289 and of Linux.
type CoDelConfig struct {
	Target   time.Duration // acceptable standing delay; 0: 5 ms
	Interval time.Duration // of the order of a round trip; 0: 100 ms
	MTU      int           // with no more octets than that waiting, nothing is dropped; 0: 1500
	Packets  int           // most that wait; 0: 1000
	Octets   int           // 0: no limit
	ECN      bool          // mark what may be marked instead of dropping it
}

func (c CoDelConfig) withDefaults() (CoDelConfig, error) {
	if c.Target == 0 {
		c.Target = 5 * time.Millisecond
	}
	if c.Interval == 0 {
		c.Interval = 100 * time.Millisecond
	}
	if c.MTU == 0 {
		c.MTU = 1500
	}
	if c.Packets == 0 {
		c.Packets = 1000
	}
	if c.Target < 0 || c.Interval < c.Target || c.Interval > time.Hour || c.MTU < 0 || c.Packets < 0 || c.Octets < 0 {
		return c, fmt.Errorf("codel: target %v, interval %v: 0 < target <= interval <= 1h and no negative limits are needed", c.Target, c.Interval)
	}
	return c, nil
}

// CoDel is a queue that drops by how long packets have waited (RFC 8289).
type CoDel struct {
	Marked uint64 // packets marked instead of dropped

	cfg   CoDelConfig
	q     ring
	state law
}

// NewCoDel makes a CoDel queue.
func NewCoDel(cfg CoDelConfig) (*CoDel, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &CoDel{cfg: cfg}, nil
}

// Enqueue implements netem.Discipline.
func (c *CoDel) Enqueue(_ sim.Time, p *packet.Packet, drop func(*packet.Packet)) {
	size := p.Len()
	if c.q.n >= c.cfg.Packets || c.cfg.Octets > 0 && c.q.octets+size > c.cfg.Octets {
		drop(p)
		return
	}
	c.q.push(p, size)
}

// Dequeue implements netem.Discipline.
func (c *CoDel) Dequeue(now sim.Time, drop func(*packet.Packet)) *packet.Packet {
	p, _ := c.state.dequeue(now, &c.cfg, &c.q, drop, &c.Marked)
	return p
}

// Len implements netem.Discipline.
func (c *CoDel) Len() int { return c.q.n }

// law is the state of the control law of one queue, named as in RFC 8289 §5.3.
type law struct {
	firstAbove sim.Time // when the delay will have been above the target for an interval; 0: it is below
	dropNext   sim.Time
	count      uint32 // drops since dropping began
	lastCount  uint32 // count when it began
	dropping   bool
	interval   time.Duration // of last
	last       uint32        // a count whose step is known
	step       sim.Time
}

// control returns when to drop next (RFC 8289 §5.3): interval/sqrt(count) after t, as the root of interval²/count.
func (l *law) control(t sim.Time, cfg *CoDelConfig) sim.Time {
	if l.last != l.count || l.interval != cfg.Interval {
		l.last, l.interval = l.count, cfg.Interval
		i, unit := uint64(cfg.Interval), 0
		if i >= 1<<32 {
			unit = 11 // the square of an hour in units of 2 µs fits
		}
		i >>= unit
		l.step = sim.Time(sim.Sqrt(i*i/uint64(l.count)) << unit)
	}
	return t + l.step
}

// take is dodequeue of RFC 8289 §5.6: the next packet, and whether it may be dropped.
func (l *law) take(now sim.Time, cfg *CoDelConfig, q *ring) (p *packet.Packet, size int, mayDrop bool) {
	if p, size = q.pop(); p == nil {
		l.firstAbove = 0
		return nil, 0, false
	}
	switch {
	case now.Sub(p.Queued) < cfg.Target || q.octets <= cfg.MTU:
		l.firstAbove = 0 // it went below: stay below for at least an interval
	case l.firstAbove == 0:
		l.firstAbove = now.Add(cfg.Interval)
	case now >= l.firstAbove:
		mayDrop = true
	}
	return p, size, mayDrop
}

// dequeue is deque of RFC 8289 §5.5.
func (l *law) dequeue(now sim.Time, cfg *CoDelConfig, q *ring, drop func(*packet.Packet), marked *uint64) (*packet.Packet, int) {
	p, size, mayDrop := l.take(now, cfg, q)
	switch {
	case l.dropping:
		if !mayDrop {
			l.dropping = false
		}
		for l.dropping && now >= l.dropNext {
			l.count++
			if cfg.ECN && mark(p) {
				*marked++
				l.dropNext = l.control(l.dropNext, cfg)
				break
			}
			drop(p)
			if p, size, mayDrop = l.take(now, cfg, q); mayDrop {
				l.dropNext = l.control(l.dropNext, cfg)
			} else {
				l.dropping = false
			}
		}
	case mayDrop:
		if cfg.ECN && mark(p) {
			*marked++
		} else {
			drop(p)
			p, size, _ = l.take(now, cfg, q)
		}
		l.dropping = true
		// RFC 8289 §5.5: where the last dropping was recent, go on near the rate that controlled the queue then.
		delta := l.count - l.lastCount
		l.count = 1
		if delta > 1 && now-l.dropNext < sim.Time(16*cfg.Interval) {
			l.count = delta
		}
		l.dropNext = l.control(now, cfg)
		l.lastCount = l.count
	}
	return p, size
}
