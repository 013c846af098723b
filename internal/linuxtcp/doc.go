// Package linuxtcp holds the TCP of the simulated hosts against that of the Linux kernel that runs the tests.
//
// # How
//
// A play is a script over two ends, left and right, that writes, waits and closes by the calls of package net. It is played
// twice: with the kernel's sockets on the left, in a network namespace of the play's own that a TUN device joins to the
// simulated network in real time; and with a simulated host of profile linux on the left, in virtual time. On the right is a
// simulated host in both, or a peer that sends segments made by hand. The segments that pass the left end's interface are
// written down with relative numbers, and must be the same ones in both plays, in either direction; where they differ, the
// play names each difference and why it is there. Schedules of timers are compared by the gaps between segments.
//
// Transfers in both directions at once, under loss in either, are compared by digest of the octets.
//
// # Not compared
//
// Windows and their scale but for zero and not zero, values of timestamps and initial sequence numbers; how the two
// directions interleave; the sizes of the segments of a transfer under loss.
package linuxtcp
