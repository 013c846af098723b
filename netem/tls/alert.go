package tls

import "strconv"

var alertNames = map[Alert]string{
	CloseNotify: "close_notify", UnexpectedMessage: "unexpected_message", BadRecordMAC: "bad_record_mac",
	RecordOverflow: "record_overflow", HandshakeFailure: "handshake_failure", BadCertificate: "bad_certificate",
	IllegalParameter: "illegal_parameter", DecodeError: "decode_error", DecryptError: "decrypt_error",
	ProtocolVersion: "protocol_version", InternalError: "internal_error", UserCanceled: "user_canceled",
	NoRenegotiation: "no_renegotiation", MissingExtension: "missing_extension", UnrecognizedName: "unrecognized_name", UnknownPSKIdentity: "unknown_psk_identity",
	CertificateRequired: "certificate_required", NoAlert: "none",
}

// String returns the name of RFC 8446 §6, "alert(n)" for others.
func (a Alert) String() string {
	if s, ok := alertNames[a]; ok {
		return s
	}
	return "alert(" + strconv.Itoa(int(a)) + ")"
}

// received is the cause string of a session that the peer's alert ended.
func (a Alert) received() string { return "alert(" + strconv.Itoa(int(a)) + ")" }

// level is the alert's level (RFC 5246 §7.2): 1 warning, 2 fatal.
func (a Alert) level() byte {
	if a == CloseNotify || a == UserCanceled || a == NoRenegotiation {
		return 1
	}
	return 2
}

// Causes of OutFailed other than an alert's name (ours) or alert(n) (the peer's).
const (
	CauseFingerprint = "fingerprint_mismatch"
	CauseTruncated   = "truncated"               // the transport closed without a close_notify
	CauseClosedEarly = "closed_during_handshake" // the transport or the peer closed before both Finished
	CauseNotTLS      = "not_tls"                 // the first octets are no TLS record
	CauseNoCert      = "no_certificate"          // the client has none
)
