package pcscf

import (
	"strings"
	"testing"
	"time"

	"imsim/internal/nodetest"
	"imsim/nodes/alg"
	"imsim/nodes/protocol/sip"
)

// A served UE that takes no TLS (spec reference §3.5), by policy: the call fails with 488, or is offered again in clear, of which the
// caller hears nothing. What it has accepted is ended.
func TestFallback(t *testing.T) {
	const path = "a=path:msrp://10.9.9.9:20000/t;tcp\na=setup:passive\n"
	rejected := strings.Replace(body("TCP/TLS/MSRP", path), "m=message 20000", "m=message 0", 1)
	for _, c := range []struct {
		name, policy, status, answer string
		again, bye                   bool
	}{
		{"port 0, fail", "", "200 OK", rejected, false, true},
		{"port 0, clear", "clear", "200 OK", rejected, true, true},
		{"488, fail", "", "488 Not Acceptable Here", "", false, false},
		{"488, clear", "clear", "488 Not Acceptable Here", "", true, false},
		{"486, clear", "clear", "486 Busy Here", "", false, false},
		{"an answer in clear", "clear", "200 OK", body("TCP/MSRP", path), false, true},
		{"an answer without a fingerprint", "clear", "200 OK", body("TCP/TLS/MSRP", path), false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEdge(t, Config{Access: alg.Access{Fallback: c.policy}})
			e.register("msrp-tls;mediasec")
			on := e.invite(false, body("TCP/MSRP", strings.Replace(path, "passive", "active", 1)))
			if on == nil || !strings.Contains(on.Body, "TCP/TLS/MSRP") {
				t.Fatalf("TLS is not offered: %v", on)
			}
			e.ue.In = nil
			e.ue.Send("pcscf1", nodetest.Reply(on, c.status, "Contact: <sip:ue@"+e.Addr("ue").String()+">\nContent-Type: application/sdp\n", c.answer))
			e.Run(100 * time.Millisecond)
			if (e.ue.Find(sip.BYE) != nil) != c.bye || e.ue.Find(sip.ACK) == nil {
				t.Errorf("the UE got %v", e.ue.In)
			}
			on = e.ue.Find(sip.INVITE)
			if (on != nil) != c.again {
				t.Fatalf("offered again: %v", on)
			}
			if !c.again {
				if want := c.status[:3]; e.home.Find("200") != nil || e.home.Find("488") == nil && e.home.Find(want) == nil {
					t.Errorf("the caller got %v", e.home.In)
				}
				if !strings.Contains(strings.Join(e.mg.commands, " "), "Subtract access") {
					t.Errorf("commands %v", e.mg.commands)
				}
				return
			}
			if !strings.Contains(on.Body, " TCP/MSRP ") || strings.Contains(on.Body, "fingerprint") || strings.Contains(on.Body, "3ge2ae") {
				t.Errorf("offered again as\n%s", on.Body)
			}
			back := e.answer(false, on, body("TCP/MSRP", path))
			if back == nil || e.home.Find("488") != nil || !strings.Contains(back.Body, "TCP/MSRP") {
				t.Errorf("the caller got %v", e.home.In)
			}
		})
	}
}
