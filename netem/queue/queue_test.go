package queue

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

const (
	ms  = sim.Time(time.Millisecond)
	pct = sim.Certain / 100
)

// bench feeds a discipline by hand.
type bench struct {
	q       Queue
	pool    packet.Pool
	dropped []uint64
}

func (b *bench) put(now sim.Time, port uint16, size int, tos uint8) {
	p := b.pool.Get()
	p.Proto, p.SrcPort, p.Queued, p.TOS = packet.UDP, port, now, tos
	p.Payload.Append(packet.Synthetic(1, 0, size-p.Len()))
	b.q.Enqueue(now, p, b.drop)
}

func (b *bench) drop(p *packet.Packet) {
	b.dropped = append(b.dropped, p.ID)
	b.pool.Put(p)
}

// get returns the number of the packet served, 0 where there is none.
func (b *bench) get(now sim.Time) (id uint64, tos uint8) {
	p := b.q.Dequeue(now, b.drop)
	if p == nil {
		return 0, 0
	}
	defer b.pool.Put(p)
	return p.ID, p.TOS
}

func codel(t *testing.T, cfg CoDelConfig) *CoDel {
	t.Helper()
	c, err := NewCoDel(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRFC8289Law drops from a standing queue at the instants of RFC 8289: the first when the delay has been above the
// target for an interval, then after interval/sqrt(n).
func TestRFC8289Law(t *testing.T) {
	b := bench{q: codel(t, CoDelConfig{})}
	for range 900 {
		b.put(0, 1, 1000, 0)
	}
	var at []sim.Time
	for now := sim.Time(0); now < 500*ms; now += ms {
		before := len(b.dropped)
		b.get(now)
		for range len(b.dropped) - before {
			at = append(at, now)
		}
	}
	// The delay is above 5 ms from the packet served at 5 ms on, so the first goes at 105 ms; drops come with the next service.
	want, next := []sim.Time{}, 105.0
	for n := 1; next < 500; n++ {
		want = append(want, sim.Time(math.Ceil(next))*ms)
		next += 100 / math.Sqrt(float64(n))
	}
	if !slices.Equal(at, want) {
		t.Errorf("drops at %v,\nwant %v", at, want)
	}
}

// TestRFC8289Scripts are scripts of single decisions.
func TestRFC8289Scripts(t *testing.T) {
	fill := func(b *bench, now sim.Time, n, size int) {
		for range n {
			b.put(now, 1, size, 0)
		}
	}
	t.Run("below the target", func(t *testing.T) {
		b := bench{q: codel(t, CoDelConfig{})}
		for now := sim.Time(0); now < 1000*ms; now += ms {
			fill(&b, now, 1, 1000)
			if now >= 4*ms {
				b.get(now)
			}
		}
		if len(b.dropped) > 0 {
			t.Error(b.dropped)
		}
	})
	t.Run("no more than one MTU waits", func(t *testing.T) {
		b := bench{q: codel(t, CoDelConfig{})}
		fill(&b, 0, 2, 1500)
		for now := 100 * ms; now < 2000*ms; now += 50 * ms {
			b.get(now) // the delay is 50 ms and more, 1500 octets are left
			fill(&b, now, 1, 1500)
		}
		if len(b.dropped) > 0 {
			t.Error(b.dropped)
		}
	})
	t.Run("leaves when the delay falls, and comes back near the old rate", func(t *testing.T) {
		c := codel(t, CoDelConfig{})
		b := bench{q: c}
		fill(&b, 0, 900, 1000)
		now := sim.Time(0)
		for ; c.state.count < 8; now += ms {
			b.get(now)
		}
		for c.Len() > 0 {
			b.get(now)
		}
		if b.get(now); c.state.dropping || c.state.firstAbove != 0 {
			t.Errorf("%+v", c.state)
		}
		fill(&b, now, 500, 1000)
		before := len(b.dropped)
		for ; len(b.dropped) == before; now += ms {
			b.get(now)
		}
		if c.state.count != 7 || !c.state.dropping { // 8 drops less the 1 that the first phase began with
			t.Errorf("%+v", c.state)
		}
	})
	t.Run("starts over after a long pause", func(t *testing.T) {
		c := codel(t, CoDelConfig{})
		b := bench{q: c}
		fill(&b, 0, 900, 1000)
		now := sim.Time(0)
		for ; c.state.count < 8; now += ms {
			b.get(now)
		}
		for c.Len() > 0 {
			b.get(now)
		}
		b.get(now)
		now += 2000 * ms // more than 16 intervals
		fill(&b, now, 500, 1000)
		before := len(b.dropped)
		for ; len(b.dropped) == before; now += ms {
			b.get(now)
		}
		if c.state.count != 1 {
			t.Errorf("%+v", c.state)
		}
	})
	t.Run("marks instead of dropping", func(t *testing.T) {
		c := codel(t, CoDelConfig{ECN: true})
		b := bench{q: c}
		for range 400 {
			b.put(0, 1, 1000, 2) // ECT(0)
		}
		ce := 0
		for now := sim.Time(0); now < 400*ms; now += ms {
			if _, tos := b.get(now); tos&3 == 3 {
				ce++
			}
		}
		if len(b.dropped) > 0 || ce < 5 || uint64(ce) != c.Marked {
			t.Errorf("%d dropped, %d of %d marked", len(b.dropped), ce, c.Marked)
		}
	})
	t.Run("limit", func(t *testing.T) {
		b := bench{q: codel(t, CoDelConfig{Packets: 3})}
		fill(&b, 0, 5, 100)
		if !slices.Equal(b.dropped, []uint64{4, 5}) {
			t.Error(b.dropped)
		}
	})
}

// A long interval's step is as good as a short one's.
func TestControlLaw(t *testing.T) {
	for _, interval := range []time.Duration{time.Millisecond, 100 * time.Millisecond, 4 * time.Second, 5 * time.Second, time.Hour} {
		for _, n := range []uint32{1, 2, 3, 100, 65535, math.MaxUint32} {
			l := law{count: n}
			got, want := float64(l.control(0, &CoDelConfig{Interval: interval})), float64(interval)/math.Sqrt(float64(n))
			if math.Abs(got-want) > 1+1e-4*want+4096*float64(interval/(1<<32)&1) {
				t.Errorf("%v/sqrt(%d) is %v, want %v", interval, n, got, want)
			}
		}
	}
}

func fq(t *testing.T, cfg FQCoDelConfig) *FQCoDel {
	t.Helper()
	f, err := NewFQCoDel(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestRFC8290Fairness serves flows with packets of different sizes: octets are shared evenly.
func TestRFC8290Fairness(t *testing.T) {
	b := bench{q: fq(t, FQCoDelConfig{})}
	for range 3000 {
		b.put(0, 1, 1500, 0)
		b.put(0, 2, 500, 0)
		b.put(0, 3, 100, 0)
	}
	octets := map[uint16]int{}
	for range 2000 {
		p := b.q.Dequeue(0, b.drop)
		octets[p.SrcPort] += p.Len()
		b.pool.Put(p)
	}
	for port := uint16(1); port <= 3; port++ {
		if d := octets[port] - octets[1]; d < -3200 || d > 3200 {
			t.Errorf("flow %d sent %d octets, flow 1 %d", port, octets[port], octets[1])
		}
	}
}

// A packet of a sparse flow goes before what a bulk flow has waiting.
func TestRFC8290SparseFlow(t *testing.T) {
	b := bench{q: fq(t, FQCoDelConfig{})}
	for range 100 {
		b.put(0, 1, 100, 0)
	}
	for range 20 {
		b.get(0) // more than a quantum: an old flow by now
	}
	b.put(0, 2, 60, 0) // the 101st
	for turn := 1; ; turn++ {
		if id, _ := b.get(0); id == 101 {
			if turn > 2 {
				t.Errorf("served at turn %d", turn)
			}
			break
		}
	}
	// Once it has been found empty it is an old one and waits for its turn, so that it cannot starve the other.
	b.get(0)
	b.put(0, 2, 60, 0)
	if f := b.q.(*FQCoDel); f.fresh.n != 0 || f.old.n != 2 {
		t.Errorf("%d new flows, %d old ones", f.fresh.n, f.old.n)
	}
}

// An overflow takes half of the fattest flow, at most 64 packets, from its head.
func TestRFC8290Overflow(t *testing.T) {
	f := fq(t, FQCoDelConfig{CoDel: CoDelConfig{Packets: 100}})
	b := bench{q: f}
	for range 20 {
		b.put(0, 2, 1000, 0)
	}
	for range 81 {
		b.put(0, 1, 1000, 0)
	}
	if len(b.dropped) != 41 || b.dropped[0] != 21 || b.dropped[40] != 61 || f.Len() != 60 {
		t.Errorf("%d dropped, %d wait", len(b.dropped), f.Len())
	}
	if f.octets != 60_000 {
		t.Errorf("%d octets", f.octets)
	}
	for f.Len() > 0 {
		b.get(0)
	}
	if b.get(0); f.octets != 0 || f.fresh.n+f.old.n != 0 || b.pool.Live() != 0 {
		t.Errorf("%+v %+v, %d octets", f.fresh, f.old, f.octets)
	}
}

// TestREDCurve holds the share dropped at a standing queue against the curve. The distance of
// drops is uniform from 1 to 1/p.
func TestREDCurve(t *testing.T) {
	for _, gentle := range []bool{false, true} {
		for _, c := range []struct {
			octets int
			p      float64
		}{{4000, 0}, {7500, 0.025}, {10_000, 0.05}, {14_000, 0.09}, {22_500, 0.55}, {31_000, 1}} {
			if !gentle && c.octets > 15_000 {
				c.p = 1
			}
			r, err := NewRED(REDConfig{Min: 5000, Max: 15_000, Probability: 10 * pct, Weight: 4, Gentle: gentle}, sim.New(sim.Config{}).Rand("red"))
			if err != nil {
				t.Fatal(err)
			}
			b := bench{q: r}
			// Fill to the length, then hold the average there and offer packets that are taken out again.
			b.put(0, 1, c.octets, 0)
			r.avg = int64(c.octets) << avgBits
			const n = 20_000
			dropped := 0
			for range n {
				before := len(b.dropped)
				b.put(0, 1, 100, 0)
				if len(b.dropped) > before {
					dropped++
				} else {
					last := r.q.of[(r.q.head+r.q.n-1)&(len(r.q.of)-1)]
					r.q.n--
					r.q.octets -= last.Len()
					b.pool.Put(last)
				}
			}
			want := c.p
			if c.p > 0 && c.p < 1 {
				k := math.Floor(1 / c.p)
				want = 1 / (c.p*k*(k+1)/2 + (1-k*c.p)*(k+1))
			}
			if got := float64(dropped) / n; math.Abs(got-want) > 0.02*want+0.002 {
				t.Errorf("gentle %v at %d octets: %.4f dropped, want %.4f", gentle, c.octets, got, want)
			}
		}
	}
}

// The average follows the queue by 2^-weight of the difference, and decays while nothing waits.
func TestREDAverage(t *testing.T) {
	r, err := NewRED(REDConfig{Min: 50_000, Max: 150_000, Probability: pct, Weight: 3, Packet: time.Millisecond, ECN: true}, sim.Stream{})
	if err != nil {
		t.Fatal(err)
	}
	b, want := bench{q: r}, 0.
	for i := range 40 {
		b.put(0, 1, 1000, 0)
		if i > 0 {
			want += (float64(i)*1000 - want) / 8
		}
	}
	if got := float64(r.avg) / (1 << avgBits); math.Abs(got-want) > 1 {
		t.Errorf("average %v, want %v", got, want)
	}
	for range 40 {
		b.get(10 * ms)
	}
	b.put(31*ms, 1, 1000, 0) // a millisecond went into the last packet
	if got, want := float64(r.avg)/(1<<avgBits), want*math.Pow(7./8, 20); math.Abs(got-want) > 1 {
		t.Errorf("average after 20 packet times %v, want %v", got, want)
	}
	r.avg = 149_000 << avgBits
	marked := 0
	for range 2000 {
		r.avg = 149_000 << avgBits
		b.put(30*ms, 1, 100, 1)
		r.q.octets = 149_000
	}
	for r.Len() > 0 {
		if _, tos := b.get(31 * ms); tos&3 == 3 {
			marked++
		}
	}
	if marked < 30 || uint64(marked) != r.Marked || len(b.dropped) != 0 {
		t.Errorf("%d marked, %d counted, %d dropped", marked, r.Marked, len(b.dropped))
	}
}

// TestTokenBucketConforms: between any two instants no more passes than rate and burst allow, and whenever a packet waited,
// it could not have gone a nanosecond earlier.
func TestTokenBucketConforms(t *testing.T) {
	const rate, burst, peak, depth = 1_234_567, 4000, 9_876_543, 1500
	tb, err := NewTokenBucket(TokenBucketConfig{Rate: rate, Burst: burst, Peak: peak, PeakBurst: depth}, &FIFO{})
	if err != nil {
		t.Fatal(err)
	}
	b, draw := bench{q: tb}, sim.New(sim.Config{}).Rand("x")
	type sent struct {
		at   sim.Time
		size int
	}
	var out []sent
	now := sim.Time(0)
	for range 300 {
		now += sim.Time(draw.Below(20e6))
		for range draw.Below(4) {
			b.put(now, 1, 40+int(draw.Below(1400)), 0)
		}
		for tb.Len() > 0 {
			p := tb.Dequeue(now, b.drop)
			if p == nil {
				if at := tb.Ready(now); at <= now {
					t.Fatalf("nothing at %v, yet ready", now)
				} else if p := tb.Dequeue(at-1, b.drop); p != nil {
					t.Fatalf("ready at %v, passed earlier", at)
				} else {
					now = at
				}
				continue
			}
			out = append(out, sent{now, p.Len()})
			b.pool.Put(p)
		}
	}
	for i := range out {
		octets := 0
		for j := i; j < len(out); j++ {
			octets += out[j].size
			for _, k := range [][2]int{{rate, burst}, {peak, depth}} {
				if have := float64(k[1])*8e9 + float64(k[0])*float64(out[j].at-out[i].at); float64(octets)*8e9 > have {
					t.Fatalf("%d octets from %v to %v at %d bit/s and %d octets", octets, out[i].at, out[j].at, k[0], k[1])
				}
			}
		}
	}
	t.Logf("%d packets", len(out))
	b.put(now, 1, 1501, 0)
	if len(b.dropped) != 1 {
		t.Error("a packet larger than the bucket waits")
	}
}

func TestPolicer(t *testing.T) {
	tb, err := NewTokenBucket(TokenBucketConfig{Rate: 8000, Burst: 1000, Police: true}, &FIFO{})
	if err != nil {
		t.Fatal(err)
	}
	b := bench{q: tb}
	for i := range 5 {
		b.put(sim.Time(i)*250*ms, 1, 500, 0) // a thousand octets at first and a thousand in a second
	}
	if !slices.Equal(b.dropped, []uint64{4}) {
		t.Errorf("dropped %v", b.dropped)
	}
}

func TestRefused(t *testing.T) {
	stream := sim.Stream{}
	red := REDConfig{Min: 1, Max: 2, Probability: 1}
	for name, err := range map[string]error{
		"codel": second(NewCoDel(CoDelConfig{Target: time.Second})), "flows": second(NewFQCoDel(FQCoDelConfig{Flows: -1})),
		"fq target": second(NewFQCoDel(FQCoDelConfig{CoDel: CoDelConfig{Target: -1}})), "thresholds": second(NewRED(REDConfig{Min: 2, Max: 2, Probability: 1}, stream)),
		"probability": second(NewRED(REDConfig{Min: 1, Max: 2}, stream)), "rate": second(NewTokenBucket(TokenBucketConfig{Burst: 1}, nil)),
		"burst": second(NewTokenBucket(TokenBucketConfig{Rate: 1}, nil)), "peak": second(NewTokenBucket(TokenBucketConfig{Rate: 2, Burst: 1, Peak: 1}, nil)),
	} {
		if err == nil || !strings.Contains(err.Error(), "needed") && !strings.Contains(err.Error(), "at least") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewRED(red, stream); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestNoAllocations runs each discipline around a standing queue.
func TestNoAllocations(t *testing.T) {
	red, _ := NewRED(REDConfig{Min: 5000, Max: 15_000, Probability: 10 * pct}, sim.Stream{})
	tb, _ := NewTokenBucket(TokenBucketConfig{Rate: 12e6, Burst: 3000}, &FIFO{Octets: 20_000})
	for _, q := range []Queue{&FIFO{Packets: 20}, codel(t, CoDelConfig{Packets: 50}), fq(t, FQCoDelConfig{CoDel: CoDelConfig{Packets: 50}}), red, tb} {
		b, now, i := bench{q: q}, sim.Time(0), uint16(0)
		drop := func(p *packet.Packet) { b.pool.Put(p) }
		step := func() {
			for range 1000 {
				now += ms
				for range 1 + i%2 {
					p := b.pool.Get()
					p.Proto, p.SrcPort, p.Queued = packet.UDP, i%7, now
					p.Payload.Append(packet.Synthetic(1, 0, 1000))
					q.Enqueue(now, p, drop)
				}
				if p := q.Dequeue(now, drop); p != nil {
					b.pool.Put(p)
				}
				i++
			}
		}
		step()
		step()
		if a := testing.AllocsPerRun(5, step); a != 0 {
			t.Error(fmt.Sprintf("%T", q), a, "allocations")
		}
	}
}
