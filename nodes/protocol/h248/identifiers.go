package h248

// Identifier is an entry of the identifier map: a name that goes over the wire, what it stands for and where the name
// comes from.
type Identifier struct {
	Concept string
	ID      string
	Status  Provenance
	Meaning string
}

// Identifiers is the one map of the names that our media security procedures put on the wire. S and K are names of
// the standards, SIM are ours where the standard's were not found.
var Identifiers = []Identifier{
	{"TCP basic connection control package", "tcpbcc", K, "H.248.89: establish, release and report TCP connections; that the package exists is S"},
	{"TCP establishment order", "tcpbcc/EstBNC", K, "signal: open the TCP connection of this SEP"},
	{"TCP release order", "tcpbcc/RelBNC", K, "signal: close the TCP connection of this SEP"},
	{"TCP change report", "tcpbcc/BNCChange", K, "event: the TCP connection was established, failed or was released"},
	{"TLS basic session control package", "tlsbsc", K, "H.248.90: establish, release and report TLS sessions"},
	{"TLS establishment order", "tlsbsc/EstBNC", K, "signal: start the TLS handshake of this SEP as client"},
	{"TLS release order", "tlsbsc/RelBNC", K, "signal: close the TLS session of this SEP"},
	{"TLS change report", "tlsbsc/BNCChange", K, "event: the TLS session was established, failed or was released"},
	{"kind of change", "Type", K, "parameter of BNCChange"},
	{"kind of change: established", "Est", SIM, "value of Type"},
	{"kind of change: establishment failed", "EstFail", SIM, "value of Type"},
	{"kind of change: released", "Rel", SIM, "value of Type"},
	{"kind of change: modified", "Mod", SIM, "value of Type"},
	{"cause of a change", "x_cause", SIM, "parameter of an observed BNCChange"},
	{"SEP interlinkage package", "seplink", K, "H.248.92: an event at one SEP acts on another"},
	{"interlinkage rules", "seplink/x_topo", SIM, "property of the SEP where the event happens: trigger>target, separated by ';'"},
	{"interlinkage fwd-late", "tcpest:in", SIM, "trigger: incoming TCP establishment, held until the target is established"},
	{"interlinkage fwd-early", "tcpest:in+early", SIM, "trigger: incoming TCP establishment, accepted at once"},
	{"interlinkage tls-same-leg", "tcpest:up", SIM, "trigger: TCP established; the target is self"},
	{"interlinkage tls-cross", "tlsest:in", SIM, "trigger: incoming TLS handshake"},
	{"interlinkage tls-then-tcp", "tlsest:up", SIM, "trigger: TLS established; opens the target's TCP connection"},
	{"interlinkage tls-tls", "tlsest:up+tls", SIM, "trigger: TLS established; starts the target's TLS session"},
	{"NAT latching", "ipnapt/latch", K, "signal: learn the remote address from what arrives"},
	{"kind of latching", "napt", K, "parameter of latch: OFF, LATCH or RELATCH"},
	{"TCP hole punching package", "tcphp", SIM, "H.248.84 cl. 9: open into a NAT; that the package exists is S"},
	{"hole punching order", "tcphp/punch", SIM, "signal: send SYNs from the local port until one meets the peer's or gets through"},
	{"MG act-as STUN server package", "mgastuns", K, "H.248.50 cl. 8.1: answer checks of ICE; that the package exists is S"},
	{"STUN server order", "mgastuns/astuns", SIM, "signal: answer the checks that come to this SEP, whose connection is the one that a check nominates"},
	{"message backhauling package", "simbha", SIM, "H.248.78: bearer-level messages to the controller and back; that it exists is S"},
	{"message backhauled", "simbha/msg", SIM, "event: the head of a message that waits at the SEP"},
	{"message edited", "simbha/msg", SIM, "signal: the head as it is to go on"},
	{"head of a message", "head", SIM, "parameter of both, hexadecimal"},
	{"heartbeat", "hangterm/thb", K, "event: a termination has not been named for a while"},
	{"heartbeat period", "timerx", K, "parameter of thb, s"},
	{"gate filter, address", "gm/saf", K, "property: filter by source address"},
	{"gate filter, port", "gm/spf", K, "property: filter by source port"},
	{"realm", "ipdc/realm", K, "property: realm of the termination's addresses"},
	{"pre-shared key", "simsec/psk", SIM, "property: key for TLS-PSK, hexadecimal"},
	{"pre-shared key identity", "simsec/pskid", SIM, "property: identity of that key"},
	{"TCP retransmissions", "simstat/tcpRetx", SIM, "statistic"},
	{"TLS handshake time", "simstat/tlsHsMs", SIM, "statistic, ms"},
	{"truncated connections", "simstat/truncated", SIM, "statistic: closes without close_notify"},
	{"latching mismatches", "simstat/latchMismatch", SIM, "statistic: packets from another source than the latched one"},
	{"profile of Iq", "simiq/1", SIM, "IMS-ALG and IMS-AGW; the 3GPP profile's name was not found"},
	{"profile of Ix", "simix/1", SIM, "IBCF and TrGW; the 3GPP profile's name was not found"},
	{"profile of Mp", "simmp/1", SIM, "MRFC and MRFP; the 3GPP profile's name was not found"},
	{"binary package ids", "0x8000+", SIM, "private range for packages whose IANA ids were not found; not sent in text encoding"},
}
