package tls

// serverHello takes the server's choice.
func (m *model) serverHello(msg []byte) event {
	h := m.hs
	sh, ok := parseServerHello(msg[4:])
	switch {
	case !ok:
		return reject(DecodeError, "")
	case sh.version < h.lo || sh.version > h.hi:
		return reject(ProtocolVersion, "")
	}
	// RFC 8446 §4.1.3: a server that could do better says so in its random: somebody has changed our hello.
	if sh.version < TLS13 && h.hi >= TLS13 && string(sh.random[helloRandomLen-len(downgradeMark):]) == downgradeMark {
		return reject(IllegalParameter, "")
	}
	m.version, m.hello = sh.version, true
	if m.version == TLS13 {
		if sh.suite != suiteAES128 || !sh.share || string(sh.session) != string(h.sessionID[:]) {
			return reject(IllegalParameter, "")
		}
	} else if !offers(h.cfg.Suites, sh.suite) {
		return reject(HandshakeFailure, "")
	}
	m.suite = sh.suite
	copy(h.serverRandom[:], sh.random)
	h.transcript.write(msg)
	if m.version == TLS13 {
		m.rd, m.wr = direction{key: h.secret(serverHandshakeLabel)}, direction{key: h.secret(clientHandshakeLabel)}
		h.want = wantEncryptedExt
	} else {
		h.want = wantCertificate
	}
	return event{}
}

// serverKeyExchange checks the server's signature (TLS 1.2).
func (m *model) serverKeyExchange(msg []byte) event {
	h, body := m.hs, msg[4:]
	// The certificate waits until here, as in crypto/tls, which first looks whether CertificateStatus follows.
	if e := m.peerCertificate(h.certificate); e.kind != 0 {
		return e
	}
	if len(body) < 36 || body[0] != 3 || body[1] != 0 || body[2] != groupX25519 || body[3] != 32 {
		return reject(IllegalParameter, "")
	}
	if h.peerKey.suite12() != m.suite {
		return reject(IllegalParameter, "")
	}
	if equal, ok := checkSignature(body[36:], h.peerKey, h.exchange(body[:36])^fold(keyLabel, m.peerCert)); !ok || !equal {
		return reject(IllegalParameter, "") // as crypto/tls has it
	}
	h.transcript.write(msg)
	h.want = wantCertificateRequest
	return event{}
}

// exchange is what ServerKeyExchange signs: both randoms and the parameters (RFC 8422 §5.4).
func (h *handshake) exchange(params []byte) uint64 {
	var d hash
	d.write(h.clientRandom[:])
	d.write(h.serverRandom[:])
	d.write(params)
	return d.sum(keyExchangeLabel)
}

// downgradeMark ends the random of a server that speaks TLS 1.3 and was asked for 1.2 (RFC 8446 §4.1.3).
const downgradeMark = "DOWNGRD\x01"
