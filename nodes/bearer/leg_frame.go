package bearer

import (
	"imsim/netem/packet"
	"imsim/nodes/protocol/stun"
	"imsim/sim"
)

// FrameTap takes the frames of a leg that are STUN, and while the leg is not selected all others, too.
type FrameTap interface {
	LegFrame(l *Leg, frame []byte, why sim.Cause)
}

// frames is the layer between TCP and what it carries on a connection of ICE: everything goes in frames with their length
// before them, STUN as well as application octets and TLS records (RFC 6544 §3, RFC 4571 §2). An application frame has no
// meaning of its own: its octets are handed on as they come.
type frames struct {
	tap  FrameTap
	open bool // selected: application octets may pass
	busy bool
	raw  packet.Payload // off TCP
	in   packet.Payload // application octets, not yet read
	why  sim.Cause      // of the last of them
	rest int            // octets of the application frame under way that have not come
}

// Frame makes the leg's connection one of ICE, before anything has been sent or received.
func (l *Leg) Frame(tap FrameTap) { l.frames = &frames{tap: tap} }

// Select lets application octets pass: the leg's pair is the one that ICE has chosen.
func (l *Leg) Select(why sim.Cause) {
	l.frames.open = true
	l.pull(why)
}

// SendFrame sends a frame of ICE itself.
func (l *Leg) SendFrame(frame []byte, why sim.Cause) {
	if l.stream != nil && !l.ended && !l.wantFIN && l.stream.WriteSpace() >= stun.FrameHead+len(frame) {
		if k := l.base.K; k.Tracing() {
			why = k.Record(sim.Record{Cause: why, Node: l.base.Entity, Kind: "stun.sent", Text: stun.TypeOf(frame).String()})
		}
		l.stream.Write(packet.PayloadOf(stun.AppendFrame(nil, frame)), why)
	}
}

// unframe takes what TCP has apart, as far as there is room for it.
func (l *Leg) unframe(why sim.Cause) {
	f := l.frames
	if f == nil || f.busy || l.ended {
		return
	}
	f.busy = true
	for !l.ended && f.in.Len < plainLimit {
		if n := l.stream.Readable(); n > 0 {
			_, why = l.stream.Read(plainLimit, &f.raw, why)
		}
		if !l.cut(why) {
			break
		}
	}
	f.busy = false
}

// cut takes one frame, or the next part of an application frame, off the front; false when there is too little.
func (l *Leg) cut(why sim.Cause) bool {
	f := l.frames
	if f.rest == 0 {
		n, ok := f.length()
		if !ok {
			return false
		}
		if !f.open || f.stun(n) {
			if f.raw.Len < stun.FrameHead+n {
				return false
			}
			b := f.peek(stun.FrameHead, n)
			f.raw.Drop(stun.FrameHead + n)
			f.tap.LegFrame(l, b, why)
			return true
		}
		if f.raw.Len < min(stun.FrameHead+n, stun.FrameHead+8) {
			return false // too little to tell whether it is STUN
		}
		f.raw.Drop(stun.FrameHead)
		f.rest = n
		if n == 0 {
			return true
		}
	}
	n := min(f.rest, f.raw.Len)
	if n == 0 {
		return false
	}
	f.in.AppendRange(f.raw, 0, n)
	f.raw.Drop(n)
	f.rest, f.why = f.rest-n, why
	return true
}

// length returns that of the frame at the front.
func (f *frames) length() (n int, ok bool) {
	if f.raw.Len < stun.FrameHead {
		return 0, false
	}
	b := f.peek(0, stun.FrameHead)
	return int(b[0])<<8 | int(b[1]), true
}

// stun reports that the frame at the front, of n octets, begins as a STUN message does: so far its type, length and cookie are
// looked at.
func (f *frames) stun(n int) bool {
	if n < 20 || f.raw.Len < stun.FrameHead+8 {
		return false
	}
	return stun.Begins(f.peek(stun.FrameHead, 8), n)
}

func (f *frames) peek(from, n int) []byte {
	var p packet.Payload
	p.AppendRange(f.raw, from, from+n)
	return p.Bytes()
}

// send writes to TCP, in frames where there are such, and returns how many octets it took.
func (l *Leg) send(p packet.Payload, why sim.Cause) (n int) {
	if l.frames == nil {
		return l.stream.Write(p, why)
	}
	for n < p.Len {
		part := min(p.Len-n, l.room())
		if part <= 0 {
			break
		}
		framed := packet.PayloadOf([]byte{byte(part >> 8), byte(part)})
		framed.AppendRange(p, n, n+part)
		l.stream.Write(framed, why)
		n += part
	}
	return n
}

// room returns how many octets send takes at least.
func (l *Leg) room() int {
	n := l.stream.WriteSpace()
	if l.frames != nil {
		n = min(max(n-stun.FrameHead, 0), stun.MaxFrame)
	}
	return n
}

// receive moves octets that have come in to the end of into.
func (l *Leg) receive(limit int, into *packet.Payload, reading sim.Cause) (n int, why sim.Cause) {
	f := l.frames
	if f == nil {
		return l.stream.Read(limit, into, reading)
	}
	n, why = min(limit, f.in.Len), f.why
	into.AppendRange(f.in, 0, n)
	f.in.Drop(n)
	l.unframe(reading)
	return n, why
}

// received returns how many octets wait for receive.
func (l *Leg) received() int {
	if l.frames != nil {
		return l.frames.in.Len
	}
	return l.stream.Readable()
}
