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
	at    sim.Time
	seq   uint64 // order of arming
	why   sim.Cause
	tx    *transaction
	name  Timer
	index int32 // place in the heap plus one; 0: not armed
}

// agenda is a heap of deadlines by (time, order of arming), so that its order does not depend on addresses.
type agenda struct {
	heap []*deadline
	seq  uint64
}

func (a *agenda) first() *deadline {
	if len(a.heap) == 0 {
		return nil
	}
	return a.heap[0]
}

func (a *agenda) arm(d *deadline, name Timer, at sim.Time, why sim.Cause) {
	a.disarm(d)
	if at == sim.Never {
		return
	}
	a.seq++
	d.at, d.seq, d.why, d.name = at, a.seq, why, name
	a.heap = append(a.heap, d)
	d.index = int32(len(a.heap))
	a.up(len(a.heap) - 1)
}

func (a *agenda) disarm(d *deadline) {
	if d.index == 0 {
		return
	}
	i, last := int(d.index-1), len(a.heap)-1
	d.index = 0
	if moved := a.heap[last]; i != last {
		a.heap[i], moved.index = moved, int32(i+1)
	}
	a.heap[last] = nil
	a.heap = a.heap[:last]
	if i < last {
		a.down(i)
		a.up(i)
	}
}

func (a *agenda) less(i, j int) bool {
	x, y := a.heap[i], a.heap[j]
	return x.at < y.at || x.at == y.at && x.seq < y.seq
}

func (a *agenda) swap(i, j int) {
	h := a.heap
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = int32(i+1), int32(j+1)
}

func (a *agenda) up(i int) {
	for i > 0 && a.less(i, (i-1)/2) {
		a.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (a *agenda) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(a.heap) {
			return
		}
		if c+1 < len(a.heap) && a.less(c+1, c) {
			c++
		}
		if !a.less(c, i) {
			return
		}
		a.swap(i, c)
		i = c
	}
}
