package run

import (
	"slices"
	"strings"
	"testing"

	"imsim/netem"
	"imsim/netem/nat"
	"imsim/scenarios"
)

// What the gateway latches onto is an external address of the NAT, whatever the NAT's kind, also with two in a row, with
// a protected leg, and when the stream is relayed.
func TestLatchBehindNAT(t *testing.T) {
	for _, c := range []struct {
		name string
		set  []string
	}{
		{"basic", nil},
		{"home", []string{"nats.home.preset=home"}},
		{"strict", []string{"nats.home.preset=strict"}},
		{"linux", []string{"nats.home.preset=linux-masquerade"}},
		{"cgn", []string{"nats.home.preset=cgn"}},
		{"relay", []string{"nodes.pcscf1.tcp-mode=relay"}},
		{"e2ae", []string{"sessions.chat.security=e2ae"}},
		{"SIP over TCP", []string{"nodes.ue-a.transport=tcp"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			sc := load(t, "nat-latch-basic", c.set...)
			l, st := play(t, sc, Options{})
			x := st.Net.Node("home").(*nat.Node)
			ue := netem.CoreOf(st.Net.Node("ue-a")).Addr(true).String()
			external := x.Table.Config().External[0].String()
			var latched []string
			for _, line := range strings.Split(l.String(), "\n") {
				if strings.Contains(line, " tcp.latched ") {
					f := strings.Fields(line)
					latched = append(latched, strings.Split(f[len(f)-1], ":")[0])
				}
				if strings.Contains(line, "agw1/access tcp.syn.received") && strings.Contains(line, ue+":") {
					t.Errorf("the gateway sees the private address: %s", line)
				}
			}
			if !slices.Equal(latched, []string{external}) {
				t.Errorf("latched onto %q, want %s\n%s", latched, external, l)
			}
			if !strings.Contains(l.String(), "session.end released") {
				t.Errorf("no success\n%s", l)
			}
		})
	}
}

// A NAT that reboots under an open connection takes its mapping away: what comes from outside is lost.
func TestNATReboot(t *testing.T) {
	sc := load(t, "nat-latch-basic")
	sc.File.Timeline = []scenarios.Step{{At: ptr(sc.File.Run.Until), Do: "nat-reboot", Action: &scenarios.NATReboot{NAT: "home"}}}
	*sc.File.Timeline[0].At = 400e6
	sc.File.Run.Until = 5e9
	l, st := play(t, sc, Options{})
	if !strings.Contains(l.String(), "ue-b/ msrp.send.sent") || strings.Contains(l.String(), "ue-a/ msrp.send.received") {
		t.Errorf("UE-B's message came through\n%s", l)
	}
	if m, _ := st.Net.Node("home").(*nat.Node).Table.Live(); m != 0 {
		t.Errorf("%d mappings after the reboot", m)
	}
}

func ptr[T any](v T) *T { return &v }
