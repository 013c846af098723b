package h248

// Media describes the streams of a termination and the state of the termination itself (H.248.1 §7.1.4).
type Media struct {
	Streams []Stream
	State   *TerminationState
}

// Stream is the description of one media stream. Implied means that the message gave no Stream = n; ID is then 1.
//
// Local and Remote hold SDP as it is meant, with the message's \} written as }; nil means absent, empty means
// present and empty. They are not looked into here.
type Stream struct {
	ID         StreamID
	Implied    bool
	Control    *LocalControl
	Local      []byte
	Remote     []byte
	Statistics *Statistics // version 3
}

// Mode is the direction in which a termination passes media, seen from outside its context.
type Mode uint8

// The stream modes; ModeUnset leaves the mode as it is.
const (
	ModeUnset Mode = iota
	SendOnly
	ReceiveOnly
	SendReceive
	Inactive
	Loopback
)

var modeTokens = [...]token{SendOnly: tokSendOnly, ReceiveOnly: tokReceiveOnly, SendReceive: tokSendReceive, Inactive: tokInactive, Loopback: tokLoopback}

// String returns the mode's long name, or "" for ModeUnset.
func (m Mode) String() string { return tokenText[modeTokens[m]][0] }

// Switch is ON, OFF or not given.
type Switch uint8

// The states of a switch.
const (
	Unset Switch = iota
	Off
	On
)

// LocalControl holds what the gateway does with a stream (H.248.1 §7.1.7).
type LocalControl struct {
	Mode          Mode
	ReservedValue Switch
	ReservedGroup Switch
	Properties    []Parm
}

// ServiceState is the service state of a termination.
type ServiceState uint8

// The service states.
const (
	ServiceUnset ServiceState = iota
	ServiceTest
	OutOfService
	InService
)

// TerminationState holds what is not of one stream (H.248.1 §7.1.5).
type TerminationState struct {
	Service    ServiceState
	Buffer     Switch // EventBufferControl: On is LockStep
	Properties []Parm
}

// Relation stands between a property or parameter and its value.
type Relation uint8

// The relations; a Parm without value has RelNone.
const (
	RelNone Relation = iota
	RelEqual
	RelNotEqual // #
	RelLess
	RelGreater
)

// ValueKind tells a single value from lists of values.
type ValueKind uint8

// The kinds of values.
const (
	Single ValueKind = iota
	AnyOf            // [a,b]: one of them
	AllOf            // {a,b}: all of them
	Range            // [low:high]
)

// Value is one value: a word, or a quoted string, whose quotes are not part of Text.
type Value struct {
	Text   string
	Quoted bool
}

// Parm is a property, parameter or statistic with its value: "pkg/prop = value" or "name = value".
// A single value is in Value, several are in List.
type Parm struct {
	Name     string
	Relation Relation
	Kind     ValueKind
	Value    Value
	List     []Value
}

// Statistics are counters, or with an empty list the wish for them.
type Statistics struct{ List []Parm }

// Events is what a termination shall report. HasID is false for "Events" alone, which asks for no report at all.
type Events struct {
	ID    uint32 // RequestID; AllRequests stands for *
	HasID bool
	List  []Event
}

// AllRequests is the RequestID "*".
const AllRequests = 0xFFFFFFFF

// Event is a requested event: its name "pkg/event" and how it is watched.
type Event struct {
	Name       string
	Stream     StreamID // 0: none given
	KeepActive bool
	DigitMap   Opaque
	Embed      *Embed
	Parms      []Parm
}

// Embed holds what becomes active when the event around it happens.
type Embed struct {
	Signals *Signals
	Events  *Events
}

// Signals is what a termination shall do now; an empty list stops all signals.
type Signals struct{ List []Signal }

// SignalType says how a signal ends.
type SignalType uint8

// The signal types; SignalDefault leaves it to the package.
const (
	SignalDefault SignalType = iota
	SignalOnOff
	SignalTimeOut
	SignalBrief
)

// Completion is a set of reasons for which the end of a signal is reported.
type Completion uint8

// The reasons for which the end of a signal can be reported.
const (
	OnTimeOut Completion = 1 << iota
	OnInterruptByEvent
	OnInterruptByNewSignals
	OnOtherReason
	OnIteration // version 3
)

// Signal is one signal, or with Sequence set the signals of a SignalList, one after the other.
type Signal struct {
	Name          string
	Stream        StreamID
	Type          SignalType
	Duration      uint16 // hundredths of a second
	HasDuration   bool
	Completion    Completion
	HasCompletion bool
	KeepActive    bool
	Direction     string // version 3: Internal, External or Bothway
	RequestID     string // version 3
	Parms         []Parm
	ListID        uint16
	Sequence      []Signal
}

// ObservedEvents reports events that an Events descriptor with the same ID asked for.
type ObservedEvents struct {
	ID   uint32
	List []ObservedEvent
}

// Timestamp is a date and time yyyymmddThhmmsscc as written, or empty.
type Timestamp string

// ObservedEvent is one event that happened.
type ObservedEvent struct {
	Time   Timestamp
	Name   string
	Stream StreamID
	Parms  []Parm
}

// EventBuffer lists the events to be kept while the termination's events are processed in lock step.
type EventBuffer struct{ List []ObservedEvent } // Time is not used

// AuditItems is a set of descriptors.
type AuditItems uint16

// The descriptors that can be audited.
const (
	AuditMedia AuditItems = 1 << iota
	AuditEvents
	AuditSignals
	AuditObservedEvents
	AuditEventBuffer
	AuditMux
	AuditModem
	AuditDigitMap
	AuditStatistics
	AuditPackages
)

var auditTokens = [...]token{tokMedia, tokEvents, tokSignals, tokObservedEvents, tokEventBuffer, tokMux, tokModem, tokDigitMap, tokStatistics, tokPackages}

// Audit asks for descriptors in the reply, or for Single parts of them; an empty set asks for none.
type Audit struct {
	Items  AuditItems
	Single []AuditProperty
}

// Packages lists packages and their versions.
type Packages struct{ List []PackageVersion }

// PackageVersion is one package at one version, written "name-version".
type PackageVersion struct {
	Name    string
	Version uint16
}

// Method is the kind of a service change.
type Method uint8

// The methods; a method of a package is in Services.OtherMethod.
const (
	MethodNone Method = iota
	Graceful
	Forced
	Restart
	Disconnected
	HandOff
	Failover
)

// String returns the method's long name, or "" for MethodNone.
func (m Method) String() string { return tokenText[methodTokens[m]][0] }

var methodTokens = [...]token{Graceful: tokGraceful, Forced: tokForced, Restart: tokRestart, Disconnected: tokDisconnected, HandOff: tokHandOff, Failover: tokFailover}

// Services is the content of a ServiceChange command or reply (H.248.1 §7.2.8).
type Services struct {
	Method      Method
	OtherMethod string
	Reason      string // "901 Cold Boot", see ServiceChangeReasons
	Address     string // ServiceChangeAddress as written: a port or a message identifier
	MgcID       string // MgcIdToTry as written
	Profile     string // "name/version"
	Version     uint8  // 0: none given
	Delay       uint32 // seconds
	HasDelay    bool
	Time        Timestamp
	Audit       AuditItems // descriptors asked for, or that changed
	Extensions  []Parm
}
