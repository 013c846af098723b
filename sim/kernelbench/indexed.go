package kernelbench

import (
	"time"

	"imsim/sim"
)

// indexed is the timer model on a 4-ary heap that knows where each entry is, so that a deadline moves in place.
type indexed struct {
	heap   []item
	where  []int32 // index in heap, by slot
	delays []time.Duration
	i      int
}

type item struct {
	at   sim.Time
	slot int32 // endpoint*slots: its packet, the others: its deadlines
}

const slots = 1 + len(deadlines)

func newIndexed(n int) *indexed {
	x := &indexed{delays: packetDelays()}
	for slot := range int32(n * slots) {
		at := sim.Never
		if slot%int32(slots) == 0 {
			at = sim.Time(x.delay())
		}
		x.where = append(x.where, int32(len(x.heap)))
		x.heap = append(x.heap, item{sim.Never, slot})
		x.move(slot, at)
	}
	return x
}

func (x *indexed) delay() time.Duration {
	x.i++
	return x.delays[x.i%len(x.delays)]
}

// Step handles that many packets.
func (x *indexed) Step(ops int) {
	for ops > 0 {
		top := x.heap[0]
		if top.slot%int32(slots) != 0 {
			x.move(top.slot, sim.Never)
			continue
		}
		ops--
		x.move(top.slot, top.at.Add(x.delay()))
		for i, d := range deadlines {
			x.move(top.slot+1+int32(i), top.at.Add(d))
		}
	}
}

// move gives a slot another time.
func (x *indexed) move(slot int32, at sim.Time) {
	h := x.heap
	i := int(x.where[slot])
	for i > 0 {
		p := (i - 1) / 4
		if h[p].at <= at {
			break
		}
		h[i] = h[p]
		x.where[h[i].slot] = int32(i)
		i = p
	}
	for {
		c := 4*i + 1
		if c >= len(h) {
			break
		}
		end := min(c+4, len(h))
		for j := c + 1; j < end; j++ {
			if h[j].at < h[c].at {
				c = j
			}
		}
		if h[c].at >= at {
			break
		}
		h[i] = h[c]
		x.where[h[i].slot] = int32(i)
		i = c
	}
	h[i] = item{at, slot}
	x.where[slot] = int32(i)
}
