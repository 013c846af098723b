package netem

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// topology builds a network from lines "a b delay-in-ms"; names that begin with r are routers.
func topology(t *testing.T, cfg Config, lines ...string) (*Network, map[string]Node) {
	t.Helper()
	n := New(sim.New(sim.Config{Seed: 1}), cfg)
	nodes := map[string]Node{}
	get := func(name string) Node {
		if nodes[name] == nil {
			if strings.HasPrefix(name, "r") {
				nodes[name] = n.AddRouter(name)
			} else {
				nodes[name] = n.AddHost(name)
			}
		}
		return nodes[name]
	}
	for _, l := range lines {
		var a, b string
		var ms int
		if _, err := fmt.Sscanf(l, "%s %s %d", &a, &b, &ms); err != nil {
			t.Fatal(err)
		}
		if _, _, err := n.Connect(get(a), get(b), Symmetric(DirectionConfig{Delay: time.Duration(ms) * time.Millisecond})); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	return n, nodes
}

// walk follows the routes from a node to an address and returns the names on the way.
func walk(from Node, to packet.Addr) string {
	way := []string{from.core().name}
	for at := from; at.core().own[to] == nil; {
		out := at.core().Route(to)
		if out == nil {
			return strings.Join(append(way, "-"), " ")
		}
		at = out.Peer.node
		way = append(way, at.core().name)
		if len(way) > 20 {
			return "loop: " + strings.Join(way, " ")
		}
	}
	return strings.Join(way, " ")
}

func TestRoutes(t *testing.T) {
	for _, c := range []struct {
		name     string
		links    []string
		from, to string
		at       int // interface of to
		want     string
	}{
		{"direct", []string{"a b 1"}, "a", "b", 0, "a b"},
		{"line", []string{"a r1 1", "r1 r2 1", "r2 b 1"}, "a", "b", 0, "a r1 r2 b"},
		{"by delay", []string{"a r1 1", "r1 r2 9", "r1 r3 2", "r3 r4 2", "r4 r2 2", "r2 b 1"}, "a", "b", 0, "a r1 r3 r4 r2 b"},
		{"then by hops", []string{"a r1 1", "r1 r3 2", "r3 r4 2", "r4 r2 2", "r1 r2 6", "r2 b 1"}, "a", "b", 0, "a r1 r2 b"},
		{"zero delay, by hops", []string{"a r1 0", "r1 r3 0", "r3 r2 0", "r1 r2 0", "r2 b 0"}, "a", "b", 0, "a r1 r2 b"},
		{"then by interface", []string{"a r1 1", "r1 r3 2", "r1 r2 2", "r3 r4 2", "r2 r4 2", "r4 b 1"}, "a", "b", 0, "a r1 r3 r4 b"},
		{"not through hosts", []string{"a r1 1", "r1 h 1", "h r2 1", "r1 r2 50", "r2 b 1"}, "a", "b", 0, "a r1 r2 b"},
		{"to the link of the address", []string{"a r1 1", "r1 g 1", "g r2 1", "r1 r2 50", "r2 b 1"}, "a", "g", 1, "a r1 r2 g"},
		{"of a gateway", []string{"a r1 1", "r1 g 1", "g r2 1", "r1 r2 50", "r2 b 1"}, "g", "b", 0, "g r2 b"},
		{"gateway between hosts", []string{"a g 1", "g b 1"}, "g", "b", 0, "g b"},
		{"to a router", []string{"a r1 1", "r1 r2 1", "r2 b 1"}, "a", "r2", 1, "a r1 r2"},
		{"from a router", []string{"a r1 1", "r1 r2 1", "r2 b 1"}, "r2", "a", 0, "r2 r1 a"},
		{"parallel links", []string{"a r1 1", "r1 r2 5", "r1 r2 3", "r2 b 1"}, "a", "b", 0, "a r1 r2 b"},
		{"to a gateway's far address", []string{"a r1 1", "r1 g 1", "g r2 1", "r2 b 1"}, "a", "g", 1, "a r1 g"},
		{"unconnected", []string{"a r1 1", "r2 b 1"}, "a", "b", 0, "a r1 -"},
		{"unconnected from a router", []string{"a r1 1", "r2 b 1"}, "r1", "b", 0, "r1 -"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 5 { // map order inside the graph must not show
				_, nodes := topology(t, Config{}, c.links...)
				to := nodes[c.to].core().ifaces[c.at].Addr4()
				if got := walk(nodes[c.from], to); got != c.want {
					t.Fatalf("%s, want %s", got, c.want)
				}
			}
		})
	}
}

func TestParallelLinkIsTheFaster(t *testing.T) {
	_, nodes := topology(t, Config{}, "a r1 1", "r1 r2 5", "r1 r2 3", "r2 b 1")
	if out := nodes["r1"].core().Route(nodes["b"].core().Addr(true)); out.Name != "eth2" {
		t.Errorf("through %v", out)
	}
}

func TestFixedRoutes(t *testing.T) {
	_, nodes := topology(t, Config{}, "a r1 1", "r1 r2 1", "r1 r3 1")
	c := nodes["r1"].core()
	c.AddRoute(netip.MustParsePrefix("192.0.2.0/24"), c.ifaces[1])
	c.AddRoute(netip.MustParsePrefix("192.0.2.128/25"), c.ifaces[2])
	if err := c.net.ComputeRoutes(); err != nil {
		t.Fatal(err)
	}
	for a, want := range map[string]*Interface{"192.0.2.1": c.ifaces[1], "192.0.2.200": c.ifaces[2], "203.0.113.1": nil} {
		if got := c.Route(packet.MustAddr(a)); got != want {
			t.Errorf("%s: %v, want %v", a, got, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	k := sim.New(sim.Config{})
	n := New(k, Config{Families: DualStack, Prefix4: netip.MustParsePrefix("192.0.2.0/30"), Prefix6: netip.MustParsePrefix("2001:db8::/64")})
	a, b := n.AddHost("a"), n.AddHost("b")
	explicit := LinkConfig{AName: "wlan0", AAddrs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}
	ia, ib, err := n.Connect(a, b, explicit)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(ia, ia.Addrs, ib, ib.Addrs); got != "a.wlan0 [192.0.2.1 2001:db8::1] b.eth0 [192.0.2.2 2001:db8::2]" {
		t.Error(got)
	}
	if _, _, err := n.Connect(a, b, LinkConfig{AName: "wlan0"}); err == nil {
		t.Error("two interfaces of one name: no error")
	}
	// 192.0.2.3 is left, for one end only.
	if _, _, err := n.Connect(a, b, LinkConfig{}); err == nil || len(a.ifaces) != 1 || len(b.ifaces) != 1 {
		t.Errorf("more addresses than the prefix has: %v, interfaces %v and %v", err, a.ifaces, b.ifaces)
	}
	if _, _, err := n.Connect(a, b, Symmetric(DirectionConfig{Delay: -1})); err == nil || !strings.Contains(err.Error(), "a - b: delay") {
		t.Errorf("negative delay: %v", err)
	}
}
