package attach

import (
	"strings"
	"testing"

	"github.com/pion/ice/v2"
	"github.com/pion/transport/v2/test"

	"imsim/netem"
	"imsim/netem/nat"
)

// The classical kinds of NAT (RFC 3489 §5) as pairs of mapping and filtering (RFC 4787 §4.1, §5).
var kinds = []struct {
	name    string
	mapping nat.EndpointDependencyType
	filter  nat.EndpointDependencyType
}{
	{"full cone", nat.EndpointIndependent, nat.EndpointIndependent},
	{"restricted", nat.EndpointIndependent, nat.EndpointAddrDependent},
	{"port restricted", nat.EndpointIndependent, nat.EndpointAddrPortDependent},
	{"symmetric", nat.EndpointAddrPortDependent, nat.EndpointAddrPortDependent},
}

// relayed is the theory (RFC 5128 §3.3): a symmetric NAT sends from a port that the peer has not been told, which a filter by
// address and port keeps out.
func relayed(a, b int) bool { return a == 3 && b >= 2 || b == 3 && a >= 2 }

// Agents of pion/ice behind every pair of kinds connect directly where mapping and filtering allow it, and else by the relay.
func TestICEBehindNATs(t *testing.T) {
	defer test.CheckRoutines(t)()
	for a := range kinds {
		for b := range kinds {
			var boxes []*nat.Node
			x := iceRun{
				only: []ice.CandidateType{ice.CandidateTypeServerReflexive, ice.CandidateTypeRelay},
				between: func(n *netem.Network, name string) netem.Node {
					if name == "turn-access" {
						return n.AddRouter(name)
					}
					box := nat.Add(n, name)
					boxes = append(boxes, box)
					return box
				},
				ready: func(*netem.Network) {
					for i, k := range []int{a, b} {
						cfg := nat.Config{MappingBehavior: kinds[k].mapping, FilteringBehavior: kinds[k].filter}
						if err := boxes[i].Setup(cfg, boxes[i].Interfaces()[0]); err != nil {
							t.Fatal(err)
						}
					}
				},
				routed: func(*netem.Network) {
					for _, box := range boxes {
						box.RouteInside()
					}
				},
			}
			found := x.run(t)
			by := strings.Contains(found.pair+found.other, "relay")
			t.Logf("%-15s %-15s %-12s %-12s %v", kinds[a].name, kinds[b].name, found.pair, found.other, found.connected)
			if by != relayed(a, b) {
				t.Errorf("%s and %s: %s and %s", kinds[a].name, kinds[b].name, found.pair, found.other)
			}
			if by {
				continue
			}
			// What the TURN server has seen of a symmetric NAT is not what the peer sees.
			seen := func(k int) string {
				if k == 3 {
					return "srflx-prflx"
				}
				return "srflx-srflx"
			}
			if found.pair != seen(b) || found.other != seen(a) {
				t.Errorf("%s and %s: %s and %s, want %s and %s", kinds[a].name, kinds[b].name, found.pair, found.other, seen(b), seen(a))
			}
		}
	}
}
