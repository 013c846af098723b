package run

import (
	"strings"
	"testing"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes/protocol/sip"
	"imsim/scenarios/measure"
	"imsim/sim"
)

// tap calls see for every packet that passes an interface, out of its node or into it.
func tap(t *testing.T, n *netem.Network, iface string, see func(out bool, p *packet.Packet)) {
	t.Helper()
	for _, node := range n.Nodes() {
		for _, i := range netem.CoreOf(node).Interfaces() {
			if i.String() == iface {
				i.AddTap(see)
				return
			}
		}
	}
	t.Fatalf("no interface %s", iface)
}

// A relay changes the addresses of a segment and nothing else: what goes in on one side comes out on the other, sequence
// numbers included, in the same order (TS 23.334 cl. 5.16.1).
func TestRelayChangesAddressesOnly(t *testing.T) {
	for _, family := range []string{"ipv4", "ipv6"} {
		for _, name := range []string{"tcp-relay-orig", "tcp-relay-term", "timeline-relay-e2e-tls12"} {
			var sides [2][2][]string // by interface, by direction: what identifies a segment
			ends := map[string]bool{}
			isn := map[uint32]bool{}
			opt := Options{Started: func(_ *sim.Kernel, n *netem.Network) {
				for side, iface := range []string{"agw1.access-agw", "agw1.core"} {
					tap(t, n, iface, func(out bool, p *packet.Packet) {
						if p.Proto != packet.TCP {
							return
						}
						d := 0
						if out {
							d = 1
						}
						q := *p
						q.Src, q.Dst, q.SrcPort, q.DstPort, q.TTL = packet.Addr{}, packet.Addr{}, 0, 0, 0
						sides[side][d] = append(sides[side][d], string(q.Marshal(nil)))
						ends[p.Src.String()], ends[p.Dst.String()] = true, true
						if p.TCP.Flags&packet.SYN != 0 {
							isn[p.TCP.Seq] = true
						}
					})
				}
			}}
			sc := load(t, name, "run.family="+family)
			l, _ := play(t, sc, opt)
			if l.Result() != measure.Released {
				t.Fatalf("%s\n%s", l.Result(), l)
			}
			for in := range 2 {
				came, left := sides[in][0], sides[1-in][1]
				// What comes after Subtract goes nowhere.
				if len(left) < 3 || len(left) > len(came) {
					t.Fatalf("%s: %d segments in on side %d, %d out on the other", name, len(came), in, len(left))
				}
				for i := range left {
					if left[i] != came[i] {
						t.Fatalf("%s: segment %d on side %d was changed:\n%x\n%x", name, i, in, came[i], left[i])
					}
				}
			}
			if len(ends) != 4 {
				t.Errorf("%s: addresses %v", name, ends)
			}
			if len(isn) != 2 {
				t.Errorf("%s: %d initial sequence numbers for one connection", name, len(isn))
			}
		}
	}
}

// The P-CSCF answers the challenge's way with its list, the UE mirrors it octet by octet, and nothing of it goes on into
// the home network (RFC 3329, TS 24.229 cl. 7.2A.7).
func TestRegistrationMirrorsSecurityServer(t *testing.T) {
	var offered, mirrored string
	var claimed []string
	listen := func(see func(*sip.Message)) func(bool, *packet.Packet) {
		return func(_ bool, p *packet.Packet) {
			if m, err := sip.Parse(p.Payload.Bytes()); err == nil && p.Proto == packet.UDP {
				see(m)
			}
		}
	}
	opt := Options{Started: func(_ *sim.Kernel, n *netem.Network) {
		tap(t, n, "ue-a.access", listen(func(m *sip.Message) {
			if m.Status == 401 {
				offered = m.Get(sip.HSecurityServer)
			}
			if m.Method == sip.REGISTER {
				claimed = append(claimed, m.Get(sip.HSecurityClient))
				mirrored = m.Get(sip.HSecurityVerify)
			}
		}))
		tap(t, n, "pcscf1.mw", listen(func(m *sip.Message) {
			for _, h := range []sip.HeaderID{sip.HSecurityClient, sip.HSecurityServer, sip.HSecurityVerify, sip.HRequire, sip.HProxyRequire} {
				if m.Has(h) {
					t.Errorf("in the home network: %s", m.Get(h))
				}
			}
		}))
	}}
	play(t, load(t, "reg-mediasec-both"), opt)
	if mirrored == "" || mirrored != offered {
		t.Errorf("Security-Server: %s, Security-Verify: %s", offered, mirrored)
	}
	if len(claimed) != 2 || claimed[0] != claimed[1] || !strings.Contains(claimed[0], "msrp-tls;mediasec") || !strings.Contains(claimed[0], "bfcp-tls;mediasec") {
		t.Errorf("Security-Client: %q", claimed)
	}
}
