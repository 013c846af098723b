package sdp

import (
	"strings"
)

// TLSRule says which side is TLS client.
type TLSRule uint8

// TLS rules.
const (
	ActiveIsClient  TLSRule = iota // RFC 8122 §5, RFC 6135 §4.4: who opens the TCP connection
	OffererIsClient                // RFC 4583 §8, RFC 8856 §8: who made the offer on this leg, whatever the TCP role
)

// TLSRuleFor returns the rule of an application: bfcp is the rule that the scenario sets for BFCP, everything else
// follows the TCP role.
func TLSRuleFor(a App, bfcp TLSRule) TLSRule {
	if a == BFCP {
		return bfcp
	}
	return ActiveIsClient
}

// Client reports whether a side is TLS client, given who it is in the offer/answer exchange that created the
// connection, and in TCP.
func (r TLSRule) Client(offerer, tcpActive bool) bool {
	if r == OffererIsClient {
		return offerer
	}
	return tcpActive
}

// Fingerprint is a certificate's hash (RFC 8122 §5): hash name in lower case, value in upper-case pairs with colons.
// In an H.248 fragment the value "$" asks the gateway to choose.
type Fingerprint struct {
	Hash  string
	Value string
}

// ParseFingerprint parses the value of a=fingerprint. ok is false when it has not the form; any hash name is taken.
func ParseFingerprint(s string) (f Fingerprint, ok bool) {
	hash, value, ok := strings.Cut(s, " ")
	if !ok || hash == "" || value == "" {
		return f, false
	}
	if value != "$" {
		if len(value)%3 != 2 {
			return f, false
		}
		for i := range len(value) {
			if c := value[i]; i%3 == 2 && c != ':' || i%3 != 2 && !hexDigit(c) {
				return f, false
			}
		}
	}
	return Fingerprint{strings.ToLower(hash), strings.ToUpper(value)}, true
}

func hexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f'
}

// String writes the fingerprint as our SDP carries it, e.g. "SHA-256 4A:AD:…".
func (f Fingerprint) String() string { return strings.ToUpper(f.Hash) + " " + f.Value }

// Fingerprints returns the line's fingerprints, or the session's when the line has none (RFC 8122 §5). Lines that are
// malformed are left out.
func (l Line) Fingerprints() []Fingerprint {
	var fs []Fingerprint
	if l.Has(AttrFingerprint) {
		for _, a := range l.m.Attributes {
			fs = appendFingerprint(fs, a.Key, a.Value)
		}
		return fs
	}
	for _, a := range l.d.Attributes {
		fs = appendFingerprint(fs, a.Key, a.Value)
	}
	return fs
}

func appendFingerprint(fs []Fingerprint, key, value string) []Fingerprint {
	if key != AttrFingerprint {
		return fs
	}
	if f, ok := ParseFingerprint(value); ok {
		fs = append(fs, f)
	}
	return fs
}

// SetFingerprints replaces the line's fingerprints.
func (l Line) SetFingerprints(fs ...Fingerprint) {
	l.Remove(AttrFingerprint)
	for _, f := range fs {
		l.Add(AttrFingerprint, f.String())
	}
}

// hashes from the strongest down, with the number of hexadecimal pairs (RFC 8122 §5). MD5 and MD2 are recognised by
// being absent here; sha-1 counts only where it is allowed.
var hashes = [...]struct {
	name  string
	pairs int
}{{"sha-512", 64}, {"sha-384", 48}, {"sha-256", 32}, {"sha-224", 28}, {"sha-1", 20}}

// Strongest returns those of fs that a certificate is held against: all of the strongest hash that we support. A match
// with a weaker one does not count (RFC 8122 §5). nil means that there is nothing to trust: the way out is 488.
func Strongest(fs []Fingerprint, allowSHA1 bool) []Fingerprint {
	for _, h := range hashes {
		if h.name == "sha-1" && !allowSHA1 {
			continue
		}
		var of []Fingerprint
		for _, f := range fs {
			if f.Hash == h.name && len(f.Value) == 3*h.pairs-1 {
				of = append(of, f)
			}
		}
		if of != nil {
			return of
		}
	}
	return nil
}
