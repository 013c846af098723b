// Package ice is ICE for one TCP connection (RFC 6544 with RFC 8445): candidates and their SDP, and two agents, a full one that
// makes checks and a lite one that only answers them.
//
// Modelled: host candidates active, passive and simultaneous-open, priorities and pairing (RFC 6544 §4.2, §6.2); the checks of a
// full agent at pace Ta, each over a connection of its own, STUN in frames of RFC 4571, triggered checks over the connection that
// a check came by (§7.2), regular nomination, role conflicts (RFC 8445 §7.3.1.1), closing of what was not selected; the
// lite agent (RFC 8445 §2.5); ice-mismatch (RFC 8839 §4.2.5).
//
// Not modelled: server-reflexive and relayed candidates (those of others are read and used; ours are not gathered: in the
// topologies of this project one side is public), NAT-assisted and UDP-tunnelled ones, several components and
// streams, so nothing is ever frozen; restarts, consent (RFC 7675), trickling.
//
// Validated between two agents and between agents and the lite one, with connections that a test makes and breaks, and by
// scenarios behind NATs with set-up times in closed form.
package ice
