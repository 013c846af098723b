package bearer

// Short names keep a row of the tables readable as a row.
var (
	idle     = set(TCPIdle)
	held     = set(TCPHeld)
	idleHeld = set(TCPIdle, TCPHeld)
	shut     = set(TCPClosed)
	opening  = set(TCPHeld, TCPSynRcvd)
	trying   = set(TCPIdle, TCPSynSent, TCPSynRcvd)
	early    = set(TCPIdle, TCPHeld, TCPSynSent, TCPSynRcvd)
	open     = set(TCPSynSent, TCPSynRcvd, TCPEst)
	est      = set(TCPEst)
	up       = set(TCPEst, TCPHalfIn, TCPHalfOut)
	half     = set(TCPHalfIn, TCPHalfOut)
	halfOut  = set(TCPHalfOut)
	finished = set(TCPClosing, TCPClosed)

	plain     = set(TLSNone)
	tlsEarly  = set(TLSIdle, TLSArmed, TLSHandshake, TLSVerifyWait)
	tlsWait   = set(TLSIdle, TLSHandshake)
	tlsHeard  = set(TLSVerifyWait, TLSEst) // the peer may close, and we have not
	tlsOpen   = set(TLSEst, TLSCNSent, TLSCNRcvd)
	tlsRenew  = set(TLSIdle, TLSArmed, TLSHandshake, TLSVerifyWait, TLSEst)
	tlsUnopen = set(TLSIdle, TLSArmed, TLSHandshake, TLSVerifyWait, TLSClosed)

	undecided = set(Undecided)
	passive   = set(Passive)
	active    = set(Active)
	decided   = set(Passive, Active)
	holdconn  = set(HoldConn)
)

type do = []Action

// Establishment is the establishment matrix (§7.4). The order of rows is the order of action.
var Establishment = []Rule{
	// An opener's SYN.
	{ID: "E-1", On: SynIn, X: Cond{TCP: idleHeld, Role: passive, Link: FwdLate}, Y: Cond{Role: active, Is: Complete, TCP: trying},
		DoX: do{Hold}, DoY: do{Establish}},
	{ID: "E-1", On: SynIn, X: Cond{TCP: idleHeld, Role: passive, Link: FwdLate}, Y: Cond{Role: active, Is: Complete, TCP: up},
		DoX: do{Accept}, Note: "the partner is up already"},
	{ID: "E-2", On: SynIn, X: Cond{TCP: idleHeld, Role: passive, Link: FwdEarly}, Y: Cond{Role: active, Is: Complete},
		DoX: do{Accept}, DoY: do{Establish}},
	{ID: "E-3", On: SynIn, X: Cond{TCP: idle, Role: undecided}, DoX: do{HoldBriefly}, Note: "our role is not decided"},
	{ID: "E-3", On: SynIn, X: Cond{TCP: idle, Role: passive, Link: FwdLate | FwdEarly}, Y: Cond{Not: Complete}, DoX: do{HoldBriefly}, Note: "no partner yet"},
	{ID: "E-3", On: SynIn, X: Cond{TCP: idle, Role: passive, Link: FwdLate | FwdEarly}, Y: Cond{Is: Complete, Role: set(Undecided, HoldConn)}, DoX: do{HoldBriefly}, Note: "the partner's role is not decided"},
	{ID: "E-3", On: SynIn, X: Cond{TCP: idle, Role: passive, NoLink: TCPPresets}, Y: Cond{Not: Complete}, DoX: do{HoldBriefly}, Note: "no partner yet: the TCP mode is open"},
	{ID: "E-3", On: SynIn, X: Cond{TCP: idle, Role: passive, NoLink: TCPPresets}, Y: Cond{Is: Complete, Role: set(Undecided, HoldConn)}, DoX: do{HoldBriefly}, Note: "the partner's role is not decided: the TCP mode is open"},
	{ID: "E-4", On: SynIn, If: StrictAccepts, X: Cond{TCP: idleHeld, Role: passive, NoLink: TCPPresets}, Y: Cond{Is: Complete, Role: active}, DoX: do{Accept}, Note: "proxy"},
	{ID: "E-4", On: SynIn, If: StrictHolds, X: Cond{TCP: idleHeld, Role: passive, NoLink: TCPPresets}, Y: Cond{Is: Complete, Role: active, TCP: trying}, DoX: do{Hold}, Note: "proxy, strictHold"},
	{ID: "E-4", On: SynIn, If: StrictHolds, X: Cond{TCP: idleHeld, Role: passive, NoLink: TCPPresets}, Y: Cond{Is: Complete, Role: active, TCP: up}, DoX: do{Accept}, Note: "the partner is up already"},
	{ID: "E-5", On: SynIn, If: WrongRST, X: Cond{TCP: set(TCPIdle, TCPSynSent, TCPClosed), Role: active}, DoX: do{Refuse}, Note: "wrong direction (F5)"},
	{ID: "E-5", On: SynIn, If: WrongDrop, X: Cond{TCP: set(TCPIdle, TCPSynSent, TCPClosed), Role: active}, DoX: do{Drop}, Note: "wrong direction (F5)"},
	{ID: "D4", On: SynIn, X: Cond{TCP: shut, Role: passive, Link: TCPPresets}, DoX: do{Refuse}, Note: "the partner leg has failed"},
	{ID: "D4", On: SynIn, X: Cond{TCP: shut, Role: passive, NoLink: TCPPresets}, Y: Cond{Role: active}, DoX: do{Refuse}, Note: "the partner leg has failed"},
	{ID: "D4", On: SynIn, X: Cond{TCP: idle, Role: passive, Link: FwdLate}, Y: Cond{Role: active, Is: Complete, TCP: finished}, DoX: do{Refuse}, Note: "the partner leg is closed already"},
	{ID: "D4", On: SynIn, If: StrictHolds, X: Cond{TCP: idle, Role: passive, NoLink: TCPPresets}, Y: Cond{Role: active, Is: Complete, TCP: finished}, DoX: do{Refuse}, Note: "the partner leg is closed already"},
	{ID: "D4", On: SynIn, X: Cond{TCP: shut, Role: undecided}, DoX: do{Drop}, Note: "too late: it was released before its role was decided"},
	{ID: "E-23", On: SynIn, X: Cond{TCP: shut, Role: passive, NoLink: TCPPresets}, Y: Cond{Role: set(Undecided, Passive, HoldConn)}, DoX: do{Drop}, Note: "merge: too late"},
	{ID: "H1", On: SynIn, X: Cond{Role: holdconn}, DoX: do{Drop}, Note: "holdconn: nobody connects (D4)"},
	{ID: "E-22", On: SynIn, X: Cond{TCP: idleHeld, Role: passive, NoLink: TCPPresets}, Y: Cond{Is: Complete, Role: passive}, DoX: do{Accept}, Note: "merge"},
	{ID: "E-22b", On: SynIn, X: Cond{TCP: idleHeld, Role: passive, Link: TLSCross | TLSThenTCP}, DoX: do{Accept}, Note: "the partner's connection hangs on TLS"},
	{ID: "E-28", On: SynIn, X: Cond{TCP: est, Role: passive, Is: Announced, Not: IsLeaving}, DoX: do{Renew}, Note: "connection:new"},
	{ID: "E-27", On: SynIn, X: Cond{TCP: set(TCPSynRcvd, TCPEst, TCPHalfIn, TCPHalfOut, TCPClosing), Role: decided, Not: Announced}, DoX: do{Drop}, Note: "another source after the latch, or a port in use (E-28b)"},

	// The connection comes up.
	{ID: "E-6", On: TCPUp, Y: Cond{TCP: held, Link: FwdLate}, DoY: do{Accept}},
	{ID: "E-4", On: TCPUp, If: StrictHolds, Y: Cond{TCP: held, NoLink: TCPPresets}, DoY: do{Accept}, Note: "proxy, strictHold"},
	{ID: "E-10", On: TCPUp, X: Cond{TLS: set(TLSIdle), Not: Client | IsEnding}, DoX: do{AwaitHello}},
	{ID: "E-11", On: TCPUp, X: Cond{TLS: set(TLSIdle), Is: Client, Not: IsEnding, Link: TLSSameLeg}, DoX: do{StartClient}, Note: "tls-same-leg"},
	{ID: "E-12", On: TCPUp, X: Cond{TLS: set(TLSIdle), Is: Client, Not: IsEnding, NoLink: TLSSameLeg}, DoX: do{AwaitHello}, Note: "not coded: without an order a SEP waits for a ClientHello (§9.6)"},
	{ID: "E-13", On: TCPUp, X: Cond{TLS: set(TLSArmed), Not: IsEnding}, DoX: do{StartClient}},
	{ID: "E-22", On: TCPUp, X: Cond{Role: passive, NoLink: TCPPresets}, Y: Cond{Role: passive, TCP: idleHeld}, DoX: do{StartMergeWait}, Note: "merge: the other leg is missing"},
	{ID: "E-22", On: TCPUp, X: Cond{Role: passive}, Y: Cond{Role: passive, TCP: up}, DoY: do{StopMergeWait}, Note: "merge"},
	{ID: "E-6", On: TCPUp, DoX: do{NotifyUp}},

	// It does not.
	{ID: "E-7", On: TCPFail, Y: Cond{TCP: held}, DoX: do{NotifyTCPFail}, DoY: do{Refuse}},
	{ID: "E-8", On: TCPFail, Y: Cond{TCP: set(TCPIdle, TCPSynSent, TCPSynRcvd, TCPEst, TCPHalfIn, TCPHalfOut)}, DoX: do{NotifyTCPFail}, DoY: do{Reset}},
	{ID: "E-8", On: TCPFail, Y: Cond{TCP: finished}, DoX: do{NotifyTCPFail}, Note: "the partner is gone already"},
	{ID: "E-29", On: RstIn, X: Cond{TCP: opening, Not: IsLeaving}, DoX: do{NotifyTCPFail}, DoY: do{Reset}, Cause: "opener_gone"},
	{ID: "E-23", On: OnMergeWait, X: Cond{Not: IsLeaving}, Y: Cond{TCP: idleHeld}, DoY: do{NotifyTCPFail, Shut}, Note: "timeout"},

	// Orders.
	{ID: "E-14", On: EstTCP, X: Cond{Role: active, TCP: idle}, DoX: do{Establish}},
	{ID: "E-15", On: EstTCP, X: Cond{Role: set(Undecided, Passive, HoldConn), TCP: early}, DoX: do{Reject449}},
	{ID: "E-13", On: EstTLS, X: Cond{TLS: set(TLSIdle), TCP: early}, DoX: do{ArmTLS}},
	{ID: "E-12", On: EstTLS, X: Cond{TLS: tlsWait, TCP: up, Not: HasStarted}, DoX: do{StartClient}, Note: "an order may come any time before tlsGuard"},
	{ID: "E-16", On: Configured, X: Cond{Role: active, TCP: idle}, Y: Cond{Link: TLSCross, Is: HasStarted, TCP: up, Not: IsLeaving}, DoX: do{Establish}, Note: "the ClientHello came before this SEP (as E-25)"},
	{ID: "E-20", On: Configured, X: Cond{Role: active, TCP: idle}, Y: Cond{Link: TLSThenTCP, TLS: tlsOpen, TCP: up, Not: IsLeaving}, DoX: do{Establish}, Note: "TLS was up before this SEP (as E-25)"},
	{ID: "E-28", On: Configured, X: Cond{TCP: est, Role: active, Is: Announced, Not: IsLeaving}, DoX: do{Renew}, Note: "connection:new"},
	{ID: "E-10", On: Renewed, X: Cond{TLS: tlsRenew, Not: Client | IsLeaving, TCP: est}, DoX: do{AwaitHello}},
	{ID: "E-11", On: Renewed, X: Cond{TLS: tlsRenew, Is: Client, Not: IsLeaving, TCP: est}, DoX: do{StartClient}, Note: "as the connection before"},
	{ID: "E-25b", On: Configured, X: Cond{Role: holdconn}, Y: Cond{TCP: held}, DoY: do{HoldBriefly}, Note: "nobody connects what it was held for (D4)"},
	{ID: "E-25b", On: Configured, X: Cond{TCP: held, Role: set(Active, HoldConn)}, DoX: do{Drop}},

	// TLS comes up, or does not.
	{ID: "E-16", On: HelloIn, X: Cond{TLS: tlsEarly, Link: TLSCross}, DoY: do{Establish}, Note: "tls-cross"},
	{ID: "E-17", On: HelloIn, X: Cond{TLS: plain, Is: IsAware}, DoX: do{NotifyTCPRel, FIN, StartRel}, DoY: do{Reset}, Note: "not a TLS end"},
	{ID: "E-20", On: TLSUp, X: Cond{TLS: tlsEarly, Link: TLSThenTCP}, DoY: do{Establish}, Note: "tls-then-tcp"},
	{ID: "E-20", On: TLSUp, X: Cond{TLS: tlsEarly, Link: TLSTLS}, Y: Cond{TCP: up, TLS: tlsWait, Not: HasStarted}, DoY: do{StartClient}, Note: "tls-tls"},
	{ID: "E-20", On: TLSUp, X: Cond{TLS: tlsEarly, Link: TLSTLS}, Y: Cond{TCP: early, TLS: set(TLSIdle)}, DoY: do{ArmTLS}, Note: "tls-tls"},
	{ID: "E-20", On: TLSUp, X: Cond{TLS: tlsEarly}, DoX: do{NotifyUp}},
	{ID: "E-21", On: TLSFail, If: Interlinked, X: Cond{TLS: tlsEarly, Not: IsLeaving}, DoX: do{NotifyTLSFail, FIN, StartRel}, DoY: do{Reset}},
	{ID: "E-21", On: TLSFail, If: Interlinked, X: Cond{TLS: tlsEarly, Is: IsLeaving}, DoX: do{FIN, StartRel}, Note: "we were leaving anyway"},
	{ID: "E-21", On: TLSFail, If: Strict, X: Cond{TLS: tlsEarly}, DoX: do{NotifyTLSFail, FIN, StartRel}, Note: "strict: the partner is the controller's business"},
	{ID: "E-21", On: TLSFail, If: Strict, X: Cond{TLS: tlsEarly, Is: RcvdCN}, DoY: do{StartRel}, Note: "the partner's direction is closed already (R-1b); halfCloseTimer ends with X"},

	// Guards.
	{ID: "E-3", On: OnSynHold, X: Cond{TCP: held}, DoX: do{Drop}},
	{ID: "E-31", On: OnTLSGuard, If: Interlinked, X: Cond{TLS: tlsEarly, Not: IsLeaving}, DoX: do{NotifyTLSFail, FIN, StartRel}, DoY: do{Reset}, Note: "timeout"},
	{ID: "E-31", On: OnTLSGuard, If: Strict, X: Cond{TLS: tlsEarly}, DoX: do{NotifyTLSFail, FIN, StartRel}, Note: "timeout"},
	{ID: "E-31", On: OnFPGuard, If: Interlinked, X: Cond{TLS: set(TLSVerifyWait), Not: IsLeaving}, DoX: do{BadCert, NotifyTLSFail, FIN, StartRel}, DoY: do{Reset}, Note: "no_fingerprint"},
	{ID: "E-31", On: OnFPGuard, If: Strict, X: Cond{TLS: set(TLSVerifyWait)}, DoX: do{BadCert, NotifyTLSFail, FIN, StartRel}, Note: "no_fingerprint"},
	{ID: "E-31", On: OnFPGuard, If: Strict, X: Cond{TLS: set(TLSVerifyWait), Is: RcvdCN}, DoY: do{StartRel}, Note: "the partner's direction is closed already (R-1b); halfCloseTimer ends with X"},
	{ID: "E-31", On: OnEstGuard, X: Cond{TCP: idle, Role: passive}, DoX: do{NotifyTCPFail}, Note: "timeout"},
}

// ReleaseMatrix is the release matrix (§7.5). The order of rows is the order of action.
var ReleaseMatrix = []Rule{
	// close_notify.
	{ID: "R-1", On: CNIn, X: Cond{TLS: tlsHeard, Not: V13 | SentCN | IsLeaving}, Y: Cond{TLS: plain}, DoX: do{NotifyTLSRel, StartRel}, DoY: do{Discard, FIN, StartRel}, Note: "normal"},
	{ID: "R-1", On: CNIn, X: Cond{TLS: tlsHeard, Not: V13 | SentCN | IsLeaving}, Y: Cond{TLS: tlsOpen}, DoX: do{NotifyTLSRel, StartRel}, DoY: do{Discard, CloseTLS, StartRel}, Note: "normal"},
	{ID: "R-1", On: CNIn, X: Cond{TLS: tlsHeard, Not: V13 | SentCN | IsLeaving}, Y: Cond{TLS: tlsUnopen}, DoX: do{NotifyTLSRel, StartRel}, DoY: do{FIN, StartRel}, Note: "normal"},
	{ID: "R-1b", On: CNIn, X: Cond{TLS: tlsHeard, Is: V13, Not: SentCN | IsLeaving}, Y: Cond{TLS: plain}, DoX: do{StartHalfClose}, DoY: do{FIN}, Note: "normal"},
	{ID: "R-1b", On: CNIn, X: Cond{TLS: tlsHeard, Is: V13, Not: SentCN | IsLeaving}, Y: Cond{Is: V13, TLS: tlsOpen}, DoX: do{StartHalfClose}, DoY: do{CloseTLS, FIN}, Note: "normal"},
	{ID: "R-1b", On: CNIn, X: Cond{TLS: tlsHeard, Is: V13, Not: SentCN | IsLeaving}, Y: Cond{TLS: tlsUnopen}, DoX: do{StartRel}, DoY: do{FIN, StartRel}, Note: "normal"},
	{ID: "R-1b", On: CNIn, X: Cond{TLS: tlsHeard, Is: V13, Not: SentCN | IsLeaving}, Y: Cond{Not: V13, TLS: tlsOpen}, DoX: do{StartRel}, DoY: do{Discard, CloseTLS, StartRel}, Note: "normal"},
	{ID: "R-27", On: CNIn, X: Cond{Is: SentCN, Not: IsLeaving}, DoX: do{FIN, StopHalfClose, StartRel, NotifyTLSRel}, DoY: do{CloseTLS, FIN}, Note: "normal"},
	{ID: "R-27", On: CNIn, X: Cond{Is: SentCN | IsLeaving}, DoX: do{FIN, StopHalfClose, StartRel}, Note: "R-9, R-10: the partner stays"},
	{ID: "R-1b", On: CNIn, X: Cond{Is: SentCN}, Y: Cond{Is: V13 | RcvdCN, Not: SentCN}, DoY: do{NotifyTLSRel}, Cause: "normal", Note: "both directions of the partner are closed now"},

	// FIN.
	{ID: "R-2", On: FinIn, X: Cond{Is: RcvdCN | SentCN, Not: IsLeaving}, DoX: do{FIN}, DoY: do{CloseTLS, FIN}},
	{ID: "R-2", On: FinIn, X: Cond{Is: RcvdCN | SentCN | IsLeaving}, DoX: do{FIN}, Note: "R-9: the partner stays"},
	{ID: "R-2", On: FinIn, X: Cond{Is: RcvdCN, Not: SentCN | IsLeaving}, DoX: do{StartHalfClose}, DoY: do{CloseTLS, FIN}, Note: "1.3: our direction is open until the partner closes"},
	{ID: "R-3", On: FinIn, If: TruncateRST, X: Cond{TLS: tlsOpen, Not: RcvdCN | IsLeaving}, DoX: do{NotifyTLSRel, FIN, StartRel}, DoY: do{Reset}, Note: "truncated"},
	{ID: "R-3", On: FinIn, If: TruncateFIN, X: Cond{TLS: tlsOpen, Not: RcvdCN | IsLeaving}, DoX: do{NotifyTLSRel, FIN, StartRel}, DoY: do{FIN, StartRel}, Note: "truncated"},
	{ID: "R-3", On: FinIn, X: Cond{TLS: tlsOpen, Is: IsLeaving, Not: RcvdCN}, DoX: do{FIN}, Note: "we were leaving anyway"},
	{ID: "R-4", On: FinIn, X: Cond{TLS: plain, TCP: set(TCPEst, TCPHalfIn)}, Y: Cond{TLS: plain, TCP: open}, DoX: do{StartHalfClose}, DoY: do{FIN}},
	{ID: "R-4", On: FinIn, X: Cond{TLS: plain, TCP: set(TCPEst, TCPHalfIn)}, Y: Cond{Is: V13, TLS: tlsOpen, TCP: open}, DoX: do{StartHalfClose}, DoY: do{CloseTLS, FIN}},
	{ID: "R-4", On: FinIn, X: Cond{TLS: plain, TCP: set(TCPEst, TCPHalfIn)}, Y: Cond{Not: V13, TLS: tlsOpen, TCP: open}, DoX: do{StartRel}, DoY: do{CloseTLS, StartRel}, Note: "close_notify ends both directions before 1.3"},
	{ID: "R-4", On: FinIn, X: Cond{TLS: plain, TCP: set(TCPEst)}, Y: Cond{TLS: tlsUnopen, TCP: open}, DoX: do{FIN, StartRel}, DoY: do{FIN, StartRel}, Note: "no data can have crossed, nor will"},
	{ID: "R-4", On: FinIn, X: Cond{TLS: plain, TCP: set(TCPEst)}, Y: Cond{TCP: set(TCPIdle, TCPHeld, TCPHalfIn, TCPHalfOut, TCPClosing, TCPClosed)}, DoX: do{FIN}, DoY: do{FIN}, Note: "the partner has closed, or there is none"},
	{ID: "R-4", On: FinIn, X: Cond{TLS: plain, TCP: halfOut, Not: IsLeaving}, DoX: do{StopHalfClose, NotifyTCPRel}, DoY: do{CloseTLS, FIN, StopHalfClose, StartRel}, Note: "normal"},
	{ID: "R-1b", On: FinIn, X: Cond{TLS: plain, TCP: halfOut, Not: IsLeaving}, Y: Cond{Is: V13 | RcvdCN, Not: SentCN}, DoY: do{NotifyTLSRel}, Note: "normal"},
	{ID: "R-25", On: FinIn, If: Interlinked, X: Cond{TLS: tlsEarly, Not: IsLeaving}, DoX: do{NotifyTLSFail, FIN, StartRel}, DoY: do{Reset}, Note: "closed_during_handshake"},
	{ID: "R-25", On: FinIn, If: Strict, X: Cond{TLS: tlsEarly, Not: IsLeaving}, DoX: do{NotifyTLSFail, FIN, StartRel}, Note: "closed_during_handshake"},
	{ID: "R-25", On: FinIn, If: Strict, X: Cond{TLS: tlsEarly, Is: RcvdCN, Not: IsLeaving}, DoY: do{StartRel}, Note: "the partner's direction is closed already (R-1b); halfCloseTimer ends with X"},

	// RST, and alerts.
	{ID: "R-5", On: RstIn, X: Cond{TCP: set(TCPEst, TCPHalfIn, TCPHalfOut, TCPClosing), Is: SentCN | RcvdCN, Not: IsLeaving}, DoY: do{CloseTLS, FIN, StartRel}, Note: "normal (D9)"},
	{ID: "E-30", On: RstIn, If: Unopened, X: Cond{TCP: up, Not: SentCN | IsLeaving}, DoX: do{NotifyTCPRel}, DoY: do{Reset}, Note: "reset"},
	{ID: "R-5", On: RstIn, If: Opened, X: Cond{TCP: up, Not: SentCN | IsLeaving}, DoX: do{NotifyTCPRel}, DoY: do{Abort}, Note: "reset"},
	{ID: "R-5", On: RstIn, X: Cond{TCP: up, Is: SentCN, Not: RcvdCN | IsLeaving}, DoX: do{NotifyTCPRel}, DoY: do{Abort}, Note: "reset"},
	{ID: "R-17", On: TCPLost, X: Cond{Not: IsLeaving}, DoX: do{NotifyTCPRel}, DoY: do{Reset}, Note: "timeout"},
	{ID: "R-6", On: AlertIn, If: Interlinked, X: Cond{TLS: tlsEarly, Not: IsLeaving}, DoX: do{NotifyTLSFail, FIN, StartRel}, DoY: do{Reset}},
	{ID: "R-6", On: AlertIn, If: Strict, X: Cond{TLS: tlsEarly, Not: IsLeaving}, DoX: do{NotifyTLSFail, FIN, StartRel}, Note: "as E-21"},
	{ID: "R-6", On: AlertIn, X: Cond{TLS: tlsOpen, Not: IsLeaving}, DoX: do{NotifyTLSRel, FIN, StartRel}, DoY: do{Reset}},
	{ID: "R-7", On: TLSFail, X: Cond{TLS: tlsOpen, Not: IsLeaving}, DoX: do{NotifyTLSRel, FIN, StartRel}, DoY: do{Reset}},
	{ID: "R-6", On: AlertIn, X: Cond{Is: IsLeaving}, DoX: do{FIN, StartRel}, Note: "we were leaving anyway"},
	{ID: "R-7", On: TLSFail, X: Cond{TLS: tlsOpen, Is: IsLeaving}, DoX: do{FIN, StartRel}, Note: "we were leaving anyway"},

	// Orders.
	{ID: "E-23", On: SubtractBoth, If: Unopened, X: Cond{Role: passive, TCP: up}, Y: Cond{Role: passive, TCP: shut}, DoX: do{Reset}, Note: "merge: the other leg never came"},
	{ID: "E-23", On: SubtractBoth, If: Unopened, X: Cond{Role: passive, TCP: shut}, Y: Cond{Role: passive, TCP: up}, DoY: do{Reset}, Note: "merge: the other leg never came"},
	{ID: "R-8", On: SubtractBoth, If: Graceful, DoX: do{Release, StartRel}, DoY: do{Release, StartRel}},
	{ID: "R-8", On: SubtractBoth, If: Abortive, DoX: do{Abort}, DoY: do{Abort}},
	{ID: "R-14", On: Removed, If: Graceful, DoX: do{Release, StartRel}, DoY: do{Release, StartRel}},
	{ID: "R-14", On: Removed, If: Abortive, DoX: do{Abort}, DoY: do{Abort}},
	{ID: "R-22", On: Restarted, DoX: do{Abort}, DoY: do{Abort}},
	{ID: "R-9", On: SubtractOne, If: Graceful, DoX: do{Release, StartRel}, DoY: do{Suspend}},
	{ID: "R-9", On: SubtractOne, If: Abortive, DoX: do{Abort}, DoY: do{Suspend}},
	{ID: "R-9", On: SubtractOne, Y: Cond{TCP: held}, DoY: do{HoldBriefly}, Note: "held for a partner that is gone (D4)"},
	{ID: "R-10", On: RelTLS, If: Strict, X: Cond{TLS: tlsOpen}, DoX: do{CloseTLS, StartRel}},
	{ID: "R-10", On: RelTLS, If: Strict, X: Cond{TLS: tlsOpen}, Y: Cond{TCP: half}, DoY: do{StartRel}, Note: "halfCloseTimer ends with X"},
	{ID: "R-10", On: RelTLS, If: Strict, X: Cond{TLS: tlsOpen}, Y: Cond{Is: IsEnding}, DoY: do{StartRel}, Note: "halfCloseTimer ends with X"},
	{ID: "R-10", On: RelTLS, If: Interlinked, X: Cond{TLS: tlsOpen}, Y: Cond{TLS: plain}, DoX: do{CloseTLS, StartRel}, DoY: do{Discard, FIN, StartRel}},
	{ID: "R-10", On: RelTLS, If: Interlinked, X: Cond{TLS: tlsOpen}, Y: Cond{TLS: tlsOpen}, DoX: do{CloseTLS, StartRel}, DoY: do{Discard, CloseTLS, StartRel}},
	{ID: "R-10", On: RelTLS, If: Interlinked, X: Cond{TLS: tlsOpen}, Y: Cond{TLS: tlsUnopen}, DoX: do{CloseTLS, StartRel}, DoY: do{FIN, StartRel}},
	{ID: "R-11", On: RelTCP, If: Strict, DoX: do{Release, StartRel}},
	{ID: "R-11", On: RelTCP, If: Interlinked, DoX: do{Release, StartRel}, DoY: do{CloseTLS, FIN, StartRel}},
	{ID: "R-11", On: RelTCP, If: Strict, Y: Cond{TCP: half}, DoY: do{StartRel}, Note: "halfCloseTimer ends with X"},
	{ID: "R-11", On: RelTCP, If: Strict, Y: Cond{Is: IsEnding}, DoY: do{StartRel}, Note: "halfCloseTimer ends with X"},
	{ID: "R-11", On: RelTCP, If: Strict, Y: Cond{TCP: held}, DoY: do{HoldBriefly}, Note: "held for a partner that is gone (D4)"},

	// Timers.
	{ID: "R-1", On: OnRel, X: Cond{TCP: set(TCPEst, TCPHalfIn), Is: SentCN}, DoX: do{FIN, StartRel}, Note: "our FIN at the latest now"},
	{ID: "R-8", On: OnRel, X: Cond{TCP: set(TCPHalfOut, TCPClosing)}, DoX: do{Abort}},
	{ID: "R-8", On: OnRel, X: Cond{TCP: set(TCPSynSent, TCPSynRcvd, TCPEst, TCPHalfIn), Not: SentCN}, DoX: do{Abort}},
	{ID: "R-26", On: OnHalfClose, X: Cond{Not: IsLeaving}, DoX: do{NotifyTCPRel, Abort}, DoY: do{Abort}, Note: "half_close_timeout"},
	{ID: "R-26", On: OnHalfClose, X: Cond{Is: IsLeaving}, DoX: do{Abort}},
}
