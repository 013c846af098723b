package msrp

import (
	"strings"
	"testing"

	"imsim/netem/packet"
)

// However the stream is cut, paths are replaced and all else is kept.
func TestRewrite(t *testing.T) {
	const in = "MSRP abcd1 SEND\r\nTo-Path: msrp://10.0.0.1:5000/a;tcp\r\nFrom-Path: msrp://10.9.9.9:6000/b;tcp\r\nMessage-ID: 4321\r\nByte-Range: 1-6/6\r\nX-New: 1\r\nContent-Type: text/plain\r\n\r\nMSRP\r\n\r\n-------abcd1$\r\n" +
		"MSRP abcd2 200 OK\r\nTo-Path: msrp://10.0.0.1:5000/a;tcp\r\nFrom-Path: msrp://10.9.9.9:6000/b;tcp\r\n-------abcd2$\r\n"
	want := strings.NewReplacer("msrp://10.0.0.1:5000/a;tcp", "msrps://ue.example:1/x;tcp", "msrp://10.9.9.9:6000/b;tcp", "msrp://192.0.2.1:40000/gateway;tcp").Replace(in)
	for cut := 1; cut < len(in); cut++ {
		var r Rewriter
		var out packet.Payload
		for at := 0; at < len(in); at += cut {
			if err := r.Rewrite(packet.PayloadOf([]byte(in[at:min(at+cut, len(in))])), &out, "msrps://ue.example:1/x;tcp", "msrp://192.0.2.1:40000/gateway;tcp"); err != nil {
				t.Fatal(err)
			}
		}
		if got := string(out.Bytes()); got != want {
			t.Fatalf("cut every %d:\n%s\nwant\n%s", cut, got, want)
		}
	}
	var r Rewriter
	var out packet.Payload
	if r.Rewrite(packet.PayloadOf([]byte("GET / HTTP/1.1\r\n")), &out, "a", "b") == nil || out.Len > 0 {
		t.Error("something else than MSRP passed")
	}
}

// Heads that somebody else edits, in this case nobody, come out in place, bodies and end-lines behind them.
func TestRewriterHead(t *testing.T) {
	const in = "MSRP abcd1 SEND\r\nTo-Path: msrp://a:1/a;tcp\r\nFrom-Path: msrp://b:2/b;tcp\r\nMessage-ID: 1\r\nContent-Type: text/plain\r\n\r\nhello\r\n-------abcd1$\r\n" +
		"MSRP abcd2 200 OK\r\nTo-Path: msrp://a:1/a;tcp\r\nFrom-Path: msrp://b:2/b;tcp\r\n-------abcd2$\r\n"
	for cut := 1; cut < len(in); cut++ {
		var r Rewriter
		var out packet.Payload
		heads := 0
		for at := 0; at < len(in); at += cut {
			r.Push(packet.PayloadOf([]byte(in[at:min(at+cut, len(in))])))
			for {
				head, err := r.Head(&out)
				if err != nil {
					t.Fatal(err)
				}
				if head == nil {
					break
				}
				heads++
				out.Append(packet.Bytes(head))
			}
		}
		if got := string(out.Bytes()); got != in || heads != 2 {
			t.Fatalf("cut every %d, %d heads:\n%s\nwant\n%s", cut, heads, got, in)
		}
	}
	var r Rewriter
	r.Push(packet.PayloadOf([]byte("GET / HTTP/1.1\r\n")))
	if _, err := r.Head(&packet.Payload{}); err == nil {
		t.Error("something else than MSRP passed")
	}
}
