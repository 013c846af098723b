package tls

import (
	"crypto/md5"  // that of a peer is refused whatever it says; ours can be said all the same
	"crypto/sha1" // RFC 8122 §5: SHA-1 fingerprints still occur; a policy decides
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"strings"
)

// strengths lists the hashes that we support, strongest first.
var strengths = [...]struct {
	name string
	size int
}{{"sha-512", 64}, {"sha-384", 48}, {"sha-256", 32}, {"sha-224", 28}, {"sha-1", 20}}

// digest appends the named hash of der to dst; false for a hash that we do not support. MD5 is for
// what we announce: Strongest never finds it (RFC 8122 §5).
func digest(dst []byte, hash string, der []byte) ([]byte, bool) {
	switch hash {
	case "md5":
		d := md5.Sum(der)
		return append(dst, d[:]...), true
	case "sha-1":
		d := sha1.Sum(der)
		return append(dst, d[:]...), true
	case "sha-224":
		d := sha256.Sum224(der)
		return append(dst, d[:]...), true
	case "sha-256":
		d := sha256.Sum256(der)
		return append(dst, d[:]...), true
	case "sha-384":
		d := sha512.Sum384(der)
		return append(dst, d[:]...), true
	case "sha-512":
		d := sha512.Sum512(der)
		return append(dst, d[:]...), true
	}
	return dst, false
}

// FingerprintOf returns the fingerprint of a certificate. It panics for a hash that is not supported.
func FingerprintOf(hash string, der []byte) Fingerprint {
	var buf [64]byte
	d, ok := digest(buf[:0], strings.ToLower(hash), der)
	if !ok {
		panic("tls: no fingerprint with hash " + hash)
	}
	const hexDigits = "0123456789ABCDEF"
	v := make([]byte, 0, 3*len(d))
	for i, b := range d {
		if i > 0 {
			v = append(v, ':')
		}
		v = append(v, hexDigits[b>>4], hexDigits[b&15])
	}
	return Fingerprint{Hash: strings.ToLower(hash), Value: string(v)}
}

// Fingerprint returns the certificate's fingerprint, e.g. with hash "sha-256".
func (c *Certificate) Fingerprint(hash string) Fingerprint { return FingerprintOf(hash, c.DER) }

// String returns the value of an SDP fingerprint attribute: "sha-256 AB:CD:…".
func (f Fingerprint) String() string { return f.Hash + " " + f.Value }

// ParseFingerprint reads the value of an SDP fingerprint attribute (RFC 8122 §5). The hash may be one that we do not
// support, as long as the value is made of pairs of hexadecimal digits; a known hash must have its length. Letter case is
// not significant in either part and is normalised.
func ParseFingerprint(s string) (Fingerprint, error) {
	hash, value, ok := strings.Cut(strings.TrimSpace(s), " ")
	if !ok {
		return Fingerprint{}, fmt.Errorf("tls: fingerprint %q has no value (should be HASH HEX:HEX:…)", s)
	}
	f := Fingerprint{Hash: strings.ToLower(hash), Value: strings.ToUpper(strings.TrimSpace(value))}
	n := (len(f.Value) + 1) / 3
	if len(f.Value)%3 != 2 {
		return Fingerprint{}, fmt.Errorf("tls: fingerprint value %q is not made of hexadecimal pairs joined by colons", value)
	}
	for i := range n {
		if hexDigit(f.Value[3*i]) > 15 || hexDigit(f.Value[3*i+1]) > 15 || i+1 < n && f.Value[3*i+2] != ':' {
			return Fingerprint{}, fmt.Errorf("tls: fingerprint value %q is not made of hexadecimal pairs joined by colons", value)
		}
	}
	for _, h := range strengths {
		if h.name == f.Hash && h.size != n {
			return Fingerprint{}, fmt.Errorf("tls: a %s fingerprint of %d octets (should be %d)", f.Hash, n, h.size)
		}
	}
	return f, nil
}

// hexDigit returns a hexadecimal digit's value, more than 15 for anything else.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

// Strongest returns the strongest hash among fps that we support, "" when there is none.
func Strongest(fps []Fingerprint, allowSHA1 bool) string {
	for _, h := range strengths {
		// TS 33.328: SHA-1 only where the policy allows it.
		if h.name == "sha-1" && !allowSHA1 {
			continue
		}
		for i := range fps {
			if strings.EqualFold(fps[i].Hash, h.name) {
				return h.name
			}
		}
	}
	return ""
}

// Match reports whether a certificate matches any fingerprint of the strongest supported hash among fps; a match of a
// weaker one does not count (RFC 8122 §5, TS 33.328).
func Match(fps []Fingerprint, der []byte, allowSHA1 bool) bool {
	hash := Strongest(fps, allowSHA1)
	if hash == "" {
		return false
	}
	var buf [64]byte
	d, _ := digest(buf[:0], hash, der)
	for i := range fps {
		if strings.EqualFold(fps[i].Hash, hash) && equalHex(fps[i].Value, d) {
			return true
		}
	}
	return false
}

func equalHex(value string, d []byte) bool {
	if len(value) != 3*len(d)-1 {
		return false
	}
	for i, b := range d {
		if hexDigit(value[3*i]) != b>>4 || hexDigit(value[3*i+1]) != b&15 || i+1 < len(d) && value[3*i+2] != ':' {
			return false
		}
	}
	return true
}
