package queue

import (
	"fmt"

	"imsim/netem/packet"
	"imsim/sim"
)

// TokenBucketConfig sets a token bucket up. Rates are in bit/s, sizes in octets.
type TokenBucketConfig struct {
	Rate      uint64
	Burst     int    // depth: what may go at once after a pause
	Peak      uint64 // rate within a burst; 0: unlimited
	PeakBurst int    // depth of the second bucket, at least the MTU; 0: 1500
	Police    bool   // drop what finds no tokens instead of holding it back
}

// TokenBucket lets packets pass as tokens allow (tc-tbf). It is netem.Paced. What waits is in Inner.
type TokenBucket struct {
	Inner Queue

	cfg        TokenBucketConfig
	long, peak bucket
	next       *packet.Packet // taken from Inner
	size       int
}

// maxBurst keeps a bucket's content, in units of 1e-9 bit, within 63 bits.
const maxBurst = 1_000_000_000

// NewTokenBucket makes a token bucket, full at first, with a queue behind it.
func NewTokenBucket(cfg TokenBucketConfig, inner Queue) (*TokenBucket, error) {
	if cfg.PeakBurst == 0 {
		cfg.PeakBurst = 1500
	}
	if cfg.Rate == 0 || cfg.Rate > 1e15 || cfg.Burst <= 0 || cfg.Burst > maxBurst {
		return nil, fmt.Errorf("token bucket: rate %d, burst %d: a rate up to 1e15 and a burst of 1 to %d octets are needed", cfg.Rate, cfg.Burst, maxBurst)
	}
	if cfg.Peak != 0 && (cfg.Peak < cfg.Rate || cfg.Peak > 1e15 || cfg.PeakBurst <= 0 || cfg.PeakBurst > maxBurst) {
		return nil, fmt.Errorf("token bucket: peak %d: at least the rate, with a burst of 1 to %d octets", cfg.Peak, maxBurst)
	}
	return &TokenBucket{Inner: inner, cfg: cfg, long: newBucket(cfg.Rate, cfg.Burst), peak: newBucket(cfg.Peak, cfg.PeakBurst)}, nil
}

// bucket counts tokens in units of 1e-9 bit, so that a nanosecond brings as many as the rate says.
type bucket struct {
	rate, depth, tokens uint64
	at                  sim.Time
}

const octet = 8e9 // in these units

func newBucket(rate uint64, burst int) bucket {
	return bucket{rate: rate, depth: uint64(burst) * octet, tokens: uint64(burst) * octet}
}

func (b *bucket) fill(now sim.Time) {
	if b.rate == 0 {
		return
	}
	missing, ns := b.depth-b.tokens, uint64(now-b.at)
	if b.at = now; ns > missing/b.rate {
		b.tokens = b.depth
	} else {
		b.tokens += ns * b.rate
	}
}

// wait returns how long it takes from now until size octets may go.
func (b bucket) wait(now sim.Time, size int) sim.Time {
	b.fill(now)
	need := uint64(size) * octet
	if b.rate == 0 || need <= b.tokens {
		return 0
	}
	return sim.Time((need - b.tokens + b.rate - 1) / b.rate)
}

func (b *bucket) pay(now sim.Time, size int) {
	b.fill(now)
	if b.rate != 0 {
		b.tokens -= uint64(size) * octet
	}
}

// Enqueue implements netem.Discipline. What is larger than a bucket can never pass.
func (t *TokenBucket) Enqueue(now sim.Time, p *packet.Packet, drop func(*packet.Packet)) {
	size := p.Len()
	if size > t.cfg.Burst || t.cfg.Peak != 0 && size > t.cfg.PeakBurst {
		drop(p)
		return
	}
	if t.cfg.Police {
		if t.wait(now, size) > 0 {
			drop(p)
			return
		}
		t.pay(now, size)
	}
	t.Inner.Enqueue(now, p, drop)
}

// Dequeue implements netem.Discipline.
func (t *TokenBucket) Dequeue(now sim.Time, drop func(*packet.Packet)) *packet.Packet {
	if t.cfg.Police {
		return t.Inner.Dequeue(now, drop)
	}
	if t.next == nil {
		if t.next = t.Inner.Dequeue(now, drop); t.next == nil {
			return nil
		}
		t.size = t.next.Len()
	}
	if t.wait(now, t.size) > 0 {
		return nil
	}
	t.pay(now, t.size)
	p := t.next
	t.next = nil
	return p
}

// Drain implements netem.Paced.
func (t *TokenBucket) Drain(now sim.Time, drop func(*packet.Packet)) *packet.Packet {
	p := t.next
	if t.next = nil; p == nil {
		p = t.Inner.Dequeue(now, drop)
	}
	return p
}

// Ready implements netem.Paced. Which packet is next is known once Dequeue has been asked.
func (t *TokenBucket) Ready(now sim.Time) sim.Time {
	if t.next == nil {
		return now
	}
	return now + t.wait(now, t.size)
}

func (t *TokenBucket) wait(now sim.Time, size int) sim.Time {
	return max(t.long.wait(now, size), t.peak.wait(now, size))
}

func (t *TokenBucket) pay(now sim.Time, size int) {
	t.long.pay(now, size)
	t.peak.pay(now, size)
}

// Len implements netem.Discipline.
func (t *TokenBucket) Len() int {
	if t.next != nil {
		return t.Inner.Len() + 1
	}
	return t.Inner.Len()
}
