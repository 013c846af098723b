package run

import (
	"slices"
	"strings"
	"testing"

	"imsim/nodes"
)

// TestNotModelled holds a run's list of omissions to what the run uses: each entry is in one of the runs and missing in
// another.
func TestNotModelled(t *testing.T) {
	call := "e2ae-msrp-orig-agnostic"
	for _, c := range []struct {
		name, scenario, set string
		engine              nodes.Engine
		with, without       string // names of entries
	}{
		{"a call in TLS", call, "", nodes.EngineModel, "IMS AKA and IPsec, HSS, preconditions, bandwidth, pacing, cryptography of TLS, resumption, scheduling by class",
			"bursts, jitter, routing, port control"},
		{"engine real", call, "", nodes.EngineReal, "resumption", "cryptography of TLS"},
		{"in clear", call, "sessions.chat.security=none", nodes.EngineModel, "pacing", "cryptography of TLS, resumption"},
		{"losses in one direction", call, "links.core.backward.loss=1%", nodes.EngineModel, "bursts", "jitter"},
		{"losses from some time on", call, "timeline=[{at: 1s, do: set, path: links.core.loss, to: 1%}]", nodes.EngineModel, "bursts", "jitter"},
		{"jitter", call, "links.core.jitter=1ms", nodes.EngineModel, "jitter", "bursts"},
		{"bursts", call, "links.core.loss={model: gilbert, rate: 1%, burst: 3}", nodes.EngineModel, "scheduling by class", "bursts"},
		{"a radio link", call, "links.access={between: [ue-a, edge], profile: wlan}", nodes.EngineModel, "a radio's grants", "jitter"},
		{"a NAT", "nat-latch-basic", "", nodes.EngineModel, "port control", "routing, reflexive"},
		{"ICE", "nat-ice-tcp-passive", "", nodes.EngineModel, "reflexive and relayed", "routing"},
		{"a failure", "tcp-syn-timeout", "", nodes.EngineModel, "routing", "cryptography of TLS"},
		{"a border", "tcp-chain-4gw", "", nodes.EngineModel, "what a border does, MSRP paths", "routing"},
		{"a border that shows all", "tcp-ix-fwd", "nodes.ibcf1.topology-hiding=false; nodes.ibcf2.topology-hiding=false", nodes.EngineModel, "what a border does", "MSRP paths"},
		{"no calls", "reg-mediasec-both", "", nodes.EngineModel, "IMS AKA and IPsec", "preconditions, pacing, what an attacker of SIP"},
		{"an attacker of SIP", "reg-mediasec-verify-mismatch", "", nodes.EngineModel, "what an attacker of SIP", "preconditions, pacing"},
		{"nothing of it", "timeline-relay-plain", "nodes=null", nodes.EngineModel, "", "HSS, bandwidth, scheduling by class"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var set []string
			if c.set != "" && c.set != "nodes=null" {
				set = strings.Split(c.set, "; ")
			}
			f := load(t, c.scenario, set...).File
			if c.set == "nodes=null" {
				f.Nodes, f.Sessions = nil, nil
			}
			got := notModelled(&f, c.engine)
			has := func(name string) bool {
				return slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, name) })
			}
			for _, n := range strings.Split(c.with, ", ") {
				if n != "" && !has(n) {
					t.Errorf("no %q in %q", n, got)
				}
			}
			for _, n := range strings.Split(c.without, ", ") {
				if has(n) {
					t.Errorf("%q is in %q", n, got)
				}
			}
		})
	}
}
