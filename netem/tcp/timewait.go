package tcp

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// enterTimeWait begins TIME-WAIT. For the owner the connection is gone.
func (c *Conn) enterTimeWait(why sim.Cause) {
	c.state = TimeWait
	c.snd.release(c.cfg.Pool)
	c.ooo.release(c.cfg.Pool)
	c.dropExtension()
	c.rackOn, c.sack = false, false
	c.clearTimers()
	c.setTimer(quiet, c.now.Add(or(c.cfg.TimeWait, defaultTimeWait)), why)
	c.event(EvClosed, 0, why)
}

// Lingering is all that TIME-WAIT needs of a connection, for a host that keeps many of them.
type Lingering struct {
	Nxt, RNxt uint32 // SND.NXT and RCV.NXT
	TSRecent  uint32
	TSOffset  uint32
	TS        bool
	Window    uint16   // as last announced
	Until     sim.Time // end of TIME-WAIT
}

// Verdict says what a segment means to a connection in TIME-WAIT.
type Verdict uint8

// The verdicts.
const (
	Ignored     Verdict = iota
	Answered            // the reply is to be sent
	Restarted           // the reply is to be sent, and TIME-WAIT begins again
	Reincarnate         // a SYN that may open a new connection in place of this one
)

// Lingering returns the compact form of a connection in TIME-WAIT. The owner drains Emit before it forgets the Conn.
func (c *Conn) Lingering() Lingering {
	return Lingering{Nxt: c.nxt, RNxt: c.rnxt, TSRecent: c.tsRecent, TSOffset: c.tsOffset, TS: c.ts,
		Window: uint16(min((c.redge-c.rnxt)>>c.rcvWS, 0xffff)), Until: c.timers.rtx.at}
}

// Answer judges a segment with the given number of octets. reply lacks only the timestamp value, which is the clock's:
// see TSNow.
func (l *Lingering) Answer(h *packet.TCPHeader, octets int) (reply packet.TCPHeader, v Verdict) {
	f := h.Flags
	switch {
	case f&packet.RST != 0:
		return reply, Ignored // RFC 1337 §3: an RST must not end TIME-WAIT
	case f&(packet.SYN|packet.ACK) == packet.SYN:
		// RFC 6191 §2, RFC 9293 §3.10.7.4: newer by its timestamp, or by its number.
		if l.TS && h.HasTS && lt(l.TSRecent, h.TSVal) || lt(l.RNxt, h.Seq) && !(l.TS && h.HasTS && lt(h.TSVal, l.TSRecent)) {
			return reply, Reincarnate
		}
		v = Answered
	case f&packet.FIN != 0 && h.Seq+uint32(octets)+1 == l.RNxt:
		v = Restarted // RFC 9293 §3.10.7.4, eighth step: the peer has not got our acknowledgement
	case length(h, octets) == 0 && h.Seq == l.RNxt:
		return reply, Ignored
	default:
		v = Answered
	}
	reply = packet.TCPHeader{Seq: l.Nxt, Ack: l.RNxt, Flags: packet.ACK, Window: l.Window}
	if l.TS {
		reply.HasTS, reply.TSEcr = true, l.TSRecent
	}
	return reply, v
}

// MayReincarnate reports whether h is a SYN that may open a new connection in place of this one in TIME-WAIT.
func (c *Conn) MayReincarnate(h *packet.TCPHeader) bool {
	if c.state != TimeWait {
		return false
	}
	l := c.Lingering()
	_, v := l.Answer(h, 0)
	return v == Reincarnate
}

func (c *Conn) arriveTimeWait(why sim.Cause, h *packet.TCPHeader, p *packet.Payload) {
	l := c.Lingering()
	switch _, v := l.Answer(h, p.Len); v {
	case Restarted:
		c.setTimer(quiet, c.now.Add(or(c.cfg.TimeWait, defaultTimeWait)), why)
		c.ackSoon(why)
	case Answered:
		c.answerUnacceptable(why, length(h, p.Len))
	}
}
