// Package mediagw is the media gateway: the IMS-AGW. It executes H.248 commands on contexts,
// terminations and streams, relays or terminates TCP, terminates TLS on protected legs, and lets the correlation machine
// of package bearer decide what an event on one leg means for the other.
//
// Modelled: H.248 contexts with two ephemeral terminations and any number of streams; TCP modes relay (stateless NAPT of
// every segment, TS 23.334 cl. 5.16.1) and fwd with two connections (cl. 5.16.2.2), late and early, and the presets
// tls-cross and tls-then-tcp; merge and proxy as far as the correlation tables carry them; TLS with certificate
// fingerprints on either leg; latching; source filter; supervisory timers; statistics; notification of failures.
//
// Not modelled: fwd.splice, hole punching, application-aware rewriting, ServiceChange other than cold boot, audits of
// more than statistics, bandwidth policing.
//
// Validated by the scenarios of the families timeline, tcp and e2ae-msrp, whose instants have closed forms.
package mediagw
