package tcp

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// arriveSynSent is RFC 9293 §3.10.7.3. Octets that come with a SYN are left for the peer to send again.
func (c *Conn) arriveSynSent(why sim.Cause, h *packet.TCPHeader) {
	f := h.Flags
	acked := false
	if f&packet.ACK != 0 {
		if le(h.Ack, c.iss) || lt(c.nxt, h.Ack) {
			if f&packet.RST == 0 {
				c.resetSegment(why, h.Ack)
			}
			return
		}
		acked = true
	}
	if f&packet.RST != 0 {
		if acked {
			c.reset(Refused, why)
		}
		return
	}
	if f&packet.SYN == 0 {
		return
	}
	c.takeSYN(c.now, h)
	c.event(EvSYNReceived, 0, why)
	if !acked {
		// RFC 9293 §3.5, figure 7: simultaneous open.
		c.state = SynReceived
		c.passive = false
		c.synDue = true
		c.syns = 0
		return
	}
	c.establish(why, h)
	c.una = h.Ack
	c.takeSynRTT(h)
	c.ackSoon(why)
}

// arriveSynReceived is what RFC 9293 §3.10.7.4 says of SYN-RECEIVED alone. It returns whether the general rules go on.
func (c *Conn) arriveSynReceived(why sim.Cause, h *packet.TCPHeader, p *packet.Payload) bool {
	f := h.Flags
	if f&packet.RST == 0 && f&packet.SYN != 0 && h.Seq == c.rnxt-1 {
		if f&packet.ACK != 0 && !c.passive && h.Ack == c.iss+1 {
			// RFC 9293 §3.5: the SYN,ACK of a simultaneous open; its SYN is the one we know already.
			c.acceptSYNACK(why, h)
			return false
		}
		c.repeatedSYN(why)
		return false
	}
	if c.held {
		if f&packet.RST != 0 {
			if h.Seq == c.rnxt {
				c.reset(PeerReset, why)
			}
		} else if f&(packet.SYN|packet.ACK) == packet.SYN {
			// Nothing has been sent, so this is still LISTEN for the peer: a new attempt from the same port replaces the old.
			c.takeSYN(c.now, h)
		} else if f&packet.ACK != 0 {
			c.resetSegment(why, h.Ack) // RFC 9293 §3.10.7.2, second step
		}
		return false
	}
	return true
}

// repeatedSYN answers a SYN that came again with the SYN,ACK again, but not twice within half a second, in case our own
// timer has just repeated it (Linux: tcp_invalid_ratelimit) [SIM]. While held it is absorbed.
func (c *Conn) repeatedSYN(why sim.Cause) {
	const apart = 500 * time.Millisecond
	if c.held || c.synDue || c.now.Sub(c.lastSent) < apart {
		return
	}
	c.synDue = true
}

// acceptSYNACK ends a simultaneous open. The peer's SYN,ACK acknowledges our SYN; ours, sent already, acknowledges its.
func (c *Conn) acceptSYNACK(why sim.Cause, h *packet.TCPHeader) {
	if c.synDue {
		c.synDue = false // ours has not gone yet: the acknowledgement alone is enough
		c.ackSoon(why)
	}
	c.noteTimestamp(h)
	c.establish(why, h)
	c.wnd = uint32(h.Window) // RFC 7323 §2.2: never scaled in a SYN
	c.maxWnd = max(c.maxWnd, c.wnd)
	c.una = h.Ack
	c.takeSynRTT(h)
}

// establish enters ESTABLISHED.
func (c *Conn) establish(why sim.Cause, h *packet.TCPHeader) {
	fromSynReceived := c.state != SynSent
	c.synAcked = true
	c.clearTimer()
	c.timers.giveUp.stop()
	if c.state != FinWait1 {
		c.state = Established
	}
	c.wl1, c.wl2 = h.Seq, h.Ack
	c.synDue = false
	c.cc.init(c.initialWindow()) // RFC 6928 §2
	c.rackOn = c.sack && c.cfg.RACK
	c.softError = false
	c.event(EvEstablished, 0, why)
	if fromSynReceived && h.Flags&packet.SYN == 0 {
		c.wnd = uint32(h.Window) << c.sndWS // RFC 9293 §3.10.7.4: SND.WND from the segment that acknowledges our SYN
		c.maxWnd = max(c.maxWnd, c.wnd)
		c.una = c.iss + 1
		c.takeSynRTT(h)
		if c.nxt != c.una {
			c.armRTO(why) // our FIN is under way already
			c.armUserTimeout(why)
		}
	}
}

// takeSynRTT takes the handshake as the first sample (RFC 6298 §2.2) and clears its doublings.
func (c *Conn) takeSynRTT(h *packet.TCPHeader) {
	c.rec.recover = c.iss
	c.rec.from, c.rec.to = c.una, c.una
	switch {
	case c.rtt.timing:
		c.rtt.timing = false
		c.sample(c.now.Sub(c.rtt.at))
	case c.ts && h.HasTS && h.TSEcr != 0:
		c.sampleTimestamp(h)
	}
	if c.rackOn {
		c.x.rack.minRTT = c.rtt.srtt
	}
	c.rtt.backoff = 0
	c.armKeepAlive(c.waitWhy)
	if c.repeated && c.rtt.srtt == 0 && c.rtt.rto < fallbackRTO {
		c.rtt.rto = fallbackRTO // RFC 6298 §5.7
	}
}
