package scenarios

import "imsim/internal/units"

// Step is one fault or change: when it happens and what is done.
type Step struct {
	At     *units.Duration `yaml:"at" jsonschema_description:"instant of the run"`
	When   *Milestone      `yaml:"when" jsonschema_description:"milestone, in any session, that brings it about"`
	After  units.Duration  `yaml:"after" jsonschema_description:"pause after the milestone of when"`
	Do     string          `yaml:"do" jsonschema:"required" jsonschema_description:"what is done"`
	Action any             `yaml:"-"` // a pointer to one of the actions below; nil only beside an error
}

// LinkDown loses every packet that is sent into a link, and those in it.
type LinkDown struct {
	Link        string `yaml:"link" jsonschema:"required" jsonschema_description:"the link that fails"`
	Unreachable bool   `yaml:"unreachable" jsonschema:"default=false" jsonschema_description:"routers at its ends know and answer with ICMP host unreachable; without it packets are lost silently"`
}

// LinkUp repairs a link.
type LinkUp struct {
	Link string `yaml:"link" jsonschema:"required" jsonschema_description:"the link that is repaired"`
}

// SetValue changes a value of a link.
type SetValue struct {
	Path string `yaml:"path" jsonschema:"required" jsonschema_description:"the value's path, for instance links.access.delay"`
	To   Scalar `yaml:"to" jsonschema:"required" jsonschema_description:"the new value"`

	// Link is the link as it is once the value is changed, other steps left out. Loading fills it.
	Link Link `yaml:"-"`
}

// H248Drop loses H.248 messages that a node sends.
type H248Drop struct {
	Node  string `yaml:"node" node:"pcscf,ibcf,mrfc,mediagw,mgc,mg" jsonschema:"required" jsonschema_description:"the sender"`
	Count int    `yaml:"count" jsonschema:"minimum=1,default=1" jsonschema_description:"how many messages"`
}

// H248Delay keeps H.248 messages back that a node sends, so that later ones overtake them.
type H248Delay struct {
	Node  string         `yaml:"node" node:"pcscf,ibcf,mrfc,mediagw,mgc,mg" jsonschema:"required" jsonschema_description:"the sender"`
	Count int            `yaml:"count" jsonschema:"minimum=1,default=1" jsonschema_description:"how many messages"`
	By    units.Duration `yaml:"by" jsonschema:"required" jsonschema_description:"how long each is kept back"`
}

// H248Duplicate sends H.248 messages of a node twice.
type H248Duplicate struct {
	Node  string         `yaml:"node" node:"pcscf,ibcf,mrfc,mediagw,mgc,mg" jsonschema:"required" jsonschema_description:"the sender"`
	Count int            `yaml:"count" jsonschema:"minimum=1,default=1" jsonschema_description:"how many messages"`
	By    units.Duration `yaml:"by" jsonschema:"default=0s" jsonschema_description:"how much later each comes again"`
}

// H248Send has a scripted H.248 entity send transactions, in one message.
type H248Send struct {
	Node         string   `yaml:"node" node:"mgc,mg" jsonschema:"required" jsonschema_description:"the sender"`
	To           string   `yaml:"to" node:"mediagw,mg" jsonschema_description:"the gateway, where a controller sends; a gateway sends to its controller"`
	Transactions []string `yaml:"transactions" jsonschema:"required,minItems=1" jsonschema_description:"what each holds: the actions as H.248 text, for instance Context = 1 { Subtract = * }"`
}

// ServiceChange takes a gateway out of service or back.
type ServiceChange struct {
	Node   string         `yaml:"node" node:"mediagw,mg" jsonschema:"required" jsonschema_description:"the gateway"`
	Method string         `yaml:"method" jsonschema:"required,enum=graceful,enum=forced,enum=restart" jsonschema_description:"graceful keeps what there is and forced loses it; restart brings it back into service"`
	Delay  units.Duration `yaml:"delay" jsonschema:"default=0s" jsonschema_description:"graceful: what is left after this time is lost; 0s for never"`
}

// HandOff has a controller send its gateways to another one.
type HandOff struct {
	Node string `yaml:"node" node:"pcscf,ibcf,mgc" jsonschema:"required" jsonschema_description:"the controller"`
	To   string `yaml:"to" node:"pcscf,ibcf,mgc" jsonschema:"required" jsonschema_description:"the controller that the gateways shall belong to"`
}

// NATReboot makes a NAT forget all its mappings.
type NATReboot struct {
	NAT string `yaml:"nat" jsonschema:"required" jsonschema_description:"the NAT that is switched off and on"`
}

// MediaReset breaks off the media connections of a UE.
type MediaReset struct {
	Node string `yaml:"node" node:"ue" jsonschema:"required" jsonschema_description:"the UE whose application crashes"`
}

// MediaClose closes the media connections of a UE in good order, or says half of what that takes.
type MediaClose struct {
	Node string `yaml:"node" node:"ue" jsonschema:"required" jsonschema_description:"the UE that closes; its calls stay up"`
	Only string `yaml:"only" jsonschema:"enum=fin,enum=close-notify" jsonschema_description:"fin: without close_notify, which truncates; close-notify: TLS only, TCP stays; without the key both"`
}

// MediaAlert ends the TLS sessions of a UE's media by a fatal alert.
type MediaAlert struct {
	Node  string `yaml:"node" node:"ue" jsonschema:"required" jsonschema_description:"the UE whose TLS fails"`
	Alert int    `yaml:"alert" jsonschema:"minimum=1,maximum=255,default=80" jsonschema_description:"the alert's number (RFC 8446 section 6): 80 is internal_error"`
}

// MediaCorrupt flips a bit in the next TLS record of user data that a UE sends.
type MediaCorrupt struct {
	Node string `yaml:"node" node:"ue" jsonschema:"required" jsonschema_description:"the UE; TCP's checksum is right again, as somebody on the way would see to"`
}

// Renegotiate has a UE ask for another TLS handshake inside its sessions.
type Renegotiate struct {
	Node string `yaml:"node" node:"ue" jsonschema:"required" jsonschema_description:"the UE; only TLS 1.2 has that (RFC 5246 7.4.1)"`
}

// Intrude has a UE that takes no part in a call open a connection to a gateway's media port: first packets from a stranger.
type Intrude struct {
	Node  string `yaml:"node" node:"ue" jsonschema:"required" jsonschema_description:"the intruder"`
	At    string `yaml:"gateway" node:"mediagw" jsonschema:"required" jsonschema_description:"the gateway"`
	Realm string `yaml:"realm" jsonschema:"enum=access,enum=core,default=access" jsonschema_description:"on which of its sides"`
	TLS   bool   `yaml:"tls" jsonschema:"default=false" jsonschema_description:"go on with TLS, as client, with the intruder's own certificate"`
}

// Order has a controller order something of its gateway, for every call that has a context there (H.248.92: by strict control).
type Order struct {
	Node  string `yaml:"node" node:"pcscf" jsonschema:"required" jsonschema_description:"the controller"`
	Realm string `yaml:"realm" jsonschema:"enum=access,enum=core,default=access" jsonschema_description:"on which side"`
	What  string `yaml:"order" jsonschema:"required,enum=tcp-establish,enum=tcp-release,enum=tls-establish,enum=tls-release,enum=relatch,enum=inactive,enum=send-receive,enum=remove-stream,enum=subtract" jsonschema_description:"what: signals tcpbcc/EstBNC, tcpbcc/RelBNC, tlsbsc/EstBNC, tlsbsc/RelBNC and ipnapt/latch with RELATCH, Mode, a stream without descriptors, or Subtract of that side"`
}

// Reinvite makes a UE offer anew in its calls (RFC 3261 §14): all lines at once, as one offer has them.
type Reinvite struct {
	Node        string `yaml:"node" node:"ue" jsonschema:"required" jsonschema_description:"the UE that offers, in every call that it has up"`
	Connection  string `yaml:"connection" jsonschema:"enum=existing,enum=new,default=existing" jsonschema_description:"a=connection of lines that there are (RFC 4145 5): whether they keep their connections"`
	Setup       string `yaml:"setup" jsonschema:"enum=actpass,enum=active,enum=passive,enum=holdconn" jsonschema_description:"a=setup of new connections; default as in the UE's first offers"`
	Direction   string `yaml:"direction" jsonschema:"enum=sendrecv,enum=sendonly,enum=recvonly,enum=inactive" jsonschema_description:"hold and resume: the direction of media; default as it is"`
	Add         bool   `yaml:"add" jsonschema:"default=false" jsonschema_description:"one more message line"`
	Remove      int    `yaml:"remove" jsonschema:"minimum=1,maximum=8" jsonschema_description:"number of the line whose port becomes 0"`
	Certificate bool   `yaml:"certificate" jsonschema:"default=false" jsonschema_description:"another certificate and so fingerprint, which takes new connections"`
	NoOffer     bool   `yaml:"no-offer" jsonschema:"default=false" jsonschema_description:"an INVITE without a description, which nodes refuse by 488"`
}

// Restart makes a gateway lose all that it has, or a controller what it knows of its gateways.
type Restart struct {
	Node string         `yaml:"node" node:"mediagw,mg,pcscf,ibcf,mgc" jsonschema:"required" jsonschema_description:"the gateway or controller that restarts; of a P-CSCF only the control of its gateway"`
	For  units.Duration `yaml:"for" jsonschema:"default=0s" jsonschema_description:"how long it is down"`
}

// Register has a UE register anew.
type Register struct {
	Node     string   `yaml:"node" node:"ue" jsonschema:"required" jsonschema_description:"the UE"`
	Leave    bool     `yaml:"leave" jsonschema:"default=false" jsonschema_description:"de-register: Expires 0"`
	MediaSec []string `yaml:"mediasec" jsonschema:"enum=msrp-tls,enum=bfcp-tls,enum=sdes-srtp,enum=udptl-dtls" jsonschema_description:"media security that it announces now; without the key none"`
}

var actions = []variant{
	{"link-down", "lose every packet on a link", LinkDown{}},
	{"link-up", "repair a link", LinkUp{}},
	{"set", "change a value of a link", SetValue{}},
	{"h248-drop", "lose H.248 messages", H248Drop{}},
	{"h248-delay", "keep H.248 messages back", H248Delay{}},
	{"h248-duplicate", "send H.248 messages twice", H248Duplicate{}},
	{"h248-send", "send H.248 transactions", H248Send{}},
	{"service-change", "take a gateway out of service or back", ServiceChange{}},
	{"handoff", "send gateways to another controller", HandOff{}},
	{"nat-reboot", "make a NAT forget its mappings", NATReboot{}},
	{"media-reset", "reset a UE's media connections", MediaReset{}},
	{"media-close", "close a UE's media connections", MediaClose{}},
	{"reinvite", "make a UE offer anew inside its calls", Reinvite{}},
	{"media-alert", "end a UE's TLS by a fatal alert", MediaAlert{}},
	{"media-corrupt", "flip a bit in a UE's next TLS record", MediaCorrupt{}},
	{"renegotiate", "ask for another TLS handshake", Renegotiate{}},
	{"intrude", "open a stranger's connection to a gateway", Intrude{}},
	{"order", "have a controller order something of its gateway", Order{}},
	{"register", "have a UE register anew or de-register", Register{}},
	{"restart", "restart a gateway or a controller", Restart{}},
}

func (*Step) variants() (string, []variant) { return "do", actions }
func (s *Step) setVariant(v any)            { s.Action = v }
func (s *Step) variant() any                { return s.Action }
