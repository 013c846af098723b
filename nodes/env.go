package nodes

import (
	"time"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/netem/tls"
	"imsim/sim"
)

// Env is what the nodes of one run share: the network, the observers, and the choices that are the run's and not a
// node's.
type Env struct {
	K      *sim.Kernel
	Net    *netem.Network
	Obs    Observer
	Engine Engine
	Domain string                             // home domain of all subscribers
	Addr   func(node string) packet.AddrPort  // a node's primary address with the SIP port
	Secret func(identity string) (key string) // shared between a subscriber and the registrar
	// Tamper, where set, changes how a node does TLS: for tests that show that a broken node is found out.
	Tamper func(node string, c *tls.Config)
	// Ready is called when a node has come into place (registered, associated) or has been refused.
	Ready func(why sim.Cause)
	// Scripts are the sessions' scripts by Call-ID: what the people and programs at both ends will do. Both ends look
	// theirs up by what SIP tells them.
	Scripts map[string]*Script
}

// SessionOf returns the session that a SIP message belongs to by its Call-ID, 0 for none: labels of messages that share a
// TCP connection, and so its segments, come from here.
func (e *Env) SessionOf(callID string) sim.SessionID {
	if s := e.Scripts[callID]; s != nil {
		return s.Session
	}
	return 0
}

// Script is what the users of one session do.
type Script struct {
	Session  sim.SessionID
	Class    string // name of the scenario's session class
	From, To string // nodes
	Target   string // identity called
	Security Security
	Audio    bool          // the call begins with audio; messages need a line that is added
	Patience time.Duration // how long the caller waits for an answer before giving up
	Lines    []Line
	Hold     time.Duration // after the last line
	Release  string        // node that ends the session; "" for nobody
	Delay    time.Duration // between the end of Hold and the release
	// Conference says that one end is a conference server: what is received there comes from other sessions.
	Conference bool
	DialOut    bool // a conference server calls: only the called knows when media can be used
}

// Line is one message of a script.
type Line struct {
	From   string        // node that sends it
	After  time.Duration // pause after the line before it has been sent and answered, or has been received
	Type   string        // media type
	Body   packet.Payload
	Stream int // number of the message line that it goes over; 0: the first that there is
}

// Security is what the caller asks for its media.
type Security uint8

// The kinds of media security.
const (
	SecurityNone    Security = iota
	SecurityE2AE             // TLS to the access edge, asked for with a=3ge2ae:requested
	SecurityE2ECert          // TLS from end to end with certificates; gateways pass it
)
