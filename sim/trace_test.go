package sim

import (
	"testing"
	"time"
)

// relay hands a cause on to the next relay: over a link first, then a processor, then a timer.
type relay struct {
	k     *Kernel
	self  Entity
	next  *relay
	cpu   *Server[int]
	timer Timer
	why   Cause
}

func (r *relay) receive(why Cause) {
	why = r.k.Record(Record{Cause: why, Node: r.self, Kind: "test.received", Rest: Propagation})
	r.cpu.Do(0, 3*time.Millisecond, Crypto, why)
}

func (r *relay) worked(_ int, why Cause) {
	r.why = why // the armed deadline keeps its cause
	r.k.Arm(&r.timer, r.self, 0, r.k.Now().Add(time.Millisecond))
}

func (r *relay) Handle(arg uint32) {
	if arg == 1 {
		r.receive(r.why)
		return
	}
	if !r.k.Due(&r.timer, r.self, 0) {
		return
	}
	why := r.k.Record(Record{Cause: r.why, Node: r.self, Kind: "test.timer", Rest: TimerWait})
	if r.next == nil {
		return
	}
	r.next.why = why
	r.k.At(r.k.Now().Add(10*time.Millisecond), r.next.self, 1)
}

func relays(cfg Config, n int) (*Kernel, *relay) {
	k := New(cfg)
	var first *relay
	for range n {
		r := &relay{k: k, next: first}
		r.self = k.Add("relay", r)
		r.cpu = NewServer(k, "cpu", 1, r.worked)
		first = r
	}
	return k, first
}

// Every record names an earlier one as its cause, back to the first, and the times between add up.
func TestCausesChain(t *testing.T) {
	records := []Record{{}}
	k, first := relays(Config{Trace: func(id RecordID, r *Record) {
		if int(id) != len(records) {
			t.Fatalf("record %d follows %d", id, len(records)-1)
		}
		records = append(records, *r)
	}}, 4)
	k.At(0, first.self, 1)
	first.why = Cause{Session: 9}
	if err := k.Run(Never); err != nil {
		t.Fatal(err)
	}
	if want := 1 + 4*3; len(records) != want {
		t.Fatalf("%d records, want %d", len(records), want)
	}
	var shares [NumShares]time.Duration
	steps := 0
	for id := RecordID(len(records) - 1); id != 0; steps++ {
		r := records[id]
		if r.Cause.Record >= id {
			t.Fatalf("record %d has a later cause, %d", id, r.Cause.Record)
		}
		if r.Cause.Session != 9 {
			t.Fatalf("record %d: session %d", id, r.Cause.Session)
		}
		shares[r.Rest] += r.At.Sub(records[r.Cause.Record].At) - r.Queueing - r.Serialisation
		id = r.Cause.Record
	}
	ms := time.Millisecond
	if want := [NumShares]time.Duration{Propagation: 30 * ms, Crypto: 12 * ms, TimerWait: 4 * ms}; steps != 12 || shares != want {
		t.Fatalf("%d steps, shares %v, want %v", steps, shares, want)
	}
}

// A trace changes nothing, session labels ride on without one, and neither way allocates.
func TestTraceIsOptional(t *testing.T) {
	k, first := relays(Config{}, 4)
	k.At(0, first.self, 1)
	first.why = Cause{Session: 9}
	k.Run(Never)
	last := first
	for last.next != nil {
		last = last.next
	}
	if want := (Cause{Session: 9}); last.why != want || k.Now() != Time(46*time.Millisecond) {
		t.Fatalf("%v at %v", last.why, k.Now())
	}
	for _, trace := range []func(RecordID, *Record){nil, func(RecordID, *Record) {}} {
		k := New(Config{Trace: trace})
		e := k.Add("e", nil)
		why := Cause{Session: 1}
		if n := testing.AllocsPerRun(100, func() {
			why = k.Record(Record{Cause: why, Node: e, Kind: "test"})
		}); n != 0 {
			t.Errorf("%v allocations a record", n)
		}
		if k.Tracing() == (trace == nil) {
			t.Error("Tracing")
		}
	}
}

func BenchmarkRecordOff(b *testing.B) {
	k := New(Config{})
	e := k.Add("e", nil)
	why := Cause{Session: 1}
	for range b.N {
		why = k.Record(Record{Cause: why, Node: e, Kind: "test", Rest: Propagation})
	}
}
