package ue

import (
	"time"

	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/msrp"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// firstRequest is how long a passive end waits for the first MSRP request on a connection (RFC 4976 §6.1).
const firstRequest = 30 * time.Second

// up starts MSRP on a connection that is established and, where it has TLS, verified.
func (m *media) up(why sim.Cause) {
	u := m.c.u
	now := u.K.Now()
	m.hash = nil // verified, or not wanted: what it is part of may go
	if m.tcpRole == sdp.Active || u.cfg.Bind == "always" {
		m.conn = u.msrp.NewConn(now, why, 0)
		m.conn.Bind(now, why, m.session)
		m.drain(why)
		m.ready(why)
		return
	}
	m.conn = u.msrp.NewConn(now, why, firstRequest)
}

// LegReadable gives what has arrived to MSRP.
func (m *media) LegReadable(l *bearer.Leg, reading sim.Cause) {
	u := m.c.u
	for l.Readable() > 0 && m.conn != nil {
		var p packet.Payload
		n, why := l.Take(64<<10, &p, reading)
		if n == 0 || m.conn == nil { // TLS may have failed on what comes next
			break
		}
		m.observe(false, p, u.K.Now())
		m.conn.Input(u.K.Now(), why, p)
		m.drain(why)
	}
	l.Settled()
	m.c.wake()
}

// LegWritable goes on sending.
func (m *media) LegWritable(_ *bearer.Leg, why sim.Cause) {
	m.drain(why)
	m.c.wake() // a request that has gone out waits for its response
}

// drain carries out what the MSRP connection wants.
func (m *media) drain(why sim.Cause) {
	u := m.c.u
	for m.conn != nil {
		space := m.leg.Space()
		m.conn.SetRoom(u.K.Now(), space)
		o, ok := m.conn.Next()
		if !ok {
			break
		}
		switch o.Kind {
		case msrp.OutSend:
			if m.halfOut {
				break // nobody hears it
			}
			w := o.Why
			if o.Name == "SEND" {
				w = u.Mark(w, "", nodes.MSRPSendSent, "")
			} else if k := u.K; k.Tracing() && o.Name != "" {
				w = k.Record(sim.Record{Cause: w, Node: u.Entity, Kind: "msrp.sent", Text: o.Name})
			}
			m.observe(true, o.Payload, u.K.Now())
			if m.leg.Write(o.Payload, w) != o.Payload.Len {
				m.failed("send buffer", w)
				return
			}
		case msrp.OutClose:
			m.leg.CloseTLS(o.Why) // RFC 5246 §7.2.1: also where it is MSRP that has failed
			m.leg.FIN(o.Why)
			m.lost(o.Why)
			m.failed(o.Name, o.Why)
		default:
			m.output(o)
		}
	}
	if m.conn != nil && m.leg.Space() == 0 {
		m.leg.WantSpace()
	}
}

// say sends one message; id is "" but for one that is sent again.
func (m *media) say(id, contentType string, body packet.Payload, why sim.Cause) {
	if m.conn == nil {
		return
	}
	m.saying = m.conn.Send(m.c.u.K.Now(), why, m.session, msrp.Outgoing{ID: id, ContentType: contentType, Body: body})
	m.drain(why)
}

// lost tells MSRP that its connection is of no use any more.
func (m *media) lost(why sim.Cause) {
	if m.conn == nil {
		return
	}
	conn := m.conn
	m.conn = nil
	conn.Lost(m.c.u.K.Now(), why)
}

func (m *media) deadline() sim.Time {
	if m.audio != nil {
		return m.audio.next
	}
	at := m.ice.deadline()
	if m.next != nil {
		at = min(at, m.next.deadline())
	}
	if m.conn != nil {
		at = min(at, m.conn.Deadline())
	}
	return at
}

func (m *media) tick(now sim.Time) {
	if m.audio != nil {
		m.audio.tick(now)
		return
	}
	if m.next != nil {
		m.next.tick(now)
	}
	m.ice.tick(now)
	if m.conn != nil && m.conn.Deadline() <= now {
		m.conn.Tick(now)
		m.drain(m.c.why)
	}
}
