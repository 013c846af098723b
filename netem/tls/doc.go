// Package tls is the TLS layer of simulated hosts: one Session contract with certificates on both sides, kept by two
// engines, for TLS 1.2 (RFC 5246, ECDHE with X25519 and AES-128-GCM) and TLS 1.3 (RFC 8446).
//
// # Models
//
// Engine Model exchanges well-formed handshake messages and records of the exact sizes that crypto/tls of Go 1.26 has, for
// ECDSA P-256, Ed25519 and RSA-2048 certificates on either side, with crypto/tls' dynamic record sizes. Certificates are
// real and their fingerprints are compared for real; hashes stand for key exchange, signatures, Finished and authentication
// tags, and a keystream for encryption, so that a flipped bit, a wrong key or a wrong certificate fails with the alert that
// crypto/tls would send, and no plaintext is on the wire. Synthetic spans stay synthetic under the Masked bit.
//
// Engine Real is crypto/tls in virtual time: its handshake runs on a coroutine (iter.Pull) that parks instead of waiting;
// afterwards none is left. Sizes are the same in every run, since ECDSA signatures are made with a fixed length; octets are
// not, since crypto/tls draws its own randomness. Info.KeyLog decrypts a capture.
//
// Both have one session part, which turns what an engine finds into outputs; so the order of milestones and the processor
// time, which comes from CostTable, are the same. A step's OutWork goes ahead of its flight: an end's certificate is
// reported on arrival, its flight leaves when the work is done. One Write is one OutWork and one OutSend.
//
// Alerts and closing: a fingerprint mismatch is bad_certificate(42); a missing client certificate handshake_failure(40) or
// certificate_required(116); no common version 70, no common suite 40; octets that are not TLS end a session without an
// alert. TLS 1.2 answers a close_notify at once and drops pending writes, TLS 1.3 keeps its own direction open. A FIN
// without close_notify is truncation. A finished handshake whose peer's fingerprint is not known withholds data.
//
// # Not modelled
//
// Resumption and tickets, 0-RTT, HelloRetryRequest, PSK, ALPN, SNI and server names, certificate chains and their
// verification, revocation, client-side choice among certificates, key update, record padding, record_size_limit, other
// groups, signature schemes or suites. Renegotiation is never done; engine Model refuses it with no_renegotiation(100) and
// goes on [I], engine Real ends the session as crypto/tls does. In engine Model there is no secrecy against somebody who
// knows this package, both ends must be Model, and masked synthetic spans must reach the peer as spans.
//
// # Validation
//
// TestEnginesAgree and TestFailures hold Model to Real, output by output; where they disagree, Model is wrong.
// TestFlightSizes and TestRecordSizes are golden tables beside the measured sizes of OpenSSL and Go. Both engines are fuzzed.
//
// The keys under pool are published with the source and protect nothing.
package tls
