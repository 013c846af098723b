// Package bfcp is the Binary Floor Control Protocol (RFC 8855): a codec of all primitives and attributes, and two machines
// without I/O, the floor control client of one connection and the floor control server of one conference.
//
// Parse and Message.AppendTo are the codec, for version 1 (TCP) and 2 (UDP); Fragments and Reassembly cut and join what is
// too long for a datagram. Framer cuts a stream into messages. Client is one participant or chair; Server the floors of a
// conference, with one Peer for each connection. The owner feeds Input, Lost and Tick and drains Next.
//
// Not modelled: retransmission and acknowledgement over UDP (RFC 8855 §8.3; FloorRequestStatusAck, FloorStatusAck, Goodbye and
// GoodbyeAck are coded, and a server over TCP answers them with Error 3), user display names and URIs in what the server says
// of users, digest of a conference's policies: a floor is either first come, first served or moderated by one chair.
//
// Validated by octet-exact examples, by fuzzing, by libre's decoder and Wireshark's dissector over every primitive, and by
// clients and a server talking to each other.
package bfcp
