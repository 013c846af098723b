// Package mrfc is the conference server but for its media: the application server that is the focus of conferences, and the
// MRFC that controls an MRFP by H.248 over Mp (TS 23.333), as one node (spec reference §1.1).
//
// Modelled: participants that dial in (TS 23.333 cl. 6.2.20.1) and that the server dials out to; one context a conference, made
// with its first participant and gone with its last, and one termination a participant; orders for one context one after
// the other, as its id is not known before the first reply; roles by a=setup, with EstBNC where the MRFP is to open; TLS with
// fingerprints (TS 33.328 Annex G.2); Notify of failures and ends, and another EstBNC where so configured; restart of the
// MRFP. The conference is that of the node: its URI is the node's.
//
// Not modelled: several conferences at one node, conference factory and URI lists, REFER, the conference event package, re-INVITE,
// MIKEY-TICKET (Annex G.3), BFCP, session timers; who releases a call of the server's own counts from the ACK.
//
// Validated by runs with refusals, silence, errors and restarts of the MRFP (scenarios/run, TestConferenceFailures), and by the
// scenarios tcp-mp-* and timeline-mp-*.
package mrfc
