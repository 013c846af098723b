package megaco

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"imsim/internal/units"
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/h248"
	"imsim/nodes/transport"
	"imsim/sim"
)

// MGC is a scripted controller.
type MGC struct {
	entity
	cfg   MGCConfig
	ports map[packet.Addr]*transport.H248Port
	peers []*peer // in the order in which they came
	back  sim.Timer
	why   sim.Cause
}

// peer is a gateway as its controller sees it.
type peer struct {
	*transport.H248
	m        *MGC
	contexts map[h248.ContextID]bool // that are known; never ranged over
	audits   map[h248.TransactionID]bool
}

// NewMGC makes a controller on a host.
func NewMGC(env *nodes.Env, host *netem.Host, cfg MGCConfig) (*MGC, error) {
	m := &MGC{cfg: cfg, ports: map[packet.Addr]*transport.H248Port{}}
	m.entity = entity{env: env, rules: cfg.Answer, seen: make([]int, len(cfg.Answer))}
	m.Base = nodes.NewBase(env.K, host, cfg.Costs.Processors, env.Obs, m)
	cost := time.Duration(nodes.Or(cfg.Costs.Message, units.Duration(2*time.Millisecond)))
	for _, i := range host.Interfaces() {
		a := i.Addr(m.Addr)
		p, err := transport.OpenH248(&m.Base, packet.AddrPort{Addr: a, Port: transport.H248Text}, h248.MGC, cost)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		p.Accept = func(from packet.AddrPort) *transport.H248 { return m.associate(p, from).H248 }
		m.ports[a] = p
	}
	return m, nil
}

func (m *MGC) associate(p *transport.H248Port, with packet.AddrPort) *peer {
	g := &peer{m: m, contexts: map[h248.ContextID]bool{}, audits: map[h248.TransactionID]bool{}}
	g.H248 = p.Associate(m.cfg.H248.endpoint(h248.MGC), with, g)
	m.peers = append(m.peers, g)
	return g
}

// with returns the association with the gateway of a node; a node of several is its first.
func (m *MGC) with(node string) *peer {
	from, to := transport.H248Addresses(&m.Base, m.env.Net.Node(node))
	ap := packet.AddrPort{Addr: to, Port: transport.H248Text}
	for _, g := range m.peers {
		if g.Peer() == ap {
			return g
		}
	}
	return m.associate(m.ports[from], ap)
}

// Send sends transactions to the gateway of a node, in one message.
func (m *MGC) Send(node string, list [][]h248.Action, why sim.Cause) {
	m.send(m.with(node).H248, list, why)
}

// Associations returns the associations, for faults.
func (m *MGC) Associations() (list []*transport.H248) {
	for _, g := range m.peers {
		list = append(list, g.H248)
	}
	return list
}

// HandOff sends all gateways to another controller (H.248.1 §11.5, reason 903).
func (m *MGC) HandOff(to string, why sim.Cause) {
	mid := transport.H248MID(&m.Base, m.env.Net.Node(to))
	s := h248.Services{Method: h248.HandOff, Reason: "903 MGC Directed Change", MgcID: mid.String()}
	for _, g := range m.peers {
		m.send(g.H248, [][]h248.Action{{h248.In(h248.NullContext, h248.ServiceChangeOf(h248.Root, s))}}, why)
	}
}

// Restart takes the controller down for a while. It forgets what it was doing; when it is back it audits its gateways.
func (m *MGC) Restart(down time.Duration, why sim.Cause) {
	for _, g := range m.peers {
		g.Mute(true)
		g.Endpoint.Forget()
		g.contexts = map[h248.ContextID]bool{}
		clear(g.audits)
	}
	m.jobs, m.open = nil, nil
	m.why = why
	m.K.Arm(&m.back, m.Entity, 0, m.K.Now().Add(down))
}

// Handle ends executions and outages.
func (m *MGC) Handle(n uint32) {
	if n >= firstJob {
		m.over(n)
		return
	}
	if !m.K.Due(&m.back, m.Entity, 0) {
		return
	}
	why := m.Waited(m.why, "h248.restart")
	for _, g := range m.peers {
		g.Mute(false)
		g.audit(why)
	}
}

// audit asks a gateway what it holds (H.248.1 §7.2.5).
func (g *peer) audit(why sim.Cause) {
	id := g.m.send(g.H248, [][]h248.Action{{h248.In(h248.AllContexts,
		h248.Command{Verb: h248.AuditValue, Termination: "*", Descriptors: h248.Descriptors{Audit: &h248.Audit{}}})}}, why)
	g.audits[id] = true
}

// H248Answer takes a gateway's reply.
func (g *peer) H248Answer(id h248.TransactionID, reply *h248.Item, why sim.Cause) {
	why = g.m.answered(reply, why)
	if g.audits[id] {
		delete(g.audits, id)
		g.audited(reply, why)
		return
	}
	for i := range reply.Actions {
		a := &reply.Actions[i]
		for j := range a.Commands {
			if c := &a.Commands[j]; c.Error == nil && c.Verb == h248.Add {
				g.contexts[a.Context] = true
			}
		}
	}
}

// auditPause is the time before a gateway is audited again that was not ready for it. [I]
const auditPause = time.Second

// audited compares what a gateway holds with what is known: a context that is neither known nor to be kept is subtracted.
func (g *peer) audited(reply *h248.Item, why sim.Cause) {
	m := g.m
	if e := reply.FirstError(); e != nil && e.Code == h248.ErrBeforeServiceChange {
		// Our reply to its ServiceChange is still under way, or lost.
		m.later(jobKey{g.H248, 0}, auditPause, why, g.audit)
		return
	}
	kept := 0
	var orphans []h248.Action
	for i := range reply.Actions {
		a := &reply.Actions[i]
		if a.Error != nil || len(a.Commands) == 0 || a.Commands[0].Error != nil {
			continue
		}
		if g.contexts[a.Context] || m.cfg.Orphans == "keep" || slices.Contains(m.cfg.Keep, int(a.Context)) {
			g.contexts[a.Context] = true
			kept++
			continue
		}
		o := h248.Action{Context: a.Context}
		for j := range a.Commands {
			o.Commands = append(o.Commands, h248.SubtractOf(h248.TerminationID(strings.Clone(string(a.Commands[j].Termination)))))
		}
		orphans = append(orphans, o)
	}
	why = m.Mark(why, "", nodes.Audited, fmt.Sprintf("kept %d, orphans %d", kept, len(orphans)))
	for _, o := range orphans {
		m.send(g.H248, [][]h248.Action{{o}}, m.Mark(why, "", nodes.OrphanSubtracted, o.Context.String()))
	}
}

// H248Failed takes the loss of a transaction.
func (g *peer) H248Failed(id h248.TransactionID, code h248.ErrorCode, why sim.Cause) {
	delete(g.audits, id)
	if code != 0 {
		g.m.Mark(why, "", nodes.TransactionAborted, strconv.Itoa(int(code)))
	}
}

// H248Lost notes that the association is lost.
func (g *peer) H248Lost(why sim.Cause) { g.m.Mark(why, "", nodes.AssociationLost, "") }

// H248Transaction answers a gateway.
func (g *peer) H248Transaction(id h248.TransactionID, actions []h248.Action, why sim.Cause) {
	p := g.m.plan(actions)
	if p.silent {
		return
	}
	g.m.later(jobKey{g.H248, id}, p.after, why, func(why sim.Cause) { g.execute(id, actions, &p, why) })
}

// H248Aborted gives an execution up.
func (g *peer) H248Aborted(id h248.TransactionID) { g.m.abort(jobKey{g.H248, id}) }

func (g *peer) execute(id h248.TransactionID, actions []h248.Action, p *plan, why sim.Cause) {
	m := g.m
	reply := h248.Item{Kind: h248.Reply, ID: id, ImmAckRequired: p.ack}
	audit, failed, n := false, false, 0
	for i := range actions {
		if failed {
			break
		}
		out := h248.Action{Context: actions[i].Context}
		for j := range actions[i].Commands {
			c := &actions[i].Commands[j]
			rule := p.rules[n]
			n++
			r := h248.Command{Verb: c.Verb, Termination: c.Termination}
			why = m.received(c, why)
			switch {
			case rule != nil && rule.Error != 0:
				r.Error = h248.Describe(h248.ErrorCode(rule.Error), "")
			case c.Verb == h248.ServiceChange:
				r.Services = &h248.Services{Profile: c.Services.Profile, Version: c.Services.Version}
				if rule != nil && rule.Try != "" {
					r.Services = &h248.Services{MgcID: transport.H248MID(&m.Base, m.env.Net.Node(rule.Try)).String()}
					break
				}
				if c.Services.Method != h248.Graceful && c.Services.Method != h248.Forced {
					why = m.Mark(why, "", nodes.AssociationUp, c.Services.Method.String())
				}
				if !c.Services.KeepsContexts() {
					g.contexts = map[h248.ContextID]bool{}
				}
				switch c.Services.Method {
				case h248.Disconnected, h248.Failover, h248.HandOff:
					audit = true
				}
			case c.Verb == h248.Notify:
				e := c.ObservedEvents
				if actions[i].Context != h248.NullContext && !g.contexts[actions[i].Context] {
					r.Error = h248.Describe(h248.ErrUnknownContext, "")
				} else if e != nil && len(e.List) > 0 && e.List[0].Name == "it/ito" {
					m.Mark(why, "", nodes.InactivityRecv, "")
				} else if e != nil && len(e.List) > 0 && e.List[0].Name == "hangterm/thb" {
					m.Mark(why, "", nodes.HeartbeatReceived, string(c.Termination))
				}
			default:
				r.Error = h248.Describe(h248.ErrUnknownCommand, "")
			}
			out.Commands = append(out.Commands, r)
			if failed = r.Error != nil && !c.Optional; failed {
				break
			}
		}
		reply.Actions = append(reply.Actions, out)
	}
	g.Reply(id, reply, m.Mark(why, "", nodes.ReplySent, ""))
	if audit {
		g.audit(why)
	}
}
