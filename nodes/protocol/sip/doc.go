// Package sip models SIP as its users need it: a codec that forwards what it does not understand byte for byte, the four
// transaction machines, dialogs and the retransmissions that the user agent cores owe, all without I/O and in virtual time.
//
// # Parts
//
//   - Message, Header: a message is a start line, header lines in order and a body. Lines are slices of the received text,
//     so Parse costs three allocations and Append reproduces untouched lines exactly. Typed accessors (Via, Address, CSeq,
//     RAck, Challenge, Mechanism…) parse on demand; comma lists are walked lazily by Values.
//   - Framer: messages and keep-alives out of a TCP octet stream (RFC 3261 §18.3, RFC 5626 §4.4.1).
//   - Layer: transactions of one side of an entity (RFC 3261 §17, §18, RFC 6026, RFC 3581). The owner calls Request, Receive,
//     Respond, Cancel and Tick, then drains Next. A node whose sides have different clocks (P-CSCF) has a Layer a side.
//   - Dialog: state of RFC 3261 §12 and the requests made inside it.
//   - UAS, UAC: what the cores owe an INVITE outside its transaction: retransmission of the 2xx, reliable provisional
//     responses (RFC 3262), the ACK.
//   - IDs: branches, tags and Call-IDs of fixed length from a random stream.
//
// # Causes and time
//
// Every output names its cause. An armed deadline keeps the cause it was armed with; the owner reads it with TimerCause,
// records the wait, and hands the record on to Tick, which deals with one expired deadline a call:
//
//	for l.Deadline() <= now {
//		why := record(sim.TimerWait, l.TimerCause())
//		l.Tick(now, why)
//	}
//
// # Not modelled
//
//   - SCTP and WebSocket transports, multicast (maddr, ttl), DNS (RFC 3263), SigComp. TLS is a property of the owner's connection.
//   - The fall-back from TCP to UDP when a large request's connection is refused (RFC 3261 §18.1.1).
//   - Stateless proxies; merged-request detection (RFC 3261 §8.2.2.2); Timer N (RFC 6665).
//   - qop=auth-int and AKA proper: AKAv1-MD5 is computed as Digest over a shared key [I].
//   - Decoding of escapes in URIs outside comparison; MIME multipart bodies.
//
// # Validation
//
// Torture tables after the ideas of RFC 4475 in our own words, byte-exact forwarding, fuzz targets for codec, framer and
// layer, the digest vector of RFC 2617, timer schedules of each machine to the nanosecond for both timer sets and both transports, and scripts
// of flows with loss whose whole trace is compared.
package sip
