// Package msrp is the Message Session Relay Protocol of an endpoint (RFC 4975, URIs as RFC 6135 and 6714 use them):
// an incremental parser and an append-style encoder, and a machine without I/O for the sessions of one connection.
//
// Parser takes the octets of a stream as they arrive, in pieces of any size, and gives heads, runs of body and ends of
// chunks; synthetic octets pass through as spans and are never made real, so a 100 MB body costs nothing. Conn is one
// TCP or TLS connection, Session one MSRP session, Endpoint the sessions of one host; the owner feeds Conn.Input,
// Conn.Send and Conn.Tick and drains Conn.Next. Outputs name requests and responses sent and received.
//
// Not modelled: relays and AUTH (RFC 4976; answered 501), header folding, non-SEND requests with bodies other than to
// skip them, a check of From-Path, a timer for messages whose last chunk never comes. The transaction timer starts when
// the end-line is handed over, also where a full transport takes the last octets of it later. Headers that the package does not know are kept in order.
//
// Validated by the octet-exact examples of its tests (sizes cross-checked with tshark), by splitting every example at
// every octet, by fuzzing the parser, and by two machines talking to each other over a byte stream.
package msrp
