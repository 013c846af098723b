package ue

import (
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// registrar answers what a UE sends: a REGISTER without credentials by a 401 with a list, one with them by 200.
func (p *phone) registrar(list string) {
	p.net.Answer = func(m *sip.Message) string {
		switch {
		case m.Method != sip.REGISTER:
			return ""
		case m.Has(sip.HAuthorization):
			return nodetest.Reply(m, "200 OK", "Contact: "+m.Get(sip.HContact)+"\n", "")
		}
		return nodetest.Reply(m, "401 Unauthorized", "WWW-Authenticate: Digest realm=\"h\", nonce=\"1\"\n"+list, "")
	}
}

// last is the last REGISTER that came.
func (p *phone) last(t *testing.T) *sip.Message {
	t.Helper()
	m := p.net.Find(sip.REGISTER)
	if m == nil {
		t.Fatal("no REGISTER came")
	}
	return m
}

// RFC 3329 §2.3.1: Security-Verify is Security-Server, octet by octet, whatever is in it; Security-Client is said again as it
// was.
func TestSecurityVerify(t *testing.T) {
	for _, list := range []string{
		"msrp-tls;mediasec, bfcp-tls;mediasec",
		"ipsec-3gpp;q=0.1;alg=hmac-sha-1-96;ealg=null;spi-c=98765432;spi-s=87654321;port-c=8642;port-s=7531, msrp-tls;mediasec, bfcp-tls;mediasec",
		"IPSEC-3GPP;Q=0.10;Prot=\"ESP\", Msrp-TLS;MediaSec;x=\"a, b; c\"",
		"tls;q=0.2;d-alg=MD5, nobody-knows;this=1",
		"msrp-tls; mediasec;  q=0.3",
	} {
		for _, ipsec := range []bool{false, true} {
			p := newPhone(t, Config{MediaSec: []string{"msrp-tls", "bfcp-tls"}, IPsec: ipsec})
			p.registrar("Security-Server: " + list + "\n")
			p.u.Register(sim.Cause{Session: 1})
			p.Run(100 * time.Millisecond)
			first, second := p.net.In[0], p.last(t)
			if got := second.Get(sip.HSecurityVerify); got != list {
				t.Errorf("mirrors %q, want %q", got, list)
			}
			client := first.Get(sip.HSecurityClient)
			if got := second.Get(sip.HSecurityClient); got != client || strings.HasPrefix(client, "ipsec-3gpp;") != ipsec || !strings.HasSuffix(client, "msrp-tls;mediasec, bfcp-tls;mediasec") {
				t.Errorf("announces %q, and then %q", client, got)
			}
			if first.Has(sip.HSecurityVerify) {
				t.Error("mirrors what never came")
			}
		}
	}
}

// TS 24.229 §5.1.1: what both sides announced counts, from the 401 or, without one, from the 200; it counts on until the next
// registration is answered, and not after that is for nothing or refused.
func TestAgreement(t *testing.T) {
	const both = "Security-Server: msrp-tls;mediasec, bfcp-tls;mediasec\n"
	p := newPhone(t, Config{MediaSec: []string{"msrp-tls"}})
	agreed := func(when string, msrp, bfcp bool) {
		t.Helper()
		if got := p.u.MediaSecurity("msrp-tls"); got != msrp {
			t.Errorf("%s: msrp-tls %t", when, got)
		}
		if got := p.u.MediaSecurity("bfcp-tls"); got != bfcp {
			t.Errorf("%s: bfcp-tls %t", when, got)
		}
	}
	why := sim.Cause{Session: 1}
	agreed("before", false, false)
	p.registrar(both)
	p.u.Register(why)
	p.Run(100 * time.Millisecond)
	agreed("registered", true, false)
	id := p.last(t).Get(sip.HCallID)

	p.u.Reregister([]string{"bfcp-tls"}, false, why)
	agreed("on the way", true, false)
	p.u.Reregister(nil, false, why) // one at a time
	p.Run(100 * time.Millisecond)
	agreed("registered with another list", false, true)
	if m := p.last(t); m.Get(sip.HCallID) != id { // RFC 3261 §10.2
		t.Errorf("Call-ID %q, was %q", m.Get(sip.HCallID), id)
	}

	p.registrar("") // the network announces nothing any more
	p.u.Reregister([]string{"msrp-tls"}, false, why)
	p.Run(100 * time.Millisecond)
	agreed("without the network's list", false, false)

	p.net.Answer = func(m *sip.Message) string {
		return nodetest.Reply(m, "200 OK", "Contact: "+m.Get(sip.HContact)+"\n"+both, "")
	}
	p.u.Reregister([]string{"msrp-tls", "bfcp-tls"}, false, why)
	p.Run(100 * time.Millisecond)
	agreed("no challenge", true, true)

	p.registrar(both)
	p.u.Reregister(nil, true, why)
	agreed("leaving", true, true)
	p.Run(100 * time.Millisecond)
	agreed("left", false, false)
	if m := p.last(t); m.Get(sip.HExpires) != "0" || p.u.Registered() || !strings.Contains(strings.Join(p.Marks, "\n"), nodes.Deregistered) {
		t.Errorf("left by\n%s", m)
	}

	p.u.Reregister([]string{"msrp-tls"}, false, why)
	p.Run(100 * time.Millisecond)
	agreed("back", true, false)
	p.net.Answer = func(m *sip.Message) string { return nodetest.Reply(m, "494 Security Agreement Required", both, "") }
	p.u.Reregister([]string{"msrp-tls"}, false, why)
	p.Run(100 * time.Millisecond)
	agreed("refused", false, false)
	if p.u.Registered() {
		t.Error("registered all the same")
	}
}
