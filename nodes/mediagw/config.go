package mediagw

import (
	"imsim/internal/units"
	"imsim/nodes"
)

// Config is what a scenario says of a media gateway. Profile tells which gateway it is; the rest is the same for all.
type Config struct {
	Profile        string            `yaml:"profile-id" jsonschema:"enum=iq" jsonschema_description:"Which gateway it is: iq is an IMS-AGW; default iq."`
	Controller     string            `yaml:"controller" node:"pcscf" jsonschema:"required" jsonschema_description:"Node that controls this gateway."`
	Realms         map[string]string `yaml:"realms" jsonschema:"required" jsonschema_description:"Which link each realm is on: access and core."`
	Ports          Ports             `yaml:"ports" jsonschema_description:"Range of local ports."`
	Timers         Timers            `yaml:"timers" jsonschema_description:"Supervisory timers (spec reference 0.4)."`
	Truncation     string            `yaml:"truncation" jsonschema:"enum=rst,enum=fin" jsonschema_description:"What the partner leg gets when a TLS leg is truncated (D7); default rst."`
	WrongDirection string            `yaml:"wrong-direction" jsonschema:"enum=rst,enum=drop" jsonschema_description:"Answer to a SYN on an active SEP (F5); default rst."`
	ReleaseMode    string            `yaml:"release-mode" jsonschema:"enum=graceful,enum=abort" jsonschema_description:"How Subtract ends connections (R-8); default graceful."`
	StrictHold     bool              `yaml:"strict-hold" jsonschema_description:"A passive SEP of a strictly controlled stream holds its SYN (E-4)."`
	TCP            nodes.TCPConfig   `yaml:"tcp" jsonschema_description:"The gateway's TCP."`
	TLS            nodes.TLSConfig   `yaml:"tls" jsonschema_description:"The gateway's TLS on protected legs."`
	Costs          nodes.Costs       `yaml:"costs" jsonschema_description:"Processor time; message 1ms packet 20us connection 300us and crypto 100% by default."`
}

// Ports is a range of ports, both ends included.
type Ports struct {
	First uint16 `yaml:"first" jsonschema:"minimum=1024" jsonschema_description:"First port; default 40000."`
	Last  uint16 `yaml:"last" jsonschema:"minimum=1024" jsonschema_description:"Last port; default 59999."`
}

// Timers are the supervisory timers of §0.4. Zero takes the default.
type Timers struct {
	SynHold   units.Duration `yaml:"syn-hold" jsonschema_description:"synHoldTimer; default 4s."`
	EstGuard  units.Duration `yaml:"est-guard" jsonschema_description:"estGuard; default 60s."`
	TLSGuard  units.Duration `yaml:"tls-guard" jsonschema_description:"tlsGuard; default 10s."`
	FPGuard   units.Duration `yaml:"fp-guard" jsonschema_description:"fpGuard; default 10s."`
	Rel       units.Duration `yaml:"rel" jsonschema_description:"relTimer; default 2s."`
	HalfClose units.Duration `yaml:"half-close" jsonschema_description:"halfCloseTimer; default 60s."`
	Merge     units.Duration `yaml:"merge" jsonschema_description:"mergeTimer; default 30s."`
}
