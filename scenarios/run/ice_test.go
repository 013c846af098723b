package run

import (
	"strings"
	"testing"
)

// Where ICE is used and where calls do without, whatever is in the way: with TLS that ends at the gateway or does not, with other
// TCP modes and presets, behind other NATs; and who offers no ICE, is answered without, or is found out by a mismatch.
func TestICE(t *testing.T) {
	for _, c := range []struct {
		set string
		ice bool
		end string
	}{
		{"", true, "released"},
		{"sessions.chat.security=e2ae", true, "released"},
		{"sessions.chat.security=e2e-cert", true, "released"},
		{"nodes.pcscf1.accept=early", true, "released"},
		{"nodes.pcscf1.control-model=strict", true, "released"},
		{"nodes.pcscf1.tcp-mode=proxy", true, "released"},
		{"nodes.pcscf1.tcp-mode=merge nodes.ue-b.answer=active", true, "released"},
		{"nodes.ue-b.answer=active", true, "released"},
		{"nodes.ue-b.ice=full", true, "released"},
		{"nodes.ue-a.offer=actpass", true, "released"},
		{"nats.home.preset=strict", true, "released"},
		{"links.access.loss=5% run.until=20s", true, "released"},
		{"sessions.chat.messages.0={from:_ue-a,_size:_1MB}", true, "released"},
		{"sessions.chat.messages.1={from:_ue-b,_size:_1MB} sessions.chat.security=e2ae", true, "released"},
		{"nodes.ue-b.media-port=closed", true, "failed"},
		{"nodes.pcscf1.tcp-mode=relay", false, "released"},
		{"nodes.pcscf1.ice=strip", false, "released"},
		{"nodes.pcscf1.ice=pass", false, "released"}, // RFC 8839 §4.2.5: UE-A finds no candidate for the gateway's address
		{"nodes.pcscf1.ice=pass nodes.ue-b.ice=full", false, "released"},
		{"nodes.ue-a.ice=none", false, "released"},
		{"nats.home.alg=sip", false, "released"}, // an ALG that knows nothing of ICE: mismatch
		{"nodes.ue-a.offer=passive", false, "failed"},
	} {
		set := strings.Fields(c.set)
		for i := range set {
			set[i] = strings.ReplaceAll(set[i], "_", " ")
		}
		l, _ := play(t, load(t, "nat-ice-tcp-passive", set...), Options{})
		if s := l.String(); strings.Contains(s, "ue-a/ ice.selected") != c.ice || !strings.Contains(s, "session.end "+c.end) {
			t.Errorf("%q: want %s, by ICE %v\n%s", c.set, c.end, c.ice, s)
		}
	}
}
