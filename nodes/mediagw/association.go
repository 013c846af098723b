package mediagw

import "imsim/nodes/protocol/h248"

// H248Config is how a gateway speaks to its controller.
type H248Config struct {
	Transport string   `yaml:"transport" jsonschema:"enum=udp,enum=tcp,default=udp" jsonschema_description:"Carrier of H.248; the controller follows."`
	Encoding  string   `yaml:"encoding" jsonschema:"enum=pretty,enum=compact,default=pretty" jsonschema_description:"Text form of what the gateway writes."`
	Without   []string `yaml:"without" jsonschema_description:"What the gateway does not know of its profile: a package (error 440) or one of its properties (445)."`
}

// config returns the endpoint's configuration.
func (c *H248Config) config() h248.Config {
	cfg := h248.Config{Role: h248.MG, ColdStart: true}
	if c.Transport == "tcp" {
		cfg.Transport = h248.TCP
	}
	if c.Encoding == "compact" {
		cfg.Style = h248.Compact
	}
	return cfg
}
