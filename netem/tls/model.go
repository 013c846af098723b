package tls

import (
	"sync" //tidy:goroutine pools of cleared memory, for all runs of a process

	"imsim/netem/packet"
)

// model is engine model: a state machine that exchanges well-formed messages at exact sizes, in which hashes stand for
// keys and signatures.
type model struct {
	session
	in     packet.Payload
	rd, wr direction
	hs     *handshake // nil when the handshake is over
	suite  uint16
	hello  bool  // the version is agreed on
	idle   uint8 // records in a row that brought nothing
}

// handshake is what a session needs until it is established.
type handshake struct {
	cfg          Config
	lo, hi       Version
	random       random
	clientRandom [32]byte
	serverRandom [32]byte
	sessionID    [32]byte
	sessionLen   uint8
	want         stage
	flight       step
	peerKey      KeyType
	transcript   hash
	readKey      uint64 // takes effect with the peer's ChangeCipherSpec or Finished
	certificate  []byte // of the server, until ServerKeyExchange (TLS 1.2 client)
	hand         []byte // a handshake message that has not arrived entirely
	scratch      []byte // a record without its protection
	events       []event
	next         int
	over         bool
}

// stage is what a session expects next.
type stage uint8

const (
	wantClientHello stage = iota
	wantServerHello
	wantEncryptedExt
	wantCertificateRequest
	wantCertificate
	wantServerKeyExchange
	wantServerHelloDone
	wantClientKeyExchange
	wantCertificateVerify
	wantCCS
	wantFinished
	wantNothing
)

// wanted is the message type of each stage; wantCCS takes none.
var wanted = [...]byte{
	wantClientHello: msgClientHello, wantServerHello: msgServerHello, wantEncryptedExt: msgEncryptedExt,
	wantCertificateRequest: msgCertificateRequest, wantCertificate: msgCertificate,
	wantServerKeyExchange: msgServerKeyExchange, wantServerHelloDone: msgServerHelloDone,
	wantClientKeyExchange: msgClientKeyExchange, wantCertificateVerify: msgCertificateVerify,
	wantCCS: 255, wantFinished: msgFinished, wantNothing: 255,
}

var (
	modelPool     = sync.Pool{New: func() any { return new(model) }}
	handshakePool = sync.Pool{New: func() any { return new(handshake) }}
)

// NewModel makes a session of engine model.
func NewModel(cfg Config) Session {
	m := modelPool.Get().(*model)
	h := handshakePool.Get().(*handshake)
	*m = model{hs: h}
	m.session.init(m, &cfg)
	*h = handshake{cfg: cfg, hand: h.hand[:0], scratch: h.scratch[:0], events: h.events[:0], random: random{key: cfg.Unique}}
	h.lo, h.hi = cfg.versions()
	if cfg.Role == Client {
		h.want = wantServerHello
	}
	return m
}

func (m *model) start() {
	h := m.hs
	if m.role == Client {
		h.random.fill(h.clientRandom[:])
		h.random.fill(h.sessionID[:])
		m.push(event{kind: evFlight, text: FlightClientHello, cost: m.costs.handshake(stepClientHello, Client, h.hi, false, 0, 0)})
	}
}

func (m *model) feed(p packet.Payload) {
	if m.in.Len == 0 {
		m.in = p
		return
	}
	m.in.AppendPayload(p)
}

func (m *model) push(e event) { m.hs.events = append(m.hs.events, e) }

// reject ends the session with an alert of ours, or without one for NoAlert.
func reject(a Alert, cause string) event {
	if cause == "" {
		cause = a.String()
	}
	return event{kind: evFail, alert: a, text: cause}
}

func (m *model) poll() (event, bool) {
	for {
		if h := m.hs; h != nil {
			if h.next < len(h.events) {
				e := h.events[h.next]
				if h.next++; h.next == len(h.events) {
					clear(h.events)
					h.events, h.next = h.events[:0], 0
				}
				return e, true
			}
			if h.over {
				m.freeHandshake()
			}
		}
		e, progress := m.record()
		if e.kind != 0 {
			if h := m.hs; h != nil && h.next < len(h.events) { // what the record gave before comes first
				m.push(e)
				continue
			}
			return e, true
		}
		if !progress {
			return event{}, false
		}
	}
}

func (m *model) seal(p packet.Payload) packet.Payload {
	var w writer
	records := m.size.count(m.version, p.Len)
	w.out.Spans = make([]packet.Span, 0, 2*records+len(p.Spans))
	octets := records * (Overhead(m.version))
	for _, s := range p.Spans {
		octets += len(s.Bytes)
	}
	w.buf = make([]byte, 0, octets)
	var part packet.Payload
	for p.Len > 0 {
		n := m.size.cut(m.version, p.Len)
		if n == p.Len {
			w.seal(&m.wr, m.version, typeData, p.Spans, n)
			break
		}
		part.Reset()
		part.AppendRange(p, 0, n)
		w.seal(&m.wr, m.version, typeData, part.Spans, n)
		p.Drop(n)
	}
	return w.payload()
}

func (m *model) alert(a Alert) packet.Payload {
	var w writer
	body := [2]byte{a.level(), byte(a)}
	if m.wr.key == 0 {
		w.plain(typeAlert, uint16(TLS12), 2)
		w.buf = append(w.buf, body[:]...)
		return w.payload()
	}
	if m.hs != nil && m.role == Client && m.version == TLS13 && m.hs.flight < stepLast {
		w.plain(typeCCS, uint16(TLS12), 1) // the flight that failed began with it
		w.buf = append(w.buf, 1)
	}
	spans := [1]packet.Span{packet.Bytes(body[:])}
	w.seal(&m.wr, m.version, typeAlert, spans[:], 2)
	m.size.sent += int64(len(w.buf))
	return w.payload()
}

func (m *model) handshakeRecord(msg []byte) packet.Payload {
	var w writer
	spans := [1]packet.Span{packet.Bytes(msg)}
	w.seal(&m.wr, m.version, typeHandshake, spans[:], len(msg))
	m.size.sent += int64(len(w.buf))
	return w.payload()
}

func (m *model) info(i Info) Info {
	i.Suite = suiteName(m.suite)
	return i
}

func (m *model) finish() {
	m.in = packet.Payload{}
	m.freeHandshake()
}

func (m *model) freeHandshake() {
	h := m.hs
	if h == nil {
		return
	}
	m.hs = nil
	clear(h.events)
	*h = handshake{hand: h.hand[:0], scratch: h.scratch[:0], events: h.events[:0]}
	handshakePool.Put(h)
}

func (m *model) free() {
	m.freeHandshake()
	*m = model{session: session{state: Ended}}
	m.eng = m
	modelPool.Put(m)
}
