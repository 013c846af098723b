// Package nat is a network address and port translator: RFC 4787 for UDP, RFC 5382 for TCP, RFC 5508 for ICMP, with
// the updates of RFC 7857 and what RFC 6888 adds for carriers.
//
// A Table is the translator without a network: a packet and a time go in, the packet comes out rewritten with a verdict.
// A Node is a Table in a netem.Network. What a NAT does is a Config; Preset has those of common kinds. Behaviours have
// the names and numbers of pion/transport's vnet.
//
// # What it models
//
// Mapping and filtering that depend on nothing, on the remote address, on address and port, or on the connection;
// port preservation and what is taken instead, parity, contiguity, allocation in turn, at random or in blocks for a
// subscriber, and overloading; each of these for TCP and UDP apart where asked;
// paired, arbitrary and soft pools of external addresses; hairpinning with external and internal source; refresh by
// direction and scope; TCP connections with the state machine of RFC 7857; simultaneous open; what is said to an
// unsolicited SYN, at once or after six seconds; RSTs when an open connection expires; quotas; ports that rest; fragments
// in any order; ICMP errors in both directions, with their quotations; one-to-one translation, alone and beside a pool; a
// DMZ host; reboots.
//
// Off by default, as RFC 4787 REQ-10 and RFC 5382 REQ-6 want it: an ALG that translates addresses in SIP and SDP over UDP
// and TCP and lets in the media that SDP announces, or one that drops what begins with a TLS record. The ALG has a scanner of
// its own and does not use the protocol packages above: it must find addresses and leave every other octet, of messages that
// are wrong too, as it is, where a parser and encoder would normalise. Over TCP it notes each message that it rewrites until
// it is acknowledged: sequence numbers, acknowledgements, SACK blocks and windows are shifted by what the edits before
// them added, and what is sent again is rewritten again from the note. Segments with the beginning of a message wait for the rest of
// it; positions in a rewritten message are in proportion, so that each segment has its share of the new text.
//
// State is kept in arrays with hash chains, deadlines in one queue that is moved on lazily: a packet of a known session
// allocates nothing, and a NAT has one timer in the kernel.
//
// # Not modelled
//
//   - ALGs: messages in IP fragments, and those whose sender waits for an acknowledgement of what is held, pass as they are, and
//     are counted (Stats.Unread); segments out of order are dropped until the gap is filled, so that a loss costs a timeout; addresses
//     in a= lines stay; hosts by name stay; ports other than 5060 are not looked at.
//   - A simultaneous open that is mistranslated, beside one of which a SYN or a SYN,ACK is dropped.
//   - PCP, UPnP and NAT-PMP; exemption by destination (RFC 6888 REQ-6); logging.
//   - TCP windows: what a filter does about sequence numbers that are out of them.
//   - Translation between IPv4 and IPv6, and of protocols other than TCP, UDP and ICMP.
//   - Shorter timers for well-known ports (RFC 4787 REQ-5a), and keep-alive probes by the NAT (RFC 5382 REQ-5).
//   - State by packets from outside that a filter lets in: only a TCP SYN makes any, and what goes to a DMZ host.
//   - Processing time: a NAT takes none.
//
// # How it was validated
//
// Against the Linux kernel's masquerade, by a probe that classifies both (netem/attach); with pion/ice agents behind every
// pair of kinds; by tables with one packet in and its translation out, for every requirement of the RFCs above; against vnet's NAT for
// the nine pairs of mapping and filtering, expiry included; by TCP connections between hosts through one NAT and two;
// by a property test that no two mappings have one external endpoint; by fuzzing; and by counting allocations.
package nat
