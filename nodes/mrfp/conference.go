package mrfp

import (
	"time"

	"imsim/nodes/protocol/msrp"
	"imsim/sim"
)

// firstRequest is how long a member whose participant opens waits for its first request (RFC 4976 §6.1).
const firstRequest = 30 * time.Second

// Conference is the members among whom messages are switched.
type Conference struct {
	endpoint *msrp.Endpoint
	members  []*Member // in the order in which they joined
	woken    []*Member // who have something to send because of another
}

// NewConference makes a conference without members. endpoint holds the MSRP sessions of the whole MRFP.
func NewConference(endpoint *msrp.Endpoint) *Conference { return &Conference{endpoint: endpoint} }

// Members returns the number of members.
func (c *Conference) Members() int { return len(c.members) }

// Woken returns a member that has something to send because of another, and forgets it; nil when there is none.
func (c *Conference) Woken() *Member {
	if len(c.woken) == 0 {
		return nil
	}
	m := c.woken[0]
	c.woken = append(c.woken[:0], c.woken[1:]...)
	m.listed = false
	return m
}

// Member is a participant as the switch knows it.
type Member struct {
	Owner   any           // whose connection it is; the switch does not look at it
	Session sim.SessionID // label of what is sent to the participant

	conf    *Conference
	session *msrp.Session
	conn    *msrp.Conn // nil while the connection is not through
	listed  bool       // in woken
}

// Join makes a member whose path is local; of is its owner.
func (c *Conference) Join(local string, of any, id sim.SessionID) *Member {
	m := &Member{Owner: of, Session: id, conf: c}
	m.session = c.endpoint.Open(msrp.Config{Local: local, IgnoreScheme: true})
	c.members = append(c.members, m)
	return m
}

// SetRemote gives the member its participant's path.
func (m *Member) SetRemote(path string) { m.session.SetRemote(path) }

// Up says that the connection is through. Who opened it sends first (RFC 6135 §4.2.2).
func (m *Member) Up(now sim.Time, why sim.Cause, opened bool) {
	if opened {
		m.conn = m.conf.endpoint.NewConn(now, why, 0)
		m.conn.Bind(now, why, m.session)
		return
	}
	m.conn = m.conf.endpoint.NewConn(now, why, firstRequest)
}

// Lost says that the connection is of no use any more.
func (m *Member) Lost(now sim.Time, why sim.Cause) {
	if conn := m.conn; conn != nil {
		m.conn = nil
		conn.Lost(now, why)
	}
}

// Leave ends the membership.
func (m *Member) Leave(now sim.Time, why sim.Cause) {
	m.Lost(now, why)
	c := m.conf
	for i, o := range c.members {
		if o == m {
			c.members = append(c.members[:i], c.members[i+1:]...)
			c.endpoint.Close(m.session)
			return
		}
	}
}

// bound reports whether messages can go to the participant.
func (m *Member) bound() bool { return m.conn != nil && m.session.Bound() == m.conn }
