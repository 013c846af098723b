package sim

import (
	"fmt"
	"testing"
	"time"
)

type alarm struct {
	k     *Kernel
	self  Entity
	timer Timer
	fired []Time
	calls int
}

func (a *alarm) Handle(arg uint32) {
	a.calls++
	if a.k.Due(&a.timer, a.self, arg) {
		a.fired = append(a.fired, a.k.Now())
	}
}

func newAlarm() *alarm {
	a := &alarm{k: New(Config{})}
	a.self = a.k.Add("alarm", a)
	return a
}

func TestTimer(t *testing.T) {
	type step struct{ now, arm Time }
	for _, c := range []struct {
		name  string
		steps []step
		fired []Time
		calls int
	}{
		{"once", []step{{0, 10}}, []Time{10}, 1},
		{"now", []step{{5, 5}}, []Time{5}, 1},
		{"later and later", []step{{0, 10}, {2, 12}, {4, 14}, {6, 16}}, []Time{16}, 2},
		{"earlier", []step{{0, 100}, {1, 50}, {2, 20}}, []Time{20}, 3},
		{"earlier, then later", []step{{0, 100}, {1, 50}, {2, 200}}, []Time{200}, 3},
		{"disarmed", []step{{0, 10}, {5, Never}}, nil, 1},
		{"disarmed and armed again", []step{{0, 10}, {5, Never}, {6, 30}}, []Time{30}, 2},
		{"again after it fired", []step{{0, 10}, {15, 20}}, []Time{10, 20}, 2},
		{"the same again", []step{{0, 10}, {1, 10}, {2, 10}}, []Time{10}, 1},
		{"never armed", nil, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAlarm()
			for _, s := range c.steps {
				a.k.Run(s.now)
				a.k.Arm(&a.timer, a.self, 0, s.arm)
				if a.timer.Deadline() != s.arm || a.timer.Armed() != (s.arm != Never) {
					t.Fatalf("deadline %v", a.timer.Deadline())
				}
			}
			a.k.Run(Never)
			if fmt.Sprint(a.fired) != fmt.Sprint(c.fired) || a.calls != c.calls {
				t.Errorf("fired %v in %d calls, want %v in %d", a.fired, a.calls, c.fired, c.calls)
			}
		})
	}
}

// A timer fires when its latest deadline says, at every sequence of armings; a map of deadlines is the judge.
func TestTimerAtRandom(t *testing.T) {
	s := New(Config{}).Rand("timer")
	for run := range 2000 {
		a := newAlarm()
		var want []Time
		deadline := Never
		for range 20 {
			now := a.k.Now() + Time(s.Below(8))
			if deadline <= now {
				want = append(want, deadline)
				deadline = Never
			}
			a.k.Run(now)
			deadline = now + Time(s.Below(20))
			if s.Below(5) == 0 {
				deadline = Never
			}
			a.k.Arm(&a.timer, a.self, 0, deadline)
		}
		if deadline != Never {
			want = append(want, deadline)
		}
		a.k.Run(Never)
		if fmt.Sprint(a.fired) != fmt.Sprint(want) {
			t.Fatalf("run %d: fired %v, want %v", run, a.fired, want)
		}
	}
}

// Moving a deadline on costs no event and no allocation.
func TestTimerRearm(t *testing.T) {
	a := newAlarm()
	a.k.Arm(&a.timer, a.self, 0, 1000)
	if n := testing.AllocsPerRun(100, func() {
		a.k.Run(a.k.Now() + 1)
		a.k.Arm(&a.timer, a.self, 0, a.k.Now().Add(time.Microsecond))
	}); n != 0 || a.calls != 0 {
		t.Errorf("%v allocations, %d calls", n, a.calls)
	}
}
