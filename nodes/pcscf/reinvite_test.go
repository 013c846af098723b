package pcscf

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imsim/nodes/alg"
	"imsim/nodes/protocol/sip"
)

// established sets up a call in clear, or protected to the access edge, and returns the edge.
func established(t *testing.T, cfg Config, protected bool) *edge {
	t.Helper()
	e := newEdge(t, cfg)
	proto, more := "TCP/MSRP", ""
	if protected {
		e.register("msrp-tls;mediasec")
		proto, more = "TCP/TLS/MSRP", ownPrint+"a=3ge2ae:requested\n"
	} else {
		e.register("")
	}
	on := e.invite(true, body(proto, more+"a=path:msrp://10.9.9.9:20000/s;tcp\na=setup:active\n"))
	if on == nil || e.answer(true, on, body("TCP/MSRP", "a=path:msrp://10.9.9.9:20000/t;tcp\na=setup:passive\n")) == nil {
		t.Fatal("no call")
	}
	e.mg.commands, e.mg.locals, e.mg.modes = nil, nil, nil
	return e
}

var ownPrint = "a=fingerprint:SHA-256 " + strings.Repeat("12:", 31) + "12\n"

// lines is a description of message lines, each with a port and attributes.
func lines(list ...string) string {
	b := "v=0\no=- 1 2 IN IP4 10.9.9.9\ns=-\nc=IN IP4 10.9.9.9\nt=0 0\n"
	for _, l := range list {
		port, more, _ := strings.Cut(l, " ")
		proto := "TCP/MSRP"
		if strings.Contains(more, "fingerprint") {
			proto = "TCP/TLS/MSRP"
		}
		b += "m=message " + port + " " + proto + " *\n" + more
	}
	return b
}

// again sends an INVITE inside the call, from the UE or from the home network, and returns it as it went on; nil where it did
// not.
func (e *edge) again(ue bool, seq int, description string) *sip.Message {
	who, to, from, tags := e.ue, e.home, "ue", "From: <sip:x@y.example>;tag=i\nTo: <sip:z@y.example>;tag=answer\n"
	uri := "sip:home@" + e.Addr("home").String()
	if !ue {
		who, to, from, tags = e.home, e.ue, "home", "From: <sip:z@y.example>;tag=answer\nTo: <sip:x@y.example>;tag=i\n"
		uri = "sip:ue@" + e.Addr("ue").String()
	}
	who.In, to.In = nil, nil
	who.Send("pcscf1", fmt.Sprintf("INVITE %s SIP/2.0\nVia: SIP/2.0/UDP %v;branch=z9hG4bK%s%d\nMax-Forwards: 70\nRoute: <sip:%v;lr>\n%sCall-ID: i\nCSeq: %d INVITE\nContact: <sip:%s@%v>\nContent-Type: application/sdp\n\n%s",
		uri, e.Addr(from), from, seq, e.Addr("pcscf1"), tags, seq, from, e.Addr(from), description))
	e.Run(100 * time.Millisecond)
	return to.Find(sip.INVITE)
}

const (
	pathS, pathT   = "a=path:msrp://10.9.9.9:20002/s2;tcp\n", "a=path:msrp://10.9.9.9:20002/t2;tcp\n"
	oldS, oldT     = "a=path:msrp://10.9.9.9:20000/s;tcp\n", "a=path:msrp://10.9.9.9:20000/t;tcp\n"
	existing, anew = "a=connection:existing\n", "a=connection:new\n"
	active         = "a=setup:active\n"
	passive        = "a=setup:passive\n"
)

// RFC 4145 §5 through the ALG: what the gateway is told, and what the ends read.
func TestRFC4145Connection(t *testing.T) {
	for _, c := range []struct {
		name              string
		protected, byHome bool
		offer, answer     string
		onward, back      []string // what the offer has as it goes on, and the answer as it comes back
		commands          string
		modes             string
	}{
		{"existing", false, false, lines("20000 " + oldS + existing + "a=setup:actpass\n"), lines("20000 " + oldT + existing + passive),
			[]string{"m=message 7001", existing, "c=IN IP4 192.0.2.2"}, []string{"m=message 7003", existing, "c=IN IP4 192.0.2.1"}, "", ""},
		{"existing, from the far side", false, true, lines("20000 " + oldT + existing + "a=setup:actpass\n"), lines("20000 " + oldS + existing + passive),
			[]string{"m=message 7003", existing, "c=IN IP4 192.0.2.1"}, []string{"m=message 7001", existing, "c=IN IP4 192.0.2.2"}, "", ""},
		{"same address and path, no attribute", false, false, lines("20000 " + oldS + active), lines("20000 " + oldT + passive),
			[]string{"m=message 7001"}, []string{"m=message 7003"}, "", ""},
		{"new", false, false, lines("20002 " + pathS + anew + active), lines("20002 " + pathT + anew + passive),
			[]string{"m=message 7004", anew, active}, []string{"m=message 7006", anew, passive}, "Modify core, Modify core, Modify access", "SendReceive SendReceive SendReceive"},
		{"another port, no attribute", false, false, lines("20002 " + oldS + active), lines("20002 " + oldT + passive),
			[]string{"m=message 7004"}, []string{"m=message 7006"}, "Modify core, Modify core, Modify access", "SendReceive SendReceive SendReceive"},
		{"new, from the far side, roles swap", false, true, lines("20002 " + pathT + anew + active), lines("20002 " + pathS + anew + passive),
			[]string{"m=message 7004", active, "c=IN IP4 192.0.2.1"}, []string{"m=message 7006", passive, "c=IN IP4 192.0.2.2"}, "Modify access, Modify access, Modify core", "SendReceive SendReceive SendReceive"},
		{"new, protected", true, false, lines("20002 " + ownPrint + "a=3ge2ae:requested\n" + pathS + anew + active), lines("20002 " + pathT + anew + passive),
			[]string{"m=message 7004 TCP/MSRP", anew}, []string{"m=message 7006 TCP/TLS/MSRP", "a=fingerprint:" + fingerprintOfGateway}, "Modify core, Modify core, Modify access", "SendReceive SendReceive SendReceive"},
		{"existing, protected", true, false, lines("20000 " + ownPrint + "a=3ge2ae:requested\n" + oldS + existing + active), lines("20000 " + oldT + existing + passive),
			[]string{"m=message 7001 TCP/MSRP"}, []string{"m=message 7003 TCP/TLS/MSRP", "a=fingerprint:" + fingerprintOfGateway}, "", ""},
		{"existing, protected, from the far side", true, true, lines("20000 " + oldT + existing + active), lines("20000 " + ownPrint + oldS + existing + passive),
			[]string{"m=message 7003 TCP/TLS/MSRP", "a=fingerprint:" + fingerprintOfGateway, "a=3ge2ae:applied"}, []string{"m=message 7001 TCP/MSRP"}, "", ""},
		{"hold", false, false, lines("20000 " + oldS + existing + active + "a=inactive\n"), lines("20000 " + oldT + existing + passive + "a=inactive\n"),
			[]string{"m=message 7001", "a=inactive"}, []string{"m=message 7003", "a=inactive"}, "Modify core, Modify access", "Inactive Inactive"},
		{"sendonly gates nothing: responses go against it", false, false, lines("20000 " + oldS + existing + active + "a=sendonly\n"), lines("20000 " + oldT + existing + passive + "a=recvonly\n"),
			[]string{"a=sendonly"}, []string{"a=recvonly"}, "", ""},
		{"holdconn", false, false, lines("20002 " + pathS + anew + "a=setup:holdconn\n"), lines("20002 " + pathT + anew + "a=setup:holdconn\n"),
			[]string{"a=setup:holdconn"}, []string{"a=setup:holdconn"}, "Modify core, Modify core, Modify access", "SendReceive SendReceive SendReceive"},
		{"line added", false, false, lines("20000 "+oldS+existing+active, "20002 "+pathS+anew+active), lines("20000 "+oldT+existing+passive, "20002 "+pathT+anew+passive),
			[]string{"m=message 7001", "m=message 7004"}, []string{"m=message 7003", "m=message 7006"}, "Modify core, Modify core, Modify access", "SendReceive SendReceive SendReceive"},
		{"line added, not taken", false, false, lines("20000 "+oldS+existing+active, "20002 "+pathS+anew+active), lines("20000 "+oldT+existing+passive, "0 "),
			[]string{"m=message 7004"}, []string{"m=message 0"}, "Modify core, Modify core", "SendReceive "},
		{"line taken out", false, false, lines("0 "), lines("0 "), []string{"m=message 0"}, []string{"m=message 0"}, "Modify core, Modify access", " "},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := established(t, Config{}, c.protected)
			on := e.again(!c.byHome, 200_000, c.offer)
			if on == nil {
				t.Fatal("did not go on")
			}
			back := e.answer(!c.byHome, on, c.answer)
			if back == nil {
				t.Fatal("no answer")
			}
			for _, x := range []struct {
				body string
				want []string
			}{{on.Body, c.onward}, {back.Body, c.back}} {
				for _, w := range x.want {
					if !strings.Contains(x.body, strings.TrimSuffix(w, "\n")) {
						t.Errorf("lacks %q:\n%s", w, x.body)
					}
				}
				if strings.Contains(x.body, "c=IN IP4 10.") {
					t.Errorf("an end's address got through:\n%s", x.body)
				}
			}
			if got := strings.Join(e.mg.commands, ", "); got != c.commands {
				t.Errorf("commands %q, want %q", got, c.commands)
			}
			if got := strings.Join(e.mg.modes, " "); got != c.modes {
				t.Errorf("modes %q, want %q", got, c.modes)
			}
			// What was agreed on last is what counts: the same once more changes nothing at the gateway.
			e.mg.commands = nil
			if strings.Contains(c.offer, "m=message 0") || strings.Contains(c.answer, "m=message 0") {
				return
			}
			once := func(s string) string { return strings.ReplaceAll(s, anew, existing) }
			if on = e.again(!c.byHome, 200_001, once(c.offer)); on == nil || e.answer(!c.byHome, on, once(c.answer)) == nil || len(e.mg.commands) != 0 {
				t.Errorf("the same again: %v", e.mg.commands)
			}
		})
	}
}

// A merged call whose UE gets a new connection (spec reference §2.11 merge/modification): the far side keeps its own.
func TestMergeModification(t *testing.T) {
	e := newEdge(t, Config{})
	e.contact = "10.9.9.9:5060"
	e.register("")
	on := e.invite(true, body("TCP/MSRP", oldS+"a=setup:actpass\n"))
	if on == nil || e.answer(true, on, body("TCP/MSRP", oldT+active)) == nil {
		t.Fatal("no call")
	}
	e.mg.commands, e.mg.latch, e.mg.orders = nil, false, nil
	on = e.again(true, 200_000, lines("20002 "+pathS+anew+"a=setup:actpass\n"))
	if on == nil || !strings.Contains(on.Body, "a=connection:existing") || !strings.Contains(on.Body, "m=message 7001") {
		t.Fatalf("went on as %v", on)
	}
	back := e.answer(true, on, lines("20000 "+oldT+existing+active))
	if back == nil || !strings.Contains(back.Body, "a=connection:new") || !strings.Contains(back.Body, "a=setup:passive") || !strings.Contains(back.Body, "m=message 7003") {
		t.Fatalf("came back as %v", back)
	}
	if got := strings.Join(e.mg.commands, ", "); got != "Modify access" || !e.mg.latch {
		t.Errorf("commands %q, latch %v", got, e.mg.latch)
	}
}

// RFC 3261 §14: what is refused leaves the session, and the gateway, as they were; one offer at a time.
func TestRFC3261Reinvite(t *testing.T) {
	renewal := lines("20002 " + pathS + anew + active)
	t.Run("refused by the far side", func(t *testing.T) {
		e := established(t, Config{}, false)
		on := e.again(true, 200_000, renewal)
		e.refuse(on, "488 Not Acceptable Here")
		if e.ue.Find("488") == nil || strings.Join(e.mg.commands, ", ") != "Modify core, Modify core" || !strings.Contains(e.mg.locals[1], "m=message 7001 ") {
			t.Errorf("commands %v, Local in the end\n%s", e.mg.commands, e.mg.locals)
		}
		if on = e.again(true, 200_001, lines("20000 "+oldS+existing+active)); on == nil || !strings.Contains(on.Body, "m=message 7001 ") {
			t.Errorf("the session is not as it was: %v", on)
		}
	})
	t.Run("a line refused with the offer", func(t *testing.T) {
		e := established(t, Config{}, false)
		on := e.again(true, 200_000, lines("20000 "+oldS+existing+active, "20002 "+pathS+anew+active))
		e.refuse(on, "488 Not Acceptable Here")
		if strings.Join(e.mg.commands, ", ") != "Modify core, Modify core" || strings.TrimSpace(e.mg.locals[1]) != "" {
			t.Errorf("commands %v, Locals %q", e.mg.commands, e.mg.locals)
		}
	})
	t.Run("491 while one is under way", func(t *testing.T) {
		e := established(t, Config{}, false)
		on := e.again(true, 200_000, renewal)
		in := e.home.In
		if e.again(false, 1, lines("20002 "+pathT+anew+active)) != nil || e.home.Find("491") == nil {
			t.Error("not refused with 491")
		}
		e.home.In = in
		if e.answer(true, on, lines("20002 "+pathT+anew+passive)) == nil {
			t.Error("the first came to nothing")
		}
	})
	for _, c := range []struct{ name, offer, status string }{
		{"without an offer", "", "488"},
		{"fewer lines (RFC 3264 §8)", "v=0\no=- 1 2 IN IP4 10.9.9.9\ns=-\nt=0 0\n", "488"},
		{"existing, and protection taken up", lines("20000 " + ownPrint + oldS + existing + active), "488"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := established(t, Config{}, false)
			if e.again(true, 200_000, c.offer) != nil || e.ue.Find(c.status) == nil || len(e.mg.commands) != 0 {
				t.Errorf("not refused with %s; commands %v", c.status, e.mg.commands)
			}
		})
	}
	t.Run("an answer that does not fit", func(t *testing.T) {
		e := established(t, Config{}, false)
		on := e.again(true, 200_000, renewal)
		e.answer(true, on, lines("20002 "+pathT+anew+active))
		if e.ue.Find("488") == nil || e.ue.Find(sip.BYE) == nil || e.home.Find(sip.ACK) == nil || e.home.Find(sip.BYE) == nil {
			t.Errorf("UE: %v, home: %v", e.ue.In, e.home.In)
		}
	})
	t.Run("BYE meanwhile", func(t *testing.T) {
		e := established(t, Config{}, false)
		on := e.again(true, 200_000, renewal)
		e.ue.Send("pcscf1", fmt.Sprintf("BYE sip:home@%v SIP/2.0\nVia: SIP/2.0/UDP %v;branch=z9hG4bKbye\nMax-Forwards: 70\nRoute: <sip:%v;lr>\nFrom: <sip:x@y.example>;tag=i\nTo: <sip:z@y.example>;tag=answer\nCall-ID: i\nCSeq: 200001 BYE\n\n", e.Addr("home"), e.Addr("ue"), e.Addr("pcscf1")))
		e.Run(100 * time.Millisecond)
		e.refuse(on, "487 Request Terminated")
		if e.ue.Find("487") == nil || strings.Join(e.mg.commands, ", ") != "Modify core, Subtract access, Subtract core" {
			t.Errorf("commands %v", e.mg.commands)
		}
	})
	t.Run("relay", func(t *testing.T) {
		e := established(t, Config{Config: alg.Config{TCPMode: "relay"}}, false)
		on := e.again(true, 200_000, renewal)
		if on == nil || !strings.Contains(on.Body, "m=message 7001 ") || e.answer(true, on, lines("20002 "+pathT+anew+passive)) == nil {
			t.Fatalf("%v", on)
		}
		if strings.Join(e.mg.commands, ", ") != "Modify core, Modify access" {
			t.Errorf("commands %v", e.mg.commands)
		}
	})
}
