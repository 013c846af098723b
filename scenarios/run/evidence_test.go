package run

import (
	"strconv"
	"strings"
	"testing"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes/protocol/h248"
	"imsim/scenarios"
	"imsim/sim"
)

// What rows of spec reference §12 say and no milestone shows: octets, windows, counters.

// tapped plays a scenario with eyes on an interface.
func tapped(t *testing.T, sc *scenarios.Scenario, iface string, see func(out bool, p *packet.Packet, now sim.Time)) *ledger {
	t.Helper()
	l, _ := play(t, sc, Options{Started: func(k *sim.Kernel, n *netem.Network) {
		tap(t, n, iface, func(out bool, p *packet.Packet) { see(out, p, k.Now()) })
	}})
	return l
}

// at returns the instant of the n-th occurrence of a milestone.
func at(t *testing.T, l *ledger, node, leg, name string, n int) sim.Time {
	t.Helper()
	for _, m := range l.all {
		if m.Node == node && m.Leg == leg && m.Name == name {
			if n--; n == 0 {
				return m.At
			}
		}
	}
	t.Fatalf("%s/%s %s did not come\n%s", node, leg, name, l)
	return 0
}

// TestStatisticsOfSubtract has the rows rel-subtract-both (R-8: statistics are the octets until then) and tcp-reinvite-existing
// (the same counters go on).
func TestStatisticsOfSubtract(t *testing.T) {
	for _, c := range []struct {
		name string
		set  []string
	}{
		{"rel-subtract-both", nil},
		{"rel-subtract-both", []string{"sessions.chat.messages.0={from: ue-a, size: 100KiB}"}},
		{"tcp-reinvite-existing", nil},
		{"tcp-reinvite-existing", []string{"timeline=[]"}},
	} {
		var counters []map[string]uint64
		var core [2]uint64 // payload of the core leg: into the gateway, out of it
		sc := load(t, c.name, c.set...)
		play(t, sc, Options{Started: func(_ *sim.Kernel, n *netem.Network) {
			tap(t, n, "agw1.core", func(out bool, p *packet.Packet) {
				if p.Proto == packet.TCP && out {
					core[1] += uint64(p.Payload.Len)
				} else if p.Proto == packet.TCP {
					core[0] += uint64(p.Payload.Len)
				}
			})
			tap(t, n, "agw1.iq", func(out bool, p *packet.Packet) {
				if !out || p.Proto != packet.UDP {
					return
				}
				m, err := h248.Parse(p.Payload.Bytes())
				if err != nil {
					t.Error(err)
					return
				}
				for _, item := range m.Items {
					for _, a := range item.Actions {
						for _, cmd := range a.Commands {
							if cmd.Verb == h248.Subtract && cmd.Statistics != nil {
								counters = append(counters, numbers(t, cmd.Statistics))
							}
						}
					}
				}
			})
		}})
		if len(counters) != 2 {
			t.Fatalf("%s: statistics of %d terminations", c.name, len(counters))
		}
		a, b := counters[0], counters[1] // in the order of Subtract: access, core
		if a["nt/or"] != b["nt/os"] || a["nt/os"] != b["nt/or"] || b["nt/os"] != core[1] || b["nt/or"] != core[0] || core[0] == 0 || core[1] == 0 {
			t.Errorf("%s %v: access %v, core %v, on the core link %d octets in, %d out", c.name, c.set, a, b, core[0], core[1])
		}
	}
}

// numbers are statistics by name.
func numbers(t *testing.T, s *h248.Statistics) map[string]uint64 {
	t.Helper()
	out := map[string]uint64{}
	for _, p := range s.List {
		n, err := strconv.ParseUint(p.Value.Text, 10, 64)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		out[p.Name] = n
	}
	return out
}

// TestWindowWhileInactive has the row rel-mode-inactive-resume: the gateway's window is zero while the stream is
// inactive, and what it has acknowledged does not move; all goes on where it was, once and in order.
func TestWindowWhileInactive(t *testing.T) {
	type ack struct {
		at  sim.Time
		ack uint32
		win uint16
	}
	var acks []ack
	l := tapped(t, load(t, "rel-mode-inactive-resume"), "agw1.access-agw", func(out bool, p *packet.Packet, now sim.Time) {
		if p.Proto == packet.TCP && out && p.TCP.Flags&packet.SYN == 0 {
			acks = append(acks, ack{at: now, ack: p.TCP.Ack, win: p.TCP.Window})
		}
	})
	from, to := at(t, l, "agw1", "", "h248.modify.received", 2), at(t, l, "agw1", "", "h248.modify.received", 3)
	zero, last := 0, uint32(0)
	for _, a := range acks {
		// The window that was open when the order came is filled within a few round trips.
		if a.at < from.Add(500e6) || a.at >= to {
			continue
		}
		if zero++; a.win != 0 || last != 0 && a.ack != last {
			t.Errorf("%v: window %d, acknowledged %d", a.at, a.win, a.ack)
		}
		last = a.ack
	}
	if zero == 0 {
		t.Error("no probe was answered while the stream was inactive")
	}
}

// TestMergeBuffer has the row tcp-merge-early-data: what comes before the second leg is up is at most mergeBuf, 64 KiB.
func TestMergeBuffer(t *testing.T) {
	type segment struct {
		at  sim.Time
		end uint32
	}
	var isn uint32
	var taken []segment
	l := tapped(t, load(t, "tcp-merge-early-data"), "agw1.access-agw", func(out bool, p *packet.Packet, now sim.Time) {
		switch {
		case p.Proto != packet.TCP:
		case !out && p.TCP.Flags&packet.SYN != 0:
			isn = p.TCP.Seq
		case out:
			taken = append(taken, segment{now, p.TCP.Ack - isn - 1})
		}
	})
	up := at(t, l, "agw1", "core", "tcp.established", 1)
	most := uint32(0)
	for _, s := range taken {
		if s.at < up {
			most = max(most, s.end)
		}
	}
	if most == 0 || most > 64<<10 {
		t.Errorf("%d octets were taken before the core leg was up", most)
	}
	t.Logf("%d octets", most)
}

// TestRowsByVariant has what rows of §12 say of other settings than the scenario's own.
func TestRowsByVariant(t *testing.T) {
	for _, c := range []struct {
		row         string // or the scenario that its setting is made of
		set         []string
		end         string
		come, never []string
	}{
		{"tcp-wrong-direction", []string{"nodes.agw1.wrong-direction=drop"}, "released", // F5
			[]string{"agw1/core tcp.syn.dropped", "ue-b/ tcp.established", "ue-b/ msrp.message.delivered"}, []string{"tcp.rst"}},
		{"nat-active-to-private", []string{"nodes.pcscf1.nat-passive-offer=488"}, "rejected", // O5
			[]string{"ue-a/ sip.rejected 488"}, []string{"h248.add", "ue-b/ sip.invite.received", "tcp."}},
		// nat-latch-basic: the stranger is late.
		{"nat-latch-hijack", []string{"timeline=[{when: agw1/access tcp.established, do: intrude, node: eve, gateway: agw1}]"}, "released", // E-27
			[]string{"eve/ tcp.syn.sent", "agw1/access tcp.syn.dropped 10.", "ue-a/ msrp.message.delivered"}, []string{"eve/ tcp.established"}},
	} {
		l, _ := play(t, load(t, c.row, c.set...), Options{})
		s := l.String()
		for _, w := range c.come {
			if !strings.Contains(s, w) {
				t.Errorf("%s %v: %s did not come", c.row, c.set, w)
			}
		}
		for _, w := range c.never {
			if strings.Contains(s, w) {
				t.Errorf("%s %v: %s came", c.row, c.set, w)
			}
		}
		if string(l.Result()) != c.end {
			t.Errorf("%s %v: %s", c.row, c.set, l.Result())
		}
		if t.Failed() {
			t.Log(s)
		}
	}
}
