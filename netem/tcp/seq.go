package tcp

// Sequence numbers are compared modulo 2^32 (RFC 9293 §3.4).

func lt(a, b uint32) bool { return int32(a-b) < 0 }
func le(a, b uint32) bool { return int32(a-b) <= 0 }

// maxSeq returns the later of a and b.
func maxSeq(a, b uint32) uint32 {
	if lt(a, b) {
		return b
	}
	return a
}

// minSeq returns the earlier of a and b.
func minSeq(a, b uint32) uint32 {
	if lt(a, b) {
		return a
	}
	return b
}
