package run

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imsim/nodes"
	"imsim/scenarios/measure"
)

// A call comes up, carries its messages both ways and is released whatever way each node has of doing its part.
func TestVariants(t *testing.T) {
	sets := strings.Fields(`
		run.family=ipv6
		nodes.ue-a.offer=active nodes.ue-a.offer=passive nodes.ue-b.answer=active
		nodes.ue-b.provisional=180 nodes.ue-b.provisional=183 nodes.ue-b.provisional=183-answer
		nodes.ue-a.transport=udp nodes.ue-a.transport=tcp nodes.ue-b.transport=tcp
		nodes.ue-a.tls.certificate=rsa-2048 nodes.agw1.tls.certificate=ed25519
		nodes.ue-a.tls.max=1.3 nodes.agw1.tls.max=1.3
		nodes.ue-a.tcp.nagle=true nodes.agw1.tcp.nagle=true nodes.ue-a.tcp.no-timestamps=true nodes.ue-a.tcp.mss=536
		nodes.pcscf1.tcp-mode=relay nodes.pcscf1.accept=early nodes.pcscf1.accept=tls-cross nodes.pcscf1.accept=tls-then-tcp
		nodes.pcscf1.control-model=strict nodes.pcscf1.latch=true nodes.pcscf1.gate-until-answer=true
		nodes.pcscf1.notify-success=true nodes.pcscf1.h248-encoding=compact nodes.scscf1.challenge=false
		nodes.agw1.release-mode=abort nodes.agw1.truncation=fin nodes.agw1.strict-hold=true
		sessions.chat.security=none sessions.chat.security=e2e-cert sessions.chat.release.by=ue-b
		sessions.chat.messages.0={from:_ue-a,_size:_100KiB} sessions.chat.messages.1={from:_ue-b,_size:_300KiB}
		links.access.mtu=1280B links.access.jitter=3ms`)
	for i := range sets {
		sets[i] = strings.ReplaceAll(sets[i], "_", " ")
	}
	var pairs [][]string // each alone, and with each other
	for i, a := range sets {
		pairs = append(pairs, []string{a})
		for _, b := range sets[i+1:] {
			pairs = append(pairs, []string{a, b})
		}
	}
	step := 1
	if testing.Short() {
		step = 17
	}
	for i := 0; i < len(pairs); i += step {
		set := pairs[i]
		name := strings.Join(set, " ")
		if contradict(set) {
			continue
		}
		sc := load(t, "e2ae-msrp-orig-agnostic", set...)
		l, _ := play(t, sc, Options{})
		delivered := 0
		for _, m := range l.all {
			if m.Name == nodes.MSRPDelivered {
				delivered++
			}
			if m.Why.Session == 0 && !strings.HasPrefix(m.Name, "sip.register") && m.Name != nodes.AssociationUp {
				t.Errorf("%s: %v %s/%s %s belongs to no session", name, m.At, m.Node, m.Leg, m.Name)
				break
			}
		}
		if got := l.Result(); got != measure.Released || delivered != 2 {
			t.Errorf("%s: %s, %d messages\n%s", name, got, delivered, l)
			continue
		}
		if len(set) == 1 {
			actual, _ := play(t, sc, Options{Engine: nodes.EngineReal})
			if d := cmp.Diff(l.String(), actual.String()); d != "" {
				t.Errorf("%s: engines differ (model -, real +)\n%s", name, d)
			}
		}
	}
}

// contradict tells combinations that set the same value twice, or exclude each other.
func contradict(set []string) bool {
	if len(set) < 2 {
		return false
	}
	a, _, _ := strings.Cut(set[0], "=")
	b, _, _ := strings.Cut(set[1], "=")
	// RST and BYE race each other to UE-A, who takes a connection that breaks before the BYE for a failure.
	abort := set[0] == "nodes.agw1.release-mode=abort" && set[1] == "sessions.chat.release.by=ue-b"
	return a == b || abort
}
