package ue

import (
	"time"

	"imsim/netem/tcp"
	"imsim/netem/tls"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// begin connects a line that has been agreed on, once.
func (m *media) begin(why sim.Cause) {
	if m.next != nil {
		m = m.next
	}
	switch {
	case m.gone:
	case m.removing:
		m.remove(why)
	case m.agreed && !m.begun:
		m.begun = true
		m.connect(why)
	}
}

// connect does what the agreed role asks for: the active side dials at once (RFC 4145 §6), the passive one has been
// listening. A handshake that ran ahead of the answer is verified now.
func (m *media) connect(why sim.Cause) {
	u := m.c.u
	switch {
	case m.shut:
	case m.audio != nil:
		m.audio.start(why)
	case m.ice != nil && m.ice.on:
		m.ice.begin(why)
	case m.leg != nil:
		if t := m.leg.TLS(); t != nil {
			m.leg.SetFingerprints(m.hash, why)
		}
	case m.tcpRole == sdp.Active:
		u.Host.Unlisten(m.local)
		m.dial(why)
	case m.tcpRole == sdp.HoldConn:
		u.Host.Unlisten(m.local) // RFC 4145 §4: no connection for the time being
		m.takeOver(why)
	case m.tcpRole == sdp.Passive && m.late():
		if u.Host.Listen(m.local, m) != nil {
			m.failed("no port left", why)
		}
	case m.tcpRole == sdp.Passive && u.cfg.OpenToo != nil:
		m.c.punch.set(u.K.Now().Add(time.Duration(*u.cfg.OpenToo)), why)
		m.c.wake()
	}
}

// late reports a caller that opens its port only with the answer.
func (m *media) late() bool { return m.offerer && m.c.u.cfg.MediaPort == "after-answer" }

func (m *media) dial(why sim.Cause) {
	u := m.c.u
	m.leg = bearer.NewLeg(&u.Base, m.name(), m)
	if err := m.leg.Dial(m.local, m.remote, u.tcpConfig(), why); err != nil {
		m.failed("unreachable", why)
	}
}

// punch opens the connection from the passive side, unless there is one (H.248.84: punchFromPassive).
func (m *media) punch(why sim.Cause) {
	if m.leg == nil && !m.shut && m.c.result == "" {
		m.dial(why)
	}
}

// tcpConfig is the media TCP: endpoints wait longer than gateways (spec reference §0.4).
func (u *UE) tcpConfig() tcp.Config {
	t := u.cfg.TCP.Config(35*time.Second, 0, 256<<10)
	if t.HalfClosed == 0 {
		t.HalfClosed = 60 * time.Second // nobody keeps half a connection: a FIN that got lost for good ends it all the same
	}
	return t
}

// Incoming takes a SYN for the line's port: the first connection is ours.
func (m *media) Incoming(o tcp.Opening) {
	u := m.c.u
	if m.ice.used() {
		m.ice.incoming(o)
		return
	}
	if m.shut || m.leg != nil || m.own == sdp.Active || m.tcpRole == sdp.Active {
		u.Host.Refuse(o, o.Why)
		return
	}
	m.leg = bearer.NewLeg(&u.Base, m.name(), m)
	m.leg.Accept(o, u.tcpConfig(), false)
}

// startTLS begins the handshake in the role that offer and answer gave.
func (m *media) startTLS(why sim.Cause) {
	u := m.c.u
	role := tls.Server
	if m.client {
		role = tls.Client
	}
	lowest, highest := u.cfg.TLS.Versions()
	u.unique++
	m.leg.AttachTLS(u.env.Engine.NewSession(tls.Config{
		Role: role, MinVersion: lowest, MaxVersion: highest, Certificate: u.cfg.TLS.Shows(m.certificate()), Fingerprints: m.hash,
		Suites: u.cfg.TLS.CipherSuites(), AllowSHA1: u.cfg.TLS.AllowSHA1, Costs: u.crypto, Unique: u.unique,
	}))
	m.leg.StartTLS(why)
}

// connected goes on above a connection that is up.
func (m *media) connected(why sim.Cause) {
	switch fault := m.c.u.cfg.TLSFault; {
	case m.secure && fault == "silent":
	case m.secure && fault != "plain":
		m.startTLS(why)
	default:
		m.up(why)
	}
}

// LegEvent takes what happens on the connection.
func (m *media) LegEvent(l *bearer.Leg, ev bearer.Event, cause string, why sim.Cause) {
	if m.ice != nil && m.ice.event(l, ev, why) || l != m.leg {
		return
	}
	c := m.c
	switch ev {
	case bearer.TCPUp:
		m.connected(why)
	case bearer.TLSUp:
		m.up(why)
	case bearer.TCPFail, bearer.RstIn, bearer.TCPLost:
		if m.tcpRole == sdp.Passive && !l.Up() && c.u.cfg.OpenToo != nil {
			m.leg = nil // it is the other side's to open, and we still listen
			break
		}
		m.lost(why)
		m.failed(cause, why)
	case bearer.TLSFail, bearer.AlertIn:
		m.lost(why)
		l.FIN(why)
		m.failed(cause, why)
	case bearer.CNIn, bearer.FinIn:
		if m.keeps(l) {
			break
		}
		if ev == bearer.CNIn {
			// RFC 5246 §7.2.1: the session has answered before 1.3; MSRP has no use for half a connection.
			l.CloseTLS(why)
		}
		l.FIN(why)
		m.lost(why)
		m.closing(why)
	case bearer.TCPGone:
		m.lost(why)
	}
	c.wake()
}

// close ends the media behind what was written: close_notify, FIN.
func (m *media) close(why sim.Cause) {
	if m.audio != nil {
		m.audio.stop(why)
	}
	if m.shut || m.session == nil {
		return // an offer that was refused prepared nothing
	}
	m.shut = true
	if m.next != nil {
		m.next.close(why)
	}
	u := m.c.u
	u.Host.Unlisten(m.local)
	m.lost(why)
	m.ice.close(why)
	u.msrp.Close(m.session)
	if m.leg == nil {
		return
	}
	switch s := m.leg.Stream(); {
	case s == nil:
	case !m.leg.Up():
		m.leg.Forget(why)
	default:
		m.leg.CloseTLS(why)
		m.leg.FIN(why)
	}
}

// keeps reports whether our direction stays open when the peer has closed its own (RFC 9293 §3.6, RFC 8446 §6.1).
func (m *media) keeps(l *bearer.Leg) bool {
	t := l.TLS()
	return m.c.u.cfg.HalfClose == "keep" && (t == nil || t.State() == tls.CloseReceived)
}
