package sip

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func exchange(t *testing.T) (invite, ok *Message) {
	invite = mustParse(t, "INVITE sip:b@home SIP/2.0\nVia: SIP/2.0/TCP p2;branch=z9hG4bK2\nRecord-Route: <sip:p2;lr>,\n <sip:p1;lr>\nFrom: \"Ann\" <sip:a@home>;tag=fa;x=y\nTo: sip:b@home\nCall-ID: c1\nCSeq: 7 INVITE\nContact: <sip:a@192.0.2.1;transport=tcp>\nAuthorization: Digest username=\"a\"\n\n")
	ok = NewResponse(invite, 200, "", "tb")
	ok.Add(HContact, "<sip:b@192.0.2.2>;q=1")
	return invite, ok
}

// RFC 3261 §12.1, §12.2.1.1: both ends' requests.
func TestDialogRequests(t *testing.T) {
	invite, ok := exchange(t)
	uac := must(NewUACDialog(invite, ok))
	uas := must(NewUASDialog(invite, "tb", "<sip:b@192.0.2.2>"))
	if got, want := uac.Request(UPDATE).String(), crlf("UPDATE sip:b@192.0.2.2 SIP/2.0\nMax-Forwards: 70\nRoute: <sip:p1;lr>\nRoute: <sip:p2;lr>\nFrom: \"Ann\" <sip:a@home>;x=y;tag=fa\nTo: <sip:b@home>;tag=tb\nCall-ID: c1\nCSeq: 8 UPDATE\nContact: <sip:a@192.0.2.1;transport=tcp>\n\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := uas.Request(BYE).String(), crlf("BYE sip:a@192.0.2.1;transport=tcp SIP/2.0\nMax-Forwards: 70\nRoute: <sip:p2;lr>\nRoute: <sip:p1;lr>\nFrom: <sip:b@home>;tag=tb\nTo: \"Ann\" <sip:a@home>;x=y;tag=fa\nCall-ID: c1\nCSeq: 1 BYE\n\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	ack := uac.Ack(invite)
	if c, _ := ack.CSeq(); c != (CSeq{7, ACK}) || ack.Get(HAuthorization) != `Digest username="a"` || uac.LocalSeq != 8 {
		t.Errorf("%s", ack)
	}
	if !uas.Matches(ack) || !uac.Matches(ok) || uac.Matches(ack) {
		t.Error("Matches")
	}
	if !uac.Confirmed || uas.Confirmed {
		t.Error("Confirmed")
	}
}

// RFC 3261 §12.2.1.1: the first route is a strict router's.
func TestDialogStrictRouter(t *testing.T) {
	d := &Dialog{CallID: "c", LocalTag: "l", Local: "<sip:a@h>", Remote: "<sip:b@h>", Target: "sip:b@t", Routes: []string{"<sip:strict>", "<sip:loose;lr>"}}
	m := d.Request(BYE)
	if m.URI != "sip:strict" || !slices.Equal(slices.Collect(m.Values(HRoute)), []string{"<sip:loose;lr>", "<sip:b@t>"}) || len(d.Routes) != 2 {
		t.Errorf("%s", m)
	}
}

// RFC 3261 §12.2.1.2, §12.2.2, §13.2.2.4: target refresh, order, and the 2xx's word on the route set.
func TestDialogUpdates(t *testing.T) {
	invite, ok := exchange(t)
	early := NewResponse(invite, 183, "", "tb")
	early.Remove(HRecordRoute)
	d := must(NewUACDialog(invite, early))
	if d.Confirmed || len(d.Routes) != 0 || d.Target != "sip:b@home" {
		t.Errorf("%+v", d)
	}
	d.ReceiveResponse(ok)
	if !d.Confirmed || len(d.Routes) != 2 || d.Target != "sip:b@192.0.2.2" {
		t.Errorf("%+v", d)
	}
	request := func(seq, method, contact string) *Message {
		m := simpleRequest(method)
		m.Set(HCSeq, seq+" "+method)
		if contact != "" {
			m.Add(HContact, contact)
		}
		return m
	}
	for _, c := range []struct {
		m      *Message
		status int
		target string
	}{
		{request("50", UPDATE, "<sip:new@h>"), 0, "sip:new@h"},
		{request("49", UPDATE, "<sip:old@h>"), 500, "sip:new@h"},
		{request("51", INFO, "<sip:other@h>"), 0, "sip:new@h"},
		{request("7", ACK, ""), 0, "sip:new@h"},
		{request("x", BYE, ""), 400, "sip:new@h"},
	} {
		if s := d.ReceiveRequest(c.m); s != c.status || d.Target != c.target {
			t.Errorf("%s %s: %d %s", c.m.Method, c.m.Get(HCSeq), s, d.Target)
		}
	}
	if _, err := NewUASDialog(simpleRequest(INVITE), "t", ""); err == nil {
		t.Error("INVITE without Contact taken")
	}
}

// RFC 3262 §4, §7.2: PRACK, and what is not acknowledged.
func TestReliableAtUAC(t *testing.T) {
	invite, _ := exchange(t)
	response := func(tag, rseq string) *Message {
		m := NewResponse(invite, 183, "", tag)
		m.Add(HContact, "<sip:b@192.0.2.2>")
		m.Add(HRequire, "100rel")
		m.Add(HRSeq, rseq)
		return m
	}
	var u UAC
	plain := NewResponse(invite, 180, "", "tb")
	for _, c := range []struct {
		m    *Message
		want Verdict
	}{
		{plain, Unreliable}, {response("tb", "10"), Reliable}, {response("tb", "10"), Repeated}, {response("tb", "12"), OutOfOrder},
		{response("fork", "99"), Reliable}, {response("tb", "11"), Reliable}, {response("tb", "10"), Repeated}, {response("tb", "0"), Unreliable},
	} {
		if got := u.Provisional(c.m); got != c.want {
			t.Errorf("RSeq %s of %s: %v, want %v", c.m.Get(HRSeq), c.m.ToTag(), got, c.want)
		}
	}
	d := must(NewUACDialog(invite, response("tb", "10")))
	p := d.Prack(response("tb", "10"))
	if p.Get(HRAck) != "10 7 INVITE" || p.Get(HCSeq) != "8 PRACK" || p.Has(HContact) {
		t.Errorf("%s", p)
	}
	if !AllowsReliable(response("a", "1")) || AllowsReliable(invite) {
		t.Error("AllowsReliable")
	}
}

func TestPackedDialog(t *testing.T) {
	for _, d := range []*Dialog{
		{},
		{CallID: strings.Repeat("c", 300), LocalTag: "a", RemoteTag: "b", Local: "<sip:a>", Remote: "<sip:b>", Contact: "<sip:c>", Target: "sip:t",
			Routes: []string{"<sip:p1;lr>", "<sip:p2;lr>"}, LocalSeq: 1<<32 - 1, RemoteSeq: 127, InviteSeq: 128, Confirmed: true, UAC: true},
	} {
		if got := d.Pack().Dialog(); !reflect.DeepEqual(got, d) {
			t.Errorf("%+v came back as %+v", d, got)
		}
	}
	if Packed("").Dialog() != nil {
		t.Error("nothing is a dialog")
	}
}
