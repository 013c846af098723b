package mediagw

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"imsim/internal/units"
	"imsim/nodes"
	"imsim/nodes/bearer"
)

// Config is what a scenario says of a media gateway.
type Config struct {
	Controller     string            `yaml:"controller" node:"pcscf,ibcf,mrfc,mgc" jsonschema:"required" jsonschema_description:"Node that controls this gateway."`
	Interface      string            `yaml:"interface" jsonschema:"enum=iq,enum=ix,enum=mp,default=iq" jsonschema_description:"Profile of H.248: iq for an IMS-AGW or ix for a TrGW or mp for an MRFP."`
	Realms         map[string]string `yaml:"realms" jsonschema:"required" jsonschema_description:"Which of the gateway's interfaces the realms access and core or on Ix internal and external or on Mp mb are on; an interface has its link's name unless named."`
	Applications   []string          `yaml:"applications" jsonschema:"enum=msrp" jsonschema_description:"Application protocols that the gateway can be told of: with msrp it puts its own paths into MSRP messages where its controller wants that. Without it refuses them (Error 515). An MRFP always knows msrp."`
	Ports          Ports             `yaml:"ports" jsonschema_description:"Range of local ports."`
	Timers         Timers            `yaml:"timers" jsonschema_description:"Supervisory timers (spec reference 0.4)."`
	Truncation     string            `yaml:"truncation" jsonschema:"enum=rst,enum=fin,default=rst" jsonschema_description:"What the partner leg gets when a TLS leg is truncated (D7)."`
	WrongDirection string            `yaml:"wrong-direction" jsonschema:"enum=rst,enum=drop,default=rst" jsonschema_description:"Answer to a SYN on an active SEP (F5)."`
	ReleaseMode    string            `yaml:"release-mode" jsonschema:"enum=graceful,enum=abort,default=graceful" jsonschema_description:"How Subtract ends connections (R-8)."`
	ControlModel   string            `yaml:"control-model" jsonschema:"enum=interlinked,enum=strict" jsonschema_description:"Whether the gateway acts across the two legs of a stream on its own or only by order (H.248.92); default what its controller has."`
	Rules          []bearer.Override `yaml:"rules" jsonschema_description:"Changes of the correlation tables (rows E and R of spec reference 7.4 and 7.5)."`
	Fwd            string            `yaml:"fwd" jsonschema:"enum=term,enum=splice,default=term" jsonschema_description:"Variant of mode fwd (spec reference 2.1): term has two TCP connections, splice passes one handshake through and follows its state; protected and merged streams are always term."`
	ImplicitLatch  bool              `yaml:"implicit-latch" jsonschema:"default=false" jsonschema_description:"A passive SEP latches onto the source of its first SYN without an order (tcpImplicitLatch)."`
	Crypto         string            `yaml:"crypto" jsonschema:"enum=tls,enum=none,default=tls" jsonschema_description:"none: the gateway has nothing to do TLS with, and refuses a leg with TLS by Error 501 (E10)."`
	StrictHold     bool              `yaml:"strict-hold" jsonschema:"default=false" jsonschema_description:"A passive SEP of a strictly controlled stream holds its SYN (E-4)."`
	HolePunch      HolePunch         `yaml:"hp" jsonschema_description:"TCP hole punching (H.248.84)."`
	H248           H248Config        `yaml:"h248" jsonschema_description:"The association with the controller."`
	TCP            nodes.TCPConfig   `yaml:"tcp" jsonschema_description:"The gateway's TCP."`
	TLS            nodes.TLSConfig   `yaml:"tls" jsonschema_description:"The gateway's TLS on protected legs."`
	Costs          nodes.Costs       `yaml:"costs" jsonschema_description:"Processor time; message 1ms packet 20us (50us on Mp where each copy of a message costs as much) connection 300us and crypto 100% by default."`
}

// realmNames returns the IP realms that a gateway joins: the access network and the core, or its own network and another, or
// as MRFP the one that its participants reach it in.
func (c *Config) realmNames() []string {
	switch c.Interface {
	case "ix":
		return ixRealms
	case "mp":
		return mpRealms
	}
	return iqRealms
}

var (
	iqRealms = []string{"access", "core"}
	ixRealms = []string{"internal", "external"}
	mpRealms = []string{"mb"}
)

// Validate reports settings that no gateway can have.
func (c *Config) Validate(report func(field, wrong, right string)) {
	c.TLS.Validate("tls", report)
	bearer.Standard().With(c.Rules, func(n int, key, wrong, right string) { report("rules."+strconv.Itoa(n)+"."+key, wrong, right) })
	if c.Ports.First > c.Ports.Last {
		first, last := strconv.Itoa(int(c.Ports.First)), strconv.Itoa(int(c.Ports.Last))
		report("ports", "the range from "+first+" to "+last+" holds no port", "first is at most last")
	}
	if c.Realms == nil {
		return // missing altogether, which is reported already
	}
	for _, name := range slices.Sorted(maps.Keys(c.Realms)) {
		if all := c.realmNames(); !slices.Contains(all, name) {
			report("realms."+name, "a gateway has no realm "+strconv.Quote(name), "there is "+strings.Join(all, ", "))
		}
	}
	for _, name := range c.realmNames() {
		if c.Realms[name] == "" {
			report("realms", "the realm "+name+" is missing", "write the interface that it is on")
		}
	}
}

// Ports is a range of ports, both ends included.
type Ports struct {
	First uint16 `yaml:"first" jsonschema:"minimum=1024,maximum=65535,default=40000" jsonschema_description:"First port."`
	Last  uint16 `yaml:"last" jsonschema:"minimum=1024,maximum=65535,default=59999" jsonschema_description:"Last port."`
}

// Timers are the supervisory timers of §0.4. Zero takes the default.
type Timers struct {
	SynHold     units.Duration `yaml:"syn-hold" jsonschema:"default=4s" jsonschema_description:"synHoldTimer."`
	EstGuard    units.Duration `yaml:"est-guard" jsonschema:"default=60s" jsonschema_description:"estGuard."`
	TLSGuard    units.Duration `yaml:"tls-guard" jsonschema:"default=10s" jsonschema_description:"tlsGuard."`
	FPGuard     units.Duration `yaml:"fp-guard" jsonschema:"default=10s" jsonschema_description:"fpGuard."`
	Rel         units.Duration `yaml:"rel" jsonschema:"default=2s" jsonschema_description:"relTimer."`
	HalfClose   units.Duration `yaml:"half-close" jsonschema:"default=60s" jsonschema_description:"halfCloseTimer."`
	Merge       units.Duration `yaml:"merge" jsonschema:"default=30s" jsonschema_description:"mergeTimer."`
	RelayLinger units.Duration `yaml:"relay-linger" jsonschema:"default=30s" jsonschema_description:"relayLinger: how long a relay passes an old connection on once another has followed."`

	LatchDeadlock units.Duration `yaml:"latch-deadlock" jsonschema_description:"A SEP that is to latch and has nothing to latch onto is reported after this (adid/ipstop), where the controller asks for that; up to 3600s. Without the key it is not."`
}

// HolePunch is how a gateway punches holes (spec reference §8.5). Zero takes the default.
type HolePunch struct {
	Timer      units.Duration `yaml:"timer" jsonschema:"default=10s" jsonschema_description:"hpTimer: give up after this."`
	Retry      units.Duration `yaml:"retry" jsonschema:"default=1s" jsonschema_description:"Time between SYNs."`
	RetryOnRST bool           `yaml:"retry-on-rst" jsonschema:"default=false" jsonschema_description:"Go on after an RST; ordinary stacks give up."`
}
