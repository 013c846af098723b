package sip

import (
	"strings"
	"testing"
)

// crlf turns a text with \n line ends into SIP's.
func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// mustParse parses text with \n line ends.
func mustParse(t testing.TB, s string) *Message {
	t.Helper()
	m, err := Parse([]byte(crlf(s)))
	if err != nil {
		t.Fatalf("Parse: %v\n%s", err, s)
	}
	return m
}

// imsInvite is an INVITE of the usual IMS kind for an MSRP session, about 1.5 kB.
var imsInvite = crlf(`INVITE tel:+358401234567 SIP/2.0
Via: SIP/2.0/TCP [2001:db8:a::1]:5061;branch=z9hG4bK0abcdefghijk
Max-Forwards: 70
Route: <sip:pcscf1.visited.example:7531;lr;comp=sigcomp>, <sip:orig@scscf1.home.example;lr>
P-Preferred-Identity: "Ann Example" <sip:ann@home.example>
P-Access-Network-Info: 3GPP-E-UTRAN-FDD; utran-cell-id-3gpp=24405A3F01C1D0B2
Privacy: none
From: <sip:ann@home.example>;tag=k3j5h7g9
To: <tel:+358401234567>
Call-ID: 0abc1def2ghi@[2001:db8:a::1]
CSeq: 127001 INVITE
Require: sec-agree
Proxy-Require: sec-agree
Supported: precondition, 100rel, gruu, 199
Security-Verify: ipsec-3gpp; q=0.1; alg=hmac-sha-1-96; spi-c=98765432; spi-s=87654321; port-c=8642; port-s=7531, msrp-tls;mediasec
Contact: <sip:ann@[2001:db8:a::1]:1357;transport=tcp>;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"
Accept-Contact: *;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"
Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, REFER, MESSAGE, OPTIONS
Accept: application/sdp, application/3gpp-ims+xml
User-Agent: imsim-ue
Content-Type: application/sdp
Content-Length: 0

v=0
o=- 2987933615 2987933615 IN IP6 2001:db8:a::1
s=-
c=IN IP6 2001:db8:a::1
t=0 0
m=message 9 TCP/TLS/MSRP *
a=accept-types:message/cpim text/plain
a=path:msrps://[2001:db8:a::1]:9/k3j5h7g9;tcp
a=setup:actpass
a=connection:new
a=fingerprint:sha-256 12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD
a=3ge2ae:requested
`)

func init() {
	head, body, _ := strings.Cut(imsInvite, "\r\n\r\n")
	m, err := Parse([]byte(head + "\r\n\r\n"))
	if err != nil {
		panic(err)
	}
	m.SetBody("application/sdp", body)
	imsInvite = m.String()
}

func BenchmarkParse(b *testing.B) {
	in := []byte(imsInvite)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseAndValidate(b *testing.B) {
	in := []byte(imsInvite)
	b.ReportAllocs()
	for b.Loop() {
		m, err := Parse(in)
		if err != nil || m.Validate() != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	m, _ := Parse([]byte(imsInvite))
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = m.Append(buf[:0])
	}
}

func TestAllocations(t *testing.T) {
	in := []byte(imsInvite)
	m, _ := Parse(in)
	buf := make([]byte, 0, 4096)
	for _, c := range []struct {
		name string
		max  float64
		do   func()
	}{
		{"Parse", 3, func() { _, _ = Parse(in) }},
		{"Append into room", 0, func() { buf = m.Append(buf[:0]) }},
		{"Validate", 0, func() { _ = m.Validate() }},
		{"Via", 0, func() { _, _ = m.Via() }},
		{"tags", 0, func() { _ = m.FromTag() + m.ToTag() }},
	} {
		if n := testing.AllocsPerRun(100, c.do); n > c.max {
			t.Errorf("%s: %v allocations, want at most %v", c.name, n, c.max)
		}
	}
}
