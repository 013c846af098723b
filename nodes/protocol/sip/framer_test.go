package sip

import (
	"slices"
	"strings"
	"testing"

	"imsim/sim"
)

// TestFramerSplits cuts one stream at every place and octet by octet.
func TestFramerSplits(t *testing.T) {
	msg := crlf("OPTIONS sip:u@h SIP/2.0\n"+mandatory+"l : 4\n\n") + "a\r\n\r"
	stream := "\r\n\r\n" + msg + "\r\n" + msg + "\r\n\r\n\r\n\r\n"
	want := []FrameKind{FramePing, FrameMessage, FrameMessage, FramePing, FramePing}
	drain := func(f *Framer) (kinds []FrameKind) {
		for {
			x, ok := f.Next()
			if !ok {
				return kinds
			}
			if x.Kind == FrameMessage && x.Message.String() != msg {
				t.Errorf("message %q", x.Message)
			}
			kinds = append(kinds, x.Kind)
		}
	}
	for cut := range len(stream) {
		f := Framer{Accepted: true}
		for _, part := range []string{stream[:cut], stream[cut:]} {
			if err := f.Push(sim.Cause{}, []byte(part)); err != nil {
				t.Fatalf("cut %d: %v", cut, err)
			}
		}
		if got := drain(&f); !slices.Equal(got, want) {
			t.Fatalf("cut %d: %v", cut, got)
		}
	}
	f := Framer{Accepted: true}
	var got []FrameKind
	for i := range len(stream) {
		if err := f.Push(sim.Cause{Record: sim.RecordID(i + 1)}, []byte{stream[i]}); err != nil {
			t.Fatal(err)
		}
		for {
			x, ok := f.Next()
			if !ok {
				break
			}
			if x.Why.Record != sim.RecordID(i+1) {
				t.Errorf("cause %v, want that of the last octet, %d", x.Why, i+1)
			}
			got = append(got, x.Kind)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("octet by octet: %v", got)
	}
	pong := Framer{}
	if err := pong.Push(sim.Cause{}, []byte("\r\n"+msg)); err != nil {
		t.Fatal(err)
	}
	if got := drain(&pong); !slices.Equal(got, []FrameKind{FramePong, FrameMessage}) {
		t.Errorf("opener's side: %v", got)
	}
}

func TestFramerErrors(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"no length":     {"OPTIONS sip:u@h SIP/2.0\n" + mandatory + "\n", "a Content-Length header field"},
		"bad length":    {"OPTIONS sip:u@h SIP/2.0\nl: x\n\n", "Content-Length"},
		"huge":          {"OPTIONS sip:u@h SIP/2.0\nl: 65536\n\n", "at most"},
		"endless head":  {"X" + strings.Repeat("y", MaxMessage+1), "head"},
		"not SIP":       {"hello\nl: 0\n\n", "start line"},
		"lone line end": {"\n\n", ""},
	} {
		f := Framer{}
		err := f.Push(sim.Cause{}, []byte(crlf(c.in)))
		if c.want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && f.Push(sim.Cause{}, []byte("x")) != err {
			t.Errorf("%s: error forgotten", name)
		}
	}
	f := Framer{}
	if f.Push(sim.Cause{}, []byte("\nX")) == nil {
		t.Error("bare LF taken")
	}
}

func FuzzFramer(f *testing.F) {
	f.Add([]byte(imsInvite+imsInvite), uint8(7), true)
	f.Add([]byte("\r\n\r\n\r\nSIP/2.0 200 \r\nl:0\r\n\r\n"), uint8(1), false)
	f.Fuzz(func(t *testing.T, in []byte, step uint8, accepted bool) {
		whole, parts := Framer{Accepted: accepted}, Framer{Accepted: accepted}
		err1 := whole.Push(sim.Cause{}, in)
		var err2 error
		for rest := in; len(rest) > 0 && err2 == nil; {
			n := min(int(step)+1, len(rest))
			err2 = parts.Push(sim.Cause{}, rest[:n])
			rest = rest[n:]
		}
		if (err1 == nil) != (err2 == nil) {
			t.Fatalf("whole %v, in parts %v", err1, err2)
		}
		for {
			a, ok1 := whole.Next()
			b, ok2 := parts.Next()
			if ok1 != ok2 || a.Kind != b.Kind || ok1 && a.Kind == FrameMessage && a.Message.String() != b.Message.String() {
				t.Fatalf("whole %v, in parts %v", a, b)
			}
			if !ok1 {
				return
			}
		}
	})
}
