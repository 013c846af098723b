package ibcf

import "imsim/nodes/alg"

// Config is what a scenario says of an IBCF.
type Config struct {
	Home   string `yaml:"home" node:"scscf" jsonschema:"required" jsonschema_description:"Node of the own network that requests from outside go to: the S-CSCF."`
	Peer   string `yaml:"peer" node:"ibcf" jsonschema:"required" jsonschema_description:"IBCF of the other network: what goes to it leaves and what comes from it enters."`
	Domain string `yaml:"domain" jsonschema:"default=home1.example" jsonschema_description:"Name of the own network."`
	Hiding *bool  `yaml:"topology-hiding" jsonschema:"default=true" jsonschema_description:"Hide the own network from the other: addresses in SIP headers leave as tokens (TS 24.229 5.10.4)."`
	alg.Config
}
