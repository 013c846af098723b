package ue

import (
	"time"

	"imsim/netem/packet"
	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/msrp"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// media is the message line of a call: what offer and answer agreed on, the leg that carries it, and MSRP on top. TCP
// role, TLS role, offer role and who speaks first are kept apart: each comes from its own rule.
type media struct {
	c          *call
	line       int8  // from 0
	gen        uint8 // of its connections, from 0
	local      packet.AddrPort
	remote     packet.AddrPort
	path       string
	own        sdp.Setup // as we wrote it
	tcpRole    sdp.Setup // Active, Passive or HoldConn, once agreed
	cema       bool      // our description has a=msrp-cema
	secure     bool
	client     bool // TLS
	agreed     bool
	offerer    bool
	usable     bool
	shut       bool
	begun      bool             // begin has been here
	gone       bool             // the line has been taken out
	dead       bool             // its connection is lost, and next is awaited
	e2ae       bool             // the line is protected to the access edge
	removing   bool             // an offer of ours, or the answer at hand, takes it out
	connection sdp.Connection   // as we wrote it
	dir        sdp.Direction    // of media, as agreed; as we see it
	wish       sdp.Direction    // what we want of it
	ask        sdp.Direction    // what an offer of ours says of it
	next       *media           // of the connection that takes this one's place when it is up (RFC 4145 §5)
	before     *media           // whose place this one takes
	cert       *tls.Certificate // nil: the UE's
	hash       []tls.Fingerprint
	halfOut    bool // our direction was closed before its time

	audio   *audio // nil but for a line of RTP, which has nothing of what follows
	leg     *bearer.Leg
	ice     *checks // nil without ICE
	session *msrp.Session
	conn    *msrp.Conn
	saying  string // Message-ID of the line under way
	pdus    *pdus  // what an observer has not been shown yet
}

// mediaLost ends a call whose media is gone before its time: an endpoint turns it into BYE (RFC 4975 §5.4).
func (c *call) mediaLost(cause string, why sim.Cause) {
	if c.result != "" {
		return
	}
	why = c.u.Mark(why, "", nodes.MSRPFailed, cause)
	c.hangUp("failed", "", why)
}

// byeGrace is how long an end whose media was closed in good order waits for the BYE that should go with it, since media
// and signalling race each other [I].
const byeGrace = 2 * time.Second

// failed is the end of the line's connection before its time.
func (m *media) failed(cause string, why sim.Cause) {
	switch {
	case m.shut || m.removing: // the peer has taken it out already, as we asked
	case m.before != nil:
		m.giveUp(cause, why)
	case m.next != nil:
		m.dead = true
	default:
		m.c.mediaLost(cause, why)
	}
}

// closing is the end of the line's connection in good order: it waits for the BYE, or for the connection that follows.
func (m *media) closing(why sim.Cause) {
	c := m.c
	switch {
	case m.shut || m.removing || c.result != "":
	case m.before != nil:
		m.giveUp("closed", why)
	case m.next != nil:
		m.dead = true
	case c.grace.at == 0:
		c.grace.set(c.u.K.Now().Add(byeGrace), why)
	}
}

// wake sets the call's timer again, unless the call is over.
func (c *call) wake() {
	if c.state != over {
		c.arm()
	}
}
