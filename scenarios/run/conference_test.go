package run

import (
	"testing"

	"imsim/nodes"
)

// conf plays a scenario of topology mp with more users, and returns what came. All invariants must hold.
func conf(t *testing.T, name string, set ...string) (*ledger, Stats) {
	t.Helper()
	l, st := play(t, load(t, name, set...), Options{})
	for _, inv := range st.Invariants {
		if inv.Broken > 0 {
			t.Errorf("%v: %s: %v", set, inv.Name, inv.Violations)
		}
	}
	return l, st
}

// count returns how often something has come at a node, or anywhere, with a detail that matters or not.
func (l *ledger) count(node, name, detail string) (n int) {
	for _, m := range l.all {
		if m.Name == name && (node == "" || m.Node == node) && (detail == "" || m.Detail == detail) {
			n++
		}
	}
	return n
}

// three is a conference of three users.
const three = "testdata/mp-three.yaml"

// A message reaches each other participant once, in clear, in TLS, and where only some are protected (C2); one context holds
// a termination for each.
func TestConferenceOfThree(t *testing.T) {
	for _, tt := range []struct{ name, first, second string }{
		{"plain", "none", "none"}, {"mixed", "e2e-cert", "none"}, {"TLS", "e2e-cert", "e2e-cert"},
	} {
		for _, engine := range []nodes.Engine{nodes.EngineModel, nodes.EngineReal} {
			sc := load(t, three, "sessions.chat.security="+tt.first, "sessions.two.security="+tt.second)
			l, st := play(t, sc, Options{Engine: engine})
			for _, inv := range st.Invariants {
				if inv.Broken > 0 {
					t.Errorf("%s, %s: %s: %v", tt.name, engine, inv.Name, inv.Violations)
				}
			}
			for node, want := range map[string]int{"ue-a": 0, "ue-b": 1, "ue-c": 2} { //tidy:order each is looked up for itself
				if n := l.count(node, nodes.MSRPDelivered, ""); n != want {
					t.Errorf("%s, %s: %s got %d messages, want %d", tt.name, engine, node, n, want)
				}
			}
		}
	}
}

// Whatever fails at a participant's connection or at the MRFP, every call ends, nothing is left over and the rest goes on.
func TestConferenceFailures(t *testing.T) {
	for _, tt := range []struct {
		name, scenario string
		set            []string
		released       int // of the calls
	}{
		{"the UE refuses", "tcp-mp-dialin", []string{"nodes.ue-a.media-port=closed"}, 0},
		{"it refuses again", "tcp-mp-dialin", []string{"nodes.ue-a.media-port=closed", "nodes.mrfc1.est-retry=2"}, 0},
		{"it is called and refuses", "tcp-mp-dialout", []string{"nodes.ue-a.media-port=closed"}, 0},
		{"the UE falls silent", "tcp-mp-dialin", []string{"timeline=[{when: mrfp1 h248.add.received, do: link-down, link: mb}]"}, 0},
		{"no port left (510)", three, []string{"nodes.mrfp1.ports={first: 40000, last: 40001}"}, 2},
		{"no TLS at the called", "tcp-mp-dialout", []string{"sessions.chat.security=e2e-cert"}, 1},
		{"nobody answers", "tcp-mp-dialout", []string{"nodes.ue-a.pickup=10s", "nodes.mrfc1.give-up=5s"}, 0},
		{"the MRFP restarts (C7)", "tcp-mp-dialin", []string{"timeline=[{when: mrfp1 through, do: restart, node: mrfp1, for: 1s}]"}, 0},
		{"the answer is passive", "tcp-mp-dialin", []string{"nodes.mrfc1.answer=passive"}, 1},
		{"an RST in the midst", three, []string{"timeline=[{when: ue-b msrp.bound, do: media-reset, node: ue-b}]"}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, _ := conf(t, tt.scenario, tt.set...)
			if n := l.count("", nodes.SessionEnd, "released"); n != tt.released {
				t.Errorf("%d calls released, want %d\n%s", n, tt.released, l)
			}
		})
	}
}
