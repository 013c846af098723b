package ue

import (
	"net/netip"

	"imsim/nodes"
	"imsim/nodes/protocol/sdp"
)

// plain reports a UE that knows no more of connections than RFC 4975: the offerer opens, and a=setup is neither written nor read.
func (u *UE) plain() bool { return !nodes.Or(u.cfg.ACM, true) }

// cema reports a UE that knows RFC 6714.
func (u *UE) cema() bool { return nodes.Or(u.cfg.CEMA, true) }

// negotiate returns the roles that offer and answer lead to, as this UE understands them.
func (u *UE) negotiate(offer, answer sdp.Setup) (offerer, answerer sdp.Setup, err error) {
	if u.plain() {
		return sdp.Active, sdp.Passive, nil
	}
	return sdp.Negotiate(offer, answer)
}

// leadsTo returns where the peer's line wants connections: with CEMA c= and m= (RFC 6714 §4), without what the path says first
// (RFC 4975 §5.4).
func (u *UE) leadsTo(l sdp.Line) (netip.AddrPort, bool) {
	if u.cema() {
		return l.Address()
	}
	return l.PathAddress()
}

// answeredCEMA looks at the answer to an offer with msrp-cema; err gives the session up: RFC 6714 §4.2.2 wants a new offer without
// it then, which is not modelled.
func (m *media) answeredCEMA(l sdp.Line) (err string) {
	o := sdp.CEMAOfferer{AnswerCEMA: l.CEMA(), Match: l.PathMatches(), Active: m.tcpRole == sdp.Active, PeerRelay: len(l.Path()) > 1}
	if m.cema && o.Decide() == sdp.Reoffer {
		return "msrp-cema-missing"
	}
	return ""
}
