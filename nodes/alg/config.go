package alg

import (
	"time"

	"imsim/internal/units"
	"imsim/nodes"
	"imsim/nodes/protocol/sip"
)

// Config is what a scenario says of the ALG in any node; node kinds embed it.
type Config struct {
	Gateway string `yaml:"gateway" node:"mediagw" jsonschema:"required" jsonschema_description:"The media gateway that this node controls: an IMS-AGW over Iq or a TrGW over Ix."`

	TCPMode         string         `yaml:"tcp-mode" jsonschema:"enum=relay,enum=fwd,enum=merge,enum=proxy,default=fwd" jsonschema_description:"TCP bearer handling (TS 23.334 5.16): relay is stateless, fwd keeps the direction with two connections, merge waits for both ends, proxy opens each leg by an order of its own."`
	ProxySetup      string         `yaml:"proxy-setup" jsonschema:"enum=keep,enum=active,default=keep" jsonschema_description:"The gateway's roles in mode proxy: those that the UEs leave it or active towards everyone that can be opened to."`
	Accept          string         `yaml:"accept" jsonschema:"enum=late,enum=early,enum=tls-cross,enum=tls-then-tcp,default=late" jsonschema_description:"When a fwd gateway answers the opener's SYN and opens the other leg (preset of 7.2)."`
	CoreSecurity    string         `yaml:"core-security" jsonschema:"enum=clear,enum=tls,enum=tls-tls,default=clear" jsonschema_description:"Protection of the leg away from the users that the node serves, core on Iq and external on Ix, where TLS does not go from end to end: none or TLS that ends at the gateway and begins with the connection, or as soon as TLS is up on the other leg where that is protected and opened to the gateway (preset tls-tls of 7.2). Such calls are not relayed."`
	Awareness       string         `yaml:"awareness" jsonschema:"enum=agnostic,enum=aware,enum=backhaul,default=agnostic" jsonschema_description:"Whether the gateway is told the application protocol and so edits paths in messages itself or sends the head of each message here to be edited (H.248.78); one that does not know it (Error 515) is asked again without (F12)."`
	CEMAMissing     string         `yaml:"cema-missing" jsonschema:"enum=aware,enum=reject,enum=pass,default=aware" jsonschema_description:"What to do where an offer or answer comes without a=msrp-cema and the gateway is agnostic: tell it the application so that it can be where a=path leads, refuse the call, or do nothing."`
	ControlModel    string         `yaml:"control-model" jsonschema:"enum=interlinked,enum=strict,default=interlinked" jsonschema_description:"Who orders bearer procedures (H.248.92)."`
	GateUntilAnswer bool           `yaml:"gate-until-answer" jsonschema:"default=false" jsonschema_description:"Keep the gate of a relayed stream closed until the answer."`
	Omit            []string       `yaml:"omit-orders" jsonschema:"enum=tcp-establish,enum=tls-establish,enum=fingerprint" jsonschema_description:"What this controller forgets to tell its gateway, a fault: in the strict model the orders to open a connection or to begin TLS, in any the peer's fingerprint."`
	NotifySuccess   bool           `yaml:"notify-success" jsonschema:"default=false" jsonschema_description:"Arm reports of established connections too; failures and releases are always armed."`
	H248Encoding    string         `yaml:"h248-encoding" jsonschema:"enum=pretty,enum=compact,default=pretty" jsonschema_description:"Text form of H.248."`
	SessionExpires  units.Duration `yaml:"session-expires" jsonschema_description:"Session interval that the node asks for in requests (RFC 4028 8.1; TS 24.229 5.2.7): at least 90s. Default 0s: it asks for none, but keeps to what the ends agree on."`
	MinSE           units.Duration `yaml:"min-se" jsonschema:"default=90s" jsonschema_description:"Least session interval that it accepts where it asks for one; a request below is answered by 422."`
	SessionEnd      string         `yaml:"session-end" jsonschema:"enum=bye,enum=forget,default=bye" jsonschema_description:"What becomes of a call whose session timer runs out: bye subtracts the context and ends the call on both sides, forget subtracts it and leaves the rest to the ends (RFC 4028 8.3)."`
	Heartbeat       units.Duration `yaml:"heartbeat" jsonschema:"default=300s" jsonschema_description:"Ask the gateway to report a termination that no message has named for this long (hangterm/thb); whole seconds. A gateway does so where its h248.heartbeat says so."`
	Inactivity      units.Duration `yaml:"inactivity" jsonschema_description:"Ask the gateway to report when it has heard nothing from here for this long (it/ito); default never. The reports go on so a run with them needs run.until."`
	OnInactivity    string         `yaml:"on-inactivity" jsonschema:"enum=keep,enum=audit,enum=release,default=keep" jsonschema_description:"What such a report means: nothing or that the gateway is audited or that the calls on it are released (row R-19)."`
	H248            H248Timers     `yaml:"h248" jsonschema_description:"H.248 transaction timers."`
	Costs           nodes.Costs    `yaml:"costs" jsonschema_description:"Processor time; message 2ms by default."`
}

// Validate reports settings that no ALG can have.
func (c *Config) Validate(report func(field, wrong, right string)) {
	for _, f := range []struct {
		name string
		d    units.Duration
	}{{"session-expires", c.SessionExpires}, {"min-se", c.MinSE}} {
		if d := time.Duration(f.d); d != 0 && d < sip.LeastSE {
			report(f.name, d.String()+" is too short", "write at least 90s (RFC 4028 §5), or 0s for none")
		}
	}
	if c.SessionExpires != 0 && c.SessionExpires < c.MinSE {
		report("session-expires", time.Duration(c.SessionExpires).String()+" is below min-se", "write at least "+time.Duration(c.MinSE).String())
	}
}

// Access is what a scenario says of an ALG on the border to an access network, where users are.
type Access struct {
	Unsupported     string `yaml:"e2ae-unsupported" jsonschema:"enum=488,enum=strip,enum=transparent,default=488" jsonschema_description:"What to do with an offer that asks for protection which cannot be given (E7)."`
	Fallback        string `yaml:"e2ae-fallback" jsonschema:"enum=fail,enum=clear,default=fail" jsonschema_description:"What becomes of a call to a served UE that takes no TLS or whose gateway has none (E10): it fails or is offered again in clear."`
	AllowSHA1       bool   `yaml:"allow-sha1" jsonschema:"default=false" jsonschema_description:"Take offers with no better fingerprint than SHA-1; the gateway has a key of its own for what it accepts."`
	Latch           bool   `yaml:"latch" jsonschema:"default=false" jsonschema_description:"Ask the gateway to latch onto the source of the access leg."`
	ICE             string `yaml:"ice" jsonschema:"enum=strip,enum=lite,enum=pass,default=strip" jsonschema_description:"lite: the gateway is an ICE-lite agent towards the served UE (RFC 6544) where TCP is not relayed. strip takes ICE out of SDP; pass leaves it there and UEs find that the addresses do not match."`
	NATLatch        string `yaml:"nat-latch" jsonschema:"enum=order,enum=leave,default=order" jsonschema_description:"Whether the ALG orders the gateway to latch where the UE is behind a NAT or leaves that to the gateway (its implicit-latch)."`
	ReportLatch     bool   `yaml:"report-latch" jsonschema:"default=false" jsonschema_description:"Ask for a report where the gateway finds nothing to latch onto (its timers.latch-deadlock); the call is ended then."`
	NATSetup        string `yaml:"nat-setup" jsonschema:"enum=rewrite,enum=keep,default=rewrite" jsonschema_description:"Whether the ALG speaks for the gateway in a=setup when the UE is behind a NAT (rows T4 to T6 and O3 to O5) or keeps what the UEs say."`
	NATTermActPass  string `yaml:"nat-term-actpass" jsonschema:"enum=fwd,enum=merge,default=fwd" jsonschema_description:"TCP mode for an offer of actpass to a UE behind a NAT (row T6)."`
	NATOrigOffer    string `yaml:"nat-orig-offer" jsonschema:"enum=actpass,enum=passive,enum=active,default=actpass" jsonschema_description:"What the far side is offered for a UE behind a NAT that can open (rows O3 and O4): passive forces merge and active excludes it."`
	NATPassiveOffer string `yaml:"nat-passive-offer" jsonschema:"enum=488,enum=punch,enum=try,default=488" jsonschema_description:"What to do with an offer of passive from a UE behind a NAT (row O5): refuse it, have the gateway punch a hole (H.248.84), or have it open into the NAT, which fails."`
	PunchFallback   string `yaml:"punch-fallback" jsonschema:"enum=none,enum=merge,default=none" jsonschema_description:"What becomes of a call whose hole punching has failed: it ends or the ALG has the UE open to the gateway and merges, by re-INVITEs of its own to both ends (8.5 step 6). Merge wants an interlinked gateway with accept late that is not told the application and no TLS from end to end; without, the call ends."`
	MergeE2ETLS     string `yaml:"merge-e2e-tls" jsonschema:"enum=refuse,enum=collide,default=refuse" jsonschema_description:"Whether TLS from end to end may go through merge, where both ends would be TLS clients."`
}

// H248Timers are the transaction timers of spec reference §9.4. Zero takes the default.
type H248Timers struct {
	Retransmit units.Duration `yaml:"retransmit" jsonschema:"default=200ms" jsonschema_description:"First interval of request retransmission (reqRetx)."`
	TMax       units.Duration `yaml:"t-max" jsonschema:"default=25s" jsonschema_description:"Association is lost when a request stays unanswered this long."`
	LongTimer  units.Duration `yaml:"long-timer" jsonschema:"default=30s" jsonschema_description:"How long replies are kept for repeated requests."`
}
