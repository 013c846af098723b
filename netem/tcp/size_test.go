package tcp

import (
	"testing"
	"unsafe"
)

// TestSize holds a live connection without buffers to seven and a quarter cache lines: with the 48 octets that a host
// keeps beside it, which it is laid out for, that makes eight.
func TestSize(t *testing.T) {
	const limit = 464
	if n := unsafe.Sizeof(Conn{}); n > limit {
		t.Errorf("a Conn takes %d octets, more than %d", n, limit)
	}
	for _, f := range []struct {
		name string
		at   uintptr
	}{
		{"localAddr", unsafe.Offsetof(Conn{}.localAddr)}, {"events", unsafe.Offsetof(Conn{}.events)}, {"wnd", unsafe.Offsetof(Conn{}.wnd)},
		{"sack", unsafe.Offsetof(Conn{}.sack)}, {"timers", unsafe.Offsetof(Conn{}.timers)},
	} {
		if (f.at+48)%64 != 0 {
			t.Errorf("%s, at %d, does not begin a cache line", f.name, f.at)
		}
	}
}
