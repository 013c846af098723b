package linuxtcp

import (
	"bytes"
	"fmt"
	"sync"

	"imsim/netem/attach"
	"imsim/netem/packet"
)

// watched is a device whose packets from the kernel are parsed and written again by our codec: the TCP header must come out
// octet for octet, with its options in the kernel's order.
type watched struct {
	attach.Device
	mu      sync.Mutex
	headers int
	wrong   []string
}

func (w *watched) Read(bufs [][]byte, sizes []int, offset int) (int, error) {
	n, err := w.Device.Read(bufs, sizes, offset)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range n {
		raw := bytes.Clone(bufs[i][offset : offset+sizes[i]])
		var p packet.Packet
		if p.Unmarshal(raw) != nil || p.Proto != packet.TCP {
			continue
		}
		from := packet.IPv4HeaderLen
		if !p.Dst.Is4() {
			from = packet.IPv6HeaderLen
		}
		w.headers++
		if ours := p.Marshal(nil); len(ours) != len(raw) || !bytes.Equal(ours[from:], raw[from:]) {
			to := len(raw) - p.Payload.Len
			w.wrong = append(w.wrong, fmt.Sprintf("TCP header %x comes out as %x", raw[from:to], ours[from:]))
		}
	}
	return n, err
}

// result returns how many headers there were, and those that come out otherwise.
func (w *watched) result() (headers int, wrong []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.headers, w.wrong
}
