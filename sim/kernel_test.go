package sim

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// handler makes a Handler of a function.
type handler func(uint32)

func (h handler) Handle(arg uint32) { h(arg) }

func TestOrderWithinAnInstant(t *testing.T) {
	for _, queue := range []Queue{Ladder, Reference} {
		k := New(Config{Queue: queue})
		var got []uint32
		var a, b Entity
		a = k.Add("a", handler(func(arg uint32) {
			got = append(got, arg)
			if arg == 1 {
				k.At(k.Now(), b, 10) // after everything that was scheduled earlier, in the order of scheduling
				k.At(k.Now(), a, 11)
				k.At(k.Now(), b, 12)
			}
		}))
		b = k.Add("b", handler(func(arg uint32) { got = append(got, arg) }))
		k.At(5, b, 3)
		k.At(5, a, 1)
		k.At(5, b, 4)
		k.At(5, a, 2)
		k.At(4, b, 0)
		k.At(6, a, 20)
		if err := k.Run(5); err != nil {
			t.Fatal(err)
		}
		want := []uint32{0, 1, 2, 3, 4, 10, 11, 12}
		if len(got) != len(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("got %v, want %v", got, want)
			}
		}
		if k.Next() != 6 || k.Now() != 5 {
			t.Fatalf("next %v now %v", k.Next(), k.Now())
		}
	}
}

// foreseer counts what it hears of events beforehand.
type foreseer struct {
	k     *Kernel
	self  Entity
	draw  Stream
	heard [2]map[uint32]bool
	came  int
	known int // of those that came, how many were heard of twice
}

func (f *foreseer) Foresee(arg uint32, again bool) {
	if again {
		f.heard[1][arg] = true
		return
	}
	f.heard[0][arg] = true
}

func (f *foreseer) Handle(arg uint32) {
	f.came++
	if f.heard[0][arg] && f.heard[1][arg] {
		f.known++
	}
	if arg < 200_000 {
		f.k.At(f.k.Now()+Time(f.draw.Exponential(10*time.Millisecond))+1, f.self, arg+1000)
	}
}

// Who asks for it hears of most events before they come, and the order stays as it is.
func TestForesee(t *testing.T) {
	play := func(ask bool) (*foreseer, Time) {
		k := New(Config{Seed: 1})
		f := &foreseer{k: k, draw: k.Rand("foresee"), heard: [2]map[uint32]bool{{}, {}}}
		k.Add("deaf", handler(func(uint32) {}))
		f.self = k.Add("foreseer", f)
		if ask {
			k.Foresee(f.self, f)
		}
		for i := range uint32(1000) {
			k.At(Time(f.draw.Below(10_000_000)), f.self, i)
			k.At(Time(f.draw.Below(10_000_000)), 0, i)
		}
		if err := k.Run(Never); err != nil {
			t.Fatal(err)
		}
		return f, k.Now()
	}
	f, end := play(true)
	if f.known < f.came*9/10 {
		t.Errorf("of %d events %d were heard of beforehand", f.came, f.known)
	}
	g, same := play(false)
	if g.came != f.came || same != end || len(g.heard[0]) != 0 {
		t.Errorf("%d events until %v without asking, %d until %v with", g.came, same, f.came, end)
	}
}

// Events can be scheduled between runs for any instant from now on, also before ones that were looked at.
func TestScheduleBetweenRuns(t *testing.T) {
	k := New(Config{})
	var got []Time
	e := k.Add("e", handler(func(uint32) { got = append(got, k.Now()) }))
	for _, at := range []Time{70_000, 70_001, 1 << 40} {
		k.At(at, e, 0)
	}
	for _, until := range []Time{0, 69_999, 70_000} {
		k.Run(until)
		k.At(until+1, e, 0)
		k.At(until, e, 0)
	}
	k.Run(Never)
	want := []Time{0, 1, 69_999, 70_000, 70_000, 70_000, 70_001, 70_001, 1 << 40}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestRunStandsAtUntil(t *testing.T) {
	k := New(Config{})
	e := k.Add("e", handler(func(uint32) {}))
	k.At(10, e, 0)
	k.At(Never, e, 0)
	for _, c := range []struct{ until, now Time }{{3, 3}, {2, 3}, {20, 20}, {Never, 20}} {
		if k.Run(c.until); k.Now() != c.now {
			t.Errorf("after Run(%v) time is %v, want %v", c.until, k.Now(), c.now)
		}
	}
	if k.Events() != 1 {
		t.Errorf("%d events, want 1: Never does not come", k.Events())
	}
}

func TestLimits(t *testing.T) {
	loop := func(delay time.Duration) func(*Kernel) {
		return func(k *Kernel) {
			var e Entity
			k.Add("bystander", handler(func(uint32) {}))
			e = k.Add("culprit", handler(func(uint32) { k.At(k.Now().Add(delay), e, 0) }))
			k.At(0, e, 0)
		}
	}
	for _, c := range []struct {
		name   string
		cfg    Config
		model  func(*Kernel)
		what   string
		events uint64
	}{
		{"events", Config{MaxEvents: 5000}, loop(time.Second), "5000 events at 4999.000000000s", 5000},
		{"events in one instant", Config{MaxInstant: 3000}, loop(0), "3000 events in one instant at 0.000000000s", 3001},
		{"counter", Config{}, func(k *Kernel) {
			loop(1)(k)
			k.entities[1].tie |= 1<<counterBits - 10
		}, "events scheduled by one entity", 10},
		{"entities", Config{}, func(k *Kernel) {
			if k.most != MaxEntities {
				t.Errorf("%d entities at most", k.most)
			}
			k.most = 1
			k.Add("culprit", nil)
			if e := k.Add("one too many", nil); e != 0 {
				t.Errorf("entity %d", e)
			}
		}, "1 entities", 0},
		{"of another layer", Config{}, func(k *Kernel) {
			var e Entity
			e = k.Add("culprit", handler(func(uint32) { k.Limit("live packets", 7, e, "") }))
			k.At(1, e, 0)
			k.At(2, e, 0)
		}, "7 live packets at 0.000000001s", 1},
	} {
		for _, c.cfg.Queue = range []Queue{Ladder, Reference} {
			t.Run(c.name, func(t *testing.T) {
				k := New(c.cfg)
				c.model(k)
				for range 2 { // the error stays
					err := k.Run(Never)
					var limit *LimitError
					if !errors.Is(err, ErrLimit) || !errors.As(err, &limit) || limit.Entity != "culprit" || !strings.Contains(err.Error(), c.what) {
						t.Fatalf("error %v, want %q at culprit", err, c.what)
					}
				}
				if k.Events() != c.events {
					t.Errorf("%d events, want %d", k.Events(), c.events)
				}
			})
		}
	}
}

// A limit that is reached but not exceeded is no error.
func TestLimitReached(t *testing.T) {
	k := New(Config{MaxEvents: 3, MaxInstant: 2})
	e := k.Add("e", handler(func(uint32) {}))
	for _, at := range []Time{1, 1, 2} {
		k.At(at, e, 0)
	}
	k.At(9, e, 0)
	if err := k.Run(8); err != nil || k.Now() != 8 || k.Events() != 3 {
		t.Fatalf("%v at %v after %d events", err, k.Now(), k.Events())
	}
	if err := k.Run(Never); !errors.Is(err, ErrLimit) || k.Next() != 9 {
		t.Fatalf("%v, next %v", err, k.Next())
	}
}

func TestInterrupt(t *testing.T) {
	k := New(Config{})
	var e Entity
	started := make(chan struct{})
	e = k.Add("e", handler(func(arg uint32) {
		if arg == 1 {
			close(started)
		}
		k.At(k.Now()+1, e, arg+1)
	}))
	k.At(0, e, 0)
	go func() {
		<-started
		k.Interrupt()
	}()
	if err := k.Run(Never); err != ErrInterrupted {
		t.Fatal(err)
	}
	n := k.Events()
	if Time(n-1) != k.Now() || k.Next() != k.Now()+1 {
		t.Fatalf("%d events, now %v, next %v", n, k.Now(), k.Next())
	}
	if err := k.Run(k.Now() + 10); err != nil || k.Events() != n+10 {
		t.Fatalf("continued: %v, %d events after %d", err, k.Events(), n)
	}
	k.Interrupt()
	if err := k.Run(Never); err != ErrInterrupted || k.Events() != n+10 {
		t.Fatalf("interrupted before: %v", err)
	}
}

func TestStop(t *testing.T) {
	k := New(Config{})
	e := k.Add("e", handler(func(uint32) { k.Stop() }))
	k.At(1, e, 0)
	k.At(2, e, 0)
	for range 2 {
		if err := k.Run(100); err != nil || k.Now() != 1 || k.Events() != 1 {
			t.Fatalf("%v, now %v, %d events", err, k.Now(), k.Events())
		}
	}
}

func TestIntoThePast(t *testing.T) {
	k := New(Config{})
	e := k.Add("late one", handler(func(uint32) {}))
	k.Run(5)
	defer func() {
		if s, _ := recover().(string); !strings.Contains(s, "late one") {
			t.Fatalf("panic %q", s)
		}
	}()
	k.At(4, e, 0)
}

func TestTime(t *testing.T) {
	for _, c := range []struct {
		t    Time
		d    time.Duration
		want string
	}{
		{0, 0, "0.000000000s"},
		{1_500_000_000, -1, "1.499999999s"},
		{Never - 5, 4, "9223372036.854775806s"},
		{Never - 5, 5, "never"},
		{Never - 5, 6, "never"},
		{Never, -1, "never"},
		{1, math.MaxInt64, "never"},
	} {
		if got := c.t.Add(c.d).String(); got != c.want {
			t.Errorf("%v + %v is %s, want %s", int64(c.t), c.d, got, c.want)
		}
	}
}

// Nothing is allocated in the steady state, whatever the delays, on either queue.
func TestNoAllocations(t *testing.T) {
	for mix := range NumMixes {
		for _, pending := range []int{10, 3000} {
			h := NewHold(mix, pending, EngineKernel)
			h.Step(60 * pending)
			if n := testing.AllocsPerRun(3, func() { h.Step(1000) }); n != 0 {
				t.Errorf("%s, %d pending: %v allocations in 1000 events", mix, pending, n)
			}
		}
	}
}
