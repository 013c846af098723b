package alg

import (
	"imsim/nodes/protocol/h248"
	"imsim/nodes/protocol/sdp"
)

// offeredICE decides, when the offer has come, whether the access leg is to be one of ICE: the gateway then is a lite agent
// towards the served UE (TS 23.334 cl. 5.18 [K]). ICE ends here: the other side hears nothing of it.
func (c *call) offeredICE() {
	if c.p.cfg.ICE != "lite" || c.relay {
		return
	}
	if !c.originating {
		c.ice = true // offered to the UE, which may leave it
		return
	}
	l := c.offer.Line(0)
	i, ok, mismatch := l.ICE()
	c.mismatch = mismatch
	switch sdp.OfferDefault(l.Setup()) {
	case sdp.Active, sdp.ActPass:
		// RFC 6544 §4.1: a lite agent is passive. An offer of passive alone is served without ICE.
		c.ice, c.peerICE = ok && !i.Lite, i
	}
}

// answeredICE takes the answer of the served UE to an offer with ICE.
func (c *call) answeredICE(l sdp.Line) {
	if !c.ice || c.originating {
		return
	}
	i, ok, _ := l.ICE()
	c.ice, c.peerICE = ok && !i.Lite, i
	if !c.ice {
		c.far.local.DropICE()
	}
}

// localICE asks the gateway for the credentials and the candidate of a leg.
func (c *call) localICE(l *leg, f *sdp.Fragment) {
	if l.access && c.ice {
		f.ChooseICE()
	}
}

// remoteICE tells the gateway the UE's.
func (c *call) remoteICE(l *leg, f *sdp.Fragment) {
	if l.access && c.ice {
		f.SetICE(c.peerICE)
	}
}

// stunOrder has the gateway answer checks, once both sides' credentials are there (H.248.50 cl. 8.1).
func (c *call) stunOrder(l *leg, s *h248.Signals) {
	if l.access && c.ice {
		s.List = append(s.List, h248.Signal{Name: "mgastuns/astuns", Stream: 1})
	}
}

// rewriteICE makes a line speak for the gateway's leg, which has ICE or not. Left as they are (ice: pass), the attributes give the
// UE away that somebody has changed c= and m= (RFC 8839 §4.2.5).
func (c *call) rewriteICE(l sdp.Line, towards *leg) {
	if c.p.cfg.ICE == "pass" {
		return
	}
	l.DropICE()
	switch {
	case !towards.access:
	case c.ice:
		if i, ok, _ := towards.local.ICE(); ok {
			i.Lite = true
			l.SetICE(i)
		}
	case c.mismatch:
		l.Add(sdp.AttrICEMismatch, "")
	}
}

// opens returns the gateway's TCP role on a leg: with ICE it is opened to, whatever a=setup says (RFC 6544 §4.4).
func (c *call) opens(l *leg, role sdp.Setup) sdp.Setup {
	if l.access && c.ice && role != sdp.HoldConn {
		return sdp.Passive
	}
	return role
}

// onlyTLS reports a call whose a=setup says no more than who is TLS client, from end to end, and so is not ours to change.
func (c *call) onlyTLS() bool { return c.tried && c.passing && c.tls }
