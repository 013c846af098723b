package mediagw

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"imsim/internal/units"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/transport"
	"imsim/sim"
)

// associate makes the associations with the gateway's controllers, in the order of preference.
func (g *Gateway) associate() error {
	cost := time.Duration(nodes.Or(g.cfg.Costs.Message, units.Duration(time.Millisecond)))
	ports := map[packet.Addr]*transport.H248Port{}
	h := &g.cfg.H248
	for n, name := range g.controllerNames() {
		from, to := transport.H248Addresses(&g.Base, g.env.Net.Node(name))
		p := ports[from]
		if p == nil {
			var err error
			if p, err = transport.OpenH248(&g.Base, packet.AddrPort{Addr: from, Port: transport.H248Text}, h248.MG, cost); err != nil {
				return fmt.Errorf("%s: %w", g.Name, err)
			}
			ports[from] = p
		}
		a := &association{g: g, n: n}
		a.H248 = p.Associate(h.endpoint(), packet.AddrPort{Addr: to, Port: transport.H248Text}, a)
		g.controllers = append(g.controllers, a)
	}
	g.reg = h248.NewRegistration(h248.RegistrationConfig{
		MGCs: len(g.controllers), Retry: time.Duration(h.Retry), Rounds: cmp.Or(h.Attempts, 10),
		Address: strconv.Itoa(transport.H248Text), Profile: g.profile, Version: h248.DefaultVersion,
	})
	if h.MWD > 0 {
		g.mwd = g.env.K.Rand(g.Name + ".mwd")
	}
	return nil
}

// control returns the association with the controller that the gateway belongs to, or is asking.
func (g *Gateway) control() *association { return g.controllers[g.reg.MGC()] }

// wait draws a part of the maximum waiting delay, so that gateways which lost their power or their controller together do
// not come back together (H.248.1 §9.2).
func (g *Gateway) wait() time.Duration {
	if g.cfg.H248.MWD == 0 {
		return 0
	}
	return time.Duration(g.mwd.Below(uint64(g.cfg.H248.MWD) + 1))
}

// Start registers the gateway with its controller (cold boot).
func (g *Gateway) Start(why sim.Cause) { g.boot("901 Cold Boot", 0, why) }

func (g *Gateway) boot(reason string, down time.Duration, why sim.Cause) {
	g.reg.Boot(g.K.Now(), why, down+g.wait(), reason)
	g.register()
}

// register carries out what the registration asks for.
func (g *Gateway) register() {
	for {
		a, ok := g.reg.Next()
		if !ok {
			break
		}
		c := g.controllers[a.MGC]
		c.Mute(false)
		c.Endpoint.SetReady(false)
		why := a.Cause
		if g.associated {
			why = g.Mark(why, "", nodes.ServiceChangeSent, methodOf(&a.Services))
		}
		c.asked = c.Request([]h248.Action{h248.In(h248.NullContext, h248.ServiceChangeOf(h248.Root, a.Services))}, why)
	}
	g.K.Arm(&g.regTimer, g.Entity, slotRegister, g.reg.Deadline())
}

// methodOf is a ServiceChange in a few words.
func methodOf(s *h248.Services) string { return s.Method.String() + ", " + s.Reason }

// answered takes a controller's answer to a ServiceChange of ours.
func (g *Gateway) answered(a *association, reply *h248.Item, why sim.Cause) {
	a.asked = 0
	if !a.inControl() || g.reg.State() != h248.RegAsking {
		return // to a Graceful or Forced
	}
	g.reg.Answered(g.K.Now(), why, reply, g.named(redirect(reply)))
	if g.reg.State() == h248.Registered {
		g.associated = true
		g.env.Ready(g.Mark(why, "", nodes.AssociationUp, ""))
		held := g.held
		g.held = nil
		for _, h := range held {
			g.control().Request([]h248.Action{h.action}, h.why)
		}
		g.resume(why)
	}
	g.register()
}

// redirect returns the MgcIdToTry of a reply, "" for none.
func redirect(reply *h248.Item) string {
	for i := range reply.Actions {
		for j := range reply.Actions[i].Commands {
			if s := reply.Actions[i].Commands[j].Services; s != nil {
				return s.MgcID
			}
		}
	}
	return ""
}

// named returns the place of a controller in the list by the message identifier that another controller gave, or -1.
func (g *Gateway) named(mid string) int {
	for n, name := range g.controllerNames() {
		if transport.H248Names(mid, g.env.Net.Node(name)) {
			return n
		}
	}
	return -1
}

// controllerNames lists the nodes that may control the gateway, in the order of preference.
func (g *Gateway) controllerNames() []string {
	return append([]string{g.cfg.Controller}, g.cfg.H248.Secondary...)
}

// unanswered takes the loss of a ServiceChange of ours.
func (g *Gateway) unanswered(why sim.Cause) {
	g.control().asked = 0
	g.reg.Failed(g.K.Now(), why)
	g.register()
}

// lost takes the loss of the controller: media go on (F10), and the gateway looks for a controller.
func (g *Gateway) lost(why sim.Cause) {
	if g.reg.State() == h248.Registered || !g.associated {
		why = g.Mark(why, "", nodes.AssociationLost, "")
	}
	g.reg.Lost(g.K.Now(), why, g.wait())
	g.register()
}

// held is a report that waits for a controller (H.248.1 §11.2: nothing goes before the reply to ServiceChange).
type held struct {
	action h248.Action
	why    sim.Cause
}

// report sends a report to the controller, or keeps it until there is one.
func (g *Gateway) report(a h248.Action, why sim.Cause) {
	if g.reg.State() != h248.Registered {
		g.held = append(g.held, held{a, why})
		return
	}
	g.control().Request([]h248.Action{a}, why)
}

// serviceChange carries out a controller's ServiceChange. H.248.1 §7.2.8, §11.5: HandOff has the gateway announce itself to
// the controller that is named.
func (g *Gateway) serviceChange(c, r *h248.Command, after *[]func(), why sim.Cause) *h248.ErrorDescriptor {
	r.Services = &h248.Services{Profile: g.profile, Version: h248.DefaultVersion}
	if c.Services == nil || c.Services.Method != h248.HandOff {
		return nil
	}
	to := g.named(c.Services.MgcID)
	if to < 0 {
		return fault(h248.ErrUnknownValue, "MgcIdToTry = "+c.Services.MgcID)
	}
	why = g.Mark(why, "", nodes.ServiceChangeRecv, methodOf(c.Services))
	*after = append(*after, func() {
		g.reg.HandOff(g.K.Now(), why, to)
		g.register()
	})
	return nil
}
