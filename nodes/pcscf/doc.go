// Package pcscf is the P-CSCF: the UE's outbound proxy and the network's side of the security agreement for media. Its IMS-ALG,
// which controls the IMS-AGW over Iq, is in package alg.
//
// Modelled: REGISTER with Path and the mediasec entries of RFC 3329 headers, 494 on a mismatch (TS 24.229 cl. 5.2.2,
// 7.2A.7); a UE counts as one behind a NAT whose REGISTER comes from another address than its Contact.
//
// Not modelled: IPsec, P-headers beyond what routing needs.
//
// Validated between a UE, a home network and a gateway that the test plays: decision table, rewriting octet for octet, rows
// E7 to E9; and by every scenario with a gateway.
package pcscf
