package bench

import (
	"testing"
	"time"
)

// TestStreams checks that what is measured is what the lines say: whole connections, segments at the link's rate.
func TestStreams(t *testing.T) {
	b, err := newBulk()
	if err != nil {
		t.Fatal(err)
	}
	n, err := b.step(100 * time.Millisecond)
	// 1 Gbit/s of 1500 octets is 8333 data packets in 100 ms, and an acknowledgement for every second to sixth.
	if err != nil || n < 9_000 || n > 17_000 {
		t.Errorf("%d packets in 100 ms, %v", n, err)
	}
	s, err := newShort()
	if err != nil {
		t.Fatal(err)
	}
	n, err = s.step(time.Second)
	if _, lingering := s.a.Connections(); err != nil || n != 200 || lingering < 11_000 || lingering > 13_000 {
		t.Errorf("%d connections in a second, %d in TIME-WAIT, %v", n, lingering, err)
	}
}
