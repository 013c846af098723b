package msrp

import "imsim/sim"

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// IDLen is the length of the ids we make: 12 of 62 characters are 71 bits, more than the 64 that RFC 4975 §9 asks.
// All have one length, so that sizes do not depend on draws.
const IDLen = 12

// SessionIDLen is the length of our session ids: 16 characters, 95 bits, more than the 80 of RFC 4975 §14.1.
const SessionIDLen = 16

// NewID draws a transaction id or a Message-ID.
func NewID(r *sim.Stream) string {
	var b [IDLen]byte
	draw(r, b[:])
	return string(b[:])
}

// NewSessionID draws the session-id of a URI.
func NewSessionID(r *sim.Stream) string {
	var b [SessionIDLen]byte
	draw(r, b[:])
	return string(b[:])
}

// draw fills b, eight characters of 62 a draw: the remainders' bias is below 2^-16.
func draw(r *sim.Stream, b []byte) {
	for i := 0; i < len(b); i += 8 {
		x := r.Uint64()
		for j := i; j < min(i+8, len(b)); j++ {
			b[j] = alphabet[x%62]
			x /= 62
		}
	}
}
