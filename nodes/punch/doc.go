// Package punch is TCP hole punching between two peers behind NATs: each learns from a rendezvous server, over a connection
// of its own, where its partner's packets come from, and opens to that from the local port of that connection; the SYNs cross
// and open each other the way, or the one that comes later gets in behind the one that went out.
//
// Modelled: the parallel procedure of RFC 5128 §3.4 and of Ford, Srisuresh and Kegel (Peer-to-Peer Communication Across
// NATs, 2005, §4): one local port for the connection to the server, for listening and for opening; a repeated attempt each
// second where one was refused; prediction of the partner's next port for NATs that count (RFC 5128 §3.4.2 [I]); a start
// that is later at one end; the first connection over which the partner has named itself wins. The server is the signalling
// of the real world, which in IMS is SDP through the P-CSCF.
//
// Not modelled: opening to the partner's private address as well (peers behind one NAT), SYNs with a small TTL (STUNT,
// NATBlaster), the server's relaying of data.
//
// Validated between hosts behind NATs of every mapping and filtering behaviour against the outcomes that RFC 5128 and the
// timing of the two SYNs give (package analysis/explore).
package punch
