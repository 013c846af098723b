package tls

import "time"

// message takes one handshake message of the type that is wanted, header included.
func (m *model) message(msg []byte) event {
	h, body := m.hs, msg[4:]
	switch h.want {
	case wantClientHello:
		return m.clientHello(msg)
	case wantServerHello:
		return m.serverHello(msg)
	case wantEncryptedExt:
		h.want = wantCertificateRequest
	case wantCertificateRequest:
		h.want = wantServerHelloDone
		if m.version == TLS13 {
			h.want = wantCertificate
		}
	case wantCertificate:
		return m.certificate(msg)
	case wantServerKeyExchange:
		return m.serverKeyExchange(msg)
	case wantServerHelloDone:
		if len(body) != 0 {
			return reject(DecodeError, "")
		}
		h.transcript.write(msg)
		h.want = wantCCS
		m.pushFlight(stepClientFlight, FlightCertificate)
		return event{}
	case wantClientKeyExchange:
		if len(body) != 33 || body[0] != 32 {
			return reject(IllegalParameter, "")
		}
		h.want = wantCertificateVerify
	case wantCertificateVerify:
		return m.certificateVerify(msg)
	case wantFinished:
		return m.finished(msg)
	}
	h.transcript.write(msg)
	return event{}
}

// pushFlight makes a flight leave as soon as its work is done.
func (m *model) pushFlight(s step, name string) {
	m.push(event{kind: evFlight, text: name, cost: m.stepCost(s)})
}

func (m *model) stepCost(s step) time.Duration {
	h := m.hs
	var own KeyType
	if h.cfg.Certificate != nil {
		own = h.cfg.Certificate.Key
	}
	return m.costs.handshake(s, m.role, m.version, h.cfg.Certificate != nil, own, h.peerKey)
}

// secret derives a key from both randoms.
func (h *handshake) secret(label uint64) uint64 {
	var d hash
	d.write(h.clientRandom[:])
	d.write(h.serverRandom[:])
	return d.sum(label) | 1
}

// certificate takes the peer's Certificate message.
func (m *model) certificate(msg []byte) event {
	h := m.hs
	der, ok := parseCertificate(msg[4:], m.version)
	if !ok {
		return reject(DecodeError, "")
	}
	if len(der) == 0 {
		if m.role == Client { // RFC 5246 §7.4.2: a server's is never empty
			if m.version == TLS13 {
				return reject(DecodeError, "")
			}
			return reject(UnexpectedMessage, "")
		}
		// D11: RFC 5246 §7.4.6, RFC 8446 §4.4.2.4.
		if m.version == TLS13 {
			return reject(CertificateRequired, CauseNoCert)
		}
		return reject(HandshakeFailure, CauseNoCert)
	}
	h.transcript.write(msg)
	if m.role == Client && m.version != TLS13 {
		if c := known(der); c != nil {
			h.certificate = c.DER
		} else {
			h.certificate = append([]byte(nil), der...)
		}
		h.want = wantServerKeyExchange
		return event{}
	}
	h.want = wantCertificateVerify
	if m.role == Server && m.version != TLS13 {
		h.want = wantClientKeyExchange
	}
	return m.peerCertificate(der)
}

// peerCertificate reports the peer's certificate and compares it with the fingerprints that are known.
func (m *model) peerCertificate(der []byte) event {
	if c := known(der); c != nil {
		m.hs.peerKey, m.peerCert = c.Key, c.DER
	} else {
		k, ok := keyTypeOf(der)
		if !ok {
			return reject(DecodeError, "")
		}
		m.hs.peerKey, m.peerCert = k, append([]byte(nil), der...)
	}
	m.push(event{kind: evPeerCert})
	// RFC 8122 §6.2: a certificate that matches no fingerprint ends the connection.
	if !m.arrived() {
		m.push(reject(BadCertificate, CauseFingerprint))
		m.hs.want = wantNothing
	}
	return event{}
}

// certificateVerify checks the peer's proof that it has the key.
func (m *model) certificateVerify(msg []byte) event {
	h := m.hs
	label := clientVerifyLabel
	if m.role == Client {
		label = serverVerifyLabel
	}
	equal, ok := checkSignature(msg[4:], h.peerKey, h.transcript.sum(label)^fold(keyLabel, m.peerCert))
	switch {
	case !ok:
		return reject(DecodeError, "")
	case !equal:
		return reject(DecryptError, "")
	}
	h.transcript.write(msg)
	h.want = wantFinished
	if m.version != TLS13 {
		h.want = wantCCS
	}
	if m.role == Server {
		h.readKey = h.secret(clientDataLabel)
	}
	return event{}
}

// finished checks the peer's Finished.
func (m *model) finished(msg []byte) event {
	h := m.hs
	n, label := finishedLen12, clientFinishedLabel
	if m.version == TLS13 {
		n = finishedLen13
	}
	if m.role == Client {
		label = serverFinishedLabel
	}
	if len(msg) != 4+n {
		return reject(DecodeError, "")
	}
	if !expands(msg[4:], h.transcript.sum(label)) {
		if m.version == TLS13 {
			return reject(DecryptError, "")
		}
		return reject(HandshakeFailure, "") // as crypto/tls has it
	}
	h.transcript.write(msg)
	h.want = wantNothing
	switch {
	case m.role == Client && m.version == TLS13:
		m.rd = direction{key: h.secret(serverDataLabel)}
		m.pushFlight(stepClientFlight, FlightCertificate)
		m.push(event{kind: evDone})
	case m.role == Client:
		m.push(event{kind: evDone})
	case m.version == TLS13:
		m.rd = direction{key: h.secret(clientDataLabel)}
		m.push(event{kind: evDone, cost: m.stepCost(stepLast)})
	default:
		m.pushFlight(stepLast, FlightFinished)
		m.push(event{kind: evDone})
	}
	h.over = true
	return event{}
}
