// Package ue is the user equipment: registration with security agreement, MSRP sessions as caller and as called, media
// over TCP and TLS with certificate fingerprints, and the user's script.
//
// Modelled: REGISTER with digest challenge and RFC 3329 headers with mediasec (TS 24.229 cl. 5.1.1, 7.2A.7); INVITE with
// offer and answer, provisional responses with and without 100rel, CANCEL, BYE; a=setup in every role (RFC 4145, 6135);
// a=msrp-cema (RFC 6714): dialling goes to c= and m=, matching by a=path, or as RFC 4975 has it; the binding SEND at once
// (RFC 6135 §4.2.2);
// a full ICE agent for TCP (RFC 6544).
//
// Not modelled: IMS AKA and IPsec (digest stands in), preconditions, forking, offers in UPDATE.
//
// Validated by calls from and to a network that the test plays (answers by role, refusals, CEMA), and by every scenario.
package ue
