package tls

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// Session is one end of a TLS connection over somebody else's octet stream: the contract that both engines keep.
// It is a machine without I/O: the owner feeds it and then drains Next until it reports false. It does no waiting of
// its own: guard timers belong to the owner.
//
// TCP role, TLS role, who made the offer and who sends first are four independent facts; the session knows only the
// TLS role it was made with.
type Session interface {
	// Start begins the handshake: a client emits its ClientHello, a server waits for one.
	Start(now sim.Time, why sim.Cause)
	// Receive takes octets that arrived from the peer, in order. The session takes over p's spans.
	Receive(now sim.Time, why sim.Cause, p packet.Payload)
	// PeerClosed tells the session that the transport delivered the peer's FIN: without a close_notify before it, that is truncation.
	PeerClosed(now sim.Time, why sim.Cause)
	// Write sends application octets; they are queued until the session is Open. The session takes over p's spans. What is
	// written after Close, or after the peer's close_notify in TLS 1.2, is dropped.
	Write(now sim.Time, why sim.Cause, p packet.Payload)
	// SetFingerprints gives the session the fingerprints that the peer's certificate must match, when they were not known
	// at the start. A finished handshake in WaitVerify goes on to Established, or fails with bad_certificate(42). In a session
	// that is verified already it changes nothing: new fingerprints ask for a new connection (RFC 8842 §4).
	SetFingerprints(now sim.Time, why sim.Cause, fps []Fingerprint)
	// Close sends close_notify behind what was written. Before the end of the handshake there is nothing to wait for: the
	// close_notify leaves at once and ends the session. Idempotent.
	Close(now sim.Time, why sim.Cause)
	// Fail sends a fatal alert and ends the session.
	Fail(now sim.Time, why sim.Cause, a Alert)
	// Renegotiate asks for another handshake, as a client by ClientHello and as a server by HelloRequest (RFC 5246 §7.4.1.1). None of our
	// sessions grants that: it is what a peer of other make would do. Without an open session of TLS 1.2 nothing happens.
	Renegotiate(now sim.Time, why sim.Cause)
	// WorkDone tells the session that the processor has finished the work of the last OutWork.
	WorkDone(now sim.Time, why sim.Cause)
	// Next returns the next output, in order.
	Next() (Output, bool)
	// State returns where the session stands.
	State() State
	// Info returns what the handshake agreed on so far.
	Info() Info
	// Discard frees what the session holds, in whatever state it is, without a word to the peer. The owner must not touch
	// the session afterwards: its memory goes to the next one.
	Discard()
}

// Engine selects an implementation of Session.
type Engine uint8

// The engines. Two ends of a connection must have the same one: what Model sends looks like TLS but is not encrypted.
const (
	Model Engine = iota // exact messages and sizes, keys and signatures only stood for
	Real                // crypto/tls
)

// New makes a session of the given engine.
func New(e Engine, cfg Config) Session {
	if e == Real {
		return NewReal(cfg)
	}
	return NewModel(cfg)
}

// OutputKind says what an Output asks of the owner or reports to it.
type OutputKind uint8

// The outputs of a session.
const (
	OutSend         OutputKind = iota + 1 // Payload goes to the peer; Name says which flight or record it is
	OutData                               // Payload is application data from the peer, already verified
	OutWork                               // the processor is needed for Cost; until WorkDone the session makes no progress
	OutClientHello                        // server: a ClientHello has arrived (interlinkage preset tls-cross hangs on it)
	OutPeerCert                           // the peer's certificate has arrived; Info has it
	OutHandshakeEnd                       // both Finished are through
	OutVerified                           // the peer's certificate matched a fingerprint (or needs none)
	OutEstablished                        // handshake finished and peer verified: data may flow
	OutCloseNotify                        // the peer's close_notify: it will send no more
	OutFailed                             // the session is over before its time: Alert, Sent (ours or the peer's) and Name (cause string)
)

// Output is one thing that a session wants done or reports.
type Output struct {
	Kind    OutputKind
	Payload packet.Payload
	Cost    time.Duration
	Alert   Alert
	Sent    bool   // OutFailed: we sent the alert (or would have, had there been one)
	Name    string // OutSend: e.g. "ClientHello"; OutFailed: cause, e.g. "fingerprint_mismatch", "truncated", "not_tls", "alert(42)"
	Why     sim.Cause
}

// State is a session's state, in the terms of the stream endpoint that owns it.
type State uint8

// The states of a session.
const (
	Idle State = iota
	Handshaking
	WaitVerify // both Finished are through, the peer's fingerprint is not known yet: data is withheld
	Open
	CloseSent     // our close_notify is out
	CloseReceived // the peer's is in (TLS 1.3: we may still write)
	Ended
)

// Role is the TLS role, whatever the TCP role is.
type Role uint8

// The two roles.
const (
	Client Role = iota
	Server
)

// Version is a protocol version.
type Version uint16

// The protocol versions (RFC 5246, RFC 8446).
const (
	TLS12 Version = 0x0303
	TLS13 Version = 0x0304
)

// Alert is an alert description (RFC 5246 §7.2, RFC 8446 §6).
type Alert uint8

// The alerts that our nodes send or recognise.
const (
	CloseNotify         Alert = 0
	UnexpectedMessage   Alert = 10
	BadRecordMAC        Alert = 20
	RecordOverflow      Alert = 22
	HandshakeFailure    Alert = 40
	BadCertificate      Alert = 42
	IllegalParameter    Alert = 47
	DecodeError         Alert = 50
	DecryptError        Alert = 51
	ProtocolVersion     Alert = 70
	InternalError       Alert = 80
	UserCanceled        Alert = 90
	NoRenegotiation     Alert = 100
	MissingExtension    Alert = 109
	UnrecognizedName    Alert = 112
	UnknownPSKIdentity  Alert = 115
	CertificateRequired Alert = 116
	NoAlert             Alert = 255 // the session ended without one
)

// Fingerprint is a certificate's hash as SDP carries it (RFC 8122 §5).
type Fingerprint struct {
	Hash  string // lower-case hash name: "sha-256"
	Value string // upper-case hexadecimal pairs joined by colons
}

// KeyType selects the kind of certificate and signature.
type KeyType uint8

// The kinds of certificate.
const (
	ECDSAP256 KeyType = iota
	Ed25519
	RSA2048
)

// The TLS 1.2 cipher suites; TLS 1.3 always uses TLS_AES_128_GCM_SHA256.
const (
	ECDHEECDSA uint16 = 0xc02b // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, for ECDSA and Ed25519 certificates
	ECDHERSA   uint16 = 0xc02f // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
)

// Config is what a session is made with.
type Config struct {
	Role         Role
	MinVersion   Version // 0: TLS12
	MaxVersion   Version // 0: TLS12
	Certificate  *Certificate
	Fingerprints []Fingerprint // what the peer's certificate must match; nil: not known yet
	TrustAny     bool          // the peer's certificate is taken without looking at fingerprints
	AllowSHA1    bool          // SHA-1 fingerprints count; MD5 never does
	Suites       []uint16      // TLS 1.2 cipher suites, of ECDHEECDSA and ECDHERSA; nil: both
	Costs        *CostTable    // nil: DefaultCosts; see CostTable
	Unique       uint64        // seeds this session's randomness: different for every session and end of a run
}

// Info is what a handshake agreed on.
type Info struct {
	Version   Version
	Suite     string
	PeerCert  []byte // DER
	KeyLog    string // SSLKEYLOGFILE lines, engine real only
	CanDecode bool   // a capture can be decrypted with KeyLog
	Withheld  int    // octets of application data kept back until the peer is verified
}
