// Package sdp is the session description of connection-oriented media: a typed view of general SDP (the codec is
// pion's), the offer/answer rules of COMEDIA, TLS with fingerprints, MSRP CEMA and BFCP, and the SDP fragments inside
// H.248 Local and Remote descriptors.
//
// Description wraps a parsed body; Line is a view of one m-line. Attributes that the package does not know, and all
// that it has no reason to touch (key-mgmt, floorctrl, accept-types, …), stay as they are and where they are.
// Rules are functions of a few values, so that a table shows each; nothing derives one of offer role, TCP role, TLS
// role and first sender from another but the rule that the caller names.
//
// Not modelled: preconditions, bundling, several connections a stream.
//
// Validated by byte-exact round trips, by tables with one row for each row of the rules' sources, and by fuzzing.
package sdp
