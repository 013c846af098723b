package sim

import "time"

// Cause says why something happens: the trace record that brought it about and the session it belongs to.
// It rides on whatever carries it (a packet, a message, an armed deadline, a piece of CPU work) and is
// the same size whether or not a trace is being written; Record is 0 when none is.
//
// Session labels work for the observers; no model may branch on either field, so that a trajectory cannot
// depend on being observed.
type Cause struct {
	Record  RecordID
	Session SessionID
}

// RecordID numbers the records of a run's trace from 1; 0 means that nothing was recorded.
type RecordID uint32

// SessionID labels the session on whose behalf something happens; 0 means none.
type SessionID uint32

// Share names what a stretch of time was spent on. The shares of a critical path add up to its length exactly.
type Share uint8

// The kinds of time that a critical path is divided into.
const (
	Instant       Share = iota // no time passes
	Propagation                // a signal under way on a medium
	Serialisation              // a packet being put on a medium of finite rate
	Queueing                   // waiting behind others, for a medium or a processor
	Processing                 // a processor at work on something other than cryptography
	Crypto                     // a processor at work on cryptography
	TimerWait                  // waiting for a deadline to pass
	UserWait                   // waiting for a person or a script, as the scenario says
	NumShares
)

var shareNames = [NumShares]string{"instant", "propagation", "serialisation", "queueing", "processing", "crypto", "timer", "user"}

// String returns the share's name as files and tables print it.
func (s Share) String() string { return shareNames[s] }

// Record is one line of the trace: something that happened, where, and what brought it about.
//
// The time between the causing record and this one is Queueing plus Serialisation plus a remainder that is
// all of the kind Rest. A record at the instant of its cause has no remainder and Rest is Instant.
type Record struct {
	At            Time
	Queueing      time.Duration
	Serialisation time.Duration
	Cause         Cause
	Node          Entity
	Rest          Share
	Kind          string // dotted name, e.g. "link.hop", "sip.invite.sent": a constant, never built at run time
	Text          string // for people; may be built, so guard the call with Tracing
}
