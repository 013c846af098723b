package sim

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// naive is the order of events by its definition alone: a list that is searched for the least element.
type naive struct {
	now     Time
	pending []naiveEvent
	counter map[Entity]int
	calls   int
}

type naiveEvent struct {
	at           Time
	inInstant    bool // scheduled in the instant it is for
	to           Entity
	counter, arg int
}

func (n *naive) schedule(at Time, to Entity, arg int) {
	ev := naiveEvent{at: at, to: to, arg: arg}
	if at == n.now {
		n.calls++
		ev.inInstant, ev.to, ev.counter = true, 0, n.calls
	} else {
		n.counter[to]++
		ev.counter = n.counter[to]
	}
	n.pending = append(n.pending, ev)
}

func (n *naive) take() (naiveEvent, bool) {
	if len(n.pending) == 0 {
		return naiveEvent{}, false
	}
	least := 0
	for i, a := range n.pending {
		b := n.pending[least]
		switch {
		case a.at != b.at:
			if a.at < b.at {
				least = i
			}
		case a.inInstant != b.inInstant:
			if b.inInstant {
				least = i
			}
		case a.to != b.to:
			if a.to < b.to {
				least = i
			}
		case a.counter < b.counter:
			least = i
		}
	}
	ev := n.pending[least]
	n.pending = slices.Delete(n.pending, least, least+1)
	n.now = ev.at
	return ev, true
}

// shape is a way of drawing delays and how many events an event brings about.
type shape struct {
	name  string
	delay func(*Stream) time.Duration
	burst func(*Stream) int
}

func shapes() []shape {
	one := func(*Stream) int { return 1 }
	var out []shape
	for m := range NumMixes {
		out = append(out, shape{m.String(), func(s *Stream) time.Duration { return m.Delay(s, 200) }, one})
	}
	critical := func(s *Stream) int { // none or many, one on average
		if s.Below(50) == 0 {
			return 50
		}
		return 0
	}
	return append(out,
		shape{"bursts at one instant", func(s *Stream) time.Duration { return time.Millisecond }, critical},
		shape{"bursts close by", func(s *Stream) time.Duration { return time.Duration(s.Below(300)) }, critical},
		shape{"bursts on a grid", func(s *Stream) time.Duration { return time.Duration(s.Below(4)) * 100 }, critical},
		shape{"nanoseconds", func(s *Stream) time.Duration { return time.Duration(s.Below(3)) }, one},
		shape{"all scales", func(s *Stream) time.Duration { return time.Duration(s.Uint64() >> (8 + s.Below(56))) }, one},
	)
}

// trail is the sequence of what a kernel under test handled.
type trail struct {
	k      *Kernel
	s      Stream
	shape  shape
	left   int
	nodes  []Entity
	digest Fingerprint
	log    []string
	keep   bool
	mirror *naive
}

type trailNode struct {
	t    *trail
	self Entity
}

func (n *trailNode) Handle(arg uint32) {
	t := n.t
	t.digest.Mix(FpTime, uint64(t.k.now))
	t.digest.Mix(FpNode, uint64(n.self)<<32|uint64(arg))
	if t.keep {
		t.log = append(t.log, fmt.Sprint(t.k.now, " ", arg))
	}
	for range t.shape.burst(&t.s) {
		t.schedule()
	}
}

// schedule makes one more event, for a node that need not be the one that acts.
func (t *trail) schedule() {
	if t.left == 0 {
		return
	}
	t.left--
	node := t.nodes[t.s.Below(uint64(len(t.nodes)))]
	at := t.k.now.Add(t.shape.delay(&t.s))
	t.k.At(at, node, uint32(t.left))
	if t.mirror != nil {
		t.mirror.now = t.k.now
		t.mirror.schedule(at, node, t.left)
	}
}

// newTrail starts a run with some events pending, the first half of which is spread over time by the shape itself.
func newTrail(queue Queue, sh shape, nodes, pending, events int, seed uint64) *trail {
	t := &trail{k: New(Config{Queue: queue, Seed: seed}), shape: sh, left: events}
	t.s = t.k.Rand("trail")
	for range nodes {
		n := &trailNode{t: t}
		n.self = t.k.Add("n", n)
		t.nodes = append(t.nodes, n.self)
	}
	for range pending {
		t.schedule()
	}
	return t
}

// The ladder's order is the definition's, event by event.
func TestOrderIsTheDefinition(t *testing.T) {
	for _, queue := range []Queue{Ladder, Reference} {
		for _, sh := range shapes() {
			t.Run(fmt.Sprintf("%d %s", queue, sh.name), func(t *testing.T) {
				for seed := range uint64(3) {
					r := newTrail(queue, sh, 7, 0, 4000, seed)
					r.keep, r.mirror = true, &naive{counter: map[Entity]int{}}
					for range 300 {
						r.schedule()
					}
					for i := 0; ; i++ {
						want, some := r.mirror.take()
						if !some {
							break
						}
						r.k.cfg.MaxEvents = uint64(i + 1)
						if got := r.k.Next(); got != want.at {
							t.Fatalf("event %d: Next is %v, want %v", i, got, want.at)
						}
						r.k.Run(want.at)
						if len(r.log) != i+1 || r.log[i] != fmt.Sprint(want.at, " ", want.arg) {
							t.Fatalf("event %d: got %v, want %v", i, r.log[i:], want)
						}
						r.k.stopped, r.k.err = false, nil // the limit is used to single-step
					}
				}
			})
		}
	}
}

// The ladder and the heap agree over long runs, however these are cut up by Run's until.
func TestLadderAgainstReference(t *testing.T) {
	events := 60_000
	if testing.Short() {
		events = 30_000
	}
	for _, sh := range shapes() {
		for _, pending := range []int{3, 100, 20_000} {
			for _, nodes := range []int{1, 300, 70_000} {
				t.Run(fmt.Sprintf("%s/%d/%d", sh.name, pending, nodes), func(t *testing.T) {
					want := newTrail(Reference, sh, nodes, pending, events, 1)
					got := newTrail(Ladder, sh, nodes, pending, events, 1)
					want.k.Run(Never)
					for i := 0; got.k.Next() != Never; i++ {
						until := Never
						if i < 1000 {
							until = got.k.Now().Add(time.Duration(i%7) * 50 * time.Microsecond)
						}
						got.k.Run(until)
						if i < 1000 && got.k.Now() != until {
							t.Fatalf("time stands at %v after Run(%v)", got.k.Now(), until)
						}
					}
					if got.k.Events() != want.k.Events() || got.digest != want.digest {
						t.Fatalf("%d events with digest %v, want %d with %v", got.k.Events(), &got.digest, want.k.Events(), &want.digest)
					}
					if want.k.Events() < uint64(pending) {
						t.Fatalf("only %d events", want.k.Events())
					}
				})
			}
		}
	}
}
