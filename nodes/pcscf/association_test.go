package pcscf

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imsim/internal/units"
	"imsim/netem/packet"
	"imsim/nodes/alg"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sip"
	"imsim/sim"
)

// general answers what concerns no call: orders for ROOT, audits, and Subtracts in contexts beside that of the call, which is 1.
func (g *gateway) general(it *h248.Item, from packet.AddrPort) bool {
	a := &it.Actions[0]
	c := &a.Commands[0]
	answer := fmt.Sprintf("Context = %v { %v = %s }", a.Context, c.Verb, c.Termination)
	switch {
	case c.Verb == h248.AuditValue:
		g.commands = append(g.commands, fmt.Sprintf("AuditValue C%v", a.Context))
		answer = g.holds
	case c.Termination.IsRoot():
		g.commands = append(g.commands, c.Verb.String()+" ROOT")
	case c.Verb == h248.Subtract && a.Context != 1:
		g.commands = append(g.commands, fmt.Sprintf("Subtract C%v %s", a.Context, c.Termination))
	default:
		return false
	}
	g.udp.Send(from, packet.PayloadOf([]byte(fmt.Sprintf("MEGACO/3 [%s]:2944\nReply = %d { %s }", g.from.Addr, it.ID, answer))), sim.Cause{Session: 1})
	return true
}

// calling is an edge with a call whose context is 1, with the terminations ip/core/1 and ip/access/3.
func calling(t *testing.T, cfg Config) *edge {
	t.Helper()
	e := newEdge(t, cfg)
	e.request(change("Restart", "901 Cold Boot"))
	e.register("")
	on := e.invite(true, body("TCP/MSRP", "a=path:msrp://10.9.9.9:20000/s;tcp\na=setup:active\n"))
	if on == nil || e.answer(true, on, body("TCP/MSRP", "a=path:msrp://10.9.9.9:20000/t;tcp\na=setup:passive\n")) == nil {
		t.Fatal("no call")
	}
	e.mg.commands = nil
	return e
}

func change(method, reason string) string {
	return "Context = - { ServiceChange = ROOT { Services { Method = " + method + ", Reason = \"" + reason + "\", Profile = simiq/1, Version = 2 } } }"
}

// Rows of spec reference §7.5 at the controller: what it answers, what it orders behind the answer, and
// whether the call lives on.
func TestSupervisionRows(t *testing.T) {
	const (
		whole = "Context = 1 { AuditValue = ip/core/1, AuditValue = ip/access/3 }"
		none  = "Context = * { Error = 431 { \"none\" } }"
	)
	silence := "Context = - { Notify = ROOT { ObservedEvents = 2 { it/ito } } }"
	beat := func(c, term string) string {
		return "Context = " + c + " { Notify = " + term + " { ObservedEvents = 1 { hangterm/thb } } }"
	}
	quiet := func(what string) Config {
		return Config{Config: alg.Config{Inactivity: units.Duration(30 * time.Second), OnInactivity: what}}
	}
	for _, c := range []struct {
		row, holds, comes string
		cfg               Config
		code              h248.ErrorCode // of the answer
		orders            string
		ends              bool // the call
	}{
		{"R-19, keep", "", silence, quiet("keep"), 0, "", false},
		{"R-19, audit", whole, silence, quiet("audit"), 0, "AuditValue C*", false},
		{"R-19, release", "", silence, quiet("release"), 0, "Subtract access, Subtract core", true},
		{"R-20, known", "", beat("1", "ip/access/3"), Config{}, 0, "", false},
		{"R-20, unknown context", "", beat("8", "ip/access/9"), Config{}, h248.ErrUnknownContext, "Subtract C8 ip/access/9", false},
		{"R-20, unknown termination", "", beat("1", "ip/access/9"), Config{}, h248.ErrUnknownTermination, "Subtract access", false},
		{"R-23, disconnected, nothing lost", whole, change("Disconnected", "900 Service Restored"), Config{}, 0, "AuditValue C*", false},
		{"R-23, an orphan beside the call", whole + ", Context = 7 { AuditValue = ip/core/5, AuditValue = ip/access/6 }", change("Failover", "909 MGC Impending Failure"), Config{}, 0,
			"AuditValue C*, Subtract C7 ip/core/5", false},
		{"R-23, the context is gone", none, change("HandOff", "903 MGC Directed Change"), Config{}, 0, "AuditValue C*", true},
		{"R-23, half of the context is gone", "Context = 1 { AuditValue = ip/core/1 }", change("Disconnected", "900 Service Restored"), Config{}, 0,
			"AuditValue C*, Subtract access, Subtract core", true},
		{"R-23, the gateway cannot be audited", "Context = * { Error = 501 { \"no\" } }", change("Disconnected", "900 Service Restored"), Config{}, 0, "AuditValue C*", false},
		{"supervised from the start", "", change("Disconnected", "900 Service Restored"), quiet("keep"), 0, "Modify ROOT, AuditValue C*", false},
		{"taken out of service", "", change("Forced", "905 Termination Taken Out Of Service"), Config{}, 0, "", true},
		{"staying after all", "", change("Restart", h248.CancelGraceful), Config{}, 0, "", false},
		{"going out of service", "", change("Graceful", "905 Termination Taken Out Of Service"), Config{}, 0, "", false},
	} {
		t.Run(c.row, func(t *testing.T) {
			e := calling(t, c.cfg)
			e.mg.holds = c.holds
			if c.row == "supervised from the start" {
				e.mg.holds = whole
			}
			r := e.request(c.comes)
			e.Run(time.Second)
			if r == nil || (r.FirstError() == nil) != (c.code == 0) || c.code != 0 && r.FirstError().Code != c.code {
				t.Errorf("answer %+v, want error %d", r, c.code)
			}
			if got := strings.Join(e.mg.commands, ", "); got != c.orders {
				t.Errorf("orders %q, want %q", got, c.orders)
			}
			if got := e.ue.Find(sip.BYE) != nil && e.home.Find(sip.BYE) != nil; got != c.ends {
				t.Errorf("the call ends: %v", got)
			}
		})
	}
}

// While a gateway is going out of service it gets no new context; when it is back, it does.
func TestOutOfService(t *testing.T) {
	e := newEdge(t, Config{})
	e.request(change("Restart", "901 Cold Boot"))
	e.register("")
	e.request(change("Graceful", "905 Termination Taken Out Of Service"))
	offer := body("TCP/MSRP", "a=path:msrp://10.9.9.9:20000/s;tcp\na=setup:active\n")
	if e.invite(true, offer) != nil || e.ue.Find("503") == nil {
		t.Error("a call was put on a gateway that is going")
	}
	e.request(change("Restart", "900 Service Restored"))
	e.ue.Send("pcscf1", "ACK sip:b@home1.example SIP/2.0\nVia: SIP/2.0/UDP "+e.Addr("ue").String()+";branch=z9hG4bKi\nFrom: <sip:x@y.example>;tag=i\nTo: <sip:z@y.example>\nCall-ID: i\nCSeq: 1 ACK\nMax-Forwards: 70\n")
	e.ue.Send("pcscf1", "INVITE sip:b@"+e.Addr("home").String()+" SIP/2.0\nVia: SIP/2.0/UDP "+e.Addr("ue").String()+";branch=z9hG4bKj\nMax-Forwards: 70\nFrom: <sip:x@y.example>;tag=j\nTo: <sip:z@y.example>\nCall-ID: j\nCSeq: 1 INVITE\nContact: <sip:ue@"+e.Addr("ue").String()+">\nContent-Type: application/sdp\n\n"+offer)
	e.Run(100 * time.Millisecond)
	if e.home.Find(sip.INVITE) == nil {
		t.Error("no call on a gateway that is back")
	}
}
