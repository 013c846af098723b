package pcscf

import (
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/internal/units"
	"imsim/nodes/alg"
	"imsim/nodes/protocol/sip"
)

const plainLine = "a=path:msrp://10.9.9.9:20000/s;tcp\na=setup:active\n"

// timed sends an INVITE of the UE with more header lines, and returns it as it went on; nil where it did not.
func (e *edge) timed(more string) *sip.Message {
	e.register("")
	e.ue.Send("pcscf1", "INVITE sip:b@"+e.Addr("home").String()+" SIP/2.0\nVia: SIP/2.0/UDP "+e.Addr("ue").String()+";branch=z9hG4bKi\nMax-Forwards: 70\nFrom: <sip:x@y.example>;tag=i\nTo: <sip:z@y.example>\nCall-ID: i\nCSeq: 1 INVITE\nContact: <sip:ue@"+e.Addr("ue").String()+">\n"+more+"Content-Type: application/sdp\n\n"+body("TCP/MSRP", plainLine))
	e.Run(100 * time.Millisecond)
	return e.home.Find(sip.INVITE)
}

// accept answers it with more header lines, and returns the 200 as it came back.
func (e *edge) accept(on *sip.Message, more string) *sip.Message {
	e.home.Send("pcscf1", nodetest.Reply(on, "200 OK", "Contact: <sip:home@"+e.Addr("home").String()+">\n"+more+"Content-Type: application/sdp\n", body("TCP/MSRP", strings.Replace(plainLine, "active", "passive", 1))))
	e.Run(100 * time.Millisecond)
	return e.ue.Last()
}

func seconds(n int) units.Duration { return units.Duration(time.Duration(n) * time.Second) }

// RFC 4028 §8.1, §8.2: what a proxy puts into a request and into its 2xx.
func TestRFC4028Proxy(t *testing.T) {
	on := func(expires, least int) Config {
		return Config{Config: alg.Config{SessionExpires: seconds(expires), MinSE: seconds(least)}}
	}
	for _, c := range []struct {
		name      string
		cfg       Config
		request   string // header lines
		expires   string // Session-Expires of the request as it goes on; "422" where it is refused with Min-SE
		least     string // Min-SE of the request, or of the 422
		answer    string
		back      string // Session-Expires of the 2xx as it comes back
		mustTimer bool   // it has Require: timer
	}{
		{"off: nothing is asked for", Config{}, "", "", "", "", "", false},
		{"off: what is asked for passes", Config{}, "Supported: timer\nSession-Expires: 1800\n", "1800", "", "", "", false},
		{"§8.1 inserted; nobody knows of it", on(600, 0), "", "600", "", "", "", false},
		{"§8.1 inserted; §8.2 the client knows of it", on(600, 0), "Supported: timer\n", "600", "", "", "600;refresher=uac", true},
		{"§8.1 inserted, not below Min-SE", on(600, 0), "Supported: timer\nMin-SE: 700\n", "700", "700", "", "700;refresher=uac", true},
		{"§8.1 reduced; the refresher stays", on(600, 0), "Supported: timer\nSession-Expires: 1800;refresher=uas\n", "600;refresher=uas", "", "Session-Expires: 600;refresher=uas\n", "600;refresher=uas", false},
		{"§8.1 reduced, not below Min-SE", on(600, 0), "Supported: timer\nSession-Expires: 1800\nMin-SE: 900\n", "900", "900", "", "900;refresher=uac", true},
		{"§8.1 never increased", on(600, 0), "Supported: timer\nSession-Expires: 120\n", "120", "", "", "120;refresher=uac", true},
		{"§8.1 too short: 422", on(600, 300), "Supported: timer\nSession-Expires: 120\n", "422", "300", "", "", false},
		{"§8.1 too short, from a client that would not understand", on(600, 300), "Session-Expires: 120\n", "300", "300", "", "", false},
		{"§8.2 the server's word stands", on(600, 0), "Supported: timer\n", "600", "", "Require: timer\nSession-Expires: 500;refresher=uac\n", "500;refresher=uac", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEdge(t, c.cfg)
			m := e.timed(c.request)
			if c.expires == "422" {
				if r := e.ue.Last(); m != nil || r.Status != 422 || r.Get(sip.HMinSE) != c.least || len(e.mg.commands) != 0 {
					t.Errorf("not refused: %v", r)
				}
				return
			}
			if m == nil {
				t.Fatal("the INVITE did not go on")
			}
			if got, least := m.Get(sip.HSessionExpires), m.Get(sip.HMinSE); got != c.expires || least != c.least {
				t.Errorf("goes on with Session-Expires %q, Min-SE %q; want %q, %q", got, least, c.expires, c.least)
			}
			back := e.accept(m, c.answer)
			if back.Status != 200 || back.Get(sip.HSessionExpires) != c.back || back.Contains(sip.HRequire, "timer") != c.mustTimer {
				t.Errorf("comes back as\n%s\nwant Session-Expires %q", back, c.back)
			}
		})
	}
}

// the call ends when its interval has passed since the last 2xx; RFC 4028 §8.2: a 2xx to UPDATE renews it or takes it away,
// and any other final response does not.
func TestRFC4028ProxyExpiry(t *testing.T) {
	for _, c := range []struct {
		name    string
		cfg     Config
		answer  string // to the INVITE
		refresh string // status and header lines of the response to an UPDATE at 60 s; "" for no UPDATE
		after   time.Duration
		byes    bool
	}{
		{"R-21", Config{}, "Session-Expires: 90;refresher=uac\n", "", 90 * time.Second, true},
		{"renewed", Config{}, "Session-Expires: 90;refresher=uac\n", "200 OK\nSession-Expires: 100;refresher=uac\n", 160 * time.Second, true},
		{"refused", Config{}, "Session-Expires: 90;refresher=uac\n", "500 No\n", 90 * time.Second, true},
		{"taken away", Config{}, "Session-Expires: 90;refresher=uac\n", "200 OK\n", 0, false},
		{"begun by UPDATE", Config{}, "", "200 OK\nSession-Expires: 90;refresher=uac\n", 150 * time.Second, true},
		{"none", Config{}, "", "", 0, false},
		{"§8.3 forgotten", Config{Config: alg.Config{SessionEnd: "forget"}}, "Session-Expires: 90;refresher=uac\n", "", 90 * time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEdge(t, c.cfg)
			ok := e.accept(e.timed("Supported: timer\n"), c.answer)
			if ok.Status != 200 {
				t.Fatal("no 200")
			}
			began := e.K.Now().Add(-100 * time.Millisecond)
			until := func(d time.Duration) { e.Run(began.Add(d).Sub(e.K.Now())) }
			if c.refresh != "" {
				until(60 * time.Second)
				e.ue.Send("pcscf1", "UPDATE sip:home@"+e.Addr("home").String()+" SIP/2.0\nVia: SIP/2.0/UDP "+e.Addr("ue").String()+";branch=z9hG4bKu\nMax-Forwards: 70\nFrom: <sip:x@y.example>;tag=i\nTo: "+ok.Get(sip.HTo)+"\nCall-ID: i\nCSeq: 70000 UPDATE\nSupported: timer\nSession-Expires: 90;refresher=uac\n\n")
				e.Run(20 * time.Millisecond)
				update := e.home.Find(sip.UPDATE)
				if update == nil {
					t.Fatal("the UPDATE did not go on")
				}
				status, more, _ := strings.Cut(c.refresh, "\n")
				e.home.Send("pcscf1", nodetest.Reply(update, status, more, ""))
			}
			subtracted := func() bool { return strings.Contains(strings.Join(e.mg.commands, " "), "Subtract") }
			if c.after == 0 {
				until(1000 * time.Second)
				if subtracted() {
					t.Error("the call was ended")
				}
				return
			}
			until(c.after - time.Second)
			if subtracted() {
				t.Fatal("ended too early")
			}
			until(c.after + time.Second)
			if !subtracted() {
				t.Fatal("not ended")
			}
			for name, p := range map[string]*nodetest.Peer{"ue": e.ue, "home": e.home} {
				bye := p.Find(sip.BYE)
				if (bye != nil) != c.byes || bye != nil && bye.Get(sip.HReason) != `SIP;cause=408;text="session expired"` {
					t.Errorf("%s got BYE %v", name, bye)
				}
				if bye != nil && name == "home" && c.refresh != "" {
					if seq, _ := bye.CSeq(); seq.Seq <= 70000 {
						t.Errorf("RFC 3261 §12.2.1.1: CSeq %d behind that of the UPDATE", seq.Seq)
					}
				}
			}
		})
	}
}
