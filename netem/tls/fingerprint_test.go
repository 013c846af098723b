package tls

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

// RFC 8122 §5, TS 33.328: of several hashes the strongest supported one counts, with any of its values.
func TestMatch(t *testing.T) {
	der, other := Pool(ECDSAP256, 0).DER, Pool(ECDSAP256, 1).DER
	fp := func(hash string) Fingerprint { return FingerprintOf(hash, der) }
	no := func(hash string) Fingerprint { return FingerprintOf(hash, other) }
	lower := fp("sha-256")
	lower.Hash, lower.Value = "SHA-256", strings.ToLower(lower.Value)
	cases := []struct {
		name  string
		fps   []Fingerprint
		sha1  bool
		match bool
	}{
		{"one that matches", []Fingerprint{fp("sha-256")}, false, true},
		{"letter case", []Fingerprint{lower}, false, true},
		{"one that does not", []Fingerprint{no("sha-256")}, false, false},
		{"any value of the hash", []Fingerprint{no("sha-256"), fp("sha-256")}, false, true},
		{"a weaker match does not count", []Fingerprint{no("sha-512"), fp("sha-256")}, false, false},
		{"a stronger match counts", []Fingerprint{no("sha-256"), fp("sha-512")}, false, true},
		{"sha-224 and sha-384", []Fingerprint{no("sha-224"), fp("sha-384")}, false, true},
		{"SHA-1 is not allowed", []Fingerprint{fp("sha-1")}, false, false},
		{"SHA-1 is allowed", []Fingerprint{fp("sha-1")}, true, true},
		{"SHA-1 is weaker", []Fingerprint{fp("sha-1"), no("sha-256")}, true, false},
		{"MD5 never counts", []Fingerprint{{"md5", "00:11"}}, true, false},
		{"an unknown hash is passed over", []Fingerprint{{"sha-999", "00"}, fp("sha-256")}, false, true},
		{"none", []Fingerprint{}, true, false},
	}
	for _, tc := range cases {
		if got := Match(tc.fps, der, tc.sha1); got != tc.match {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.match)
		}
	}
}

func TestFingerprintText(t *testing.T) {
	f := Pool(Ed25519, 0).Fingerprint("sha-256")
	d := sha256.Sum256(Pool(Ed25519, 0).DER)
	if got := strings.ToLower(strings.ReplaceAll(f.Value, ":", "")); got != hex.EncodeToString(d[:]) {
		t.Errorf("value %s", f.Value)
	}
	if back, err := ParseFingerprint(strings.ToLower(f.String())); err != nil || back != f {
		t.Errorf("%v, %v, want %v", back, err, f)
	}
	for _, bad := range []string{"", "sha-256", "sha-256 ", "sha-256 AB:CD", "sha-1 AB-CD", "x A", "x AB:", "x AB:C", "x GG", "x AB:CDE"} {
		if f, err := ParseFingerprint(bad); err == nil {
			t.Errorf("%q is read as %v", bad, f)
		}
	}
	if f, err := ParseFingerprint("MD5 ab:CD"); err != nil || f != (Fingerprint{"md5", "AB:CD"}) {
		t.Errorf("%v, %v", f, err)
	}
}

func FuzzParseFingerprint(f *testing.F) {
	f.Add("sha-256 AB:CD")
	f.Add(Pool(RSA2048, 0).Fingerprint("sha-1").String())
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := ParseFingerprint(s); err == nil {
			if b, err := ParseFingerprint(a.String()); err != nil || a != b {
				t.Errorf("%v becomes %v, %v", a, b, err)
			}
		}
	})
}
