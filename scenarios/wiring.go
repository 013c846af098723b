package scenarios

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"imsim/nodes/ibcf"
	"imsim/nodes/mediagw"
	"imsim/nodes/mrfc"
	"imsim/nodes/pcscf"
	"imsim/nodes/ue"
)

// talk is that a node sends to another, because of what is written at path.
type talk struct {
	path     []string
	from, to string
}

// talk notes a node that a setting names.
func (v *validator) talk(path []string, to string) {
	if len(path) == 3 && path[0] == "nodes" {
		v.talks = append(v.talks, talk{path, path[1], to})
	}
}

// wiring checks what nodes and sessions say of each other.
func (v *validator) wiring() {
	for _, name := range Names(v.file.Nodes) {
		path := at("nodes", name)
		switch c := v.file.Nodes[name].Settings.(type) {
		case *pcscf.Config, *ibcf.Config, *mrfc.Config:
			gateway, on := Controlled(v.file.Nodes[name].Settings)
			// A gateway registers with one controller, and an ALG of ours uses one gateway. [SIM]
			if g, ok := settings[*mediagw.Config](v, gateway); ok && g.Controller != name && g.Controller != "" && !slices.Contains(g.H248.Secondary, name) {
				v.wrong(sub(path, "gateway"), gateway+" is controlled by "+g.Controller, "write controller: "+name+" there, or name another gateway")
			} else if ok && cmp.Or(g.Interface, "iq") != on {
				v.wrong(sub(path, "gateway"), gateway+" speaks "+cmp.Or(g.Interface, "iq")+", and "+name+" controls over "+on, "write interface: "+on+" there")
			}
		case *mediagw.Config:
			if gateway, on := Controlled(v.file.Nodes[c.Controller].Settings); on != "" && gateway != name && gateway != "" {
				v.wrong(sub(path, "controller"), c.Controller+" controls "+gateway, "write gateway: "+name+" there, or name another controller")
			}
			v.realms(name, c)
		}
	}
	for _, name := range Names(v.file.Sessions) {
		s := v.file.Sessions[name]
		v.conference(name, s)
		caller, ok := settings[*ue.Config](v, s.From)
		if !ok || s.Security != "e2ae" {
			continue
		}
		if proxy := v.file.Nodes[caller.Proxy]; proxy.Settings != nil && proxy.Kind != "pcscf" {
			v.wrong(at("sessions", name, "security"), "e2ae asks the caller's P-CSCF for protection, and "+s.From+" has none: "+
				caller.Proxy+" is of kind "+proxy.Kind, "write none: a called UE's P-CSCF protects its access without being asked")
		}
	}
	v.reach()
}

// conference checks a session with a conference server: the server says nothing of its own, and is not called by another.
func (v *validator) conference(name string, s Session) {
	server, other := s.To, s.From
	if _, ok := settings[*mrfc.Config](v, server); !ok {
		server, other = other, server
	}
	if _, ok := settings[*mrfc.Config](v, server); !ok {
		return
	}
	if _, ok := settings[*ue.Config](v, other); !ok && other != "" && v.file.Nodes[other].Settings != nil {
		v.wrong(at("sessions", name, "from"), "a conference server calls users, and "+s.To+" is none", "write a node of kind ue")
	}
	for i, m := range s.Messages {
		if m.From == server {
			v.wrong(at("sessions", name, "messages", itoa(i), "from"), server+" passes messages on and has none of its own", "write "+other)
		}
	}
}

// Controlled returns which gateway a node controls, and over which interface; "" where it is no controller.
func Controlled(settings any) (gateway, on string) {
	switch c := settings.(type) {
	case *pcscf.Config:
		return c.Gateway, "iq"
	case *ibcf.Config:
		return c.Gateway, "ix"
	case *mrfc.Config:
		return c.Gateway, "mp"
	}
	return "", ""
}

// settings returns a node's configuration if it is of kind T.
func settings[T any](v *validator, node string) (T, bool) {
	c, ok := v.file.Nodes[node].Settings.(T)
	return c, ok
}

// realms checks that each is on an interface of the gateway.
func (v *validator) realms(gateway string, c *mediagw.Config) {
	var mine []string
	for _, i := range Names(v.interfaces()) {
		if own, ok := strings.CutPrefix(i, gateway+"."); ok {
			mine = append(mine, own)
		}
	}
	for _, realm := range Names(c.Realms) {
		if on := c.Realms[realm]; on != "" && !slices.Contains(mine, on) {
			v.wrong(at("nodes", gateway, "realms", realm), "no link "+strconv.Quote(on)+" at "+gateway, suggest(on, mine))
		}
	}
}

// reach checks that links lead from each node to those that it sends to, by way of routers and NATs, and from each session's caller to
// its callee, by way of routers and gateways.
func (v *validator) reach() {
	next := map[string][]string{}
	for _, name := range Names(v.file.Links) {
		b := v.file.Links[name].Between
		if len(b) != 2 {
			continue
		}
		for i, e := range b {
			if !v.place(e.Node) {
				return // the missing end is reported; what it cuts off would only repeat it
			}
			next[e.Node] = append(next[e.Node], b[1-i].Node)
		}
	}
	leads := func(from, to string, by ...string) bool {
		seen, open := map[string]bool{from: true}, at(from)
		for ; len(open) > 0; open = open[1:] {
			here := open[0]
			_, nat := v.file.NATs[here]
			if nat || here == from || slices.Contains(by, v.file.Nodes[here].Kind) {
				for _, n := range next[here] {
					if !seen[n] {
						seen[n], open = true, append(open, n)
					}
				}
			}
		}
		return seen[to]
	}
	for _, t := range v.talks {
		if !leads(t.from, t.to, "router", "attacker", "sip-attacker") {
			v.wrong(t.path, "no links lead from "+t.from+" to "+t.to, "only routers pass packets on")
		}
	}
	for _, name := range Names(v.file.Sessions) {
		s := v.file.Sessions[name]
		_, okFrom := v.file.Nodes[s.From]
		_, okTo := v.file.Nodes[s.To]
		if okFrom && okTo && !leads(s.From, s.To, "router", "mediagw", "attacker", "sip-attacker") {
			v.wrong(at("sessions", name, "to"), "no links lead from "+s.From+" to "+s.To, "media go by way of routers and gateways")
		}
	}
}
