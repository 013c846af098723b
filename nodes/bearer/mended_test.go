package bearer

import "testing"

// mended are cases that the exploration found wrong.
var mended = []struct{ id, policy, x, y, event, want string }{
	{"R-11, a FIN that waited leaves", "", "passive synrcvd leaving ending timer=relTimer", "active halfout timer=relTimer", "X tcp.established", "| X relTimer, Y relTimer [half-out/none, half-out/none]"},
	{"R-2, a port whose partner has closed takes nothing more", "", "passive", "active est", "Y tcp.fin", "Y tcp.fin [closed/none, closing/none]"},
	{"R-4, a held SYN whose partner has closed is refused", "", "actpass held timer=synHoldTimer", "active est", "Y tcp.fin", "Y tcp.fin, X refuse [closed/none, closing/none]"},
	{"R-1, the same in TLS", "", "passive tls", "active est verify", "Y tls.close_notify", "Y notify.tlsRel(normal) | Y relTimer [closed/closed, est/closed]"},
	{"R-27, one Notify a leg", "through", "passive halfout told timer=relTimer", "active est", "X tcp.timeout timeout", "Y tcp.abort [closed/none, closed/none]"},
	{"E-31, estGuard tells once", "", "passive told", "passive", "X configured", "[idle/none, idle/none]"},
	{"R-3, no close_notify behind the FIN", "through", "passive open", "active est", "X tcp.fin", "X notify.tlsRel(truncated), X tcp.fin, Y tcp.abort | X relTimer [closing/closed, closed/none]"},
	{"R-3, nor by a later order", "", "passive tcp=closing tls=closed told timer=relTimer", "active closed", "X tlsbsc/RelBNC", "| X relTimer [closing/closed, closed/none]"},
	{"E-28, what is being closed is not replaced", "", "passive halfin timer=halfCloseTimer", "active halfout", "X tcp.renewed", "| X halfCloseTimer [half-in/none, half-out/none]"},
	{"E-28, nor announced any more", "", "passive est renew", "active est", "X tcp.fin", "Y tcp.fin | X halfCloseTimer [half-in/none, half-out/none]"},
	{"E-28, a SYN then is that of another connection", "", "passive halfin timer=halfCloseTimer", "active halfout", "X tcp.in.syn", "X drop | X halfCloseTimer [half-in/none, half-out/none]"},
	{"E-28, nor after close_notify", "through", "passive open 1.3 renew", "active est", "X tls.close_notify", "Y tcp.fin | X halfCloseTimer [est/cn-rcvd, half-out/none]"},
	{"E-20, close_notify before the fingerprint", "", "passive est verify 1.3 rcvd timer=fpGuard timer=halfCloseTimer", "active halfout", "X tls.established", "| X halfCloseTimer [est/cn-rcvd, half-out/none]"},
	{"R-1b, of a handshake that was given up nothing counts", "strict", "passive halfout failed told timer=relTimer", "active est", "X tls.close_notify", "| X relTimer [half-out/closed, est/none]"},
	{"R-11, the partner is half closed already", "strict", "passive halfin timer=halfCloseTimer", "active halfout", "X tcpbcc/RelBNC", "X tcp.fin | X relTimer, X halfCloseTimer, Y relTimer [closing/none, half-out/none]"},
	{"R-11, and its FIN waits for the connection", "strict", "passive halfin timer=halfCloseTimer", "active synsent ending", "X tcpbcc/RelBNC", "X tcp.fin | X relTimer, X halfCloseTimer, Y relTimer [closing/none, syn-sent/none]"},
	{"R-10, the partner is half closed already", "strict", "passive open cnrcvd 1.3 timer=halfCloseTimer", "active halfout", "X tlsbsc/RelBNC", "X tls.close | X relTimer, X halfCloseTimer, Y relTimer [est/closed, half-out/none]"},
	{"R-10, and its FIN waits for the connection", "strict", "passive open cnrcvd 1.3 timer=halfCloseTimer", "active synsent ending", "X tlsbsc/RelBNC", "X tls.close | X relTimer, X halfCloseTimer, Y relTimer [est/closed, syn-sent/none]"},
	{"R-25, the partner is half closed already", "strict", "passive est verify 1.3 rcvd timer=halfCloseTimer", "active halfout", "X tcp.fin", "X notify.tlsFail(closed_during_handshake), X tcp.fin | X relTimer, X halfCloseTimer, Y relTimer [closing/closed, half-out/none]"},
	{"E-21, the partner is half closed already", "strict", "passive est verify 1.3 rcvd timer=halfCloseTimer", "active halfout", "X tls.est.fail bad", "X notify.tlsFail(bad), X tcp.fin | X relTimer, X halfCloseTimer, Y relTimer [half-out/closed, half-out/none]"},
	{"E-31, the partner is half closed already", "strict", "passive est verify 1.3 rcvd timer=halfCloseTimer", "active halfout", "X fpGuard", "X alert.bad_certificate, X notify.tlsFail(no_fingerprint), X tcp.fin | X relTimer, X halfCloseTimer, Y relTimer [half-out/closed, half-out/none]"},
	{"E-25b, the partner takes no part any more", "hold", "passive held", "holdconn", "Y configured", "| X synHoldTimer [held/none, idle/none]"},
	{"E-3, a partner with holdconn", "", "passive", "holdconn", "X tcp.in.syn", "X hold.briefly | X synHoldTimer [held/none, idle/none]"},
	{"E-23, too late for a merge that lost its partner", "", "passive closed", "actpass closed", "X tcp.in.syn", "X drop [closed/none, closed/none]"},
	{"D4, too late before the role was decided", "", "actpass closed leaving", "active closed", "X tcp.in.syn", "X drop [closed/none, closed/none]"},
	{"E-12, a late order to a server changes no role", "", "passive open", "active est", "X tlsbsc/EstBNC", "[est/est, est/none]"},
}

// TestMended holds what the exploration has found wrong once.
func TestMended(t *testing.T) {
	for _, r := range mended {
		t.Run(r.id, func(t *testing.T) {
			c := readExample(t, r.id, r.policy, r.x, r.y, r.event, r.want)
			if got := c.comes(nil); got != r.want {
				t.Errorf("\n got %s\nwant %s", got, r.want)
			}
		})
	}
}
