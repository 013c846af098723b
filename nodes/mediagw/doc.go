// Package mediagw is the media gateway: the IMS-AGW. It executes H.248 commands on contexts,
// terminations and streams, relays or terminates TCP, terminates TLS on protected legs, and lets the correlation machine
// of package bearer decide what an event on one leg means for the other.
//
// Modelled: H.248 contexts with two ephemeral terminations and any number of streams; TCP modes relay (stateless NAPT of
// every segment, TS 23.334 cl. 5.16.1) and fwd with two connections (cl. 5.16.2.2), late and early, and the presets
// tls-cross and tls-then-tcp; merge; proxy; a new connection beside the old one (RFC 4145 §5); hole punching by order
// (H.248.84); removal of a stream; restart; TLS with certificate fingerprints on either leg; latching; source filter; supervisory timers; statistics; notification of failures;
// registration with a list of controllers (maximum waiting delay, disconnection, failover, handoff, graceful and forced end);
// audits of media, events, statistics and packages; heartbeats and reports of a silent controller.
//
// Not modelled: fwd.splice, application-aware rewriting, ServiceChange of single terminations, bandwidth policing.
//
// Validated with real TCP peers: failures F1 to F14, legs that come up in any order with data cut in any way, release rows
// and punching; and by the scenarios of the families timeline, tcp and e2ae-msrp, whose instants have closed forms.
package mediagw
