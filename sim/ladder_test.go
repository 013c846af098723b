package sim

import "testing"

// check verifies the ladder's invariants.
func (q *ladder) check(t *testing.T, now Time) {
	t.Helper()
	if q.base > uint64(now) {
		t.Fatalf("base %d is later than now, %d", q.base, now)
	}
	b := q.bottom
	for i := range b {
		if i > 0 && !b[i].before(b[i-1]) {
			t.Fatalf("bottom is out of order at %d", i)
		}
		if uint64(b[i].at) >= q.limit {
			t.Fatalf("an event of %d in bottom, limit %d", b[i].at, q.limit)
		}
	}
	if len(b) > bottomLimit+1 && b[0].at != b[len(b)-1].at {
		t.Fatalf("bottom has %d events of several instants", len(b))
	}
	used := 0
	for s, last := range q.slots {
		level, digit := uint(s)/radix, uint(s)%radix
		if occupied := q.occupied[level][digit/64]>>(digit%64)&1 != 0; occupied != (last != 0) {
			t.Fatalf("slot %d of level %d: occupied is %v", digit, level, occupied)
		}
		if last == 0 {
			continue
		}
		for c := q.chunks[last].next; ; c = q.chunks[c].next {
			used++
			ch := &q.chunks[c]
			if ch.n == 0 || c != last && ch.n != chunkLen {
				t.Fatalf("a chunk of %d events", ch.n)
			}
			for _, e := range ch.e[:ch.n] {
				if at := uint64(e.at); at < q.limit || at>>(8*level)%radix != uint64(digit) || (at^q.base)>>(8*level) >= radix {
					t.Fatalf("an event of %d in slot %d of level %d, limit %d, base %d", at, digit, level, q.limit, q.base)
				}
			}
			if c == last {
				break
			}
		}
	}
	for c := q.free; c != 0; c = q.chunks[c].next {
		used++
	}
	if len(q.chunks) > 0 && used != len(q.chunks)-1 {
		t.Fatalf("%d of %d chunks are accounted for", used, len(q.chunks)-1)
	}
}

// FuzzLadder schedules and takes events as the input says, on both queues, and looks at the ladder's invariants.
func FuzzLadder(f *testing.F) {
	f.Add([]byte("0123456789 some delays, some takes \x00\x01\x02\xff\xfe\x80\x81"))
	f.Add([]byte{0x10, 200, 0x10, 200, 0x10, 200, 0x83, 0x10, 0, 0x84, 0x84, 0xff})
	f.Add([]byte{0x7f, 1, 0x3f, 9, 0xc5, 0x07, 3, 0xc1, 0x00, 0, 0xff, 0xff})
	burst := make([]byte, 400)
	for i := range burst {
		burst[i] = []byte{0x0b, 7}[i%2]
	}
	f.Add(append(burst, 0x82, 0x82, 0x0b, 1, 0xff))
	f.Fuzz(func(t *testing.T, script []byte) {
		var got ladder
		var want reference
		now, tie := Time(0), uint64(0)
		take := func(until Time) bool {
			if n, m := got.next(now), want.next(); n != m {
				t.Fatalf("next is %v, want %v", n, m)
			}
			g, ok := got.pop(now, until)
			w, wok := want.pop(until)
			if g != w || ok != wok {
				t.Fatalf("took %v %v, want %v %v", g, ok, w, wok)
			}
			if ok {
				now = g.at
			} else if until != Never {
				now = until
			}
			return ok
		}
		for i := 0; i < len(script); i++ {
			op := script[i]
			if op&0x80 != 0 { // take some, up to an instant
				until := now + Time(op>>2&0x1f)<<(op&3*8)
				for range 40 {
					if !take(until) {
						break
					}
				}
				got.check(t, now)
				continue
			}
			if i++; i == len(script) {
				break
			}
			// 8 bits of delay at one of 54 scales, 1 or many times, for entities that come and go
			d := Time(script[i]) << (op & 0x3f % 54)
			if op == 0x0b {
				d = Time(script[i])
			}
			for range 1 + int(op>>6)*49 {
				if now.Add(d.Sub(0)) == Never {
					break
				}
				tie++
				e := entry{at: now + d, tie: uint64(script[i]%5)<<counterBits | tie, arg: uint32(tie)}
				if d == 0 {
					e.tie &^= 1<<counterBits - 1
					got.calls.push(call{e.to(), e.arg})
				} else {
					got.push(e)
				}
				want.push(e, d == 0)
			}
			got.check(t, now)
		}
		for take(Never) {
		}
	})
}

// Bursts cost no more an event than anything else: many events of one instant, scheduled just ahead and for now, and
// events scheduled among them. Were insertion quadratic, this would take minutes.
func TestBursts(t *testing.T) {
	const n = 300_000
	for _, ahead := range []Time{0, 1, 100, 1000, 1 << 20} {
		k := New(Config{})
		var e [3]Entity
		count := 0
		for i := range e {
			e[i] = k.Add("e", handler(func(arg uint32) {
				count++
				if arg > 0 {
					k.At(k.Now(), e[arg%3], arg-1)
					k.At(k.Now()+ahead, e[arg%2], 0)
				}
			}))
		}
		start := k.Add("start", handler(func(uint32) {
			for i := range n {
				k.At(k.Now()+ahead, e[i%3], uint32(i&1))
			}
		}))
		k.At(5, start, 0)
		k.At(5+ahead, e[1], 0)
		k.At(6+ahead, e[1], 0)
		k.Run(Never)
		if want := n + n + 2; count != want {
			t.Errorf("%d events, want %d", count, want)
		}
		k.ladder.check(t, k.Now())
	}
}
