package tls

// clientHello takes the client's offer and chooses.
func (m *model) clientHello(msg []byte) event {
	h := m.hs
	ch, ok := parseClientHello(msg[4:])
	if !ok {
		return reject(DecodeError, "")
	}
	m.push(event{kind: evClientHello})
	switch {
	case ch.hi13 && h.hi >= TLS13:
		m.version = TLS13
	case ch.has12 && h.lo <= TLS12:
		m.version = TLS12
	default: // E4
		return m.refuse(ProtocolVersion)
	}
	m.hello = true
	if h.cfg.Certificate == nil { // as crypto/tls has it
		return m.refuse(UnrecognizedName)
	}
	copy(h.clientRandom[:], ch.random)
	h.sessionLen = uint8(copy(h.sessionID[:], ch.session))
	m.suite = 0
	for b := ch.suites; len(b) >= 2; b = b[2:] {
		s := uint16(b[0])<<8 | uint16(b[1])
		if m.version == TLS13 && s == suiteAES128 || m.version != TLS13 && s == h.cfg.Certificate.Key.suite12() && offers(h.cfg.Suites, s) {
			m.suite = s
			break
		}
	}
	// E4. A missing key share would ask for a HelloRetryRequest, which is not modelled.
	if m.suite == 0 || m.version == TLS13 && !ch.share || m.version != TLS13 && !ch.groups {
		return m.refuse(HandshakeFailure)
	}
	h.transcript.write(msg)
	h.want = wantCertificate
	m.pushFlight(stepServerFlight, FlightServerHello)
	return event{}
}

// refuse rejects a ClientHello behind the report of its arrival.
func (m *model) refuse(a Alert) event {
	m.push(reject(a, ""))
	m.hs.want = wantNothing
	return event{}
}
