package tcp

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// Config is what a connection is made with. The zero value is a usable default throughout. A host compares the whole with
// each connection that it opens, so fields of a size are together: without gaps that is one comparison of memory.
type Config struct {
	MSS               int           // largest segment this end announces; 0: from the path's MTU, as the host sets it
	SendBuffer        int           // octets, up to 1 GiB; 0: 256 KiB
	RecvBuffer        int           // octets, up to 1 GiB; 0: 256 KiB
	InitialRTO        time.Duration // 0: 1 s (RFC 6298 §2.1)
	MinRTO, MaxRTO    time.Duration // 0: 1 s, 60 s
	ConnectTimeout    time.Duration // give up an active open after this, however many SYNs that makes; 0: as the schedule says
	DelayedACK        time.Duration // 0: 40 ms; negative: every segment is acknowledged at once
	UserTimeout       time.Duration // give up after this without an acknowledgement (RFC 5482); 0: 15 min, or as Retries says
	Retries           int           // Linux's tcp_retries2: give up at the timeout after the time that so many take; after Close at most 8; 0: UserTimeout alone
	TimeWait          time.Duration // length of TIME-WAIT; 0: 60 s
	FinWait2          time.Duration // longest FIN-WAIT-2 after Close; 0: 60 s; negative: for ever
	HalfClosed        time.Duration // longest FIN-WAIT-2 after CloseWrite alone, while the owner still reads; 0: for ever
	InitialWindow     int           // segments, also when one SYN was lost (Linux: 10); 0: RFC 6928
	KeepAlive         time.Duration // probe after this much silence (RFC 9293 §3.8.4; Linux: 2 h when switched on); 0: never
	KeepAliveInterval time.Duration // between probes; 0: 75 s
	KeepAliveProbes   int           // give up after so many; 0: 9
	ChallengeEvery    time.Duration // at most one challenge acknowledgement in this time (Linux: 500 ms); 0: ten in 5 s (RFC 5961 §7)

	Pool *Pool // buffers shared by the connections of one run, never by two; nil: each connection keeps its own

	NoWindowScale bool // do not offer RFC 7323 window scaling
	NoTimestamps  bool // do not offer RFC 7323 timestamps
	Nagle         bool // RFC 1122 §4.2.3.4; off by default, as in Go's net package
	SYNSchedule   SYNSchedule
	ICMP          ICMPReaction // what unreachable messages do
	NoSACK        bool         // do not offer selective acknowledgements (RFC 2018)
	NoDSACK       bool         // do not report octets that came twice (RFC 2883)
	PRR           bool         // proportional rate reduction in recoveries with selective acknowledgements (RFC 6937)
	RACK          bool         // RACK-TLP in place of the rules of RFC 6675 (RFC 8985); only with selective acknowledgements
	Congestion    Congestion   // congestion control
	SlowStart     SlowStart    // how slow start ends before a loss
	Undo          bool         // undo reductions for which nothing was lost (RFC 3522, RFC 4015, RFC 3708, RFC 5682)
	ECN           ECNMode      // explicit congestion notification (RFC 3168)
	VarianceFloor bool         // MinRTO is a floor of the variance term, as in Linux, not of the whole
	QuickACK      bool         // Linux's delayed acknowledgements: at once at the start, then 40 to 200 ms by estimate; DelayedACK is not used
}

// Congestion selects the congestion control.
type Congestion uint8

// The congestion controls.
const (
	NewReno Congestion = iota // RFC 5681, RFC 6582
	CUBIC                     // RFC 9438
)

// ICMPReaction selects how a connection takes ICMP destination unreachable messages.
type ICMPReaction uint8

// The reactions to ICMP.
const (
	ICMPLinux ICMPReaction = iota // every unreachable ends an active open at once; none ends an established connection
	ICMPRFC                       // protocol and port unreachable end a connection in any state, the others never (RFC 9293 §3.9.2.2)
)

// SYNSchedule selects when an unanswered SYN is repeated.
type SYNSchedule uint8

// The schedules of SYN repetition: seconds after the first SYN.
const (
	Classic SYNSchedule = iota // 1, 3, 7, 15, 31, 63; gives up at 127 (RFC 6298 backoff, Linux before 6.5)
	Linux                      // 1, 2, 3, 4, 5, 7, 11, 19, 35, 67; gives up at 131 (Linux since 6.5)
	RFC                        // 1, 3, 7, 15, 31, 63, 123; gives up at 183 (RFC 9293 §3.8.3: at least three minutes)
	Steady                     // every InitialRTO, for ConnectTimeout: hole punching (RFC 5128 §3.4)
)

// State is a connection's state (RFC 9293 §3.3.2).
type State uint8

// The states of RFC 9293 §3.3.2. LISTEN is the host's, not a connection's.
const (
	Closed State = iota
	SynSent
	SynReceived
	Established
	FinWait1
	FinWait2
	CloseWait
	Closing
	LastAck
	TimeWait
)

// EventKind says what an Event reports.
type EventKind uint8

// What a connection reports to its owner.
const (
	EvSYNSent     EventKind = iota + 1 // every SYN, also repetitions (N counts from 1)
	EvSYNReceived                      // the peer's SYN, with or without ACK; once
	EvSYNACKSent                       // every SYN,ACK (N counts from 1)
	EvEstablished
	EvReadable    // N octets more, or the peer's FIN behind them, can be read; once per arriving segment that made some readable
	EvWritable    // there is room again after a Write that was not accepted whole
	EvDrained     // everything written has been acknowledged; only after WantDrained
	EvFINSent     // first transmission of our FIN
	EvFINReceived // the peer's FIN is in order: no more octets will come
	EvRSTSent
	EvReset      // the peer's RST, or an ICMP error or a timeout, ended the connection: Reason says which
	EvRetransmit // a segment was sent again; N is its number of octets
	EvClosed     // the connection is gone for the owner: both FINs are through (TIME-WAIT goes on by itself) or it was reset
)

// Reason says why a connection ended before its time.
type Reason uint8

// Reasons of EvReset and of EvClosed.
const (
	None        Reason = iota
	Refused            // RST in SYN-SENT, or ICMP port unreachable
	Unreachable        // other ICMP errors that are hard
	TimedOut           // no answer
	PeerReset          // RST in a later state
	Aborted            // the owner's own Abort
)

// Event is one report to the owner. Why is the cause of the report itself: what it brings about carries it on.
type Event struct {
	Kind   EventKind
	Reason Reason
	N      int
	Why    sim.Cause
}

// Opening is a SYN that arrived for a listening port: all that is needed to answer it, now or later.
type Opening struct {
	Local, Remote packet.AddrPort
	Header        packet.TCPHeader
	Why           sim.Cause
}
