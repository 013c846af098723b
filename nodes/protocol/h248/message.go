package h248

import "strconv"

// DefaultVersion is the protocol version we write: the Iq profile is based on H.248.1 version 2.
const DefaultVersion = 2

// Message is one H.248 message: who sent it, and either transaction items or one error (H.248.1 §8.3).
type Message struct {
	Version uint8 // 1 to 3; 0 is written as DefaultVersion
	From    MID
	Error   *ErrorDescriptor // set: the message is this error and Items is empty
	Items   []Item
}

// answers reports whether m asks nothing: it must not be answered.
func (m *Message) answers() bool {
	for i := range m.Items {
		if m.Items[i].Kind == Request {
			return false
		}
	}
	return true
}

// MIDKind tells the forms of a message identifier apart.
type MIDKind uint8

// The forms of a message identifier.
const (
	MIDAddress MIDKind = iota // [IPv4 or IPv6 address], with or without port
	MIDDomain                 // <domain name>, with or without port
	MIDDevice                 // a device name
	MIDMTP                    // MTP{octets}
)

// MID is a message identifier: the name of an MG or MGC (H.248.1 §8.3). Host is a domain name, the text of an
// address, a device name or the octets of an MTP address; Port 0 means that none is given.
type MID struct {
	Kind MIDKind
	Host string
	Port uint16
}

// String returns m as a message says it.
func (m MID) String() string { return string(m.append(nil)) }

// TransactionID numbers the transactions of one sender in one association, from 1.
type TransactionID uint32

// ItemKind tells the items of a message apart.
type ItemKind uint8

// The items of a message.
const (
	Request ItemKind = iota // Transaction
	Reply
	Pending
	Ack     // TransactionResponseAck
	Segment // version 3: acknowledgement of a segment; tolerated, not acted on
)

// Item is one transaction item. The fields that its kind does not have are zero.
type Item struct {
	Kind           ItemKind
	ID             TransactionID    // all but Ack
	Actions        []Action         // Request, Reply
	Error          *ErrorDescriptor // Reply: the whole transaction failed
	ImmAckRequired bool             // Reply
	Acks           []AckRange       // Ack
	Segment        uint16           // version 3: number of the segment of a reply, 0 for none
	LastSegment    bool             // version 3: END
}

// AckRange is a range of acknowledged transaction ids, both ends included.
type AckRange struct{ First, Last TransactionID }

// ContextID names a context of a gateway.
type ContextID uint32

// The reserved context ids (H.248.1 §6.1.1).
const (
	NullContext   ContextID = 0
	ChooseContext ContextID = 0xFFFFFFFE
	AllContexts   ContextID = 0xFFFFFFFF
)

// String returns c as a message says it.
func (c ContextID) String() string {
	switch c {
	case NullContext:
		return "-"
	case ChooseContext:
		return "$"
	case AllContexts:
		return "*"
	}
	return strconv.FormatUint(uint64(c), 10)
}

// Action is what is asked of, or answered for, one context. In a reply Error may follow Commands: the error that
// stopped the action before a command could be named.
type Action struct {
	Context    ContextID
	Properties *ContextProperties
	Commands   []Command
	Error      *ErrorDescriptor
}

// ContextProperties are the properties of a context in an action.
type ContextProperties struct {
	Topology    []TopologyTriple
	Priority    uint16
	HasPriority bool
	Emergency   Switch // v3 has an off; v1 and v2 only say on
	Audit       ContextAudit
	HasAudit    bool
	Attributes  []Parm // version 3: ContextAttr
}

// ContextAudit says which properties of a context are asked for.
type ContextAudit uint8

// The properties of a context that can be audited.
const (
	AuditTopology ContextAudit = 1 << iota
	AuditEmergency
	AuditPriority
	AuditIEPS
)

// Direction is the sense in which media flows between two terminations of a topology triple.
type Direction uint8

// The directions of a topology triple.
const (
	Bothway Direction = iota
	Isolate
	Oneway
)

// TopologyTriple connects two terminations, for one stream or (0) all.
type TopologyTriple struct {
	A, B      TerminationID
	Direction Direction
	Stream    StreamID
}

// TerminationID is a termination's name as written: "ip/acc/72", "ROOT", or with wildcards "ip/acc/$", "*".
// Names are compared in any case, see Same.
type TerminationID string

// Root is the termination that stands for the whole gateway.
const Root TerminationID = "ROOT"

// IsRoot reports whether t is ROOT.
func (t TerminationID) IsRoot() bool { return equalFold(string(t), string(Root)) }

// Same compares two names without regard to case.
func (t TerminationID) Same(u TerminationID) bool { return equalFold(string(t), string(u)) }

// Choose reports whether t leaves a part of the name for the gateway to choose.
func (t TerminationID) Choose() bool { return t.contains('$') }

// Wildcard reports whether t stands for all terminations that match it.
func (t TerminationID) Wildcard() bool { return t.contains('*') }

func (t TerminationID) contains(c byte) bool {
	for i := 0; i < len(t); i++ {
		if t[i] == c {
			return true
		}
	}
	return false
}

// StreamID numbers the streams of a context, from 1.
type StreamID uint16

// Verb is what a command does.
type Verb uint8

// The commands.
const (
	Add Verb = iota + 1
	Move
	Modify
	Subtract
	AuditValue
	AuditCapability
	Notify
	ServiceChange
)

var verbTokens = [...]token{Add: tokAdd, Move: tokMove, Modify: tokModify, Subtract: tokSubtract, AuditValue: tokAuditValue,
	AuditCapability: tokAuditCap, Notify: tokNotify, ServiceChange: tokServiceChange}

// String returns the command's long name.
func (v Verb) String() string { return tokenText[verbTokens[v]][0] }

// Command is a command or the reply to one.
type Command struct {
	Verb          Verb
	Optional      bool // "O-": the transaction goes on when this command fails
	WildcardReply bool // "W-": one reply for all that a wildcard matched
	Termination   TerminationID
	More          []TerminationID // version 3: the rest of a list of terminations
	ContextAudit  bool            // AuditValue = Context { … }: Termination and More name what the context holds
	Descriptors
}

// Descriptors are what a command or its reply carries; each at most once.
type Descriptors struct {
	Media          *Media
	Events         *Events
	Signals        *Signals
	ObservedEvents *ObservedEvents
	EventBuffer    *EventBuffer
	Statistics     *Statistics
	Audit          *Audit
	Services       *Services
	Packages       *Packages
	Mux            Opaque
	Modem          Opaque
	DigitMap       Opaque
	Bare           AuditItems // reply to an audit: descriptors named without content
	Error          *ErrorDescriptor
}

// Opaque is the raw text of a descriptor that we pass on but do not read, without its keyword: "=H221{…}".
type Opaque string

// ErrorDescriptor says what went wrong.
type ErrorDescriptor struct {
	Code ErrorCode
	Text string // may be empty
}
