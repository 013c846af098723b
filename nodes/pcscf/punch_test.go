package pcscf

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/nodes/alg"
	"imsim/nodes/protocol/sip"
)

const boot = "Context = - { ServiceChange = ROOT { Services { Method = Restart, Reason = \"902 Warm Boot\", Profile = simiq/1, Version = 3 } } }"

// punching sets up a call for whose caller, behind a NAT, the gateway punches a hole; ack says that the caller has confirmed.
func punching(t *testing.T, cfg Config, ack bool) *edge {
	t.Helper()
	cfg.NATPassiveOffer = "punch"
	if cfg.PunchFallback == "" {
		cfg.PunchFallback = "merge"
	}
	e := newEdge(t, cfg)
	e.request(boot)
	e.contact = "10.9.9.9:5060"
	e.register("")
	on := e.invite(true, body("TCP/MSRP", oldS+passive+"a=msrp-cema\n"))
	if on == nil || e.answer(true, on, body("TCP/MSRP", oldT+active+"a=msrp-cema\n")) == nil {
		t.Fatal("no call")
	}
	if ack {
		e.inside(true, "ACK", 1)
	}
	e.mg.commands, e.mg.locals, e.mg.latch, e.mg.orders = nil, nil, false, nil
	e.ue.In, e.home.In = nil, nil
	return e
}

// inside sends a request without a body inside the call, from the UE or from the home network.
func (e *edge) inside(ue bool, method string, seq int) {
	e.t.Helper()
	who, from, to, tags := e.ue, "ue", "home", "From: <sip:x@y.example>;tag=i\nTo: <sip:z@y.example>;tag=answer\n"
	if !ue {
		who, from, to, tags = e.home, "home", "ue", "From: <sip:z@y.example>;tag=answer\nTo: <sip:x@y.example>;tag=i\n"
	}
	target := to + "@" + e.Addr(to).String()
	if !ue {
		target = "ue@" + e.contact
	}
	who.Send("pcscf1", fmt.Sprintf("%s sip:%s SIP/2.0\nVia: SIP/2.0/UDP %v;branch=z9hG4bK%s%s%d\nMax-Forwards: 70\nRoute: <sip:%v;lr>\n%sCall-ID: i\nCSeq: %d %s\n\n",
		method, target, e.Addr(from), from, method, seq, e.Addr("pcscf1"), tags, seq, method))
	e.Run(100 * time.Millisecond)
}

// miss reports that the punch has failed.
func (e *edge) miss(cause string) {
	e.request("Context = 1 { Notify = ip/access/3 { ObservedEvents = 2 { tcpbcc/BNCChange { Stream = 1, Type = EstFail, x_cause = \"" + cause + "\" } } } }")
}

// reply answers a request as a peer with a description.
func (e *edge) reply(who *nodetest.Peer, m *sip.Message, status, more, description string) {
	e.t.Helper()
	if m == nil {
		e.t.Fatal("no request to answer")
	}
	name := "home"
	if who == e.ue {
		name = "ue"
	}
	if description != "" {
		more += "Content-Type: application/sdp\n"
	}
	who.In = nil
	who.Send("pcscf1", nodetest.Reply(m, status, "Contact: <sip:"+name+"@"+e.Addr(name).String()+">\n"+more, description))
	e.Run(100 * time.Millisecond)
}

func cseq(m *sip.Message) string {
	if m == nil {
		return "none"
	}
	return m.Get(sip.HCSeq)
}

var (
	nearAnswer = lines("20002 " + pathS + anew + active)
	farAnswer  = lines("20000 " + oldT + existing + active)
)

// §8.5 step 6: the caller is to open to another port of the gateway; the called keeps its connection, and hears of the path.
func TestPunchFallback(t *testing.T) {
	e := punching(t, Config{}, true)
	e.miss("timeout")
	near := e.ue.Find(sip.INVITE)
	if near == nil || e.home.Find(sip.INVITE) != nil || e.ue.Find(sip.BYE) != nil {
		t.Fatalf("UE: %v, home: %v", e.ue.In, e.home.In)
	}
	for _, w := range []string{"m=message 7004 TCP/MSRP", "c=IN IP4 192.0.2.1", anew, passive, oldT, "o=- 1 2 "} {
		if !strings.Contains(strings.ReplaceAll(near.Body, "\r", ""), w) {
			t.Errorf("the caller's offer lacks %q:\n%s", w, near.Body)
		}
	}
	if got := near.First(sip.HContact); !strings.Contains(got, "home@"+e.Addr("home").String()) || near.FromTag() != "answer" || near.ToTag() != "i" {
		t.Errorf("not in the called's name: %s", near)
	}
	if got := strings.Join(e.mg.commands, ", "); got != "Modify access, Modify core" || e.mg.setup["access"] != "passive" || e.mg.setup["core"] != "actpass" || !e.mg.latch {
		t.Errorf("commands %q, setup %v, latch %v", got, e.mg.setup, e.mg.latch)
	}
	e.reply(e.ue, near, "200 OK", "", nearAnswer)
	if ack := e.ue.Find(sip.ACK); ack == nil || cseq(ack) != strings.Replace(cseq(near), "INVITE", "ACK", 1) {
		t.Errorf("ACK %s of %s", cseq(ack), cseq(near))
	}
	far := e.home.Find(sip.INVITE)
	if far == nil || cseq(far) != "2 INVITE" {
		t.Fatalf("home: %v", e.home.In)
	}
	for _, w := range []string{"m=message 7001 TCP/MSRP", "c=IN IP4 192.0.2.2", existing, passive, pathS} {
		if !strings.Contains(strings.ReplaceAll(far.Body, "\r", ""), w) {
			t.Errorf("the called's offer lacks %q:\n%s", w, far.Body)
		}
	}
	// RFC 3261 §14.2: one offer at a time.
	if e.again(true, 2, lines("20002 "+pathS+existing+active)) != nil || e.ue.Find("491") == nil {
		t.Errorf("an offer of the caller's meanwhile: %v", e.ue.In)
	}
	e.inside(true, "ACK", 2)
	e.reply(e.home, far, "200 OK", "", farAnswer)
	if got := strings.Join(e.mg.commands, ", "); got != "Modify access, Modify core, Modify access, Modify core" || e.mg.setup["core"] != "passive" || e.home.Find(sip.ACK) == nil {
		t.Errorf("commands %q, home: %v", got, e.home.In)
	}

	// RFC 3261 §12.2.1.1: numbers rise at each end, and each end has its own in responses.
	e.home.In, e.ue.In = nil, nil
	e.inside(true, "INFO", 3)
	m := e.home.Find("INFO")
	if cseq(m) != "4 INFO" {
		t.Errorf("the caller's INFO 3 goes on as %s", cseq(m))
	}
	e.reply(e.home, m, "200 OK", "", "")
	if got := cseq(e.ue.Find("200")); got != "3 INFO" {
		t.Errorf("and its response comes back as %s", got)
	}
	e.ue.In = nil
	e.inside(false, "INFO", 1)
	m = e.ue.Find("INFO")
	if cseq(near) != "1 INVITE" || cseq(m) != "2 INFO" {
		t.Errorf("behind %s the called's INFO 1 goes on as %s", cseq(near), cseq(m))
	}
	e.reply(e.ue, m, "200 OK", "", "")
	if got := cseq(e.home.Find("200")); got != "1 INFO" {
		t.Errorf("and its response comes back as %s", got)
	}
	// A re-INVITE of the called's, and its ACK.
	on := e.again(false, 2, lines("20000 "+oldT+existing+active))
	if cseq(on) != "3 INVITE" || !strings.Contains(on.Body, "m=message 7004 ") {
		t.Fatalf("goes on as %v", on)
	}
	e.reply(e.ue, on, "200 OK", "", lines("20002 "+pathS+existing+active))
	if got := cseq(e.home.Find("200")); got != "2 INVITE" {
		t.Errorf("answered as %s", got)
	}
	e.inside(false, "ACK", 2)
	if got := cseq(e.ue.Find(sip.ACK)); got != "3 ACK" {
		t.Errorf("its ACK goes on as %s", got)
	}
	// BYE, whose response comes when the call is forgotten.
	e.inside(true, "BYE", 4)
	m = e.home.Find(sip.BYE)
	e.reply(e.home, m, "200 OK", "", "")
	if got := e.ue.Find("200"); cseq(m) != "5 BYE" || cseq(got) != "4 BYE" {
		t.Errorf("BYE 4 goes on as %s, comes back as %s", cseq(m), cseq(got))
	}
}

// What else may come of it: the call ends as it would without another way, or the re-INVITE is sent again.
func TestPunchFallbackFails(t *testing.T) {
	ended := func(t *testing.T, e *edge) {
		t.Helper()
		ue, home := e.ue.Find(sip.BYE), e.home.Find(sip.BYE)
		if ue == nil || home == nil || !strings.Contains(strings.Join(e.mg.commands, ", "), "Subtract access, Subtract core") {
			t.Errorf("not ended: UE %v, home %v, %v", e.ue.In, e.home.In, e.mg.commands)
		}
	}
	t.Run("none", func(t *testing.T) {
		e := punching(t, Config{Access: alg.Access{PunchFallback: "none"}}, true)
		e.miss("timeout")
		ended(t, e)
	})
	t.Run("the called has gone", func(t *testing.T) {
		e := punching(t, Config{}, true)
		e.miss("opener_gone")
		ended(t, e)
	})
	t.Run("the caller refuses", func(t *testing.T) {
		e := punching(t, Config{}, true)
		e.miss("refused")
		e.reply(e.ue, e.ue.Find(sip.INVITE), "488 Not Acceptable Here", "", "")
		ended(t, e)
		if got := cseq(e.ue.Find(sip.BYE)); got != "2 BYE" {
			t.Errorf("behind INVITE 1: %s", got)
		}
	})
	t.Run("the caller is passive all the same", func(t *testing.T) {
		e := punching(t, Config{}, true)
		e.miss("timeout")
		e.reply(e.ue, e.ue.Find(sip.INVITE), "200 OK", "", lines("20002 "+pathS+anew+passive))
		if e.ue.Find(sip.ACK) == nil {
			t.Error("no ACK")
		}
		ended(t, e)
	})
	t.Run("the called refuses", func(t *testing.T) {
		e := punching(t, Config{}, true)
		e.miss("timeout")
		e.reply(e.ue, e.ue.Find(sip.INVITE), "200 OK", "", nearAnswer)
		e.reply(e.home, e.home.Find(sip.INVITE), "488 Not Acceptable Here", "", "")
		ended(t, e)
	})
	t.Run("the called wants a new connection", func(t *testing.T) {
		e := punching(t, Config{}, true)
		e.miss("timeout")
		e.reply(e.ue, e.ue.Find(sip.INVITE), "200 OK", "", nearAnswer)
		e.reply(e.home, e.home.Find(sip.INVITE), "200 OK", "", lines("20002 "+pathT+anew+active))
		ended(t, e)
	})
	t.Run("merge fails", func(t *testing.T) {
		e := punching(t, Config{}, true)
		e.miss("timeout")
		e.reply(e.ue, e.ue.Find(sip.INVITE), "200 OK", "", nearAnswer)
		e.reply(e.home, e.home.Find(sip.INVITE), "200 OK", "", farAnswer)
		if e.ue.Find(sip.BYE) != nil {
			t.Fatal("ended")
		}
		e.miss("timeout")
		ended(t, e)
	})
	t.Run("nobody answers", func(t *testing.T) {
		e := punching(t, Config{}, true)
		e.miss("timeout")
		e.Run(200 * time.Second)
		ended(t, e)
	})
	t.Run("491 from the caller: again within 2 s", func(t *testing.T) {
		e := punching(t, Config{}, true)
		e.miss("timeout")
		e.reply(e.ue, e.ue.Find(sip.INVITE), "491 Request Pending", "", "")
		e.Run(2 * time.Second)
		again := e.ue.Find(sip.INVITE)
		if cseq(again) != "2 INVITE" {
			t.Fatalf("UE: %v", e.ue.In)
		}
		e.reply(e.ue, again, "200 OK", "", nearAnswer)
		far := e.home.Find(sip.INVITE)
		e.reply(e.home, far, "491 Request Pending", "", "")
		e.Run(1900 * time.Millisecond)
		if e.home.Find(sip.INVITE) != nil {
			t.Error("the owner of the Call-ID waits 2.1 s and more")
		}
		e.Run(2200 * time.Millisecond)
		e.reply(e.home, e.home.Find(sip.INVITE), "200 OK", "", farAnswer)
		if got := strings.Join(e.mg.commands, ", "); got != "Modify access, Modify core, Modify access, Modify core" {
			t.Errorf("commands %q", got)
		}
	})
	t.Run("491 for ever", func(t *testing.T) {
		e := punching(t, Config{}, true)
		e.miss("timeout")
		n := 0
		for m := e.ue.Find(sip.INVITE); m != nil; m = e.ue.Find(sip.INVITE) {
			n++
			e.reply(e.ue, m, "491 Request Pending", "", "")
			e.Run(2 * time.Second)
		}
		if ended(t, e); n != 4 {
			t.Errorf("tried %d times", n)
		}
	})
	t.Run("500 with Retry-After", func(t *testing.T) {
		e := punching(t, Config{}, true)
		e.miss("timeout")
		e.reply(e.ue, e.ue.Find(sip.INVITE), "500 Server Internal Error", "Retry-After: 3\n", "")
		e.Run(3 * time.Second)
		if cseq(e.ue.Find(sip.INVITE)) != "2 INVITE" {
			t.Errorf("UE: %v", e.ue.In)
		}
	})
	t.Run("before the ACK", func(t *testing.T) {
		e := punching(t, Config{}, false)
		e.miss("refused")
		if e.ue.Find(sip.INVITE) != nil || e.ue.Find(sip.BYE) != nil {
			t.Fatalf("UE: %v", e.ue.In)
		}
		e.inside(true, "ACK", 1)
		if e.ue.Find(sip.INVITE) == nil {
			t.Error("no offer behind the ACK")
		}
	})
	t.Run("a 2xx that comes again", func(t *testing.T) {
		e := punching(t, Config{}, true)
		e.miss("timeout")
		near := e.ue.Find(sip.INVITE)
		e.reply(e.ue, near, "200 OK", "", nearAnswer)
		e.reply(e.ue, near, "200 OK", "", nearAnswer)
		if got := cseq(e.ue.Find(sip.ACK)); got != "1 ACK" {
			t.Errorf("ACK %s", got)
		}
	})
	t.Run("BYE meanwhile", func(t *testing.T) {
		e := punching(t, Config{}, true)
		e.miss("timeout")
		near := e.ue.Find(sip.INVITE)
		e.inside(true, "BYE", 2)
		e.reply(e.ue, near, "200 OK", "", nearAnswer)
		if e.ue.Find(sip.ACK) == nil || e.home.Find(sip.INVITE) != nil || cseq(e.home.Find(sip.BYE)) != "2 BYE" {
			t.Errorf("UE: %v, home: %v", e.ue.In, e.home.In)
		}
	})
	for name, cfg := range map[string]Config{
		"accept early": {Config: alg.Config{Accept: "early"}}, "strict": {Config: alg.Config{ControlModel: "strict"}}, "aware": {Config: alg.Config{Awareness: "aware"}},
	} {
		t.Run("not with "+name, func(t *testing.T) {
			e := punching(t, cfg, true)
			e.miss("timeout")
			ended(t, e)
		})
	}
}

// RFC 4028 §7.4: the session timer of the call goes on, with who refreshes.
func TestPunchFallbackSession(t *testing.T) {
	e := newEdge(t, Config{Access: alg.Access{NATPassiveOffer: "punch", PunchFallback: "merge"}})
	e.request(boot)
	e.contact = "10.9.9.9:5060"
	e.register("")
	on := e.invite(true, body("TCP/MSRP", oldS+passive+"a=msrp-cema\n"))
	e.reply(e.home, on, "200 OK", "Session-Expires: 1800;refresher=uac\nRequire: timer\n", body("TCP/MSRP", oldT+active+"a=msrp-cema\n"))
	e.inside(true, "ACK", 1)
	e.home.In = nil
	e.miss("timeout")
	near := e.ue.Find(sip.INVITE)
	if got := near.Get(sip.HSessionExpires); got != "1800;refresher=uas" {
		t.Errorf("the caller is asked for %q", got)
	}
	e.reply(e.ue, near, "200 OK", "Session-Expires: 1800;refresher=uas\n", nearAnswer)
	if got := e.home.Find(sip.INVITE).Get(sip.HSessionExpires); got != "1800;refresher=uac" {
		t.Errorf("the called is asked for %q", got)
	}
}
