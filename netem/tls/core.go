package tls

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// engine is what differs between the two: how messages and records are made and taken apart. It reports what it finds as
// a sequence of events; the session decides when they take effect.
type engine interface {
	start()
	feed(p packet.Payload)                     // octets from the peer
	poll() (event, bool)                       // the next event that the octets so far give
	flight() packet.Payload                    // the flight of the event that takes effect now
	seal(p packet.Payload) packet.Payload      // application data
	alert(a Alert) packet.Payload              // under the protection that now holds
	handshakeRecord(msg []byte) packet.Payload // likewise: a message behind the handshake
	info(i Info) Info                          // completes it
	finish()                                   // the session has ended: nothing but info follows
	free()                                     // and not even that
}

type eventKind uint8

const (
	evClientHello eventKind = iota + 1
	evPeerCert
	evFlight      // name
	evDone        // both Finished are through
	evData        // payload from the peer, in records
	evWrite       // payload to the peer
	evCloseNotify // from the peer
	evAlert       // a fatal one from the peer
	evWarn        // send a warning alert and go on
	evFail        // alert, cause; payload when the engine has written the alert itself
)

type event struct {
	kind    eventKind
	alert   Alert
	records int32
	cost    time.Duration
	text    string
	payload packet.Payload
}

// session is the part of a session that both engines share, so that their milestones and their timing cannot differ.
type session struct {
	eng      engine
	held     event // takes effect when the processor is done
	out      *outputs
	costs    *CostTable
	fps      []Fingerprint
	pending  []packet.Payload // writes not yet sent
	withheld packet.Payload   // data received in WaitVerify
	peerCert []byte
	size     sizer
	now      sim.Time
	version  Version
	state    State
	role     Role
	allow1   bool // SHA-1 fingerprints
	trustAny bool
	matched  bool // the certificate was compared on its arrival
	verified bool
	busy     bool // an OutWork is out
	closing  bool // Close was called
	sentEnd  bool // our close_notify is out
	gotEnd   bool // the peer's is in
	peerFIN  bool // the transport has closed
}

func (s *session) init(eng engine, cfg *Config) {
	*s = session{eng: eng, costs: cfg.Costs, fps: cfg.Fingerprints, role: cfg.Role, allow1: cfg.AllowSHA1, trustAny: cfg.TrustAny}
	if s.costs == nil {
		s.costs = &DefaultCosts
	}
}

func (c *Config) versions() (lo, hi Version) {
	lo, hi = c.MinVersion, c.MaxVersion
	if lo == 0 {
		lo = TLS12
	}
	if hi == 0 {
		hi = max(TLS12, lo)
	}
	return lo, hi
}

// Start implements Session.
func (s *session) Start(now sim.Time, why sim.Cause) {
	s.now = now
	if s.state != Idle {
		return
	}
	s.state = Handshaking
	s.eng.start()
	s.run(why)
}

// Receive implements Session.
func (s *session) Receive(now sim.Time, why sim.Cause, p packet.Payload) {
	s.now = now
	// RFC 8446 §6.1: data after close_notify is ignored.
	if s.state == Ended || s.gotEnd || p.Len == 0 {
		return
	}
	s.eng.feed(p)
	s.run(why)
}

// PeerClosed implements Session.
func (s *session) PeerClosed(now sim.Time, why sim.Cause) {
	s.now = now
	s.peerFIN = true
	s.run(why)
}

// Write implements Session.
func (s *session) Write(now sim.Time, why sim.Cause, p packet.Payload) {
	s.now = now
	if s.closing || s.state == Ended || p.Len == 0 {
		return
	}
	s.pending = append(s.pending, p)
	s.run(why)
}

// SetFingerprints implements Session.
func (s *session) SetFingerprints(now sim.Time, why sim.Cause, fps []Fingerprint) {
	s.now = now
	if s.state > WaitVerify {
		return
	}
	s.fps, s.matched = fps, false
	s.run(why)
}

// Close implements Session.
func (s *session) Close(now sim.Time, why sim.Cause) {
	s.now = now
	if s.closing || s.state == Ended {
		return
	}
	s.closing = true
	if s.state == Idle {
		s.end()
		return
	}
	if s.state == Handshaking {
		// RFC 8446 §6.1: either party may close at any time; a handshake that is broken off has nothing to flush.
		s.emit(Output{Kind: OutSend, Payload: s.eng.alert(CloseNotify), Name: "close_notify"}, why)
		s.end()
		return
	}
	s.run(why)
}

// Fail implements Session.
func (s *session) Fail(now sim.Time, why sim.Cause, a Alert) {
	s.now = now
	if s.state == Ended {
		return
	}
	s.held = event{}
	s.fail(event{kind: evFail, alert: a, text: a.String()}, why)
}

// Renegotiate implements Session.
func (s *session) Renegotiate(now sim.Time, why sim.Cause) {
	s.now = now
	if s.state != Open || s.version != TLS12 || s.sentEnd {
		return
	}
	msg, name := []byte{msgHelloRequest, 0, 0, 0}, "HelloRequest"
	if s.role == Client {
		msg, name = helloAgain(), "ClientHello again"
	}
	s.emit(Output{Kind: OutSend, Payload: s.eng.handshakeRecord(msg), Name: name}, why)
}

// helloAgain is a ClientHello without extensions.
func helloAgain() []byte {
	b := append([]byte{msgClientHello, 0, 0, 0, 3, 3}, make([]byte, helloRandomLen)...)
	b = append(b, 0, 0, 2, byte(ECDHEECDSA>>8), byte(ECDHEECDSA&255), 1, 0)
	b[3] = byte(len(b) - 4)
	return b
}

// WorkDone implements Session.
func (s *session) WorkDone(now sim.Time, why sim.Cause) {
	s.now = now
	if !s.busy || s.state == Ended {
		s.busy = false
		return
	}
	ev := s.held
	s.busy, s.held = false, event{}
	s.apply(ev, why)
	s.run(why)
}

// State implements Session.
func (s *session) State() State { return s.state }

// Info implements Session.
func (s *session) Info() Info {
	return s.eng.info(Info{Version: s.version, PeerCert: s.peerCert, Withheld: s.withheld.Len})
}

// run lets everything happen that can happen without the processor.
func (s *session) run(why sim.Cause) {
	if s.state == Idle || s.state == Ended {
		if s.peerFIN && s.state == Idle {
			s.fail(event{kind: evFail, alert: NoAlert, text: CauseClosedEarly}, why)
		}
		return
	}
	for !s.busy && s.state != Ended {
		if s.state == WaitVerify && (s.fps != nil || s.trustAny) {
			s.verify(why)
			continue
		}
		if !s.gotEnd {
			if ev, ok := s.eng.poll(); ok {
				s.take(ev, why)
				continue
			}
		}
		if len(s.pending) > 0 && (s.state == Open || s.state == CloseReceived) {
			p := s.pending[0]
			s.pending[0] = packet.Payload{}
			if s.pending = s.pending[1:]; len(s.pending) == 0 {
				s.pending = nil
			}
			s.take(event{kind: evWrite, payload: p}, why)
			continue
		}
		if s.closing && !s.sentEnd && s.state != Handshaking {
			s.sendEnd(why)
			continue
		}
		break
	}
	// RFC 5246 §7.2.1: without a close_notify nobody knows that all arrived.
	if s.peerFIN && !s.busy && !s.gotEnd && s.state != Ended {
		cause := CauseTruncated
		if s.state == Handshaking {
			cause = CauseClosedEarly
		}
		s.fail(event{kind: evFail, alert: NoAlert, text: cause}, why)
	}
}

// take asks for the processor when the event costs something, and applies it at once when it does not.
func (s *session) take(ev event, why sim.Cause) {
	switch ev.kind {
	case evWrite:
		ev.cost = s.costs.records(s.size.count(s.version, ev.payload.Len), ev.payload.Len)
	case evData:
		ev.cost = s.costs.records(int(ev.records), ev.payload.Len)
	}
	if ev.cost == 0 {
		s.apply(ev, why)
		return
	}
	s.emit(Output{Kind: OutWork, Cost: ev.cost}, why)
	s.busy = true
	s.held = ev
}

func (s *session) apply(ev event, why sim.Cause) {
	switch ev.kind {
	case evClientHello:
		s.emit(Output{Kind: OutClientHello}, why)
	case evPeerCert:
		s.emit(Output{Kind: OutPeerCert}, why)
	case evFlight:
		p := s.eng.flight()
		s.size.sent += int64(p.Len)
		s.emit(Output{Kind: OutSend, Payload: p, Name: ev.text}, why)
	case evDone:
		s.state = WaitVerify
		s.emit(Output{Kind: OutHandshakeEnd}, why)
	case evData:
		// TS 33.328, RFC 8122 §6.2: data must not be acted on before the matching fingerprint has arrived.
		if !s.verified {
			s.withheld.AppendPayload(ev.payload)
			return
		}
		s.emit(Output{Kind: OutData, Payload: ev.payload}, why)
	case evWrite:
		s.emit(Output{Kind: OutSend, Payload: s.eng.seal(ev.payload), Name: "data"}, why)
	case evWarn:
		s.emit(Output{Kind: OutSend, Payload: s.eng.alert(ev.alert), Name: ev.alert.String()}, why)
	case evCloseNotify:
		s.peerEnd(why)
	case evAlert:
		s.emit(Output{Kind: OutFailed, Alert: ev.alert, Name: ev.alert.received()}, why)
		s.end()
	case evFail:
		s.fail(ev, why)
	}
}

func (s *session) fail(ev event, why sim.Cause) {
	if ev.alert != NoAlert {
		p := ev.payload
		if p.Len == 0 {
			p = s.eng.alert(ev.alert)
		}
		s.emit(Output{Kind: OutSend, Payload: p, Name: ev.alert.String()}, why)
	}
	s.emit(Output{Kind: OutFailed, Alert: ev.alert, Sent: ev.text != CauseTruncated && ev.text != CauseClosedEarly, Name: ev.text}, why)
	s.end()
}

func (s *session) end() {
	s.state = Ended
	s.busy, s.held = false, event{}
	s.pending, s.withheld = nil, packet.Payload{}
	s.eng.finish()
}

// Discard implements Session.
func (s *session) Discard() {
	s.dropOutputs()
	eng := s.eng
	*s = session{state: Ended}
	eng.free()
}
