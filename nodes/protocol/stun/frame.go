package stun

import "encoding/binary"

// FrameHead is the length before each frame of a connection that ICE has set up, in octets (RFC 4571 §2).
const FrameHead = 2

// MaxFrame is the longest frame.
const MaxFrame = 1<<16 - 1

// AppendFrame appends a frame with its length before it. It panics when the frame is longer than MaxFrame: that is ours.
func AppendFrame(dst, frame []byte) []byte {
	if len(frame) > MaxFrame {
		panic("stun: frame too long")
	}
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(frame))), frame...)
}

// CutFrame returns the first frame of b and what follows it; ok is false while it is not complete.
func CutFrame(b []byte) (frame, rest []byte, ok bool) {
	if len(b) < FrameHead {
		return nil, b, false
	}
	n := FrameHead + int(binary.BigEndian.Uint16(b))
	if len(b) < n {
		return nil, b, false
	}
	return b[FrameHead:n], b[n:], true
}
