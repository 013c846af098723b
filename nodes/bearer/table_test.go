package bearer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// sepOf reads a SEP: a role, then in any order presets, states and properties. Without a word about it a SEP exists, has a
// remote address, is idle and plain, and everything is armed but success.
func sepOf(t *testing.T, text string) SEP {
	t.Helper()
	s := SEP{Exists: true, Remote: true, Armed: ArmTCPFail | ArmTLSFail | ArmTCPRel | ArmTLSRel}
	for _, w := range strings.Fields(text) {
		if p := PresetByName(w); p != 0 {
			s.Link |= p
			continue
		}
		switch w {
		case "passive":
			s.TCPRole = Passive
		case "active":
			s.TCPRole = Active
		case "holdconn":
			s.TCPRole = HoldConn
		case "actpass":
			s.TCPRole = Undecided
		case "unaddressed":
			s.Remote = false
		case "unset":
			s.Exists, s.Remote = false, false
		case "held":
			s.TCP = TCPHeld
		case "synhold":
			s.start(SynHold)
		case "synsent":
			s.TCP = TCPSynSent
		case "synrcvd":
			s.TCP = TCPSynRcvd
		case "est":
			s.TCP = TCPEst
		case "halfin":
			s.TCP = TCPHalfIn
		case "halfout":
			s.TCP = TCPHalfOut
		case "closing":
			s.TCP = TCPClosing
		case "closed":
			s.TCP = TCPClosed
		case "tls":
			s.TLS = TLSIdle
		case "armed":
			s.TLS = TLSArmed
		case "hs":
			s.TLS = TLSHandshake
		case "begun":
			s.Begun = true
		case "verify":
			s.TLS, s.Begun = TLSVerifyWait, true
		case "open":
			s.TLS, s.Begun, s.TCP = TLSEst, true, TCPEst
		case "cnsent":
			s.TLS, s.CNSent = TLSCNSent, true
		case "cnrcvd":
			s.TLS, s.CNRcvd = TLSCNRcvd, true
		case "over":
			s.TLS, s.CNSent, s.CNRcvd = TLSClosed, true, true
		case "failed":
			s.TLS = TLSClosed
		case "client":
			s.TLSClient = true
		case "1.3":
			s.TLS13 = true
		case "aware":
			s.Aware = true
		case "renew":
			s.Renew = true
		case "inactive":
			s.Mode = Inactive
		case "leaving":
			s.Leaving = true
		case "ending":
			s.Ending = true
		case "told":
			s.Told = true
		case "sent":
			s.CNSent = true
		case "rcvd":
			s.CNRcvd = true
		default:
			key, value, _ := strings.Cut(w, "=")
			switch i := slices.Index(map[string][]string{"tcp": tcpNames[:], "tls": tlsNames[:], "timer": timerNames[:]}[key], value); {
			case i < 0:
				t.Fatalf("SEP word %q", w)
			case key == "tcp":
				s.TCP = TCPState(i)
			case key == "tls":
				s.TLS = TLSState(i)
			default:
				s.start(Timer(i))
			}
		}
	}
	return s
}

func policyOf(t *testing.T, text string) (p Policy) {
	for _, w := range strings.Fields(text) {
		switch w {
		case "strict":
			p.Strict = true
		case "fin":
			p.TruncateFIN = true
		case "drop":
			p.WrongDrop = true
		case "abort":
			p.Abort = true
		case "hold":
			p.StrictHold = true
		case "through": // not a policy: the stream has been open
		default:
			t.Fatalf("policy word %q", w)
		}
	}
	return p
}

// eventOf reads "X tcp.rst timeout": side, event and cause string.
func eventOf(t *testing.T, text string) (Side, Event, string) {
	f := strings.SplitN(text, " ", 3)
	i := slices.Index(eventNames[:], f[1])
	if i < 0 {
		t.Fatalf("event %q", f[1])
	}
	side, cause := X, ""
	if f[0] == "Y" {
		side = Y
	}
	if len(f) == 3 {
		cause = f[2]
	}
	return side, Event(i), cause
}

// show writes what was decided, and behind a bar the timers that run.
func show(m *Machine, out []Out) string {
	var b strings.Builder
	for i, o := range out {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("XY"[o.Side:o.Side+1] + " " + o.Action.String())
		if o.Action >= NotifyTCPFail && o.Action <= NotifyUp {
			b.WriteString("(" + o.Cause + ")")
		}
	}
	bar := " | "
	for side := range m.SEP {
		for tm := range NumTimers {
			if m.SEP[side].timer(tm) {
				b.WriteString(bar + "XY"[side:side+1] + " " + tm.String())
				bar = ", "
			}
		}
	}
	return b.String()
}

// rows are the rows of spec reference §7.4 and §7.5, each as a situation, what happens, and what must follow.
var rows = []struct{ id, policy, x, y, event, want string }{
	{"E-1", "", "passive fwd-late", "active", "X tcp.in.syn", "X hold, Y tcp.establish"},
	{"E-1 again", "", "passive fwd-late held", "active synsent", "X tcp.in.syn", ""},
	{"E-1 partner up", "", "passive fwd-late", "active est", "X tcp.in.syn", "X tcp.accept"},
	{"E-2", "", "passive fwd-early", "active", "X tcp.in.syn", "X tcp.accept, Y tcp.establish"},
	{"E-3 role", "", "actpass", "active", "X tcp.in.syn", "X hold.briefly | X synHoldTimer"},
	{"E-3 partner", "", "passive fwd-late", "unset", "X tcp.in.syn", "X hold.briefly | X synHoldTimer"},
	{"E-3 partner's role", "", "passive fwd-late", "actpass", "X tcp.in.syn", "X hold.briefly | X synHoldTimer"},
	{"E-3 open mode", "", "passive", "unset", "X tcp.in.syn", "X hold.briefly | X synHoldTimer"},
	{"E-3 expiry", "", "passive held synhold", "unset", "X synHoldTimer", "X drop"},
	{"E-3 to E-1", "", "passive fwd-late held synhold", "active", "Y configured", "Y tcp.establish"},
	{"E-4", "", "passive", "active", "X tcp.in.syn", "X tcp.accept"},
	{"E-4 hold", "hold", "passive", "active", "X tcp.in.syn", "X hold"},
	{"E-4 hold, held before", "hold", "passive held synhold", "active", "Y configured", ""},
	{"E-4 hold, up", "hold", "passive held", "active synsent", "Y tcp.established", "X tcp.accept"},
	{"E-4 hold, up before", "hold", "passive", "active est", "X tcp.in.syn", "X tcp.accept"},
	{"E-5", "", "active", "passive", "X tcp.in.syn", "X refuse"},
	{"E-5 drop", "drop", "active", "passive", "X tcp.in.syn", "X drop"},
	{"E-5 SYN_SENT", "", "active synsent", "passive", "X tcp.in.syn", "X refuse"},
	{"E-6", "", "active synsent", "passive fwd-late held", "X tcp.established", "Y tcp.accept"},
	{"E-7", "", "active synsent", "passive fwd-late held", "X tcp.est.fail refused", "X notify.tcpFail(refused), Y refuse"},
	{"E-8", "", "active synsent", "passive fwd-early est", "X tcp.est.fail timeout", "X notify.tcpFail(timeout), Y tcp.abort"},
	{"E-8 TLS begun", "", "active synsent", "passive tls-cross est hs begun", "X tcp.est.fail timeout", "X notify.tcpFail(timeout), Y tcp.rst"},
	{"E-8 TLS not begun", "", "active synsent", "passive fwd-early est hs", "X tcp.est.fail timeout", "X notify.tcpFail(timeout), Y tcp.abort"},
	{"E-8 TLS open", "", "active synsent", "passive fwd-early open", "X tcp.est.fail timeout", "X notify.tcpFail(timeout), Y tcp.rst"},
	{"E-8 then D4", "", "passive fwd-late closed", "active closed", "X tcp.in.syn", "X refuse"},
	{"D4", "", "passive fwd-late closed", "active", "X tcp.in.syn", "X refuse"},
	{"D4 partner closed", "", "passive fwd-late", "active closed", "X tcp.in.syn", "X refuse"},
	{"D4 partner closed, hold", "hold", "passive", "active closed", "X tcp.in.syn", "X refuse"},
	{"D4 strict", "strict", "passive closed", "active closed", "X tcp.in.syn", "X refuse"},
	{"E-9", "", "passive synrcvd", "active est", "X tcp.established", " => through.open"},
	{"E-9 partner not ready", "", "passive synrcvd", "active synsent", "X tcp.established", ""},
	{"E-9 partner has TLS to come", "", "passive synrcvd", "active est hs", "X tcp.established", ""},
	{"E-10", "", "passive synrcvd tls", "active", "X tcp.established", "X tls.await | X tlsGuard"},
	{"E-11", "", "active synsent tls client tls-same-leg", "passive", "X tcp.established", "X tls.establish | X tlsGuard"},
	{"E-12", "", "active synsent tls client", "passive", "X tcp.established", "X tls.await | X tlsGuard"},
	{"E-12 late order", "", "active est hs", "passive", "X tlsbsc/EstBNC", "X tls.establish"},
	{"E-12 in HS", "", "active est hs begun", "passive", "X tlsbsc/EstBNC", ""},
	{"E-12 in EST", "", "active open", "passive", "X tlsbsc/EstBNC", ""},
	{"E-13 fires", "", "active synsent armed", "passive", "X tcp.established", "X tls.establish | X tlsGuard"},
	{"E-14", "", "active", "passive", "X tcpbcc/EstBNC", "X tcp.establish"},
	{"E-15 passive", "", "passive", "active", "X tcpbcc/EstBNC", "X error.449"},
	{"E-15 undecided", "", "actpass", "active", "X tcpbcc/EstBNC", "X error.449"},
	{"E-15 SYN_SENT", "", "active synsent", "passive", "X tcpbcc/EstBNC", ""},
	{"E-15 EST", "", "passive est", "active", "X tcpbcc/EstBNC", ""},
	{"E-16", "", "passive est hs tls-cross", "active", "X tls.clienthello", "Y tcp.establish"},
	{"E-16 partner later", "", "passive est hs begun tls-cross", "active", "Y configured", "Y tcp.establish"},
	{"E-17", "", "passive est aware", "active est", "X tls.clienthello", "X notify.tcpRel(not a TLS end), X tcp.fin, Y tcp.abort | X relTimer"},
	{"E-17 agnostic", "", "passive est", "active est", "X tls.clienthello", ""},
	{"E-18", "", "passive est hs begun", "active est", "X tls.established", " => through.open"},
	{"E-18 mismatch", "", "passive est hs begun", "active est", "X tls.est.fail fingerprint", "X notify.tlsFail(fingerprint), X tcp.fin, Y tcp.abort | X relTimer"},
	{"E-19", "", "passive est hs begun", "active", "X tls.handshake", " | X fpGuard"},
	{"E-20 tls-then-tcp", "", "passive est hs begun tls-then-tcp", "active", "X tls.established", "Y tcp.establish"},
	{"E-20 partner later", "", "passive open tls-then-tcp", "active", "Y configured", "Y tcp.establish"},
	{"E-20 tls-tls", "", "passive est hs begun tls-tls", "active est hs", "X tls.established", "Y tls.establish"},
	{"E-20 tls-tls begun", "", "passive est hs begun tls-tls", "active est hs begun", "X tls.established", ""},
	{"E-21", "", "passive est hs begun", "active est", "X tls.est.fail bad", "X notify.tlsFail(bad), X tcp.fin, Y tcp.abort | X relTimer"},
	{"E-21 SYN_SENT", "", "passive est hs begun", "active synsent", "X tls.est.fail bad", "X notify.tlsFail(bad), X tcp.fin, Y silence | X relTimer"},
	{"E-21 strict", "strict", "passive est hs begun", "active est", "X tls.est.fail bad", "X notify.tlsFail(bad), X tcp.fin | X relTimer"},
	{"E-21 leaving", "", "passive est hs begun leaving", "active est", "X tls.est.fail bad", "X tcp.fin | X relTimer"},
	{"E-22", "", "passive", "passive", "X tcp.in.syn", "X tcp.accept"},
	{"E-22 first up", "", "passive synrcvd", "passive", "X tcp.established", " | X mergeTimer"},
	{"E-22b", "", "passive tls-cross", "unset", "X tcp.in.syn", "X tcp.accept"},
	{"E-22b then", "", "passive tls-then-tcp", "active", "X tcp.in.syn", "X tcp.accept"},
	{"E-23", "", "passive est", "passive", "X mergeTimer", "Y notify.tcpFail(timeout)"},
	{"E-23 subtracted", "", "passive est", "passive closed", "X subtract.both", "X tcp.abort"},
	{"E-23 subtracted, mirror", "", "passive closed", "passive est", "X subtract.both", "Y tcp.abort"},
	{"E-23 too late", "", "passive closed", "passive est", "X tcp.in.syn", "X drop"},
	{"E-24", "", "passive est", "passive est", "X tls.clienthello", ""},
	{"E-24 both", "", "passive est", "passive est", "Y tls.clienthello", ""},
	{"E-25", "", "passive fwd-early held synhold", "active", "X configured", "X tcp.accept, Y tcp.establish"},
	{"E-25 merge", "", "passive held synhold", "passive", "X configured", "X tcp.accept"},
	{"E-25b active", "", "active held synhold", "passive", "X configured", "X drop"},
	{"E-25b holdconn", "", "holdconn held synhold", "passive", "X configured", "X drop"},
	{"H1", "", "holdconn", "active", "X tcp.in.syn", "X drop"},
	{"E-26", "", "active synsent", "passive fwd-late held", "X tcp.established", "Y tcp.accept"},
	{"E-26 E-9", "", "active synsent", "passive est", "X tcp.established", " => through.open"},
	{"E-26 E-11", "", "active synsent tls tls-same-leg client", "passive est", "X tcp.established", "X tls.establish | X tlsGuard"},
	{"E-27", "", "passive est", "active est", "X tcp.in.syn", "X drop"},
	{"E-28", "through", "passive est renew", "active est", "X tcp.in.syn", "X tcp.renew"},
	{"E-28 active", "through", "active est renew", "passive est", "X configured", "X tcp.renew"},
	{"E-28 up", "through", "passive est", "active est", "X tcp.renewed", ""},
	{"E-28 up, TLS", "through", "passive open", "active est", "X tcp.renewed", "X tls.await | X tlsGuard"},
	{"E-28b", "through", "passive est", "active est", "X tcp.in.syn", "X drop"},
	{"E-29", "", "passive synrcvd", "active est", "X tcp.rst reset", "X notify.tcpFail(opener_gone), Y tcp.abort"},
	{"E-29 held", "", "passive fwd-late held", "active synsent", "X tcp.rst reset", "X notify.tcpFail(opener_gone), Y silence"},
	{"E-30", "", "passive est", "active synsent", "X tcp.rst reset", "X notify.tcpRel(reset), Y silence"},
	{"E-31 tlsGuard", "", "passive est hs", "active est", "X tlsGuard", "X notify.tlsFail(timeout), X tcp.fin, Y tcp.abort | X relTimer"},
	{"E-31 tlsGuard strict", "strict", "passive est hs", "active est", "X tlsGuard", "X notify.tlsFail(timeout), X tcp.fin | X relTimer"},
	{"E-31 fpGuard", "", "passive est verify", "active est", "X fpGuard", "X alert.bad_certificate, X notify.tlsFail(no_fingerprint), X tcp.fin, Y tcp.abort | X relTimer"},
	{"E-31 estGuard", "", "passive", "active", "X estGuard", "X notify.tcpFail(timeout)"},

	{"R-1", "through", "passive open", "active est", "X tls.close_notify", "X notify.tlsRel(normal), Y discard, Y tcp.fin | X relTimer, Y relTimer"},
	{"R-1 Y TLS", "through", "passive open", "active open", "X tls.close_notify", "X notify.tlsRel(normal), Y discard, Y tls.close | X relTimer, Y relTimer"},
	{"R-1 own FIN", "through", "passive est over", "active halfout", "X relTimer", "X tcp.fin | X relTimer"},
	{"R-1 answered, own FIN", "", "active est cnsent", "passive est over", "X relTimer", "X tcp.fin | X relTimer"},
	{"R-1b", "through", "passive open 1.3", "active est", "X tls.close_notify", "Y tcp.fin | X halfCloseTimer"},
	{"R-1b Y 1.3", "through", "passive open 1.3", "active open 1.3", "X tls.close_notify", "Y tls.close, Y tcp.fin | X halfCloseTimer"},
	{"R-1b Y 1.2", "through", "passive open 1.3", "active open", "X tls.close_notify", "Y discard, Y tls.close | X relTimer, Y relTimer"},
	{"R-1b end", "through", "active est halfout", "passive open 1.3 cnrcvd", "X tcp.fin", "X notify.tcpRel(normal), Y tls.close, Y tcp.fin, Y notify.tlsRel(normal) | Y relTimer"},
	{"R-2", "", "passive est over", "active halfout", "X tcp.fin", "X tcp.fin"},
	{"R-2 1.3", "", "passive open 1.3 cnrcvd", "active halfout", "X tcp.fin", " | X halfCloseTimer"},
	{"R-2 leaving", "", "passive halfout over leaving", "active est", "X tcp.fin", ""},
	{"R-3", "through", "passive open", "active est", "X tcp.fin", "X notify.tlsRel(truncated), X tcp.fin, Y tcp.abort | X relTimer"},
	{"R-3 Y TLS", "through", "passive open", "active open", "X tcp.fin", "X notify.tlsRel(truncated), X tcp.fin, Y tcp.rst | X relTimer"},
	{"R-3 fin", "through fin", "passive open", "active open", "X tcp.fin", "X notify.tlsRel(truncated), X tcp.fin, Y tcp.fin | X relTimer, Y relTimer"},
	{"R-4", "through", "passive est", "active est", "X tcp.fin", "Y tcp.fin | X halfCloseTimer"},
	{"R-4 Y 1.3", "through", "passive est", "active open 1.3", "X tcp.fin", "Y tls.close, Y tcp.fin | X halfCloseTimer"},
	{"R-4 Y 1.2", "through", "passive est", "active open", "X tcp.fin", "Y tls.close | X relTimer, Y relTimer"},
	{"R-4 Y not yet up", "", "passive est", "active synsent", "X tcp.fin", "Y tcp.fin | X halfCloseTimer"},
	{"R-4 Y handshaking", "", "passive est", "active est hs begun", "X tcp.fin", "X tcp.fin, Y tcp.fin | X relTimer, Y relTimer"},
	{"R-4 no partner", "", "passive est", "unset", "X tcp.fin", "X tcp.fin"},
	{"R-4 other half", "through", "passive halfout", "active halfin", "X tcp.fin", "X notify.tcpRel(normal), Y tcp.fin | Y relTimer"},
	{"R-4 leaving", "", "passive halfout leaving", "active est", "X tcp.fin", ""},
	{"R-5", "through", "passive est", "active est", "X tcp.rst reset", "X notify.tcpRel(reset), Y tcp.abort"},
	{"R-5 Y TLS", "through", "passive est", "active open", "X tcp.rst reset", "X notify.tcpRel(reset), Y tcp.abort"},
	{"R-5 D9", "through", "passive est over", "active open", "X tcp.rst reset", "Y tls.close, Y tcp.fin | Y relTimer"},
	{"R-5 only sent", "through", "passive est cnsent", "active est", "X tcp.rst reset", "X notify.tcpRel(reset), Y tcp.abort"},
	{"R-5 leaving", "through", "passive est leaving", "active est", "X tcp.rst reset", ""},
	{"R-6", "through", "passive open", "active open", "X tls.alert alert(80)", "X notify.tlsRel(alert(80)), X tcp.fin, Y tcp.rst | X relTimer"},
	{"R-6 early", "", "passive est hs begun", "active est", "X tls.alert alert(42)", "X notify.tlsFail(alert(42)), X tcp.fin, Y tcp.abort | X relTimer"},
	{"R-6 early strict", "strict", "passive est hs begun", "active est", "X tls.alert alert(42)", "X notify.tlsFail(alert(42)), X tcp.fin | X relTimer"},
	{"R-7", "through", "passive open", "active est", "X tls.est.fail bad_record_mac", "X notify.tlsRel(bad_record_mac), X tcp.fin, Y tcp.abort | X relTimer"},
	{"R-8", "through", "passive open", "active est", "X subtract.both", "X tls.close, X tcp.fin, Y tcp.fin | X relTimer, Y relTimer"},
	{"R-8 abort", "through abort", "passive open", "active est", "X subtract.both", "X tcp.abort, Y tcp.abort"},
	{"R-8 in the midst of a handshake", "", "passive est hs begun", "active synsent", "X subtract.both", "X tls.close, X tcp.fin, Y silence | X relTimer"},
	{"R-8 before the fingerprint", "", "passive est verify", "active est", "X subtract.both", "X tls.close, X tcp.fin, Y tcp.fin | X relTimer, Y relTimer"},
	{"R-8 before the ClientHello", "", "passive est hs", "active est", "X subtract.both", "X tcp.fin, Y tcp.fin | X relTimer, Y relTimer"},
	{"R-8 attempts", "", "passive held", "active synsent", "X subtract.both", "X refuse, Y silence"},
	{"R-8 linger", "", "passive halfout leaving", "active closed", "X relTimer", "X tcp.abort"},
	{"R-9", "through", "passive open", "active est", "X subtract.one", "X tls.close, X tcp.fin, Y suspend | X relTimer"},
	{"R-9 held", "", "active synsent", "passive held", "X subtract.one", "X silence, Y suspend | Y synHoldTimer"},
	{"R-10 strict", "through strict", "passive open", "active est", "X tlsbsc/RelBNC", "X tls.close | X relTimer"},
	{"R-10", "through", "passive open", "active est", "X tlsbsc/RelBNC", "X tls.close, Y discard, Y tcp.fin | X relTimer, Y relTimer"},
	{"R-10 Y TLS", "through", "passive open", "active open", "X tlsbsc/RelBNC", "X tls.close, Y discard, Y tls.close | X relTimer, Y relTimer"},
	{"R-10 plain", "", "passive est", "active est", "X tlsbsc/RelBNC", ""},
	{"R-11 strict", "through strict", "passive est", "active est", "X tcpbcc/RelBNC", "X tcp.fin | X relTimer"},
	{"R-11", "through", "passive est", "active open", "X tcpbcc/RelBNC", "X tcp.fin, Y tls.close, Y tcp.fin | X relTimer, Y relTimer"},
	{"R-11 held", "", "active synsent", "passive fwd-late held", "X tcpbcc/RelBNC", "X silence, Y refuse"},
	{"R-11 held strict", "strict hold", "active synsent", "passive held", "X tcpbcc/RelBNC", "X silence | Y synHoldTimer"},
	{"R-11 closed", "", "passive closed", "active closed", "X tcpbcc/RelBNC", ""},
	{"R-12", "through", "passive est inactive", "active est", "X configured", ""},
	{"R-12 TLS comes up", "", "passive est inactive hs begun", "active est", "X tls.established", " => through.open"},
	{"R-12 FIN", "through", "passive est inactive", "active est", "X tcp.fin", "Y tcp.fin | X halfCloseTimer"},
	{"R-13", "through", "passive est", "active est", "X configured", ""},
	{"R-14", "through", "passive open", "active est", "X stream.removed", "X tls.close, X tcp.fin, Y tcp.fin | X relTimer, Y relTimer"},
	{"R-14 abort", "through abort", "passive open", "active est", "X stream.removed", "X tcp.abort, Y tcp.abort"},
	{"R-15", "", "passive halfout hs leaving", "active closed", "X tcp.fin", ""},
	{"R-17", "through", "passive est", "active open", "X tcp.timeout timeout", "X notify.tcpRel(timeout), Y tcp.rst"},
	{"R-18", "through", "passive est", "active open", "X tcp.rst reset", "X notify.tcpRel(reset), Y tcp.abort"},
	{"R-22", "through", "passive open", "active est", "X mg.restart", "X tcp.abort, Y tcp.abort"},
	{"R-22 attempts", "", "passive held", "active synsent", "X mg.restart", "X refuse, Y silence"},
	{"R-24", "through", "passive open", "active est", "X -", ""}, // what an application says is no event
	{"R-25", "", "passive est hs begun", "active est", "X tcp.fin", "X notify.tlsFail(closed_during_handshake), X tcp.fin, Y tcp.abort | X relTimer"},
	{"R-25 strict", "strict", "passive est hs begun", "active est", "X tcp.fin", "X notify.tlsFail(closed_during_handshake), X tcp.fin | X relTimer"},
	{"R-26", "", "passive halfin", "active halfout", "X halfCloseTimer", "X notify.tcpRel(half_close_timeout), X tcp.abort, Y tcp.abort"},
	{"R-27", "", "passive est cnsent", "active halfout", "X tls.close_notify", "X tcp.fin, X notify.tlsRel(normal) | X relTimer"},
	{"R-27 leaving", "", "passive halfout cnsent leaving", "active est", "X tls.close_notify", " | X relTimer"},
}

// specRows are the rows of the spec reference, §7.4 and §7.5, but for those that concern no bearer: of R-16 (a report
// meets a subtraction), R-19 (inactivity), R-20 (heartbeat), R-21 (session timer) and R-23 (failover of the controller)
// the matrix says that nothing is done on X or Y.
func specRows() (ids []string) {
	for n := 1; n <= 31; n++ {
		ids = append(ids, fmt.Sprintf("E-%d", n))
	}
	ids = append(ids, "E-22b", "E-25b", "E-28b", "R-1b")
	for n := 1; n <= 27; n++ {
		if n != 16 && (n < 19 || n > 23 || n == 22) {
			ids = append(ids, fmt.Sprintf("R-%d", n))
		}
	}
	return ids
}

func TestRows(t *testing.T) {
	for _, r := range rows {
		t.Run(r.id, func(t *testing.T) {
			m := Machine{SEP: [2]SEP{sepOf(t, r.x), sepOf(t, r.y)}, Policy: policyOf(t, r.policy), Opened: strings.Contains(r.policy, "through")}
			side, ev, cause := eventOf(t, r.event)
			ready := m.SEP[X].Ready() && m.SEP[Y].Ready()
			out := m.Input(side, ev, cause, nil)
			got := show(&m, out)
			if m.Through && !ready {
				got += " => through.open"
			}
			if got != r.want {
				t.Errorf("%s | %s, then %s:\n got %s\nwant %s", r.x, r.y, r.event, got, r.want)
			}
		})
	}
	for _, id := range specRows() {
		if !slices.ContainsFunc(rows, func(x struct{ id, policy, x, y, event, want string }) bool {
			return x.id == id || strings.HasPrefix(x.id, id+" ")
		}) {
			t.Errorf("row %s of the spec reference has no test", id)
		}
	}
	for _, table := range [][]Rule{Establishment, ReleaseMatrix} {
		for _, r := range table {
			if !slices.ContainsFunc(rows, func(x struct{ id, policy, x, y, event, want string }) bool {
				return x.id == r.ID || strings.HasPrefix(x.id, r.ID+" ")
			}) {
				t.Errorf("row %s of the tables has no test", r.ID)
			}
		}
	}
	t.Logf("%d rows of the tables, %d cases", len(Establishment)+len(ReleaseMatrix), len(rows))
}
