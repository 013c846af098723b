package explore

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/scenarios"
	"imsim/scenarios/run"
	"imsim/sim"
)

// Scenario is what cells with gateways are runs of.
const Scenario = "nat-types-matrix"

// calls are the scenarios that cells are runs of, each read once: a cell differs from others of its variant by nothing but
// its NATs' behaviours.
type calls struct {
	mu   sync.Mutex
	read map[string]*scenarios.Scenario
}

// settings are what a cell changes in the scenario, its NATs' behaviours aside.
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
		}
	}
	return set
}

// scenario returns a cell's scenario.
func (l *calls) scenario(c Cell, seed uint64) (*scenarios.Scenario, error) {
	set := c.settings()
	key := strings.Join(set, " ")
	l.mu.Lock()
	sc, ok := l.read[key]
	if !ok {
		var err error
		if sc, err = scenarios.Load(Scenario, scenarios.Options{Set: set, Seed: &seed}); err != nil {
			l.mu.Unlock()
			return nil, err
		}
		if l.read == nil {
			l.read = map[string]*scenarios.Scenario{}
		}
		l.read[key] = sc
	}
	l.mu.Unlock()
	own := *sc
	own.File.NATs = maps.Clone(sc.File.NATs)
	for i, class := range [2]Class{c.A, c.B} {
		if !class.Public {
			name := [2]string{"home", "home2"}[i]
			n := own.File.NATs[name]
			// The class is of TCP; SIP over UDP finds the preset. Ports are drawn so that none is right by chance.
			n.TCP = &scenarios.NATTransport{Mapping: dependencyKeys[class.Mapping], Filtering: dependencyKeys[class.Filtering], Ports: "random"}
			n.Unsolicited = answerKeys[class.Unsolicited]
			own.File.NATs[name] = n
		}
	}
	return &own, nil
}

// play plays a cell with gateways.
func (l *calls) play(c Cell, seed uint64) (Result, error) {
	sc, err := l.scenario(c, seed)
	if err != nil {
		return Result{}, err
	}
	o := &steps{}
	lost := &astray{}
	_, err = run.Run(sc, run.Options{
		Observer: o, Unwatched: true, Trace: lost.record, Started: func(_ *sim.Kernel, n *netem.Network) { lost.watch(n) },
	})
	if err != nil {
		return Result{}, err
	}
	r := Result{Cell: c, OK: o.outcome == "released" && o.delivered == 2}
	if r.OK {
		r.Reason = o.opened()
		r.Cause = r.Reason
		return r, nil
	}
	r.Kind, r.Cause = o.failed(lost.list)
	r.Reason = strings.Join(append([]string{r.Cause}, o.fails...), "; ")
	return r, nil
}

// steps are the milestones of a call that tell how it went.
type steps struct {
	outcome   string
	delivered int
	opener    [2]bool // sent a SYN: UE-A, UE-B
	reached   [2]bool // by a SYN: UE-A, UE-B
	rejected  string
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
		}
	case nodes.CallRejected:
		if s.rejected == "" {
			s.rejected = m.Node + " refuses the offer: " + m.Detail
		}
	case nodes.TCPFailed:
		if len(s.fails) == 0 {
			where := m.Node
			if m.Leg != "" {
				where += "/" + m.Leg
			}
			s.fails = append(s.fails, where+": "+m.Detail)
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

// failed says what was in the way; lost are SYNs that found no way.
func (s *steps) failed(lost []string) (Kind, string) {
	switch {
	case s.rejected != "":
		return Rejected, s.rejected
	case len(lost) > 0:
		return Private, strings.Join(lost, "; ")
	case s.opener == [2]bool{}:
		return Shut, "nobody opens"
	}
	return Shut, "the call ends: " + s.outcome
}

// astray notes which gateways dropped packets for want of a route: to their UE's own address, which is behind a NAT.
type astray struct {
	texts map[sim.Entity]string
	list  []string
}

// watch says what a drop at either gateway would mean.
func (l *astray) watch(n *netem.Network) {
	l.texts = map[sim.Entity]string{}
	for i, name := range [2]string{"agw1", "agw2"} {
		if n.Node([2]string{"home", "home2"}[i]) != nil {
			l.texts[netem.CoreOf(n.Node(name)).Entity()] = name + " sends a SYN to " + names[i] + "'s private address, to which there is no route"
		}
	}
}

func (l *astray) record(_ sim.RecordID, r *sim.Record) {
	if r.Kind != "host.drop" && r.Kind != "router.drop" || r.Text != "no route" {
		return
	}
	if t := l.texts[r.Node]; t != "" && !slices.Contains(l.list, t) {
		l.list = append(l.list, t)
	}
}
