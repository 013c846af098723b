package kernelbench

import (
	"time"

	"imsim/sim"
)

// method is how an endpoint's deadlines are kept.
type method uint8

const (
	none method = iota // not at all
	lazy               // by the endpoint, which arms one Timer with the earliest
)

// deadlines are what TCP keeps: retransmission, delayed acknowledgement, keep-alive, user timeout.
var deadlines = [4]time.Duration{200 * time.Millisecond, 40 * time.Millisecond, 75 * time.Second, 100 * time.Second}

// endpoints is the timer model on a kernel.
type endpoints struct {
	k      *sim.Kernel
	method method
	all    []endpoint
	delays []time.Duration
	i      int
	left   int
}

type endpoint struct {
	m        *endpoints
	self     sim.Entity
	timer    sim.Timer
	deadline [len(deadlines)]sim.Time
}

// The events of an endpoint: args.
const (
	packet uint32 = iota
	timer
)

// meanDelay is from one packet of an endpoint to its next.
const meanDelay = 10 * time.Millisecond

func packetDelays() []time.Duration {
	s := sim.New(sim.Config{}).Rand("timers")
	d := make([]time.Duration, 1<<14)
	for i := range d {
		d[i] = s.Exponential(meanDelay)
	}
	return d
}

func newEndpoints(n int, m method, q sim.Queue) *endpoints {
	es := &endpoints{k: sim.New(sim.Config{Queue: q}), method: m, all: make([]endpoint, n), delays: packetDelays()}
	for i := range es.all {
		e := &es.all[i]
		e.m = es
		e.self = es.k.Add("endpoint", e)
		es.k.At(es.k.Now().Add(es.delay()), e.self, packet)
	}
	return es
}

func (es *endpoints) delay() time.Duration {
	es.i++
	return es.delays[es.i%len(es.delays)]
}

// Step handles that many packets, and those that come within the same slice of time.
func (es *endpoints) Step(ops int) {
	slice := 64 * meanDelay / time.Duration(len(es.all))
	for es.left = ops; es.left > 0; {
		es.k.Run(es.k.Now().Add(slice))
	}
}

// Handle takes a packet, which moves all deadlines, or a timer's event.
func (e *endpoint) Handle(arg uint32) {
	k := e.m.k
	now := k.Now()
	if arg != packet {
		if k.Due(&e.timer, e.self, timer) {
			e.arm(now)
		}
		return
	}
	e.m.left--
	k.At(now.Add(e.m.delay()), e.self, packet)
	if e.m.method == lazy {
		for i, d := range deadlines {
			e.deadline[i] = now.Add(d)
		}
		e.arm(now)
	}
}

// arm arms the timer with the earliest deadline to come.
func (e *endpoint) arm(now sim.Time) {
	least := sim.Never
	for _, t := range e.deadline {
		if t > now {
			least = min(least, t)
		}
	}
	e.m.k.Arm(&e.timer, e.self, timer, least)
}
