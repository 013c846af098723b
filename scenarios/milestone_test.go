package scenarios

import "testing"

// A milestone's text is read and written alike, and its detail is one of the words of an occurrence's.
func TestMilestoneDetail(t *testing.T) {
	for _, c := range []struct {
		text, node, leg, detail string
		is                      bool
	}{
		{"agw1 tls.alert.sent(42)", "agw1", "access", "42", true},
		{"agw1/access tls.alert.sent(42) #2", "agw1", "access", "42", true},
		{"agw1/core tls.alert.sent(42)", "agw1", "access", "42", false},
		{"ue-a tls.alert.sent(42)", "agw1", "access", "42", false},
		{"agw1 tls.alert.sent", "agw1", "", "42", true},
		{"agw1 tls.alert.sent(4)", "agw1", "", "42", false},
		{"agw1 tls.alert.sent(2)", "agw1", "", "42 2", true},
		{"ue-b sip.bye.received(mismatch)", "ue-b", "", `SIP;cause=503;text="fingerprint_mismatch"`, false},
		{"ue-b sip.bye.received(fingerprint_mismatch)", "ue-b", "", `SIP;cause=503;text="fingerprint_mismatch"`, true},
		{"ue-b sip.bye.received(503)", "ue-b", "", `SIP;cause=503;text="fingerprint_mismatch"`, true},
		{"agw1 h248.add.received(ip/core/$)", "agw1", "", "ip/core/$", true},
	} {
		var m Milestone
		if err := m.UnmarshalText([]byte(c.text)); err != nil {
			t.Fatal(err)
		}
		if m.String() != c.text {
			t.Errorf("%q is written %q", c.text, m)
		}
		if m.Is(c.node, c.leg, c.detail) != c.is {
			t.Errorf("%s is %s/%s %q: want %v", c.text, c.node, c.leg, c.detail, c.is)
		}
	}
	for _, bad := range []string{"a b(", "a b()", "a b(c", "a b(c))", "a b((c)", "a b(c) d", "a (c)"} {
		if err := new(Milestone).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}
