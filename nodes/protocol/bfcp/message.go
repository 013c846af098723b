package bfcp

// Versions of the protocol (RFC 8855 §5.1).
const (
	Reliable   = 1 // over TCP
	Unreliable = 2 // over UDP
)

// Message is one message. Has says which of its optional attributes are there; the others are zero.
type Message struct {
	Version     uint8 // Reliable or Unreliable
	Primitive   Primitive
	Response    bool // R: over unreliable transports
	Conference  uint32
	Transaction uint16 // 0: begun by the server, over a reliable transport
	User        uint16

	Has          Set
	FloorRequest uint16     // FLOOR-REQUEST-ID
	Floors       []uint16   // FLOOR-ID
	Beneficiary  uint16     // BENEFICIARY-ID
	Info         string     // PARTICIPANT-PROVIDED-INFO
	Priority     Priority   // PRIORITY
	Primitives   []byte     // SUPPORTED-PRIMITIVES
	Attributes   []byte     // SUPPORTED-ATTRIBUTES
	Code         ErrorCode  // ERROR-CODE
	Details      []byte     // of UnknownMandatory: the types
	ErrorInfo    string     // ERROR-INFO
	About        UserInfo   // BENEFICIARY-INFORMATION
	Requests     []Request  // FLOOR-REQUEST-INFORMATION
	Extensions   []Extended // attributes that are not known
}

// UserInfo is what is said of a user (RFC 8855 §5.2.14, §5.2.16).
type UserInfo struct {
	ID   uint16
	Has  Set
	Name string // USER-DISPLAY-NAME
	URI  string // USER-URI
}

// State is a REQUEST-STATUS with the STATUS-INFO that goes with it.
type State struct {
	ID       uint16 // of the request, or of the floor
	Has      Set
	Status   Status
	Position uint8 // in the queue; 0: none
	Info     string
}

// Request is FLOOR-REQUEST-INFORMATION (RFC 8855 §5.2.15).
type Request struct {
	ID          uint16
	Has         Set
	Overall     State
	Floors      []State
	Beneficiary UserInfo
	By          UserInfo
	Priority    Priority
	Info        string
}

// Extended is an attribute that is not known. Its contents are those of the message that was parsed.
type Extended struct {
	Type      Attribute
	Mandatory bool
	Contents  []byte
}

// With sets the bit of an attribute.
func (m *Message) With(a Attribute) { m.Has = m.Has.With(a) }

// clear empties the message and keeps its memory.
func (m *Message) clear() {
	*m = Message{Floors: m.Floors[:0], Primitives: m.Primitives[:0], Attributes: m.Attributes[:0], Details: m.Details[:0],
		Requests: m.Requests[:0], Extensions: m.Extensions[:0]}
}
