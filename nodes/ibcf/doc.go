// Package ibcf is the interconnection border control function: where calls leave a network and enter another one. Its ALG,
// which controls the TrGW over Ix, is in package alg; there is no access side and no user, so no TLS ends here and no NAT
// is looked for.
//
// Modelled: entry and exit (TS 24.229 cl. 5.10.2, 5.10.3), the next hop by configuration; decisions about a=setup by the rows
// without NAT (T1 to T3, O1, O2, H1, M1); TLS from end to end passes; a source filter towards the other network (gm/saf).
// Topology hiding (cl. 5.10.4): entries of Via, Record-Route, Path and Service-Route that the own network has made leave it as
// one token and are put back when they return. Contact, Call-ID, the address in o= and the agent of a Warning are hidden by
// means of our own [SIM]; so is the cipher.
//
// Not modelled: more than one other network at an IBCF, screening, transcoding, interworking of IP versions, roaming
// registrations beyond the header fields. An MSRP path stays as it is, as CEMA needs it (RFC 6714 §5), and shows
// the address of the UE that made it.
//
// Validated between two networks and a gateway that the test plays; the invariant topology-hidden looks for inside addresses
// in whatever an IBCF sends to another network.
package ibcf
