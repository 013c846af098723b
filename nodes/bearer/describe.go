package bearer

import "strings"

// The names in this file are for people: the printed correlation tables, and messages of tests.

var (
	tcpNames  = [...]string{"idle", "held", "syn-sent", "syn-rcvd", "est", "half-in", "half-out", "closing", "closed"}
	tlsNames  = [...]string{"none", "idle", "armed", "handshake", "verify-wait", "est", "cn-sent", "cn-rcvd", "closed"}
	roleNames = [...]string{"undecided", "passive", "active", "holdconn"}
	flagNames = [...]string{"complete", "client", "1.3", "cn-sent", "cn-rcvd", "begun", "protected", "live", "aware", "leaving", "ending", "renewing"}
	factNames = [...]string{"strict", "interlinked", "truncation=rst", "truncation=fin", "wrongDirection=rst", "wrongDirection=drop",
		"releaseMode=graceful", "releaseMode=abort", "strictHold", "strictAccept", "opened", "unopened"}
)

// String returns the state's name.
func (s TCPState) String() string { return tcpNames[s] }

// String returns the state's name.
func (s TLSState) String() string { return tlsNames[s] }

// String returns the role's name.
func (r TCPRole) String() string { return roleNames[r] }

// String returns the names of the presets in the set.
func (p Preset) String() string {
	var names []string
	for _, n := range presetNames {
		if p&n.p != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, "|")
}

// members returns the names of the bits that are set.
func members[T ~uint16](set T, names []string) []string {
	var in []string
	for i, n := range names {
		if set&(1<<i) != 0 {
			in = append(in, n)
		}
	}
	return in
}

// String returns the properties, each of which must hold.
func (f Flag) String() string { return strings.Join(members(f, flagNames[:]), " ") }

// String returns the facts, each of which must hold.
func (f Fact) String() string { return strings.Join(members(f, factNames[:]), " ") }

// String returns the condition as text: "tcp=idle|held role=passive link=fwd-late complete !client". A condition that
// allows everything is empty.
func (c Cond) String() string {
	var parts []string
	alternatives := func(key string, names []string) {
		if len(names) > 0 {
			parts = append(parts, key+strings.Join(names, "|"))
		}
	}
	alternatives("tcp=", members(c.TCP, tcpNames[:]))
	alternatives("tls=", members(c.TLS, tlsNames[:]))
	alternatives("role=", members(c.Role, roleNames[:]))
	if c.Link != 0 {
		parts = append(parts, "link="+c.Link.String())
	}
	switch c.NoLink {
	case 0:
	case TCPPresets:
		parts = append(parts, "no-tcp-link")
	default:
		parts = append(parts, "no-link="+c.NoLink.String())
	}
	parts = append(parts, members(c.Is, flagNames[:])...)
	for _, n := range members(c.Not, flagNames[:]) {
		parts = append(parts, "!"+n)
	}
	return strings.Join(parts, " ")
}

// actionsOf joins the names of actions.
func actionsOf(do []Action) string {
	names := make([]string, len(do))
	for i, a := range do {
		names[i] = a.String()
	}
	return strings.Join(names, ", ")
}

// Columns are the headings of what Rule.Row returns.
var Columns = []string{"rule", "event on X", "if", "X", "Y", "do to X", "do to Y", "note"}

// Row returns the rule as the cells of a table under Columns.
func (r *Rule) Row() []string {
	note := r.Note
	if r.Cause != "" {
		note = strings.TrimPrefix(note+"; cause "+r.Cause, "; ")
	}
	return []string{r.ID, r.On.String(), r.If.String(), r.X.String(), r.Y.String(), actionsOf(r.DoX), actionsOf(r.DoY), note}
}
