package netem

import (
	"time"

	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// waiting is a connection in TIME-WAIT: what is left of it once its owner and its buffers have gone.
type waiting struct {
	local, remote packet.AddrPort
	tcp.Lingering
	length time.Duration
	why    sim.Cause
	gone   bool // replaced by a new connection; the entry is free when its expiry comes up
}

// timeWaits is a host's connections in TIME-WAIT, with their expiries: a ring of those that came in order, which is all of
// them where TIME-WAIT is always as long, and a heap of the others. A restart leaves its expiry where it is: one that
// comes too early is put back.
type timeWaits struct {
	all  []waiting
	free []uint32
	ring []expiry // a power of two
	head uint32
	n    uint32
	last sim.Time // expiry of the ring's last
	heap []expiry
}

type expiry struct {
	at    sim.Time
	index uint32
	hash  uint32 // of the connection's addresses
}

func (a expiry) before(b expiry) bool { return a.at < b.at || a.at == b.at && a.index < b.index }

func (w *timeWaits) deadline() sim.Time {
	at := sim.Never
	if len(w.heap) > 0 {
		at = w.heap[0].at
	}
	if w.n > 0 {
		at = min(at, w.ring[w.head].at)
	}
	return at
}

// add returns a free entry and its index.
func (w *timeWaits) add() (*waiting, uint32) {
	if n := len(w.free); n > 0 {
		i := w.free[n-1]
		w.free = w.free[:n-1]
		return &w.all[i], i
	}
	w.all = append(w.all, waiting{})
	i := uint32(len(w.all) - 1)
	return &w.all[i], i
}

func (w *timeWaits) push(e expiry) {
	if w.n > 0 && e.at < w.last {
		w.pushHeap(e)
		return
	}
	if int(w.n) == len(w.ring) {
		bigger := make([]expiry, max(16, 2*w.n))
		for i := range w.n {
			bigger[i] = w.ring[(w.head+i)&(w.n-1)]
		}
		w.ring, w.head = bigger, 0
	}
	w.ring[(w.head+w.n)&uint32(len(w.ring)-1)] = e
	w.n++
	w.last = e.at
}

// due takes the next expiry up to now.
func (w *timeWaits) due(now sim.Time) (expiry, bool) {
	ring := w.n > 0 && w.ring[w.head].at <= now
	if len(w.heap) > 0 && w.heap[0].at <= now && !(ring && w.ring[w.head].before(w.heap[0])) {
		return w.popHeap(), true
	}
	if !ring {
		return expiry{}, false
	}
	e := w.ring[w.head]
	w.head = (w.head + 1) & uint32(len(w.ring)-1)
	w.n--
	return e, true
}

func (w *timeWaits) pushHeap(e expiry) {
	h := append(w.heap, e)
	i := len(h) - 1
	for i > 0 && e.before(h[(i-1)/2]) {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = e
	w.heap = h
}

func (w *timeWaits) popHeap() expiry {
	h := w.heap
	top, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	i := 0
	for {
		c := 2*i + 1
		if c >= len(h) {
			break
		}
		if c+1 < len(h) && h[c+1].before(h[c]) {
			c++
		}
		if !h[c].before(last) {
			break
		}
		h[i] = h[c]
		i = c
	}
	if len(h) > 0 {
		h[i] = last
	}
	w.heap = h
	return top
}

// linger moves a connection that has reached TIME-WAIT into the compact form.
func (h *Host) linger(s *Stream) {
	w := &h.tcp.waits
	x, i := w.add()
	x.local, x.remote = s.conn.Local(), s.conn.Remote()
	x.Lingering, x.why, x.gone = s.conn.Lingering(), s.conn.TimerCause(), false
	x.length = x.Until.Sub(h.net.K.Now())
	hash := flowHash(&x.local, &x.remote)
	w.push(expiry{x.Until, i, hash})
	h.tcp.flows.replace(hash, streamRef(s.slot), waitRef(i))
	h.rearm()
}

// expireTimeWait forgets the connections whose TIME-WAIT is over (RFC 9293 §3.10.8).
func (h *Host) expireTimeWait(now sim.Time) {
	w := &h.tcp.waits
	for {
		e, ok := w.due(now)
		if !ok {
			return
		}
		x := &w.all[e.index]
		switch {
		case x.gone:
			w.free = append(w.free, e.index)
		case x.Until > now:
			e.at = x.Until
			w.push(e)
		default:
			h.tcp.flows.remove(e.hash, waitRef(e.index))
			w.free = append(w.free, e.index)
		}
	}
}

// replaceWaiting ends a TIME-WAIT for the sake of a new connection and returns the initial sequence number that this
// needs: beyond all that the old one used (RFC 9293 §3.10.7.4, RFC 6191 §2).
func (h *Host) replaceWaiting(ref flowRef) (iss uint32) {
	x := &h.tcp.waits.all[ref.index()]
	x.gone = true
	h.tcp.flows.remove(flowHash(&x.local, &x.remote), ref)
	return x.Nxt + 1<<17
}

// receiveWaiting takes a segment for a connection in TIME-WAIT.
func (h *Host) receiveWaiting(ref flowRef, p *packet.Packet) {
	x := &h.tcp.waits.all[ref.index()]
	reply, v := x.Answer(&p.TCP, p.Payload.Len)
	switch v {
	case tcp.Reincarnate:
		h.opening(p)
		return
	case tcp.Restarted:
		x.Until = h.net.K.Now().Add(x.length)
		x.why = p.Cause
		fallthrough
	case tcp.Answered:
		if reply.HasTS {
			reply.TSVal = uint32(uint64(h.net.K.Now())/uint64(time.Millisecond)) + x.TSOffset
		}
		h.sendBare(x.local, x.remote, &reply, p.Cause)
	}
	h.net.Pool.Put(p)
}
