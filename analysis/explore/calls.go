package explore

import (
	"slices"
	"strings"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/scenarios"
	"imsim/scenarios/run"
	"imsim/sim"
)

// Scenario is what cells with gateways are runs of.
const Scenario = "nat-types-matrix"

// settings are what a cell changes in the scenario.
func (c Cell) settings() []string {
	set := []string{
		"nodes.ue-a.offer=" + c.Offer, "nodes.ue-b.answer=" + c.Answer,
	}
	for _, p := range []string{"nodes.pcscf1.", "nodes.pcscf2."} {
		switch c.Method {
		case Relay:
			set = append(set, p+"tcp-mode=relay")
		case Fwd:
			set = append(set, p+"nat-setup=keep")
		}
	}
	for i, class := range [2]Class{c.A, c.B} {
		if class.Public {
			set = append(set, [2][]string{
				{"nats.home=null", "links.outside=null", "links.access.between=[ue-a,edge]"},
				{"nats.home2=null", "links.outside2=null", "links.access2.between=[ue-b,edge2]"},
			}[i]...)
			continue
		}
		p := [2]string{"nats.home.", "nats.home2."}[i]
		set = append(set, p+"mapping="+dependencyKeys[class.Mapping], p+"filtering="+dependencyKeys[class.Filtering],
			p+"unsolicited="+answerKeys[class.Unsolicited],
			p+"ports=random") // so that none is right by chance
	}
	return set
}

// call plays a cell with gateways.
func call(c Cell, seed uint64) (Result, error) {
	sc, err := scenarios.Load(Scenario, scenarios.Options{Set: c.settings(), Seed: &seed})
	if err != nil {
		return Result{}, err
	}
	o := &steps{}
	seen := &refusals{}
	_, err = run.Run(sc, run.Options{
		Observer: o, Trace: seen.record, Unwatched: true,
		Started: func(_ *sim.Kernel, n *netem.Network) {
			seen.names = map[sim.Entity]string{}
			for node, name := range map[string]string{"home": "NAT A", "home2": "NAT B"} { //tidy:order a set
				if x := n.Node(node); x != nil {
					seen.names[netem.CoreOf(x).Entity()] = name
				}
			}
		},
	})
	if err != nil {
		return Result{}, err
	}
	r := Result{Cell: c, OK: o.outcome == "released" && o.delivered == 2}
	if r.OK {
		r.Reason = o.opened()
		return r, nil
	}
	r.Reason = strings.Join(append(seen.told(), o.failed()...), "; ")
	return r, nil
}

// steps are the milestones of a call that tell how it went.
type steps struct {
	outcome   string
	delivered int
	opener    [2]bool // sent a SYN: UE-A, UE-B
	reached   [2]bool // by a SYN: UE-A, UE-B
	rejected  string
	into      []string // gateways that opened towards their UE, which is in the way where a NAT is
	fails     []string
}

// Milestone notes a step.
func (s *steps) Milestone(m nodes.Milestone) {
	ue := map[string]int{"ue-a": 0, "ue-b": 1}
	i, isUE := ue[m.Node]
	switch m.Name {
	case nodes.SessionEnd:
		s.outcome = m.Detail
	case nodes.MSRPDelivered:
		s.delivered++
	case nodes.SYNSent:
		if isUE {
			s.opener[i] = true
		} else if m.Leg == "access" && !strings.HasPrefix(m.Detail, "#") {
			if t := "the SYN for UE-" + map[string]string{"agw1": "A", "agw2": "B"}[m.Node] + " goes to its private address, which leads nowhere"; !slices.Contains(s.into, t) {
				s.into = append(s.into, t)
			}
		}
	case nodes.CallRejected:
		if s.rejected == "" {
			s.rejected = m.Node + " refuses the offer"
		}
	case nodes.TCPFailed:
		if len(s.fails) == 0 {
			where := m.Node
			if m.Leg != "" {
				where += "/" + m.Leg
			}
			s.fails = append(s.fails, where+" "+m.Detail)
		}
	}
}

// WantsPDUs is false: messages are of no interest here.
func (s *steps) WantsPDUs() bool { return false }

// UpperPDU is not called.
func (s *steps) UpperPDU(string, string, string, sim.Time, bool, packet.AddrPort, packet.AddrPort, []byte) {
}

// Secrets are of no interest here.
func (s *steps) Secrets(string) {}

// opened says who opened.
func (s *steps) opened() string {
	switch s.opener {
	case [2]bool{true, true}:
		return "both opened towards their gateways"
	case [2]bool{true, false}:
		return "UE-A opened"
	case [2]bool{false, true}:
		return "UE-B opened"
	}
	return "gateways opened"
}

// failed says what was in the way.
func (s *steps) failed() (out []string) {
	if s.rejected != "" {
		return []string{s.rejected}
	}
	out = append(out, s.into...)
	if len(out) == 0 && s.opener == [2]bool{} {
		out = append(out, "nobody opens")
	}
	if len(out) == 0 && len(s.fails) > 0 {
		out = append(out, s.fails...)
	}
	if len(out) == 0 && s.opener[0] != s.opener[1] {
		out = append(out, "the SYN of UE-"+map[bool]string{true: "A", false: "B"}[s.opener[0]]+" finds no way to its partner")
	}
	return out
}
