package sdp

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	pion "github.com/pion/sdp/v3"
)

const fpA = "4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF"

// offer is that of the reference (TS 24.229 style), with lines added that nobody may touch.
var offer = strings.ReplaceAll(`v=0
o=- 2987933615 2987933615 IN IP6 5555::aaa:bbb:ccc:ddd
s=-
c=IN IP6 5555::aaa:bbb:ccc:ddd
t=0 0
m=message 49156 TCP/TLS/MSRP *
a=path:msrps://[5555::aaa:bbb:ccc:ddd]:49156/s111271;tcp
a=accept-types:message/cpim text/plain
a=max-size:131072
a=setup:actpass
a=connection:new
a=x-before:1
a=msrp-cema
a=fingerprint:SHA-256 `+fpA+`
a=fingerprint:SHA-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB
a=3ge2ae:requested
a=tls-id:abc3de65cddef001be82
a=key-mgmt:mikey AQAFgM0XflABAAAAAAAAAAAAAAsAyO
m=application 9 TCP/TLS/BFCP *
c=IN IP4 192.0.2.1
a=floorctrl:c-only s-only
a=confid:4321
a=userid:1234
a=floorid:1 mstrm:10
a=sendonly
`, "\n", "\r\n")

func parse(t *testing.T, s string) *Description {
	t.Helper()
	d, err := Parse([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRFC8866RoundTrip(t *testing.T) {
	if got := string(parse(t, offer).Bytes()); got != offer {
		t.Errorf("got\n%s", got)
	}
	if got := string(parse(t, strings.ReplaceAll(offer, "\r\n", "\n")).Bytes()); got != offer {
		t.Errorf("from LF: got\n%s", got)
	}
}

func TestView(t *testing.T) {
	d := parse(t, offer)
	l := d.Line(0)
	if d.Lines() != 2 || l.Media() != "message" || l.Proto() != (Proto{Transport: TCP, Security: TLS, App: MSRP}) {
		t.Errorf("m-line is %s %+v", l.Media(), l.Proto())
	}
	if ap, ok := l.Address(); !ok || ap.String() != "[5555::aaa:bbb:ccc:ddd]:49156" {
		t.Errorf("address %v %v", ap, ok)
	}
	if l.Setup() != ActPass || l.Connection() != NewConnection || !l.CEMA() || l.E2AE() != E2AERequested || l.MaxSize() != 131072 {
		t.Error("attributes are misread")
	}
	if !slices.Equal(l.AcceptTypes(), []string{"message/cpim", "text/plain"}) || len(l.Path()) != 1 || !l.PathMatches() {
		t.Error("lists are misread")
	}
	fs := l.Fingerprints()
	if len(fs) != 2 || fs[0] != (Fingerprint{"sha-256", fpA}) || fs[1].Hash != "sha-1" {
		t.Errorf("fingerprints %v", fs)
	}
	if v, _ := l.Attr(AttrTLSID); v != "abc3de65cddef001be82" {
		t.Errorf("tls-id %q", v)
	}
	b := d.Line(1)
	if ap, ok := b.Address(); !ok || ap.String() != "192.0.2.1:9" {
		t.Errorf("address %v %v", ap, ok)
	}
	if b.Setup() != NoSetup || b.Direction() != SendOnly || l.Direction() != SendRecv || b.Direction().Reversed() != RecvOnly {
		t.Error("setup or direction is misread")
	}
}

// TestTS24229CoreSide makes of the access side's offer what an IMS-ALG sends to the core: address and stack changed,
// three attributes gone, everything else where it was.
func TestTS24229CoreSide(t *testing.T) {
	d := parse(t, offer)
	c := d.Clone()
	l := c.Line(0)
	l.SetProto(l.Proto().Secured(Clear))
	l.SetAddress(netip.MustParseAddrPort("198.51.100.20:40002"))
	l.Remove(AttrFingerprint)
	l.Remove(AttrE2AE)
	l.Remove(AttrTLSID)
	l.SetSetup(Active)
	l.Set("x-before", "2")
	c.Line(1).Reject()
	want := offer
	for _, r := range [][2]string{
		{"m=message 49156 TCP/TLS/MSRP *", "m=message 40002 TCP/MSRP *\r\nc=IN IP4 198.51.100.20"},
		{"a=fingerprint:SHA-256 " + fpA + "\r\n", ""},
		{"a=fingerprint:SHA-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB\r\n", ""},
		{"a=3ge2ae:requested\r\n", ""}, {"a=tls-id:abc3de65cddef001be82\r\n", ""}, {"actpass", "active"}, {"before:1", "before:2"},
		{"m=application 9", "m=application 0"},
	} {
		want = strings.Replace(want, r[0], r[1], 1)
	}
	if got := string(c.Bytes()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := string(d.Bytes()); got != offer {
		t.Error("the clone shares something with its original")
	}
	if !c.Line(1).Rejected() || l.PathMatches() {
		t.Error("rejection or path match")
	}
}

func TestBuild(t *testing.T) {
	d := New(1, 2, netip.MustParseAddr("10.0.0.5"))
	l := d.AddLine("message", 49156, ParseProto("TCP/MSRP"), "*")
	l.SetAddress(netip.MustParseAddrPort("10.0.0.5:49157"))
	l.Set(AttrSetup, "active")
	l.Set(AttrCEMA, "")
	l.SetDirection(Inactive)
	l.SetDirection(RecvOnly)
	l.SetFingerprints(Fingerprint{"sha-256", "AB"})
	want := "v=0\r\no=- 1 2 IN IP4 10.0.0.5\r\ns=-\r\nc=IN IP4 10.0.0.5\r\nt=0 0\r\nm=message 49157 TCP/MSRP *\r\na=setup:active\r\na=msrp-cema\r\na=recvonly\r\na=fingerprint:SHA-256 AB\r\n"
	if got := string(d.Bytes()); got != want {
		t.Errorf("got\n%s", got)
	}
}

// TestSessionLevel: what the media level does not say, the session says (RFC 4145 §4, RFC 8122 §5).
func TestSessionLevel(t *testing.T) {
	d := parse(t, "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\na=setup:passive\r\na=fingerprint:sha-256 ab:cd\r\na=inactive\r\n"+
		"m=message 1 TCP/TLS/MSRP *\r\nm=message 2 TCP/TLS/MSRP *\r\na=setup:active\r\na=fingerprint:sha-1 12\r\na=sendrecv\r\n")
	a, b := d.Line(0), d.Line(1)
	if a.Setup() != Passive || b.Setup() != Active || a.Direction() != Inactive || b.Direction() != SendRecv {
		t.Error("setup or direction")
	}
	if f := a.Fingerprints(); len(f) != 1 || f[0] != (Fingerprint{"sha-256", "AB:CD"}) {
		t.Errorf("inherited %v", f)
	}
	if f := b.Fingerprints(); len(f) != 1 || f[0].Hash != "sha-1" {
		t.Errorf("overridden %v", f)
	}
	if _, ok := a.Address(); ok {
		t.Error("an address without c=")
	}
}

func TestProto(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Proto
	}{
		{"TCP", Proto{Transport: TCP}},
		{"TCP/TLS", Proto{Transport: TCP, Security: TLS}},
		{"TCP/MSRP", Proto{Transport: TCP, App: MSRP}},
		{"TCP/TLS/MSRP", Proto{Transport: TCP, Security: TLS, App: MSRP}},
		{"TCP/BFCP", Proto{Transport: TCP, App: BFCP}},
		{"TCP/TLS/BFCP", Proto{Transport: TCP, Security: TLS, App: BFCP}},
		{"TCP/DTLS/BFCP", Proto{Transport: TCP, Security: DTLS, App: BFCP}},
		{"UDP/BFCP", Proto{Transport: UDP, App: BFCP}},
		{"UDP/TLS/BFCP", Proto{Transport: UDP, Security: TLS, App: BFCP}},
		{"RTP/AVP", Proto{App: OtherApp, text: "RTP/AVP"}},
		{"TCP/RTP/SAVP", Proto{App: OtherApp, text: "TCP/RTP/SAVP"}},
	} {
		if got := ParseProto(tt.text); got != tt.want || got.String() != tt.text {
			t.Errorf("%s: %+v, %s", tt.text, got, got)
		}
	}
	p := ParseProto("tcp/tls/msrp")
	if p.Secured(Clear).String() != "TCP/MSRP" || p.Agnostic().String() != "TCP/TLS" || ParseProto("RTP/AVP").Secured(TLS).String() != "RTP/AVP" {
		t.Error("changing a stack")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(offer))
	f.Add([]byte("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=message 0 TCP *\nc=IN IP6 ::1\na=setup:x\na=fingerprint:md5 00\na=path:x://[::1]:1/;tcp\n"))
	f.Add([]byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=x\r\nm=message 1 TCP/TLS/MSRP *\r\na=a:b\r\na=:b\r\n"))
	f.Add([]byte("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=message 9 TCP/MSRP *\nm=application 9 TCP/BFCP *\nc=IN IP4 192.0.2.1\na=x\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var mine, codec pion.SessionDescription
		if scan(&mine, string(b)) {
			if err := codec.UnmarshalString(string(b)); err != nil {
				t.Fatalf("the codec refuses what scan takes: %v", err)
			}
			if d := cmp.Diff(codec, mine, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("codec -, scan +\n%s", d)
			}
		}
		d, err := Parse(b)
		if err != nil {
			return
		}
		c := d.Clone()
		for i := range c.Lines() {
			l := c.Line(i)
			ap, ok := l.Address()
			l.Path()
			l.PathMatches()
			l.SetFingerprints(l.Fingerprints()...)
			l.SetSetup(l.Setup())
			l.SetProto(l.Proto())
			l.SetDirection(l.Direction())
			if ok {
				l.SetAddress(ap)
				if again, ok := l.Address(); !ok || again != ap {
					t.Fatalf("address %v became %v", ap, again)
				}
			}
			l.Fragment(AttrSetup)
			l.Reject()
		}
		c.Bytes()
	})
}

func BenchmarkParse(b *testing.B) {
	body := []byte(offer)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBytes(b *testing.B) {
	d, _ := Parse([]byte(offer))
	b.ReportAllocs()
	for b.Loop() {
		d.Bytes()
	}
}
