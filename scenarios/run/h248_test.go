package run

import (
	"fmt"
	"strings"
	"testing"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/sim"
)

// The two text forms mean the same: a call has the same milestones in the same order, and compact text has about half of
// the octets (spec reference §9.3, §12.9).
func TestCompactMeansTheSame(t *testing.T) {
	said := func(set ...string) (text string, octets int) {
		opt := Options{Started: func(_ *sim.Kernel, n *netem.Network) {
			for _, node := range []string{"pcscf1", "agw1"} {
				for _, i := range netem.CoreOf(n.Node(node)).Interfaces() {
					i.AddTap(func(out bool, p *packet.Packet) {
						if out && p.Proto == packet.UDP && p.DstPort == 2944 {
							octets += p.Payload.Len
						}
					})
				}
			}
		}}
		l, _ := play(t, load(t, "h248-compact-vs-pretty", set...), opt)
		var b strings.Builder
		for _, m := range l.all {
			fmt.Fprintln(&b, m.Node, m.Leg, m.Name, m.Detail)
		}
		return b.String(), octets
	}
	compact, few := said()
	pretty, many := said("nodes.pcscf1.h248-encoding=pretty", "nodes.agw1.h248.encoding=pretty")
	if compact != pretty {
		t.Errorf("compact:\n%s\npretty:\n%s", compact, pretty)
	}
	if few*100 < many*45 || few*100 > many*60 {
		t.Errorf("%d octets compact, %d pretty", few, many)
	}
	t.Logf("%d octets compact, %d pretty", few, many)
}
