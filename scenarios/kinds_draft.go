package scenarios

// Router forwards packets.
type Router struct{}

// UE is user equipment.
type UE struct {
	PCSCF string `yaml:"pcscf" node:"pcscf" jsonschema_description:"the P-CSCF that it registers with"`
	Setup string `yaml:"setup" jsonschema:"enum=active,enum=passive,enum=actpass,default=actpass" jsonschema_description:"a=setup of its offers"`
	TLS   string `yaml:"tls" jsonschema:"enum=1.2,enum=1.3,default=1.2" jsonschema_description:"TLS version"`
}

// PCSCF is a P-CSCF with the IMS-ALG.
type PCSCF struct {
	MediaGW string `yaml:"mediagw" node:"mediagw" jsonschema_description:"the gateway that it controls"`
	SCSCF   string `yaml:"scscf" node:"scscf" jsonschema_description:"the S-CSCF behind it"`
}

// SCSCF is an S-CSCF.
type SCSCF struct{}

// MediaGW is a media gateway.
type MediaGW struct {
	Preset string `yaml:"preset" jsonschema:"enum=relay,enum=fwd-late,enum=fwd-early,enum=merge,enum=proxy,default=fwd-late" jsonschema_description:"interlinkage of its legs"`
}
