// Package netstack holds our TCP against that of gVisor, both in virtual time, over the links of a simulated network.
//
// A gVisor stack is a node of the network (node_test.go): what arrives is marshalled and injected as octets, what it sends
// is read from a channel endpoint and unmarshalled. Its clock is the kernel's (clock_test.go): timers fire as events, those
// of one instant in the order in which they were set, which gVisor's own manual clock leaves to a map. gVisor works on
// goroutines of its own. After each packet and each timer the node pauses the stack: gVisor's processors stop only when their
// queues are empty, so that the call is a barrier, not a guess, and the kernel goes on only when the stack is quiet. With its
// random numbers drawn from a seed a run can be repeated, segment by segment (TestRepeatable).
//
// The package is tests only: nothing that is built for users needs gVisor.
//
// # What is compared
//
// Bulk transfers over loss × round-trip time × congestion control × who sends to whom (matrix_test.go): every octet is held
// against the pattern that was sent, nothing stalls, and the ratio of our sender's goodput to gVisor's with the same receiver
// stays within a band (bands_test.go). All pairings at once through one link (interleaved_test.go). Without drawn loss,
// scripts (script_test.go): handshake options, half-close, resets, simultaneous open, zero window, keepalive; the segments of
// the four pairings, and the differences as data with their reasons (difference_test.go).
//
// # Limits
//
// IPv4 only, one connection a stack, no ECN, no urgent data. Two habits of gVisor are corrected: the order of segments sent
// in one instant (clock_test.go), and Reno's congestion avoidance (reno_test.go), by reaching into the pinned version's
// private state.
package netstack
