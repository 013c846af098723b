package h248

import "time"

// Role is the side of an association.
type Role uint8

// The two sides.
const (
	MGC Role = iota // controller
	MG              // gateway
)

// String returns MGC or MG.
func (r Role) String() string {
	if r == MG {
		return "MG"
	}
	return "MGC"
}

// Transport says whether the messages' carrier is reliable.
type Transport uint8

// The transports. Over UDP requests are repeated and replies kept for duplicates; TCP does that work itself.
const (
	UDP Transport = iota
	TCP
)

// Config describes one side of an association. A zero duration or limit means the default.
type Config struct {
	Role      Role
	Own       MID
	Style     Style
	Version   uint8 // to write; 0 means DefaultVersion
	Transport Transport

	ReqRetx      time.Duration // first repetition of a request, doubled each time: 200 ms [I]
	ReqRetxCap   time.Duration // longest interval of that: 4 s [I]
	TMax         time.Duration // a request unanswered that long loses the association: 25 s [S: product default]
	LongRequest  time.Duration // repetition after a Pending: 10 s [I], see Endpoint
	LongTimer    time.Duration // replies are kept that long: 30 s [K: H.248.1 Annex D]
	ProvTimer    time.Duration // execution that lasts longer is reported by Pending: 1 s [I]
	PendingLimit int           // Pendings for one transaction: 5 [I]
	SegmentTimer time.Duration // version 3: a reply whose segments do not all come: 4 s [I]
	MaxMessage   int           // octets of a message that the carrier takes: 65507 over UDP, MaxTCPMessage over TCP

	// Supported is the highest version that is understood; 0 means 3. Messages of a higher one are answered with 406.
	Supported uint8

	// ColdStart makes the association begin before its ServiceChange: until one is answered without error, other
	// requests are answered with error 505 (H.248.1 §11.2).
	ColdStart bool
}

func (c *Config) fill() {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&c.ReqRetx, 200*time.Millisecond)
	set(&c.ReqRetxCap, 4*time.Second)
	set(&c.TMax, 25*time.Second)
	set(&c.LongRequest, 10*time.Second)
	set(&c.LongTimer, 30*time.Second)
	set(&c.ProvTimer, time.Second)
	set(&c.SegmentTimer, 4*time.Second)
	if c.PendingLimit == 0 {
		c.PendingLimit = 5
	}
	if c.MaxMessage == 0 && c.Transport == TCP {
		c.MaxMessage = MaxTCPMessage
	} else if c.MaxMessage == 0 {
		c.MaxMessage = maxUDPMessage
	}
	if c.Version == 0 {
		c.Version = DefaultVersion
	}
	if c.Supported == 0 {
		c.Supported = 3
	}
}
