// Package packet is what travels between hosts: addresses, IP packets with parsed headers, payloads of real and synthetic
// octets, a pool, and the wire form.
//
// Packets cross the simulated network with headers parsed and payloads by reference. Marshal makes the octets, with
// correct lengths and checksums, where somebody looks: at a capture, in the quotation of an ICMP error, at the edge to
// real networks. Unmarshal is the way back. Len tells the length without making octets.
//
// TCP options are written in the order that Linux uses: MSS, SACK-permitted and timestamps, window scale, SACK blocks.
//
// Not modelled: IPv4 options and IPv6 extension headers other than the fragment header (skipped when parsed), the flow
// label, the urgent pointer, TCP options beside those named, transports beside TCP, UDP, ICMP and ICMPv6.
//
// Validated against gopacket (octets of every kind of packet), by round trips, and by fuzzing.
package packet
