// Package stun is the part of STUN that connectivity checks take: Binding requests, their responses, and the attributes
// of ICE, with short-term credentials; and the framing in which they travel over TCP.
//
// Modelled: header and magic cookie (RFC 8489 §5), XOR-MAPPED-ADDRESS, USERNAME, MESSAGE-INTEGRITY, FINGERPRINT,
// ERROR-CODE, UNKNOWN-ATTRIBUTES, SOFTWARE (§14); PRIORITY, USE-CANDIDATE, ICE-CONTROLLED, ICE-CONTROLLING (RFC 8445 §16.1); the
// two-octet length before each message on a connection (RFC 4571 §2, RFC 6544 §3).
//
// Not modelled: long-term credentials (the key can be given, NONCE and REALM are skipped), MESSAGE-INTEGRITY-SHA256,
// ALTERNATE-SERVER, methods other than Binding, the classic STUN of RFC 3489.
//
// Validated with the test vectors of RFC 5769, against the codec of pion/stun in both directions, and by fuzzing.
package stun
