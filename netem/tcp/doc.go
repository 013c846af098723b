// Package tcp is the TCP of simulated hosts as a machine without I/O (RFC 9293).
//
// A Conn is one end of a connection: plain state that takes segments, the owner's calls and the passing of time, each
// with the instant and its cause, and gives segments, events and a deadline. The owner is a host, which keeps
// listening ports, finds the Conn of a segment, draws initial sequence numbers and arms the timer. Its loop after every
// input is
//
//	for c.Emit(now, out) { … }              // segments first: a handshake's ACK goes alone, data follow it
//	for e, ok := c.NextEvent(); ok; … { … } // these may lead to Write, Read, Close: then emit again
//	arm(c.Deadline())                       // then c.Tick(now, the wait recorded under c.TimerCause())
//
// Draining events first lets what they lead to share a segment with the acknowledgement that is due.
//
// # Events
//
// EvReadable comes once for every arriving segment that made octets readable, N of them; its cause is that of the
// segment, for a filled hole the one that filled it. The peer's FIN in order gives EvFINReceived and then, for the
// octets of the same segment and the end of the stream, EvReadable, with N 0 when the FIN came alone; EOF holds once
// everything before the FIN is read. EvReset is always followed by EvClosed with the same Reason. EvClosed comes once:
// at the entry to TIME-WAIT, at the end of LAST-ACK, after a reset in either direction. When State is Closed after it
// and Emit has been drained, the Conn may be reused. In TIME-WAIT the host keeps the Conn until its Deadline, or takes
// Lingering from it, drains Emit and reuses it.
//
// # Causes
//
// A segment goes out because of the last to come true of: the write of its first octet; the arriving segment, or the
// passing of time, that allowed it. A deadline keeps the cause it was armed with. Acknowledgements go out because of
// the segment that asked for them, a delayed one because of its timer, a window update because of the Read.
//
// # Modelled
//
// The state machine with simultaneous open and close and half-close (RFC 9293 §3.10), resets (§3.5.2), challenge
// acknowledgements and their limit (RFC 5961), MSS, window scale and timestamps with PAWS (RFC 7323), the retransmission
// timer (RFC 6298), slow start, congestion avoidance, fast retransmit (RFC 5681), NewReno (RFC 6582), the initial
// window (RFC 6928), limited transmit (RFC 3042), selective acknowledgements with reports of repetitions (RFC 2018,
// RFC 2883) and recovery by a scoreboard (RFC 6675), Proportional Rate Reduction (RFC 6937), RACK-TLP (RFC 8985), CUBIC
// (RFC 9438), ECN (RFC 3168), delayed acknowledgements and Linux's quick ones, silly window avoidance at both ends and
// its override timer, zero-window and keepalive probes in the form that Linux uses, Nagle, user timeout, SYN repetitions
// of three schedules, ICMP errors of two profiles with Path MTU (RFC 1191, RFC 8201), TIME-WAIT and its early end
// (RFC 6191, RFC 1337), reductions undone (RFC 3522 and 4015 by timestamps, RFC 3708 by D-SACK, RFC 5682 after timeouts), HyStart of
// Linux and HyStart++ (RFC 9406), Linux's limits of repetitions (tcp_retries2, tcp_orphan_retries) and of FIN-WAIT-2.
// testdata/conformance.txt lists every rule with its source and its test. The zero Config is NewReno with selective acknowledgements; ProfileRFC and ProfileLinux are named sets.
//
// # Where we choose
//
// The congestion window grows only while it is used. The round-trip time is measured to the nanosecond on one segment
// at a time; timestamps serve where that one was sent again. Without selective acknowledgements everything is sent
// again from SND.UNA on after a timeout, as far as acknowledgements do not show that the receiver has it; with them what
// was reported is kept, unless the receiver turns out to have dropped it. Where RACK leaves segments under way at a
// timeout, the window is those and one segment. RACK's least round-trip time is the connection's. A recovery of RFC 6675
// does not find the loss of a retransmission: the timeout does. The window is set down at once on ECE and on a loss that
// a probe repaired. A repeated SYN is answered by the SYN,ACK, not by an ACK, and not twice within half a second. Abort
// sends RST,ACK. The timestamp clock ticks in milliseconds from an offset that hangs on the two addresses.
//
// # Not modelled
//
// Pacing; SYN backlogs; probing for a larger path MTU (RFC 4821, RFC 8899), and
// its increase with time; Linux's pingpong mode of acknowledgements, tail loss probes without RACK;
// AccECN and ECN++; urgent data; octets in a SYN (they are left to be sent again); TCP Fast Open; SYN cookies; growth of
// the receive window by use (the whole buffer is offered at once); corking; security options; the number of a FIN beyond a
// hole in selective acknowledgements; how octets were cut into segments (a tail probe is a full one from the end).
//
// # Validation
//
// Tests go by section of the RFCs: every row of the state table, the order of SEGMENT ARRIVES, timers to the
// nanosecond, vectors for RTO and windows worked out by hand; two ends over a wire that loses, repeats and reorders;
// with every combination of SACK, RACK, PRR and CUBIC;
// CUBIC's integers against floating point; arbitrary segments by fuzzing; every segment taken with and without header prediction, to the same state; more than
// 2^32 octets in one connection; no allocation in the steady state. In internal/linuxtcp: the same scripts with the
// Linux kernel's TCP, segment by segment. In internal/oracle/netstack: gVisor's TCP, segment by segment in scripts and
// by goodput over loss, round-trip time and congestion control. In package netem: a golden table of throughput over
// loss and round-trip time, and the response functions of NewReno (Mathis) and CUBIC.
package tcp
