package tls

import "imsim/sim"

// sendEnd sends our close_notify.
func (s *session) sendEnd(why sim.Cause) {
	s.emit(Output{Kind: OutSend, Payload: s.eng.alert(CloseNotify), Name: "close_notify"}, why)
	s.sentEnd = true
	if s.state = CloseSent; s.gotEnd {
		s.end()
	}
}

// peerEnd takes the peer's close_notify.
func (s *session) peerEnd(why sim.Cause) {
	if s.state == Handshaking {
		s.fail(event{kind: evFail, alert: NoAlert, text: CauseClosedEarly}, why)
		return
	}
	s.gotEnd = true
	s.emit(Output{Kind: OutCloseNotify}, why)
	switch {
	case s.sentEnd:
		s.end()
	case s.version != TLS13:
		// RFC 5246 §7.2.1: answer with our own and drop pending writes.
		s.sendEnd(why)
	case s.state == Open: // RFC 8446 §6.1: our direction stays open
		s.state = CloseReceived
	}
}
