package pcscf

import (
	"strings"
	"testing"

	"imsim/nodes/alg"
	"imsim/nodes/protocol/sdp"
)

// TLS on the core leg that ends at the gateway (spec reference §7.2, preset tls-tls): what is offered and answered there, and
// what is refused.
func TestCoreSecurity(t *testing.T) {
	const path = "a=path:msrp://10.9.9.9:20000/s;tcp\n"
	for _, c := range []struct {
		name, set    string
		originating  bool
		proto, offer string // of the offer as it comes
		onward       string // protocol as it goes on; "" where it is refused
		answer, more string // protocol and attributes of the answer
		back         string // protocol as it comes back; "" where the answer is refused
		core         bool   // the gateway is asked for a fingerprint there
	}{
		{"e2ae and core", "tls", true, "TCP/TLS/MSRP", ownPrint + "a=3ge2ae:requested\n", "TCP/TLS/MSRP", "TCP/TLS/MSRP", ownPrint, "TCP/TLS/MSRP", true},
		{"core alone", "tls", true, "TCP/MSRP", "", "TCP/TLS/MSRP", "TCP/TLS/MSRP", ownPrint, "TCP/MSRP", true},
		{"answer in clear", "tls", true, "TCP/MSRP", "", "TCP/TLS/MSRP", "TCP/MSRP", "", "", true},
		{"answer without fingerprint", "tls", true, "TCP/MSRP", "", "TCP/TLS/MSRP", "TCP/TLS/MSRP", "", "", true},
		{"E8: end to end passes", "tls", true, "TCP/TLS/MSRP", ownPrint, "TCP/TLS/MSRP", "TCP/TLS/MSRP", ownPrint, "TCP/TLS/MSRP", false},
		{"off", "clear", true, "TCP/MSRP", "", "TCP/MSRP", "TCP/MSRP", "", "TCP/MSRP", false},
		{"core offers TLS, the UE is told applied", "tls", false, "TCP/TLS/MSRP", ownPrint, "TCP/TLS/MSRP", "TCP/TLS/MSRP", ownPrint, "TCP/TLS/MSRP", true},
		{"core offers in clear", "tls", false, "TCP/MSRP", "", "TCP/TLS/MSRP", "TCP/TLS/MSRP", ownPrint, "TCP/MSRP", false},
		{"core offers TLS without fingerprint", "tls", false, "TCP/TLS/MSRP", "", "", "", "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEdge(t, Config{Config: alg.Config{CoreSecurity: c.set}})
			e.register("msrp-tls;mediasec")
			on := e.invite(c.originating, body(c.proto, c.offer+path+"a=setup:active\n"))
			if c.onward == "" {
				if on != nil {
					t.Fatal("not refused")
				}
				return
			}
			if on == nil {
				t.Fatal("the offer did not go on")
			}
			d, err := sdp.Parse([]byte(on.Body))
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Line(0).Proto().String(); got != c.onward || strings.Contains(c.onward, "TLS") != (len(d.Line(0).Fingerprints()) == 1) {
				t.Errorf("went on as\n%s", on.Body)
			}
			if !c.originating && d.Line(0).E2AE() != sdp.E2AEApplied || c.originating && d.Line(0).E2AE() == sdp.E2AEApplied {
				t.Errorf("3ge2ae:\n%s", on.Body)
			}
			back := e.answer(c.originating, on, body(c.answer, c.more+path+"a=setup:passive\n"))
			switch {
			case c.back == "" && back != nil:
				t.Errorf("accepted\n%s", back.Body)
			case c.back != "" && back == nil:
				t.Error("the answer did not come back")
			case c.back != "" && !strings.Contains(back.Body, " "+c.back+" "):
				t.Errorf("came back as\n%s", back.Body)
			}
			if c.back != "" && e.mg.fingerprint["core"] != c.core {
				t.Errorf("asked for fingerprints: %v", e.mg.fingerprint)
			}
		})
	}
}
