// Package mrfp is what an MRFP does with the messages of a conference, without I/O: the MSRP end of each participant, and
// the switch between them. The MRFP itself is a media gateway (package mediagw, interface mp): it owns contexts, terminations,
// connections and TLS, and gives a Member the octets of a participant's connection once it is through.
//
// Modelled: one conference a context with any number of members, each with a session and a connection of its own; a message
// that is complete is passed to all others that are bound, under a Message-ID of its own, in order; responses and
// transactions of RFC 4975; the binding SEND of the active side (RFC 6135 §4.2.2).
//
// Not modelled: CPIM wrapping, private messages and nicknames (RFC 7701), a bound on what waits for a slow reader, chunks
// passed on before their message is complete, reports across the switch, floor control.
//
// Validated by tests of switching, order and members that come and go, and by the scenarios of topology mp.
package mrfp
