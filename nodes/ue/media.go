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
	c       *call
	local   packet.AddrPort
	remote  packet.AddrPort
	path    string
	own     sdp.Setup // as we wrote it
	tcpRole sdp.Setup // Active, Passive or HoldConn, once agreed
	cema    bool      // our description has a=msrp-cema
	secure  bool
	client  bool // TLS
	agreed  bool
	offerer bool
	usable  bool
	shut    bool
	halfOut bool // our direction was closed before its time
	hash    []tls.Fingerprint

	leg     *bearer.Leg
	session *msrp.Session
	conn    *msrp.Conn
	saying  string // Message-ID of the line under way
	pdus    *pdus  // what an observer has not been shown yet
}

// mediaLost ends a call whose media is gone before its time: an endpoint turns it into BYE (RFC 4975 §5.4).
func (c *call) mediaLost(cause string, why sim.Cause) {
	if c.media.shut || c.result != "" {
		return
	}
	why = c.u.Mark(why, "", nodes.MSRPFailed, cause)
	c.hangUp("failed", "", why)
}

// byeGrace is how long an end whose media was closed in good order waits for the BYE that should go with it, since media
// and signalling race each other [I].
const byeGrace = 2 * time.Second

// closing waits for the BYE.
func (c *call) closing(why sim.Cause) {
	if !c.media.shut && c.result == "" && c.grace.at == 0 {
		c.grace.set(c.u.K.Now().Add(byeGrace), why)
	}
}

// wake sets the call's timer again, unless the call is over.
func (c *call) wake() {
	if c.state != over {
		c.arm()
	}
}
