package scenarios

import (
	"slices"
	"strconv"

	"imsim/internal/units"
)

// NAT is an address translator (RFC 4787, RFC 5382). What is not set is as the preset has it.
type NAT struct {
	Inside        []string          `yaml:"inside" jsonschema:"required,minItems=1,uniqueItems=true" jsonschema_description:"links on the private side; all others are outside"`
	Preset        string            `yaml:"preset" jsonschema:"enum=rfc,enum=home,enum=strict,enum=cgn,enum=linux-masquerade,default=rfc" jsonschema_description:"behaviour to start from"`
	Mapping       string            `yaml:"mapping" jsonschema:"enum=endpoint-independent,enum=address-dependent,enum=address-and-port-dependent,enum=connection-dependent" jsonschema_description:"when an outside port is used again for another peer"`
	Filtering     string            `yaml:"filtering" jsonschema:"enum=endpoint-independent,enum=address-dependent,enum=address-and-port-dependent,enum=connection-dependent" jsonschema_description:"which peers may come in by an outside port"`
	Ports         string            `yaml:"ports" jsonschema:"enum=preserve,enum=sequential,enum=random,enum=block" jsonschema_description:"how outside ports are chosen"`
	Fallback      string            `yaml:"fallback" jsonschema:"enum=next,enum=sequential,enum=random" jsonschema_description:"with ports: preserve, what is taken where the inside port is not free: the next one above it, one in turn, or one drawn; without the key as the preset"`
	Hairpin       string            `yaml:"hairpin" jsonschema:"enum=none,enum=internal,enum=external" jsonschema_description:"whether inside hosts reach each other by outside addresses, and which source address is then seen"`
	Unsolicited   string            `yaml:"unsolicited" jsonschema:"enum=silent,enum=rst,enum=port-unreachable,enum=host-unreachable,enum=prohibited,enum=after-6s" jsonschema_description:"answer to a SYN from outside that is not let in; after-6s is RFC 5382 REQ-4"`
	UnsolicitUDP  string            `yaml:"unsolicited-udp" jsonschema:"enum=silent,enum=port-unreachable,enum=host-unreachable,enum=prohibited" jsonschema_description:"answer to a datagram from outside that is not let in"`
	UnmatchedOut  string            `yaml:"unmatched-outside" jsonschema:"enum=silent,enum=rst,enum=port-unreachable,enum=host-unreachable,enum=prohibited" jsonschema_description:"answer to segments from outside that belong to no connection and are no SYN"`
	Unmatched     string            `yaml:"unmatched" jsonschema:"enum=silent,enum=rst,enum=pickup" jsonschema_description:"what becomes of segments from inside that belong to no connection"`
	ResetOnExpiry *bool             `yaml:"reset-on-expiry" jsonschema_description:"both ends of an open connection get an RST when its state expires"`
	ResetCloses   *bool             `yaml:"reset-closes" jsonschema_description:"an RST removes the connection's state at once"`
	InboundKeeps  *bool             `yaml:"inbound-keeps" jsonschema_description:"packets from outside refresh UDP mappings"`
	Quota         int               `yaml:"quota" jsonschema:"minimum=0" jsonschema_description:"most mappings of one inside address; 0: as the preset"`
	OverQuota     string            `yaml:"over-quota" jsonschema:"enum=silent,enum=port-unreachable,enum=host-unreachable,enum=prohibited" jsonschema_description:"answer to an inside packet for which there is no port, mapping or session left"`
	Mappings      int               `yaml:"mappings" jsonschema:"minimum=1" jsonschema_description:"most mappings of all inside addresses; without the key 1048576"`
	Sessions      int               `yaml:"sessions" jsonschema:"minimum=1" jsonschema_description:"most sessions, that is pairs of a mapping and a peer; without the key 4194304"`
	External      []string          `yaml:"external" jsonschema:"uniqueItems=true" jsonschema_description:"addresses of the pool; without the key those of the outside interfaces"`
	Pooling       string            `yaml:"pooling" jsonschema:"enum=paired,enum=arbitrary,enum=soft" jsonschema_description:"which address of the pool an inside address gets: always one, each in turn, or one while it has ports"`
	FirstPort     uint16            `yaml:"first-port" jsonschema:"minimum=1" jsonschema_description:"least outside port; without the key 1024"`
	LastPort      uint16            `yaml:"last-port" jsonschema:"minimum=1" jsonschema_description:"greatest outside port; without the key 65535"`
	Step          uint16            `yaml:"step" jsonschema:"minimum=1" jsonschema_description:"distance of successive ports, with ports: sequential; without the key 1"`
	BlockSize     int               `yaml:"block-size" jsonschema:"minimum=1" jsonschema_description:"ports in a block, with ports: block; without the key as the preset, else 512"`
	MaxBlocks     int               `yaml:"max-blocks" jsonschema:"minimum=1" jsonschema_description:"most blocks of an inside address and transport, with ports: block; without the key as the preset, else 4"`
	Parity        *bool             `yaml:"parity" jsonschema_description:"even UDP ports get even ones, odd ones odd (RFC 4787 REQ-4)"`
	Contiguity    *bool             `yaml:"contiguity" jsonschema_description:"an odd UDP port gets the port behind its even neighbour's (RFC 4787 section 4.2.3)"`
	Overloading   *bool             `yaml:"overloading" jsonschema_description:"inside endpoints share an outside port where their peers differ (RFC 7857 section 3)"`
	Reuse         *bool             `yaml:"reuse" jsonschema_description:"an inside endpoint keeps its outside port towards new peers where overloading allows it, as Linux does"`
	Fragments     string            `yaml:"fragments" jsonschema:"enum=any-order,enum=in-order,enum=none" jsonschema_description:"which fragments of datagrams are translated"`
	SimOpen       string            `yaml:"sim-open" jsonschema:"enum=works,enum=drop-syn,enum=drop-synack" jsonschema_description:"what of a simultaneous open the NAT breaks"`
	ProbeOnExpiry *bool             `yaml:"probe-on-expiry" jsonschema_description:"an open connection that was idle for too long is kept for the closing time more, and traffic revives it (RFC 7857 section 2)"`
	Contest       string            `yaml:"contest" jsonschema:"enum=newest,enum=mapping,enum=filtered,default=newest" jsonschema_description:"a SYN that a filter lets in from a peer with which the inside endpoint has a connection by another mapping: the answer leaves by the way of the newest, by the mapping for that peer, or the SYN is kept out"`
	RefreshEach   *bool             `yaml:"refresh-each" jsonschema_description:"each peer of a UDP mapping keeps only itself, not the mapping (RFC 4787 section 4.3)"`
	ALG           string            `yaml:"alg" jsonschema:"enum=none,enum=sip,enum=drop-tls,default=none" jsonschema_description:"what the NAT does to payloads: nothing, rewrite addresses in SIP and SDP at port 5060, or drop segments that begin with a TLS record"`
	TCP           *NATTransport     `yaml:"tcp" jsonschema_description:"what is otherwise for TCP than for the NAT as a whole"`
	UDP           *NATTransport     `yaml:"udp" jsonschema_description:"what is otherwise for UDP than for the NAT as a whole"`
	OneToOne      map[string]string `yaml:"one-to-one" jsonschema_description:"nodes inside that have an outside address to themselves, ports kept and nothing filtered, beside the pool"`
	DMZ           string            `yaml:"dmz" jsonschema_description:"node inside that gets the TCP and UDP packets from outside for which there is no mapping"`
	Timers        NATTimers         `yaml:"timers" jsonschema_description:"how long state is kept without traffic"`
}

// NATTransport is what of a NAT may be otherwise for one transport. What is not set is as the NAT's own key has it.
type NATTransport struct {
	Mapping     string `yaml:"mapping" jsonschema:"enum=endpoint-independent,enum=address-dependent,enum=address-and-port-dependent,enum=connection-dependent" jsonschema_description:"when an outside port is used again for another peer"`
	Filtering   string `yaml:"filtering" jsonschema:"enum=endpoint-independent,enum=address-dependent,enum=address-and-port-dependent,enum=connection-dependent" jsonschema_description:"which peers may come in by an outside port"`
	Ports       string `yaml:"ports" jsonschema:"enum=preserve,enum=sequential,enum=random,enum=block" jsonschema_description:"how outside ports are chosen"`
	Fallback    string `yaml:"fallback" jsonschema:"enum=next,enum=sequential,enum=random" jsonschema_description:"with ports: preserve, what is taken where the inside port is not free"`
	Step        uint16 `yaml:"step" jsonschema:"minimum=1" jsonschema_description:"distance of successive ports, with ports: sequential"`
	Hairpin     string `yaml:"hairpin" jsonschema:"enum=none,enum=internal,enum=external" jsonschema_description:"whether inside hosts reach each other by outside addresses"`
	Overloading *bool  `yaml:"overloading" jsonschema_description:"inside endpoints share an outside port where their peers differ"`
	Reuse       *bool  `yaml:"reuse" jsonschema_description:"an inside endpoint keeps its outside port towards new peers where overloading allows it"`
	Quota       int    `yaml:"quota" jsonschema:"minimum=0" jsonschema_description:"most mappings of this transport of one inside address (RFC 6888 REQ-4B), beside those of all; 0: no limit of its own"`
}

// NATTimers are idle times after which a NAT forgets. Nil: as the preset.
type NATTimers struct {
	UDP        *units.Duration `yaml:"udp" jsonschema_description:"UDP mappings"`
	UDPInit    *units.Duration `yaml:"udp-init" jsonschema_description:"UDP mappings until the first answer"`
	ICMP       *units.Duration `yaml:"icmp" jsonschema_description:"ICMP queries"`
	Opening    *units.Duration `yaml:"opening" jsonschema_description:"TCP connections that are not open yet"`
	Open       *units.Duration `yaml:"open" jsonschema_description:"open TCP connections"`
	HalfClosed *units.Duration `yaml:"half-closed" jsonschema_description:"TCP connections after one FIN"`
	Closing    *units.Duration `yaml:"closing" jsonschema_description:"TCP connections after both FINs"`
	Reset      *units.Duration `yaml:"reset" jsonschema_description:"TCP connections after an RST"`
	Rest       *units.Duration `yaml:"rest" jsonschema_description:"ports before they are used again, except TCP's; RFC 6888 REQ-8 wants 120 s"`
}

// nats checks that each has a link on both sides, and timers that are times.
func (v *validator) nats() {
	for _, name := range Names(v.file.NATs) {
		if _, ok := v.file.Nodes[name]; ok {
			v.wrong(at("nats", name), "there is a node of that name", "choose another")
		}
		var mine []string
		for _, link := range Names(v.file.Links) {
			if slices.ContainsFunc(v.file.Links[link].Between, func(e Endpoint) bool { return e.Node == name }) {
				mine = append(mine, link)
			}
		}
		n := v.file.NATs[name]
		for i, link := range n.Inside {
			if link != "" && !slices.Contains(mine, link) {
				v.wrong(at("nats", name, "inside", itoa(i)), "no link "+strconv.Quote(link)+" at "+name, suggest(link, mine))
			}
		}
		if len(n.Inside) > 0 && !slices.ContainsFunc(mine, func(link string) bool { return !slices.Contains(n.Inside, link) }) {
			v.wrong(at("nats", name), "no link outside", "a NAT needs a link that is not in inside")
		}
		v.pool(name, n)
		for _, t := range n.Timers.all() {
			if t.key != "rest" && *t.value != nil && **t.value == 0 {
				v.wrong(at("nats", name, "timers", t.key), "0s is not possible here", "more than zero")
			}
		}
	}
}

type natTimer struct {
	key   string
	value **units.Duration
}

func (t *NATTimers) all() []natTimer {
	return []natTimer{
		{"udp", &t.UDP}, {"udp-init", &t.UDPInit}, {"icmp", &t.ICMP}, {"opening", &t.Opening}, {"open", &t.Open},
		{"half-closed", &t.HalfClosed}, {"closing", &t.Closing}, {"reset", &t.Reset}, {"rest", &t.Rest},
	}
}

// place reports whether a link may end at a name: a node or a NAT.
func (v *validator) place(name string) bool {
	_, node := v.file.Nodes[name]
	_, nat := v.file.NATs[name]
	return node || nat
}

// places are the names of all nodes and NATs.
func (v *validator) places() []string { return append(Names(v.file.Nodes), Names(v.file.NATs)...) }
