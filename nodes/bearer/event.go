package bearer

// Event is something that happens on a SEP: to its connection, by order of the controller, or by a timer.
type Event uint8

// The events (§7.2 names in the strings).
const (
	None Event = iota
	SynIn
	TCPUp       // connection established
	TCPFail     // our own attempt failed; the cause string says how
	FinIn       // the peer's FIN, everything before it read
	RstIn       // the peer's RST
	TCPLost     // an established connection has timed out
	TCPGone     // both directions are closed
	HelloIn     // a ClientHello has arrived
	HandshakeUp // both Finished are through
	TLSUp       // handshake finished and peer verified
	TLSFail     // the TLS session failed by our own judgement; our alert is out
	AlertIn     // the peer's fatal alert
	CNIn        // the peer's close_notify, everything before it read
	Configured  // the controller has added or modified the SEP
	EstTCP      // tcpbcc/EstBNC
	EstTLS      // tlsbsc/EstBNC
	RelTCP      // tcpbcc/RelBNC
	RelTLS      // tlsbsc/RelBNC
	SubtractBoth
	SubtractOne
	Removed   // the stream is taken out of its context
	Restarted // the gateway has lost everything
	Renewed   // a new connection has taken the place of the old
	OnSynHold
	OnEstGuard
	OnTLSGuard
	OnFPGuard
	OnRel
	OnHalfClose
	OnMergeWait
	NumEvents
)

var eventNames = [NumEvents]string{
	"-", "tcp.in.syn", "tcp.established", "tcp.est.fail", "tcp.fin", "tcp.rst", "tcp.timeout", "tcp.closed",
	"tls.clienthello", "tls.handshake", "tls.established", "tls.est.fail", "tls.alert", "tls.close_notify",
	"configured", "tcpbcc/EstBNC", "tlsbsc/EstBNC", "tcpbcc/RelBNC", "tlsbsc/RelBNC", "subtract.both", "subtract.one", "stream.removed", "mg.restart", "tcp.renewed",
	"synHoldTimer", "estGuard", "tlsGuard", "fpGuard", "relTimer", "halfCloseTimer", "mergeTimer",
}

// String returns the event's name in the rule language of §7.2.
func (e Event) String() string { return eventNames[e] }

// TimerEvent returns the event that the expiry of t is.
func TimerEvent(t Timer) Event { return OnSynHold + Event(t) }

// Action is what a rule does to a SEP.
type Action uint8

// The actions (§7.2). Each is idempotent: on a SEP where it has nothing to do, nothing happens.
const (
	Nothing     Action = iota
	Hold               // keep the SYN unanswered, until the partner's attempt ends
	HoldBriefly        // keep it until synHoldTimer
	Accept             // answer the SYN, or the held one, with SYN,ACK
	Drop               // ignore the SYN, forget a held one
	Shut               // the same, and take no SYN any more
	Refuse             // answer the SYN, or the held one, with RST,ACK
	Establish          // send a SYN
	Renew              // take, or open, a new connection beside the old, which it replaces when it is up
	StartClient        // send a ClientHello
	AwaitHello         // wait for one
	ArmTLS             // start when TCP is established
	CloseTLS           // close_notify behind what is queued
	FIN                // FIN behind what is queued
	Release            // close_notify, where protected, and FIN, both behind what is queued
	Reset              // RST; a leg whose handshake has begun sends internal_error(80) first
	Abort              // RST, nothing before it
	Silence            // forget the attempt without a segment
	BadCert            // bad_certificate(42)
	Discard            // what is queued towards the peer, and what it still sends, is dropped and counted
	Suspend            // stop reading
	StartRel           // relTimer
	StartHalfClose
	StopHalfClose
	StartMergeWait
	StopMergeWait
	NotifyTCPFail
	NotifyTLSFail
	NotifyTCPRel
	NotifyTLSRel
	NotifyUp
	Reject449 // the order is answered with Error 449
	NumActions
)

var actionNames = [NumActions]string{
	"-", "hold", "hold.briefly", "tcp.accept", "drop", "shut", "refuse", "tcp.establish", "tcp.renew", "tls.establish", "tls.await", "tls.arm",
	"tls.close", "tcp.fin", "release", "tcp.rst", "tcp.abort", "silence", "alert.bad_certificate", "discard", "suspend",
	"start.relTimer", "start.halfCloseTimer", "stop.halfCloseTimer", "start.mergeTimer", "stop.mergeTimer",
	"notify.tcpFail", "notify.tlsFail", "notify.tcpRel", "notify.tlsRel", "notify.up", "error.449",
}

// String returns the action's name in the rule language of §7.2.
func (a Action) String() string { return actionNames[a] }
