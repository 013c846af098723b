package bearer

import (
	"slices"

	"imsim/netem/packet"
	"imsim/netem/tls"
	"imsim/sim"
)

// plainLimit bounds the decrypted octets that a leg holds for a reader that is not ready; ciphertext beyond it stays in
// TCP, whose window closes (§2.6 mergeBuf, §3.7).
const plainLimit = 64 << 10

// Space returns how many application octets Write takes now.
func (l *Leg) Space() int {
	if l.stream == nil || l.ended || l.wantFIN || l.cipher != nil {
		return 0
	}
	if l.tls != nil && l.tls.State() != tls.Open && l.tls.State() != tls.CloseReceived {
		return 0
	}
	return l.room()
}

// Write sends application octets, as many as there is space for, and returns how many.
func (l *Leg) Write(p packet.Payload, why sim.Cause) int {
	n := min(p.Len, l.Space())
	if n < p.Len {
		l.WantSpace()
	}
	if n == 0 {
		return 0
	}
	if n < p.Len {
		var part packet.Payload
		part.AppendRange(p, 0, n)
		p = part
	}
	l.Written += int64(n)
	if l.tls == nil {
		if got := l.send(p, why); got != n {
			panic("bearer: TCP took less than it offered")
		}
		return n
	}
	// The session may keep what it is given; the array of spans is the caller's.
	l.tls.Write(l.base.K.Now(), why, packet.Payload{Spans: slices.Clone(p.Spans), Len: p.Len})
	l.pull(why)
	return n
}

// WantSpace asks for LegWritable as soon as Space is not 0.
func (l *Leg) WantSpace() {
	l.short = true
	if l.stream != nil {
		l.stream.WantSpace()
	}
}

// Readable returns how many application octets wait.
func (l *Leg) Readable() int {
	if l.tls != nil {
		return l.plain.Len
	}
	if l.stream == nil || l.ended {
		return 0
	}
	return l.received()
}

// Take moves up to limit application octets to the end of into and returns how many, with the cause of the last of them.
// reading is the cause of taking them now, which a window update carries on.
func (l *Leg) Take(limit int, into *packet.Payload, reading sim.Cause) (int, sim.Cause) {
	if l.suspended {
		return 0, sim.Cause{}
	}
	var n int
	why := l.plainWhy
	if l.tls == nil {
		n, why = l.receive(limit, into, reading)
	} else if n = min(limit, l.plain.Len); n > 0 {
		if n == l.plain.Len && into.Spans == nil {
			*into, l.plain = l.plain, packet.Payload{}
		} else {
			into.AppendRange(l.plain, 0, n)
			l.plain.Drop(n)
		}
		if l.plain.Len < plainLimit {
			// The reader holds octets that come before those that are pulled now: it is told of nothing until it is back.
			l.taking = true
			l.pull(reading)
			l.taking = false
		}
	}
	l.Read += int64(n)
	return n, why
}

// Settled tells the leg that its reader has taken what it wants for now, so that an end of the stream that stands at the
// front can be reported.
func (l *Leg) Settled() { l.tellEnd() }

// Suspend stops reading: the window closes, probes are answered. Resume goes on.
func (l *Leg) Suspend() { l.suspended = true }

// Resume ends a Suspend.
func (l *Leg) Resume(why sim.Cause) {
	if !l.suspended {
		return
	}
	l.suspended = false
	if l.Readable() > 0 {
		l.owner.LegReadable(l, why)
	}
	l.tellEnd()
}

// DiscardInput throws away what the peer has sent and still sends, and counts it.
func (l *Leg) DiscardInput(why sim.Cause) {
	l.discard = true
	l.dropInput(why)
	l.tellEnd()
}

func (l *Leg) dropInput(why sim.Cause) {
	var junk packet.Payload
	for l.Readable() > 0 && !l.suspended {
		n, _ := l.Take(plainLimit, &junk, why)
		l.Discarded += int64(n)
		junk.Reset()
	}
}
