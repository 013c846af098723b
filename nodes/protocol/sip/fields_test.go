package sip

import (
	"strings"
	"testing"
)

func TestURI(t *testing.T) {
	for _, c := range []struct {
		in   string
		want URI
		bad  bool
	}{
		{in: "sip:alice@atlanta.example", want: URI{Scheme: "sip", User: "alice", Host: "atlanta.example"}},
		{in: "SIPS:alice:secret@h:5061;transport=tcp;lr?subject=x&to=y", want: URI{Scheme: "sips", User: "alice:secret", Host: "h", Port: 5061, Params: ";transport=tcp;lr", Headers: "subject=x&to=y"}},
		{in: "sip:[2001:db8::9:1]:5060;lr", want: URI{Scheme: "sip", Host: "[2001:db8::9:1]", Port: 5060, Params: ";lr"}},
		{in: "sip:+1;phone-context=x?y@h;user=phone", want: URI{Scheme: "sip", User: "+1;phone-context=x?y", Host: "h", Params: ";user=phone"}},
		{in: "tel:+358-555;ext=1", want: URI{Scheme: "tel", User: "+358-555", Params: ";ext=1"}},
		{in: "urn:service:sos", want: URI{Scheme: "urn", User: "service:sos"}},
		{in: "sip:@h", bad: true}, {in: "sip:", bad: true}, {in: "sip", bad: true}, {in: "sip:u@", bad: true}, {in: "sip:u@h:", bad: true},
		{in: "sip:u@h:0", bad: true}, {in: "sip:u@h:65536", bad: true}, {in: "sip:u@[::1", bad: true}, {in: "sip:u@[::g]", bad: true}, {in: "sip:u@h x", bad: true},
		{in: "tel:;x", bad: true}, {in: "sip:u@[::1]x", bad: true}, {in: "<sip:u@h>", bad: true}, {in: "sip:a@b@c", bad: true},
	} {
		u, err := ParseURI(c.in)
		if c.bad != (err != nil) || !c.bad && u != c.want {
			t.Errorf("%s: %+v %v", c.in, u, err)
		}
		if err == nil && !strings.EqualFold(u.String(), c.in) {
			t.Errorf("%s became %s", c.in, u)
		}
	}
}

// RFC 3261 §19.1.4.
func TestURIEqual(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"sip:%61lice@atlanta.example;transport=TCP", "sip:alice@AtLanTa.Example;Transport=tcp", true},
		{"sip:carol@chicago.example", "sip:carol@chicago.example;newparam=5", true},
		{"sip:carol@chicago.example;security=on", "sip:carol@chicago.example;newparam=5", true},
		{"SIP:ALICE@atlanta.example", "sip:alice@atlanta.example", false},
		{"sip:bob@biloxi.example", "sip:bob@biloxi.example:5060", false},
		{"sip:bob@biloxi.example", "sip:bob@biloxi.example;transport=udp", false},
		{"sip:carol@chicago.example;security=on", "sip:carol@chicago.example;security=off", false},
		{"sip:carol@chicago.example", "sip:carol@chicago.example?Subject=x", false},
	} {
		a, b := must(ParseURI(c.a)), must(ParseURI(c.b))
		if a.Equal(b) != c.want || b.Equal(a) != c.want {
			t.Errorf("%s = %s: want %v", c.a, c.b, c.want)
		}
	}
}

func TestVia(t *testing.T) {
	for _, c := range []struct{ in, transport, sentBy, branch string }{
		{"SIP/2.0/UDP h;branch=z9hG4bK1", "UDP", "h", "z9hG4bK1"},
		{"sip / 2.0 / TLS  [::1]  : 5061 ; branch = z ; rport", "TLS", "[::1]:5061", "z"},
		{"SIP/2.0/TCP 192.0.2.1:5060", "TCP", "192.0.2.1:5060", ""},
	} {
		v, err := ParseVia(c.in)
		if err != nil || v.Transport != c.transport || v.SentBy() != c.sentBy || v.Branch() != c.branch {
			t.Errorf("%s: %+v %v", c.in, v, err)
		}
	}
	for _, bad := range []string{"", "SIP/2.0/UDP", "SIP/2.0", "SIP/1.0/UDP h", "SIP/2.0/UDP h:x", "SIP/2.0/UDP ;branch=1", "HTTP/2.0/UDP h"} {
		if _, err := ParseVia(bad); err == nil {
			t.Errorf("%q taken", bad)
		}
	}
	v := must(ParseVia("SIP/2.0/UDP h;rport=5070;received=192.0.2.9;branch=b"))
	if p, ok := v.RPort(); p != 5070 || !ok || v.Received() != "192.0.2.9" {
		t.Errorf("%+v", v)
	}
}

func TestParams(t *testing.T) {
	p := Params(`;a=1;B="x;\"y";flag ; c = 2`)
	for name, want := range map[string]string{"a": "1", "b": `x;"y`, "flag": "", "C": "2"} {
		if v, ok := p.Get(name); !ok || v != want {
			t.Errorf("%s: %q %v", name, v, ok)
		}
	}
	if got := p.With("a", "9").Without("flag"); got != `;B="x;\"y";c=2;a=9` {
		t.Errorf("%s", got)
	}
}

func TestSmallFields(t *testing.T) {
	if r := must(ParseRAck("776656 1 INVITE")); r != (RAck{776656, 1, INVITE}) || r.String() != "776656 1 INVITE" {
		t.Errorf("%+v", r)
	}
	if w := must(ParseWarning(`399 h "a \"b\""`)); w != (Warning{399, "h", `a "b"`}) || w.String() != `399 h "a \"b\""` {
		t.Errorf("%+v", w)
	}
	if c := ParseCause(`Q.850 ;cause=16 ;text="Terminated"`); c != (Cause{"Q.850", 16, "Terminated"}) || c.String() != `Q.850;cause=16;text="Terminated"` {
		t.Errorf("%+v", c)
	}
	m := mustParse(t, "SIP/2.0 503 x\nRetry-After: 18 (busy);duration=3\nExpires: soon\nc: Application/SDP;x=y\nRSeq: 5\nSession-Expires: 1800;refresher=uac\n\n")
	if s, _ := m.RetryAfter(); s != 18 {
		t.Errorf("Retry-After %d", s)
	}
	if e, ok := m.Expires(); e != 3600 || !ok {
		t.Errorf("Expires %d", e)
	}
	if m.ContentType() != "application/sdp" || m.Get(HSessionExpires) != "1800;refresher=uac" {
		t.Error(m.ContentType())
	}
	if r, ok := m.RSeq(); r != 5 || !ok {
		t.Error("RSeq")
	}
}

// RFC 2617 §3.5 has the vector for qop=auth; without qop the two ends are held to each other.
func TestDigest(t *testing.T) {
	c := must(ParseChallenge(`Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`))
	a := c.Answer("Mufasa", "Circle Of Life", "GET", "/dir/index.html", "0a4f113b", 1)
	if a.Response != "6629fae49393a05397450978507c4ef1" {
		t.Errorf("response %s", a.Response)
	}
	back := must(ParseCredentials(a.String()))
	if !back.Valid("Circle Of Life", "GET") || back.Valid("other", "GET") || back.Valid("Circle Of Life", "PUT") || back.NC != 1 || back.Opaque != c.Opaque {
		t.Errorf("%+v", back)
	}
	// AKAv1-MD5 as digest over a shared key, no qop.
	aka := Challenge{Realm: "home.example", Nonce: "n1", Algorithm: "AKAv1-MD5"}
	b := must(ParseCredentials(must(ParseChallenge(aka.String())).Answer("ann@home.example", "key", REGISTER, "sip:home.example", "", 0).String()))
	if !b.Valid("key", REGISTER) || b.Algorithm != "AKAv1-MD5" || b.QOP != "" {
		t.Errorf("%+v", b)
	}
	if e := must(ParseCredentials(`Digest username="a", realm="r", nonce="", uri="sip:r", response=""`)); e.Response != "" || e.Nonce != "" {
		t.Errorf("first REGISTER of IMS: %+v", e)
	}
	for _, bad := range []string{"Basic abc", "Digest", `Digest realm="x"`} {
		if _, err := ParseChallenge(bad); err == nil {
			t.Errorf("%q taken", bad)
		}
	}
	if _, err := ParseCredentials(`Digest username="a", nc=1`); err == nil {
		t.Error("short nc taken")
	}
}

// RFC 3329 §2 with the entries of TS 24.229 §7.2A.7.
func TestSecurityAgreement(t *testing.T) {
	m := mustParse(t, "SIP/2.0 401 x\nSecurity-Server: ipsec-3gpp;q=0.1;alg=hmac-sha-1-96, tls;q=0.2\nSecurity-Server: msrp-tls;mediasec;q=1.0\nSecurity-Verify: tls;q=0.2, ipsec-3gpp;q=0.1;alg=hmac-sha-1-96\n\n")
	server := must(m.Mechanisms(HSecurityServer))
	signalling, media := SplitMechanisms(server)
	if len(signalling) != 2 || len(media) != 1 || media[0].Name != "msrp-tls" {
		t.Errorf("%v %v", signalling, media)
	}
	if x, ok := ChooseMechanism(server, "msrp-tls", "ipsec-3gpp", "tls"); !ok || x.Name != "tls" {
		t.Errorf("chose %v", x)
	}
	if x, ok := ChooseMechanism(server, "ipsec-3gpp"); !ok || x.Preference() != 100 {
		t.Errorf("chose %v", x)
	}
	if _, ok := ChooseMechanism(server, "digest"); ok {
		t.Error("chose what nobody has")
	}
	verify := func(s string) bool {
		v := &Message{Status: 200}
		v.Add(HSecurityVerify, s)
		return SameMechanisms(server, must(v.Mechanisms(HSecurityVerify)))
	}
	for s, want := range map[string]bool{
		FormatMechanisms(server): true,
		"msrp-tls;mediasec;q=1.0, ipsec-3gpp; q=0.1; alg=hmac-sha-1-96, tls;q=0.2": true, // families are compared apart
		"tls;q=0.2, ipsec-3gpp;q=0.1;alg=hmac-sha-1-96, msrp-tls;mediasec;q=1.0":   false,
		"ipsec-3gpp;q=0.1;alg=hmac-sha-1-96, tls;q=0.2":                            false,
		"ipsec-3gpp;q=0.1;alg=hmac-md5-96, tls;q=0.2, msrp-tls;mediasec;q=1.0":     false,
	} {
		if verify(s) != want {
			t.Errorf("%s: want %v", s, want)
		}
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]Address{
		"sip:a@b;tag=1":                     {"", "sip:a@b", ";tag=1"},
		`"x <y> \"z\"" <sip:a@b;lr>;tag=1`:  {`x <y> "z"`, "sip:a@b;lr", ";tag=1"},
		"Ann Example <tel:+1>":              {"Ann Example", "tel:+1", ""},
		"*":                                 {"", "*", ""},
		"<sip:a@b?x=%20y> ; expires = 3600": {"", "sip:a@b?x=%20y", "; expires = 3600"},
	} {
		if a, err := ParseAddress(in); err != nil || a != want {
			t.Errorf("%s: %+v %v", in, a, err)
		}
	}
	for _, bad := range []string{"", `"x`, "<sip:a", "a b", "<sip:a@b> x", "<>", `"x"`} {
		if a, err := ParseAddress(bad); err == nil {
			t.Errorf("%q taken: %+v", bad, a)
		}
	}
}
