package ibcf

import (
	"regexp"
	"strings"
	"testing"
)

// TS 24.229 cl. 5.10.4.3: the token is a host name, the same for the same text; cl. 5.10.4.4: only the own network's IBCFs can
// read it.
func TestToken(t *testing.T) {
	one, other := newSealer("home1.example"), newSealer("home2.example")
	for _, text := range []string{"", "x", "SIP/2.0/UDP 10.0.0.8:5060;branch=z9hG4bK1", strings.Repeat("<sip:[fd00::1]:5060;lr>, ", 40)} {
		token := one.seal(text)
		if token != one.seal(text) {
			t.Errorf("%q: two tokens", text)
		}
		if got, ok := one.open(token); !ok || got != text {
			t.Errorf("%q came back as %q, %v", text, got, ok)
		}
		if _, ok := other.open(token); ok {
			t.Errorf("%q: read by another network", text)
		}
		if !regexp.MustCompile(`^(t[0-9a-v]{1,60}\.)*t[0-9a-v]{1,60}$`).MatchString(token) {
			t.Errorf("%q is no host name", token)
		}
		if len(text) > 1 && strings.Contains(token, text) {
			t.Errorf("%q shows its text", token)
		}
	}
	for _, token := range []string{"", "t", "t.", "tzz", "x" + one.seal("y")[1:], one.seal("y") + "0", strings.ToUpper("t"), one.seal("abc")[:9]} {
		if text, ok := one.open(token); ok {
			t.Errorf("%q is a token of %q", token, text)
		}
	}
}

// FuzzToken: what comes from outside as a token never panics, and what opens was sealed here.
func FuzzToken(f *testing.F) {
	s := newSealer("home1.example")
	for _, v := range []string{"", "t", "t00", s.seal("a, b"), s.seal(strings.Repeat("a", 90)), "t" + strings.Repeat("v", 63)} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if text, ok := s.open(token); ok && s.seal(text) != token && !strings.EqualFold(strings.ReplaceAll(s.seal(text), ".t", ""), strings.ReplaceAll(token, ".t", "")) {
			t.Errorf("%q opens as %q, whose token is %q", token, text, s.seal(text))
		}
	})
}
