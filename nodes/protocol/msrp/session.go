package msrp

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// Policy says how a sender cuts messages into chunks (RFC 4975 §5.1, §7.1.1).
type Policy uint8

// Chunking policies.
const (
	Interruptible Policy = iota // one chunk that gives way to others when it must
	Fixed                       // chunks of ChunkSize octets
)

// ChunkSize is the least size of a chunk other than the last, and the size of fixed ones, in octets (RFC 4975 §5.1).
const ChunkSize = 2048

// DefaultTimeout is how long a sender waits for the response to a chunk (RFC 4975 §7.1.3).
const DefaultTimeout = 30 * time.Second

// Config describes one session. Its zero value, with Local and Remote filled in, is a text session of ours.
type Config struct {
	Local        string // our URI, as in our a=path
	Remote       string // the peer's path, as in its a=path; "" while the answer is missing
	Policy       Policy
	Timeout      time.Duration // transaction timer; 0: DefaultTimeout
	MaxSize      int64         // largest message taken; 0: no limit. A larger one gets 413
	AcceptTypes  []string      // media types taken, "type/*" and "*" as in a=accept-types; nil: all. Others get 415
	DiscardBody  bool          // count the octets of incoming messages and do not keep them
	IgnoreScheme bool          // take msrp for msrps in our own URI: behind a gateway that ends TLS
	Nicknames    bool          // hand NICKNAME to the owner, who answers; otherwise 501
}

// Session is one MSRP session: a pair of paths, bound to one connection at a time.
type Session struct {
	cfg      Config
	conn     *Conn
	incoming []*incoming
	done     *delivered // nil: nothing yet
	closed   bool
}

// delivered is the Message-IDs of the last maxDone complete messages, against duplicates (RFC 4975 §5.4).
type delivered struct {
	ids  []string
	next int
}

const maxDone = 16

// Config returns what the session was made with.
func (s *Session) Config() Config { return s.cfg }

// SetRemote gives the session the peer's path when the answer has brought it.
func (s *Session) SetRemote(path string) { s.cfg.Remote = path }

// Bound returns the connection that the session is bound to, or nil.
func (s *Session) Bound() *Conn { return s.conn }

// Endpoint is the sessions of one host, found by the rightmost URI of To-Path.
type Endpoint struct {
	// IDs is where transaction and message ids come from.
	IDs      sim.Stream
	sessions map[string]*Session // by session-id; never ranged over

	// Memory that its connections use in turns; an idle one keeps none.
	reading *reading
	outs    []Output
	spans   []packet.Span
}

// Open makes a session. It panics when cfg.Local is not an MSRP URI with a session-id: that is ours.
func (e *Endpoint) Open(cfg Config) *Session {
	u, err := ParseURI(cfg.Local)
	if err != nil || u.Session == "" {
		panic("msrp: local URI without a session: " + cfg.Local)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	s := &Session{cfg: cfg}
	if e.sessions == nil {
		e.sessions = make(map[string]*Session)
	}
	e.sessions[u.Session] = s
	return s
}

// Follow makes the session that takes the place of old, for instance because its path has changed with its connection: a message
// that either has delivered is not delivered again by the other, so that a sender may repeat what was not confirmed.
func (e *Endpoint) Follow(old *Session, cfg Config) *Session {
	if old.done == nil {
		old.done = &delivered{}
	}
	s := e.Open(cfg)
	s.done = old.done
	return s
}

// Close ends s without a word: requests for it get 481 from now on. What it still had to send is forgotten, and so is
// what it waits for.
func (e *Endpoint) Close(s *Session) {
	if s.closed {
		return
	}
	s.closed = true
	delete(e.sessions, s.local().Session)
	if s.conn != nil {
		s.conn.unbind(s)
	}
}

// local returns our URI, which is read when it is needed: mostly its text is enough.
func (s *Session) local() URI {
	u, _ := ParseURI(s.cfg.Local)
	return u
}

// find returns the session that a To-Path names, or nil (RFC 4975 §5.4, §7.3).
func (e *Endpoint) find(to string) *Session {
	last := Last(to)
	u, err := ParseURI(last)
	if err != nil {
		return nil
	}
	s := e.sessions[u.Session]
	switch {
	case s == nil:
		return nil
	case last == s.cfg.Local, s.local().Equal(u), s.cfg.IgnoreScheme && s.local().EqualButScheme(u):
		return s
	}
	return nil
}

// Outgoing is a message to send.
type Outgoing struct {
	ID            string // Message-ID; "" draws one
	ContentType   string // "" only for an empty message
	Body          packet.Payload
	SuccessReport bool
	FailureReport FailureReport
}

// OutputKind says what an Output asks of the owner or reports to it.
type OutputKind uint8

// The outputs of a connection.
const (
	OutSend      OutputKind = iota + 1 // Payload goes to the peer. Name names the request or response that begins there; "" in the middle of one
	OutSent                            // the last octet of message ID has been handed over
	OutReceived                        // a whole request or response has come in: Name, ID, Range, Code, Flag
	OutBound                           // Session is now bound to this connection
	OutProgress                        // Received octets of incoming message ID are there
	OutMessage                         // incoming message ID is complete: Payload (unless discarded), ContentType, Received
	OutAborted                         // the peer gave incoming message ID up
	OutConfirmed                       // message ID: all its chunks have been answered 200
	OutReport                          // a REPORT on our message ID: Code, Range
	OutUnsent                          // message ID failed: Code of the response, or 408 when none came in time
	OutFailed                          // Session is over: Code 481 or 506, or 0 when the connection was lost
	OutNickname                        // a NICKNAME request: Msg, to be answered with Respond
	OutClose                           // the connection is of no use any more and must be closed: Name says why
)

// Output is one thing that a connection wants done or reports. Payload and Msg of an OutSend are valid until the next
// call of Next.
type Output struct {
	Kind        OutputKind
	Session     *Session
	Name        string // "SEND", "REPORT", "NICKNAME", "200", "481", …
	ID          string // Message-ID, where there is one
	Range       ByteRange
	Code        int
	Flag        byte
	ContentType string
	Received    int64
	Payload     packet.Payload
	Msg         *Message
	Why         sim.Cause
}
