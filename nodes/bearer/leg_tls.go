package bearer

import (
	"slices"
	"strconv"

	"imsim/netem/packet"
	"imsim/netem/tls"
	"imsim/nodes"
	"imsim/sim"
)

// TLS returns the leg's TLS session, or nil.
func (l *Leg) TLS() tls.Session { return l.tls }

// dropTLS lets go of the session once the connection is gone: at once, or when the call under way returns.
func (l *Leg) dropTLS() {
	if l.tls == nil || l.pumping || l.working {
		return
	}
	l.tls.Discard()
	l.tls = nil
	l.plain = packet.Payload{}
}

// AttachTLS gives the leg its TLS session, to be started by StartTLS.
func (l *Leg) AttachTLS(s tls.Session) { l.tls = s }

// StartTLS starts the attached session: a client says hello, a server waits for one.
func (l *Leg) StartTLS(why sim.Cause) {
	l.tls.Start(l.base.K.Now(), why)
	l.pull(why)
}

// SetFingerprints tells the session what the peer's certificate must match.
func (l *Leg) SetFingerprints(fps []tls.Fingerprint, why sim.Cause) {
	l.tls.SetFingerprints(l.base.K.Now(), why, fps)
	l.pull(why)
}

// Spoil has a bit flipped in the next record of user data, behind TLS and before TCP, which so does not notice: a fault on the way.
func (l *Leg) Spoil() { l.spoil = l.tls != nil }

// flip changes the last octet, which is in the authentication tag of a record.
func flip(p *packet.Payload) {
	spans := slices.Clone(p.Spans)
	for i := len(spans) - 1; i >= 0; i-- {
		if s := &spans[i]; s.Bytes != nil && s.Len > 0 {
			s.Bytes = slices.Clone(s.Bytes)
			s.Bytes[s.Len-1] ^= 1
			break
		}
	}
	p.Spans = spans
}

// Renegotiate asks for another handshake inside the session, where its version has that (RFC 5246 §7.4.1.1).
func (l *Leg) Renegotiate(why sim.Cause) {
	if l.tls == nil {
		return
	}
	l.tls.Renegotiate(l.base.K.Now(), why)
	l.pull(why)
}

// pull moves octets from TCP up: to the TLS session, or to the owner's attention.
func (l *Leg) pull(why sim.Cause) {
	if l.stream == nil || l.pumping {
		return
	}
	l.pumping = true
	l.unframe(why)
	if l.tls != nil {
		l.drainTLS()
		for !l.ended && (l.gaveUp || l.tls.State() != tls.Idle) && l.plain.Len < plainLimit && l.received() > 0 {
			var in packet.Payload
			_, w := l.receive(plainLimit, &in, why)
			why = w
			if l.gaveUp {
				continue
			}
			l.tls.Receive(l.base.K.Now(), w, in)
			l.drainTLS()
		}
	}
	l.pumping, l.closing = false, false
	if l.ended {
		l.dropTLS()
		return
	}
	l.push(why)
	if l.discard {
		l.dropInput(why)
	} else if !l.taking && !l.suspended && l.Readable() > 0 && !l.ended {
		if l.tls != nil {
			why = l.plainWhy
		}
		l.owner.LegReadable(l, why)
	}
	l.tellEnd()
}

// push moves octets down: ciphertext into TCP, then the FIN that was asked for.
func (l *Leg) push(why sim.Cause) {
	if l.stream == nil || !l.up {
		return
	}
	if l.cipher != nil {
		l.cipher.Drop(l.send(*l.cipher, why))
		if l.cipher.Len == 0 {
			l.cipher = nil
		}
	}
	// A handshake that is given up has nothing more to say (E-31); a session may have, close_notify too.
	if l.wantFIN && !l.closing && l.cipher == nil && (!l.working || l.tls.State() == tls.Handshaking) {
		if !l.finDone {
			l.finDone = true
			l.stream.CloseWrite(l.finWhy)
		}
		return
	}
	if l.short && l.Space() > 0 {
		l.short = false
		l.owner.LegWritable(l, why)
	}
}

// tellEnd reports the end of the peer's direction once nothing stands before it.
func (l *Leg) tellEnd() {
	if l.pumping || l.taking || l.ended || l.suspended || l.Readable() > 0 {
		return
	}
	if l.sawCN && !l.cnTold {
		l.cnTold = true
		l.owner.LegEvent(l, CNIn, "", l.cnWhy)
	}
	if l.sawFIN && !l.finTold && !l.ended && !l.working && l.Readable() == 0 && (l.tls == nil || l.received() == 0) {
		l.finTold = true
		l.owner.LegEvent(l, FinIn, "", l.endWhy)
		if l.tls != nil {
			l.tls.PeerClosed(l.base.K.Now(), l.endWhy)
			l.drainTLS()
		}
	}
}

// drainTLS carries out what the session wants, until it wants nothing or the processor is busy for it.
func (l *Leg) drainTLS() {
	b := l.base
	for l.tls != nil {
		o, ok := l.tls.Next()
		if !ok {
			break
		}
		why := o.Why
		switch o.Kind {
		case tls.OutSend:
			switch o.Name {
			case "ClientHello":
				why = b.Mark(why, l.Name, nodes.ClientHelloSent, "")
			case tls.NoRenegotiation.String():
				why = b.Mark(why, l.Name, nodes.WarningSent, o.Name)
			case "close_notify":
				why = b.Mark(why, l.Name, nodes.CloseNotifySent, "")
			}
			if l.spoil && o.Name == "data" {
				l.spoil = false
				flip(&o.Payload)
			}
			l.secrets()
			if l.cipher == nil && l.stream != nil && l.up { // the usual case: nothing to be kept
				o.Payload.Drop(l.send(o.Payload, why))
			}
			if o.Payload.Len > 0 {
				if l.cipher == nil {
					l.cipher = &packet.Payload{}
				}
				l.cipher.AppendPayload(o.Payload)
			}
			l.push(why)
		case tls.OutData:
			if l.plain.Len == 0 {
				l.plain = o.Payload
			} else {
				l.plain.AppendPayload(o.Payload)
			}
			l.plainWhy = why
		case tls.OutWork:
			l.working = true
			b.Work(l, 0, o.Cost, sim.Crypto, why)
		case tls.OutClientHello:
			l.owner.LegEvent(l, HelloIn, "", b.Mark(why, l.Name, nodes.ClientHelloRecv, ""))
		case tls.OutHandshakeEnd:
			l.owner.LegEvent(l, HandshakeUp, "", b.Mark(why, l.Name, nodes.HandshakeDone, ""))
		case tls.OutVerified:
			b.Mark(why, l.Name, nodes.TLSVerified, "")
		case tls.OutEstablished:
			l.secrets()
			l.owner.LegEvent(l, TLSUp, "", b.Mark(why, l.Name, nodes.TLSEstablished, ""))
		case tls.OutCloseNotify:
			l.sawCN, l.cnWhy = true, b.Mark(why, l.Name, nodes.CloseNotifyRecv, "")
		case tls.OutFailed:
			l.tlsFailed(o)
		}
	}
}

func (l *Leg) tlsFailed(o tls.Output) {
	b, why := l.base, o.Why
	if o.Alert != tls.NoAlert {
		name := nodes.AlertReceived
		if o.Sent {
			name = nodes.AlertSent
		}
		why = b.Mark(why, l.Name, name, strconv.Itoa(int(o.Alert)))
	}
	if l.finTold && o.Name == tls.CauseTruncated {
		// Rule (5) of §7.5: it shows; what it means is the machine's to say, which has the FIN already.
		b.Mark(why, l.Name, nodes.TLSFailed, o.Name)
		return
	}
	if l.ended {
		return
	}
	why = b.Mark(why, l.Name, nodes.TLSFailed, o.Name)
	ev := AlertIn
	if o.Sent || o.Alert == tls.NoAlert {
		ev = TLSFail
	}
	l.owner.LegEvent(l, ev, o.Name, why)
}

// WorkDone goes on with the session after the processor has done its part.
func (l *Leg) WorkDone(_ uint64, why sim.Cause) {
	l.working = false
	if l.ended {
		l.dropTLS()
		return
	}
	if !l.gaveUp {
		l.tls.WorkDone(l.base.K.Now(), why)
	}
	l.pull(why)
}

// secrets hands the session's key-log lines to the capture once, as soon as they are known.
func (l *Leg) secrets() {
	if l.secretsUp {
		return
	}
	if log := l.tls.Info().KeyLog; log != "" {
		l.base.Obs.Secrets(log)
		l.secretsUp = l.tls.State() == tls.Open || l.tls.State() == tls.WaitVerify
	}
}
