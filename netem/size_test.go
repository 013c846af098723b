package netem

import (
	"testing"
	"unsafe"
)

// TestStreamSize holds one end of a connection to eight cache lines, which is also the largest object that Go allocates
// without a header.
func TestStreamSize(t *testing.T) {
	if n := unsafe.Sizeof(Stream{}); n > 512 {
		t.Errorf("a Stream takes %d octets, more than 512", n)
	}
	if at := unsafe.Offsetof(Stream{}.conn); at != 48 {
		t.Errorf("its connection begins at %d, not at 48 as its layout expects", at)
	}
}
