package run

import (
	"fmt"
	"net/netip"
	"slices"

	"imsim/netem"
	"imsim/netem/attach"
	"imsim/netem/nat"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/alg"
	"imsim/nodes/attacker"
	"imsim/nodes/ibcf"
	"imsim/nodes/mediagw"
	"imsim/nodes/megaco"
	"imsim/nodes/mrfc"
	"imsim/nodes/pcscf"
	"imsim/nodes/scscf"
	"imsim/nodes/tamper"
	"imsim/nodes/transport"
	"imsim/nodes/ue"
	"imsim/scenarios"
	"imsim/sim"
)

// domain is the home network of all subscribers.
const domain = "home1.example"

// world is a scenario at run time.
type world struct {
	file  *scenarios.File
	k     *sim.Kernel
	net   *netem.Network
	env   *nodes.Env
	links map[string][2]*way            // by link; never ranged over
	ues   map[string]*ue.UE             // by node; never ranged over
	ready []interface{ Settled() bool } // who must be in place before calls start
	users *users

	nats        map[string]*nat.Node        // by name; never ranged over
	attackers   map[string]*tamper.Attacker // by name; never ranged over
	controllers map[string]*alg.ALG
	gateways    map[string]*mediagw.Gateway
	mgcs        map[string]*megaco.MGC
	mgs         map[string]*megaco.MG
	mrfcs       map[string]*mrfc.MRFC
	starters    []func(sim.Cause)
}

// build makes the world of a scenario. Entities are made in the order of names, so that numbering depends on the scenario
// alone.
func build(sc *scenarios.Scenario, k *sim.Kernel, obs nodes.Observer, engine nodes.Engine) (*world, error) {
	w := &world{
		file: &sc.File, k: k, links: map[string][2]*way{}, ues: map[string]*ue.UE{},
		nats: map[string]*nat.Node{}, attackers: map[string]*tamper.Attacker{}, controllers: map[string]*alg.ALG{}, gateways: map[string]*mediagw.Gateway{},
		mgcs: map[string]*megaco.MGC{}, mgs: map[string]*megaco.MG{}, mrfcs: map[string]*mrfc.MRFC{},
	}
	family := netem.IPv4
	if sc.File.Run.Family == "ipv6" {
		family = netem.IPv6
	}
	cfg := netem.Config{Families: family, MaxPackets: int(sc.File.Run.Limits.Packets)}
	if p, err := netip.ParsePrefix(sc.File.Run.Prefix); err == nil && p.Addr().Is4() {
		cfg.Prefix4 = p
	} else if err == nil {
		cfg.Prefix6 = p
	}
	w.net = netem.New(k, cfg)
	w.env = &nodes.Env{
		K: k, Net: w.net, Obs: obs, Engine: engine, Domain: domain, Scripts: map[string]*nodes.Script{},
		Addr:   w.addr,
		Secret: func(identity string) string { return "secret of " + identity },
		Ready:  w.settled,
	}
	if err := w.connect(); err != nil {
		return nil, err
	}
	if err := w.populate(); err != nil {
		return nil, err
	}
	return w, nil
}

// addr returns a node's primary address with the SIP port.
func (w *world) addr(node string) packet.AddrPort {
	h := w.net.Node(node).(*netem.Host)
	a := h.Addr(true)
	if !a.IsValid() {
		a = h.Addr(false)
	}
	return packet.AddrPort{Addr: a, Port: transport.SIPPort}
}

// connect makes hosts, routers, NATs and links, and the routes.
func (w *world) connect() error {
	f := w.file
	for _, name := range scenarios.Names(f.Nodes) {
		switch f.Nodes[name].Kind {
		case "router":
			w.net.AddRouter(name)
		case "attacker":
			w.net.AddMiddle(name)
		case "sip-attacker":
			w.attackers[name] = tamper.Add(w.net, name)
		case "tun":
			attach.AddGateway(w.net, name)
		default:
			w.net.AddHost(name)
		}
	}
	for _, name := range scenarios.Names(f.NATs) {
		w.nats[name] = nat.Add(w.net, name)
	}
	inside := map[string][]*netem.Interface{} // of NATs
	for _, name := range scenarios.Names(f.Links) {
		l := f.Links[name]
		cfg := netem.LinkConfig{AName: iface(l.Between[0], name), BName: iface(l.Between[1], name)}
		var ways [2]*way
		for i, d := range []*netem.DirectionConfig{&cfg.AtoB, &cfg.BtoA} {
			var err error
			if ways[i], *d, err = w.newWay(name, i, l.Toward(i)); err != nil {
				return fmt.Errorf("links.%s: %w", name, err)
			}
		}
		a, b, err := w.net.Connect(w.net.Node(l.Between[0].Node), w.net.Node(l.Between[1].Node), cfg)
		if err != nil {
			return fmt.Errorf("links.%s: %w", name, err)
		}
		ways[0].start(a.Out)
		ways[1].start(b.Out)
		w.links[name] = ways
		for i, side := range []*netem.Interface{a, b} {
			if at := l.Between[i].Node; slices.Contains(f.NATs[at].Inside, name) {
				inside[at] = append(inside[at], side)
			}
		}
	}
	for _, name := range scenarios.Names(f.NATs) {
		cfg := f.NATs[name].Config()
		w.hostsOf(&cfg, f.NATs[name])
		if err := w.nats[name].Setup(cfg, inside[name]...); err != nil {
			return fmt.Errorf("nats.%s: %w", name, err)
		}
	}
	if err := w.net.ComputeRoutes(); err != nil {
		return err
	}
	for _, name := range scenarios.Names(f.NATs) {
		w.nats[name].RouteInside()
	}
	return nil
}

// hostsOf finds the addresses of nodes that a NAT has something of its own for.
func (w *world) hostsOf(c *nat.Config, n scenarios.NAT) {
	is4 := w.file.Run.Family != "ipv6"
	address := func(node string) packet.Addr { return netem.CoreOf(w.net.Node(node)).Addr(is4) }
	for _, node := range scenarios.Names(n.OneToOne) {
		c.Static = append(c.Static, nat.Static{In: address(node), Ext: packet.MustAddr(n.OneToOne[node])})
	}
	if n.DMZ != "" {
		c.DMZ = address(n.DMZ)
	}
}

func iface(e scenarios.Endpoint, link string) string {
	if e.Interface != "" {
		return e.Interface
	}
	return link
}

// populate makes the nodes.
func (w *world) populate() error {
	f := w.file
	for index, name := range scenarios.Names(f.Nodes) {
		host, _ := w.net.Node(name).(*netem.Host)
		var err error
		switch cfg := f.Nodes[name].Settings.(type) {
		case *scenarios.Router, *scenarios.TUN, *scenarios.Web:
		case *ue.Config:
			var u *ue.UE
			if u, err = ue.New(w.env, host, *cfg, index); err == nil {
				w.ues[name] = u
				w.ready = append(w.ready, u)
				w.starters = append(w.starters, u.Register)
			}
		case *pcscf.Config:
			var p *pcscf.PCSCF
			if p, err = pcscf.New(w.env, host, *cfg); err == nil {
				w.controllers[name] = p.ALG
			}
		case *ibcf.Config:
			var b *ibcf.IBCF
			if b, err = ibcf.New(w.env, host, *cfg); err == nil {
				w.controllers[name] = b.ALG
			}
		case *attacker.Config:
			_, err = attacker.New(w.env, host, *cfg, index)
		case *tamper.Config:
			w.attackers[name].Setup(w.env, *cfg)
		case *scscf.Config:
			_, err = scscf.New(w.env, host, *cfg)
		case *mrfc.Config:
			w.mrfcs[name], err = mrfc.New(w.env, host, *cfg)
		case *mediagw.Config:
			own := *cfg
			if own.ControlModel == "" {
				own.ControlModel = controlModel(f.Nodes[own.Controller].Settings)
			}
			var g *mediagw.Gateway
			if g, err = mediagw.New(w.env, host, own, index); err == nil {
				w.gateways[name] = g
				w.ready = append(w.ready, g)
				w.starters = append([]func(sim.Cause){g.Start}, w.starters...)
			}
		case *megaco.MGCConfig:
			w.mgcs[name], err = megaco.NewMGC(w.env, host, *cfg)
		case *megaco.MGConfig:
			var g *megaco.MG
			if g, err = megaco.NewMG(w.env, host, *cfg); err == nil {
				w.mgs[name] = g
				w.ready = append(w.ready, g)
				w.starters = append([]func(sim.Cause){g.Start}, w.starters...)
			}
		default:
			err = fmt.Errorf("kind %q cannot be built", f.Nodes[name].Kind)
		}
		if err != nil {
			return fmt.Errorf("nodes.%s: %w", name, err)
		}
	}
	return nil
}

// controlModel returns the control model of a gateway's controller.
func controlModel(settings any) string {
	switch c := settings.(type) {
	case *pcscf.Config:
		return c.ControlModel
	case *ibcf.Config:
		return c.ControlModel
	}
	return ""
}

// hosts names every address of the network, for captures.
func (w *world) hosts(each func(netip.Addr, string)) {
	for _, n := range w.net.Nodes() {
		for _, i := range netem.CoreOf(n).Interfaces() {
			for _, a := range i.Addrs {
				each(a.Netip(), i.String())
			}
		}
	}
}
