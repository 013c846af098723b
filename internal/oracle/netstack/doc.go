// Package netstack holds our TCP against that of gVisor, both in virtual time, over the links of a simulated network.
//
// A gVisor stack is a node of the network (node_test.go): what arrives is marshalled and injected as octets, what it sends
// is read from a channel endpoint and unmarshalled. Its clock is the kernel's (clock_test.go): timers fire as events, those of one instant
// in the order in which they were set. gVisor works on goroutines of its own. After each packet and each
// timer the node pauses the stack: gVisor's processors stop only when their queues are empty, so that the call is a barrier,
// not a guess, and the kernel goes on only when the stack is quiet. With its random numbers drawn from a seed a run can be
// repeated, segment by segment (TestRepeatable).
//
// The package is tests only: nothing that is built for users needs gVisor.
//
// # What is compared
//
// Bulk transfers over loss × round-trip time × congestion control × who sends to whom (matrix_test.go): every octet is held against the
// pattern that was sent, nothing stalls, and the goodput of our sender stays within a band around that of gVisor's with the same
// receiver. Without loss, scripts (script_test.go): handshake options, half-close, resets, simultaneous open, zero
// window, keepalive; the segments of the four pairings, and the differences as data, with the reason for each.
package netstack
