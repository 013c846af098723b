package nat

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// state is where a connection stands (RFC 7857 §2, figure 1).
type state uint8

const (
	closed      state = iota
	initial           // one SYN has passed
	established       // one from each side
	clientFIN         // the client has sent a FIN
	serverFIN
	bothFIN
	transitory // an RST has passed, or an open connection was idle for too long
)

// tracking is what a NAT knows of a TCP connection. The client is who sent the first SYN.
type tracking struct {
	state  state
	client Side
	known  [2]bool   // whether next is
	next   [2]uint32 // by side: the sequence number behind the last octet seen from there
}

// over reports whether a SYN may begin another connection of the same endpoints.
func (c *tracking) over() bool { return c.state == bothFIN || c.state == transitory }

// opens reports whether p is a SYN without ACK.
func opens(p *packet.Packet) bool {
	return p.TCP.Flags&(packet.SYN|packet.ACK|packet.RST) == packet.SYN
}

// track moves a connection on by a packet from a side, and its deadline. why is not empty if the packet must be dropped.
func (t *Table) track(now sim.Time, i int32, from Side, p *packet.Packet) (why string) {
	s := &t.sess[i]
	c := &s.tcp
	f := p.TCP.Flags
	if f&(packet.SYN|packet.FIN|packet.RST) == 0 {
		c.note(from, p)
		switch c.state {
		case transitory, closed:
			// RFC 7857 §2.2: traffic after an RST shows that the connection is alive. A connection that is taken up where
			// it is counts as open.
			c.state = established
		case initial:
			t.queue.arm(&s.timed, now.Add(t.cfg.Timers.Opening), p.Cause, aSession, i)
			return ""
		}
	} else {
		before := c.state
		if why = t.control(c, from, f); why != "" {
			return why
		}
		c.note(from, p)
		// RFC 7857 §2.2, §6: an RST refreshes nothing.
		if f.Has(packet.RST) && c.state == before {
			return ""
		}
	}
	t.queue.arm(&s.timed, now.Add(t.lifetime(c.state)), p.Cause, aSession, i)
	return ""
}

// control takes a packet with SYN, FIN or RST.
func (t *Table) control(c *tracking, from Side, f packet.Flags) (why string) {
	switch {
	case f.Has(packet.RST):
		// RFC 7857 §2.2: a matching RST is translated, and state is kept.
		if c.state != initial || t.cfg.Timers.Reset < t.cfg.Timers.Opening {
			c.state = transitory
		}
	case f.Has(packet.SYN):
		return t.syn(c, from, f)
	case c.state == established || c.state == transitory || c.state == closed:
		c.state = serverFIN
		if from == c.client {
			c.state = clientFIN
		}
	case c.state == clientFIN && from != c.client, c.state == serverFIN && from == c.client:
		c.state = bothFIN
	}
	return ""
}

// syn takes a SYN, with or without ACK.
func (t *Table) syn(c *tracking, from Side, f packet.Flags) (why string) {
	if f.Has(packet.ACK) {
		if from == c.client && from == Inside && t.cfg.SimOpen == DropOutboundSYNACK {
			return "SYN,ACK of a simultaneous open"
		}
		if c.state == initial && from != c.client || c.state == closed {
			c.state = established
		}
		return ""
	}
	switch {
	case c.state == closed || c.over():
		*c = tracking{state: initial, client: from}
	case c.state == initial && from != c.client:
		// RFC 5382 REQ-2: a simultaneous open.
		if from == Outside && t.cfg.SimOpen == DropInboundSYN {
			return "SYN of a simultaneous open"
		}
		c.state = established
	}
	return ""
}

// note keeps the sequence number behind a packet, for an RST of our own.
func (c *tracking) note(from Side, p *packet.Packet) {
	end := p.TCP.Seq + uint32(p.Payload.Len)
	if p.TCP.Flags&(packet.SYN|packet.FIN) != 0 {
		end++
	}
	if !c.known[from] || int32(end-c.next[from]) > 0 {
		c.known[from], c.next[from] = true, end
	}
	if o := 1 - from; p.TCP.Flags.Has(packet.ACK) && !c.known[o] {
		c.known[o], c.next[o] = true, p.TCP.Ack
	}
}

// lifetime is how long a connection is kept without traffic (RFC 5382 REQ-5, RFC 7857 §2.1).
func (t *Table) lifetime(s state) time.Duration {
	switch s {
	case established:
		return t.cfg.Timers.Open
	case clientFIN, serverFIN:
		return t.cfg.Timers.Half
	case bothFIN:
		return t.cfg.Timers.Closing
	case transitory:
		return t.cfg.Timers.Reset
	}
	return t.cfg.Timers.Opening
}

// expireSession ends a session whose time is up.
func (t *Table) expireSession(now sim.Time, i int32) {
	s := &t.sess[i]
	if s.proto == packet.TCP && s.tcp.state == established && t.cfg.ProbeOnExpiry {
		// RFC 7857 §2: T_EST leads to TRANS, where traffic revives the connection.
		s.tcp.state = transitory
		t.queue.arm(&s.timed, s.deadline.Add(t.cfg.Timers.Closing), s.why, aSession, i)
		return
	}
	if s.proto == packet.TCP && t.cfg.ResetOnExpiry && s.tcp.state != initial && s.tcp.state != bothFIN {
		m := &t.maps[s.m]
		t.reset(s, Outside, m.ext, s.remote)
		t.reset(s, Inside, s.remote, m.in)
	}
	t.Stats.Expired++
	t.endSession(now, i)
}

// reset wants an RST towards a side, with the sequence number that is next expected there (RFC 9293 §3.10.7.4, RFC 5961 §3).
func (t *Table) reset(s *session, to Side, src, dst packet.AddrPort) {
	if !s.tcp.known[1-to] {
		return
	}
	seq := s.tcp.next[1-to]
	if s.splice != nil {
		seq = s.splice.dir[1-to].forward(seq)
	}
	t.out = append(t.out, Output{
		Kind: OutReset, Side: to, Flow: packet.Flow{Src: src, Dst: dst, Proto: packet.TCP}, Seq: seq, Why: s.why,
	})
}
