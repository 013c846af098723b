// Package pcscf is the P-CSCF with its IMS-ALG: the UE's outbound proxy, the network's side of the security agreement for
// media, and the H.248 controller of the IMS-AGW.
//
// Modelled: REGISTER with Path and the mediasec entries of RFC 3329 headers, 494 on a mismatch (TS 24.229 cl. 5.2.2,
// 7.2A.7); a transaction-stateful proxy in the route of every dialog; for each session a context with an access and a
// core termination, set up as in TS 23.334 cl. 6.2.10.3 and 6.2.18 in TCP modes relay, fwd, merge and proxy;
// end-to-access-edge TLS with fingerprints, for the calling and for the called UE; a=setup by the decision table (rows T1 to
// T6, O1 to O5, H1, M1), which takes a UE for one behind a NAT whose REGISTER comes from another address than its Contact;
// release by either side, and by the ALG itself when the gateway reports a failure (TS 24.229 cl. 5.2.8).
//
// Not modelled: re-INVITE (so no change of roles when hole punching fails), several media lines, IPsec, P-headers beyond what routing needs.
//
// Validated between a UE, a home network and a gateway that the test plays: decision table, rewriting octet for octet, rows
// E7 to E9; and by every scenario with a gateway.
package pcscf
