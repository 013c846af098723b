package invariant

import (
	"encoding/binary"

	"imsim/netem/packet"
)

// shim follows the frames (RFC 4571 §2) of one direction of a connection that ICE has set up: those that are STUN are let by, what
// the others hold is TLS, or is not.
type shim struct {
	head [10]byte // the length, and of the frame as much as tells STUN
	have int
	left int // octets of the frame still to come
	stun bool
}

// span takes one run of octets and returns what is wrong with what frames other than STUN hold, or "".
func (h *shim) span(sp packet.Span, inner func(packet.Span) string) string {
	for sp.Len > 0 {
		if h.left > 0 {
			n := min(h.left, sp.Len)
			if !h.stun {
				if why := inner(sp.Slice(0, n)); why != "" {
					return why
				}
			}
			h.left -= n
			sp = sp.Slice(n, sp.Len)
			continue
		}
		if sp.Bytes == nil && h.have < 2 {
			return "pattern octets in place of a frame's length"
		}
		n := min(h.want()-h.have, sp.Len)
		sp.Slice(0, n).AppendTo(h.head[:h.have])
		h.have += n
		sp = sp.Slice(n, sp.Len)
		if h.have < 2 || h.have < h.want() {
			continue
		}
		size := h.want() - 2
		h.left = int(binary.BigEndian.Uint16(h.head[:])) - size
		h.have = 0
		// RFC 8489 §5: two zero bits, and the magic cookie.
		h.stun = size == 8 && h.head[2]&0xc0 == 0 && binary.BigEndian.Uint32(h.head[6:]) == 0x2112a442
		if !h.stun && size > 0 {
			if why := inner(packet.Bytes(append([]byte(nil), h.head[2:2+size]...))); why != "" {
				return why
			}
		}
	}
	return ""
}

// want returns how many octets of the head it takes to go on.
func (h *shim) want() int {
	if h.have < 2 {
		return 2
	}
	return 2 + min(8, int(binary.BigEndian.Uint16(h.head[:])))
}

// framed reports a connection between two ends that is one of ICE: what a gateway has said counts, otherwise what both sides have.
func framed(local, remote end) bool {
	switch {
	case local.gateway:
		return local.framed
	case remote.gateway:
		return remote.framed
	}
	return (local.framed || !local.known) && (remote.framed || !remote.known) && (local.known || remote.known)
}
