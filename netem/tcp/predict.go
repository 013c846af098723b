package tcp

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// predicted takes the segment that an established connection expects next: octets that follow those received, an
// acknowledgement of something new, or both. It does what arrive would, and reports false, having done nothing, for all
// other segments. After V. Jacobson's header prediction (RFC 1323 App. A.2, "header prediction").
func (c *Conn) predicted(why sim.Cause, h *packet.TCPHeader, p *packet.Payload) bool {
	n, acked := uint32(p.Len), h.Ack-c.una
	switch {
	case h.Flags&^packet.PSH != packet.ACK || h.Seq != c.rnxt || h.NumSACK != 0:
		return false
	case c.state != Established || c.ooo.n != 0 || c.finSeen || c.noReader:
		return false
	case lt(c.redge, c.rnxt+n): // beyond the window, or a window that is shut
		return false
	case acked > c.nxt-c.una: // too old or too new
		return false
	case acked == 0 && (n == 0 || c.wnd == 0 || h.Window == 0 || c.use == persist): // a duplicate, or news of the window
		return false
	case c.pawsFails(h):
		return false
	}
	if c.ecn {
		c.ceNow = false
	}
	c.noteTimestamp(h)
	c.takeWindow(h)
	if acked != 0 {
		c.acknowledged(h, why, 0, false)
	}
	if n == 0 {
		return true
	}
	c.rmss = max(c.rmss, min(n, c.ownMSS))
	for i := range p.Spans {
		if s := &p.Spans[i]; s.Len > 0 {
			c.rcv.push(c.cfg.Pool, c.rnxt, s, why)
			c.rnxt += uint32(s.Len)
		}
	}
	c.ackLater(why)
	c.octetsReceived += uint64(n)
	c.event(EvReadable, int(n), why)
	return true
}
