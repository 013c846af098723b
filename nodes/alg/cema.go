package alg

import (
	"imsim/nodes/protocol/sdp"
	"imsim/sim"
)

// Without msrp-cema an end takes the address to dial from a=path, which only a gateway that knows MSRP may change, since messages
// carry it as well (RFC 6714 §5, TR 29.828 cl. 4.1.4). Where it is missing on one side, the ALG tells the gateway the application,
// or gives up (spec reference §3.6).

// offeredCEMA decides by the offer; status refuses it.
func (c *call) offeredCEMA() (status int) {
	c.aware = (c.p.cfg.Awareness == "aware" || c.p.cfg.Awareness == "backhaul") && !c.relay && !c.passing
	if c.aware || c.relay || c.passing || c.offer.Line(0).CEMA() {
		return 0
	}
	switch c.p.cfg.CEMAMissing {
	case "pass":
	case "reject":
		return 488
	default:
		c.aware = true
	}
	return 0
}

// answeredCEMA decides by the answer: an offer that went on with msrp-cema may come back without. wrong refuses the answer.
func (c *call) answeredCEMA(l sdp.Line) (wrong string) {
	if c.aware || c.unaware || c.relay || c.passing || !c.offer.Line(0).CEMA() || l.CEMA() {
		return ""
	}
	switch c.p.cfg.CEMAMissing {
	case "pass":
	case "reject":
		return "msrp-cema-missing"
	default:
		c.aware = true
		c.far.local.Proto, c.far.local.Format = c.proto(&c.far), c.format()
		c.far.local.Set(sdp.AttrPath, "$")
	}
	return ""
}

// settleUnaware works the answer into a gateway again that does not know the application: nothing of the order has been done, or no
// more than what comes again.
func (c *call) settleUnaware(why sim.Cause) {
	w := c.waiting[0]
	c.waiting = c.waiting[1:]
	c.aware, c.unaware, c.settled = false, true, false
	c.far.local.Proto, c.far.local.Format = c.proto(&c.far), c.format()
	c.far.local.Remove(sdp.AttrPath)
	w.why = why
	c.settle(w)
}

// withPath asks the gateway for its path on a leg.
func (c *call) withPath(f *sdp.Fragment) {
	if c.aware {
		f.Add(sdp.AttrPath, "$")
	}
}

// withPeerPath tells the gateway the path of a leg's peer.
func (c *call) withPeerPath(f *sdp.Fragment, line sdp.Line) {
	if p, ok := line.Attr(sdp.AttrPath); ok && c.aware {
		f.Add(sdp.AttrPath, p)
	}
}

// rewritePath makes a line's path the gateway's, where that knows MSRP: c= and m= then are where it leads, and there is no need for
// CEMA any more (RFC 6714 §5).
func (c *call) rewritePath(l sdp.Line, towards *leg) {
	if p, ok := towards.local.Attr(sdp.AttrPath); ok && c.aware && p != "$" {
		l.Set(sdp.AttrPath, p)
		l.Remove(sdp.AttrCEMA)
	}
}
