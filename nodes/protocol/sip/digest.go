package sip

import (
	"crypto/md5"
	"encoding/hex"
	"strconv"
	"strings"
)

// AuthParams is the text behind the scheme of an authentication header: comma-separated name=value pairs.
type AuthParams string

// Get returns a parameter's value with quotes removed, "" when it is not there.
func (p AuthParams) Get(name string) string {
	for e := range Elements(string(p)) {
		if n, v, ok := strings.Cut(e, "="); ok && equalFold(trim(n), name) {
			return unquote(trim(v))
		}
	}
	return ""
}

// Challenge is the value of WWW-Authenticate or Proxy-Authenticate with scheme Digest (RFC 2617 as RFC 3261 §22.4 uses it).
type Challenge struct {
	Realm, Nonce, Opaque string
	Algorithm            string // "", "MD5" or "AKAv1-MD5"
	QOP                  string // "" or a list with "auth" in it
	Stale                bool
	Params               AuthParams // all, as received; ignored when encoding
}

// ParseChallenge reads a challenge.
func ParseChallenge(s string) (Challenge, error) {
	scheme, rest, ok := cutSpace(s)
	if !ok || !equalFold(scheme, "Digest") {
		return Challenge{}, wrong(0, "challenge", s, "Digest realm=…, nonce=…")
	}
	p := AuthParams(rest)
	c := Challenge{Realm: p.Get("realm"), Nonce: p.Get("nonce"), Opaque: p.Get("opaque"), Algorithm: p.Get("algorithm"),
		QOP: p.Get("qop"), Stale: equalFold(p.Get("stale"), "true"), Params: p}
	if c.Nonce == "" {
		return Challenge{}, wrong(0, "challenge", s, "a nonce")
	}
	return c, nil
}

// String returns the value's text.
func (c Challenge) String() string {
	s := "Digest realm=" + quote(c.Realm) + ", nonce=" + quote(c.Nonce)
	if c.Opaque != "" {
		s += ", opaque=" + quote(c.Opaque)
	}
	if c.Stale {
		s += ", stale=true"
	}
	if c.Algorithm != "" {
		s += ", algorithm=" + c.Algorithm
	}
	if c.QOP != "" {
		s += ", qop=" + quote(c.QOP)
	}
	return s
}

// Credentials is the value of Authorization or Proxy-Authorization with scheme Digest.
type Credentials struct {
	Username, Realm, Nonce, URI, Response string
	Algorithm, CNonce, Opaque             string
	QOP                                   string // "" or "auth"
	NC                                    uint32 // nonce count, with QOP
	Params                                AuthParams
}

// ParseCredentials reads credentials. An empty response is allowed: the first REGISTER of IMS carries one (TS 24.229 §5.1.1.2).
func ParseCredentials(s string) (Credentials, error) {
	scheme, rest, ok := cutSpace(s)
	if !ok || !equalFold(scheme, "Digest") {
		return Credentials{}, wrong(0, "credentials", s, "Digest username=…")
	}
	p := AuthParams(rest)
	c := Credentials{Username: p.Get("username"), Realm: p.Get("realm"), Nonce: p.Get("nonce"), URI: p.Get("uri"), Response: p.Get("response"),
		Algorithm: p.Get("algorithm"), CNonce: p.Get("cnonce"), Opaque: p.Get("opaque"), QOP: p.Get("qop"), Params: p}
	if nc := p.Get("nc"); nc != "" {
		v, err := strconv.ParseUint(nc, 16, 32)
		if err != nil || len(nc) != 8 {
			return Credentials{}, wrong(0, "nc", nc, "eight hexadecimal digits")
		}
		c.NC = uint32(v)
	}
	if c.Username == "" {
		return Credentials{}, wrong(0, "credentials", s, "a username")
	}
	return c, nil
}

// String returns the value's text.
func (c Credentials) String() string {
	s := "Digest username=" + quote(c.Username) + ", realm=" + quote(c.Realm) + ", nonce=" + quote(c.Nonce) + ", uri=" + quote(c.URI) + ", response=" + quote(c.Response)
	if c.Algorithm != "" {
		s += ", algorithm=" + c.Algorithm
	}
	if c.Opaque != "" {
		s += ", opaque=" + quote(c.Opaque)
	}
	if c.QOP != "" {
		s += ", cnonce=" + quote(c.CNonce) + ", qop=" + c.QOP + ", nc=" + hex8(c.NC)
	}
	return s
}

// Answer makes credentials for a challenge. secret is the password, or for AKAv1-MD5 the shared key [I]. cnonce and nc serve
// qop=auth, nc counts from 1 for each nonce.
func (c Challenge) Answer(username, secret, method, uri, cnonce string, nc uint32) Credentials {
	a := Credentials{Username: username, Realm: c.Realm, Nonce: c.Nonce, URI: uri, Algorithm: c.Algorithm, Opaque: c.Opaque}
	for q := range Elements(c.QOP) {
		if equalFold(q, "auth") {
			a.QOP, a.CNonce, a.NC = "auth", cnonce, nc
		}
	}
	a.Response = a.expect(secret, method)
	return a
}

// Valid reports whether the response is right for the secret and the request's method. Nonce, nonce count and URI are the caller's to check.
func (c Credentials) Valid(secret, method string) bool {
	return c.Response == c.expect(secret, method)
}

// expect computes the response, RFC 2617 §3.2.2.
func (c Credentials) expect(secret, method string) string {
	ha1 := md5hex(c.Username + ":" + c.Realm + ":" + secret)
	ha2 := md5hex(method + ":" + c.URI)
	if c.QOP == "" { // RFC 2617 §3.2.2.1: without qop as RFC 2069 had it
		return md5hex(ha1 + ":" + c.Nonce + ":" + ha2)
	}
	return md5hex(ha1 + ":" + c.Nonce + ":" + hex8(c.NC) + ":" + c.CNonce + ":" + c.QOP + ":" + ha2)
}

func md5hex(s string) string {
	h := md5.Sum([]byte(s))
	return hex.EncodeToString(h[:])
}

func hex8(v uint32) string {
	s := strconv.FormatUint(uint64(v), 16)
	return "00000000"[len(s):] + s
}
