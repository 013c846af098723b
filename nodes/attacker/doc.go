// Package attacker is somebody on the path between two nodes who means no good. Packets pass as through a router, but TCP connections
// for media end at the attacker, who opens them on in the opener's name, and does to what they carry what his list of attacks says:
// TLS with a certificate of his own in both directions, records with a bit changed, said twice or cut off, and a ClientHello
// that knows less than it did.
//
// Not modelled: attacks on SIP and H.248, which pass; attacks on connections that were open before; forged resets.
//
// Validated by the scenarios e2ae-msrp-mitm-…, in which each attack is found out by the ends, with both TLS engines.
package attacker
