package sim

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// fakeClock moves only when it is waited for, or when told to.
type fakeClock struct {
	mu    sync.Mutex
	now   time.Duration
	waits []time.Duration
	woken func(c *fakeClock) // called in a wait, in place of time passing
}

func (c *fakeClock) Now() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += d
}

func (c *fakeClock) Wait(d time.Duration, wake <-chan struct{}) {
	select {
	case <-wake:
		return
	default:
	}
	c.waits = append(c.waits, d)
	if f := c.woken; f != nil {
		c.woken = nil
		f(c)
		<-wake
		return
	}
	c.advance(d)
}

func TestPacerWaitsForTheClock(t *testing.T) {
	clock := &fakeClock{now: time.Hour}
	k := New(Config{})
	var log []string
	e := k.Add("e", handler(func(arg uint32) { log = append(log, fmt.Sprint(k.Now(), " ", clock.Now()-time.Hour)) }))
	for _, at := range []Time{0, 1e9, 1e9, 3e9, 9e9} {
		k.At(at, e, 0)
	}
	p := NewPacer(k, clock, time.Millisecond)
	if err := p.Run(5e9); err != nil {
		t.Fatal(err)
	}
	want := "[0.000000000s 0s 1.000000000s 1s 1.000000000s 1s 3.000000000s 3s] [1s 2s 2s]"
	if got := fmt.Sprint(log, clock.waits); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if k.Now() != 5e9 || clock.Now() != time.Hour+5*time.Second {
		t.Errorf("ended at %v, clock %v", k.Now(), clock.Now())
	}
	if want := (Lateness{Threshold: time.Millisecond, Instants: 3}); plain(p.Lateness) != want {
		t.Errorf("lateness %+v", p.Lateness)
	}
}

func TestPacerLateness(t *testing.T) {
	clock := &fakeClock{}
	k := New(Config{})
	e := k.Add("e", handler(func(arg uint32) { clock.advance(time.Duration(arg)) })) // work that takes real time
	k.At(10, e, 25)                                                                  // until 35
	k.At(20, e, 1)                                                                   // 15 late, until 36
	k.At(30, e, 0)                                                                   // 6 late
	k.At(50, e, 0)                                                                   // in time
	p := NewPacer(k, clock, 10)
	if err := p.Run(60); err != nil {
		t.Fatal(err)
	}
	if want := (Lateness{Threshold: 10, Instants: 4, Late: 1, Max: 15, MaxAt: 20, Total: 21}); plain(p.Lateness) != want {
		t.Errorf("lateness %+v, want %+v", p.Lateness, want)
	}
}

// What comes from outside is handled at the clock's instant, after the events due by then.
func TestPacerInject(t *testing.T) {
	clock := &fakeClock{}
	k := New(Config{})
	var log []string
	note := func(what string) { log = append(log, fmt.Sprint(what, "@", int64(k.Now()))) }
	e := k.Add("e", handler(func(arg uint32) { note(fmt.Sprint(arg)) }))
	k.At(100, e, 1)
	k.At(300, e, 2)
	p := NewPacer(k, clock, 0)
	clock.woken = func(c *fakeClock) { // in the wait for 100
		c.advance(40)
		p.Inject(func() { note("a"); k.At(k.Now()+10, e, 3); k.At(k.Now(), e, 4) })
		p.Inject(func() { note("b") })
	}
	if err := p.Run(200); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(log), "[a@40 b@40 4@40 3@50 1@100]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A kernel that is always behind still admits what is injected.
func TestPacerOverload(t *testing.T) {
	clock := &fakeClock{}
	k := New(Config{})
	p := NewPacer(k, clock, 1)
	var e Entity
	e = k.Add("e", handler(func(arg uint32) {
		clock.advance(3)
		k.At(k.Now()+1, e, arg+1)
		if arg == 5 {
			p.Inject(k.Stop)
		}
	}))
	k.At(1, e, 0)
	if err := p.Run(Never); err != nil || k.Now() < 6 || k.Now() > 50 {
		t.Fatalf("%v at %v", err, k.Now())
	}
	if p.Lateness.Late == 0 {
		t.Error("not late")
	}
}

func TestPacerInterrupt(t *testing.T) {
	k := New(Config{})
	p := NewPacer(k, NewWallClock(), time.Second)
	go func() {
		time.Sleep(5 * time.Millisecond)
		k.Interrupt()
	}()
	if err := p.Run(Never); err != ErrInterrupted {
		t.Fatal(err)
	}
	k.Interrupt()
	if err := p.Run(Never); err != ErrInterrupted {
		t.Fatal(err)
	}
}

// A run that is paced has the trajectory of one that is not.
func TestPacerChangesNothing(t *testing.T) {
	for _, sh := range shapes()[:int(NumMixes)] {
		a := newTrail(Ladder, sh, 5, 50, 2000, 1)
		b := newTrail(Ladder, sh, 5, 50, 2000, 1)
		a.k.Run(Never)
		if err := NewPacer(b.k, &fakeClock{}, 0).Run(b.k.Now() + a.k.Now()); err != nil {
			t.Fatal(err)
		}
		if a.digest != b.digest {
			t.Errorf("%s: trajectories differ", sh.name)
		}
	}
}

func TestWallClock(t *testing.T) {
	c := NewWallClock()
	wake := make(chan struct{}, 1)
	before := c.Now()
	c.Wait(2*time.Millisecond, wake)
	if d := c.Now() - before; d < 2*time.Millisecond {
		t.Errorf("waited %v", d)
	}
	wake <- struct{}{}
	c.Wait(time.Hour, wake)
}

// plain is a lateness without its distribution.
func plain(l Lateness) Lateness {
	l.buckets = Lateness{}.buckets
	return l
}
