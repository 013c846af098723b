package run

import (
	"imsim/nodes"
	"imsim/nodes/ibcf"
	"imsim/nodes/mediagw"
	"imsim/nodes/mrfc"
	"imsim/nodes/scscf"
	"imsim/nodes/tamper"
	"imsim/nodes/ue"
	"imsim/scenarios"
)

// Omission is something that a real network does and a model leaves out. It concerns the runs that touch the model there.
type Omission struct {
	Name  string // in a few words
	About string // what happens instead
	When  string // which runs it concerns, for people
	Model string // page below docs/models

	touched func(u *use) bool
}

// use is what a run makes use of.
type use struct {
	file       *scenarios.File
	engine     nodes.Engine
	register   bool // a UE registers
	calls      bool // there are calls, whose media go over TCP
	audio      bool // some of them begin with audio
	tls        bool // some of them in TLS
	scscf      bool
	gateway    bool
	ice        bool // a UE makes checks
	border     bool // there is an IBCF
	conference bool // there is a conference server
	hiding     bool // that hides topology
	tamper     bool // there is an attacker of SIP
}

// omissions is the one list: a run's summary repeats the entries that concern it, and docs/reference/not-modelled.md all of
// them. What is left out of a protocol altogether stands on the pages of the models.
var omissions = []Omission{
	{"IMS AKA and IPsec", "digest with a shared secret stands in, and SIP between UE and P-CSCF is in clear", "a UE registers", "nodes",
		func(u *use) bool { return u.register }},
	{"HSS, I-CSCF and application servers", "the S-CSCF knows every subscriber and triggers no service", "there is an S-CSCF", "nodes",
		func(u *use) bool { return u.scscf }},
	{"preconditions and offers in UPDATE", "no call waits for resources, and a call changes by re-INVITE alone; one without an offer is refused by 488", "there are calls", "nodes",
		func(u *use) bool { return u.calls }},
	{"bandwidth policing", "a gateway admits whatever its links carry", "there is a media gateway", "nodes",
		func(u *use) bool { return u.gateway }},
	{"what a border does besides", "an IBCF has one other network, screens nothing and looks nothing up (ENUM, DNS); no media security ends there", "there is an IBCF", "nodes",
		func(u *use) bool { return u.border }},
	{"what a conference server does besides", "one conference a server; no floor control, no CPIM and private messages, no conference events, and nothing bounds what waits for a slow reader", "there is a conference server", "nodes",
		func(u *use) bool { return u.conference }},
	{"MSRP paths across a border", "with topology hiding they stay as the UEs wrote them, with their addresses: CEMA compares them", "an IBCF hides topology", "nodes",
		func(u *use) bool { return u.hiding }},
	{"what an attacker of SIP cannot read", "SIP over TCP and in fragments passes as it is", "there is a sip-attacker", "nodes",
		func(u *use) bool { return u.tamper }},
	{"port control of NATs", "nobody can ask a NAT for a mapping (PCP, UPnP, NAT-PMP)", "there is a NAT", "nat",
		func(u *use) bool { return len(u.file.NATs) > 0 }},
	{"reflexive and relayed candidates of ICE", "agents have candidates on their own addresses only, and never restart", "a UE has ice: full", "ice",
		func(u *use) bool { return u.ice }},
	{"faults of some NATs", "none mistranslates the SYN,ACK of a simultaneous open, and none checks sequence numbers", "there is a NAT", "nat",
		func(u *use) bool { return len(u.file.NATs) > 0 }},
	{"what an ALG cannot read", "SIP in fragments, or in segments whose sender waits for an acknowledgement, passes with private addresses; the summary counts it", "a NAT has alg: sip", "nat",
		func(u *use) bool {
			for _, name := range scenarios.Names(u.file.NATs) {
				if u.file.NATs[name].ALG == "sip" {
					return true
				}
			}
			return false
		}},
	{"pacing", "TCP sends what the windows allow at once; path MTU probing and SYN cookies are left out too", "there are calls", "tcp",
		func(u *use) bool { return u.calls }},
	{"what RTP carries", "a flow has packets of one size at fixed instants: no codec, no RTCP, no security; behind a NAT it is not latched onto", "a call has audio", "nodes",
		func(u *use) bool { return u.audio }},
	{"cryptography of TLS", "engine model has the right sizes, order and costs, but masks octets instead of encrypting them", "there is TLS, with engine model", "tls",
		func(u *use) bool { return u.tls && u.engine == nodes.EngineModel }},
	{"resumption, certificate chains and revocation", "every handshake is a full one with a self-signed certificate", "there is TLS", "tls",
		func(u *use) bool { return u.tls }},
	{"bursts of losses", "each packet is lost or not for itself; loss with a model has bursts", "a link loses packets independently", "links-and-ip",
		func(u *use) bool {
			return u.link(func(l scenarios.Link) bool {
				return l.Loss.Rate > 0 && (l.Loss.Model == "" || l.Loss.Model == "bernoulli")
			})
		}},
	{"jitter with a memory", "each packet's delay is drawn for itself; a delay with sd and correlation has one", "a link has jitter", "links-and-ip",
		func(u *use) bool { return u.link(func(l scenarios.Link) bool { return l.Jitter > 0 }) }},
	{"scheduling by class", "packets go in their order, or by flow", "a link has a rate", "links-and-ip",
		func(u *use) bool { return u.link(func(l scenarios.Link) bool { return l.Rate > 0 }) }},
	{"a radio's grants, DRX, HARQ and handovers", "their effects are in the distribution of delays; outages are a trace or a timeline", "a link has a distribution of delays", "links-and-ip",
		func(u *use) bool {
			return u.link(func(l scenarios.Link) bool { return l.Delay.SD > 0 || len(l.Delay.Quantiles) > 0 })
		}},
	{"routing around failures", "routes are those of the whole network, throughout the run", "a link goes down", "links-and-ip",
		func(u *use) bool { return u.down() }},
}

// Omissions returns what the models leave out, in the order of the layers from above.
func Omissions() []Omission { return omissions }

// notModelled returns the omissions that a run touches, as "name: what happens instead".
func notModelled(f *scenarios.File, e nodes.Engine) []string {
	u := &use{file: f, engine: e, calls: len(f.Sessions) > 0}
	for _, name := range scenarios.Names(f.Nodes) {
		switch c := f.Nodes[name].Settings.(type) {
		case *ue.Config:
			u.ice = u.ice || c.ICE == "full"
			u.register = u.register || c.Register != "none"
		case *tamper.Config:
			u.tamper = true
		case *scscf.Config:
			u.scscf = true
		case *mediagw.Config:
			u.gateway = true
		case *mrfc.Config:
			u.conference = true
		case *ibcf.Config:
			u.border = true
			u.hiding = u.hiding || nodes.Or(c.Hiding, true)
		}
	}
	for _, name := range scenarios.Names(f.Sessions) {
		s := f.Sessions[name].Security
		u.audio = u.audio || f.Sessions[name].Media == "audio"
		u.tls = u.tls || s == "e2ae" || s == "e2e-cert"
	}
	list := []string{}
	for i := range omissions {
		if o := &omissions[i]; o.touched(u) {
			list = append(list, o.Name+": "+o.About)
		}
	}
	return list
}

// link reports whether any link is so, in either direction.
func (u *use) link(so func(scenarios.Link) bool) bool {
	for _, name := range scenarios.Names(u.file.Links) {
		if l := u.file.Links[name]; so(l.Toward(0)) || so(l.Toward(1)) {
			return true
		}
	}
	for i := range u.file.Timeline {
		if set, ok := u.file.Timeline[i].Action.(*scenarios.SetValue); ok && (so(set.Link.Toward(0)) || so(set.Link.Toward(1))) {
			return true
		}
	}
	return false
}

func (u *use) down() bool {
	for i := range u.file.Timeline {
		if _, ok := u.file.Timeline[i].Action.(*scenarios.LinkDown); ok {
			return true
		}
	}
	return false
}
