package nodes

// The names of milestones. A scenario's expectations, the milestone ledger and the ladder all use these.
const (
	Registered      = "sip.registered"
	RegisterSent    = "sip.register.sent"
	RegisterRefused = "sip.register.refused"
	Deregistered    = "sip.deregistered"
	Tampered        = "sip.tampered" // somebody on the path has changed a message; detail: which, and how

	InviteSent      = "sip.invite.sent"
	InviteReceived  = "sip.invite.received"
	RingingSent     = "sip.183.sent"
	RingingRecv     = "sip.183.received"
	AnswerSent      = "sip.200.sent"
	AnswerReceived  = "sip.200.received"
	AckReceived     = "sip.ack.received"
	PrackSent       = "sip.prack.sent"
	PrackReceived   = "sip.prack.received"
	CancelSent      = "sip.cancel.sent"
	CancelReceived  = "sip.cancel.received"
	CallRejected    = "sip.rejected" // detail: status code
	ByeSent         = "sip.bye.sent"
	ByeReceived     = "sip.bye.received"
	CallReleased    = "sip.released"         // the final response to the BYE is in, or sent
	ReinviteRefused = "sip.reinvite.refused" // detail: status code, or what kept it from being sent
	PunchFallback   = "punch.fallback"       // an ALG goes on another way after a failed hole punch; detail: merge
	E2AEFallback    = "e2ae.fallback"        // detail: clear, where an ALG offers a call again without TLS
	SessionExpired  = "sip.session.expired"  // at a proxy, whose session timer has run out

	AddSent         = "h248.add.sent"
	AddReceived     = "h248.add.received"
	OrderReceived   = "h248.order.received" // a signal that has a connection or TLS established; detail: its name
	ModifySent      = "h248.modify.sent"
	ModifyReceived  = "h248.modify.received"
	SubtractSent    = "h248.subtract.sent"
	SubtractRecv    = "h248.subtract.received"
	ReplySent       = "h248.reply.sent"
	ReplyReceived   = "h248.reply.received" // detail: error code, if one
	NotifySent      = "h248.notify.sent"    // detail: cause
	NotifyReceived  = "h248.notify.received"
	AssociationUp   = "h248.association.up" // detail: what brought it up, the method of a ServiceChange but Restart
	AssociationLost = "h248.association.lost"

	ServiceChangeSent = "h248.servicechange.sent" // detail: method and reason
	ServiceChangeRecv = "h248.servicechange.received"
	AuditSent         = "h248.audit.sent"
	AuditReceived     = "h248.audit.received"
	Audited           = "h248.audited" // detail: the controller's and the gateway's contexts have been compared; how many were kept, orphaned, missing
	OrphanSubtracted  = "h248.orphan.subtracted"

	HeartbeatSent     = "h248.heartbeat.sent" // hangterm/thb; detail: termination
	HeartbeatReceived = "h248.heartbeat.received"
	InactivitySent    = "h248.inactivity.sent" // it/ito
	InactivityRecv    = "h248.inactivity.received"

	BackhaulSent     = "h248.backhaul.sent"     // the head of a message goes to the controller (H.248.78)
	BackhaulReceived = "h248.backhaul.received" // by the controller; or by the gateway, edited

	RequestRepeated    = "h248.request.repeated"
	RepeatReceived     = "h248.repeat.received" // and not carried out again
	ReplyRepeated      = "h248.reply.repeated"
	PendingSent        = "h248.pending.sent"
	PendingReceived    = "h248.pending.received"
	AckOfReplySent     = "h248.ack.sent"
	AckOfReplyReceived = "h248.ack.received"
	ReplyUnconfirmed   = "h248.reply.unconfirmed"
	TransactionRefused = "h248.refused" // detail: 505
	TransactionAborted = "h248.aborted" // detail: 506
	H248Error          = "h248.error"   // the peer answered a message by an error
	H248Malformed      = "h248.malformed"
	ErrorReceived      = "h248.error." // followed by the code of an error in a reply: h248.error.449; detail: its text

	SYNSent        = "tcp.syn.sent"
	SYNReceived    = "tcp.syn.received"
	SYNHeld        = "tcp.syn.held"
	SYNDropped     = "tcp.syn.dropped"
	SYNACKSent     = "tcp.synack.sent"
	SYNACKReceived = "tcp.synack.received"
	Latched        = "tcp.latched" // detail: the source that is the remote address from now on
	HolePunch      = "tcp.punch"   // a gateway opens into a NAT; detail: where to
	TCPEstablished = "tcp.established"
	TCPFailed      = "tcp.failed" // detail: cause
	FINSent        = "tcp.fin.sent"
	FINReceived    = "tcp.fin.received"
	RSTSent        = "tcp.rst.sent"
	RSTReceived    = "tcp.rst.received"
	TCPClosed      = "tcp.closed"

	CheckSent     = "ice.check.sent" // a request, the nominating one too
	CheckReceived = "ice.check.received"
	PairSelected  = "ice.selected" // detail: where its connection goes to, or comes from

	ClientHelloSent = "tls.clienthello.sent"
	ClientHelloRecv = "tls.clienthello.received"
	HandshakeDone   = "tls.handshake.done"
	TLSVerified     = "tls.verified"
	TLSEstablished  = "tls.established"
	TLSFailed       = "tls.failed"     // detail: cause
	AlertSent       = "tls.alert.sent" // detail: number
	AlertReceived   = "tls.alert.received"
	WarningSent     = "tls.warning.sent" // an alert that does not end the session; detail: its name
	CloseNotifySent = "tls.close_notify.sent"
	CloseNotifyRecv = "tls.close_notify.received"

	Through      = "through" // user data may flow between the two legs of a stream
	ThroughEnded = "through.closed"

	MSRPSendSent     = "msrp.send.sent"
	MSRPSendReceived = "msrp.send.received" // a message or binding SEND is complete; detail: number of octets
	MSRPBound        = "msrp.bound"         // the session is bound to its connection
	MSRPResponse     = "msrp.response.received"
	MSRPReport       = "msrp.report.received"
	MSRPDelivered    = "msrp.message.delivered"
	MSRPSwitched     = "msrp.message.switched" // an MRFP has passed a message to the other participants; detail: their number
	MSRPFailed       = "msrp.failed"

	MediaMoved   = "media.moved"     // a new connection has taken the place of the old; detail: leg
	MediaRemoved = "media.removed"   // a line has been taken out of the call; detail: leg
	RTPSent      = "rtp.sent"        // the first packet of a flow
	RTPReceived  = "rtp.received"    // likewise
	RTPEnded     = "rtp.ended"       // detail: how many packets were sent and received
	Attacked     = "attacked"        // somebody on the path has done something to the connection; detail: what
	Eavesdropped = "media.overheard" // user data have come to an intruder

	SessionStart = "session.start"
	SessionEnd   = "session.end" // detail: outcome
)

// SessionUp is when a session's media can be used at the caller, or at a user whom a conference server
// calls: signalled, connected and where asked for protected.
const SessionUp = "session.established"
