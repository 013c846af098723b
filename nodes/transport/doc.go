// Package transport carries signalling between machines without I/O and a simulated host: SIP over UDP and TCP with
// connection reuse and the processor time of each message, and H.248 over UDP and TCP.
//
// Not modelled: IPsec and TLS below SIP (3GPP TS 33.203), SIP compression, SCTP below H.248, keep-alives of RFC 5626.
//
// Validated by tests of transport choice, connection reuse, refused connections and malformed streams, and by captures
// that TShark reads.
package transport
