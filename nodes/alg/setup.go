package alg

import "imsim/nodes/protocol/sdp"

// The ALG decides on a=setup, offer by offer, by the decision table of spec reference §2.6. Without a NAT before the served
// UE (T1 to T3, O1, O2), and where the stream is relayed (§2.4), offer and answer keep what they say. With one, the UE must
// be the side that opens, so the ALG speaks for the gateway, which then may be passive towards both: merge.

// setupOnward returns a=setup of the offer as it goes on to the answerer; ok is false where the call must be refused.
func (c *call) setupOnward(offered sdp.Setup) (onward sdp.Setup, ok bool) {
	cfg := &c.p.cfg
	if c.dualActive(offered) {
		return sdp.Active, true
	}
	if !c.rewrites() {
		return offered, true // T1 to T3, O1, O2
	}
	offer := sdp.OfferDefault(offered) // M1: without the attribute the offerer opens
	switch {
	case offer == sdp.HoldConn:
		return offered, true // H1
	case !c.originating || c.merges():
		if offer == sdp.Active && c.collides() {
			return offered, false // T4, §2.6 rule (a)
		}
		return sdp.Passive, true // T4 to T6
	case offer == sdp.Passive:
		return sdp.Passive, cfg.NATPassiveOffer == "try" || cfg.NATPassiveOffer == "punch" // O5
	case c.collides():
		return sdp.Active, true // O3, §2.6 rule (a): the far side must answer passive
	case cfg.NATOrigOffer == "passive":
		return sdp.Passive, true // O4 for certain
	case cfg.NATOrigOffer == "active":
		return sdp.Active, true // O3 for certain
	}
	return sdp.ActPass, true // O3 or O4, as the far side likes
}

// setupBack returns a=setup of the answer as it goes back to the offerer.
func (c *call) setupBack(offered, answered sdp.Setup) sdp.Setup {
	if c.dualActive(offered) && sdp.AnswerDefault(answered) != sdp.HoldConn {
		return sdp.Active
	}
	if !c.rewrites() || sdp.AnswerDefault(answered) == sdp.HoldConn {
		return answered
	}
	switch offer := sdp.OfferDefault(offered); {
	case offer == sdp.Passive:
		return sdp.Active // T5, O5
	case offer == sdp.ActPass && c.merges() && !c.collides():
		return sdp.Passive // as T6 as merge
	case offer == sdp.ActPass && (!c.originating || c.merges()) && (c.p.cfg.NATTermActPass != "merge" || c.collides()):
		return sdp.Active // T6
	}
	return sdp.Passive // T4, T6 as merge, O3, O4
}

// dualActive reports a call whose legs the gateway opens both (§2.7, §2.11 proxy / dual active): the offer leaves it the
// choice, and TLS from end to end has a client all the same: with both ends passive neither would begin [I].
func (c *call) dualActive(offered sdp.Setup) bool {
	return c.p.cfg.TCPMode == "proxy" && c.p.cfg.ProxySetup == "active" && !c.relay && !c.natted() && !(c.passing && c.tls) &&
		(offered == sdp.ActPass || offered == sdp.Passive)
}

// punches reports a leg on which the gateway is to punch a hole (O5, §8.5).
func (c *call) punches(l *leg, role sdp.Setup) bool {
	return l.access && role == sdp.Active && c.natted() && c.rewrites() && c.p.cfg.NATPassiveOffer == "punch"
}

// collides reports a call that merge would spoil: both UEs open, so both would begin TLS as its client (§2.6).
func (c *call) collides() bool { return c.passing && c.tls && c.p.cfg.MergeE2ETLS != "collide" }

// rewrites reports a call whose set-up direction is the ALG's to choose.
func (c *call) rewrites() bool {
	return (c.natted() && c.p.cfg.NATSetup != "keep" || c.merges()) && !c.relay
}

// merges reports a gateway that is to wait for both sides by configuration, NAT or not: rows T4 to T6 in either direction.
func (c *call) merges() bool { return c.p.cfg.TCPMode == "merge" && !c.relay }

// natted reports a NAT between the served UE and the P-CSCF.
func (c *call) natted() bool { return c.served != nil && c.served.BehindNAT }

// latches reports whether the gateway is to take the source of the UE's segments for its address (H.248.37).
func (c *call) latches() bool { return c.p.cfg.Latch || c.natted() }
