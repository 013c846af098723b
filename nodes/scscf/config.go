package scscf

import "imsim/nodes"

// Config is what a scenario says of the S-CSCF with registrar.
type Config struct {
	Domain    string      `yaml:"domain" jsonschema_description:"Home domain; default home1.example."`
	Challenge *bool       `yaml:"challenge" jsonschema_description:"Challenge registrations with 401; default true."`
	Costs     nodes.Costs `yaml:"costs" jsonschema_description:"Processor time; message 2ms by default."`
}
