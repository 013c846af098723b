package tls

import "imsim/netem/packet"

const maxIdleRecords = 16

// record takes the next record off the input. It returns an event for a record that means one by itself; handshake
// records push theirs. progress is false when the record has not arrived entirely.
func (m *model) record() (e event, progress bool) {
	if m.in.Len < recordHeader {
		return event{}, false
	}
	var head [recordHeader]byte
	peek(head[:], m.in)
	kind, v, n := head[0], uint16(head[1])<<8|uint16(head[2]), int(head[3])<<8|int(head[4])
	limit := maxPlaintext + maxExpansion12
	if m.version == TLS13 {
		limit = maxPlaintext + maxExpansion13
	}
	switch {
	case m.hs != nil && kind == 0x80: // SSL 2.0 without saying so
		return reject(ProtocolVersion, CauseNotTLS), true
	case m.hello && v != uint16(TLS12):
		return reject(ProtocolVersion, ""), true
	case !m.hello && (kind != typeAlert && kind != typeHandshake || v >= 0x1000):
		// What crypto/tls does (E5): no alert to somebody who does not speak TLS.
		return reject(NoAlert, CauseNotTLS), true
	case n > limit:
		return reject(RecordOverflow, ""), true
	case m.in.Len < recordHeader+n:
		return event{}, false
	}
	kind, body, a := m.open(kind, n)
	if a != NoAlert {
		return reject(a, ""), true
	}
	size := body.out.Len + len(body.buf) - body.from
	if size > maxPlaintext {
		return reject(RecordOverflow, ""), true
	}
	if kind == typeData && size > 0 || kind == typeHandshake && m.hs != nil {
		m.idle = 0
	} else if m.idle++; m.idle > maxIdleRecords {
		return reject(UnexpectedMessage, ""), true
	}
	// RFC 8446 §5.1: handshake messages must not be interleaved with other types.
	if m.version == TLS13 && kind != typeHandshake && m.hs != nil && len(m.hs.hand) > 0 {
		return reject(UnexpectedMessage, ""), true
	}
	switch kind {
	case typeAlert:
		return m.alertRecord(body.octets()), true
	case typeCCS:
		return m.ccsRecord(body.octets()), true
	case typeData:
		if m.hs != nil {
			return reject(UnexpectedMessage, ""), true
		}
		if size == 0 {
			return event{}, true
		}
		return event{kind: evData, payload: body.payload(), records: 1}, true
	case typeHandshake:
		if size == 0 {
			return reject(UnexpectedMessage, ""), true
		}
		if m.hs == nil {
			return m.lateHandshake(body.octets()), true
		}
		return m.handshakeMessages(body.octets()), true
	}
	return reject(UnexpectedMessage, ""), true
}

// open takes the record of n octets behind its header off the input, and its protection off the record.
func (m *model) open(kind byte, n int) (byte, writer, Alert) {
	var w writer
	var one [1]packet.Span
	spans := one[:]
	if first := m.in.Spans[0]; first.Bytes != nil && first.Len >= recordHeader+n {
		one[0] = packet.Bytes(first.Bytes[recordHeader : recordHeader+n : recordHeader+n])
	} else {
		var body packet.Payload
		body.AppendRange(m.in, recordHeader, recordHeader+n)
		spans = body.Spans
	}
	if m.in.Len == recordHeader+n {
		m.in = packet.Payload{}
	} else {
		m.in.Drop(recordHeader + n)
	}
	// RFC 8446 §5: change_cipher_spec is never protected in TLS 1.3.
	if m.rd.key == 0 || m.version == TLS13 && kind == typeCCS {
		if kind == typeData {
			return 0, w, UnexpectedMessage
		}
		if len(spans) == 1 && spans[0].Bytes != nil {
			w.buf = spans[0].Bytes
			return kind, w, NoAlert
		}
		for _, s := range spans {
			w.buf = s.AppendTo(w.buf)
		}
		return kind, w, NoAlert
	}
	if m.hs != nil { // messages are taken at once, or copied
		w.buf = m.hs.scratch[:0]
	} else {
		octets := 0
		for _, s := range spans {
			octets += len(s.Bytes)
		}
		w.buf = make([]byte, 0, octets)
	}
	kind, ok := w.open(&m.rd, m.version, kind, spans, n)
	if m.hs != nil {
		m.hs.scratch = w.buf[:0]
	}
	if !ok {
		return 0, w, BadRecordMAC
	}
	return kind, w, NoAlert
}

// alertRecord takes an alert (RFC 5246 §7.2, RFC 8446 §6).
func (m *model) alertRecord(b []byte) event {
	if len(b) != 2 {
		return reject(UnexpectedMessage, "")
	}
	a := Alert(b[1])
	switch {
	case a == CloseNotify:
		return event{kind: evCloseNotify}
	case m.version == TLS13 && a == UserCanceled, m.version != TLS13 && b[0] == 1:
		return event{} // a warning
	case m.version != TLS13 && b[0] != 2:
		return reject(UnexpectedMessage, "")
	}
	return event{kind: evAlert, alert: a}
}

func (m *model) ccsRecord(b []byte) event {
	if len(b) != 1 || b[0] != 1 {
		return reject(DecodeError, "")
	}
	if m.version == TLS13 {
		return event{} // RFC 8446 appendix D.4
	}
	if m.hs == nil || m.hs.want != wantCCS || len(m.hs.hand) > 0 {
		return reject(UnexpectedMessage, "")
	}
	m.rd = direction{key: m.hs.readKey}
	m.hs.want = wantFinished
	return event{}
}

// lateHandshake takes a handshake record after the handshake.
func (m *model) lateHandshake(b []byte) event {
	if m.version != TLS13 {
		// [I] E13: a request to renegotiate is refused with a warning, and the session goes on.
		if b[0] == msgHelloRequest && m.role == Client || b[0] == msgClientHello && m.role == Server {
			return event{kind: evWarn, alert: NoRenegotiation}
		}
		return reject(UnexpectedMessage, "")
	}
	if b[0] == msgNewSessionTicket && m.role == Client {
		return event{} // not used
	}
	return reject(UnexpectedMessage, "")
}

// handshakeMessages takes the messages of a record, and of those before it what was incomplete.
func (m *model) handshakeMessages(b []byte) event {
	h := m.hs
	if len(h.hand) > 0 {
		h.hand = append(h.hand, b...)
		b = h.hand
	}
	for len(b) >= 4 {
		n := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		if n > maxHandshakeMsg {
			return reject(InternalError, "")
		}
		if len(b) < 4+n {
			break
		}
		if b[0] != wanted[h.want] {
			return reject(UnexpectedMessage, "")
		}
		key := m.rd.key
		if e := m.message(b[:4+n]); e.kind != 0 {
			return e
		}
		b = b[4+n:]
		// RFC 8446 §5.1: messages must not span a change of keys.
		if len(b) > 0 && m.rd.key != key {
			return reject(UnexpectedMessage, "")
		}
	}
	h.hand = append(h.hand[:0], b...)
	return event{}
}

func peek(dst []byte, p packet.Payload) {
	for _, s := range p.Spans {
		n := min(s.Len, len(dst))
		copySpan(dst[:n], s.Slice(0, n))
		if dst = dst[n:]; len(dst) == 0 {
			return
		}
	}
}
