package tamper

import (
	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/nodes/protocol/sip"
	"imsim/nodes/transport"
)

// Attacker is one SIP attacker: a router that reads along.
type Attacker struct {
	netem.Core
	base  nodes.Base // for milestones
	rules []Rule
	done  []int // messages that each rule has changed
}

// Add adds an attacker to a network.
func Add(n *netem.Network, name string) *Attacker {
	a := &Attacker{}
	n.Add(name, a)
	return a
}

// Setup gives the attacker its rules.
func (a *Attacker) Setup(env *nodes.Env, cfg Config) {
	a.rules, a.done = cfg.Rules, make([]int, len(cfg.Rules))
	a.base = nodes.Base{Name: a.Name(), K: env.K, Obs: env.Obs, Entity: a.Entity()}
}

// Forwards is true: routes lead through the attacker.
func (a *Attacker) Forwards() bool { return true }

// Receive passes a packet on, changed where it is SIP that a rule is about. Its sender's cause stays: what follows, follows
// from the packet.
func (a *Attacker) Receive(_ *netem.Interface, p *packet.Packet) {
	switch {
	case a.Owns(p.Dst):
		if !a.Echo(p) {
			a.Refuse(p, netem.RefusePort, 0, true, "not for forwarding")
		}
	case sipIn(p) && !a.tamper(p):
		a.Refuse(p, netem.RefusePort, 0, true, "dropped by a rule")
	default:
		a.Forward(p, false)
	}
}

// sipIn reports whether a packet is a whole datagram between SIP ports.
func sipIn(p *packet.Packet) bool {
	return p.Proto == packet.UDP && !p.Frag.IsFragment() && !p.Damaged &&
		(p.SrcPort == transport.SIPPort || p.DstPort == transport.SIPPort)
}

// tamper applies the rules to the message in a datagram, and reports whether it goes on.
func (a *Attacker) tamper(p *packet.Packet) bool {
	m, err := sip.Parse(p.Payload.Bytes())
	if err != nil {
		return true
	}
	touched := false
	for i := range a.rules {
		r := &a.rules[i]
		if r.Times > 0 && a.done[i] >= r.Times {
			continue
		}
		v := r.apply(m)
		if v == untouched {
			continue
		}
		a.done[i]++
		touched = true
		p.Cause = a.base.Mark(p.Cause, "", nodes.Tampered, r.Message+" "+r.Do)
		if v == dropped {
			return false
		}
	}
	if touched {
		p.Payload = packet.PayloadOf(m.Append(nil))
	}
	return true
}
