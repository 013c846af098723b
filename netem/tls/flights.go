package tls

import "imsim/netem/packet"

// Names of flights, in Output.Name.
const (
	FlightClientHello = "ClientHello"
	FlightServerHello = "ServerHello" // TLS 1.2: to ServerHelloDone; TLS 1.3: to Finished
	FlightCertificate = "Certificate" // the client's second: to its Finished
	FlightFinished    = "Finished"    // the server's second, TLS 1.2 only
)

// flight builds the flight that is due: every handshake message in a record of its own, as crypto/tls writes them.
func (m *model) flight() packet.Payload {
	h := m.hs
	var w writer
	room := 256 // what the flight needs, so that nothing is copied: a ClientHello or the server's Finished
	if c := h.cfg.Certificate; c != nil && (m.role == Client && h.flight == stepClientFlight || m.role == Server && h.flight < stepServerFlight) {
		room = 192 + len(c.DER) + c.Key.signatureLen()
		if m.role == Server {
			room += 256
		}
	}
	w.buf = make([]byte, 0, room)
	switch {
	case m.role == Client && h.flight == stepClientHello:
		var share [32]byte
		h.random.fill(share[:])
		b := putClientHello(m.begin(&w, typeHandshake), h.lo, h.hi, h.cfg.Suites, &h.clientRandom, &h.sessionID, &share)
		b[1], b[2] = 3, 1 // RFC 8446 §5.1: for old middleboxes
		m.end(&w, b)
		h.flight = stepClientFlight
	case m.role == Client:
		m.clientFlight(&w)
		h.flight = stepLast
	case h.flight < stepServerFlight:
		m.serverFlight(&w)
		h.flight = stepServerFlight
	default:
		m.ccs(&w)
		m.wr = direction{key: h.secret(serverDataLabel)}
		m.finishedMessage(&w)
		h.flight = stepLast
	}
	return w.payload()
}

// begin starts the record of one message behind what w has; the message is appended to the slice it returns, and end takes
// it into the transcript, protects the record and fills in its header.
func (m *model) begin(w *writer, kind byte) []byte {
	w.plain(kind, uint16(TLS12), 0)
	if m.wr.key != 0 {
		w.nonce(&m.wr, m.version)
	}
	return w.buf
}

func (m *model) end(w *writer, b []byte) {
	from := len(w.buf)
	m.hs.transcript.write(b[from:])
	w.buf = b
	if m.wr.key != 0 {
		w.protect(&m.wr, m.version, from)
		return
	}
	set16(b[:len(b):len(b)], from-2)
}

func (m *model) ccs(w *writer) {
	w.plain(typeCCS, uint16(TLS12), 1)
	w.buf = append(w.buf, 1)
}

func (m *model) serverFlight(w *writer) {
	h, c := m.hs, m.hs.cfg.Certificate
	h.random.fill(h.serverRandom[:])
	if m.version != TLS13 && h.hi >= TLS13 {
		copy(h.serverRandom[helloRandomLen-len(downgradeMark):], downgradeMark)
	}
	var share [32]byte
	h.random.fill(share[:])
	m.end(w, putServerHello(m.begin(w, typeHandshake), m.version, m.suite, &h.serverRandom, h.sessionID[:h.sessionLen], &share))
	if m.version == TLS13 {
		m.ccs(w)
		m.rd, m.wr = direction{key: h.secret(clientHandshakeLabel)}, direction{key: h.secret(serverHandshakeLabel)}
		m.end(w, append(m.begin(w, typeHandshake), msgEncryptedExt, 0, 0, 2, 0, 0))
		m.end(w, putCertificateRequest(m.begin(w, typeHandshake), TLS13))
		m.end(w, putCertificate(m.begin(w, typeHandshake), TLS13, c.DER))
		m.verifyMessage(w, serverVerifyLabel)
		m.finishedMessage(w)
		m.wr = direction{key: h.secret(serverDataLabel)}
		return
	}
	m.end(w, putCertificate(m.begin(w, typeHandshake), TLS12, c.DER))
	b, at := message(m.begin(w, typeHandshake), msgServerKeyExchange)
	from := len(b)
	b = append(b, 3, 0, groupX25519, 32) // named_curve
	b = append(b, share[:]...)
	b = putSignature(b, c.Key, h.exchange(b[from:])^c.proof)
	set24(b, at)
	m.end(w, b)
	m.end(w, putCertificateRequest(m.begin(w, typeHandshake), TLS12))
	m.end(w, append(m.begin(w, typeHandshake), msgServerHelloDone, 0, 0, 0))
}

func (m *model) clientFlight(w *writer) {
	h := m.hs
	var der []byte
	if c := h.cfg.Certificate; c != nil {
		der = c.DER
	}
	if m.version == TLS13 {
		m.ccs(w)
	}
	m.end(w, putCertificate(m.begin(w, typeHandshake), m.version, der))
	if m.version != TLS13 {
		var share [32]byte
		h.random.fill(share[:])
		m.end(w, append(append(m.begin(w, typeHandshake), msgClientKeyExchange, 0, 0, 33, 32), share[:]...))
	}
	if der != nil {
		m.verifyMessage(w, clientVerifyLabel)
	}
	if m.version != TLS13 {
		m.ccs(w)
		m.wr = direction{key: h.secret(clientDataLabel)}
		h.readKey = h.secret(serverDataLabel)
	}
	m.finishedMessage(w)
	if m.version == TLS13 {
		m.wr = direction{key: h.secret(clientDataLabel)}
	}
}

func (m *model) verifyMessage(w *writer, label uint64) {
	c := m.hs.cfg.Certificate
	b, at := message(m.begin(w, typeHandshake), msgCertificateVerify)
	b = putSignature(b, c.Key, m.hs.transcript.sum(label)^c.proof)
	set24(b, at)
	m.end(w, b)
}

func (m *model) finishedMessage(w *writer) {
	n, label := finishedLen12, clientFinishedLabel
	if m.version == TLS13 {
		n = finishedLen13
	}
	if m.role == Server {
		label = serverFinishedLabel
	}
	b, at := message(m.begin(w, typeHandshake), msgFinished)
	from := len(b)
	b = append(b, zeroSignature[:n]...)
	expand(b[from:], m.hs.transcript.sum(label))
	set24(b, at)
	m.end(w, b)
}
