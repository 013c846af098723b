package scscf

import (
	"crypto/md5"
	"fmt"
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/nodes/protocol/sip"
)

// registrar is an S-CSCF with a P-CSCF and a second entity that the test plays.
type registrar struct {
	*nodetest.World
	s         *SCSCF
	edge, far *nodetest.Peer
	n         int
}

func newRegistrar(t *testing.T, cfg Config) *registrar {
	w := nodetest.New(t, "scscf1", "edge", "far")
	s, err := New(w.Env, w.Host("scscf1"), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &registrar{World: w, s: s, edge: w.Peer("edge"), far: w.Peer("far")}
}

const alice = "sip:alice@home1.example"

// register sends a REGISTER and returns the response.
func (r *registrar) register(expires, more string) *sip.Message {
	r.n++
	edge := r.Addr("edge").String()
	r.edge.Send("scscf1", fmt.Sprintf("REGISTER sip:home1.example SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d\nMax-Forwards: 70\nFrom: <%s>;tag=f\nTo: <%s>\nCall-ID: reg\nCSeq: %d REGISTER\nContact: <sip:alice@%s>\nPath: <sip:%s;lr>\nExpires: %s\n%s",
		edge, r.n, alice, alice, r.n, r.Addr("far"), edge, expires, more))
	r.Run(100 * time.Millisecond)
	return r.edge.Last()
}

// credentials answers a challenge, computed from RFC 2617 §3.2.2 here.
func credentials(challenge *sip.Message, secret string) string {
	h := challenge.Get(sip.HWWWAuthenticate)
	nonce, _, _ := strings.Cut(h[strings.Index(h, `nonce="`)+len(`nonce="`):], `"`)
	sum := func(s string) string { return fmt.Sprintf("%x", md5.Sum([]byte(s))) }
	response := sum(sum("alice@home1.example:home1.example:"+secret) + ":" + nonce + ":00000001:c:auth:" + sum("REGISTER:sip:home1.example"))
	return fmt.Sprintf(`Authorization: Digest username="alice@home1.example", realm="home1.example", nonce="%s", uri="sip:home1.example", qop=auth, nc=00000001, cnonce="c", response="%s"`+"\n", nonce, response)
}

// RFC 3261 §10.3, RFC 2617: challenged, refused with the wrong answer and with an old nonce, and registered with the right one.
func TestRegistration(t *testing.T) {
	r := newRegistrar(t, Config{})
	first := r.register("600", "")
	if first.Status != 401 {
		t.Fatalf("first: %d", first.Status)
	}
	if m := r.register("600", credentials(first, "guessed")); m.Status != 401 || r.s.Registered() != 0 {
		t.Errorf("wrong secret: %d, %d registered", m.Status, r.s.Registered())
	}
	if m := r.register("600", credentials(first, "secret of "+alice)); m.Status != 401 {
		t.Errorf("old nonce: %d", m.Status)
	}
	m := r.register("600", credentials(r.edge.Last(), "secret of "+alice))
	if m.Status != 200 || r.s.Registered() != 1 {
		t.Fatalf("right answer: %d, %d registered", m.Status, r.s.Registered())
	}
	// RFC 3327 §5.3, RFC 3608 §6: Path comes back, Service-Route is there.
	if !strings.Contains(m.Get(sip.HPath), r.Addr("edge").String()) || !strings.Contains(m.Get(sip.HServiceRoute), r.Addr("scscf1").String()) {
		t.Errorf("Path %q, Service-Route %q", m.Get(sip.HPath), m.Get(sip.HServiceRoute))
	}
	challenge := r.register("0", "")
	if m := r.register("0", credentials(challenge, "secret of "+alice)); m.Status != 200 || r.s.Registered() != 0 {
		t.Errorf("Expires: 0: %d, %d registered", m.Status, r.s.Registered())
	}
}

// Requests to a registered identity go along its Path to its contact, until it expires; others of the domain are 404.
func TestRouting(t *testing.T) {
	no := false
	for _, c := range []struct {
		name, uri string
		wait      time.Duration
		status    string // of the refusal; "": passed on
	}{
		{"registered", alice, 0, ""},
		{"expired", alice, 601 * time.Second, "404"},
		{"unknown", "sip:bob@home1.example", 0, "404"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRegistrar(t, Config{Challenge: &no})
			if m := r.register("600", ""); m.Status != 200 {
				t.Fatalf("REGISTER: %d", m.Status)
			}
			r.Run(c.wait)
			r.far.Send("scscf1", "INVITE "+c.uri+" SIP/2.0\nVia: SIP/2.0/UDP "+r.Addr("far").String()+";branch=z9hG4bKi\nMax-Forwards: 70\nFrom: <sip:x@y.example>;tag=1\nTo: <"+c.uri+">\nCall-ID: i\nCSeq: 1 INVITE\nContact: <sip:x@"+r.Addr("far").String()+">\n")
			r.Run(100 * time.Millisecond)
			on := r.edge.Find(sip.INVITE)
			switch {
			case c.status != "":
				if on != nil || r.far.Find(c.status) == nil {
					t.Errorf("not refused with %s", c.status)
				}
			case on == nil:
				t.Error("not passed on")
			case on.URI != "sip:alice@"+r.Addr("far").String() || !strings.Contains(on.First(sip.HRecordRoute), r.Addr("scscf1").String()):
				t.Errorf("passed on to %s with Record-Route %q", on.URI, on.First(sip.HRecordRoute))
			}
		})
	}
}
