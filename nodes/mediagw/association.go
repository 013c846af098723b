package mediagw

import (
	"strconv"
	"time"

	"imsim/internal/units"
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/transport"
	"imsim/sim"
)

// H248Config is how a gateway speaks to its controllers.
type H248Config struct {
	Transport  string         `yaml:"transport" jsonschema:"enum=udp,enum=tcp,default=udp" jsonschema_description:"Carrier of H.248; the controller follows."`
	Encoding   string         `yaml:"encoding" jsonschema:"enum=pretty,enum=compact,default=pretty" jsonschema_description:"Text form of what the gateway writes."`
	Without    []string       `yaml:"without" jsonschema_description:"What the gateway does not know of its profile: a package (error 440) or one of its properties (445) or a value as property=value (449)."`
	Secondary  []string       `yaml:"secondary" node:"pcscf,ibcf,mrfc,mgc" jsonschema_description:"Controllers to turn to when the first is lost, in this order."`
	MWD        units.Duration `yaml:"mwd" jsonschema:"default=0s" jsonschema_description:"Maximum waiting delay: a restart or the loss of the controller is announced after a random part of it (H.248.1 9.2)."`
	Retransmit units.Duration `yaml:"retransmit" jsonschema:"default=200ms" jsonschema_description:"First interval of request retransmission (reqRetx)."`
	TMax       units.Duration `yaml:"t-max" jsonschema:"default=25s" jsonschema_description:"The controller is lost when a request stays unanswered this long."`
	LongTimer  units.Duration `yaml:"long-timer" jsonschema:"default=30s" jsonschema_description:"How long replies are kept for repeated requests."`
	Retry      units.Duration `yaml:"retry" jsonschema:"default=5s" jsonschema_description:"Pause when no controller would have the gateway."`
	Attempts   int            `yaml:"attempts" jsonschema:"minimum=1,default=10" jsonschema_description:"How often the list of controllers is gone through before the gateway gives up."`
	Heartbeat  bool           `yaml:"heartbeat" jsonschema:"default=false" jsonschema_description:"Send the heartbeats of terminations that the controller asks for (hangterm/thb). They go on for as long as a context lasts so a call that nobody ends needs run.until."`
}

// endpoint returns the endpoint's configuration.
func (c *H248Config) endpoint() h248.Config {
	cfg := h248.Config{
		Role: h248.MG, ColdStart: true, ReqRetx: time.Duration(c.Retransmit), TMax: time.Duration(c.TMax), LongTimer: time.Duration(c.LongTimer),
	}
	if c.Transport == "tcp" {
		cfg.Transport = h248.TCP
	}
	if c.Encoding == "compact" {
		cfg.Style = h248.Compact
	}
	return cfg
}

// association is what the gateway has with one of its controllers. Only the one in control is listened to.
type association struct {
	*transport.H248
	g     *Gateway
	n     int // place in the list of controllers
	asked h248.TransactionID
}

// inControl reports whether the controller is the one that the gateway belongs to.
func (a *association) inControl() bool { return a.g.reg.MGC() == a.n }

// H248Transaction takes what a controller orders.
func (a *association) H248Transaction(id h248.TransactionID, actions []h248.Action, why sim.Cause) {
	if !a.inControl() {
		// H.248.1 §11.5: a gateway has one controller; another has nothing to say.
		a.Reply(id, h248.Item{Error: h248.Describe(h248.ErrUnauthorizedEntity, "")}, why)
		return
	}
	a.g.transaction(a, id, actions, why)
}

// H248Answer takes a controller's replies. R-16: one that says that our context is gone is no news.
func (a *association) H248Answer(id h248.TransactionID, reply *h248.Item, why sim.Cause) {
	if id == a.asked {
		a.g.answered(a, reply, why)
	} else if e := reply.FirstError(); e != nil {
		a.g.Mark(why, "", nodes.ErrorReceived+strconv.Itoa(int(e.Code)), e.Text)
	}
}

// H248Failed takes the loss of a request. That of a report is no news: the controller's own supervision finds what it
// missed.
func (a *association) H248Failed(id h248.TransactionID, _ h248.ErrorCode, why sim.Cause) {
	if id == a.asked {
		a.g.unanswered(why)
	}
}

// H248Lost takes the loss of a controller.
func (a *association) H248Lost(why sim.Cause) {
	if a.inControl() {
		a.g.lost(why)
	}
}
