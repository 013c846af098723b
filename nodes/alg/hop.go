package alg

import "imsim/nodes/protocol/sdp"

// TLS may end at the gateway on either leg, each with its own session and certificate: towards users as e2ae, and away from
// them as security of the hop (spec reference §7.2 preset tls-tls; TS 33.210 has the operators protect what leaves them [I]).

// protected reports a leg on which the gateway ends TLS.
func (c *call) protected(l *leg) bool {
	if l.access {
		return c.secure
	}
	return c.hop
}

// protects is the same of a line of an established call.
func (l *line) protects(g *leg) bool {
	if g.access {
		return l.secure
	}
	return l.hop
}

// protectHop decides on the leg away from users; status refuses the call. TLS that is offered on it ends here; where the
// offer goes out on it, TLS is offered. An answer cannot ask for TLS that the offer has not (RFC 3264 §6), so an offer
// without stays so.
func (c *call) protectHop(l sdp.Line) (status int) {
	if s := c.p.cfg.CoreSecurity; s == "" || s == "clear" {
		return 0
	}
	c.hop = c.originating || l.Proto().Security == sdp.TLS
	if c.hop && !c.originating && len(l.Fingerprints()) == 0 {
		return 488 // as E9
	}
	return 0
}

// answeredTLS looks at the answer to an offer of TLS that was the gateway's; wrong refuses it.
func (c *call) answeredTLS(l sdp.Line) (wrong string) {
	switch {
	case !c.protected(&c.far):
		return ""
	case l.Proto().Security != sdp.TLS:
		return "RFC 4975: answer without TLS"
	case len(l.Fingerprints()) == 0:
		return "RFC 8122: answer without fingerprint"
	}
	return ""
}
