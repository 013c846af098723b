package run

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"imsim/scenarios"
)

// settings has a row for every key of a node, a link, a session and a run: in which scenario, under which circumstances,
// changing it moves the trajectory. An underscore stands for a space.
var settings = []struct{ scenario, key, value, given string }{
	{"", "run.seed", "7", ""},
	{"", "run.family", "ipv6", ""},
	{"", "run.until", "50ms", ""},
	{"", "run.prefix", "10.128.0.0/16", ""},
	{"", "run.limits.events", "100", ""},
	{"", "run.limits.packets", "1", ""},
	{"", "run.limits.instant", "1", ""},

	{"", "links.access.delay", "21ms", ""},
	{"", "links.access.jitter", "3ms", ""},
	{"", "links.access.reorder", "true", "links.access.jitter=30ms sessions.chat.messages.0={from:_ue-a,_size:_100KiB}"},
	{"", "links.core.rate", "1Mbit/s", ""},
	{"", "links.access.loss", "10%", ""},
	{"", "links.core.queue", "3kB", "links.core.rate=1Mbit/s sessions.chat.messages.0={from:_ue-a,_size:_100KiB}"},
	{"", "links.access.mtu", "600B", ""},
	{"", "links.access.duplicate", "30%", ""},
	{"", "links.access.corrupt", "20%", ""},
	{"", "links.access.slot", "{min: 5ms}", ""},
	{"", "links.access.trace", "../testdata/links/drive.csv", ""},
	{"", "links.core.forward.duplicate", "30%", ""},
	{"", "links.core.forward.corrupt", "50%", ""},
	{"", "links.core.forward.slot", "{min: 5ms}", ""},
	{"", "links.core.forward.trace", "../testdata/links/drive.csv", ""},
	{"", "links.core.forward.delay", "21ms", ""},
	{"", "links.core.forward.jitter", "3ms", ""},
	{"", "links.core.forward.reorder", "true", "links.core.jitter=30ms sessions.chat.messages.0={from:_ue-a,_size:_100KiB}"},
	{"", "links.core.forward.rate", "1Mbit/s", ""},
	{"", "links.core.forward.loss", "30%", ""},
	{"", "links.core.forward.queue", "3kB", "links.core.rate=1Mbit/s sessions.chat.messages.0={from:_ue-a,_size:_100KiB}"},
	{"", "links.core.backward.delay", "21ms", ""},

	{"", "sessions.chat.security", "none", ""},
	{"", "sessions.chat.media", "audio", "sessions.chat.messages=[]"},
	{"", "sessions.chat.at", "1s", ""},
	{"", "sessions.chat.count", "2", ""},
	{"", "sessions.chat.arrivals.every", "1s", "sessions.chat.count=2"},
	{"", "sessions.chat.arrivals.poisson", "1s", "sessions.chat.count=2"},
	{"", "sessions.chat.give-up", "1s", "nodes.ue-b.pickup=5s"},
	{"", "sessions.chat.messages.0.after", "1s", ""},
	{"", "sessions.chat.messages.0.text", "No.", ""},
	{"", "sessions.chat.messages.0", "{from: ue-a, size: 9kB}", ""},
	{"tcp-stream-remove", "sessions.chat.messages.0.stream", "2", ""},
	{"", "sessions.chat.hold", "1s", ""},
	{"", "sessions.chat.release.by", "ue-b", ""},
	{"", "sessions.chat.release.after", "1s", ""},

	{"", "nodes.ue-a.identity", "sip:carol@home1.example", ""},
	{"", "nodes.ue-b.register", "none", ""},
	{"", "nodes.ue-a.mediasec", "[bfcp-tls]", ""},
	{"", "nodes.ue-a.ipsec", "true", ""},
	{"", "nodes.ue-a.reg-option-tag", "both", ""},
	{"", "nodes.ue-a.offer", "active", ""},
	{"", "nodes.ue-b.answer", "active", ""},
	{"", "nodes.ue-b.provisional", "183", ""},
	{"", "nodes.ue-b.pickup", "1s", ""},
	{"tcp-reinvite-new", "nodes.ue-b.reinvite", "refuse", ""},
	{"tcp-merge-rebind", "nodes.ue-b.connection-attr", "ignore", ""},
	{"", "nodes.ue-a.cema", "false", ""},
	{"nat-ice-tcp-passive", "nodes.ue-a.ice", "none", ""},
	{"", "nodes.ue-a.acm", "false", ""},
	{"", "nodes.ue-b.announce", "198.51.100.7", ""},
	{"rel-half-close-plain", "nodes.ue-b.half-close", "close", ""},
	{"tcp-fwd-orig-active", "nodes.agw1.fwd", "splice", ""},
	{"nat-implicit-latch-off", "nodes.agw1.implicit-latch", "true", ""},
	{"nat-latch-deadlock", "nodes.agw1.timers.latch-deadlock", "5s", ""},
	{"nat-latch-deadlock", "nodes.pcscf1.report-latch", "false", ""},
	{"corr-tls-tls", "nodes.pcscf1.core-security", "tls", ""},
	{"tcp-chain-4gw", "nodes.ibcf1.core-security", "tls", ""},
	{"nat-latch-basic", "nodes.pcscf1.nat-latch", "leave", ""},
	{"corr-strict-mgc", "nodes.pcscf1.omit-orders", "[tcp-establish]", ""},
	{"", "nodes.ue-a.transport", "tcp", ""},
	{"", "nodes.ue-b.sip-timers", "ue", "nodes.ue-b.provisional=183-answer links.peer.loss=30%"},
	{"", "nodes.ue-a.tcp.mss", "536", ""},
	{"tcp-syn-timeout", "nodes.agw1.tcp.syn-schedule", "linux", ""},
	{"tcp-syn-timeout", "nodes.agw1.tcp.connect", "10s", ""},
	{"", "nodes.ue-a.tcp.delayed-ack", "1ms", ""},
	{"", "nodes.agw1.tcp.user-timeout", "500ms", "timeline=[{when:_agw1_through,_do:_link-down,_link:_core}]"},
	{"", "nodes.agw1.tcp.time-wait", "900s", ""},
	{"", "nodes.ue-a.tcp.nagle", "true", "sessions.chat.messages.0={from:_ue-a,_size:_9kB}"},
	{"", "nodes.ue-a.tcp.no-timestamps", "true", ""},
	{"", "nodes.ue-a.tcp.profile", "linux", "links.access.loss=5% sessions.chat.messages.0={from:_ue-a,_size:_100KiB}"},
	{"", "nodes.ue-a.tcp.congestion", "cubic", "links.access.loss=5% sessions.chat.messages.0={from:_ue-a,_size:_100KiB}"},
	{"", "nodes.ue-a.tcp.sack", "false", "links.access.loss=5% sessions.chat.messages.0={from:_ue-a,_size:_100KiB}"},
	{"", "nodes.ue-a.tcp.rack", "true", "links.access.loss=5% sessions.chat.messages.0={from:_ue-a,_size:_100KiB}"},
	{"", "nodes.ue-a.tcp.keepalive", "200ms", "sessions.chat.hold=1s"},
	{"", "nodes.ue-a.tcp.ecn", "offer", ""},
	{"", "nodes.ue-b.tcp.buffer", "4KiB", "sessions.chat.messages.0={from:_ue-a,_size:_100KiB}"},
	{"", "nodes.agw1.tls.min", "1.3", "nodes.agw1.tls.max=1.3"},
	{"", "nodes.ue-a.tls.max", "1.3", "nodes.agw1.tls.max=1.3"},
	{"", "nodes.ue-a.tls.certificate", "rsa-2048", ""},
	{"", "nodes.ue-a.tls.suites", "[ecdhe-rsa]", ""},
	{"", "nodes.ue-a.tls.fingerprints", "[sha-512]", ""},
	{"e2ae-msrp-sha1-allowed", "nodes.agw1.tls.allow-sha1", "false", ""},
	{"e2ae-msrp-sha1-only", "nodes.pcscf1.allow-sha1", "true", ""},
	{"e2ae-msrp-ue-rejects-fail", "nodes.pcscf1.e2ae-fallback", "clear", ""},
	{"e2ae-msrp-cap-missing-488", "nodes.pcscf1.e2ae-unsupported", "strip", ""},
	{"e2ae-msrp-cap-missing-488", "nodes.ue-a.e2ae-request", "agreed", ""},
	{"e2ae-msrp-term-agnostic", "nodes.ue-a.tls-offers", "refuse", ""},
	{"", "nodes.ue-a.path-scheme", "match", ""},
	{"", "nodes.ue-a.tls-fault", "silent", ""},
	{"", "nodes.agw1.crypto", "none", ""},
	{"e2ae-msrp-fp-guard-timeout", "nodes.agw1.timers.fp-guard", "3s", ""},
	{"e2ae-msrp-mitm-corrupt", "nodes.mallory.attacks.0.do", "replay", ""},
	{"e2ae-msrp-mitm-corrupt", "nodes.mallory.attacks.0.from", "other", ""},
	{"e2ae-msrp-mitm-corrupt", "nodes.mallory.attacks.0.record", "1", ""},
	{"reg-mediasec-verify-mismatch", "nodes.mallory.rules.0.message", "403", ""},
	{"reg-mediasec-verify-mismatch", "nodes.mallory.rules.0.do", "replace", "nodes.mallory.rules.0.with=longer-than-before"},
	{"reg-mediasec-verify-mismatch", "nodes.mallory.rules.0.header", "Via", ""},
	{"reg-mediasec-verify-mismatch", "nodes.mallory.rules.0.match", "sdes-srtp", ""},
	{"reg-mediasec-verify-mismatch", "nodes.mallory.rules.0.times", "1", "nodes.mallory.rules=[{message:_REGISTER,_do:_remove,_header:_Security-Client,_match:_bfcp}]"},
	{"e2ae-msrp-fp-tampered-ue", "nodes.mallory.rules.0.line", "a=nothing", ""},
	{"e2ae-msrp-fp-tampered-ue", "nodes.mallory.rules.0.with", "a=nothing", ""},
	{"", "nodes.ue-a.costs.message", "2ms", ""},
	{"", "nodes.ue-a.session-expires", "90s", "sessions.chat.hold=2m"},
	{"", "nodes.agw1.costs.packet", "1ms", ""},
	{"", "nodes.agw1.costs.connection", "1ms", ""},
	{"", "nodes.ue-a.costs.crypto", "0%", ""},
	{"", "nodes.pcscf1.costs.processors", "2", "sessions.chat.count=3"},

	{"", "nodes.pcscf1.mediasec", "[bfcp-tls]", ""},
	{"", "nodes.pcscf1.ipsec", "true", ""},
	{"", "nodes.pcscf1.tcp-mode", "relay", "sessions.chat.security=none"},
	{"", "nodes.pcscf1.awareness", "aware", ""},
	{"", "nodes.pcscf1.accept", "early", ""},
	{"", "nodes.pcscf1.control-model", "strict", ""},
	{"", "nodes.pcscf1.latch", "true", ""},
	{"nat-ice-tcp-passive", "nodes.pcscf1.ice", "pass", ""},
	{"e2ae-msrp-cema-missing", "nodes.pcscf1.cema-missing", "reject", ""},
	{"e2ae-msrp-cema-missing", "nodes.agw1.applications", "[]", ""},
	{"tcp-merge-term-nat", "nodes.pcscf1.nat-setup", "keep", ""},
	{"tcp-merge-term-nat", "nodes.pcscf1.nat-term-actpass", "merge", "nodes.ue-b.offer=actpass"},
	{"tcp-merge-orig-nat", "nodes.pcscf1.nat-orig-offer", "active", ""},
	{"tcp-merge-orig-nat", "nodes.pcscf1.nat-passive-offer", "try", "nodes.ue-a.offer=passive"},
	{"nat-hp-apdm", "nodes.pcscf1.punch-fallback", "merge", ""},
	{"tcp-merge-orig-nat", "nodes.pcscf1.merge-e2e-tls", "collide", "sessions.chat.security=e2e-cert"},
	{"", "nodes.pcscf1.gate-until-answer", "true", "nodes.pcscf1.tcp-mode=relay sessions.chat.security=none"},
	{"", "nodes.pcscf1.min-se", "200s", "nodes.pcscf1.session-expires=300s nodes.ue-a.session-expires=90s"},
	{"", "nodes.pcscf1.notify-success", "true", ""},
	{"", "nodes.pcscf1.session-expires", "90s", "sessions.chat.hold=2m"},
	{"rel-session-timer", "nodes.pcscf1.session-end", "forget", ""},
	{"", "nodes.pcscf1.h248-encoding", "compact", ""},
	{"h248-loss", "nodes.pcscf1.h248.retransmit", "100ms", ""},
	{"", "nodes.pcscf1.h248.t-max", "5s", "timeline=[{when:_ue-a_sip.invite.sent,_do:_link-down,_link:_iq}]"},

	{"nat-latch-basic", "nats.home.preset", "strict", ""},
	{"nat-latch-basic", "nats.home.ports", "random", ""},
	{"nat-latch-basic", "nats.home.quota", "1", ""},
	{"nat-latch-basic", "nats.home.one-to-one", "{ue-a:_203.0.113.7}", ""},
	{"nat-latch-basic", "nats.home.tcp.ports", "random", ""},
	{"nat-latch-basic", "nats.home.tcp.mapping", "connection-dependent", "nats.home.tcp.ports=sequential nodes.ue-a.transport=tcp"},
	{"nat-latch-basic", "nats.home.tcp.step", "8", "nats.home.tcp.ports=sequential nats.home.tcp.mapping=address-and-port-dependent nodes.ue-a.transport=tcp"},
	{"nat-latch-basic", "nats.home.tcp.quota", "1", "nats.home.tcp.mapping=address-and-port-dependent nodes.ue-a.transport=tcp"},
	{"nat-latch-basic", "nats.home.tcp.fallback", "random", "nats.home.first-port=61000 nats.home.last-port=65000"},
	{"nat-latch-basic", "nats.home.fallback", "random", "nats.home.first-port=61000 nats.home.last-port=65000"},
	{"nat-latch-basic", "nats.home.tcp.overloading", "true", "nats.home.tcp.filtering=address-and-port-dependent nats.home.tcp.mapping=address-and-port-dependent nats.home.first-port=40000 nats.home.last-port=40000 nats.home.ports=sequential nodes.ue-a.transport=tcp"},
	{"nat-latch-basic", "nats.home.tcp.reuse", "true", "nats.home.tcp.mapping=address-and-port-dependent nats.home.tcp.filtering=address-and-port-dependent nats.home.tcp.overloading=true nats.home.ports=random nodes.ue-a.transport=tcp"},
	{"nat-latch-basic", "nats.home.external", "[203.0.113.7]", ""},
	{"nat-latch-basic", "nats.home.pooling", "arbitrary", "nats.home.external=[203.0.113.7,_203.0.113.8]"},
	{"nat-latch-basic", "nats.home.first-port", "50000", "nats.home.ports=sequential"},
	{"nat-latch-basic", "nats.home.last-port", "2000", "nats.home.ports=sequential"},
	{"nat-latch-basic", "nats.home.step", "8", "nats.home.ports=sequential nats.home.first-port=2000 nats.home.last-port=2999 nats.home.mapping=address-and-port-dependent nodes.ue-a.transport=tcp"},
	{"nat-latch-basic", "nats.home.block-size", "64", "nats.home.ports=block nats.home.first-port=2001 nats.home.mapping=connection-dependent nats.home.last-port=2064 nats.home.block-size=1 nats.home.max-blocks=1 nodes.ue-a.transport=tcp"},
	{"nat-latch-basic", "nats.home.max-blocks", "2", "nats.home.ports=block nats.home.mapping=connection-dependent nats.home.block-size=1 nats.home.max-blocks=1 nodes.ue-a.transport=tcp"},
	{"nat-latch-basic", "nats.home.parity", "false", "nats.home.ports=sequential nats.home.first-port=2001 nats.home.last-port=2999"},
	{"nat-latch-basic", "nats.home.overloading", "true", "nats.home.mapping=address-and-port-dependent nats.home.first-port=40000 nats.home.last-port=40000 nats.home.ports=sequential nodes.ue-a.transport=tcp"},
	{"nat-latch-basic", "nats.home.reuse", "true", "nats.home.mapping=address-and-port-dependent nats.home.overloading=true nats.home.ports=random nodes.ue-a.transport=tcp"},
	{"nat-latch-basic", "nats.home.mappings", "1", ""},
	{"nat-latch-basic", "nats.home.sessions", "1", ""},
	{"nat-latch-basic", "nats.home.over-quota", "silent", "nats.home.quota=1 nodes.ue-a.tcp.profile=linux"},
	{"nat-latch-basic", "nats.home.alg", "sip", ""},
	{"nat-latch-basic", "nats.home.alg", "drop-tls", "sessions.chat.security=e2ae"},
	{"nat-latch-basic", "nats.home.probe-on-expiry", "false", "nats.home.timers.open=100ms"},
	{"nat-latch-basic", "nats.home.timers.udp", "10ms", ""},
	{"nat-latch-basic", "nats.home.timers.udp-init", "10ms", ""},
	{"nat-latch-basic", "nats.home.timers.opening", "10ms", ""},
	{"nat-latch-basic", "nats.home.timers.open", "100ms", "nats.home.preset=home"},
	{"nat-latch-basic", "nats.home.timers.half-closed", "1ms", ""},
	{"nat-latch-basic", "nats.home.unmatched", "rst", "nats.home.preset=home nats.home.timers.open=100ms nats.home.unmatched=silent"},
	{"nat-latch-basic", "nats.home.reset-on-expiry", "true", "nats.home.preset=home nats.home.timers.open=100ms"},

	{"tcp-proxy-dual-active", "nodes.pcscf1.proxy-setup", "keep", ""},
	{"tcp-proxy-dual-active", "nodes.ue-a.msrp-bind", "active", ""},
	{"rel-application-error", "nodes.ue-b.msrp-max-size", "10kB", ""},
	{"", "nodes.ue-b.media-port", "closed", ""},
	{"", "nodes.ue-b.insist", "true", "nodes.ue-a.offer=active nodes.ue-b.answer=active"},
	{"", "nodes.ue-b.punch-from-passive", "1ms", ""},
	{"", "nodes.agw1.control-model", "strict", "nodes.ue-a.tls.max=1.3 nodes.ue-a.tls.min=1.3 nodes.agw1.tls.max=1.2"},
	{"", "nodes.agw1.rules", "[{row:_E-1/1,_do-x:_tcp.accept}]", ""},

	{"tcp-chain-4gw", "nodes.ibcf1.domain", "network-one.example", ""},
	{"tcp-chain-4gw", "nodes.ibcf1.topology-hiding", "false", ""},
	{"tcp-chain-4gw", "nodes.ibcf1.tcp-mode", "relay", ""},
	{"tcp-chain-4gw", "nodes.ibcf1.proxy-setup", "active", "nodes.ibcf1.tcp-mode=proxy"},
	{"tcp-chain-4gw", "nodes.ibcf1.accept", "early", ""},
	{"tcp-chain-4gw", "nodes.ibcf1.awareness", "aware", ""},
	{"tcp-chain-4gw", "nodes.ibcf1.cema-missing", "reject", "nodes.ue-a.cema=false"},
	{"tcp-chain-4gw", "nodes.ibcf1.control-model", "strict", ""},
	{"tcp-chain-4gw", "nodes.ibcf1.gate-until-answer", "true", "nodes.ibcf1.tcp-mode=relay"},
	{"tcp-chain-4gw", "nodes.ibcf1.notify-success", "true", ""},
	{"tcp-chain-4gw", "nodes.ibcf1.h248-encoding", "compact", ""},
	{"tcp-chain-4gw", "nodes.ibcf1.session-expires", "90s", "sessions.chat.hold=2m"},
	{"tcp-chain-4gw", "nodes.ibcf1.heartbeat", "12s", "sessions.chat.hold=2m nodes.trgw1.h248.heartbeat=true"},
	{"tcp-chain-4gw", "nodes.ibcf1.inactivity", "12s", "sessions.chat.hold=2m run.until=180s"},
	{"tcp-chain-4gw", "nodes.ibcf1.on-inactivity", "audit", "sessions.chat.hold=2m run.until=180s nodes.ibcf1.inactivity=12s"},

	{"tcp-mp-dialin", "nodes.mrfc1.answer", "passive", ""},
	{"tcp-mp-dialout", "nodes.mrfc1.offer", "passive", ""},
	{"tcp-mp-dialout", "nodes.mrfc1.give-up", "1s", "nodes.ue-a.pickup=5s"},
	{"tcp-mp-early-syn-closed-port", "nodes.mrfc1.est-retry", "1", ""},
	{"tcp-mp-dialin", "nodes.ue-a.media-port", "after-answer", ""},

	{"", "nodes.scscf1.domain", "home.example.org", ""},
	{"", "nodes.scscf1.challenge", "false", ""},

	{"rel-heartbeat-ok", "nodes.pcscf1.heartbeat", "12s", ""},
	{"rel-inactivity", "nodes.pcscf1.inactivity", "12s", ""},
	{"rel-inactivity", "nodes.pcscf1.on-inactivity", "audit", ""},
	{"", "nodes.agw1.h248.transport", "tcp", ""},
	{"", "nodes.agw1.h248.encoding", "compact", ""},
	{"", "nodes.agw1.h248.without", "[seplink]", ""},
	{"h248-disconnected", "nodes.agw1.h248.mwd", "5s", ""},
	{"h248-disconnected", "nodes.agw1.h248.retransmit", "100ms", ""},
	{"h248-disconnected", "nodes.agw1.h248.t-max", "6s", ""},
	{"h248-disconnected", "nodes.agw1.h248.retry", "7s", ""},
	{"h248-disconnected", "nodes.agw1.h248.attempts", "1", ""},
	{"rel-heartbeat-ok", "nodes.agw1.h248.heartbeat", "false", ""},
	{"h248-pending", "nodes.mg1.h248.transport", "tcp", ""},
	{"h248-pending", "nodes.mg1.h248.encoding", "compact", ""},
	{"h248-pending", "nodes.mgc1.h248.retransmit", "100ms", ""},
	{"h248-failover", "nodes.mg1.h248.t-max", "6s", ""},
	{"h248-pending", "nodes.mg1.h248.provisional", "500ms", ""},
	{"h248-pending-limit", "nodes.mg1.h248.pending-limit", "2", ""},
	{"h248-audit-recover", "nodes.mgc1.keep", "[1]", ""},
	{"h248-audit-recover", "nodes.mgc1.orphans", "keep", ""},
	{"h248-cold-start", "nodes.mg1.count", "2", ""},
	{"h248-cold-start", "nodes.mg1.boot", "1s", ""},
	{"h248-cold-start", "nodes.mg1.mwd", "1s", ""},
	{"h248-failover", "nodes.mg1.retry", "9s", "nodes.mgc2.answer=[{to:_ServiceChange,_error:_502}]"},
	{"h248-failover", "nodes.mg1.attempts", "1", "nodes.mgc2.answer=[{to:_ServiceChange,_error:_502}]"},
	{"h248-unknown-elements", "nodes.mg1.gateway-profile", "simmp/1", ""},
	{"h248-unknown-elements", "nodes.mg1.without", "[gm]", ""},
	{"h248-pending", "nodes.mg1.answer.0.to", "Subtract", ""},
	{"h248-pending", "nodes.mg1.answer.0.termination", "ip/access", ""},
	{"h248-pending", "nodes.mg1.answer.0.nth", "2", ""},
	{"h248-pending", "nodes.mg1.answer.0.after", "3s", ""},
	{"h248-pending", "nodes.mg1.answer.0.error", "510", ""},
	{"h248-three-way", "nodes.mg1.answer.0.ack", "false", ""},
	{"h248-pending", "nodes.mg1.answer.0.silent", "true", ""},
	{"h248-failover", "nodes.mgc1.answer.0.try", "mgc2", "nodes.mgc1.answer=[{to:_ServiceChange}]"},

	{"", "nodes.agw1.ports.first", "50000", ""},
	{"", "nodes.agw1.ports.last", "40001", "sessions.chat.count=3"},
	{"", "nodes.agw1.timers.est-guard", "5s", "timeline=[{when:_ue-a_sip.200.received,_do:_link-down,_link:_access-agw}]"},
	{"", "nodes.agw1.timers.tls-guard", "1s", "timeline=[{when:_agw1/access_tcp.established,_do:_link-down,_link:_access-agw}]"},
	{"", "nodes.agw1.timers.rel", "1ms", ""},
	{"tcp-relay-reinvite-new", "nodes.agw1.timers.relay-linger", "1ms", ""},
	{"tcp-merge-one-missing", "nodes.agw1.timers.merge", "5s", ""},
	{"", "nodes.agw1.release-mode", "abort", ""},
	{"", "nodes.agw1.strict-hold", "true", "nodes.pcscf1.control-model=strict links.core.delay=200ms"},
}

// TestEveryKeyHasAnEffect changes one key at a time: the trajectory moves, or the run breaks off.
func TestEveryKeyHasAnEffect(t *testing.T) {
	came := func(scenario, set string) string {
		if scenario == "" {
			scenario = "e2ae-msrp-orig-agnostic"
		}
		var sets []string
		for s := range strings.FieldsSeq(set) {
			sets = append(sets, strings.ReplaceAll(s, "_", " "))
		}
		st, err := Run(load(t, scenario, sets...), Options{})
		if err != nil {
			return err.Error()
		}
		return st.Fingerprint + " " + st.End.String()
	}
	for _, s := range settings {
		if before, after := came(s.scenario, s.given), came(s.scenario, s.given+" "+s.key+"="+strings.ReplaceAll(s.value, " ", "_")); before == after {
			t.Errorf("%s=%s changes nothing (given %q)", s.key, s.value, s.given)
		}
	}
}

// elsewhere says why a key has no row above, or which test has one.
var elsewhere = map[string]string{
	"Run.warmup": "moves no trajectory: scenarios/measure", "Session.from": "names", "Session.to": "names", "Message.from": "names",
	"Link.between": "names", "Link.forward": "its keys have rows", "Link.backward": "the same keys",
	"Session.arrivals": "its keys have rows", "Session.messages": "its keys have rows", "Session.release": "its keys have rows",
	"Run.limits": "its keys have rows", "Message.size": "replaces text: the row of the whole message",
	"Node-mediagw.truncation":      "nodes/bearer, row R-3",
	"Node-mediagw.wrong-direction": "no UE of ours dials an active SEP: nodes/bearer, row E-5",
	"NAT.inside":                   "names", "NAT.timers": "its keys have rows",
	"NAT.mapping": "a UE has one peer a port: netem/nat", "NAT.filtering": "nobody else sends: netem/nat", "NAT.unsolicited": "likewise",
	"NAT.hairpin": "nobody else is inside: netem/nat", "NAT.inbound-keeps": "UDP is not idle for long: netem/nat",
	"NAT.contiguity": "no UE has neighbouring UDP ports: netem/nat", "NAT.unsolicited-udp": "nobody else sends: netem/nat", "NAT.unmatched-outside": "nobody else sends: netem/nat", "NAT.sim-open": "nobody punches here: netem/nat",
	"NAT.fragments": "UEs send what is large over TCP: netem/nat", "NAT.refresh-each": "a UE has one peer a port: netem/nat", "NATTimers.rest": "no UDP port is used again: netem/nat",
	"NAT.dmz": "nobody else sends: netem/nat", "NAT.contest": "nobody punches here: netem/nat", "NAT.tcp": "its keys have rows", "NAT.udp": "the same keys",
	"NATTransport.filtering": "nobody else sends: netem/nat", "NATTransport.hairpin": "nobody else is inside: netem/nat",
	"NAT.reset-closes": "nothing follows an RST: netem/nat", "NATTimers.reset": "likewise", "NATTimers.closing": "nothing follows the FINs: netem/nat", "NATTimers.icmp": "nobody pings: netem/nat",
	"Node-mediagw.hp":           "its keys: nodes/mediagw",
	"alg.H248Timers.long-timer": "the gateway repeats nothing so late: nodes/protocol/h248",
	"Node-mediagw.interface":    "goes with the controller's kind: scenarios check it",
	"Node-ibcf.min-se":          "as at a P-CSCF",
	"Node-ibcf.session-end":     "as at a P-CSCF", "Node-ibcf.omit-orders": "as at a P-CSCF",
	"Node-mg.answer": "its keys have rows", "Node-mgc.answer": "the same keys",
	"mediagw.H248Config.long-timer": "the controller repeats nothing so late: nodes/protocol/h248", "megaco.Settings.long-timer": "likewise",
	"Node-pcscf.min-se":           "no UE of ours asks for so little: nodes/pcscf",
	"nodes.TCPConfig.half-closed": "both ends of a call close at once: netem/tcp",
	"mediagw.Timers.syn-hold":     "what a SYN is held for comes first: nodes/bearer, row E-3",
	"mediagw.Timers.half-close":   "both ends of a call close at once: nodes/bearer, row R-26",
}

// TestEveryKeyHasARow walks the schema: a new key wants a row in settings.
func TestEveryKeyHasARow(t *testing.T) {
	var schema struct {
		Defs map[string]struct {
			Properties map[string]struct {
				Ref string `json:"$ref"`
			} `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(scenarios.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	rows := ""
	for _, s := range settings {
		rows += s.key + "\n"
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Defs)) {
		place, ok := places[name]
		if !ok {
			continue
		}
		for key, p := range schema.Defs[name].Properties { //tidy:order each is looked up for itself
			inner := strings.HasPrefix(p.Ref, "#/$defs/") && places[strings.TrimPrefix(p.Ref, "#/$defs/")] != ""
			if key == "kind" || key == "profile" || inner || elsewhere[name+"."+key] != "" || names[key] {
				continue
			}
			if !regexp.MustCompile("(?m)^" + place + regexp.QuoteMeta(key) + "$").MatchString(rows) {
				t.Errorf("%s.%s: no row changes it", name, key)
			}
		}
	}
}

// places are the paths of the schema's definitions that hold keys of the model, as patterns.
var places = map[string]string{
	"Run": `run\.`, "Limits": `run\.limits\.`, "Link": `links\.[a-z]+\.`, "LinkChange": `links\.[a-z]+\.forward\.`,
	"Session": `sessions\.chat\.`, "Arrivals": `sessions\.chat\.arrivals\.`, "Message": `sessions\.chat\.messages\.0\.`, "Release": `sessions\.chat\.release\.`,
	"attacker.Attack": `nodes\.mallory\.attacks\.0\.`, "tamper.Rule": `nodes\.mallory\.rules\.0\.`, "Node-ue": `nodes\.ue-[ab]\.`, "Node-pcscf": `nodes\.pcscf1\.`, "Node-ibcf": `nodes\.ibcf1\.`, "Node-mrfc": `nodes\.mrfc1\.`, "Node-scscf": `nodes\.scscf1\.`, "Node-mediagw": `nodes\.agw1\.`,
	"nodes.TCPConfig": `nodes\.[a-z0-9-]+\.tcp\.`, "nodes.TLSConfig": `nodes\.[a-z0-9-]+\.tls\.`, "nodes.Costs": `nodes\.[a-z0-9-]+\.costs\.`,
	"NAT": `nats\.home\.`, "NATTimers": `nats\.home\.timers\.`, "NATTransport": `nats\.home\.tcp\.`,
	"alg.H248Timers": `nodes\.pcscf1\.h248\.`, "mediagw.Ports": `nodes\.agw1\.ports\.`, "mediagw.Timers": `nodes\.agw1\.timers\.`,
	"mediagw.H248Config": `nodes\.agw1\.h248\.`, "Node-mg": `nodes\.mg1\.`, "Node-mgc": `nodes\.mgc1\.`, "megaco.Settings": `nodes\.mgc?1\.h248\.`,
	"megaco.Answer": `nodes\.mgc?1\.answer\.0\.`,
}

// names are the keys by which nodes find each other: scenarios check them.
var names = map[string]bool{"proxy": true, "home": true, "gateway": true, "controller": true, "realms": true, "secondary": true, "controllers": true, "peer": true, "border": true}
