package ue

import (
	"net/netip"
	"strconv"
	"time"

	"imsim/internal/units"
	"imsim/nodes"
	"imsim/nodes/protocol/sip"
)

// Config is what a scenario says of a UE. The zero value, but for Proxy, is a UE that registers, supports end-to-access-edge
// MSRP over TLS where told so by MediaSec, offers actpass, answers passive and has free processing.
type Config struct {
	Proxy          string          `yaml:"proxy" node:"pcscf,scscf" jsonschema:"required" jsonschema_description:"Node that this UE sends its requests to: its P-CSCF or for a peer in the core its S-CSCF."`
	Identity       string          `yaml:"identity" jsonschema_description:"Public identity; default sip:NAME@home1.example."`
	Register       string          `yaml:"register" jsonschema:"enum=at-start,enum=none,default=at-start" jsonschema_description:"at-start or none: a peer that others reach without."`
	MediaSec       []string        `yaml:"mediasec" jsonschema:"enum=msrp-tls,enum=bfcp-tls,enum=sdes-srtp,enum=udptl-dtls" jsonschema_description:"Media security mechanisms announced at registration (TS 24.229 table 7.2A.7.2-2)."`
	IPsec          bool            `yaml:"ipsec" jsonschema:"default=false" jsonschema_description:"List ipsec-3gpp in Security-Client beside the media security (TS 33.203). Only the negotiation: SIP goes in clear."`
	OptionTag      string          `yaml:"reg-option-tag" jsonschema:"enum=sec-agree,enum=mediasec,enum=both,default=sec-agree" jsonschema_description:"option tag that registrations ask for with media security (decision D13)"`
	Offer          string          `yaml:"offer" jsonschema:"enum=actpass,enum=active,enum=passive,default=actpass" jsonschema_description:"a=setup in this UE's offers."`
	Answer         string          `yaml:"answer" jsonschema:"enum=passive,enum=active,enum=holdconn,default=passive" jsonschema_description:"a=setup in answers to an offer of actpass; holdconn answers any offer and leaves the connection to a later re-INVITE (RFC 4145 4)."`
	Reinvite       string          `yaml:"reinvite" jsonschema:"enum=accept,enum=refuse,default=accept" jsonschema_description:"What to answer to offers inside a call: refuse says 488 and leaves the session as it was (RFC 3261 14.1)."`
	ConnectionAttr string          `yaml:"connection-attr" jsonschema:"enum=rfc4145,enum=ignore,default=rfc4145" jsonschema_description:"Whether a=connection counts or only a change of address or path as RFC 6135 has it (decision D2)."`
	Insist         bool            `yaml:"insist" jsonschema:"default=false" jsonschema_description:"Answer what the key answer says also where the offer does not allow it (RFC 4145): a faulty UE."`
	Announce       string          `yaml:"announce" jsonschema_description:"Address in this UE's Contact and SDP in place of its own, where it knows what its NAT has made of that."`
	Bind           string          `yaml:"msrp-bind" jsonschema:"enum=active,enum=always,default=active" jsonschema_description:"Who binds the MSRP session by the first SEND: the active side (RFC 6135) or this UE always, which it takes where a gateway opens to both."`
	MaxSize        units.ByteSize  `yaml:"msrp-max-size" jsonschema_description:"Largest message that this UE takes; a larger one gets 413 (RFC 4975 7.3.1). It does not say so in its SDP. Default 0B: no limit."`
	MediaPort      string          `yaml:"media-port" jsonschema:"enum=open,enum=closed,enum=after-answer,default=open" jsonschema_description:"closed: nothing listens at the media port so SYNs are refused; after-answer: a caller opens it only when the answer is in, too late for a peer whose SYN comes first (RFC 4145 4)."`
	HalfClose      string          `yaml:"half-close" jsonschema:"enum=close,enum=keep,default=close" jsonschema_description:"What this UE does when its peer has closed one direction of the media connection: close too or keep its own open (TCP; TLS 1.3)."`
	OpenToo        *units.Duration `yaml:"punch-from-passive" jsonschema_description:"Open the connection also as the passive side, this long after the roles are agreed: hole punching (H.248.84) or a fault."`
	Alert          string          `yaml:"provisional" jsonschema:"enum=none,enum=180,enum=183,enum=183-answer,default=none" jsonschema_description:"Provisional response sent before the 200: none or 180 or 183 without SDP or a reliable 183 that carries the answer (RFC 3262)."`
	Pickup         units.Duration  `yaml:"pickup" jsonschema:"default=0s" jsonschema_description:"Time between the INVITE and the 200: a person or an automatic answer."`
	CEMA           *bool           `yaml:"cema" jsonschema:"default=true" jsonschema_description:"Offer and answer a=msrp-cema (RFC 6714) and open to c= and m=. Without it a=path is where to open to (RFC 4975)."`
	ACM            *bool           `yaml:"acm" jsonschema:"default=true" jsonschema_description:"Alternative connection model of MSRP (RFC 6135): a=setup says who opens. Without it the offerer does (RFC 4975)."`
	ICE            string          `yaml:"ice" jsonschema:"enum=none,enum=full,default=none" jsonschema_description:"full: a full ICE agent for TCP (RFC 6544) with host candidates; its offers then are active unless the key offer says otherwise."`
	Transport      string          `yaml:"transport" jsonschema:"enum=auto,enum=udp,enum=tcp,default=auto" jsonschema_description:"SIP transport: auto takes UDP up to 1300 octets and TCP beyond (RFC 3261 18.1.1)."`
	SIPTimers      string          `yaml:"sip-timers" jsonschema:"enum=ue,enum=core,default=ue" jsonschema_description:"Timer set of TS 24.229 table 7.7.1; a peer in the core takes core."`
	SessionExpires units.Duration  `yaml:"session-expires" jsonschema_description:"Session timer (RFC 4028; TS 24.229 5.1.3): a call is refreshed by UPDATE at half this time and ended by BYE when that fails; at least 90s. Default 0s: no session timer."`
	Request        string          `yaml:"e2ae-request" jsonschema:"enum=agreed,enum=always,default=agreed" jsonschema_description:"Whether a=3ge2ae:requested is offered only where registration has agreed on the mechanism or always, by a UE that also takes an answer in clear (E7)."`
	TLSOffers      string          `yaml:"tls-offers" jsonschema:"enum=accept,enum=port-0,enum=refuse,default=accept" jsonschema_description:"What to answer to offers of media over TLS: port-0 accepts the call without the line and refuse says 488."`
	PathScheme     string          `yaml:"path-scheme" jsonschema:"enum=ignore,enum=match,default=ignore" jsonschema_description:"Whether the scheme of the peer's a=path (msrp or msrps) must be that of the media line's protocol. Ends with CEMA ignore it (spec reference 3.6)."`
	TLSFault       string          `yaml:"tls-fault" jsonschema:"enum=none,enum=plain,enum=silent,default=none" jsonschema_description:"plain: speaks MSRP in clear on a connection that was agreed on for TLS (E5); silent: opens it and says nothing (E6)."`
	TCP            nodes.TCPConfig `yaml:"tcp" jsonschema_description:"The UE's media TCP."`
	TLS            nodes.TLSConfig `yaml:"tls" jsonschema_description:"The UE's media TLS."`
	Costs          nodes.Costs     `yaml:"costs" jsonschema_description:"Processor time of the UE's work; all free by default but for crypto at 100%."`
}

// Validate reports settings that no UE can have.
func (c *Config) Validate(report func(field, wrong, right string)) {
	c.TLS.Validate("tls", report)
	if d := time.Duration(c.SessionExpires); d != 0 && d < sip.LeastSE {
		report("session-expires", d.String()+" is too short", "write at least 90s (RFC 4028 §5), or 0s for none")
	}
	if _, err := netip.ParseAddr(c.Announce); c.Announce != "" && err != nil {
		report("announce", strconv.Quote(c.Announce)+" is no address", "write for instance 203.0.113.9")
	}
	if c.Identity == "" {
		return
	}
	if u, err := sip.ParseURI(c.Identity); err != nil || u.User == "" || u.Scheme != "sip" && u.Scheme != "sips" {
		report("identity", strconv.Quote(c.Identity)+" is no public identity", "write for instance sip:alice@home1.example")
	}
}
