package netstack

import (
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"

	"imsim/sim"
)

// clock is a kernel's virtual time as a gVisor stack sees it. Timers wait for fire; those of one instant go in the order in
// which they were set.
//
// As with a real clock, no two readings are equal: each is at least a nanosecond after the one before. gVisor's RACK relies on
// that: of segments with the same time of transmission it takes those behind the acknowledged one for lost, not those before
// it as RFC 8985 §6.2 (RACK_sent_after) says, and would repeat the rest of every burst that is not acknowledged whole.
type clock struct {
	k      *sim.Kernel
	mu     sync.Mutex
	latest sim.Time // reading
	serial uint64
	armed  []*timer
}

type timer struct {
	c      *clock
	f      func()
	at     sim.Time
	serial uint64
	armed  bool
}

func (c *clock) Now() time.Time { return time.Unix(0, int64(c.k.Now())) }

func (c *clock) NowMonotonic() tcpip.MonotonicTime {
	var zero tcpip.MonotonicTime
	return zero.Add(time.Duration(c.read()) + time.Second) // zero means "never" in places
}

func (c *clock) read() sim.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest = max(c.latest+1, c.k.Now())
	return c.latest
}

func (c *clock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	t := &timer{c: c, f: f}
	t.Reset(d)
	return t
}

func (t *timer) Reset(d time.Duration) {
	c := t.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serial++
	t.at, t.serial = c.k.Now().Add(max(d, 0)), c.serial
	if !t.armed {
		t.armed = true
		c.armed = append(c.armed, t)
	}
}

func (t *timer) Stop() bool {
	t.c.mu.Lock()
	defer t.c.mu.Unlock()
	was := t.armed
	t.c.remove(t)
	return was
}

func (c *clock) remove(t *timer) {
	for i, x := range c.armed {
		if x == t {
			last := len(c.armed) - 1
			c.armed[i] = c.armed[last]
			c.armed = c.armed[:last]
		}
	}
	t.armed = false
}

// first returns the timer that fires next, or nil.
func (c *clock) first() *timer {
	var first *timer
	for _, t := range c.armed {
		if first == nil || t.at < first.at || t.at == first.at && t.serial < first.serial {
			first = t
		}
	}
	return first
}

// next returns when the next timer fires.
func (c *clock) next() sim.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.first(); t != nil {
		return t.at
	}
	return sim.Never
}

// fire calls the first timer that is due, and reports whether there was one.
func (c *clock) fire() bool {
	c.mu.Lock()
	t := c.first()
	if t == nil || t.at > c.k.Now() {
		c.mu.Unlock()
		return false
	}
	c.remove(t)
	c.mu.Unlock()
	t.f()
	return true
}
