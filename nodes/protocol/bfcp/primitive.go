package bfcp

import "strconv"

// Primitive is what a message is (RFC 8855 §5.1, table 1).
type Primitive uint8

// The primitives. Those from FloorRequestStatusAck on exist over unreliable transports only.
const (
	FloorRequest Primitive = iota + 1
	FloorRelease
	FloorRequestQuery
	FloorRequestStatus
	UserQuery
	UserStatus
	FloorQuery
	FloorStatus
	ChairAction
	ChairActionAck
	Hello
	HelloAck
	Error
	FloorRequestStatusAck
	FloorStatusAck
	Goodbye
	GoodbyeAck
)

var primitives = [...]string{
	"0", "FloorRequest", "FloorRelease", "FloorRequestQuery", "FloorRequestStatus", "UserQuery", "UserStatus", "FloorQuery",
	"FloorStatus", "ChairAction", "ChairActionAck", "Hello", "HelloAck", "Error", "FloorRequestStatusAck", "FloorStatusAck",
	"Goodbye", "GoodbyeAck",
}

func (p Primitive) String() string { return named(primitives[:], int(p)) }

// Attribute is the type of an attribute (RFC 8855 §5.2, table 2): 7 bits.
type Attribute uint8

// The attributes.
const (
	BeneficiaryID Attribute = iota + 1
	FloorID
	FloorRequestID
	AttrPriority
	RequestStatus
	AttrErrorCode
	ErrorInfo
	ParticipantProvidedInfo
	StatusInfo
	SupportedAttributes
	SupportedPrimitives
	UserDisplayName
	UserURI
	BeneficiaryInformation
	FloorRequestInformation
	RequestedByInformation
	AttrFloorRequestStatus
	OverallRequestStatus
)

// Set is a set of attributes.
type Set uint32

// With returns the set with a in it.
func (s Set) With(a Attribute) Set { return s | 1<<a }

// Has reports whether a is in the set.
func (s Set) Has(a Attribute) bool { return s&(1<<a) != 0 }

// Status is the state of a floor request (RFC 8855 §5.2.5).
type Status uint8

// The states: the first three are ongoing.
const (
	Pending Status = iota + 1
	Accepted
	Granted
	Denied
	Cancelled
	Released
	Revoked
)

var statuses = [...]string{"0", "pending", "accepted", "granted", "denied", "cancelled", "released", "revoked"}

func (s Status) String() string { return named(statuses[:], int(s)) }

// Ongoing reports whether the request can still come to something.
func (s Status) Ongoing() bool { return s >= Pending && s <= Granted }

// ErrorCode says what an Error is about (RFC 8855 §5.2.6, table 5).
type ErrorCode uint8

// The error codes. Those from UnableToParse on do not exist in RFC 4582.
const (
	NoConference ErrorCode = iota + 1
	NoUser
	UnknownPrimitive
	UnknownMandatory
	Unauthorized
	InvalidFloor
	NoFloorRequest
	TooManyRequests
	UseTLS
	UnableToParse
	UseDTLS
	UnsupportedVersion
	IncorrectLength
	Generic
)

var errorCodes = [...]string{
	"0", "conference does not exist", "user does not exist", "unknown primitive", "unknown mandatory attribute",
	"unauthorized operation", "invalid floor", "floor request does not exist", "too many floor requests", "use TLS",
	"unable to parse", "use DTLS", "unsupported version", "incorrect message length", "generic error",
}

func (c ErrorCode) String() string { return named(errorCodes[:], int(c)) }

// Priority of a floor request (RFC 8855 §5.2.4).
type Priority uint8

// The priorities; Normal is what a request without one has.
const (
	Lowest Priority = iota
	Low
	Normal
	High
	Highest
)

func named(names []string, n int) string {
	if n > 0 && n < len(names) {
		return names[n]
	}
	return strconv.Itoa(n)
}
