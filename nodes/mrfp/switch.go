package mrfp

import (
	"imsim/netem/packet"
	"imsim/nodes/protocol/msrp"
	"imsim/sim"
)

// Input takes octets from the participant.
func (m *Member) Input(now sim.Time, why sim.Cause, p packet.Payload) {
	if m.conn != nil {
		m.conn.Input(now, why, p)
	}
}

// Next returns the next thing that the connection wants done or reports; room is how many octets its transport takes. A
// message that is complete has been given to the others when it is returned, with their number for its Code.
func (m *Member) Next(now sim.Time, room int) (o msrp.Output, ok bool) {
	if m.conn == nil {
		return o, false
	}
	m.conn.SetRoom(now, room)
	o, ok = m.conn.Next()
	if ok && o.Kind == msrp.OutMessage && o.Received > 0 {
		o.Code = m.pass(now, o)
	}
	return o, ok
}

// pass gives a message to all others that can be reached (RFC 7701 §5: each copy is a message of its own), and returns how
// many they are. What it brings about there belongs to their sessions.
func (m *Member) pass(now sim.Time, o msrp.Output) (copies int) {
	c := m.conf
	for _, other := range c.members {
		if other == m || !other.bound() {
			continue
		}
		copies++
		why := sim.Cause{Record: o.Why.Record, Session: other.Session}
		other.conn.Send(now, why, other.session, msrp.Outgoing{ContentType: o.ContentType, Body: o.Payload})
		if !other.listed {
			other.listed = true
			c.woken = append(c.woken, other)
		}
	}
	return copies
}

// Deadline returns when Tick is due.
func (m *Member) Deadline() sim.Time {
	if m.conn == nil {
		return sim.Never
	}
	return m.conn.Deadline()
}

// Tick takes the passing of time.
func (m *Member) Tick(now sim.Time) {
	if m.conn != nil {
		m.conn.Tick(now)
	}
}
