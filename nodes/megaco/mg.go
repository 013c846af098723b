package megaco

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"imsim/internal/units"
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/transport"
	"imsim/sim"
)

// MG is a node with one or more scripted gateways.
type MG struct {
	entity
	cfg      MGConfig
	valid    h248.Validator
	gateways []*gateway
}

// gateway is one gateway of a node.
type gateway struct {
	m           *MG
	n           int
	local       uint16 // port
	reg         *h248.Registration
	timer       sim.Timer
	controllers []*control
	mwd         sim.Stream
	once        bool // has been registered
	holding
}

// control is a gateway's association with one of its controllers.
type control struct {
	*transport.H248
	g     *gateway
	n     int
	asked h248.TransactionID
}

// NewMG makes the gateways of a node on a host.
func NewMG(env *nodes.Env, host *netem.Host, cfg MGConfig) (*MG, error) {
	profile := cmp.Or(cfg.Profile, "simiq/1")
	m := &MG{cfg: cfg, valid: h248.Validator{Profile: h248.LookupProfile(profile), Without: cfg.Without}}
	m.entity = entity{env: env, rules: cfg.Answer, seen: make([]int, len(cfg.Answer))}
	m.Base = nodes.NewBase(env.K, host, cfg.Costs.Processors, env.Obs, m)
	cost := time.Duration(nodes.Or(cfg.Costs.Message, units.Duration(time.Millisecond)))
	for n := range max(cfg.Count, 1) {
		g := &gateway{m: m, n: n, local: transport.H248Text + uint16(n)}
		g.holding.init()
		ports := map[packet.Addr]*transport.H248Port{}
		for i, name := range cfg.Controllers {
			from, to := transport.H248Addresses(&m.Base, env.Net.Node(name))
			p := ports[from]
			if p == nil {
				var err error
				if p, err = transport.OpenH248(&m.Base, packet.AddrPort{Addr: from, Port: g.local}, h248.MG, cost); err != nil {
					return nil, fmt.Errorf("%s: %w", m.Name, err)
				}
				ports[from] = p
			}
			c := &control{g: g, n: i}
			c.H248 = p.Associate(cfg.H248.endpoint(h248.MG), packet.AddrPort{Addr: to, Port: transport.H248Text}, c)
			g.controllers = append(g.controllers, c)
		}
		g.reg = h248.NewRegistration(h248.RegistrationConfig{
			MGCs: len(g.controllers), Retry: time.Duration(cfg.Retry), Rounds: cmp.Or(cfg.Attempts, 10),
			Address: strconv.Itoa(int(g.local)), Profile: profile, Version: h248.DefaultVersion,
		})
		if cfg.MWD > 0 {
			g.mwd = env.K.Rand(m.Name + "#" + strconv.Itoa(n+1) + ".mwd")
		}
		m.gateways = append(m.gateways, g)
	}
	return m, nil
}

// Start boots the gateways.
func (m *MG) Start(why sim.Cause) {
	for _, g := range m.gateways {
		g.boot("901 Cold Boot", time.Duration(m.cfg.Boot), why)
	}
}

// Settled reports whether every gateway has been registered.
func (m *MG) Settled() bool {
	for _, g := range m.gateways {
		if !g.once {
			return false
		}
	}
	return true
}

// Contexts returns the number of contexts of all gateways.
func (m *MG) Contexts() (n int) {
	for _, g := range m.gateways {
		n += len(g.contexts)
	}
	return n
}

// Associations returns those with the controllers that the gateways belong to, or ask.
func (m *MG) Associations() (list []*transport.H248) {
	for _, g := range m.gateways {
		list = append(list, g.control().H248)
	}
	return list
}

// Send sends transactions of the first gateway to its controller, in one message.
func (m *MG) Send(list [][]h248.Action, why sim.Cause) {
	m.send(m.gateways[0].control().H248, list, why)
}

// Restart makes the gateways lose all contexts; after a while they come back (H.248.1 §9.2, reason 902).
func (m *MG) Restart(down time.Duration, why sim.Cause) {
	m.jobs, m.open = nil, nil
	for _, g := range m.gateways {
		g.holding.init()
		for _, c := range g.controllers {
			c.Endpoint.Forget()
			c.Endpoint.SetReady(false)
			c.Mute(down > 0)
			c.asked = 0
		}
		g.boot("902 Warm Boot", down, why)
	}
}

// Leave takes the gateways out of service: by Graceful their contexts stay, by Forced they are lost.
func (m *MG) Leave(method h248.Method, delay time.Duration, why sim.Cause) {
	for _, g := range m.gateways {
		s := h248.Services{Method: method, Reason: "905 Termination Taken Out Of Service"}
		if method == h248.Graceful && delay > 0 {
			s.Delay, s.HasDelay = uint32(delay/time.Second), true
		}
		if method == h248.Forced {
			g.holding.init()
		}
		m.send(g.control().H248, [][]h248.Action{{h248.In(h248.NullContext, h248.ServiceChangeOf(h248.Root, s))}}, why)
	}
}

// Return brings the gateways back into service.
func (m *MG) Return(why sim.Cause) {
	for _, g := range m.gateways {
		reason := "900 Service Restored"
		if len(g.contexts) > 0 {
			reason = h248.CancelGraceful
		}
		g.boot(reason, 0, why)
	}
}

// Handle runs the timers of registration, and ends executions.
func (m *MG) Handle(n uint32) {
	if n >= firstJob {
		m.over(n)
		return
	}
	if g := m.gateways[n]; m.K.Due(&g.timer, m.Entity, n) {
		g.reg.Tick(m.K.Now(), m.Waited(g.reg.Waited(), "h248.mwd"))
		g.register()
	}
}

func (g *gateway) control() *control { return g.controllers[g.reg.MGC()] }

func (g *gateway) boot(reason string, pause time.Duration, why sim.Cause) {
	g.reg.Boot(g.m.K.Now(), why, pause+g.wait(), reason)
	g.register()
}

// wait draws a part of the maximum waiting delay (H.248.1 §9.2).
func (g *gateway) wait() time.Duration {
	if g.m.cfg.MWD == 0 {
		return 0
	}
	return time.Duration(g.mwd.Below(uint64(g.m.cfg.MWD) + 1))
}

// register carries out what the registration asks for.
func (g *gateway) register() {
	m := g.m
	for {
		a, ok := g.reg.Next()
		if !ok {
			break
		}
		c := g.controllers[a.MGC]
		c.Mute(false)
		c.Endpoint.SetReady(false)
		why := m.Mark(a.Cause, "", nodes.ServiceChangeSent, a.Services.Method.String()+", "+a.Services.Reason)
		c.asked = c.Request([]h248.Action{h248.In(h248.NullContext, h248.ServiceChangeOf(h248.Root, a.Services))}, why)
	}
	m.K.Arm(&g.timer, m.Entity, uint32(g.n), g.reg.Deadline())
}

// H248Answer takes a controller's reply.
func (c *control) H248Answer(id h248.TransactionID, reply *h248.Item, why sim.Cause) {
	g, m := c.g, c.g.m
	why = m.answered(reply, why)
	if id != c.asked {
		return
	}
	c.asked = 0
	redirect := -1
	for i := range reply.Actions {
		for j := range reply.Actions[i].Commands {
			if s := reply.Actions[i].Commands[j].Services; s != nil && s.MgcID != "" {
				redirect = g.named(s.MgcID)
			}
		}
	}
	g.reg.Answered(m.K.Now(), why, reply, redirect)
	if g.reg.State() == h248.Registered {
		g.once = true
		m.env.Ready(m.Mark(why, "", nodes.AssociationUp, ""))
	}
	g.register()
}

// named returns the place of a controller in the list, or -1.
func (g *gateway) named(mid string) int {
	for n, name := range g.m.cfg.Controllers {
		if transport.H248Names(mid, g.m.env.Net.Node(name)) {
			return n
		}
	}
	return -1
}

// H248Failed takes the loss of a request.
func (c *control) H248Failed(id h248.TransactionID, code h248.ErrorCode, why sim.Cause) {
	if code != 0 {
		c.g.m.Mark(why, "", nodes.TransactionAborted, strconv.Itoa(int(code)))
	}
	if id == c.asked {
		c.asked = 0
		c.g.reg.Failed(c.g.m.K.Now(), why)
		c.g.register()
	}
}

// H248Lost takes the loss of the controller.
func (c *control) H248Lost(why sim.Cause) {
	g := c.g
	if g.reg.MGC() != c.n || g.reg.State() != h248.Registered {
		return
	}
	why = g.m.Mark(why, "", nodes.AssociationLost, "")
	g.reg.Lost(g.m.K.Now(), why, g.wait())
	g.register()
}

// H248Transaction takes what a controller orders.
func (c *control) H248Transaction(id h248.TransactionID, actions []h248.Action, why sim.Cause) {
	g := c.g
	if g.reg.MGC() != c.n {
		c.Reply(id, h248.Item{Error: h248.Describe(h248.ErrUnauthorizedEntity, "")}, why)
		return
	}
	p := g.m.plan(actions)
	if p.silent {
		return
	}
	g.m.later(jobKey{c.H248, id}, p.after, why, func(why sim.Cause) { g.execute(c, id, actions, &p, why) })
}

// H248Aborted gives an execution up.
func (c *control) H248Aborted(id h248.TransactionID) { c.g.m.abort(jobKey{c.H248, id}) }
