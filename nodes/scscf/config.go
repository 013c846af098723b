package scscf

import "imsim/nodes"

// Config is what a scenario says of the S-CSCF with registrar.
type Config struct {
	Domain    string      `yaml:"domain" jsonschema:"default=home1.example" jsonschema_description:"Home domain."`
	Border    string      `yaml:"border" node:"ibcf" jsonschema_description:"Node that requests to other domains go to: the IBCF; default none."`
	Challenge *bool       `yaml:"challenge" jsonschema:"default=true" jsonschema_description:"Challenge registrations with 401."`
	Costs     nodes.Costs `yaml:"costs" jsonschema_description:"Processor time; message 2ms by default."`
}
