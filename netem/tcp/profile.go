package tcp

import "time"

// ProfileRFC returns a Config that follows the RFCs to the letter: NewReno with SACK (RFC 6675), RTO of at least 1 s, three
// minutes of SYN repetitions, hard and soft ICMP errors of RFC 9293 §3.9.2.2.
func ProfileRFC() Config {
	return Config{SYNSchedule: RFC, ICMP: ICMPRFC, MaxRTO: 60 * time.Second}
}

// ProfileLinux returns a Config that behaves like a Linux 6.x host with CUBIC: RACK-TLP and PRR, RTO with a floor of 200 ms under
// the variance and 120 s at most, quick acknowledgements, ECN when asked, one challenge acknowledgement in 500 ms, 15 repetitions
// (tcp_retries2), HyStart, reductions undone, an initial window of ten segments.
func ProfileLinux() Config {
	return Config{
		SYNSchedule: Linux, ICMP: ICMPLinux,
		MinRTO: 200 * time.Millisecond, MaxRTO: 120 * time.Second, VarianceFloor: true,
		Congestion: CUBIC, PRR: true, RACK: true,
		QuickACK: true, ECN: ECNAccept,
		ChallengeEvery: 500 * time.Millisecond,
		Retries:        15, SlowStart: HyStart, Undo: true, InitialWindow: 10,
	}
}
