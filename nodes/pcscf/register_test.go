package pcscf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/nodes/protocol/sip"
)

// try sends a REGISTER of a contact with more header lines, and returns what came back.
func (e *edge) try(contact, more string) *sip.Message {
	e.t.Helper()
	e.registers++
	e.ue.In = nil
	contact = cmp.Or(contact, "ue@"+e.Addr("ue").String())
	e.ue.Send("pcscf1", fmt.Sprintf("REGISTER sip:home1.example SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bKr%d\nMax-Forwards: 70\nFrom: <sip:a@home1.example>;tag=r\nTo: <sip:a@home1.example>\nCall-ID: r\nCSeq: %[2]d REGISTER\nContact: <sip:%s>\n", e.Addr("ue"), e.registers, contact)+more)
	e.Run(50 * time.Millisecond)
	return e.ue.Last()
}

// challenging makes the home network ask for credentials.
func (e *edge) challenging() {
	e.home.Answer = func(m *sip.Message) string {
		switch {
		case m.Method != sip.REGISTER:
			return ""
		case m.Has(sip.HAuthorization):
			return nodetest.Reply(m, "200 OK", "Contact: "+m.Get(sip.HContact)+"\n", "")
		}
		return nodetest.Reply(m, "401 Unauthorized", "WWW-Authenticate: Digest realm=\"h\", nonce=\"1\"\n", "")
	}
}

const credentials = "Authorization: Digest username=\"a\"\n"

// RFC 3329 §2.3.1, TS 24.229 §5.2.2.2: the second REGISTER mirrors the list of the 401 and repeats the client's of the
// first; what does not is answered by 494 and goes no further.
func TestListsUnchanged(t *testing.T) {
	const client = "Security-Client: msrp-tls;mediasec, bfcp-tls;mediasec\n"
	for _, c := range []struct {
		name   string
		ipsec  bool
		first  string                     // Security-Client of the first REGISTER, as a line
		verify func(server string) string // Security-Verify of the second, "" for none
		second string                     // Security-Client of the second
		status int
	}{
		{"mirrored", false, client, same, client, 200},
		{"mirrored, with IPsec beside", true, client, same, client, 200},
		{"an entry is missing", false, client, without("msrp-tls;mediasec, "), client, 494},
		{"an entry is missing, with IPsec beside", true, client, without("msrp-tls;mediasec, "), client, 494},
		{"IPsec is missing", true, client, func(s string) string { _, s, _ = strings.Cut(s, ", "); return s }, client, 494},
		{"a parameter of IPsec is another", true, client, func(s string) string { return strings.Replace(s, "ealg=null", "ealg=aes-cbc", 1) }, client, 494},
		{"another order", false, client, func(string) string { return "bfcp-tls;mediasec, msrp-tls;mediasec" }, client, 494},
		{"an entry more", false, client, func(s string) string { return s + ", sdes-srtp;mediasec" }, client, 494},
		{"not mediasec any more", false, client, func(s string) string { return strings.ReplaceAll(s, ";mediasec", "") }, client, 494},
		{"no list at all", false, client, func(string) string { return "" }, client, 494},
		{"no list to be read", false, client, func(string) string { return ";;" }, client, 494},
		{"the client's has an entry less", false, client, same, "Security-Client: bfcp-tls;mediasec\n", 494},
		{"the client's is gone", false, client, same, "", 494},
		{"the client's was not there before", false, "", func(string) string { return "" }, client, 494},
		{"a UE without", false, "", func(string) string { return "" }, "", 200},
		{"a UE without mirrors something", false, "", func(string) string { return "msrp-tls;mediasec" }, "", 494},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEdge(t, Config{IPsec: c.ipsec})
			e.challenging()
			m := e.try("", c.first)
			server := m.Get(sip.HSecurityServer)
			if m.Status != 401 || (server != "") != (c.first != "") || strings.Contains(server, "ipsec-3gpp") != c.ipsec {
				t.Fatalf("the first is answered by\n%s", m)
			}
			e.home.In = nil
			second := c.second
			if v := c.verify(server); v != "" {
				second += "Security-Verify: " + v + "\n"
			}
			m = e.try("", second+credentials)
			if m.Status != c.status {
				t.Fatalf("the second is answered by\n%s", m)
			}
			if went := e.home.Find(sip.REGISTER); (went != nil) != (c.status == 200) {
				t.Errorf("goes on: %v", went)
			}
			if bound := slices.ContainsFunc(e.Marks, func(s string) bool { return strings.HasPrefix(s, "pcscf1 sip.registered") }); bound != (c.status == 200) {
				t.Errorf("bound: %t; %q", bound, e.Marks)
			}
			if c.status == 494 && server != "" && m.Get(sip.HSecurityServer) != server {
				t.Errorf("494 has the list %q, the 401 had %q", m.Get(sip.HSecurityServer), server)
			}
		})
	}
}

func same(s string) string { return s }

func without(entry string) func(string) string {
	return func(s string) string { return strings.Replace(s, entry, "", 1) }
}

// Lists are the first hop's (RFC 3329 §2.3.2): none goes on to the home network, nor the option tag.
func TestListsStayHere(t *testing.T) {
	e := newEdge(t, Config{IPsec: true})
	e.try("", "Security-Client: msrp-tls;mediasec\nRequire: sec-agree\nProxy-Require: sec-agree, mediasec\n")
	on := e.home.Find(sip.REGISTER)
	for _, id := range []sip.HeaderID{sip.HSecurityClient, sip.HSecurityVerify, sip.HSecurityServer, sip.HRequire, sip.HProxyRequire} {
		if on.Has(id) {
			t.Errorf("goes on with %q", on.Get(id))
		}
	}
	// TS 24.229 §5.2.2.1, schemes without a challenge: the 200 has the media part of the list, and no IPsec.
	if got := e.ue.Last().Get(sip.HSecurityServer); got != "msrp-tls;mediasec, bfcp-tls;mediasec" {
		t.Errorf("200 has %q", got)
	}
}

// What was agreed is one contact's, whosever identity it is; it lives until that contact registers anew or leaves, and
// survives what is refused.
func TestCapabilityPerContact(t *testing.T) {
	e := newEdge(t, Config{})
	own := "ue@" + e.Addr("ue").String()
	other := "other@" + e.Addr("ue").String()
	const all = "Security-Client: msrp-tls;mediasec, bfcp-tls;mediasec\n"
	calls := 0
	offered := func(contact string) string {
		t.Helper()
		calls++
		e.ue.In = nil
		e.home.Send("pcscf1", fmt.Sprintf("INVITE sip:%s SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bKi%d\nMax-Forwards: 70\nFrom: <sip:x@y.example>;tag=i\nTo: <sip:z@y.example>\nCall-ID: i%[3]d\nCSeq: 1 INVITE\nContact: <sip:home@%[2]s>\nContent-Type: application/sdp\n\n", contact, e.Addr("home"), calls)+body("TCP/MSRP", "a=setup:actpass\n"))
		e.Run(100 * time.Millisecond)
		id := fmt.Sprint("i", calls) // and not an earlier one, repeated
		i := slices.IndexFunc(e.ue.In, func(m *sip.Message) bool { return m.Method == sip.INVITE && m.Get(sip.HCallID) == id })
		if i < 0 {
			t.Fatal("no offer came")
		}
		if m := e.ue.In[i]; strings.Contains(m.Body, " TCP/TLS/MSRP ") {
			return "TLS"
		}
		return "clear"
	}
	for i, step := range []struct {
		contact, register string
		status            int
		own, other        string // what the contacts are offered afterwards
	}{
		{own, all, 200, "TLS", ""},
		{other, "", 200, "TLS", "clear"},
		{other, all, 200, "TLS", "TLS"},
		{own, "Security-Client: bfcp-tls;mediasec\n", 200, "clear", "TLS"},
		{own, all, 200, "TLS", "TLS"},
		{own, all + "Security-Verify: bfcp-tls;mediasec\n", 494, "TLS", "TLS"},
		{other, "Expires: 0\n", 200, "TLS", "clear"},
		{own, "Expires: 0\n", 200, "clear", "clear"},
		{own, all, 200, "TLS", "clear"},
	} {
		if m := e.try(step.contact, step.register); m.Status != step.status {
			t.Fatalf("step %d is answered by\n%s", i, m)
		}
		if got := offered(own); got != step.own {
			t.Errorf("step %d: the contact is offered %s, want %s", i, got, step.own)
		}
		if step.other == "" {
			continue
		}
		if got := offered(other); got != step.other {
			t.Errorf("step %d: the other contact is offered %s, want %s", i, got, step.other)
		}
	}
}

// A registration that the home network refuses leaves what was agreed before, and no list behind that the next would have to
// mirror.
func TestRefusedRegistration(t *testing.T) {
	e := newEdge(t, Config{})
	e.challenging()
	const client = "Security-Client: msrp-tls;mediasec\n"
	if m := e.try("", client); m.Status != 401 {
		t.Fatal(m)
	}
	answer := e.home.Answer
	e.home.Answer = func(m *sip.Message) string { return nodetest.Reply(m, "403 Forbidden", "", "") }
	if m := e.try("", client+"Security-Verify: msrp-tls;mediasec, bfcp-tls;mediasec\n"+credentials); m.Status != 403 {
		t.Fatal(m)
	}
	e.home.Answer = answer
	if m := e.try("", credentials); m.Status != 200 {
		t.Errorf("one that begins with credentials is answered by\n%s", m)
	}
}

// The REGISTER that begins another registration may mirror the list of the one before, and then it is that list.
func TestListOfTheOneBefore(t *testing.T) {
	e := newEdge(t, Config{IPsec: true})
	e.challenging()
	const client = "Security-Client: msrp-tls;mediasec\n"
	server := e.try("", client).Get(sip.HSecurityServer)
	verify := "Security-Verify: " + server + "\n"
	if m := e.try("", client+verify+credentials); m.Status != 200 {
		t.Fatal(m)
	}
	if m := e.try("", client+strings.Replace(verify, "spi-c=", "spi-c=1", 1)); m.Status != 494 || m.Get(sip.HSecurityServer) != server {
		t.Errorf("another list is answered by\n%s", m)
	}
	m := e.try("", client+verify)
	if m.Status != 401 {
		t.Fatalf("the list of the registration before is answered by\n%s", m)
	}
	if fresh := m.Get(sip.HSecurityServer); fresh == server || fresh == "" { // TS 33.203 §7.2: each security association has SPIs of its own
		t.Errorf("the new list is %q, the one before was %q", fresh, server)
	}
}
