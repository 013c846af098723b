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
	hash   uint32
	gone   bool // replaced by a new connection; the entry is free when its expiry comes up
}

// timeWaits is a host's connections in TIME-WAIT, with a heap of their expiries. A restart leaves the heap as it is:
// an expiry that comes too early is put back.
type timeWaits struct {
	all  []waiting
	free []uint32
	heap []expiry
}

type expiry struct {
	at    sim.Time
	index uint32
}

func (a expiry) before(b expiry) bool { return a.at < b.at || a.at == b.at && a.index < b.index }

func (w *timeWaits) deadline() sim.Time {
	if len(w.heap) == 0 {
		return sim.Never
	}
	return w.heap[0].at
}

func (w *timeWaits) add(x waiting) uint32 {
	var i uint32
	if n := len(w.free); n > 0 {
		i = w.free[n-1]
		w.free = w.free[:n-1]
		w.all[i] = x
	} else {
		i = uint32(len(w.all))
		w.all = append(w.all, x)
	}
	w.push(expiry{x.Until, i})
	return i
}

func (w *timeWaits) push(e expiry) {
	h := append(w.heap, e)
	i := len(h) - 1
	for i > 0 && e.before(h[(i-1)/2]) {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = e
	w.heap = h
}

func (w *timeWaits) pop() expiry {
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
	now := h.net.K.Now()
	l := s.conn.Lingering()
	x := waiting{local: s.conn.Local(), remote: s.conn.Remote(), Lingering: l, length: l.Until.Sub(now), why: s.conn.TimerCause(), hash: s.hash()}
	h.tcp.flows.insert(x.hash, waitRef(h.tcp.waits.add(x)), nil)
	h.rearm()
}

// expireTimeWait forgets the connections whose TIME-WAIT is over (RFC 9293 §3.10.8).
func (h *Host) expireTimeWait(now sim.Time) {
	w := &h.tcp.waits
	for len(w.heap) > 0 && w.heap[0].at <= now {
		e := w.pop()
		x := &w.all[e.index]
		switch {
		case x.gone:
			w.free = append(w.free, e.index)
		case x.Until > now:
			w.push(expiry{x.Until, e.index})
		default:
			h.tcp.flows.remove(x.hash, waitRef(e.index))
			w.free = append(w.free, e.index)
		}
	}
}

// replaceWaiting ends a TIME-WAIT for the sake of a new connection and returns the initial sequence number that this
// needs: beyond all that the old one used (RFC 9293 §3.10.7.4, RFC 6191 §2).
func (h *Host) replaceWaiting(ref flowRef) (iss uint32) {
	x := &h.tcp.waits.all[ref.index()]
	x.gone = true
	h.tcp.flows.remove(x.hash, ref)
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
