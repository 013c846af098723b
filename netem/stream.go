package netem

import (
	"imsim/netem/packet"
	"imsim/netem/tcp"
	"imsim/sim"
)

// StreamOwner hears what happens to a TCP connection.
type StreamOwner interface {
	// StreamEvent is called at the event's instant, never from within a call of the owner's to the same stream. The owner
	// may call any method of any stream.
	StreamEvent(s *Stream, ev tcp.Event)
}

// Stream is one end of a TCP connection on a host. After EvClosed it is the owner's alone: what was not read can still
// be read, and the host knows the connection no more but for TIME-WAIT.
type Stream struct {
	owner      StreamOwner
	host       *Host
	due        sim.Time // the slot's timer is set to this or earlier
	generation uint32   // of the host's routes when out was looked up
	out        uint16   // interface towards the peer, counted from 1; 0: none of the host's
	linked     bool     // in the host's table
	held       bool     // has a slot
	slot       uint32
	pumping    bool
	reporting  bool // an event that delivers reports is pending
	recycled   bool // the owner has done with it
	conn       tcp.Conn
}

// newStream makes a stream, whose connection the caller opens, and enters it into the host's table.
func (h *Host) newStream(local, remote packet.AddrPort, owner StreamOwner) *Stream {
	t := &h.tcp
	var s *Stream
	if n := len(t.spare); n > 0 {
		s = t.spare[n-1]
		t.spare = t.spare[:n-1]
		s.generation, s.out, s.recycled, s.reporting = 0, 0, false, false
	} else {
		s = &Stream{}
	}
	s.owner, s.host, s.linked, s.held, s.due = owner, h, true, true, sim.Never
	if n := len(t.free); n > 0 {
		s.slot = t.free[n-1]
		t.free = t.free[:n-1]
	} else {
		s.slot = uint32(len(t.slots))
		t.slots = append(t.slots, tcpSlot{})
		if len(t.slots) == crowd {
			h.crowded()
		}
	}
	t.slots[s.slot].s = s
	t.flows.insert(flowHash(&local, &remote), streamRef(s.slot), s)
	return s
}

// Local returns this end's transport address.
func (s *Stream) Local() packet.AddrPort { return s.conn.Local() }

// Remote returns the peer's transport address.
func (s *Stream) Remote() packet.AddrPort { return s.conn.Remote() }

// Host returns the host that the stream is on.
func (s *Stream) Host() *Host { return s.host }

// SetOwner makes another owner hear what happens from now on.
func (s *Stream) SetOwner(o StreamOwner) { s.owner = o }

// State returns the connection's state.
func (s *Stream) State() tcp.State { return s.conn.State() }

// Stats returns the connection's figures so far.
func (s *Stream) Stats() tcp.Stats { return s.conn.Stats() }

// Held reports whether the SYN,ACK is withheld until Release.
func (s *Stream) Held() bool { return s.conn.Held() }

// Readable returns how many octets can be read.
func (s *Stream) Readable() int { return s.conn.Readable() }

// EOF reports whether the peer's FIN is in and everything before it has been read.
func (s *Stream) EOF() bool { return s.conn.EOF() }

// WriteSpace returns how many octets Write would accept.
func (s *Stream) WriteSpace() int { return s.conn.WriteSpace() }

// WantSpace asks for an EvWritable when there is room again: for who writes no more than there is room for.
func (s *Stream) WantSpace() { s.conn.WantSpace() }

// Write queues octets for the peer and returns how many of them there was room for; when not all, EvWritable follows.
// Real octets are shared, not copied; the span array stays the caller's.
func (s *Stream) Write(p packet.Payload, why sim.Cause) (accepted int) {
	accepted = s.conn.Write(s.now(), why, p)
	s.settle()
	return accepted
}

// Read moves up to limit octets to the end of into and returns how many, and the cause that brought the last of them.
// why is the cause of reading, which a window update carries on.
func (s *Stream) Read(limit int, into *packet.Payload, why sim.Cause) (n int, last sim.Cause) {
	n, last = s.conn.Read(s.now(), why, limit, into)
	s.settle()
	return n, last
}

// CloseWrite sends our FIN behind everything written; the peer may go on sending.
func (s *Stream) CloseWrite(why sim.Cause) {
	s.conn.CloseWrite(s.now(), why)
	s.settle()
}

// Close gives up both directions: FIN behind everything written, RST where octets arrive or have arrived unread.
func (s *Stream) Close(why sim.Cause) {
	s.conn.Close(s.now(), why)
	s.settle()
}

// Abort ends the connection at once, with RST.
func (s *Stream) Abort(why sim.Cause) {
	s.conn.Abort(s.now(), why)
	s.settle()
}

// Release sends the withheld SYN,ACK of a connection that was accepted with hold.
func (s *Stream) Release(why sim.Cause) {
	s.conn.Release(s.now(), why)
	s.settle()
}

// WantDrained asks for one EvDrained when everything written so far has been acknowledged.
func (s *Stream) WantDrained(why sim.Cause) {
	s.conn.WantDrained(s.now(), why)
	s.settle()
}

// Recycle gives a stream back that its owner will never touch again, and whose memory the host's next connection may have:
// for owners of very many short connections, who need not call it. Before EvClosed is delivered it does nothing.
func (s *Stream) Recycle() {
	if s.linked || s.recycled || s.conn.HasEvent() {
		return
	}
	s.recycled = true
	if !s.held { // otherwise at the end of the call that reports
		s.reuse()
	}
}

// reuse lets the next connection have the stream.
func (s *Stream) reuse() {
	s.owner = nil
	s.conn.Forget()
	s.host.tcp.spare = append(s.host.tcp.spare, s)
}

// Forget makes this end vanish without a segment or an event, as after a crash. What the peer sends is answered as for
// a closed port.
func (s *Stream) Forget() {
	s.conn.Forget()
	s.unlink()
	s.letGo()
}

// ForgetAll makes all connections of the host vanish as Forget does, those in TIME-WAIT too: the host restarts. Who
// listens goes on listening.
func (h *Host) ForgetAll() {
	for i := range h.tcp.slots {
		if s := h.tcp.slots[i].s; s != nil {
			s.Forget()
		}
	}
	h.tcp.flows = flowTable{}
	h.tcp.waits = timeWaits{}
	h.rearm()
}

func (s *Stream) now() sim.Time { return s.host.net.K.Now() }

// emit sends what the connection has to send.
func (s *Stream) emit() {
	h := s.host
	n := h.net
	now := n.K.Now()
	for p := n.Pool.Peek(); s.conn.Emit(now, p); p = n.Pool.Peek() {
		n.take(&h.Core)
		p.TTL = defaultTTL
		p.Frag = packet.Fragment{} // not with DF: a literal with values is put together elsewhere, and copied before it is there
		p.Frag.DF = true
		if s.generation != h.routes.generation {
			s.route()
		}
		// As Output does, where there is nothing unusual to see to.
		if s.out != 0 && len(h.pathMTU) == 0 && !n.K.Tracing() {
			if size, out := p.Len(), h.ifaces[s.out-1]; size <= out.MTU() {
				out.transmit(p, size)
				continue
			}
		}
		h.Output(p)
	}
}

// route looks up the interface towards the peer.
func (s *Stream) route() {
	h := s.host
	s.out, s.generation = 0, h.routes.generation
	if i := h.routes.lookup(&h.Core, s.conn.Remote().Addr); i != nil && i != h.lo && i.index < 1<<16-1 {
		s.out = uint16(i.index + 1)
	}
}

// pump sends and reports until there is nothing more of either. It runs in events of the kernel only.
func (s *Stream) pump() {
	if s.pumping {
		return
	}
	s.pumping = true
	for {
		if !s.conn.Quiet() {
			s.emit()
		}
		s.leave()
		if !s.conn.HasEvent() {
			break
		}
		ev, _ := s.conn.NextEvent()
		fp := s.host.net.K.Fingerprint()
		fp.Mix(sim.FpTransition, uint64(s.host.self)<<32|uint64(ev.Kind)<<8|uint64(ev.Reason))
		s.owner.StreamEvent(s, ev)
	}
	s.pumping = false
	s.finish()
}

// settle follows a call of the owner's: segments leave at once, reports come by an event of this instant.
func (s *Stream) settle() {
	if s.pumping {
		return // pump will see to it
	}
	s.emit()
	s.leave()
	if !s.conn.HasEvent() {
		s.finish()
		return
	}
	if s.held && !s.reporting {
		s.reporting = true
		k := s.host.net.K
		k.At(k.Now(), s.host.self, s.slot<<3|evReport)
	}
	s.arm()
}

// leave takes the connection out of the host's table once it is closed, or leaves TIME-WAIT in its place.
func (s *Stream) leave() {
	if st := s.conn.State(); st == tcp.Closed || st == tcp.TimeWait {
		s.left(st)
	}
}

func (s *Stream) left(st tcp.State) {
	switch {
	case !s.linked:
	case st == tcp.TimeWait:
		s.forgotten()
		s.host.linger(s)
	default:
		s.unlink()
	}
}

func (s *Stream) hash() uint32 {
	local, remote := s.conn.Local(), s.conn.Remote()
	return flowHash(&local, &remote)
}

func (s *Stream) unlink() {
	if s.linked {
		s.forgotten()
		s.host.tcp.flows.remove(s.hash(), streamRef(s.slot))
	}
}

// forgotten notes that the host's table does not lead to the stream any more.
func (s *Stream) forgotten() {
	s.linked = false
	if t := &s.host.tcp; t.latest == s {
		t.latest = nil
	}
}

// finish arms the timer, or gives the slot back when the connection has left and all is reported.
func (s *Stream) finish() {
	if s.linked {
		s.arm()
		return
	}
	s.letGo()
}

func (s *Stream) letGo() {
	if !s.held {
		return
	}
	s.held = false
	t := &s.host.tcp
	sl := &t.slots[s.slot]
	sl.s = nil
	s.host.net.K.Arm(&sl.timer, s.host.self, s.slot<<3|evStream, sim.Never)
	t.free = append(t.free, s.slot)
	if s.recycled {
		s.reuse()
	}
}

// arm sees to it that the connection's deadline is not missed. One that moves later, as most do with every segment, is
// not looked at before the timer comes up, which is then set again.
func (s *Stream) arm() {
	if at := s.conn.Deadline(); (at < s.due || at == sim.Never && s.due != at) && s.linked {
		s.due = at
		h := s.host
		h.net.K.Arm(&h.tcp.slots[s.slot].timer, h.self, s.slot<<3|evStream, at)
	}
}
