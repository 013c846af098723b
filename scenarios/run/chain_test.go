package run

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/scenarios/measure"
	"imsim/sim"
)

// hops are the one-way delays of a chain: UE-A, agw1, trgw1, trgw2, agw2, UE-B.
type hops [5]time.Duration

func (h hops) set() (out []string) {
	for i, link := range []string{"access", "core", "izi", "core2", "access2"} {
		out = append(out, fmt.Sprintf("links.%s.delay=%dns", link, h[i]))
	}
	return out
}

// drawnHops returns chains whose SYN comes back within 1 s: corners, then drawn ones of all magnitudes.
func drawnHops(n int) []hops {
	const limit = 500*time.Millisecond - 1
	out := []hops{
		{}, {1}, {0, 0, 1}, {0, 0, 0, 0, 1}, {limit}, {0, 0, limit}, {0, 0, 0, 0, limit},
		{99999989, 99999971, 99999959, 99999941, 99999931},
		// Each hop the slowest of an early chain, and either side of where two of its terms are equal.
		{3000000, 40000000, 1000000, 2000000, 1000000}, {3000000, 1000000, 60000000, 2000000, 1000000}, {3000000, 1000000, 1000000, 70000000, 1000000},
		{3000000, 1000000, 1000000, 1000000, 80000000}, {1000000, 1000000, 1500000, 2250000, 3375000}, {1000000, 1000001, 1500001, 2250001, 3375001},
	}
	r := rand.New(rand.NewPCG(29, 162))
	for len(out) < n {
		var h hops
		left := limit
		for _, i := range r.Perm(len(h)) {
			h[i] = time.Duration(r.Int64N(int64(left)>>r.IntN(24) + 1))
			left -= h[i]
		}
		out = append(out, h)
	}
	return out[:n]
}

// The closed forms of chains hold to the nanosecond for all delays within their domain, with either TLS engine.
func TestClosedFormsOfChains(t *testing.T) {
	n := 24
	if testing.Short() {
		n = 8
	}
	for _, name := range timelines(true) {
		t.Run(name, func(t *testing.T) {
			for _, h := range drawnHops(n) {
				sc := load(t, name, h.set()...)
				for _, engine := range []nodes.Engine{nodes.EngineModel, nodes.EngineReal} {
					l, _ := play(t, sc, Options{Engine: engine})
					judge(t, sc, l)
					if t.Failed() {
						t.Fatalf("%v, engine %d\n%s", h, engine, l)
					}
				}
			}
		})
	}
}

// since returns an instant of a run counted from UE-A's first SYN.
func since(t *testing.T, l *ledger, milestone string) time.Duration {
	t.Helper()
	at := [2]sim.Time{-1, -1}
	for i, want := range []string{"ue-a tcp.syn.sent", milestone} {
		for _, m := range l.all {
			if m.Node+" "+m.Name == want && at[i] < 0 {
				at[i] = m.At
			}
		}
	}
	if at[0] < 0 || at[1] < 0 {
		t.Fatalf("%s never came\n%s", milestone, l)
	}
	return at[1].Sub(at[0])
}

// Set-up through a chain, worked out by hand from the rules of spec reference §7.4: D = 3+20+7+40+1 = 71 ms.
func TestChainByHand(t *testing.T) {
	const ms = time.Millisecond
	h := hops{3 * ms, 20 * ms, 7 * ms, 40 * ms, 1 * ms}
	for _, c := range []struct {
		name                   string
		synAck, secured, first time.Duration
	}{
		{"timeline-chain-relay-plain", 142 * ms, 0, 213 * ms},           // 2D, 3D
		{"timeline-chain-late-plain", 142 * ms, 0, 213 * ms},            // 2D, 3D
		{"timeline-chain-late-e2e-tls12", 142 * ms, 426 * ms, 497 * ms}, // 2D, 6D, 7D
		{"timeline-chain-late-e2e-tls13", 142 * ms, 284 * ms, 355 * ms}, // 2D, 4D, 5D
		{"timeline-chain-late-tls12", 142 * ms, 154 * ms, 225 * ms},     // R = 68 ms: 6·3+2R = 154, 7·3+3R = 225
		{"timeline-chain-late-tls13", 142 * ms, 148 * ms, 219 * ms},     // 4·3+2R = 148, 5·3+3R = 219
		// The SYN is at the gateways after 3, 23, 30, 70 ms. The first octet is at agw1 after 9, leaves it at max(9, 3+40) = 43, is
		// at trgw1 at 63, leaves at max(63, 23+14) = 63, is at trgw2 at 70, leaves at max(70, 30+80) = 110, is at agw2 at 150,
		// leaves at max(150, 70+2) = 150.
		{"timeline-chain-early-plain", 6 * ms, 0, 151 * ms},
		// With TLS it is at agw1 after 21 or 15 ms, when the leg behind is not up yet either.
		{"timeline-chain-early-tls12", 6 * ms, 18 * ms, 151 * ms},
		{"timeline-chain-early-tls13", 6 * ms, 12 * ms, 151 * ms},
	} {
		for _, engine := range []nodes.Engine{nodes.EngineModel, nodes.EngineReal} {
			l, _ := play(t, load(t, c.name, h.set()...), Options{Engine: engine})
			if got := since(t, l, "ue-a tcp.synack.received"); got != c.synAck {
				t.Errorf("%s: SYN,ACK after %v, want %v", c.name, got, c.synAck)
			}
			if c.secured != 0 {
				if got := since(t, l, "ue-a tls.established"); got != c.secured {
					t.Errorf("%s: TLS after %v, want %v", c.name, got, c.secured)
				}
			}
			if got := since(t, l, "ue-b msrp.send.received"); got != c.first {
				t.Errorf("%s: first message after %v, want %v", c.name, got, c.first)
			}
		}
	}
}

// Every mix of relaying, late and early gateways in a chain of up to four that end TCP: a relay makes one hop of the two beside
// it; a late gateway answers when its far leg is up, an early one at once; the first octet leaves a gateway when it and the far
// leg are there. Written down here from §2.9 and §7.4, and compared to the nanosecond.
func TestMixedChains(t *testing.T) {
	controllers := [4]string{"pcscf1", "ibcf1", "ibcf2", "pcscf2"}
	modes := []string{"relay", "late", "early"}
	r := rand.New(rand.NewPCG(4, 4))
	for mix := range 81 {
		h := drawnHops(14 + mix%7 + r.IntN(60))
		delays := h[len(h)-1]
		set := delays.set()
		var early []bool // of the gateways that end TCP
		legs := []time.Duration{delays[0]}
		for i, m := 0, mix; i < 4; i, m = i+1, m/3 {
			if modes[m%3] == "relay" {
				set = append(set, "nodes."+controllers[i]+".tcp-mode=relay")
				legs[len(legs)-1] += delays[i+1]
				continue
			}
			set = append(set, "nodes."+controllers[i]+".accept="+modes[m%3])
			early = append(early, modes[m%3] == "early")
			legs = append(legs, delays[i+1])
		}
		n := len(early)
		reach := make([]time.Duration, n+2) // when the SYN gets to gateway i, and last to UE-B
		for i, d := range legs {
			reach[i+1] = reach[i] + d
		}
		answer := make([]time.Duration, n+2) // when it is answered there
		up := make([]time.Duration, n+1)     // when the leg behind gateway i is up
		answer[n+1] = reach[n+1]
		for i := n; i >= 0; i-- {
			up[i] = answer[i+1] + legs[i]
			answer[i] = up[i]
			if i > 0 && early[i-1] {
				answer[i] = reach[i]
			}
		}
		octet := up[0] // UE-A sends with the last step of the handshake
		for i, d := range legs {
			octet = max(octet, up[i]) + d
		}
		l, st := play(t, load(t, "timeline-chain-late-plain", set...), Options{})
		if l.Result() != measure.Released {
			t.Fatalf("%v: %s\n%s", set, l.Result(), l)
		}
		if got := since(t, l, "ue-a tcp.synack.received"); got != up[0] {
			t.Errorf("%v: SYN,ACK after %v, want %v", set, got, up[0])
		}
		if got := since(t, l, "ue-b msrp.send.received"); got != octet {
			t.Errorf("%v: first message after %v, want %v", set, got, octet)
		}
		for _, inv := range st.Invariants {
			if inv.Broken > 0 {
				t.Errorf("%v: %s: %v", set, inv.Name, inv.Violations)
			}
		}
	}
}

// A remote that refuses: the RST is back at UE-A after 2D, whether the gateways answer first or last (§7.4, failures); the call
// ends everywhere and nothing is left.
func TestChainRefused(t *testing.T) {
	const ms = time.Millisecond
	for _, name := range []string{"timeline-chain-late-plain", "timeline-chain-early-plain", "timeline-chain-relay-plain"} {
		set := append(hops{3 * ms, 20 * ms, 7 * ms, 40 * ms, 1 * ms}.set(), "nodes.ue-b.media-port=closed")
		for _, link := range []string{"iq", "ix", "ix2", "iq2"} {
			set = append(set, "links."+link+".delay=300ms") // or the gateways' reports would be faster than the RST
		}
		l, st := play(t, load(t, name, set...), Options{})
		if got := since(t, l, "ue-a tcp.rst.received"); got != 142*ms {
			t.Errorf("%s: RST after %v, want 142 ms", name, got)
		}
		for _, inv := range st.Invariants {
			if inv.Broken > 0 {
				t.Errorf("%s: %s: %v", name, inv.Name, inv.Violations)
			}
		}
	}
}

// Whatever breaks at a border, the call ends on both sides of it and every context goes: a TrGW restarts, a link of media or
// signalling between the networks goes down, H.248 on Ix is lost, the caller gives up while the call is in the other network.
func TestFailuresAtTheBorder(t *testing.T) {
	for _, c := range []struct {
		step, set string
	}{
		{"{when: ue-b msrp.send.received, do: restart, node: trgw1}", ""},
		{"{when: ue-b msrp.send.received, do: restart, node: trgw2}", ""},
		{"{when: ue-a sip.200.received, do: link-down, link: izi}", ""},
		{"{when: trgw1/internal tcp.established, do: link-down, link: izi}", ""},
		{"{when: ue-b sip.invite.received, do: link-down, link: ici}", ""},
		{"{when: ue-b msrp.send.received, do: link-down, link: ici}", ""},
		{"{when: ue-a sip.invite.sent, do: h248-drop, node: ibcf1, count: 2}", ""},
		{"{when: ue-a sip.invite.sent, do: h248-drop, node: trgw2, count: 3}", ""},
		{"{when: ue-a sip.invite.sent, do: link-down, link: ix2}", ""},
		{"", "sessions.chat.give-up=100ms"},
		{"", "sessions.chat.give-up=60ms"},
		{"", "sessions.chat.give-up=200ms"},
	} {
		var set []string
		if c.step != "" {
			set = append(set, "timeline=["+c.step+"]")
		}
		if c.set != "" {
			set = append(set, c.set)
		}
		for _, mode := range []string{"fwd", "relay"} {
			l, st := play(t, load(t, "tcp-chain-4gw", append(slices.Clone(set), "nodes.ibcf1.tcp-mode="+mode)...), Options{})
			if r := l.Result(); r == measure.Unfinished {
				t.Errorf("%v, %s: %s\n%s", set, mode, r, l)
			}
			for _, inv := range st.Invariants {
				if inv.Broken > 0 {
					t.Errorf("%v, %s: %s: %v", set, mode, inv.Name, inv.Violations)
				}
			}
		}
	}
}

// Drawn chains: delays, losses and jitter on any link, ways of working at every controller, roles, security and hiding. Every
// call ends with an outcome, the invariants hold, and a second run is the same. The flags of TestSoak draw more of them.
func TestSoakOfChains(t *testing.T) {
	runs := uint64(100)
	if testing.Short() {
		runs = 20
	}
	began := time.Now()
	links := []string{"access", "access-agw", "access-pcscf", "iq", "mw", "isc", "core", "mx", "ix", "internal", "ici", "izi", "internal2", "ix2", "mx2", "core2", "isc2", "mw2", "iq2", "access2"}
	outcomes := map[measure.Outcome]int{}
	for seed := *soakFrom; ; seed++ {
		if *soakFor > 0 && time.Since(began) > *soakFor || *soakFor == 0 && seed >= *soakFrom+runs {
			break
		}
		r := rand.New(rand.NewPCG(seed, 5))
		pick := func(from ...string) string { return from[r.IntN(len(from))] }
		set := []string{fmt.Sprintf("run.seed=%d", seed)}
		add := func(key string, from ...string) {
			if r.IntN(3) == 0 {
				set = append(set, key+"="+pick(from...))
			}
		}
		for _, l := range links {
			if r.IntN(4) == 0 {
				set = append(set, fmt.Sprintf("links.%s.delay=%dus", l, r.IntN(1<<r.IntN(17)+1)))
			}
			if r.IntN(10) == 0 {
				set = append(set, "links."+l+".loss="+pick("1%", "3%", "5%"))
			}
			if r.IntN(10) == 0 {
				set = append(set, "links."+l+".jitter="+pick("1ms", "5ms", "30ms"))
			}
		}
		for _, n := range []string{"pcscf1", "ibcf1", "ibcf2", "pcscf2"} {
			add("nodes."+n+".tcp-mode", "relay", "merge", "proxy")
			add("nodes."+n+".accept", "early", "tls-cross", "tls-then-tcp")
			add("nodes."+n+".control-model", "strict")
			add("nodes."+n+".awareness", "aware")
			add("nodes."+n+".notify-success", "true")
			add("nodes."+n+".h248-encoding", "compact")
		}
		add("nodes.ibcf1.topology-hiding", "false")
		add("nodes.ibcf2.topology-hiding", "false")
		add("nodes.ue-a.offer", "active", "passive")
		add("nodes.ue-b.answer", "active")
		add("nodes.ue-b.provisional", "180", "183", "183-answer")
		add("nodes.ue-a.transport", "tcp", "udp")
		add("nodes.ue-b.media-port", "closed")
		add("sessions.chat.give-up", "50ms", "150ms", "300ms")
		add("sessions.chat.release.by", "ue-b")
		if security := pick("none", "e2e-cert", "e2ae"); security != "none" {
			set = append(set, "sessions.chat.security="+security, "nodes.ue-a.mediasec=[msrp-tls]")
			add("nodes.ue-b.mediasec", "[msrp-tls]")
		}
		engine := nodes.Engine(r.IntN(2))
		l, st := play(t, load(t, "tcp-chain-4gw", set...), Options{Engine: engine})
		outcomes[l.Result()]++
		if l.Result() == measure.Unfinished {
			t.Errorf("engine %d, --set '%s': unfinished", engine, strings.Join(set, "' --set '"))
		}
		for _, inv := range st.Invariants {
			if inv.Broken > 0 {
				t.Errorf("engine %d, --set '%s': %s: %v", engine, strings.Join(set, "' --set '"), inv.Name, inv.Violations)
			}
		}
		if _, again := play(t, load(t, "tcp-chain-4gw", set...), watched(engine)); again.Fingerprint != st.Fingerprint {
			t.Errorf("engine %d, --set '%s': fingerprint %s, again %s", engine, strings.Join(set, "' --set '"), st.Fingerprint, again.Fingerprint)
		}
	}
	t.Logf("%v", outcomes)
}

// Every TCP mode and control model at either border, in either direction of the call's set-up: the call comes up, the message
// arrives, and it ends in good order; where both ends open, the streams are merged.
func TestModesOnIx(t *testing.T) {
	for _, mode := range [][]string{
		{"tcp-mode=relay"}, {"accept=late"}, {"accept=early"}, {"tcp-mode=merge"}, {"tcp-mode=proxy"}, {"tcp-mode=proxy", "proxy-setup=active"},
		{"control-model=strict"}, {"awareness=aware"}, {"tcp-mode=relay", "gate-until-answer=true"},
	} {
		for _, at := range []string{"ibcf1", "ibcf2", "ibcf1 ibcf2"} {
			for _, roles := range []string{"offer=actpass answer=passive", "offer=actpass answer=active", "offer=active answer=passive", "offer=passive answer=active"} {
				for _, security := range []string{"none", "e2e-cert"} {
					var set []string
					for node := range strings.FieldsSeq(at) {
						for _, m := range mode {
							set = append(set, "nodes."+node+"."+m)
						}
					}
					offer, answer, _ := strings.Cut(roles, " ")
					set = append(set, "nodes.ue-a."+offer, "nodes.ue-b."+answer, "sessions.chat.security="+security)
					if slices.Contains(mode, "proxy-setup=active") && security == "none" {
						set = append(set, "nodes.ue-a.msrp-bind=always") // both UEs are opened to: nobody is the active side
					}
					want := measure.Released
					if slices.Contains(mode, "tcp-mode=merge") && security != "none" && strings.HasPrefix(roles, "offer=active") {
						want = measure.Rejected // §2.6 rule (a)
					}
					l, st := play(t, load(t, "tcp-ix-fwd", set...), Options{})
					if l.Result() != want {
						t.Errorf("%v: %s, want %s", set, l.Result(), want)
					}
					for _, inv := range st.Invariants {
						if inv.Broken > 0 {
							t.Errorf("%v: %s: %v", set, inv.Name, inv.Violations)
						}
					}
				}
			}
		}
	}
}

// With topology hiding nothing between the IBCFs names an inside address; without, the headers and the description do. Either
// way the call comes up and ends, and c= shows the TrGW.
func TestTopologyHiding(t *testing.T) {
	for _, hiding := range []string{"true", "false"} {
		for _, family := range []string{"ipv4", "ipv6"} {
			named := map[string]bool{}
			var inside, border []string
			var bodies int
			sc := load(t, "tcp-chain-4gw", "run.family="+family, "nodes.ibcf1.topology-hiding="+hiding, "nodes.ibcf2.topology-hiding="+hiding)
			l, _ := play(t, sc, Options{Started: func(_ *sim.Kernel, n *netem.Network) {
				for _, name := range []string{"ue-a", "pcscf1", "agw1", "scscf1", "scscf2", "pcscf2", "agw2", "ue-b"} {
					for _, i := range netem.CoreOf(n.Node(name)).Interfaces() {
						for _, a := range i.Addrs {
							inside = append(inside, a.String())
						}
					}
				}
				for _, name := range []string{"trgw1", "trgw2"} {
					for _, a := range n.Node(name).(*netem.Host).Interface("izi").Addrs {
						border = append(border, a.String())
					}
				}
				tap(t, n, "ibcf1.ici", func(_ bool, p *packet.Packet) {
					text := string(p.Payload.Bytes())
					if p.SrcPort != 5060 && p.DstPort != 5060 {
						t.Errorf("%v to %v on the link between the networks", p.Src, p.Dst)
					}
					for line := range strings.Lines(text) {
						if strings.HasPrefix(line, "a=path:") {
							continue
						}
						for _, a := range inside {
							if i := strings.Index(line, a); i >= 0 && !strings.ContainsAny(line[i+len(a):min(i+len(a)+1, len(line))], "0123456789abcdef") {
								name, _, _ := strings.Cut(line, ":")
								if name, _, sdp := strings.Cut(line, "="); sdp && len(name) == 1 {
									named[name+"="] = true
									continue
								}
								named[strings.Fields(name)[0]] = true
							}
						}
						if rest, ok := strings.CutPrefix(line, "c="); ok {
							bodies++
							if a := strings.Fields(rest)[2]; a != border[0] && a != border[1] {
								t.Errorf("c= shows %s, and not a TrGW", a)
							}
						}
					}
				})
			}})
			if l.Result() != measure.Released {
				t.Fatalf("hiding %s: %s\n%s", hiding, l.Result(), l)
			}
			if bodies < 2 {
				t.Errorf("%d descriptions between the networks", bodies)
			}
			for _, name := range []string{"Via", "Record-Route", "Contact", "Call-ID", "o=", "Route"} {
				if named[name] != (hiding == "false") {
					t.Errorf("hiding %s, %s: %s names an inside address: %v", hiding, family, name, named[name])
				}
			}
			if hiding == "true" && len(named) > 0 {
				t.Errorf("%s: inside addresses in %v", family, named)
			}
		}
	}
}

// Four relays leave everything of a segment but its addresses as it was: what UE-A sends is what UE-B gets, and back. Of the
// descriptions they change c=, m='s port and, where topology is hidden, o= (§2.4, §2.9).
func TestChainOfRelaysPassesAll(t *testing.T) {
	var sent, came [2][]string // towards UE-B and back
	offers := map[string]string{}
	ends := []struct{ iface, name string }{{"ue-a.access", "ue-a"}, {"ue-b.access2", "ue-b"}}
	for _, engine := range []nodes.Engine{nodes.EngineModel, nodes.EngineReal} {
		l, _ := play(t, load(t, "tcp-ix-relay-e2e"), Options{Engine: engine, Started: func(_ *sim.Kernel, n *netem.Network) {
			sent, came = [2][]string{}, [2][]string{}
			for side, end := range ends {
				tap(t, n, end.iface, func(out bool, p *packet.Packet) {
					if p.SrcPort == 5060 || p.DstPort == 5060 {
						if m, err := sip.Parse(p.Payload.Bytes()); err == nil && m.Method == sip.INVITE {
							offers[end.name] = m.Body
						}
						if i := strings.Index(string(p.Payload.Bytes()), "v=0\r\n"); i >= 0 && offers[end.name] == "" {
							offers[end.name] = string(p.Payload.Bytes()[i:])
						}
						return
					}
					if p.Proto != packet.TCP {
						return
					}
					q := *p
					q.Src, q.Dst, q.SrcPort, q.DstPort, q.TTL = packet.Addr{}, packet.Addr{}, 0, 0, 0
					wire := string(q.Marshal(nil))
					if out {
						sent[side] = append(sent[side], wire)
					} else {
						came[1-side] = append(came[1-side], wire)
					}
				})
			}
		}})
		if l.Result() != measure.Released {
			t.Fatalf("%s\n%s", l.Result(), l)
		}
		for d := range sent {
			// What is sent behind the Subtract goes nowhere.
			if len(came[d]) < 5 || len(came[d]) > len(sent[d]) {
				t.Fatalf("direction %d: %d segments sent, %d came", d, len(sent[d]), len(came[d]))
			}
			for i := range came[d] {
				if came[d][i] != sent[d][i] {
					t.Fatalf("direction %d: segment %d was changed:\n%x\n%x", d, i, sent[d][i], came[d][i])
				}
			}
		}
	}
	a, b := strings.Split(offers["ue-a"], "\r\n"), strings.Split(offers["ue-b"], "\r\n")
	if len(a) != len(b) || len(a) < 8 {
		t.Fatalf("offered\n%s\ngot\n%s", offers["ue-a"], offers["ue-b"])
	}
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		fa, fb := strings.Fields(a[i]), strings.Fields(b[i])
		switch {
		case strings.HasPrefix(a[i], "c=") && strings.HasPrefix(b[i], "c="), strings.HasPrefix(a[i], "o=") && strings.HasPrefix(b[i], "o="):
		case strings.HasPrefix(a[i], "m=") && len(fa) == len(fb) && fa[0] == fb[0] && fa[2] == fb[2]:
		default:
			t.Errorf("%q became %q", a[i], b[i])
		}
	}
}
