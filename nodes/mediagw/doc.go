// Package mediagw is the media gateway: the IMS-AGW, the TrGW, and the MRFP. It executes H.248 commands on contexts,
// terminations and streams, relays or terminates TCP, terminates TLS on protected legs, and lets the correlation machine
// of package bearer decide what an event on one leg means for the other.
//
// Modelled: H.248 contexts with two ephemeral terminations and any number of streams; TCP modes relay (stateless NAPT of
// every segment, TS 23.334 cl. 5.16.1) and fwd with two connections (cl. 5.16.2.2), late and early, or one that it follows (splice), and the presets
// tls-cross and tls-then-tcp; merge; proxy; a new connection beside the old one (RFC 4145 §5); hole punching by order
// (H.248.84); removal of a stream; restart; TLS with certificate fingerprints on either leg; latching by order and implicit,
// with deadlock supervision; source filter; ICE lite for TCP (RFC 6544); paths of MSRP messages (TR 29.828 cl. 4.1.4);
// supervisory timers; statistics; notification of failures;
// registration with a list of controllers (maximum waiting delay, disconnection, failover, handoff, graceful and forced end);
// as MRFP a context with any number of terminations, at each of which a connection ends at package mrfp;
// audits of media, events, statistics and packages; heartbeats and reports of a silent controller.
//
// Not modelled: holding an early SYN of a spliced stream (its repetition passes), resetting one, MSRP messages edited by the
// controller (H.248.78), ServiceChange of single terminations, bandwidth policing.
//
// Validated with real TCP peers: failures F1 to F14, legs that come up in any order with data cut in any way, release rows
// and punching; and by the scenarios of the families timeline, tcp and e2ae-msrp, whose instants have closed forms.
package mediagw
