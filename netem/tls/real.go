package tls

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"iter"
	"net"
	"reflect" //tidy:reflect alerts of crypto/tls have no exported type
	"strings"
	"sync" //tidy:goroutine a pool of buffers, for all runs of a process
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// real is engine real: crypto/tls in virtual time. The handshake runs on a coroutine that parks where it would read from
// an empty connection; when it is over the coroutine is gone, and reading an empty connection gives an error that
// crypto/tls takes as temporary.
type real struct {
	session
	cfg    Config
	random random
	conn   *tls.Conn
	link   link
	keys   strings.Builder // SSLKEYLOGFILE lines
	suite  string

	next     func() (struct{}, bool)
	stop     func()
	begun    bool
	err      error // of the handshake
	complete bool  // the handshake has ended well

	events   []event
	first    int
	flights  []packet.Payload // of evFlight events that have not taken effect
	written  int              // flights that crypto/tls has written
	released int              // and those that have taken effect
	sealed   uint64           // records sealed after our Finished
	peerKey  KeyType
	mismatch bool
	hello    []byte
}

// epoch is the virtual wall clock's time at the start of a run; certificates are valid around it.
var epoch = sim.Time(0).Wall()

// NewReal makes a session of engine real.
func NewReal(cfg Config) Session {
	r := &real{cfg: cfg, random: random{key: cfg.Unique}}
	r.session.init(r, &cfg)
	return r
}

func (r *real) start() {
	lo, hi := r.cfg.versions()
	c := &tls.Config{
		Rand:                   &r.random,
		Time:                   func() time.Time { return epoch.Add(time.Duration(r.now)) },
		MinVersion:             uint16(lo),
		MaxVersion:             uint16(hi),
		CurvePreferences:       []tls.CurveID{tls.X25519},
		CipherSuites:           r.cfg.Suites,
		SessionTicketsDisabled: true,
		InsecureSkipVerify:     true, // no chain to verify: fingerprints tell who it is
		ClientAuth:             tls.RequireAnyClientCert,
		VerifyPeerCertificate:  r.verifyPeer,
		KeyLogWriter:           &r.keys,
	}
	if c.CipherSuites == nil {
		c.CipherSuites = []uint16{ECDHEECDSA, ECDHERSA}
	}
	if own := r.cfg.Certificate; own != nil {
		key, err := own.signer()
		if err != nil {
			panic("tls: pool key: " + err.Error())
		}
		c.Certificates = []tls.Certificate{{Certificate: [][]byte{own.DER}, PrivateKey: fixedLength(key)}}
	}
	if r.role == Server {
		c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
			r.events = append(r.events, event{kind: evClientHello})
			return nil, nil
		}
		r.conn = tls.Server(&r.link, c)
	} else {
		r.conn = tls.Client(&r.link, c)
	}
	r.next, r.stop = iter.Pull(func(yield func(struct{}) bool) {
		r.link.yield = yield
		r.err = r.conn.Handshake()
		r.link.yield = nil
	})
}

var errMismatch = errors.New("certificate matches no fingerprint")

// verifyPeer runs on the coroutine when the peer's certificate has arrived.
func (r *real) verifyPeer(raw [][]byte, _ [][]*x509.Certificate) error {
	if len(raw) == 0 {
		return nil
	}
	r.peerCert = raw[0]
	if c := known(raw[0]); c != nil {
		r.peerCert = c.DER
	}
	r.peerKey, _ = keyTypeOf(raw[0])
	r.events = append(r.events, event{kind: evPeerCert})
	if !r.arrived() {
		r.mismatch = true
		return errMismatch
	}
	return nil
}

func (r *real) feed(p packet.Payload) {
	r.link.in = p.AppendTo(r.link.in)
	if r.role == Client && len(r.hello) < helloRandomEnd {
		r.hello = append(r.hello, r.link.in[:min(len(r.link.in), helloRandomEnd-len(r.hello))]...)
	}
}

// helloRandomEnd is where the random of a hello ends, counted from its record: headers, version, random.
const helloRandomEnd = recordHeader + 4 + 2 + helloRandomLen

func (r *real) poll() (event, bool) {
	for {
		if r.first < len(r.events) {
			e := r.events[r.first]
			if r.first++; r.first == len(r.events) {
				clear(r.events)
				r.events, r.first = r.events[:0], 0
			}
			return e, true
		}
		if r.complete {
			if !r.read() {
				return event{}, false
			}
			continue
		}
		if r.next == nil || len(r.link.in) == 0 && (r.begun || r.role == Server) {
			return event{}, false
		}
		r.begun = true
		r.resume()
	}
}

// resume lets the handshake run until it wants more octets or is over.
func (r *real) resume() {
	_, parked := r.next()
	out := r.link.take()
	if !parked {
		r.next = nil
		if r.err != nil {
			r.failed(r.err, out)
			return
		}
		r.complete = true
		state := r.conn.ConnectionState()
		r.suite = tls.CipherSuiteName(state.CipherSuite)
	}
	if len(out) > 0 {
		r.wrote(out)
	}
	if r.complete {
		e := event{kind: evDone}
		r.version = r.agreed()
		if r.role == Server && r.version == TLS13 {
			e.cost = r.cost(stepLast)
		}
		r.events = append(r.events, e)
	}
}

// agreed tells the version by the secrets that were logged.
func (r *real) agreed() Version {
	if strings.Contains(r.keys.String(), "_HANDSHAKE_TRAFFIC_SECRET ") {
		return TLS13
	}
	return TLS12
}

func (r *real) cost(s step) time.Duration {
	var own KeyType
	if r.cfg.Certificate != nil {
		own = r.cfg.Certificate.Key
	}
	return r.costs.handshake(s, r.role, r.version, r.cfg.Certificate != nil, own, r.peerKey)
}

// wrote queues a flight that crypto/tls has written.
func (r *real) wrote(out []byte) {
	e := event{kind: evFlight}
	switch {
	case r.role == Client && r.written == 0:
		_, hi := r.cfg.versions()
		e.text, e.cost = FlightClientHello, r.costs.handshake(stepClientHello, Client, hi, false, 0, 0)
	case r.role == Client:
		r.version = r.agreed()
		e.text, e.cost = FlightCertificate, r.cost(stepClientFlight)
	case r.written == 0:
		r.version = r.agreed()
		r.hello = out[:min(len(out), helloRandomEnd)]
		e.text, e.cost = FlightServerHello, r.cost(stepServerFlight)
	default:
		e.text, e.cost = FlightFinished, r.cost(stepLast)
	}
	r.written++
	r.flights = append(r.flights, packet.PayloadOf(out))
	r.events = append(r.events, e)
}

func (r *real) flight() packet.Payload {
	p := r.flights[0]
	r.flights = r.flights[1:]
	r.released++
	return p
}

// failed turns an error of crypto/tls, and what it wrote last, into an event.
func (r *real) failed(err error, out []byte) {
	var op *net.OpError
	var header tls.RecordHeaderError
	a := NoAlert
	switch {
	case errors.As(err, &op) && op.Op == "remote error":
		// The alert's type is not exported; its kind is an octet.
		a = Alert(reflect.ValueOf(op.Err).Uint())
		r.events = append(r.events, event{kind: evAlert, alert: a})
		return
	case errors.Is(err, io.EOF):
		r.events = append(r.events, event{kind: evCloseNotify})
		return
	case r.complete && errors.As(err, &op) && op.Op == "local error":
		a = Alert(reflect.ValueOf(op.Err).Uint())
	case errors.As(err, &header) && (len(out) == 0 || header.Msg == "unsupported SSLv2 handshake received"):
		if len(out) > 0 {
			a = ProtocolVersion
		}
		r.events = append(r.events, event{kind: evFail, alert: a, text: CauseNotTLS, payload: packet.PayloadOf(out)})
		return
	case len(out) > 0:
		a = r.readAlert(out)
	default:
		a = InternalError
	}
	cause := a.String()
	switch {
	case r.mismatch:
		cause = CauseFingerprint
	case r.role == Server && r.written == 1 && r.peerCert == nil && (a == HandshakeFailure || a == CertificateRequired):
		cause = CauseNoCert
	}
	r.events = append(r.events, event{kind: evFail, alert: a, text: cause, payload: packet.PayloadOf(out)})
}

var plaintextPool = sync.Pool{New: func() any { return new([maxPlaintext]byte) }}

// read takes what has arrived after the handshake; false when there is nothing.
func (r *real) read() bool {
	buf := plaintextPool.Get().(*[maxPlaintext]byte)
	defer plaintextPool.Put(buf)
	n, err := r.conn.Read(buf[:])
	if n > 0 {
		r.events = append(r.events, event{kind: evData, records: 1, payload: packet.PayloadOf(append([]byte(nil), buf[:n]...))})
	}
	if err != nil && !errors.Is(err, wouldBlock{}) {
		r.failed(err, r.link.take())
		return true
	}
	return n > 0
}

func (r *real) seal(p packet.Payload) packet.Payload {
	for left := p.Len; left > 0; r.sealed++ {
		left -= r.size.cut(r.version, left)
	}
	if _, err := r.conn.Write(p.Bytes()); err != nil {
		panic("tls: writing to an open session: " + err.Error())
	}
	return packet.PayloadOf(r.link.take())
}

func (r *real) info(i Info) Info {
	i.Suite, i.KeyLog = r.suite, r.keys.String()
	i.CanDecode = i.KeyLog != ""
	return i
}

func (r *real) finish() {
	if r.stop != nil {
		r.stop()
	}
	r.next, r.stop, r.conn = nil, nil, nil
	r.link = link{}
	r.events, r.first, r.flights = nil, 0, nil
}

func (r *real) free() { r.finish() }
