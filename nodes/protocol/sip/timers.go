package sip

import (
	"time"

	"imsim/sim"
)

// Timers are the three base values from which all SIP timers follow (RFC 3261 table 4). The zero value stands for CoreTimers.
type Timers struct {
	T1 time.Duration // round-trip time estimate
	T2 time.Duration // cap of retransmission intervals
	T4 time.Duration // how long a message lives in the network
}

// The timer sets of TS 24.229 table 7.7.1.
var (
	CoreTimers = Timers{500 * time.Millisecond, 4 * time.Second, 5 * time.Second} // between elements of the core network
	UETimers   = Timers{2 * time.Second, 16 * time.Second, 17 * time.Second}      // at the UE, and at the P-CSCF toward it
)

func (t Timers) orCore() Timers {
	if t == (Timers{}) {
		return CoreTimers
	}
	return t
}

// Timeout returns 64·T1: timers B, F, H, J, L, M and the limits of the user agent cores.
func (t Timers) Timeout() time.Duration { return 64 * t.T1 }

// absorb returns Timer D. The RFC asks for at least 32 s (§17.1.1.2), TS 24.229 for more than 64·T1; one T1 more is our choice [I].
func (t Timers) absorb() time.Duration { return 65 * t.T1 }

// Timer names a timer as the standards do.
type Timer uint8

// The timers. TimerTrying, TimerCancelled and those of the user agent cores have no letter.
const (
	NoTimer        Timer = iota
	TimerA               // INVITE client: retransmission
	TimerB               // INVITE client: no response
	TimerC               // INVITE client: no final response after a provisional one
	TimerD               // INVITE client: absorbing responses
	TimerE               // client: retransmission
	TimerF               // client: no final response
	TimerG               // INVITE server: retransmission of the final response
	TimerH               // INVITE server: no ACK
	TimerI               // INVITE server: absorbing ACKs
	TimerJ               // server: absorbing requests
	TimerK               // client: absorbing responses
	TimerL               // INVITE server: accepted
	TimerM               // INVITE client: accepted
	TimerTrying          // INVITE server: 100 is due (RFC 3261 §17.2.1)
	TimerCancelled       // INVITE client: no final response after CANCEL (RFC 3261 §9.1)
	Timer2xx             // UAS: retransmission of the 2xx (RFC 3261 §13.3.1.4)
	TimerACK             // UAS: no ACK for the 2xx
	TimerRel             // UAS: retransmission of a reliable provisional response (RFC 3262 §3)
	TimerPRACK           // UAS: no PRACK
)

var timerNames = [...]string{"none", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "trying", "cancelled", "2xx", "ACK", "rel1xx", "PRACK"}

// String returns the timer's letter or word.
func (t Timer) String() string { return timerNames[t] }

// deadline is an armed timer of a transaction.
type deadline struct {
	why   sim.Cause
	tx    *transaction
	index int32 // place in the heap plus one; 0: not armed
	name  Timer
}

// agenda is a heap of deadlines by (time, order of arming), so that its order does not depend on addresses.
type agenda struct {
	heap []appointment
	seq  uint64
}

// appointment is a deadline's place in the heap. Its key stands here, so that a comparison follows no pointer.
type appointment struct {
	at  sim.Time
	seq uint64 // order of arming
	d   *deadline
}

func (a appointment) before(b appointment) bool { return a.at < b.at || a.at == b.at && a.seq < b.seq }

// next returns when the earliest deadline is due, Never when there is none.
func (a *agenda) next() sim.Time {
	if len(a.heap) == 0 {
		return sim.Never
	}
	return a.heap[0].at
}

// first returns the earliest deadline, nil when there is none.
func (a *agenda) first() *deadline {
	if len(a.heap) == 0 {
		return nil
	}
	return a.heap[0].d
}

func (a *agenda) arm(d *deadline, name Timer, at sim.Time, why sim.Cause) {
	a.disarm(d)
	if at == sim.Never {
		return
	}
	a.seq++
	d.why, d.name = why, name
	a.heap = append(a.heap, appointment{})
	a.up(len(a.heap)-1, appointment{at, a.seq, d})
}

func (a *agenda) disarm(d *deadline) {
	if d.index == 0 {
		return
	}
	i, last := int(d.index-1), len(a.heap)-1
	d.index = 0
	moved := a.heap[last]
	a.heap[last] = appointment{}
	a.heap = a.heap[:last]
	switch {
	case i == last:
	case i > 0 && moved.before(a.heap[(i-1)/2]):
		a.up(i, moved)
	default:
		a.down(i, moved)
	}
}

func (a *agenda) put(i int, x appointment) {
	a.heap[i] = x
	x.d.index = int32(i + 1)
}

// up finds x its place at i or above.
func (a *agenda) up(i int, x appointment) {
	for i > 0 && x.before(a.heap[(i-1)/2]) {
		a.put(i, a.heap[(i-1)/2])
		i = (i - 1) / 2
	}
	a.put(i, x)
}

// down finds x its place at i or below.
func (a *agenda) down(i int, x appointment) {
	for {
		c := 2*i + 1
		if c+1 < len(a.heap) && a.heap[c+1].before(a.heap[c]) {
			c++
		}
		if c >= len(a.heap) || !a.heap[c].before(x) {
			a.put(i, x)
			return
		}
		a.put(i, a.heap[c])
		i = c
	}
}
