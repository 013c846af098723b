// Package alg is what P-CSCF and IBCF have in common: a transaction-stateful SIP proxy in the route of every dialog that
// controls a media gateway over H.248 and speaks for it in SDP. What the two do apart, users on one hand and the border
// to another network on the other, is behind the interface Node.
//
// Modelled: for each session a context with a termination on either side, set up as in TS 23.334 cl. 6.2.10.3 and 6.2.18 in
// TCP modes relay, fwd, merge and proxy; end-to-access-edge TLS with fingerprints, for the calling and for the called UE;
// a=setup by the decision table (rows T1 to T6, O1 to O5, H1, M1); merge once hole punching has failed, by re-INVITEs of the
// ALG's own, where a B2BUA's numbers and session timers go on (spec reference §8.5 step 6); ICE for TCP towards users, which ends here; offers
// inside the call; session timers as a proxy (RFC 4028 §8); release by
// either side, and by the ALG itself when the gateway reports a failure (TS 24.229 cl. 5.2.8); every
// ServiceChange of the gateway, its audit after a time apart, heartbeats and reports of silence (rows ).
//
// Not modelled: relay once hole punching has failed, or merge where it was to be for an offer inside the call, where legs do not
// wait for one another (accept, strict control) or the gateway knows the application; ICE for connections that offers inside a
// call bring (they latch); offers in UPDATE and in answers to an INVITE without one.
//
// Validated between a UE, a home network and a gateway that the tests of package pcscf play; and by every scenario with a
// gateway.
package alg
