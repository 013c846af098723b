package sim

import (
	"fmt"
	"sync/atomic" //tidy:goroutine the flag by which the outside world interrupts a run
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
	MaxEvents   uint64                  // most events in the run; 0: no limit
	MaxInstant  uint64                  // most events in one instant; 0: DefaultMaxInstant
	Trace       func(RecordID, *Record) // called with every record, which is valid during the call only; nil: no trace
	Fingerprint *Fingerprint            // nil: the kernel makes one
	Queue       Queue                   // which implementation of the queue; no result depends on it
}

// Queue selects the implementation of the queue of pending events.
type Queue uint8

// The implementations. Their order of events is the same.
const (
	Ladder    Queue = iota // a radix ladder: constant cost per event
	Reference              // a plain heap, to check the ladder against
)

// Kernel is the event loop of one run: virtual time, the pending events, and what is numbered per run. Only Interrupt
// may be called from another goroutine than the one that runs it.
type Kernel struct {
	now      Time
	current  Entity // at which the latest event happened
	stopped  bool
	ref      *reference // nil: the ladder is used
	entities []entity
	events   uint64
	instant  uint64 // events before the current instant
	err      error
	ladder   ladder

	names     []string
	most      Entity // entities
	trace     func(RecordID, *Record)
	record    Record // the one being written
	records   RecordID
	fp        *Fingerprint
	cfg       Config
	interrupt atomic.Bool
	wake      chan struct{} // rouses a Pacer that waits
	servers   []namedWork
}

// entity is what the loop needs of an entity, apart from what only people need.
type entity struct {
	handler Handler
	tie     uint64 // of its latest entry in the queue
}

// New makes a kernel at time zero.
func New(cfg Config) *Kernel {
	k := &Kernel{trace: cfg.Trace, fp: cfg.Fingerprint, cfg: cfg, most: MaxEntities, wake: make(chan struct{}, 1)}
	if k.fp == nil {
		k.fp = &Fingerprint{}
	}
	if k.cfg.MaxInstant == 0 {
		k.cfg.MaxInstant = DefaultMaxInstant
	}
	if cfg.Queue == Reference {
		k.ref = &reference{}
	}
	return k
}

// Now returns the current instant.
func (k *Kernel) Now() Time { return k.now }

// Events returns the number of events handled so far.
func (k *Kernel) Events() uint64 { return k.events }

// Fingerprint returns the digest that the run's layers feed.
func (k *Kernel) Fingerprint() *Fingerprint { return k.fp }

// Add makes an entity. The name is for people: errors, traces, streams. Beyond MaxEntities the run fails, and the
// entity returned is the last one.
func (k *Kernel) Add(name string, h Handler) Entity {
	e := Entity(len(k.entities))
	if e == k.most {
		k.Limit("entities", uint64(k.most), e-1, "make fewer, or share one between objects told apart by arg")
		return e - 1
	}
	k.entities = append(k.entities, entity{handler: h, tie: uint64(e) << counterBits})
	k.names = append(k.names, name)
	return e
}

// Name returns the name that e was made with.
func (k *Kernel) Name(e Entity) string { return k.names[e] }

// At schedules a call of e's handler with arg at instant t, which must not be in the past. At Never, nothing happens.
//
// Events for a later instant run in the order of time, then entity number, then the entity's own order of scheduling.
// Events for the current instant run after all those, in the order scheduled. So the order depends neither on who
// else scheduled what in between nor on how a run may one day be split over processors.
func (k *Kernel) At(t Time, e Entity, arg uint32) {
	if t <= k.now {
		k.atNow(t, e, arg)
		return
	}
	en := &k.entities[e]
	en.tie++
	if k.ref != nil || en.tie<<(64-counterBits) == 0 || t == Never {
		k.atRarely(entry{at: t, tie: en.tie, arg: arg})
		return
	}
	k.ladder.push(entry{at: t, tie: en.tie, arg: arg})
}

func (k *Kernel) atNow(t Time, e Entity, arg uint32) {
	switch {
	case t < k.now:
		panic(fmt.Sprintf("sim: %s schedules into the past: %v at %v", k.Name(e), t, k.now))
	case k.ref != nil:
		k.ref.push(entry{at: t, tie: uint64(e) << counterBits, arg: arg}, true)
	default:
		k.ladder.calls.push(call{e, arg})
	}
}

// atRarely keeps what few calls need out of the way of the others.
func (k *Kernel) atRarely(e entry) {
	switch {
	case e.tie<<(64-counterBits) == 0: // it says the next entity already
		to := Entity((e.tie - 1) >> counterBits)
		k.entities[to].tie--
		k.Limit("events scheduled by one entity", maxScheduled, to, "")
	case e.at == Never:
	default:
		k.ref.push(e, false)
	}
}

// Foreseer hears of events before they come.
type Foreseer interface {
	// Foresee is called twice shortly before an event of the entity's, or not at all: for several events in turn, then for
	// the same again. arg is the event's. It must not change anything: it is there to fetch memory (see package prefetch).
	Foresee(arg uint32, again bool)
}

// Foresee has f hear of e's events before they come. No result depends on it.
func (k *Kernel) Foresee(e Entity, f Foreseer) {
	q := &k.ladder
	for int(e) >= len(q.ahead) {
		q.ahead = append(q.ahead, nil)
	}
	q.ahead[e] = f
}

// Next returns the instant of the next event, or Never where none is left.
func (k *Kernel) Next() Time {
	if k.ref != nil {
		return k.ref.next()
	}
	return k.ladder.next(k.now)
}

// Stop ends the run after the current event; Run does nothing from then on.
func (k *Kernel) Stop() { k.stopped = true }

// Stopped reports whether Stop or Fail has been called.
func (k *Kernel) Stopped() bool { return k.stopped }

// Run handles events in order until none is left, the next one is later than until, or Stop is called. Time then stands
// at until, or at the last event where until is Never or the run was stopped. An error says what broke the run off: a
// LimitError, ErrInterrupted, or what Fail was called with. The run stands between two events then.
func (k *Kernel) Run(until Time) error {
	for !k.stopped && until >= k.now {
		if k.interrupt.CompareAndSwap(true, false) {
			return ErrInterrupted
		}
		n := uint64(interruptEvery)
		if most := k.cfg.MaxEvents; most != 0 {
			n = min(n, most-k.events)
		}
		if n == 0 && k.Next() <= until {
			k.Limit("events", k.cfg.MaxEvents, k.current, "raise the limit, or look for a loop")
			break
		}
		if n == 0 || !k.handle(until, n) {
			if !k.stopped && until != Never {
				k.now = until
			}
			break
		}
	}
	return k.err
}

const interruptEvery = 1024 // events between two looks at the interrupt

// handle handles n events at most. It returns false where no event is left up to until.
func (k *Kernel) handle(until Time, n uint64) bool {
	for ; n > 0 && !k.stopped; n-- {
		var e entry
		var ok bool
		if k.ref == nil {
			e, ok = k.ladder.pop(k.now, until)
		} else {
			e, ok = k.ref.pop(until)
		}
		if !ok {
			return false
		}
		if e.at != k.now {
			k.now, k.instant = e.at, k.events
		} else if k.events-k.instant >= k.cfg.MaxInstant {
			k.Limit("events in one instant", k.cfg.MaxInstant, e.to(), "look for entities that answer each other without delay")
		}
		k.events++
		to := e.to()
		k.current = to
		k.entities[to].handler.Handle(e.arg)
	}
	return true
}

// Tracing reports whether records go anywhere; callers guard with it what is costly to build.
func (k *Kernel) Tracing() bool { return k.trace != nil }

// Record writes one line of the trace, at the current instant, and returns the cause that names it: to be carried by
// whatever the recorded event brings about. Without a trace it returns r.Cause itself, so the session label still rides
// on; where every nanosecond counts, ask Tracing before r is built.
func (k *Kernel) Record(r Record) Cause {
	if k.trace == nil {
		return r.Cause
	}
	return k.write(&r)
}

func (k *Kernel) write(r *Record) Cause {
	k.records++
	if k.records == 0 {
		k.Limit("trace records", 1<<32-1, r.Node, "trace fewer sessions")
		return r.Cause
	}
	k.record = *r // the kernel's own copy, so that the caller's need not live in the heap
	k.record.At = k.now
	k.trace(k.records, &k.record)
	return Cause{k.records, r.Cause.Session}
}
