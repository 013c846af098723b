package tcp

import (
	"time"

	"imsim/netem/packet"
	"imsim/sim"
)

// Conn is one end of a TCP connection: plain state without I/O. The zero value is closed; OpenActive and OpenPassive
// make something of it and may be called again once it is closed.
//
// Every input (Segment, Write, Tick, …) takes the current instant and the cause of the input. After each one the owner
// drains Emit, then NextEvent, in that order unless it wants a reply to share a segment with the acknowledgement, and
// arms its timer with Deadline.
//
// Among very many connections an event costs what it fetches from memory, a line of 64 octets at a time. So a connection
// with what a host keeps beside it (48 octets, which lie before it) takes eight lines, and what is used together is in one.
type Conn struct {
	cfg *Config
	x   *extension // nil: not needed at the moment

	// A line: what a segment is matched with, and what tells it from the one expected.
	localAddr, remoteAddr packet.Addr
	localPort, remotePort uint16
	state                 State
	use                   purpose // of timers.rtx
	sndWS, rcvWS          uint8
	una, nxt              uint32 // nxt is one past the highest sequence number sent (RFC 9293 §3.3.1)
	end                   uint32 // one past the last octet written; our FIN takes this number
	rnxt                  uint32
	redge                 uint32 // right edge of the window as announced
	rack                  uint32 // last acknowledgement sent (Last.ACK.sent of RFC 7323)

	// A line: what is queued.
	events *reports // nil: none
	snd    ring     // written, not yet acknowledged
	rcv    ring     // in order, not yet read
	ooo    ring     // beyond a hole
	now    sim.Time // of the latest input

	// A line: numbers of both directions.
	wnd, maxWnd uint32 // offered by the peer, in octets
	wl1, wl2    uint32 // segment of the last window update
	tsRecent    uint32
	tsOffset    uint32
	rmss        uint32 // largest payload seen
	mss         uint32 // largest payload we send
	ownMSS      uint32 // as we announce it
	sndBuf      uint32 // sizes of our buffers
	rcvBuf      uint32
	readSince   uint32 // octets read since the window was last opened
	cursor      uint32 // chunk of snd that holds nxt, or the one before it
	segsIn      uint32
	segsOut     uint32
	waiting     uint32 // what was written before this number was there when waitWhy came true

	// A line: flags and causes.
	sack             bool // selective acknowledgements are in use
	rackOn           bool // RACK-TLP is in use
	lasting          bool // the extension stays
	resend           bool // the scoreboard may have something to be sent again
	tailDue          bool // a loss probe is to be sent
	keepDue          bool // a keepalive probe is to be sent
	ecn              bool // ECN is in use
	ecnAsked         bool // our SYN asked for it
	echo             bool // ECE is to be sent
	ceNow            bool // the segment at hand came with CE
	eceNow           bool // the acknowledgement at hand came with ECE
	cwr              bool // CWR is to be sent
	offerWS, offerTS bool // what our SYN or SYN,ACK carries
	ts               bool // timestamps are in use
	passive          bool // SYN-RECEIVED was reached from LISTEN
	held             bool // the SYN,ACK is withheld
	synDue           bool // a SYN or SYN,ACK is to be sent
	ackDue           bool // an acknowledgement is to be sent now
	probeDue         bool // a window probe is to be sent
	rstDue           bool
	rstBare          bool // the reset answers a segment: rstSeq, without ACK
	synAcked         bool // our SYN is acknowledged
	override         bool // the persist timer lets a small segment go
	repeated         bool // a SYN or SYN,ACK was sent more than once
	finQueued        bool
	finSent          bool
	finSeen          bool
	noReader         bool // Close was called: what arrives has nobody to read it
	wantDrained      bool
	writeBlocked     bool
	softError        bool
	rstReason        Reason
	syns             uint8     // SYN or SYN,ACK segments sent
	challenges       uint8     // since challengeSince
	waitWhy          sim.Cause // the last input that may have allowed what was waiting
	ackWhy           sim.Cause // of the acknowledgement that is due
	tsRecentAt       sim.Time

	// Two lines: time and congestion.
	timers   timers
	lastSent sim.Time
	cc       reno
	rtt      rtt
	rec      recovery

	octetsAcked, octetsReceived uint64

	// What few segments need.
	finSeq          uint32    // of the peer's FIN, when finSeen
	finWhy          sim.Cause // of CloseWrite
	iss             uint32
	retransmissions uint32
	undone          uint32 // reductions undone
	rstSeq          uint32
	rstWhy          sim.Cause
	challengeSince  sim.Time
}

// Defaults of Config.
const (
	defaultBuffer      = 256 << 10
	defaultInitialRTO  = time.Second
	defaultMinRTO      = time.Second
	defaultMaxRTO      = 60 * time.Second
	defaultDelayedACK  = 40 * time.Millisecond
	defaultUserTimeout = 15 * time.Minute
	defaultTimeWait    = 60 * time.Second
	defaultFinWait2    = 60 * time.Second
	fallbackRTO        = 3 * time.Second // RFC 6298 §5.7
	timestampOctets    = 12              // the option with its padding (RFC 7323 App. A)
)

func or[T ~int | ~int64](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}

// bufferSize is what a buffer of the configured size holds: no more than the largest window (RFC 7323 §2.3).
func bufferSize(configured int) uint32 {
	return uint32(min(max(or(configured, defaultBuffer), 0), 1<<30))
}

func (c *Conn) minRTO() time.Duration { return or(c.cfg.MinRTO, defaultMinRTO) }
func (c *Conn) maxRTO() time.Duration { return or(c.cfg.MaxRTO, defaultMaxRTO) }

// giveBack gives everything back that was lent.
func (c *Conn) giveBack() {
	if c.cfg == nil {
		return
	}
	c.snd.release(c.cfg.Pool)
	c.rcv.release(c.cfg.Pool)
	c.ooo.release(c.cfg.Pool)
	c.cfg.Pool.putReports(c.events)
	c.dropExtension()
}

// init resets everything and keeps what a reused Conn may keep.
func (c *Conn) init(now sim.Time, cfg *Config, local, remote packet.AddrPort, iss uint32) {
	if c.cfg != nil { // not a new one, which is all zero
		c.giveBack()
		*c = Conn{} // in place; a literal with values would be made elsewhere and copied
	}
	c.cfg = cfg
	c.localAddr, c.localPort, c.remoteAddr, c.remotePort, c.now = local.Addr, local.Port, remote.Addr, remote.Port, now
	c.iss, c.una, c.nxt, c.end = iss, iss, iss, iss+1
	c.clearTimers()
	c.rec.recover = iss
	c.rtt.rto = or(cfg.InitialRTO, defaultInitialRTO)
	c.offerWS, c.offerTS = !cfg.NoWindowScale, !cfg.NoTimestamps
	c.tsOffset = timestampOffset(local, remote)
	c.sndBuf, c.rcvBuf = bufferSize(cfg.SendBuffer), bufferSize(cfg.RecvBuffer)
	c.rcvWS = windowShift(c.rcvBuf)
	c.ownMSS = uint32(announcedMSS(cfg, local.Addr))
	c.lastSent = now
	c.extendForLife()
}

// OpenActive begins an active open: the SYN is the next segment that Emit gives. iss is the initial sequence number.
// cfg must stay unchanged while the connection lives.
func (c *Conn) OpenActive(now sim.Time, why sim.Cause, cfg *Config, local, remote packet.AddrPort, iss uint32) {
	c.init(now, cfg, local, remote, iss)
	c.state = SynSent // RFC 9293 §3.10.1
	c.synDue = true
	c.allow(why)
	if cfg.ConnectTimeout > 0 {
		c.timers.giveUp.arm(now.Add(cfg.ConnectTimeout), why)
	}
}

// OpenPassive answers a SYN that arrived for a listening port. With hold the SYN,ACK is withheld until Release, and
// repetitions of the SYN are absorbed.
func (c *Conn) OpenPassive(now sim.Time, o *Opening, cfg *Config, iss uint32, hold bool) {
	c.init(now, cfg, o.Local, o.Remote, iss)
	c.state = SynReceived // RFC 9293 §3.10.7.2
	c.passive, c.held = true, hold
	c.takeSYN(now, &o.Header)
	c.event(EvSYNReceived, 0, o.Why)
	if !hold {
		c.synDue = true
		c.allow(o.Why)
	}
}

// Release sends the withheld SYN,ACK of a held passive open. It does nothing in other states.
func (c *Conn) Release(now sim.Time, why sim.Cause) {
	if !c.held || c.state != SynReceived {
		return
	}
	c.now = now
	c.held, c.synDue = false, true
	c.allow(why)
}

// Held reports whether a passive open waits for Release.
func (c *Conn) Held() bool { return c.held }

// Forget makes the connection vanish without a segment or an event, as if the host had lost its memory of it. Its addresses
// can still be read.
func (c *Conn) Forget() {
	local, remote := c.Local(), c.Remote()
	c.giveBack()
	*c = Conn{}
	c.localAddr, c.localPort, c.remoteAddr, c.remotePort = local.Addr, local.Port, remote.Addr, remote.Port
	c.clearTimers()
}

// State returns the connection's state.
func (c *Conn) State() State { return c.state }

// Local returns this end's transport address.
func (c *Conn) Local() packet.AddrPort { return packet.AddrPort{Addr: c.localAddr, Port: c.localPort} }

// Between reports whether the connection is one between these transport addresses.
func (c *Conn) Between(local, remote *packet.AddrPort) bool {
	return c.remotePort == remote.Port && c.localPort == local.Port && c.remoteAddr == remote.Addr && c.localAddr == local.Addr
}

// Remote returns the peer's transport address.
func (c *Conn) Remote() packet.AddrPort {
	return packet.AddrPort{Addr: c.remoteAddr, Port: c.remotePort}
}

// allow notes an input that may allow what has been waiting to be sent: whatever was written before it and goes out
// after it goes out because of it.
func (c *Conn) allow(why sim.Cause) {
	c.waiting, c.waitWhy = c.end+1, why
	if !c.finQueued {
		c.waiting = c.end
	}
}

// causeOf returns the cause of sending the octet at seq, which was written because of written: the last to come true.
func (c *Conn) causeOf(seq uint32, written sim.Cause) sim.Cause {
	if lt(seq, c.waiting) {
		return c.waitWhy
	}
	return written
}

// synchronized reports whether both SYNs are through (RFC 9293 §3.3.2).
func (c *Conn) synchronized() bool { return c.state >= Established }

// dead ends the connection at once: nothing more will be sent, what is unread is gone (RFC 9293 §3.10.7.4: all segment
// queues are flushed).
func (c *Conn) dead() {
	c.snd.release(c.cfg.Pool)
	c.rcv.release(c.cfg.Pool)
	c.ooo.release(c.cfg.Pool)
	c.clearTimers()
	c.dropExtension()
	c.state = Closed
	c.held, c.synDue, c.ackDue, c.probeDue = false, false, false, false
	c.rec.from, c.rec.to = c.una, c.una
	c.rackOn, c.sack = false, false
}

// reset ends the connection because of something that came from outside.
func (c *Conn) reset(r Reason, why sim.Cause) {
	c.dead()
	c.report(EvReset, r, 0, why)
	c.report(EvClosed, r, 0, why)
}

// Stats are the figures of a connection so far.
type Stats struct {
	SYNs            int           // SYN or SYN,ACK segments sent
	SegmentsIn      int           // arrived, also those that were dropped
	SegmentsOut     int           // sent, of every kind
	Retransmissions int           // segments sent again, SYN and SYN,ACK not counted
	OctetsAcked     uint64        // of our stream
	OctetsReceived  uint64        // of the peer's stream, in order
	SRTT, RTTVar    time.Duration // 0 before the first sample
	RTO             time.Duration // with its doublings
	Cwnd, Ssthresh  int           // octets
	PeerWindow      int           // octets
	MSS             int           // largest payload sent
	Flight          int           // octets sent and not acknowledged
	Undone          int           // reductions of the window undone
}

// Stats returns the figures so far.
func (c *Conn) Stats() Stats {
	s := Stats{SYNs: int(c.syns), SegmentsIn: int(c.segsIn), SegmentsOut: int(c.segsOut),
		Retransmissions: int(c.retransmissions), OctetsAcked: c.octetsAcked, OctetsReceived: c.octetsReceived,
		SRTT: c.rtt.srtt, RTTVar: c.rtt.rttvar, Cwnd: int(c.cc.cwnd), Ssthresh: int(c.cc.ssthresh),
		PeerWindow: int(c.wnd), MSS: int(c.mss), Flight: int(c.nxt - c.una), Undone: int(c.undone)}
	if c.cfg != nil {
		s.RTO = c.rtt.timeout(c.maxRTO())
	}
	return s
}
