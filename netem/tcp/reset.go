package tcp

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// ResetFor makes the RST that answers a segment for which there is no connection; octets is the length of its payload.
// It returns false for a segment that gets no answer, which is an RST itself (RFC 9293 §3.10.7.1).
func ResetFor(h *packet.TCPHeader, octets int) (packet.TCPHeader, bool) {
	if h.Flags&packet.RST != 0 {
		return packet.TCPHeader{}, false
	}
	if h.Flags&packet.ACK != 0 {
		return packet.TCPHeader{Seq: h.Ack, Flags: packet.RST}, true
	}
	return packet.TCPHeader{Ack: h.Seq + length(h, octets), Flags: packet.RST | packet.ACK}, true
}

// resetSegment answers a segment with a bare RST of the given sequence number; the state stays as it is.
func (c *Conn) resetSegment(why sim.Cause, seq uint32) {
	c.rstDue, c.rstBare = true, true
	c.rstSeq, c.rstWhy = seq, why
}

func (c *Conn) emitReset(out *packet.Packet) {
	c.rstDue = false
	c.start(out, packet.RST, c.rstSeq, c.rstWhy)
	if !c.rstBare {
		out.TCP.Flags |= packet.ACK // as Linux does; RFC 9293 §3.10.5 asks for the sequence number only
		out.TCP.Ack = c.rnxt
		if c.synAcked {
			c.fillTimestamp(&out.TCP) // RFC 7323 §3.2: SHOULD be in an RST too; Linux has it in this one, not in the bare ones
		}
	}
	c.event(EvRSTSent, 0, c.rstWhy)
	if c.state == Closed {
		c.report(EvClosed, c.rstReason, 0, c.rstWhy)
	}
}

// arriveReset is a valid RST (RFC 9293 §3.10.7.4, second step).
func (c *Conn) arriveReset(why sim.Cause) {
	switch c.state {
	case SynReceived:
		if !c.passive {
			c.reset(Refused, why)
			return
		}
	case Closing, LastAck:
		// RFC 9293 §3.10.7.4: both sides have said all they had to say; our last octets may be lost.
	}
	c.reset(PeerReset, why)
}

// challengeACK answers a segment that may be forged: ten times in five seconds at most (RFC 5961 §7).
func (c *Conn) challengeACK(why sim.Cause) {
	limit, span := uint8(10), 5*time.Second
	if every := c.cfg.ChallengeEvery; every > 0 {
		limit, span = 1, every // Linux: tcp_invalid_ratelimit
	}
	if c.challenges == 0 || c.now.Sub(c.challengeSince) >= span {
		c.challengeSince, c.challenges = c.now, 0
	}
	if c.challenges < limit {
		c.challenges++
		c.ackSoon(why)
	}
}

// answerUnacceptable answers a segment of length n outside the window (RFC 9293 §3.10.7.4, first step). An empty one
// counts as a challenge, so that two ends which disagree do not answer each other for ever.
func (c *Conn) answerUnacceptable(why sim.Cause, n uint32) {
	if n == 0 {
		c.challengeACK(why)
		return
	}
	c.ackSoon(why)
}
