// Package netem is the network between the nodes: hosts and routers joined by point-to-point links, IPv4 and IPv6, UDP,
// ICMP, and TCP on the machine of package tcp.
//
// # What it models
//
// A Network is built once (AddHost, AddRouter, Connect, ComputeRoutes) and then runs on its kernel's events. A link has
// two directions, each with a rate, a propagation delay, jitter with or without reordering, loss, a finite queue and an
// MTU of its own; and, by Medium, LossModel and Discipline, with what tc-netem and the usual queues do besides. Transmission times are exact: the fraction of a nanosecond that a rate leaves over is carried to the
// next packet of a busy period. A direction has one pending event however many packets are under way, so a packet-hop
// costs one event.
//
// Losses are independent, correlated as tc-netem has it, of a Gilbert-Elliott chain in packets or in time, or of a chain of
// four states. Delays are constant, even, normal, Pareto, of a tc-netem table or of quantiles, and may depend on the one
// before without a change of distribution. A Medium duplicates packets, flips bits, lets packets skip the delay, delivers
// in slots, and marks instead of losing. Disciplines (package queue) choose and drop packets: each packet that has waited
// costs one more event.
//
// Routers forward by single addresses and longest prefix, along paths of least delay, then fewest hops, then the
// interface connected first. They count down the TTL, fragment IPv4 where DF allows it, and send ICMP errors: time
// exceeded, unreachable, fragmentation needed, Packet Too Big. Hosts fragment what they send, reassemble what they get
// (RFC 791, RFC 8200 with RFC 5722), learn path MTUs (RFC 1191, RFC 8201), answer echo requests, and answer closed ports
// with RST or port unreachable unless told to be silent. A host's TCP gives its owner every SYN that matches no
// connection; to accept, refuse, delay or ignore it is the owner's decision. TIME-WAIT is kept apart, in compact form. With
// very many connections a host asks for memory ahead of what is about to happen; owners can do the same, with Expect.
//
// Every packet carries its cause. With a trace, each hop is a record (link.hop) with the time spent waiting, under
// transmission and under way; so are drops (link.drop, router.drop, host.drop), ICMP errors (icmp.error) and expiries
// of TCP's timers (tcp.timer).
//
// # Conventions
//
//   - The queue's limits count the packets that wait, not the one under transmission.
//   - A packet that the medium loses has been queued and transmitted first. Duplicates are made on the medium: they are
//     not transmitted twice.
//   - A damaged packet has one wrong bit in captures. A router drops it where the bit is in an IPv4 header, a host in any
//     case, for some checksum covers every bit; both count it in Core.Damaged. In between it is treated as what its sender
//     meant: a router reads the right address of a damaged IPv6 header, and a fragment is dropped before reassembly [SIM].
//   - Correlation of chances is tc-netem's recurrence, under which far fewer packets are concerned than the probability
//     says; correlation of delays is not: it keeps the distribution.
//   - A link that goes down loses what waits and what is under way at once. Routes do not change.
//   - A packet for a host's address reaches it over that address's link, or over another of its links where that one is
//     out of reach. Hosts do not forward, but see Host.Relay.
//   - An owner's call never brings on a call of the same owner's for the same stream: segments leave at once, events
//     are reported later in the same instant.
//
// # Not modelled
//
//   - Link layers: ARP, neighbour discovery, Ethernet framing (but DirectionConfig.Overhead), shared media.
//   - Queue disciplines with classes, and SFQ, CAKE or PIE; cells (tc-netem's rate with a cell size).
//   - More than one wrong bit in a packet.
//   - Multicast, broadcast, IP options and extension headers, flow labels, router advertisements, DHCP.
//   - Routing protocols: routes are computed once from the whole graph.
//   - Redirects, source quench, and rate limits of ICMP errors.
//   - Ageing of a learned path MTU, and black-hole detection (RFC 4821).
//   - TCP urgent data.
//
// # How it was validated
//
// Arrival times against closed forms to the nanosecond, mean delays against M/D/1 and M/M/1, a million back-to-back
// packets without drift, queue overflow and loss against exact counts and binomial bounds, wire octets against gopacket,
// fragments against the octets of the whole datagram, reassembly in any order and with every kind of bad fragment, routes
// against hand-drawn graphs, parsers and receivers by fuzzing, observers by equal fingerprints, and the hot path by
// counting allocations. Loss rates and bursts against the chains' algebra, distributions of delay against closed forms of
// their quantile functions, duplication, corruption and overtaking against binomial bounds, slots and the token bucket
// to the nanosecond.
package netem
