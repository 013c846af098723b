// Package invariant watches a run for what must never happen, whatever the scenario: the six rules of thumb of spec
// reference §7.5 and the conservation laws of the simulator itself. It shares no code with what it checks: it knows nodes
// by their milestones and by the octets on their interfaces, learns from the H.248 and SDP text on the wire which legs are
// protected, and frames TLS records and TCP sequence space by itself. Only at the end does it ask for counters.
//
// Checked from milestones: TLS within TCP, close_notify before FIN, no close_notify after RST, truncation shown, the
// reply that waits for no peer, through-connection only behind TLS, sessions ended, time.
// Checked from packets, at the interfaces of hosts: every octet of a protected leg inside TLS records and none of it
// plaintext, no octet of user data on the plain side of an e2ae session before the protected side is verified, nor in either direction where the certificate that its peer shows
// in clear (TLS 1.2) is not one that SDP has announced, no octet
// beyond the advertised window or behind a FIN.
// Checked at the border of a network that hides its topology, for what leaves it: no inside address as source, and none in a
// SIP message but in an MSRP path.
// Checked at the end: packets, contexts, ports and calls given back.
//
// Not checked: octets of later IP fragments; SDP that is cut by a fragment or segment boundary (H.248 never is); the
// octets of a direction in which a relay upstream has lost segments, from the loss on; a peer that never speaks TLS on a
// protected leg (an endpoint's fault that scenarios provoke), as long as nothing of it gets across.
// Above SampleFrom sessions the packets of one session in a few are looked at; milestones always are.
//
// Validated by mutation: for every invariant a test fabricates the violation and sees it reported.
package invariant
