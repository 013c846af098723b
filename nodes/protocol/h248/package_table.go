package h248

var (
	bncCause    = ValueDef{ID: "x_cause", Type: Text, Status: SIM, Meaning: "why the bearer changed"}
	bncType     = ValueDef{ID: "Type", Type: Enumeration, Values: []string{"Est", "EstFail", "Rel", "Mod"}, Required: true, Status: K, Meaning: "what changed; the values are SIM"}
	bncTypeWish = ValueDef{ID: "Type", Type: Enumeration, Values: []string{"Est", "EstFail", "Rel", "Mod"}, Status: K, Meaning: "report only this change; the values are SIM"}
)

// connectionSignals are common to TCP and TLS bearers.
func connectionSignals(layer string) []ItemDef {
	return []ItemDef{
		{ID: "EstBNC", Status: K, Meaning: "establish the " + layer},
		{ID: "RelBNC", Status: K, Meaning: "release the " + layer},
	}
}

func connectionEvents(layer string) []ItemDef {
	return []ItemDef{{ID: "BNCChange", Parms: []ValueDef{bncTypeWish}, Observed: []ValueDef{bncType, bncCause}, Status: K,
		Meaning: "the " + layer + " was established, failed or was released"}}
}

// PackageTable defines the packages of the IMS media gateways, as far as this simulator speaks them.
var PackageTable = []PackageDef{
	{ID: "g", Version: 2, Document: "H.248.1 Annex E.1", Status: S, Meaning: "generic",
		Signals: nil,
		Events: []ItemDef{
			{ID: "cause", Status: K, Meaning: "error of the termination", Observed: []ValueDef{
				{ID: "Generalcause", Type: Enumeration, Values: []string{"NR", "UR", "FT", "FP", "IW", "UN"}, Status: K, Meaning: "general cause"},
				{ID: "Failurecause", Type: Text, Status: K, Meaning: "text of the cause"}}},
			{ID: "sc", Status: K, Meaning: "a signal ended", Observed: []ValueDef{
				{ID: "SigID", Type: Text, Required: true, Status: K, Meaning: "name of the signal"},
				{ID: "Meth", Type: Enumeration, Values: []string{"TO", "EV", "SD", "NC"}, Required: true, Status: K, Meaning: "how it ended"}}},
		}},
	{ID: "root", Version: 2, Document: "H.248.1 Annex E.2", Status: S, Meaning: "base root: limits of the gateway",
		Properties: []ValueDef{
			{ID: "maxNumberOfContexts", Type: Integer, Min: 1, Max: 4294967295, Place: InTerminationState, ReadOnly: true, Status: K, Meaning: "contexts at most"},
			{ID: "maxTerminationsPerContext", Type: Integer, Min: 1, Max: 65535, Place: InTerminationState, ReadOnly: true, Status: K, Meaning: "terminations of a context at most"},
			{ID: "normalMGExecutionTime", Type: Integer, Place: InTerminationState, Status: K, Meaning: "ms"},
			{ID: "normalMGCExecutionTime", Type: Integer, Place: InTerminationState, Status: K, Meaning: "ms"},
			{ID: "MGProvisionalResponseTimerValue", Type: Integer, Place: InTerminationState, Status: K, Meaning: "ms"},
			{ID: "MGCProvisionalResponseTimerValue", Type: Integer, Place: InTerminationState, Status: K, Meaning: "ms"},
			{ID: "MGCOriginatedPendingLimit", Type: Integer, Place: InTerminationState, Status: K, Meaning: "Pendings for one transaction"},
			{ID: "MGOriginatedPendingLimit", Type: Integer, Place: InTerminationState, Status: K, Meaning: "Pendings for one transaction"},
		}},
	{ID: "nt", Version: 1, Document: "H.248.1 Annex E.11", Status: S, Meaning: "network",
		Properties: []ValueDef{{ID: "jit", Type: Integer, Status: K, Meaning: "jitter buffer, ms"}},
		Events: []ItemDef{
			{ID: "netfail", Status: K, Meaning: "network failure", Observed: []ValueDef{{ID: "cs", Type: Text, Status: K, Meaning: "cause"}}},
		},
		Statistics: []ValueDef{
			{ID: "dur", Type: Integer, Status: K, Meaning: "duration in context, ms"},
			{ID: "os", Type: Integer, Max: 1 << 62, Status: K, Meaning: "octets sent"},
			{ID: "or", Type: Integer, Max: 1 << 62, Status: K, Meaning: "octets received"},
		}},
	{ID: "ipdc", Version: 1, Document: "H.248.41", Status: K, Meaning: "IP domain connection",
		Properties: []ValueDef{{ID: "realm", Type: Text, Status: K, Meaning: "realm of the termination's addresses"}}},
	{ID: "ipnapt", Version: 1, Document: "H.248.37", Status: K, Meaning: "IP NAPT traversal",
		Signals: []ItemDef{{ID: "latch", Status: K, Meaning: "learn the remote address from what arrives", Parms: []ValueDef{
			{ID: "napt", Type: Enumeration, Values: []string{"OFF", "LATCH", "RELATCH"}, Status: K, Meaning: "what to learn"}}}}},
	{ID: "gm", Version: 1, Document: "H.248.43", Status: K, Meaning: "gate management",
		Properties: []ValueDef{
			{ID: "saf", Type: Boolean, Status: K, Meaning: "filter by source address"},
			{ID: "sam", Type: Text, Status: K, Meaning: "source address mask"},
			{ID: "spf", Type: Boolean, Status: K, Meaning: "filter by source port"},
			{ID: "spr", Type: Text, Status: K, Meaning: "range of source ports"},
		}},
	{ID: "hangterm", Version: 1, Document: "H.248.36", Status: K, Meaning: "hanging termination detection",
		Events: []ItemDef{{ID: "thb", Status: K, Meaning: "heartbeat of a termination", Parms: []ValueDef{
			{ID: "timerx", Type: Integer, Min: 0, Max: 4294967295, Required: true, Status: K, Meaning: "s without a message that names the termination"}}}}},
	{ID: "it", Version: 1, Document: "H.248.14", Status: K, Meaning: "inactivity timer",
		Events: []ItemDef{{ID: "ito", Status: K, Meaning: "no message of the controller for the time", Parms: []ValueDef{
			{ID: "mit", Type: Integer, Max: 65535, Status: K, Meaning: "hundredths of a second"}}}}},
	{ID: "adid", Version: 1, Document: "H.248.40", Status: K, Meaning: "application data inactivity detection",
		Events: []ItemDef{{ID: "ipstop", Status: K, Meaning: "no data on a stream; here: nothing to latch onto"}}},
	{ID: "ds", Version: 1, Document: "H.248.52", Status: K, Meaning: "differentiated services",
		Properties: []ValueDef{
			{ID: "dscp", Type: Octets, Status: K, Meaning: "code point, two hexadecimal digits"},
			{ID: "tb", Type: Boolean, Status: K, Meaning: "copy the code point of what arrives"},
		}},
	{ID: "tman", Version: 1, Document: "H.248.53", Status: K, Meaning: "traffic management",
		Properties: []ValueDef{
			{ID: "pol", Type: Boolean, Status: K, Meaning: "police"},
			{ID: "pdr", Type: Integer, Status: K, Meaning: "peak data rate, octets/s"},
			{ID: "sdr", Type: Integer, Status: K, Meaning: "sustainable data rate, octets/s"},
			{ID: "mbs", Type: Integer, Status: K, Meaning: "maximum burst, octets"},
			{ID: "dvt", Type: Integer, Status: K, Meaning: "delay variation tolerance"},
		}},
	{ID: "tcpbcc", Version: 1, Document: "H.248.89", Status: K, Meaning: "TCP basic connection control",
		Signals: connectionSignals("TCP connection"), Events: connectionEvents("TCP connection")},
	{ID: "tlsbsc", Version: 1, Document: "H.248.90", Status: K, Meaning: "TLS basic session control",
		Signals: connectionSignals("TLS session"), Events: connectionEvents("TLS session")},
	{ID: "tcphp", Version: 1, Document: "H.248.84", Status: SIM, Meaning: "TCP hole punching",
		Signals: []ItemDef{{ID: "punch", Status: SIM, Meaning: "open the TCP connection into a NAT: SYN every second, no other SYN taken", Parms: []ValueDef{
			{ID: "x_keep", Type: Enumeration, Values: []string{"ON", "OFF"}, Status: SIM, Meaning: "a failure is reported and ends nothing: the controller goes on another way"}}}}},
	{ID: "mgastuns", Version: 1, Document: "H.248.50", Status: K, Meaning: "MG act-as STUN server: ICE lite",
		Signals: []ItemDef{{ID: "astuns", Status: SIM, Meaning: "answer the checks of ICE that come to this SEP"}}},
	{ID: "seplink", Version: 1, Document: "H.248.92", Status: K, Meaning: "stream endpoint interlinkage",
		Properties: []ValueDef{{ID: "x_topo", Type: TopoRules, Status: SIM, Meaning: "what an event at this SEP does at another"}}},
	{ID: "simsec", Version: 1, Document: "this project", Status: SIM, Meaning: "pre-shared keys",
		Properties: []ValueDef{
			{ID: "psk", Type: Octets, Status: SIM, Meaning: "pre-shared key, hexadecimal"},
			{ID: "pskid", Type: Text, Status: SIM, Meaning: "identity of the key"},
		}},
	{ID: "simbha", Version: 1, Document: "H.248.78", Status: SIM, Meaning: "bearer-level message backhauling; that H.248.78 has it is S",
		Signals: []ItemDef{{ID: "msg", Status: SIM, Meaning: "the head of a message as it is to go on", Parms: []ValueDef{
			{ID: "head", Type: Octets, Required: true, Status: SIM, Meaning: "start line and headers, hexadecimal"}}}},
		Events: []ItemDef{{ID: "msg", Status: SIM, Meaning: "a message has come at this SEP, and waits", Observed: []ValueDef{
			{ID: "head", Type: Octets, Required: true, Status: SIM, Meaning: "start line and headers, hexadecimal"}}}}},
	{ID: "simstat", Version: 1, Document: "this project", Status: SIM, Meaning: "bearer statistics",
		Statistics: []ValueDef{
			{ID: "tcpRetx", Type: Integer, Status: SIM, Meaning: "TCP segments sent again"},
			{ID: "tlsHsMs", Type: Integer, Status: SIM, Meaning: "duration of the TLS handshake, ms"},
			{ID: "truncated", Type: Integer, Status: SIM, Meaning: "closes without close_notify"},
			{ID: "latchMismatch", Type: Integer, Status: SIM, Meaning: "packets from another source than the latched one"},
		}},
}

// ProfileDef says which packages a gateway of a profile offers.
type ProfileDef struct {
	Name      string // "name/version" as in ServiceChange
	Interface string
	Packages  []PackageVersion
}

func pack(names ...string) (l []PackageVersion) {
	for _, n := range names {
		l = append(l, PackageVersion{n, LookupPackage(n).Version})
	}
	return l
}

// Profiles lists the profiles; their names are SIM, their packages follow the interfaces of TS 29.334, 29.238, 29.333 [K].
var Profiles = []ProfileDef{
	{"simiq/1", "Iq", pack("g", "root", "nt", "ds", "gm", "tman", "ipdc", "ipnapt", "hangterm", "it", "adid", "tcpbcc", "tlsbsc", "tcphp", "mgastuns", "seplink", "simbha", "simstat")},
	{"simix/1", "Ix", pack("g", "root", "nt", "ds", "gm", "tman", "ipdc", "hangterm", "it", "tcpbcc", "tlsbsc", "seplink", "simstat")},
	{"simmp/1", "Mp", pack("g", "root", "nt", "ds", "ipdc", "hangterm", "it", "tcpbcc", "tlsbsc", "simsec", "simstat")},
}

// LookupProfile finds a profile by its name in any case; nil when we do not know it.
func LookupProfile(name string) *ProfileDef {
	for i := range Profiles {
		if equalFold(Profiles[i].Name, name) {
			return &Profiles[i]
		}
	}
	return nil
}

// Has reports whether the profile holds a package.
func (p *ProfileDef) Has(id string) bool {
	for i := range p.Packages {
		if equalFold(p.Packages[i].Name, id) {
			return true
		}
	}
	return false
}
