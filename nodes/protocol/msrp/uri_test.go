package msrp

import "testing"

func TestRFC4975URIParse(t *testing.T) {
	good := []string{
		uriA, uriB, "msrps://[2001:db8:64:100::a1]:50732/x8Vq2pLm0ZsT5kRd;tcp", "msrp://relay.example.net;tcp",
		"msrp://alice@host.example:1/a/b+c=;tcp", "msrp://h:65535/x;tcp;alt=1;b", "msrps://[5555::aaa:bbb:ccc:ddd]:49156/s111271;tcp",
	}
	for _, s := range good {
		u, err := ParseURI(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		} else if u.String() != s {
			t.Errorf("%s printed as %s", s, u)
		}
	}
	for _, s := range []string{
		"", "msrp:", "sip:a@b", "msrp://", "msrp://h", "msrp://h;", "msrp://;tcp", "msrp://h:0/x;tcp", "msrp://h:65536/x;tcp", "msrp://h:/x;tcp",
		"msrp://h:+1/x;tcp", "msrp://[1.2.3.4]:1/x;tcp", "msrp://[::1:1/x;tcp", "msrp://[::1%lo]:1/x;tcp", "msrp://[::1]1/x;tcp", "msrp://h/;tcp",
		"msrp://h/x y;tcp", "msrp://h h/x;tcp", "msrp://u u@h/x;tcp", "msrp://h/x\r;tcp",
	} {
		if u, err := ParseURI(s); err == nil {
			t.Errorf("%q parsed as %+v", s, u)
		}
	}
}

func TestRFC4975URICompare(t *testing.T) {
	for _, tt := range []struct {
		a, b  string
		equal bool
	}{
		{"msrp://h:1/x;tcp", "MSRP://H:1/x;TCP", true},
		{"msrp://h:1/x;tcp", "msrps://h:1/x;tcp", false},
		{"msrp://h:1/x;tcp", "msrp://h:1/X;tcp", false},
		{"msrp://h:1/x;tcp", "msrp://h:2/x;tcp", false},
		{"msrp://h/x;tcp", "msrp://h:2855/x;tcp", false}, // 2855 is no default
		{"msrp://h:1;tcp", "msrp://h:1/x;tcp", false},
		{"msrp://u@h:1/x;tcp", "msrp://v@h:1/x;tcp;p=1", true},
		{"msrp://[2001:db8::1]:1/x;tcp", "msrp://[2001:0DB8:0:0::0001]:1/x;tcp", true},
		{"msrp://[::ffff:10.0.0.1]:1/x;tcp", "msrp://10.0.0.1:1/x;tcp", true},
		{"msrp://10.0.0.1:1/x;tcp", "msrp://10.0.0.2:1/x;tcp", false},
		{"msrp://10.0.0.1:1/x;tcp", "msrp://h:1/x;tcp", false},
	} {
		a, err1 := ParseURI(tt.a)
		b, err2 := ParseURI(tt.b)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if a.Equal(b) != tt.equal || b.Equal(a) != tt.equal {
			t.Errorf("%s = %s: want %v", tt.a, tt.b, tt.equal)
		}
	}
	a, _ := ParseURI("msrp://h:1/x;tcp")
	b, _ := ParseURI("msrps://h:1/x;tcp")
	if !a.EqualButScheme(b) {
		t.Error("the scheme counted")
	}
}

func TestPath(t *testing.T) {
	const p = uriA + " " + uriB
	if First(p) != uriA || Last(p) != uriB || Hops(p) != 2 || First(uriA) != uriA || Last(uriA) != uriA || Hops("") != 0 {
		t.Error("paths come apart wrongly")
	}
}

func FuzzURI(f *testing.F) {
	f.Add(uriA)
	f.Add("msrps://u@[2001:db8::1]:50732/x8Vq;tcp;a=b")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURI(s)
		if err != nil {
			return
		}
		v, err := ParseURI(u.String())
		if err != nil || !u.Equal(v) || v.String() != u.String() {
			t.Fatalf("%q: %q: %v", s, u, err)
		}
	})
}
