package ue

import (
	"imsim/netem/packet"
	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/sim"
)

// What a scenario's timeline does to the media of a UE; its calls deal with the consequences.

// CloseMedia closes the media connections of all calls: by close_notify, where there is TLS, by FIN, or by both. A FIN
// alone truncates.
func (u *UE) CloseMedia(notify, fin bool) {
	u.eachMedia(func(m *media, why sim.Cause) {
		l := m.leg
		m.halfOut = true
		if notify {
			l.CloseTLS(why)
		}
		if fin {
			l.FIN(why)
		}
	})
}

// FailMedia ends the TLS sessions of all calls by a fatal alert, and their connections.
func (u *UE) FailMedia(a tls.Alert) {
	u.eachMedia(func(m *media, why sim.Cause) { m.leg.FailTLS(a, why) })
}

// Corrupt has a bit flipped in the next record of user data of all calls.
func (u *UE) Corrupt() {
	u.eachMedia(func(m *media, _ sim.Cause) { m.leg.Spoil() })
}

// Renegotiate asks for another TLS handshake in all calls.
func (u *UE) Renegotiate() {
	u.eachMedia(func(m *media, why sim.Cause) { m.leg.Renegotiate(why) })
}

func (u *UE) eachMedia(do func(*media, sim.Cause)) {
	for _, c := range u.calls {
		if c == nil {
			continue
		}
		for m := range c.lines() {
			if m.leg != nil && m.leg.Up() {
				do(m, c.why)
			}
		}
	}
}

// Reset breaks off the media connections of all calls, as an application does that crashes.
func (u *UE) Reset() {
	for _, c := range u.calls {
		if c == nil {
			continue
		}
		for m := range c.lines() {
			if m.leg != nil {
				m.leg.Reset(false, c.why)
				m.lost(c.why)
			}
		}
	}
}

// intruder is a connection that this UE opens to a media port that is not meant for it (RFC 7362 §4).
type intruder struct {
	u   *UE
	leg *bearer.Leg
	tls bool
}

// Intrude opens a connection to an address, and where asked goes on with TLS as its client.
func (u *UE) Intrude(to packet.AddrPort, withTLS bool, why sim.Cause) {
	i := &intruder{u: u, tls: withTLS}
	i.leg = bearer.NewLeg(&u.Base, "", i)
	if i.leg.Dial(u.local(), to, u.tcpConfig(), why) != nil {
		u.Mark(why, "", nodes.TCPFailed, "unreachable")
	}
}

// LegEvent starts TLS, and gives up when the other side does.
func (i *intruder) LegEvent(l *bearer.Leg, ev bearer.Event, _ string, why sim.Cause) {
	switch ev {
	case bearer.TCPUp:
		if i.tls {
			u := i.u
			lowest, highest := u.cfg.TLS.Versions()
			u.unique++
			l.AttachTLS(u.env.Engine.NewSession(tls.Config{
				Role: tls.Client, MinVersion: lowest, MaxVersion: highest, Certificate: u.cert, TrustAny: true,
				AllowSHA1: u.cfg.TLS.AllowSHA1, Costs: u.crypto, Unique: u.unique,
			}))
			l.StartTLS(why)
		}
	case bearer.TLSFail, bearer.AlertIn, bearer.CNIn, bearer.FinIn:
		l.CloseTLS(why)
		l.FIN(why)
	}
}

// LegReadable marks what the intruder gets to read, and drops it.
func (i *intruder) LegReadable(l *bearer.Leg, why sim.Cause) {
	i.u.Mark(why, "", nodes.Eavesdropped, "")
	l.DiscardInput(why)
}

// LegWritable has nothing to write.
func (i *intruder) LegWritable(*bearer.Leg, sim.Cause) {}
