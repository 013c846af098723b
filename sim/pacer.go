package sim

import (
	"math/bits"
	"sync"
	"time"
)

// Clock is what a Pacer tells real time by.
type Clock interface {
	// Now returns the time since an instant of the clock's choice. It never goes back.
	Now() time.Duration
	// Wait returns when d has passed, or earlier as soon as something can be received from wake.
	Wait(d time.Duration, wake <-chan struct{})
}

// Pacer runs a kernel in step with a clock, for runs that the real world takes part in. Events are handled at their
// instants or, where the machine does not keep up, as soon after as possible, in the same order as always; virtual time
// never runs ahead of the clock. Lateness is counted, since a result obtained late may be a result of being late.
type Pacer struct {
	Lateness Lateness

	k      *Kernel
	clock  Clock
	origin time.Duration // clock's reading at virtual time zero
	mu     sync.Mutex
	inbox  []func()
	batch  []func() // swapped with inbox
}

// Lateness says how far a paced run was behind the clock. An instant is late by the time from when it was due to when
// its first event was handled.
type Lateness struct {
	Threshold time.Duration // what counts as late
	Instants  uint64        // instants at which events were handled
	Late      uint64        // those later than Threshold
	Max       time.Duration
	MaxAt     Time // the instant that was latest
	Total     time.Duration

	buckets [48]uint64 // instants by the number of bits of their lateness
}

// Quantile returns a lateness that at least so many of a thousand instants did not exceed, rounded up to a power of two
// nanoseconds.
func (l *Lateness) Quantile(permille uint64) time.Duration {
	n := uint64(0)
	for i, c := range l.buckets {
		if n += c; c > 0 && n*1000 >= permille*l.Instants {
			return min(time.Duration(1)<<i, l.Max)
		}
	}
	return l.Max
}

// NewPacer makes a pacer for k; lateness beyond threshold is counted. Virtual and real time agree from the call of Run
// on.
func NewPacer(k *Kernel, clock Clock, threshold time.Duration) *Pacer {
	return &Pacer{k: k, clock: clock, Lateness: Lateness{Threshold: threshold}}
}

// Inject has f called by the goroutine that is in Run, between two events, at the instant that the clock shows then.
// It may be called from any goroutine, and is how packets from the real world enter. Calls are made in the order
// injected; those not made when Run returns are made by the next Run.
func (p *Pacer) Inject(f func()) {
	p.mu.Lock()
	p.inbox = append(p.inbox, f)
	p.mu.Unlock()
	p.k.rouse()
}

// Run is Kernel.Run in real time. With until Never it goes on until Stop, Fail or Interrupt, waiting for injections
// when no event is left.
func (p *Pacer) Run(until Time) error {
	p.origin = p.clock.Now() - time.Duration(p.k.now)
	for {
		wall := min(p.read(), until) // fixed, so that a machine that does not keep up still admits what is injected
		for next := p.k.Next(); next <= wall && !p.k.stopped; next = p.k.Next() {
			p.book(p.read(), next)
			if err := p.k.Run(next); err != nil {
				return err
			}
		}
		if err := p.k.Run(wall); err != nil || p.k.stopped {
			return err
		}
		p.admit()
		if p.k.stopped {
			return p.k.err
		}
		next := p.k.Next()
		if wall == until && next > until {
			return nil
		}
		if d := min(next, until).Sub(p.read()); d > 0 {
			p.clock.Wait(d, p.k.wake)
		}
	}
}

// read returns what the clock shows, in virtual time.
func (p *Pacer) read() Time { return Time(p.clock.Now() - p.origin) }

func (p *Pacer) book(wall, due Time) {
	l := &p.Lateness
	late := wall.Sub(due)
	l.Instants++
	l.Total += late
	l.buckets[min(bits.Len64(uint64(max(late, 0))), len(l.buckets)-1)]++
	if late > l.Threshold {
		l.Late++
	}
	if late > l.Max {
		l.Max, l.MaxAt = late, due
	}
}

// admit makes the injected calls.
func (p *Pacer) admit() {
	p.mu.Lock()
	p.inbox, p.batch = p.batch[:0], p.inbox
	p.mu.Unlock()
	for i, f := range p.batch {
		p.batch[i] = nil
		f()
	}
}

// rouse ends the wait of a pacer, now or the next one.
func (k *Kernel) rouse() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// WallClock is the machine's monotonic clock.
type WallClock struct {
	start time.Time
	timer *time.Timer
}

// NewWallClock makes a clock that shows zero now.
func NewWallClock() *WallClock {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &WallClock{start: time.Now(), timer: t}
}

// Now returns the time since the clock was made.
func (c *WallClock) Now() time.Duration { return time.Since(c.start) }

// Wait returns after d, or when wake is ready.
func (c *WallClock) Wait(d time.Duration, wake <-chan struct{}) {
	c.timer.Reset(d)
	select {
	case <-c.timer.C:
	case <-wake:
	}
	c.timer.Stop()
}
