// Package h248 is the gateway control protocol H.248.1 (Megaco) of the Iq, Ix and Mp interfaces, without I/O: the text
// codec, the packages as data, the identifier map, and the transaction machine of either side.
//
// # What is here
//
//   - Message and what it holds: a typed tree. Parse reads pretty and compact text of versions 1 to 3 in any case, long
//     and short keywords mixed; Message.Append writes either style, version 2 unless told otherwise. Local and Remote
//     are kept as octets; package sdp reads them. A SyntaxError has the line, the column and the error code to answer.
//   - PackageTable, Profiles, Validator: which properties, signals, events, statistics and values exist (errors 440 to 457).
//   - Identifiers: every name of the media security procedures on the wire with its provenance. ErrorCodes and
//     ServiceChangeReasons are the numbered texts.
//   - TopologyRule: the rule language of the property seplink/x_topo.
//   - Endpoint: requests, repetition, replies, Pending, at-most-once execution, acknowledgements, loss of the association
//     (H.248.1 §8, Annex D), the same machine for MGC and MG, over UDP or TCP. NextTPKT and AppendTPKT frame TCP.
//   - Registration: a gateway's ServiceChange by cold boot, disconnection, handoff and failover, with a random wait.
//   - A few builders for commands of a controller.
//
// # Choices of ours
//
//   - Pretty text has one element a line, indented by tabs, with " = ". Erlang/OTP leaves the blanks out in parameters
//     and puts an empty line behind SDP, so its pretty text differs by some octets. Compact text has its sizes, except that
//     we keep SDP's line ends and a value's quotes as they were given, and OTP normalises both.
//   - "Signals" without braces stops all signals, as OTP reads it; empty braces are read too.
//   - A Pending sets repetition to LongRequest (10 s) and starts TMax anew. [I]
//   - A reply behind a Pending asks for acknowledgement and is repeated until it comes, at most for LongTimer. [I]
//   - A transaction's id stays known for LongTimer even when its reply was acknowledged.
//
// # Not modelled
//
//   - The binary encoding; authentication headers are read over.
//   - Version 3's segmentation of what we write: a reply that is too long becomes error 533. What the peer segments is
//     put together, or ends with 459.
//   - Audits filtered by value, of signal lists, and of parts of Mux, Modem and ObservedEvents: answered with 501.
//   - Digit maps, multiplex and modem: their syntax is checked (442), then they are refused (444, 520).
//   - The estimate of round-trip time for the first repetition (Annex D.1.3): it is configured.
//
// # How it was validated
//
// Erlang/OTP megaco decodes all examples of the procedures, both our encodings of them, walks through the grammar and
// generated messages, with the same meaning; a live OTP megaco entity completes a call with ours in either role over UDP; the sizes of the compact examples are compared octet by octet. The parser
// and the endpoint are fuzzed; every pattern of six losses ends in one execution and one answer.
package h248
