package tls

import (
	"imsim/netem/packet"
	"imsim/sim"
)

// verify compares the peer's certificate once both are known.
func (s *session) verify(why sim.Cause) {
	if !s.matched && !s.matches(s.peerCert) {
		s.fail(event{kind: evFail, alert: BadCertificate, text: CauseFingerprint}, why)
		return
	}
	s.state, s.verified, s.fps = Open, true, nil
	if s.gotEnd {
		s.state = CloseReceived
	}
	s.emit(Output{Kind: OutVerified}, why)
	s.emit(Output{Kind: OutEstablished}, why)
	if s.withheld.Len > 0 {
		s.emit(Output{Kind: OutData, Payload: s.withheld}, why)
		s.withheld = packet.Payload{}
	}
}

// arrived is the check of the peer's certificate on its arrival: it passes as long as no fingerprint is known.
func (s *session) arrived() bool {
	if s.fps == nil && !s.trustAny {
		return true
	}
	s.matched = s.matches(s.peerCert)
	return s.matched
}

func (s *session) matches(der []byte) bool { return s.trustAny || Match(s.fps, der, s.allow1) }
