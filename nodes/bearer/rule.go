package bearer

// Rule is one row of the correlation tables: when On happens on SEP X, and X, its partner Y and the stream's policy are
// as stated, then DoX is done to X and after it DoY to Y. All rules that match act, in the order of the table; what
// they ask about is the state before the event.
type Rule struct {
	ID   string // row of spec reference §7.4 (E-…) or §7.5 (R-…)
	On   Event
	If   Fact // all of these must hold
	X, Y Cond
	DoX  []Action
	DoY  []Action
	Note string // for people: cause string of what is notified where the event brings none, or a remark
	// Cause, where set, is the cause string whatever the event brought.
	Cause string
}

// Cond is a condition on one SEP. A zero field allows everything.
type Cond struct {
	TCP    States // any of these TCP states
	TLS    States // any of these TLS states
	Role   States // any of these TCP roles
	Link   Preset // carries at least one of these
	NoLink Preset // carries none of these
	Is     Flag   // has all of these properties
	Not    Flag   // has none of these
}

// States is a set of small enumerated values.
type States uint16

func set[T ~uint8](vs ...T) (s States) {
	for _, v := range vs {
		s |= 1 << v
	}
	return s
}

func (s States) has(v uint8) bool { return s == 0 || s&(1<<v) != 0 }

// Flag is a set of yes-or-no properties of a SEP.
type Flag uint16

// The properties that rules ask about.
const (
	Complete   Flag = 1 << iota // exists, with a remote address
	Client                      // TLS client
	V13                         // TLS 1.3
	SentCN                      // our close_notify is out
	RcvdCN                      // the peer's is in
	HasStarted                  // the handshake has begun
	Secured                     // the leg has TLS
	Live                        // there is a connection or an attempt at one
	IsAware                     // the gateway parses the application protocol
	IsLeaving                   // subtracted, or released by order
	IsEnding                    // our FIN leaves as soon as the connection is up
	Announced                   // the controller has announced a new connection
)

func (s *SEP) flags() (f Flag) {
	for _, b := range [...]struct {
		on bool
		f  Flag
	}{
		{s.Exists && s.Remote, Complete}, {s.TLSClient, Client}, {s.TLS13, V13}, {s.CNSent, SentCN}, {s.CNRcvd, RcvdCN},
		{s.Begun, HasStarted}, {s.Protected(), Secured}, {s.live(), Live}, {s.Aware, IsAware}, {s.Leaving, IsLeaving}, {s.Ending, IsEnding},
		{s.Renew, Announced},
	} {
		if b.on {
			f |= b.f
		}
	}
	return f
}

func (c *Cond) holds(s *SEP, f Flag) bool {
	return c.TCP.has(uint8(s.TCP)) && c.TLS.has(uint8(s.TLS)) && c.Role.has(uint8(s.TCPRole)) &&
		(c.Link == 0 || s.Link&c.Link != 0) && s.Link&c.NoLink == 0 && f&c.Is == c.Is && f&c.Not == 0
}

// Fact is a set of facts about the stream as a whole: its policy and its control model.
type Fact uint16

// The facts that rules ask about.
const (
	Strict        Fact = 1 << iota // MGC-strictly-controlled (§7.1)
	Interlinked                    // the gateway acts on its own by presets
	TruncateRST                    // truncation: rst (D7)
	TruncateFIN                    // truncation: fin
	WrongRST                       // wrongDirection: rst (F5)
	WrongDrop                      // wrongDirection: drop
	Graceful                       // releaseMode: graceful
	Abortive                       // releaseMode: abort
	StrictHolds                    // strictHold: a passive SEP of a strict stream holds its SYN until ordered (E-4)
	StrictAccepts                  // or accepts it at once
	Opened                         // the stream has been through-connected
	Unopened                       // it has not
)

// Policy is what is configured for a stream apart from its SEPs. The zero value is the default everywhere.
type Policy struct {
	Strict      bool // controlModel: strict
	TruncateFIN bool // truncation: fin
	WrongDrop   bool // wrongDirection: drop
	Abort       bool // releaseMode: abort
	StrictHold  bool // strictHold
}

func (m *Machine) facts() Fact {
	pick := func(b bool, yes, no Fact) Fact {
		if b {
			return yes
		}
		return no
	}
	p := m.Policy
	return pick(p.Strict, Strict, Interlinked) | pick(p.TruncateFIN, TruncateFIN, TruncateRST) | pick(p.WrongDrop, WrongDrop, WrongRST) |
		pick(p.Abort, Abortive, Graceful) | pick(p.StrictHold, StrictHolds, StrictAccepts) | pick(m.Opened, Opened, Unopened)
}
