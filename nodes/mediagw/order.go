package mediagw

import (
	"encoding/hex"
	"strings"

	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// arm takes the events that the controller wants to hear of. Without Type an event stands for failures and releases; with
// Type = Est it asks for successes, too (§2.8 [I]).
func (t *termination) arm(e *h248.Events) {
	for _, s := range t.seps {
		x := s.state()
		s.request = e.ID
		x.Armed, s.wantsIdle = 0, false
		s.st.app.armed(0)
		for _, ev := range e.List {
			if ev.Stream != 0 && uint16(ev.Stream) != s.st.id {
				continue
			}
			success := false
			if p := h248.Find(ev.Parms, "Type"); p != nil {
				success = p.Value.Text == "Est"
			}
			switch {
			case success:
				x.Armed |= bearer.ArmSuccess
			case ev.Name == "tcpbcc/BNCChange":
				x.Armed |= bearer.ArmTCPFail | bearer.ArmTCPRel
				s.st.app.armed(bearer.ArmTCPRel)
			case ev.Name == "tlsbsc/BNCChange":
				x.Armed |= bearer.ArmTLSFail | bearer.ArmTLSRel
			case ev.Name == "simbha/msg":
				if s.aware != nil {
					s.aware.backhaul = true
				}
			case ev.Name == "adid/ipstop":
				s.wantsIdle = true
			}
		}
	}
}

// orders takes the signals for an endpoint: what they start begins after the reply.
func (s *sep) orders(sg *h248.Signals, after *[]func(), why sim.Cause) *h248.ErrorDescriptor {
	if sg == nil {
		return nil
	}
	x := s.state()
	for _, g := range sg.List {
		if g.Stream != 0 && uint16(g.Stream) != s.st.id {
			continue
		}
		ev := bearer.None
		switch g.Name {
		case "ipnapt/latch":
			mode := ""
			if p := h248.Find(g.Parms, "napt"); p != nil {
				mode = p.Value.Text
			}
			switch strings.ToUpper(mode) {
			case "LATCH":
				if s.latched && !s.latch { // a SYN that came before the order
					from := s.remote.String()
					*after = append(*after, func() { s.st.gw.Mark(why, s.name(), nodes.Latched, from) })
				}
				s.latch = true
			case "RELATCH":
				s.latch, s.latched = true, false
				s.announce()
			default:
				s.latch = false
			}
		case "tcpbcc/EstBNC":
			// E-15: an order that the role forbids is refused, and changes nothing.
			if x.TCPRole != bearer.Active && (x.TCP == bearer.TCPIdle || x.TCP == bearer.TCPHeld || x.TCP == bearer.TCPSynRcvd) {
				return fault(h248.ErrUnknownValue, "tcpbcc/EstBNC on a SEP that is not active")
			}
			ev = bearer.EstTCP
			why = s.st.gw.Mark(why, s.name(), nodes.OrderReceived, g.Name)
			if s.st.app.failed() {
				*after = append(*after, s.st.app.retry)
			}
		case "tcphp/punch":
			if x.TCPRole != bearer.Active {
				return fault(h248.ErrUnknownValue, "tcphp/punch on a SEP that is not active")
			}
			p := h248.Find(g.Parms, "x_keep")
			keep := p != nil && strings.EqualFold(p.Value.Text, "on")
			if x.TCP == bearer.TCPIdle {
				*after = append(*after, func() {
					s.punch = &punch{until: s.st.gw.K.Now().Add(s.st.gw.hpTime), next: sim.Never, keep: keep}
					s.st.input(s.side, bearer.EstTCP, "", why)
				})
			}
		case "mgastuns/astuns":
			if s.ice == nil {
				return fault(h248.ErrUnknownValue, "mgastuns/astuns on a SEP without a=ice-ufrag")
			}
			*after = append(*after, func() { s.ice.start(why) })
		case "simbha/msg":
			p := h248.Find(g.Parms, "head")
			if p == nil {
				return fault(h248.ErrUnknownValue, "simbha/msg without a head")
			}
			head, err := hex.DecodeString(p.Value.Text)
			if err != nil {
				return fault(h248.ErrUnknownValue, "simbha/msg: "+err.Error())
			}
			*after = append(*after, func() { s.edited(head, why) })
		case "tlsbsc/EstBNC":
			ev = bearer.EstTLS
			why = s.st.gw.Mark(why, s.name(), nodes.OrderReceived, g.Name)
		case "tcpbcc/RelBNC":
			ev = bearer.RelTCP
		case "tlsbsc/RelBNC":
			ev = bearer.RelTLS
		}
		if ev != bearer.None {
			*after = append(*after, func() { s.st.input(s.side, ev, "", why) })
		}
	}
	return nil
}
