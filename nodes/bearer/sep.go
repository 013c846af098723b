package bearer

// TCPState is the state of a SEP's TCP part (our list, spec reference §7.3).
type TCPState uint8

// The states of a SEP's TCP part. A passive SEP in TCPIdle accepts.
const (
	TCPIdle TCPState = iota
	TCPHeld          // a SYN is in and neither answered nor refused
	TCPSynSent
	TCPSynRcvd
	TCPEst
	TCPHalfIn  // the peer's FIN is in
	TCPHalfOut // our FIN is out
	TCPClosing // both FINs are under way
	TCPClosed
)

// TLSState is the state of a SEP's TLS part.
type TLSState uint8

// The states of a SEP's TLS part.
const (
	TLSNone       TLSState = iota // the leg is plain
	TLSIdle                       // the leg will have TLS; nothing has begun
	TLSArmed                      // ordered ahead: starts when TCP is established (E-13)
	TLSHandshake                  // begun, or waiting for a ClientHello
	TLSVerifyWait                 // both Finished are through, the fingerprint to match is not known
	TLSEst
	TLSCNSent // our close_notify is out
	TLSCNRcvd // the peer's is in
	TLSClosed
)

// TCPRole is what `a=setup` gave the gateway's side of the leg (RFC 4145 §4).
type TCPRole uint8

// The TCP roles. Undecided stands for actpass and for a missing attribute where the stream is not relayed.
const (
	Undecided TCPRole = iota
	Passive
	Active
	HoldConn
)

// Mode is the H.248 stream mode, seen from outside the context (H.248.1 §7.1.7).
type Mode uint8

// The stream modes. SendReceive is the zero value, as ours default to it.
const (
	SendReceive Mode = iota
	SendOnly
	ReceiveOnly
	Inactive
)

// Receives reports whether user data from the peer is taken in.
func (m Mode) Receives() bool { return m == SendReceive || m == ReceiveOnly }

// Sends reports whether user data is sent to the peer.
func (m Mode) Sends() bool { return m == SendReceive || m == SendOnly }

// Preset is a set of interlinkage rules that a SEP carries, as source (§7.2, coded by seplink/x_topo, §9.6).
type Preset uint8

// The presets of §7.2. merge and the release presets need no mark on a SEP.
const (
	FwdLate    Preset = 1 << iota // X.tcp.in.syn → Y.tcp.establish; Y.tcp.established → X.tcp.accept
	FwdEarly                      // X.tcp.in.syn → X.tcp.accept + Y.tcp.establish
	TLSSameLeg                    // X.tcp.established → X.tls.establish
	TLSCross                      // X.tls.clienthello → Y.tcp.establish
	TLSThenTCP                    // X.tls.established → Y.tcp.establish
	TLSTLS                        // X.tls.established → Y.tls.establish

	// TCPPresets are those that say when the partner's TCP connection is set up: at most one is legal.
	TCPPresets = FwdLate | FwdEarly | TLSCross | TLSThenTCP
)

var presetNames = []struct {
	p     Preset
	name  string
	token string // after "trigger", before the target: §9.6
}{
	{FwdLate, "fwd-late", "tcpest:in"},
	{FwdEarly, "fwd-early", "tcpest:in+early"},
	{TLSSameLeg, "tls-same-leg", "tcpest:up"},
	{TLSCross, "tls-cross", "tlsest:in"},
	{TLSThenTCP, "tls-then-tcp", "tlsest:up"},
	{TLSTLS, "tls-tls", "tlsest:up+tls"},
}

// PresetByTrigger returns the preset that a seplink/x_topo trigger stands for, or 0.
func PresetByTrigger(trigger string) Preset {
	for _, n := range presetNames {
		if n.token == trigger {
			return n.p
		}
	}
	return 0
}

// PresetByName returns the preset of §7.2 with that name, or 0.
func PresetByName(name string) Preset {
	for _, n := range presetNames {
		if n.name == name {
			return n.p
		}
	}
	return 0
}

// Trigger returns the seplink/x_topo trigger of a single preset.
func (p Preset) Trigger() string {
	for _, n := range presetNames {
		if n.p == p {
			return n.token
		}
	}
	return ""
}

// Timer is one of the supervisory timers of a SEP (§0.4).
type Timer uint8

// The timers. synTimeout is the TCP machine's own.
const (
	SynHold   Timer = iota // synHoldTimer
	EstGuard               // estGuard
	TLSGuard               // tlsGuard
	FPGuard                // fpGuard
	Rel                    // relTimer
	HalfClose              // halfCloseTimer
	MergeWait              // mergeTimer
	NumTimers
)

var timerNames = [NumTimers]string{"synHoldTimer", "estGuard", "tlsGuard", "fpGuard", "relTimer", "halfCloseTimer", "mergeTimer"}

// String returns the timer's name as scenarios write it.
func (t Timer) String() string { return timerNames[t] }

// SEP is the correlation machine's view of one stream endpoint: what one leg is configured to be, and where it stands.
// It is a plain comparable value, so that a test can explore the machine exhaustively.
type SEP struct {
	Exists    bool
	Remote    bool // the peer's address is known, or will be latched
	TCPRole   TCPRole
	TLSClient bool // our TLS role, where it is decided; a SEP without an order waits for a ClientHello
	TLS13     bool // negotiated version is 1.3: each direction closes on its own
	Aware     bool // the gateway parses the application protocol
	Mode      Mode
	Link      Preset
	Armed     Armed

	TCP     TCPState
	TLS     TLSState
	CNSent  bool
	CNRcvd  bool
	Leaving bool // subtracted, or released by order: what happens on it no longer concerns the partner
	Ending  bool // our FIN leaves as soon as the connection is up
	Begun   bool // a handshake has begun, and its session has not ended: a ClientHello was sent or received
	Told    bool // the controller has been told that the connection has ended or will not come
	Renew   bool // the controller has announced a new connection (RFC 4145 §5)
	Timers  uint8
}

// Armed says which events the controller has asked to be notified of.
type Armed uint8

// The events that a controller arms with tcpbcc/BNCChange and tlsbsc/BNCChange (§7.6). Failures are what the standard
// procedures ask for; releases and successes are optional.
const (
	ArmTCPFail Armed = 1 << iota
	ArmTLSFail
	ArmTCPRel
	ArmTLSRel
	ArmSuccess
)

// Protected reports whether the leg has TLS.
func (s *SEP) Protected() bool { return s.TLS != TLSNone }

// Ready reports whether user data may flow on the leg: connected, and where protected, authenticated (§7.3).
func (s *SEP) Ready() bool {
	if s.Leaving {
		return false
	}
	up := s.TCP == TCPEst || s.TCP == TCPHalfIn || s.TCP == TCPHalfOut
	switch s.TLS {
	case TLSNone:
		return up
	case TLSEst, TLSCNSent, TLSCNRcvd:
		return up
	}
	return false
}

// endTLS ends the session of a protected leg, or the wait for one.
func (s *SEP) endTLS() {
	if s.TLS != TLSNone {
		s.TLS, s.Begun, s.Renew = TLSClosed, false, false
		s.stop(TLSGuard)
		s.stop(FPGuard)
	}
}

// Renewable reports whether a new connection may take the place of the leg's (E-28, RFC 4145 §5): only of one that is open
// in both directions, as the partner has heard of the end of any other.
func (s *SEP) Renewable() bool {
	return s.TCP == TCPEst && s.TLS != TLSClosed && !s.CNSent && !s.CNRcvd && !s.Leaving
}

// live reports whether there is a connection, or an attempt at one, that has not ended.
func (s *SEP) live() bool { return s.TCP != TCPIdle && s.TCP != TCPClosed }

func (s *SEP) timer(t Timer) bool { return s.Timers&(1<<t) != 0 }
func (s *SEP) start(t Timer)      { s.Timers |= 1 << t }
func (s *SEP) stop(t Timer)       { s.Timers &^= 1 << t }
