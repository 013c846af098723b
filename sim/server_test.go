package sim

import (
	"testing"
	"time"
)

// load feeds a server with jobs at instants given in advance and keeps when each was done.
type load struct {
	k      *Kernel
	self   Entity
	server *Server[int]
	cost   func(i int) time.Duration
	done   []Time
}

func newLoad(processors int, arrivals []Time, cost func(int) time.Duration) *load {
	l := &load{k: New(Config{}), cost: cost, done: make([]Time, len(arrivals))}
	l.self = l.k.Add("load", l)
	l.server = NewServer(l.k, "cpu", processors, func(i int, _ Cause) { l.done[i] = l.k.Now() })
	for i, at := range arrivals {
		l.k.At(at, l.self, uint32(i))
	}
	return l
}

func (l *load) Handle(i uint32) {
	l.server.Do(int(i), l.cost(int(i)), Processing, Cause{})
}

// In a D/D/c queue, job i of n that come at once in batches is done when its turn of c is over.
func TestServerBatch(t *testing.T) {
	for _, c := range []int{1, 2, 5} {
		const n, cost = 23, 7 * time.Millisecond
		l := newLoad(c, make([]Time, n), func(int) time.Duration { return cost })
		l.k.Run(0)
		if l.server.Waiting() != n-c || l.server.Running() != c {
			t.Errorf("%d processors: %d wait and %d run", c, l.server.Waiting(), l.server.Running())
		}
		l.k.Run(Never)
		var waited time.Duration
		for i, at := range l.done {
			turn := time.Duration(i / c)
			waited += turn * cost
			if want := Time((turn + 1) * cost); at != want {
				t.Errorf("%d processors: job %d done at %v, want %v", c, i, at, want)
			}
		}
		if s := l.server; s.Jobs != n || s.Used != n*cost || s.Waited != waited || s.MaxWaiting != n-c || s.Waiting() != 0 || s.Running() != 0 {
			t.Errorf("%d processors: %d jobs, %v used, %v waited, at most %d", c, s.Jobs, s.Used, s.Waited, s.MaxWaiting)
		}
	}
}

// Lindley's recursion gives each job's wait in a queue with one processor, whatever the arrivals and costs.
func TestServerLindley(t *testing.T) {
	s := New(Config{Seed: 3}).Rand("load")
	const n = 5000
	arrivals := make([]Time, n)
	costs := make([]time.Duration, n)
	for i := range n {
		if i > 0 {
			arrivals[i] = arrivals[i-1].Add(1 + s.Exponential(time.Millisecond))
		}
		if s.Below(10) > 0 { // else none
			costs[i] = s.Exponential(900 * time.Microsecond)
		}
	}
	l := newLoad(1, arrivals, func(i int) time.Duration { return costs[i] })
	l.k.Run(Never)
	wait := time.Duration(0)
	for i := range n {
		if i > 0 {
			wait = max(0, wait+costs[i-1]-arrivals[i].Sub(arrivals[i-1]))
		}
		if want := arrivals[i].Add(wait + costs[i]); l.done[i] != want {
			t.Fatalf("job %d done at %v, want %v", i, l.done[i], want)
		}
	}
}

// The mean wait of M/D/1 is rho*s / (2*(1-rho)), Pollaczek-Khinchine.
func TestServerMD1(t *testing.T) {
	const n, cost = 400_000, 600 * time.Microsecond
	s := New(Config{Seed: 5}).Rand("load")
	arrivals := make([]Time, n)
	for i := 1; i < n; i++ {
		arrivals[i] = arrivals[i-1].Add(1 + s.Exponential(time.Millisecond))
	}
	l := newLoad(1, arrivals, func(int) time.Duration { return cost })
	l.k.Run(Never)
	got, want := float64(l.server.Waited)/n, 0.6*float64(cost)/(2*0.4)
	if got < 0.97*want || got > 1.03*want {
		t.Errorf("mean wait %.0f ns, want %.0f", got, want)
	}
}

func TestServerWithoutCost(t *testing.T) {
	l := newLoad(1, []Time{1, 1, 2}, func(int) time.Duration { return 0 })
	l.k.Run(Never)
	if l.k.Events() != 3 || l.server.Jobs != 3 || l.server.Waited != 0 {
		t.Errorf("%d events for 3 arrivals", l.k.Events())
	}
}

func TestServerReset(t *testing.T) {
	l := newLoad(2, []Time{0, 0, 0, 0, 5}, func(i int) time.Duration { return time.Duration(10 + i) })
	l.k.Run(4)
	l.server.Reset()
	if l.server.Waiting() != 0 || l.server.Running() != 0 {
		t.Fatal("jobs survive")
	}
	l.k.Run(Never)
	for i, at := range l.done {
		if want := []Time{0, 0, 0, 0, 19}[i]; at != want {
			t.Errorf("job %d done at %v, want %v", i, at, want)
		}
	}
	if l.server.Jobs != 1 || l.server.Used != 14 {
		t.Errorf("%d jobs, %v", l.server.Jobs, l.server.Used)
	}
}

func TestServerNoAllocations(t *testing.T) {
	k := New(Config{})
	var s *Server[int]
	s = NewServer(k, "cpu", 2, func(i int, why Cause) { s.Do(i, time.Duration(1+i), Crypto, why) })
	for i := range 9 {
		s.Do(i, 1, Crypto, Cause{})
	}
	k.Run(10_000)
	if n := testing.AllocsPerRun(10, func() { k.Run(k.Now() + 1000) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkServer(b *testing.B) {
	k := New(Config{})
	var s *Server[int]
	left := b.N
	s = NewServer(k, "cpu", 2, func(i int, why Cause) {
		if left--; left > 0 {
			s.Do(i, time.Duration(1+i), Crypto, why)
		}
	})
	for i := range 9 {
		s.Do(i, 1, Crypto, Cause{})
	}
	b.ReportAllocs()
	k.Run(Never)
}
