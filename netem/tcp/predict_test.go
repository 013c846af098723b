package tcp

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// twin is a connection that is run twice: once with header prediction, once without. Both must always be the same.
type twin struct {
	t          testing.TB
	cfg        Config
	fast, slow Conn
}

// same compares everything that the two hold.
func (w *twin) same(after string) {
	w.t.Helper()
	if !reflect.DeepEqual(&w.fast, &w.slow) {
		w.t.Fatalf("after %s:\nwith    %+v\nwithout %+v", after, w.fast, w.slow)
	}
}

func (w *twin) segment(now sim.Time, why sim.Cause, h *packet.TCPHeader, p *packet.Payload) {
	if w.fast.state == Closed {
		return
	}
	w.fast.Segment(now, why, h, p)

	w.slow.begin(now, why)
	w.slow.arrive(why, h, p)
	w.slow.allow(why)
	w.same("a segment")
}

func (w *twin) tick(now sim.Time, why sim.Cause) {
	if w.fast.Deadline() <= now {
		w.fast.Tick(now, why)
		w.slow.Tick(now, why)
		w.same("a tick")
	}
}

func (w *twin) emit(now sim.Time, out *packet.Packet) bool {
	var other packet.Packet
	*out = packet.Packet{}
	ok := w.fast.Emit(now, out)
	if again := w.slow.Emit(now, &other); ok != again || !reflect.DeepEqual(out, &other) {
		w.t.Fatalf("emitted %v %+v, without prediction %v %+v", ok, out, again, &other)
	}
	return ok
}

func (w *twin) event() (Event, bool) {
	e, ok := w.fast.NextEvent()
	if f, again := w.slow.NextEvent(); ok != again || e != f {
		w.t.Fatalf("event %v %+v, without prediction %v %+v", ok, e, again, f)
	}
	return e, ok
}

func (w *twin) read(now sim.Time, why sim.Cause, limit int) {
	var a, b packet.Payload
	w.fast.Read(now, why, limit, &a)
	w.slow.Read(now, why, limit, &b)
	if !reflect.DeepEqual(a, b) {
		w.t.Fatalf("read %+v, without prediction %+v", a, b)
	}
}

func (w *twin) write(now sim.Time, why sim.Cause, p packet.Payload) {
	w.fast.Write(now, why, p)
	w.slow.Write(now, why, p)
}

func (w *twin) both(f func(c *Conn)) {
	f(&w.fast)
	f(&w.slow)
	w.same("a call")
}

// forge changes a segment in a way that no end of ours would.
func forge(r *rand.Rand, f *flying) {
	switch r.IntN(6) {
	case 0:
		f.header.Window = 0
	case 1:
		f.header.Ack += uint32(r.IntN(3000) - 1500)
	case 2:
		f.header.Seq += uint32(r.IntN(3000) - 1500)
	case 3:
		f.header.Flags ^= 1 << r.IntN(8)
	case 4:
		f.header.TSVal -= uint32(r.IntN(3))
	case 5:
		var longer packet.Payload
		longer.AppendPayload(f.data)
		longer.Append(packet.Bytes(make([]byte, r.IntN(5000))))
		f.data = longer
	}
}

// TestPredictionChangesNothing runs two ends over a wire that loses, repeats, reorders and forges, with owners that write, read
// and close at random, and wants every end to be bit for bit what it would be without header prediction.
func TestPredictionChangesNothing(t *testing.T) {
	taken, all := 0, 0
	for seed := range uint64(45) {
		r := rand.New(rand.NewPCG(seed, 1))
		chance := func(percent int) bool { return r.IntN(100) < percent }
		var w [2]twin
		for i := range w {
			w[i].t = t
			w[i].cfg = Config{NoTimestamps: chance(20), NoWindowScale: chance(20), Nagle: chance(20), MSS: []int{0, 500}[r.IntN(2)],
				RecvBuffer: []int{0, 3000, 20000}[r.IntN(3)], SendBuffer: []int{0, 5000}[r.IntN(2)], DelayedACK: []time.Duration{0, -1}[r.IntN(2)]}
			variant(int(seed), &w[i].cfg)
			w[i].cfg.QuickACK, w[i].cfg.ECN = chance(20), ECNMode(r.IntN(3))
			if chance(20) {
				w[i].cfg.KeepAlive = 300 * time.Millisecond
			}
		}
		var now sim.Time
		record := sim.RecordID(0)
		why := func() sim.Cause { record++; return sim.Cause{Record: record} }
		c := why()
		w[0].both(func(x *Conn) { x.OpenActive(now, c, &w[0].cfg, addrA, addrB, uint32(seed)<<25) })
		var wire []flying
		send := func(i int) {
			var out packet.Packet
			for w[i].emit(now, &out) {
				copies := 1
				if seed%3 != 0 && chance(4) {
					copies = 2 * r.IntN(2)
				}
				for range copies {
					f := flying{at: now + 10*ms, from: i, header: out.TCP, data: out.Payload, why: out.Cause}
					if seed%3 == 2 && chance(10) {
						f.at += sim.Time(r.IntN(5)) * ms
					}
					wire = append(wire, f)
				}
			}
		}
		serve := func(i int) {
			for again := true; again; {
				again = false
				send(i)
				for e, ok := w[i].event(); ok; e, ok = w[i].event() {
					again = true
					if e.Kind == EvReadable && chance(90) {
						w[i].read(now, e.Why, []int{1 << 30, 700}[r.IntN(2)])
					}
				}
			}
		}
		send(0)
		for step := range 2000 {
			now += sim.Time(r.IntN(int(ms)))
			i := step & 1
			w[i].tick(now, why())
			for j := 0; j < len(wire); j++ {
				f := wire[j]
				if f.at > now || f.from == i {
					continue
				}
				wire = append(wire[:j], wire[j+1:]...)
				j--
				if i == 1 && w[1].fast.cfg == nil && f.header.Flags == packet.SYN {
					o := Opening{Local: addrB, Remote: addrA, Header: f.header, Why: f.why}
					w[1].both(func(x *Conn) { x.OpenPassive(now, &o, &w[1].cfg, 7, false) })
				} else {
					all++
					if x := &w[i].fast; x.state == Established && f.header.Seq == x.rnxt && x.ooo.n == 0 {
						taken++
					}
					if seed%5 == 4 && chance(10) {
						forge(r, &f)
					}
					w[i].segment(now, f.why, &f.header, &f.data)
				}
				serve(i)
			}
			if st := w[i].fast.State(); st >= Established && chance(20) {
				var p packet.Payload
				p.Append(packet.Synthetic(packet.Pattern(i+1), uint64(r.IntN(2))*uint64(w[i].fast.end), 1+r.IntN(4000)))
				if chance(30) {
					p.Append(packet.Bytes(make([]byte, 1+r.IntN(100))))
				}
				w[i].write(now, why(), p)
			}
			if chance(5) {
				w[i].read(now, why(), 1<<30)
			}
			if step > 1500 && chance(1) {
				c := why()
				if closing := r.IntN(10); closing == 0 {
					w[i].both(func(x *Conn) { x.Close(now, c) })
				} else {
					w[i].both(func(x *Conn) { x.CloseWrite(now, c) })
				}
			}
			serve(i)
		}
	}
	if taken < 5000 || all-taken < 1000 {
		t.Errorf("of %d segments %d were in order: the test shows little", all, taken)
	}
	t.Logf("of %d segments %d were in order", all, taken)
}

// TestPredictionFINBeyondHole has the octets before an early FIN arrive in order: more than octets becomes of them.
func TestPredictionFINBeyondHole(t *testing.T) {
	s := into(t, Established)
	s.recv("F.", 11, 1, 0)
	s.want(". 1 ack 1")
	s.recv(".", 1, 1, 10)
	s.want(". 1 ack 12")
	s.wantState(CloseWait)
}
