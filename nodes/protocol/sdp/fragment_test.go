package sdp

import (
	"net/netip"
	"strings"
	"testing"
)

// fragments are those of the examples of H.248 messages in the reference, which Erlang megaco decodes.
var fragments = []string{
	"v=0\nc=IN IP4 $\nm=message $ TCP/MSRP *\na=setup:active\n",
	"v=0\nc=IN IP4 198.51.100.20\nm=message 40002 TCP/MSRP *\na=setup:active\n",
	"v=0\nc=IN IP4 198.51.100.77\nm=message 50010 TCP/MSRP *\n",
	"v=0\nc=IN IP4 $\nm=message $ TCP/TLS/MSRP *\na=setup:passive\na=fingerprint:SHA-256 $\n",
	"v=0\nc=IN IP4 10.0.0.5\nm=message 49156 TCP/TLS/MSRP *\na=fingerprint:SHA-256 " + fpA + "\n",
	"v=0\nc=IN IP4 $\nm=application $ TCP/TLS/BFCP *\na=setup:active\na=floorctrl:s-only\n",
	"v=0\nc=IN IP6 2001:db8::7\nm=application 0 TCP -\na=msrp-cema\n",
	"v=0\nc=IN IP6 $\nm=message $ TCP -\n",
}

func TestH248Fragments(t *testing.T) {
	for _, s := range fragments {
		f, err := ParseFragment(s)
		if err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		if got := f.String(); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
		if got := f.Underspecified(); got != strings.Contains(s, "$") {
			t.Errorf("%q: underspecified %v", s, got)
		}
		if g, err := ParseFragment("\r\n" + strings.ReplaceAll(s, "\n", "\r\n") + " "); err != nil || g.String() != s {
			t.Errorf("%q with CRLF: %q, %v", s, g.String(), err)
		}
	}
}

func TestH248FragmentErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"v=1\n", "line 1: v= must be 0"},
		{"v=0\no=- 1 1 IN IP4 1.2.3.4\n", "line 2: want one of v=, c=, m=, a="},
		{"v=0\n\nhello\n", "line 3: want one of"},
		{"c=IN IP4 ::1\n", "line 1: c= has no address of its family"},
		{"c=IN IP5 $\n", "c= must be"},
		{"c=IN IP4 $\nc=IN IP4 $\n", "line 2: second c= line"},
		{"m=message 65536 TCP *\n", "m= has no port"},
		{"m=message 1 TCP\n", "m= must be"},
		{"m=message 1 TCP *\nm=message 1 TCP *\n", "line 2: second m= line"},
		{"a=\n", "a= needs a name"},
		{"a=setup:\n", "a= needs a name"},
	} {
		if _, err := ParseFragment(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.want)
		}
	}
}

// TestH248Reply fills a request in as a gateway does.
func TestH248Reply(t *testing.T) {
	f, err := ParseFragment(fragments[3])
	if err != nil {
		t.Fatal(err)
	}
	if f.Setup() != Passive || f.Proto.Security != TLS {
		t.Error("misread")
	}
	if _, ok := f.Address(); ok {
		t.Error("an address before it is chosen")
	}
	if fs, choose := f.Fingerprints(); len(fs) != 0 || choose != "sha-256" {
		t.Errorf("fingerprints %v, choose %q", fs, choose)
	}
	f.SetAddress(netip.MustParseAddrPort("203.0.113.20:40004"))
	f.Set(AttrFingerprint, Fingerprint{"sha-256", fpA}.String())
	want := "v=0\nc=IN IP4 203.0.113.20\nm=message 40004 TCP/TLS/MSRP *\na=setup:passive\na=fingerprint:SHA-256 " + fpA + "\n"
	if f.String() != want || f.Underspecified() {
		t.Errorf("got %q", f.String())
	}
	if fs, _ := f.Fingerprints(); len(fs) != 1 || fs[0].Value != fpA {
		t.Errorf("fingerprints %v", fs)
	}
}

// TestH248FromLine is the way of a UE's m-line into a Remote descriptor.
func TestH248FromLine(t *testing.T) {
	f := parse(t, offer).Line(0).Fragment(AttrFingerprint)
	want := "v=0\nc=IN IP6 5555::aaa:bbb:ccc:ddd\nm=message 49156 TCP/TLS/MSRP *\na=fingerprint:SHA-256 " + fpA +
		"\na=fingerprint:SHA-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB\n"
	if f.String() != want {
		t.Errorf("got %q", f.String())
	}
	f.Add("x", "1")
	f.Set(AttrFingerprint, "SHA-256 $")
	f.Remove("x")
	if f.String() != "v=0\nc=IN IP6 5555::aaa:bbb:ccc:ddd\nm=message 49156 TCP/TLS/MSRP *\na=fingerprint:SHA-256 $\n" {
		t.Errorf("got %q", f.String())
	}
}

func FuzzFragment(f *testing.F) {
	for _, s := range fragments {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseFragment(s)
		if err != nil {
			return
		}
		b, err := ParseFragment(a.String())
		if err != nil || a.String() != b.String() {
			t.Fatalf("%q: %q, %q, %v", s, a.String(), b.String(), err)
		}
		a.Fingerprints()
		a.Setup()
	})
}

func BenchmarkFragmentParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseFragment(fragments[4]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFragmentAppend(b *testing.B) {
	f, _ := ParseFragment(fragments[4])
	buf := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buf = f.Append(buf[:0])
	}
}
