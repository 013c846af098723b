package sim

import (
	"errors"
	"fmt"
)

// Entity names something that events happen to: a link, a host, a processor. The number also breaks ties between
// events of one instant (see Kernel.At), so entities are made in an order that the scenario alone decides.
type Entity uint32

// Handler is what an entity does when an event of its own comes due. arg is what was given to At.
type Handler interface {
	Handle(arg uint32)
}

// Config is what a run's kernel is made from. The zero value is usable.
type Config struct {
	Seed        uint64
	MaxEvents   uint64 // 0: no limit
	MaxInstant  uint64 // most events in one instant before the run is broken off; 0: 10 million
	Trace       func(RecordID, *Record)
	Fingerprint *Fingerprint // nil: the kernel makes one
}

// Kernel is the event loop of one run: virtual time, the pending events, and what is numbered per run.
type Kernel struct {
	now      Time
	q        queue
	entities []entity
	trace    func(RecordID, *Record)
	records  RecordID
	seed     uint64
	fp       *Fingerprint
	cfg      Config
	stopped  bool
	failure  error
	events   uint64
}

type entity struct {
	handler Handler
	name    string
	pushed  uint64
}

// New makes a kernel at time zero.
func New(cfg Config) *Kernel {
	k := &Kernel{trace: cfg.Trace, seed: cfg.Seed, fp: cfg.Fingerprint, cfg: cfg}
	if k.fp == nil {
		k.fp = &Fingerprint{}
	}
	return k
}

// Now returns the current instant.
func (k *Kernel) Now() Time { return k.now }

// Events returns the number of events handled so far.
func (k *Kernel) Events() uint64 { return k.events }

// Fingerprint returns the digest that the run's layers feed.
func (k *Kernel) Fingerprint() *Fingerprint { return k.fp }

// Add makes an entity. The name is for people: errors, traces, streams.
func (k *Kernel) Add(name string, h Handler) Entity {
	k.entities = append(k.entities, entity{handler: h, name: name})
	return Entity(len(k.entities) - 1)
}

// Name returns the name that e was made with.
func (k *Kernel) Name(e Entity) string { return k.entities[e].name }

// At schedules a call of e's handler with arg at instant t, which must not be in the past.
//
// Events for a later instant run in the order of time, then entity number, then the entity's own order of scheduling.
// Events for the current instant run after all those, in the order scheduled. So the order depends neither on who
// else scheduled what in between nor on how a run may one day be split over processors.
func (k *Kernel) At(t Time, e Entity, arg uint32) {
	if t < k.now {
		panic(fmt.Sprintf("sim: %s schedules into the past: %v at %v", k.entities[e].name, t, k.now))
	}
	en := &k.entities[e]
	en.pushed++
	k.q.push(entry{at: t, tie: uint64(e)<<40 | en.pushed, to: e, arg: arg}, t == k.now)
}

// Stop ends the run after the current event.
func (k *Kernel) Stop() { k.stopped = true }

// Fail breaks the run off after the current event: Run returns the first error given. The model must leave itself in a
// state that bears the rest of the event.
func (k *Kernel) Fail(err error) {
	if k.failure == nil {
		k.failure = err
	}
	k.stopped = true
}

// Run handles events in order until none is left, the next one is later than until, or Stop is called. Time then stands
// at until, or at the last event where until is Never.
func (k *Kernel) Run(until Time) error {
	for !k.stopped {
		e, ok := k.q.pop(until)
		if !ok {
			break
		}
		k.now = e.at
		k.events++
		if k.cfg.MaxEvents != 0 && k.events > k.cfg.MaxEvents {
			return fmt.Errorf("%w: %d events, the last at %s", ErrLimit, k.events-1, k.entities[e.to].name)
		}
		k.entities[e.to].handler.Handle(e.arg)
	}
	if !k.stopped && until != Never {
		k.now = until
	}
	return k.failure
}

// ErrLimit is what a run that exceeds a limit of its Config ends with.
var ErrLimit = errors.New("sim: limit exceeded")

// Tracing reports whether records go anywhere; callers guard with it what is costly to build.
func (k *Kernel) Tracing() bool { return k.trace != nil }

// Record writes one line of the trace, at the current instant, and returns the cause that names it: to be carried by
// whatever the recorded event brings about. Without a trace it returns why itself, so the session label still rides on.
func (k *Kernel) Record(r Record) Cause {
	if k.trace == nil {
		return r.Cause
	}
	k.records++
	r.At = k.now
	k.trace(k.records, &r)
	return Cause{k.records, r.Cause.Session}
}
