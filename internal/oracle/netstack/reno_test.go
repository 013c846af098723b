package netstack

import (
	"reflect"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// sender returns the state of the endpoint's sender, or nil before the handshake. The stack must be quiet.
func sender(ep tcpip.Endpoint) *tcp.TCPSenderState {
	snd := reflect.ValueOf(ep.(*tcp.Endpoint)).Elem().FieldByName("snd")
	if snd.IsNil() {
		return nil
	}
	state, _ := snd.Type().Elem().FieldByName("TCPSenderState")
	return (*tcp.TCPSenderState)(unsafe.Add(snd.UnsafePointer(), state.Offset))
}

// reno repairs gVisor's congestion avoidance, which counts acknowledged segments up to the window and then takes the
// remainder by the window that has just grown: a count that hits the old window exactly remains whole, and the next segment
// makes the window grow again. That is slow start, where RFC 5681 §3.1 allows one segment in a round-trip time.
// TestRenoDefect shows it.
type reno struct{ window int }

func (r *reno) repair(s *tcp.TCPSenderState) {
	if s.SndCwnd == r.window+1 && s.SndCAAckCount == r.window {
		s.SndCAAckCount = 0
	}
	r.window = s.SndCwnd
}
