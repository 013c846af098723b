package tcp

import (
	"testing"
	"unsafe"
)

// TestSize keeps an eye on what a live connection costs without buffers.
func TestSize(t *testing.T) {
	const limit = 704
	if n := unsafe.Sizeof(Conn{}); n > limit {
		t.Errorf("a Conn takes %d octets, more than %d", n, limit)
	} else {
		t.Logf("a Conn takes %d octets", n)
	}
}
