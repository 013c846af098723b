package tcp

import "imsim/sim"

// run is octets under way, [seq, end), that share one fate.
type run struct {
	seq, end uint32
	at       sim.Time // when they were last sent; for RACK only
	sacked   bool     // the receiver has reported them
	lost     bool     // presumed lost, to be sent again
	again    bool     // have been sent again
	twice    bool     // sent again though not presumed lost: both may be under way (RFC 6675 §4, SetPipe)
}

func (r *run) octets() uint32 { return r.end - r.seq }

// inPipe is what SetPipe of RFC 6675 §4 counts of a run. One presumed lost and sent again is not lost any more.
func (r *run) inPipe() uint32 {
	switch {
	case r.sacked || r.lost:
		return 0
	case r.twice:
		return 2 * r.octets()
	}
	return r.octets()
}

// board is the scoreboard of RFC 6675 §3: all of [SND.UNA, SND.NXT) as runs in sequence order. Without RACK it is on only
// from the first selective acknowledgement, or timeout, until everything is acknowledged.
type board struct {
	runs   []run // from head on
	head   int
	on     bool
	rescue bool   // the rescue retransmission of this recovery is still to be had
	force  bool   // the first retransmission of a recovery goes whatever the pipe
	pipe   uint32 // estimate of what is in the network (RFC 6675 §2)
	sacked uint32 // octets
	lost   uint32 // octets
}

// start begins with everything under way in one run.
func (b *board) start(una, nxt uint32, at sim.Time) {
	b.stop()
	b.on = true
	b.pipe = nxt - una
	if una != nxt {
		b.runs = append(b.runs, run{seq: una, end: nxt, at: at})
	}
}

func (b *board) stop() {
	b.runs, b.head = b.runs[:0], 0
	b.on, b.rescue, b.force = false, false, false
	b.pipe, b.sacked, b.lost = 0, 0, 0
}

// live returns the runs.
func (b *board) live() []run { return b.runs[b.head:] }

// sent adds new data.
func (b *board) sent(seq, end uint32, at sim.Time) {
	b.pipe += end - seq
	if n := len(b.runs); n > b.head {
		if l := &b.runs[n-1]; l.at == at && !l.sacked && !l.lost && !l.again {
			l.end = end
			return
		}
		if n == cap(b.runs) && b.head > n/2 {
			b.runs = b.runs[:copy(b.runs, b.runs[b.head:])]
			b.head = 0
		}
	}
	b.runs = append(b.runs, run{seq: seq, end: end, at: at})
}

// split divides the i-th of the live runs at seq, which must be inside it.
func (b *board) split(i int, seq uint32) {
	i += b.head
	b.runs = append(b.runs, run{})
	copy(b.runs[i+1:], b.runs[i:])
	b.runs[i].end = seq
	b.runs[i+1].seq = seq
}

// find returns the index of the first live run that ends after seq.
func (b *board) find(seq uint32) int {
	l := b.live()
	lo, hi := 0, len(l)
	for lo < hi {
		if m := (lo + hi) / 2; le(l[m].end, seq) {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// count works out the sums after marks have changed, and joins neighbours that have been reported.
func (b *board) count() {
	b.pipe, b.sacked, b.lost = 0, 0, 0
	l := b.live()
	n := 0
	for i := range l {
		r := &l[i]
		b.pipe += r.inPipe()
		switch {
		case r.sacked:
			b.sacked += r.octets()
		case r.lost:
			b.lost += r.octets()
		}
		if n > 0 && r.sacked && l[n-1].sacked {
			l[n-1].end = r.end
			continue
		}
		if n != i {
			l[n] = *r
		}
		n++
	}
	b.runs = b.runs[:b.head+n]
}

// markLost applies IsLost of RFC 6675 §4: at least DupThresh separate runs, or more than DupThresh−1 segments' octets,
// reported above.
func (b *board) markLost(mss uint32) {
	octets, separate := uint32(0), 0
	l := b.live()
	for i := len(l) - 1; i >= 0; i-- {
		switch r := &l[i]; {
		case r.sacked:
			octets += r.octets()
			separate++
		case !r.lost && !r.again && (separate >= dupThresh || octets > (dupThresh-1)*mss):
			r.lost = true
		}
	}
}

// markFirst presumes the first segment lost.
func (b *board) markFirst(mss uint32) {
	if l := b.live(); len(l) > 0 && !l[0].sacked {
		if l[0].octets() > mss {
			b.split(0, l[0].seq+mss)
		}
		r := &b.live()[0]
		r.lost, r.twice = true, false
	}
}

// renege forgets what was reported (RFC 2018 §8: the receiver may discard what it has not acknowledged).
func (b *board) renege() {
	l := b.live()
	for i := range l {
		l[i].sacked = false
	}
}

// firstLost returns the index of the first live run to be sent again, or −1.
func (b *board) firstLost() int {
	for i, r := range b.live() {
		if r.lost {
			return i
		}
	}
	return -1
}

// resent notes that the first n octets of the i-th live run have been sent again.
func (b *board) resent(i int, n uint32, at sim.Time) {
	if b.live()[i].octets() > n {
		b.split(i, b.live()[i].seq+n)
	}
	r := &b.live()[i]
	before := r.inPipe()
	if r.lost {
		b.lost -= n
	} else {
		r.twice = true
	}
	r.lost, r.again, r.at = false, true, at
	b.pipe += r.inPipe() - before
}

// original returns how many octets before ack are not reported yet and were sent only once.
func (b *board) original(ack uint32) (n uint32) {
	for _, r := range b.live() {
		if !lt(r.seq, ack) {
			break
		}
		if !r.sacked && !r.again {
			n += minSeq(r.end, ack) - r.seq
		}
	}
	return n
}
