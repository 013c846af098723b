package sdp

import (
	"net/netip"
	"strings"
	"testing"
)

// TestRFC4145Setup has a row for every offer and answer of RFC 4145 §4.1, absent ones included.
func TestRFC4145Setup(t *testing.T) {
	const bad = NoSetup
	answers := []Setup{NoSetup, Active, Passive, ActPass, HoldConn, BadSetup}
	rows := []struct {
		offer Setup
		want  [6]Setup // the offerer's role by answer
	}{
		//              absent   active   passive  actpass holdconn nonsense
		{NoSetup, [6]Setup{Active, bad, Active, bad, HoldConn, bad}}, // M1
		{Active, [6]Setup{Active, bad, Active, bad, HoldConn, bad}},
		{Passive, [6]Setup{bad, Passive, bad, bad, HoldConn, bad}},
		{ActPass, [6]Setup{Active, Passive, Active, bad, HoldConn, bad}},
		{HoldConn, [6]Setup{bad, bad, bad, bad, HoldConn, bad}},
		{BadSetup, [6]Setup{bad, bad, bad, bad, bad, bad}},
	}
	for _, r := range rows {
		for i, a := range answers {
			o, n, err := Negotiate(r.offer, a)
			if o != r.want[i] || n != r.want[i].Mirror() || (err != nil) != (r.want[i] == bad) {
				t.Errorf("offer %v, answer %v: %v, %v, %v; want %v", r.offer, a, o, n, err, r.want[i])
			}
		}
	}
	_, _, err := Negotiate(Passive, NoSetup)
	if err == nil || !strings.Contains(err.Error(), "a=setup:(absent) cannot answer a=setup:passive") {
		t.Errorf("error %v", err)
	}
}

// TestRFC4145Answer: whatever the answerer prefers, its answer is legal.
func TestRFC4145Answer(t *testing.T) {
	for _, offer := range []Setup{NoSetup, Active, Passive, ActPass, HoldConn} {
		for _, prefer := range []Setup{Active, Passive} {
			a := Answer(offer, prefer)
			if _, _, err := Negotiate(offer, a); err != nil {
				t.Error(err)
			}
			if offer == ActPass && a != prefer {
				t.Errorf("actpass answered %v, preferred %v", a, prefer)
			}
		}
	}
	for i := Active; i <= HoldConn; i++ {
		if ParseSetup(i.String()) != i {
			t.Errorf("%v does not come back", i)
		}
	}
	if ParseSetup("Active") != BadSetup {
		t.Error("case does matter")
	}
}

func TestRFC4145Connection(t *testing.T) {
	for _, tt := range []struct {
		offer, answer Connection
		keep, bad     bool
	}{
		{NewConnection, NewConnection, false, false},
		{NewConnection, ExistingConnection, false, true},
		{NewConnection, NoConnection, false, false},
		{ExistingConnection, NewConnection, false, false},
		{ExistingConnection, ExistingConnection, true, false},
		{ExistingConnection, NoConnection, false, false},
		{NoConnection, ExistingConnection, false, true},
		{NoConnection, NoConnection, false, false},
	} {
		keep, err := NegotiateConnection(tt.offer, tt.answer)
		if keep != tt.keep || (err != nil) != tt.bad {
			t.Errorf("%q answered by %q: %v, %v", tt.offer, tt.answer, keep, err)
		}
	}
}

func TestEffectiveConnection(t *testing.T) {
	line := func(port uint16, path, connection string) Line {
		l := New(1, 1, netip.MustParseAddr("192.0.2.1")).AddLine("message", port, ParseProto("TCP/MSRP"), "*")
		l.Set(AttrPath, path)
		if connection != "" {
			l.Set(AttrConnection, connection)
		}
		return l
	}
	prev := line(5, "p", "new")
	for _, tt := range []struct {
		name string
		now  Line
		rule ConnectionRule
		want Connection
	}{
		{"existing", line(5, "p", "existing"), RFC4145Connection, ExistingConnection},
		{"new at the same address", line(5, "p", "new"), RFC4145Connection, NewConnection},
		{"new, ignored", line(5, "p", "new"), IgnoreConnection, ExistingConnection},
		{"absent, nothing changed", line(5, "p", ""), RFC4145Connection, ExistingConnection},
		{"absent, path changed", line(5, "q", ""), RFC4145Connection, NewConnection},
		{"existing, ignored, path changed", line(5, "q", "existing"), IgnoreConnection, NewConnection},
		{"existing, but the address changed", line(6, "p", "existing"), RFC4145Connection, NewConnection},
	} {
		if got := tt.now.Effective(prev, tt.rule); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestTLSRole is the table of who is TLS client, the four facts varied freely.
func TestTLSRole(t *testing.T) {
	for _, tt := range []struct {
		app             App
		bfcp            TLSRule
		offerer, active bool
		client          bool
	}{
		{MSRP, OffererIsClient, true, true, true},
		{MSRP, OffererIsClient, true, false, false},
		{MSRP, OffererIsClient, false, true, true},
		{MSRP, OffererIsClient, false, false, false},
		{BFCP, OffererIsClient, true, true, true},
		{BFCP, OffererIsClient, true, false, true},
		{BFCP, OffererIsClient, false, true, false},
		{BFCP, OffererIsClient, false, false, false},
		{BFCP, ActiveIsClient, true, false, false},
		{BFCP, ActiveIsClient, false, true, true},
		{NoApp, OffererIsClient, false, true, true},
	} {
		if got := TLSRuleFor(tt.app, tt.bfcp).Client(tt.offerer, tt.active); got != tt.client {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

func TestRFC8122Fingerprints(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Fingerprint
		ok   bool
	}{
		{"SHA-256 4a:AD", Fingerprint{"sha-256", "4A:AD"}, true},
		{"SHA-256 $", Fingerprint{"sha-256", "$"}, true},
		{"SHA-256", Fingerprint{}, false},
		{"SHA-256 4AAD", Fingerprint{}, false},
		{"SHA-256 4A:A", Fingerprint{}, false},
		{"SHA-256 4A:AG", Fingerprint{}, false},
		{"SHA-256 4A:AD ", Fingerprint{}, false},
		{" 4A", Fingerprint{}, false},
	} {
		if got, ok := ParseFingerprint(tt.text); got != tt.want || ok != tt.ok {
			t.Errorf("%q: %v %v", tt.text, got, ok)
		}
	}
	of := func(hash string, pairs int) Fingerprint {
		return Fingerprint{hash, strings.Repeat("AB:", pairs-1) + "AB"}
	}
	s1, s256, s512 := of("sha-1", 20), of("sha-256", 32), of("sha-512", 64)
	for _, tt := range []struct {
		name string
		in   []Fingerprint
		sha1 bool
		want int
		hash string
	}{
		{"strongest wins", []Fingerprint{s1, s256, s512, s256}, true, 1, "sha-512"},
		{"all of one hash", []Fingerprint{s256, s1, s256}, true, 2, "sha-256"},
		{"sha-1 not allowed", []Fingerprint{s1}, false, 0, ""},
		{"sha-1 allowed", []Fingerprint{s1}, true, 1, "sha-1"},
		{"md5 only (E11)", []Fingerprint{of("md5", 16)}, true, 0, ""},
		{"wrong length", []Fingerprint{of("sha-256", 20)}, true, 0, ""},
		{"none (E9)", nil, true, 0, ""},
	} {
		got := Strongest(tt.in, tt.sha1)
		if len(got) != tt.want || tt.want > 0 && got[0].Hash != tt.hash {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// TestRFC6714Offerer varies all that the decision depends on; want is by Active: passive, active.
func TestRFC6714Offerer(t *testing.T) {
	for _, tt := range []struct {
		cema, match, own, peer bool
		want                   [2]CEMAAction
	}{
		{true, true, false, false, [2]CEMAAction{Wait, Dial}},
		{true, false, false, false, [2]CEMAAction{Wait, Dial}},
		{true, false, true, true, [2]CEMAAction{Wait, Dial}},
		{true, true, true, true, [2]CEMAAction{Wait, Dial}},
		{false, false, false, false, [2]CEMAAction{Reoffer, Dial}},
		{false, false, true, false, [2]CEMAAction{Reoffer, Reoffer}},
		{false, false, false, true, [2]CEMAAction{Reoffer, Reoffer}},
		{false, false, true, true, [2]CEMAAction{Reoffer, Reoffer}},
		{false, true, false, false, [2]CEMAAction{Wait, Dial}},
		{false, true, true, false, [2]CEMAAction{Wait, Dial}},
		{false, true, false, true, [2]CEMAAction{PlainPath, PlainPath}},
		{false, true, true, true, [2]CEMAAction{PlainPath, PlainPath}},
	} {
		for i, active := range []bool{false, true} {
			o := CEMAOfferer{AnswerCEMA: tt.cema, Match: tt.match, Active: active, OwnRelay: tt.own, PeerRelay: tt.peer}
			if got := o.Decide(); got != tt.want[i] {
				t.Errorf("%+v: %v, want %v", o, got, tt.want[i])
			}
		}
	}
}

func TestRFC6714Answerer(t *testing.T) {
	for _, tt := range []struct {
		a    CEMAAnswerer
		want CEMAAction
		cema bool
	}{
		{CEMAAnswerer{}, RejectLine, false},
		{CEMAAnswerer{Match: true}, Wait, false},
		{CEMAAnswerer{Match: true, Active: true}, Dial, false},
		{CEMAAnswerer{OfferCEMA: true, CanBePassive: true}, Wait, true},
		{CEMAAnswerer{OfferCEMA: true, Active: true}, Dial, true},
		{CEMAAnswerer{OfferCEMA: true, Match: true, Active: true}, Dial, true},
		{CEMAAnswerer{OfferCEMA: true, OwnRelay: true, OffererRelay: true, Active: true, CanBePassive: true}, PlainPath, false},
		{CEMAAnswerer{OfferCEMA: true, OffererRelay: true, CanBePassive: true}, PlainPath, false},
		{CEMAAnswerer{OfferCEMA: true, OffererRelay: true, Active: true}, Dial, true},
		{CEMAAnswerer{OfferCEMA: true, OwnRelay: true, Active: true}, PlainPath, false},
		{CEMAAnswerer{OfferCEMA: true, OwnRelay: true, CanBePassive: true}, Wait, true},
	} {
		if got, cema := tt.a.Decide(); got != tt.want || cema != tt.cema {
			t.Errorf("%+v: %v %v, want %v %v", tt.a, got, cema, tt.want, tt.cema)
		}
	}
}

func TestRFC6714Match(t *testing.T) {
	for _, tt := range []struct {
		addr, path string
		match      bool
	}{
		{"192.0.2.1:2855", "msrp://192.0.2.1:2855/x;tcp", true},
		{"192.0.2.1:2855", "msrp://192.0.2.1:2856/x;tcp", false},
		{"192.0.2.1:2855", "msrp://192.0.2.1/x;tcp", false},
		{"192.0.2.1:2855", "msrp://relay.example:2855/x;tcp", false},
		{"192.0.2.1:2855", "msrp://192.0.2.9:1/r;tcp msrp://u@192.0.2.1:2855/x;tcp", true},
		{"[2001:db8::1]:9", "msrps://[2001:DB8:0::1]:9/x;tcp", true},
		{"192.0.2.1:9", "nonsense", false},
	} {
		ap := netip.MustParseAddrPort(tt.addr)
		l := New(1, 1, ap.Addr()).AddLine("message", ap.Port(), ParseProto("TCP/MSRP"), "*")
		l.Set(AttrPath, tt.path)
		if l.PathMatches() != tt.match {
			t.Errorf("%s against %s: want %v", tt.addr, tt.path, tt.match)
		}
	}
}
