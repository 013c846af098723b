package tcp

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// Emit fills out with the next segment to send, if there is one: addresses, ports, protocol, TCP header, payload spans
// and Cause; everything else is the host's. It is to be called until it reports false, at the instant of the input
// that made it necessary.
func (c *Conn) Emit(now sim.Time, out *packet.Packet) bool {
	if c.Quiet() {
		return false
	}
	if c.rstDue {
		c.emitReset(out)
		return true
	}
	c.now = now
	if c.state <= SynReceived {
		if c.state == Closed {
			return false
		}
		if !c.closingEarly() {
			return c.emitHandshake(out)
		}
	}
	if c.rec.pending() && c.emitAgain(out) {
		return true
	}
	if c.x != nil && (c.resend && c.emitLost(out) || c.tailDue && c.emitProbe(out)) {
		return true
	}
	if n, fin, ok := c.next(); ok {
		c.emitNew(out, n, fin)
		return true
	}
	if c.x != nil && c.resend && c.emitMore(out) {
		return true
	}
	if c.ackDue {
		c.start(out, packet.ACK, c.nxt, c.ackWhy)
		c.finish(out)
		return true
	}
	if c.x != nil && c.keepDue {
		// RFC 9293 §3.8.4: SEG.SEQ = SND.NXT−1, so that it must be answered; no octets, as Linux.
		c.keepDue = false
		c.start(out, packet.ACK, c.nxt-1, c.waitWhy)
		c.finish(out)
		return true
	}
	if c.probeDue {
		// A segment of no octets just before the window, as Linux probes: it must be answered (RFC 9293 §3.8.6.1).
		c.probeDue = false
		c.start(out, packet.ACK, c.una-1, c.waitWhy)
		c.finish(out)
		c.setTimer(persist, c.now.Add(c.rtt.timeout(c.maxRTO())), c.waitWhy)
		return true
	}
	c.watchWindow()
	return false
}

// Quiet reports whether Emit has certainly nothing to give: all that was written is under way and nothing is due.
func (c *Conn) Quiet() bool {
	return (c.x == nil || !c.resend && !c.tailDue && !c.keepDue) && (c.finSent || c.nxt == c.end && !c.finQueued) && !c.ackDue && !c.rstDue && !c.synDue && !c.probeDue && !c.rec.pending()
}

// watchWindow arms the persist timer when something waits and nothing is under way to bring news of the window.
func (c *Conn) watchWindow() {
	if (c.use == idle || c.use == keep) && c.una == c.nxt && !c.finSent && (c.end != c.nxt || c.finQueued) {
		why := c.finWhy
		if c.end != c.nxt {
			why = c.snd.at(c.snd.find(c.nxt)).why
		}
		why = c.causeOf(c.nxt, why)
		c.setTimer(persist, c.now.Add(c.rtt.timeout(c.maxRTO())), why)
		if !c.timers.giveUp.armed() {
			c.armUserTimeout(why)
		}
	}
}

// start fills what every segment has.
func (c *Conn) start(out *packet.Packet, f packet.Flags, seq uint32, why sim.Cause) {
	out.Src, out.Dst = c.localAddr, c.remoteAddr
	out.SrcPort, out.DstPort = c.localPort, c.remotePort
	out.Proto = packet.TCP
	out.TOS = NotECT
	out.Cause = why
	out.TCP = packet.TCPHeader{Seq: seq, Flags: f}
	out.Payload.Spans, out.Payload.Len = out.Payload.Spans[:0], 0
	c.segsOut++
}

// finish completes a segment of a synchronized connection: acknowledgement, window and options.
func (c *Conn) finish(out *packet.Packet) {
	h := &out.TCP
	h.Ack = c.rnxt
	if c.echo {
		h.Flags |= packet.ECE
	}
	h.Window = c.announceWindow()
	c.fillOptions(h)
	c.rack = c.rnxt
	c.ackDue = false
	c.timers.delack.stop()
}

// emitHandshake sends a SYN or SYN,ACK, or an acknowledgement that is due before the connection is established.
func (c *Conn) emitHandshake(out *packet.Packet) bool {
	if !c.synDue {
		if c.ackDue && c.state == SynReceived && !c.held {
			c.start(out, packet.ACK, c.nxt, c.ackWhy)
			c.finish(out)
			return true
		}
		return false
	}
	c.emitSYN(out)
	gap, _ := c.synGap(int(c.syns))
	c.setTimer(handshake, c.now.Add(gap), out.Cause)
	return true
}

func (c *Conn) emitSYN(out *packet.Packet) {
	c.synDue = false
	c.repeated = c.repeated || c.syns > 0
	c.syns++
	f, ev := packet.SYN, EvSYNSent
	if c.state != SynSent {
		f, ev = packet.SYN|packet.ACK, EvSYNACKSent
	}
	c.start(out, f, c.iss, c.waitWhy)
	h := &out.TCP
	if c.state != SynSent {
		h.Ack = c.rnxt
		c.ackDue = false
	}
	h.Window = uint16(min(c.rcvBuf, 0xffff)) // RFC 7323 §2.2: never scaled
	c.redge = c.rnxt + uint32(h.Window)
	c.fillSYNOptions(h)
	c.nxt = maxSeq(c.nxt, c.iss+1)
	c.lastSent = c.now
	if c.repeated {
		c.rtt.timing = false // RFC 6298 §3: Karn's rule
	} else {
		c.rtt.start(c.now, c.nxt) // the SYN, also where a simultaneous open has a SYN,ACK follow it
	}
	c.event(ev, int(c.syns), out.Cause)
}

// emitNew sends n octets of new data, and our FIN with or without them.
func (c *Conn) emitNew(out *packet.Packet, n uint32, fin bool) {
	seq := c.nxt
	if seq == c.una && c.now.Sub(c.lastSent) > c.rtt.rto {
		c.cc.restart(c.initialWindow()) // RFC 5681 §4.1
	}
	why := c.finWhy
	var k *chunk
	if n > 0 {
		if c.cursor > 0 && (c.cursor >= c.snd.n || lt(seq, c.snd.at(c.cursor).seq)) {
			c.cursor-- // what was written since joined the chunk before
		}
		k = c.snd.at(c.cursor)
		why = k.why
	}
	why = c.causeOf(seq, why)
	f := packet.ACK
	if n > 0 && seq+n == c.end {
		f |= packet.PSH // RFC 9293 §3.9.1.2: the last octet that there is
	}
	if fin {
		f |= packet.FIN
	}
	c.start(out, f, seq, why)
	if c.ecn && n > 0 {
		out.TOS = ECT0 // RFC 3168 §6.1.2, §6.1.5: new data only
		if c.cwr {
			out.TCP.Flags |= packet.CWR
			c.cwr = false
		}
	}
	if k != nil && k.span.Bytes == nil && lt(seq+n, k.end()) {
		fillSynthetic(&out.Payload, int(n), k.span.Pattern, k.span.Off+uint64(seq-k.seq)) // bulk transfers
	} else {
		c.cursor = c.fill(out, seq, n, c.cursor)
	}
	c.override = false
	c.nxt = seq + n
	if fin {
		c.nxt++
		c.finSent = true
		c.ownFIN()
		c.event(EvFINSent, 0, why)
	}
	c.finish(out)
	c.lastSent = c.now
	c.rtt.start(c.now, c.nxt)
	if c.x != nil {
		c.noteSent(seq)
	}
	if c.use != answer {
		c.keepTimer(why, true) // RFC 6298 §5.1
		c.armUserTimeout(why)
	}
}

// noteSent enters new data, which begin at seq, on the scoreboard.
func (c *Conn) noteSent(seq uint32) {
	b := &c.x.board
	at := sim.Time(0)
	switch {
	case c.rackOn && !b.on:
		b.start(c.una, c.nxt, c.now)
		return
	case c.rackOn:
		at = c.now
	case !b.on:
		return
	}
	b.sent(seq, c.nxt, at)
	if c.rec.fast {
		c.x.prr.out += c.nxt - seq
	}
}

// fill appends the octets [seq, seq+n), of which the first is in the i-th chunk, and returns the chunk after the last
// octet's, or that one if it is not used up.
func (c *Conn) fill(out *packet.Packet, seq, n, i uint32) uint32 {
	for n > 0 {
		k := c.snd.at(i)
		off := seq - k.seq
		l := min(n, uint32(k.span.Len)-off)
		out.Payload.Append(k.span.Slice(int(off), int(off+l)))
		seq += l
		n -= l
		if off+l < uint32(k.span.Len) {
			break
		}
		i++
	}
	return i
}

// fillSynthetic is Append of a synthetic span to an empty payload, without copies of a span.
func fillSynthetic(p *packet.Payload, n int, pattern packet.Pattern, off uint64) {
	if cap(p.Spans) == 0 {
		p.Append(packet.Synthetic(pattern, off, n))
		return
	}
	p.Spans = p.Spans[:1]
	s := &p.Spans[0]
	if s.Bytes != nil {
		s.Bytes = nil
	}
	s.Len, s.Pattern, s.Off = n, pattern, off
	p.Len = n
}

// emitAgain sends the first segment of what is to be sent again, as far as the congestion window allows.
func (c *Conn) emitAgain(out *packet.Packet) bool {
	r := &c.rec
	if r.lost && r.from-c.una >= c.cc.cwnd {
		return false
	}
	seq := r.from
	if seq == c.iss && !c.synAcked {
		c.emitSYN(out) // FIN-WAIT-1 reached from SYN-RECEIVED: the SYN,ACK is what is missing first
		r.from++
		if c.use != answer {
			c.armRTO(c.waitWhy)
		}
		return true
	}
	n := min(c.segment(), r.to-seq)
	c.emitOctets(out, seq, n, c.waitWhy)
	r.from = seq + n
	if c.use != answer {
		c.armRTO(c.waitWhy)
	}
	return true
}

// emitOctets sends n numbers from seq on again, our FIN among them.
func (c *Conn) emitOctets(out *packet.Packet, seq, n uint32, why sim.Cause) {
	again := n
	fin := c.finSent && seq+n == c.nxt
	if fin {
		n--
	}
	f := packet.ACK
	if n > 0 && seq+n == c.end {
		f |= packet.PSH
	}
	if fin {
		f |= packet.FIN
	}
	c.start(out, f, seq, why)
	if n > 0 {
		c.fill(out, seq, n, c.snd.find(seq))
	}
	c.finish(out)
	c.retransmissions++
	c.rtt.timing = false
	if c.x != nil {
		c.noteAgain(again)
	}
	c.lastSent = c.now
	c.event(EvRetransmit, int(n), why)
}
