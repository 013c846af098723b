package megaco

import (
	"errors"
	"strconv"
	"time"

	"imsim/internal/units"
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
)

// Settings are those of an association.
type Settings struct {
	Transport    string         `yaml:"transport" jsonschema:"enum=udp,enum=tcp,default=udp" jsonschema_description:"Carrier of H.248; a controller follows its gateways."`
	Encoding     string         `yaml:"encoding" jsonschema:"enum=pretty,enum=compact,default=pretty" jsonschema_description:"Text form of what is written."`
	Retransmit   units.Duration `yaml:"retransmit" jsonschema:"default=200ms" jsonschema_description:"First interval of request retransmission (reqRetx)."`
	TMax         units.Duration `yaml:"t-max" jsonschema:"default=25s" jsonschema_description:"The peer is lost when a request stays unanswered this long."`
	LongTimer    units.Duration `yaml:"long-timer" jsonschema:"default=30s" jsonschema_description:"How long replies are kept for repeated requests."`
	Provisional  units.Duration `yaml:"provisional" jsonschema:"default=1s" jsonschema_description:"Execution longer than this is reported by Pending."`
	PendingLimit int            `yaml:"pending-limit" jsonschema:"minimum=1,default=5" jsonschema_description:"Pendings for one transaction; then it ends with error 506."`
}

func (s *Settings) endpoint(role h248.Role) h248.Config {
	cfg := h248.Config{
		Role: role, ColdStart: true, ReqRetx: time.Duration(s.Retransmit), TMax: time.Duration(s.TMax), LongTimer: time.Duration(s.LongTimer),
		ProvTimer: time.Duration(s.Provisional), PendingLimit: s.PendingLimit,
	}
	if s.Transport == "tcp" {
		cfg.Transport = h248.TCP
	}
	if s.Encoding == "compact" {
		cfg.Style = h248.Compact
	}
	return cfg
}

// Answer is a rule for a command of the peer, the first that fits counts; without one a command is carried out at once.
type Answer struct {
	To          string         `yaml:"to" jsonschema:"required,enum=Add,enum=Modify,enum=Subtract,enum=AuditValue,enum=Notify,enum=ServiceChange" jsonschema_description:"The command."`
	Termination string         `yaml:"termination" jsonschema_description:"Only where the TerminationID begins so."`
	Nth         int            `yaml:"nth" jsonschema:"minimum=1" jsonschema_description:"Only the n-th such command; default all."`
	After       units.Duration `yaml:"after" jsonschema:"default=0s" jsonschema_description:"How long the execution of its transaction takes."`
	Error       int            `yaml:"error" jsonschema:"minimum=400,maximum=599" jsonschema_description:"Error that it is answered with; the rest of its transaction is not executed."`
	Ack         bool           `yaml:"ack" jsonschema:"default=false" jsonschema_description:"The reply asks for an acknowledgement (ImmAckRequired)."`
	Silent      bool           `yaml:"silent" jsonschema:"default=false" jsonschema_description:"Its transaction is never answered."`
	Try         string         `yaml:"try" node:"pcscf,ibcf,mgc" jsonschema_description:"The controller that a ServiceChange is answered with (MgcIdToTry)."`
}

// MGCConfig is what a scenario says of a scripted controller. What it sends are steps of the timeline (h248-send).
type MGCConfig struct {
	H248    Settings    `yaml:"h248" jsonschema_description:"The associations with gateways."`
	Answer  []Answer    `yaml:"answer" jsonschema_description:"Rules for what gateways ask."`
	Keep    []int       `yaml:"keep" jsonschema_description:"Contexts that outlive a restart of the controller: an audit finds them again."`
	Orphans string      `yaml:"orphans" jsonschema:"enum=subtract,enum=keep,default=subtract" jsonschema_description:"What becomes of contexts that an audit finds and nobody knows."`
	Costs   nodes.Costs `yaml:"costs" jsonschema_description:"Processor time; message 2ms by default."`
}

// MGConfig is what a scenario says of a scripted gateway.
type MGConfig struct {
	Controllers []string       `yaml:"controllers" node:"pcscf,ibcf,mgc" jsonschema:"required,minItems=1" jsonschema_description:"Nodes that may control the gateway, the preferred one first."`
	Count       int            `yaml:"count" jsonschema:"minimum=1,maximum=10000,default=1" jsonschema_description:"Number of gateways at this node, on ports from 2944 up."`
	Boot        units.Duration `yaml:"boot" jsonschema:"default=0s" jsonschema_description:"When the gateways start."`
	MWD         units.Duration `yaml:"mwd" jsonschema:"default=0s" jsonschema_description:"Maximum waiting delay: a restart or the loss of the controller is announced after a random part of it (H.248.1 9.2)."`
	Retry       units.Duration `yaml:"retry" jsonschema:"default=5s" jsonschema_description:"Pause when no controller would have the gateway."`
	Attempts    int            `yaml:"attempts" jsonschema:"minimum=1,default=10" jsonschema_description:"How often the list of controllers is gone through before the gateway gives up."`
	Profile     string         `yaml:"gateway-profile" jsonschema:"enum=simiq/1,enum=simix/1,enum=simmp/1,default=simiq/1" jsonschema_description:"Profile whose packages the gateway knows."`
	Without     []string       `yaml:"without" jsonschema_description:"What the gateway does not know of its profile: a package (error 440) or a property (445) or a value as property=value (449)."`
	H248        Settings       `yaml:"h248" jsonschema_description:"The associations with controllers."`
	Answer      []Answer       `yaml:"answer" jsonschema_description:"Rules for what the controller orders."`
	Costs       nodes.Costs    `yaml:"costs" jsonschema_description:"Processor time; message 1ms by default."`
}

// Validate reports settings that no controller can have.
func (c *MGCConfig) Validate(report func(field, wrong, right string)) { validate(c.Answer, report) }

// Validate reports settings that no gateway can have.
func (c *MGConfig) Validate(report func(field, wrong, right string)) { validate(c.Answer, report) }

func validate(rules []Answer, report func(field, wrong, right string)) {
	for i, a := range rules {
		if a.Try != "" && a.To != "ServiceChange" {
			report("answer."+strconv.Itoa(i)+".try", a.To+" cannot send a gateway elsewhere", "try belongs to ServiceChange")
		}
	}
}

// ParseActions reads the actions of a transaction as a scenario writes them: what stands between its braces.
func ParseActions(text string) ([]h248.Action, error) {
	m, err := h248.Parse([]byte("MEGACO/2 <scenario>\nTransaction = 1 {\n" + text + "\n}"))
	if err != nil {
		if s, ok := err.(*h248.SyntaxError); ok {
			s.Line -= 2 // as the scenario counts
		}
		return nil, err
	}
	if len(m.Items) != 1 {
		return nil, errors.New("more than the actions of one transaction: braces do not match")
	}
	return m.Items[0].Actions, nil
}
