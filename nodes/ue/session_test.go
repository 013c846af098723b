package ue

import (
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/internal/units"
	"imsim/nodes"
	"imsim/nodes/protocol/sip"
)

// RFC 4028 §7.2, §10: the caller refreshes at half the interval where the 2xx says nothing else; a refusal ends the call by BYE.
func TestRFC4028Refresher(t *testing.T) {
	for _, x := range []struct{ answer, status string }{{"200 OK", ""}, {"481 Gone", "cause=481"}, {"", "cause=408"}} {
		p := newPhone(t, Config{Register: "none", Offer: "passive", SessionExpires: units.Duration(90 * time.Second)})
		on := p.call(nodes.SecurityNone)
		if got := on.Get(sip.HSessionExpires); got != "90" || on.Get(sip.HMinSE) != "90" || !strings.Contains(on.String(), "timer") {
			t.Fatalf("Session-Expires %q, Min-SE %q", got, on.Get(sip.HMinSE))
		}
		p.net.Send("ue-a", nodetest.Reply(on, "200 OK", "Contact: <sip:x@"+p.Addr("net").String()+">\nContent-Type: application/sdp\n", p.line("TCP/MSRP", path+"a=setup:active\n")))
		p.Run(44 * time.Second)
		if p.net.Find(sip.UPDATE) != nil {
			t.Error("refreshed too early")
		}
		p.Run(2 * time.Second)
		update := p.net.Find(sip.UPDATE)
		if update == nil || update.Get(sip.HSessionExpires) != "90;refresher=uac" {
			t.Fatalf("no refresh after 45 s: %v", update)
		}
		if x.answer != "" {
			p.net.Send("ue-a", nodetest.Reply(update, x.answer, "", ""))
		}
		p.Run(130 * time.Second)
		bye := p.net.Find(sip.BYE)
		if x.status == "" {
			continue
		}
		if bye == nil || !strings.Contains(bye.Get(sip.HReason), x.status) {
			t.Errorf("refresh answered with %q: BYE %v, want one with %s", x.answer, bye, x.status)
		}
	}
}

// RFC 4028 §9, §10: the called agrees, leaves the refresh to the caller, and hangs up shortly before the end.
func TestRFC4028Expiry(t *testing.T) {
	p := newPhone(t, Config{Register: "none", SessionExpires: units.Duration(30 * time.Minute)})
	p.Env.Scripts["c"] = &nodes.Script{Session: 1, From: "x", To: "ue-a"}
	net := p.Addr("net").String()
	head := " sip:ue-a@" + p.Addr("ue-a").String() + " SIP/2.0\nVia: SIP/2.0/UDP " + net + ";branch=z9hG4bK"
	from := "Max-Forwards: 70\nFrom: <sip:x@y.example>;tag=i\nCall-ID: c\nContact: <sip:x@" + net + ">\n"
	p.net.Send("ue-a", "INVITE"+head+"1\n"+from+"To: <sip:ue-a@home1.example>\nCSeq: 1 INVITE\nSupported: timer\nSession-Expires: 90\nContent-Type: application/sdp\n\n"+p.line("TCP/MSRP", path+"a=setup:active\n"))
	p.Run(100 * time.Millisecond)
	var ok *sip.Message
	for _, m := range p.net.In {
		if m.Status == 200 {
			ok = m
		}
	}
	if ok == nil || ok.Get(sip.HSessionExpires) != "90;refresher=uac" || !strings.Contains(ok.Get(sip.HRequire), "timer") {
		t.Fatalf("answer %v", ok)
	}
	to := "To: " + ok.Get(sip.HTo) + "\n"
	p.net.Send("ue-a", "ACK"+head+"2\n"+from+to+"CSeq: 1 ACK\n\n")
	p.Run(50 * time.Second)
	p.net.Send("ue-a", "UPDATE"+head+"3\n"+from+to+"CSeq: 2 UPDATE\nSupported: timer\nSession-Expires: 90;refresher=uac\n\n")
	p.Run(55 * time.Second) // past the first end: 90 s less a third
	if p.net.Find(sip.BYE) != nil {
		t.Fatal("hung up in spite of the refresh")
	}
	p.Run(10 * time.Second)
	if bye := p.net.Find(sip.BYE); bye == nil || !strings.Contains(bye.Get(sip.HReason), "session expired") {
		t.Errorf("BYE %v", bye)
	}
}
