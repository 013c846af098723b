package mrfc

import (
	"time"

	"imsim/internal/units"
	"imsim/nodes"
	"imsim/nodes/alg"
	"imsim/nodes/protocol/h248"
)

// Config is what a scenario says of a conference server.
type Config struct {
	Home     string         `yaml:"home" node:"scscf" jsonschema:"required" jsonschema_description:"Node that requests to users go to: the S-CSCF."`
	Gateway  string         `yaml:"gateway" node:"mediagw" jsonschema:"required" jsonschema_description:"The MRFP: a media gateway with interface mp."`
	Answer   string         `yaml:"answer" jsonschema:"enum=active,enum=passive,default=active" jsonschema_description:"a=setup in answers to an offer of actpass (TS 23.333 6.2.20.1: the MRFP opens)."`
	Offer    string         `yaml:"offer" jsonschema:"enum=actpass,enum=active,enum=passive,default=actpass" jsonschema_description:"a=setup in the server's own offers."`
	EstRetry int            `yaml:"est-retry" jsonschema:"minimum=0,maximum=10,default=0" jsonschema_description:"How often a connection that a participant has refused is ordered again, each time 1s after the report, before the participant is let go (mrf.estRetry)."`
	H248     alg.H248Timers `yaml:"h248" jsonschema_description:"H.248 transaction timers."`
	GiveUp   units.Duration `yaml:"give-up" jsonschema:"default=3m" jsonschema_description:"How long a user whom the server calls has to answer."`
	Costs    nodes.Costs    `yaml:"costs" jsonschema_description:"Processor time; message 2ms by default."`
}

// endpoint returns the configuration of the association with the MRFP.
func (c *Config) endpoint() h248.Config {
	t := &c.H248
	return h248.Config{Role: h248.MGC, ReqRetx: time.Duration(t.Retransmit), TMax: time.Duration(t.TMax), LongTimer: time.Duration(t.LongTimer)}
}
