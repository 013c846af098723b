package sdp

import (
	"net/netip"
	"strings"
)

// PathMatches reports whether the address of c= and m= is that of one of the path's URIs (RFC 6714 §4.3). A name
// matches nothing: IMS names in paths do not resolve on purpose (TS 24.247 8.3.1).
func (l Line) PathMatches() bool {
	here, ok := l.Address()
	if !ok {
		return false
	}
	for _, uri := range l.Path() {
		if ap, ok := authority(uri); ok && ap.Port() == here.Port() && ap.Addr().Unmap() == here.Addr().Unmap() {
			return true
		}
	}
	return false
}

// PathAddress returns where the path's first URI leads; ok is false for a name.
func (l Line) PathAddress() (ap netip.AddrPort, ok bool) {
	if p := l.Path(); len(p) > 0 {
		return authority(p[0])
	}
	return ap, false
}

// authority returns the numeric host and port of a URI.
func authority(uri string) (netip.AddrPort, bool) {
	_, s, ok := strings.Cut(uri, "://")
	if !ok {
		return netip.AddrPort{}, false
	}
	if i := strings.IndexAny(s, "/;"); i >= 0 {
		s = s[:i]
	}
	s = s[strings.LastIndexByte(s, '@')+1:]
	ap, err := netip.ParseAddrPort(s)
	return ap, err == nil
}

// CEMAAction is what RFC 6714 makes a party do.
type CEMAAction uint8

// CEMA actions.
const (
	Dial       CEMAAction = iota + 1 // open a connection to c= and m= of the other side
	Wait                             // for the other side's connection
	PlainPath                        // RFC 4975 and 4976: the path alone decides
	Reoffer                          // send a new offer without msrp-cema; a gateway must then be an MSRP B2BUA
	RejectLine                       // refuse the m-line, or 488
)

var cemaActions = [...]string{"", "dial", "wait", "plain-path", "reoffer", "reject"}

func (a CEMAAction) String() string { return cemaActions[a] }

// CEMAOfferer is what an offerer that offered msrp-cema knows when the answer is there.
type CEMAOfferer struct {
	AnswerCEMA bool // the answer has msrp-cema
	Match      bool // the answer's path matches its c= and m=
	Active     bool // the offerer becomes the active side
	OwnRelay   bool // the offerer uses an MSRP relay
	PeerRelay  bool // the answer's path has several URIs
}

// Decide returns what the offerer does (RFC 6714 §4.2.2).
func (o CEMAOfferer) Decide() CEMAAction {
	role := Wait
	if o.Active {
		role = Dial
	}
	switch {
	case o.AnswerCEMA:
		return role
	case !o.Match && (!o.Active || o.OwnRelay || o.PeerRelay):
		// A gateway changed c= and m= and the answerer cannot make up for it: once more without CEMA.
		return Reoffer
	case o.PeerRelay && o.Match:
		return PlainPath
	}
	return role
}

// CEMAAnswerer is what an answerer knows when the offer is there.
type CEMAAnswerer struct {
	OfferCEMA    bool // the offer has msrp-cema
	Match        bool // the offer's path matches its c= and m=
	OffererRelay bool // the offer's path has several URIs
	OwnRelay     bool // the answerer uses an MSRP relay
	Active       bool // the answerer will be the active side
	CanBePassive bool // the answerer can be reached, so could be passive
}

// Decide returns what the answerer does (RFC 6714 §4.3), and whether its answer has msrp-cema.
func (a CEMAAnswerer) Decide() (action CEMAAction, cema bool) {
	role := Wait
	if a.Active {
		role = Dial
	}
	switch {
	case !a.OfferCEMA && !a.Match:
		return RejectLine, false
	case !a.OfferCEMA:
		return role, false // the path is where c= and m= point, an attribute that was not offered is not answered [I]
	case a.OwnRelay && a.OffererRelay,
		a.OffererRelay && !a.Active, // the offerer with its relay will be active
		a.OwnRelay && !a.CanBePassive:
		return PlainPath, false
	}
	return role, true
}
