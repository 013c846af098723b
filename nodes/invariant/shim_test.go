package invariant

import (
	"testing"

	"imsim/netem/packet"
)

// However a connection of ICE is cut, STUN is let by, and the rest is handed on as it is.
func TestShim(t *testing.T) {
	stun := append([]byte{0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42}, "twelve octets and four"[:16]...)
	var wire []byte
	frame := func(b []byte) { wire = append(append(wire, byte(len(b)>>8), byte(len(b))), b...) }
	want := ""
	frame(stun)
	for _, s := range []string{"a", "MSRP abcd SEND", "", "12345678", "123456789", "end"} {
		frame([]byte(s))
		want += s
		frame(stun)
	}
	for cut := 1; cut <= len(wire); cut++ {
		var h shim
		got := ""
		for at := 0; at < len(wire); at += cut {
			why := h.span(packet.Bytes(wire[at:min(at+cut, len(wire))]), func(sp packet.Span) string {
				got += string(sp.Bytes)
				return ""
			})
			if why != "" {
				t.Fatal(why)
			}
		}
		if got != want {
			t.Fatalf("cut every %d: %q, want %q", cut, got, want)
		}
	}
}

// What stands in a frame in clear is found.
func TestShimPassesWhatIsWrong(t *testing.T) {
	var f flow
	why := f.shim.span(packet.Bytes([]byte("\x00\x0eMSRP abcd SEND")), func(sp packet.Span) string { return f.frame.span(sp, nil) })
	if why == "" {
		t.Error("MSRP in clear in a frame passed for TLS")
	}
}
