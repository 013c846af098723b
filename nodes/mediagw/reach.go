package mediagw

import (
	"imsim/netem/packet"
	"imsim/nodes/bearer"
	"imsim/sim"
)

// apply makes the endpoint reachable in the way its configuration asks for, and tells the machine.
func (s *sep) apply(why sim.Cause, after *[]func()) {
	gw := s.st.gw
	switch {
	case s.listening:
	case s.relay != nil:
		gw.Host.Relay(s.local, s.relayPacket)
		s.listening = true
		return
	default:
		if err := gw.Host.Listen(s.local, s); err != nil {
			panic("mediagw: port pool gave out a port in use: " + err.Error())
		}
		s.listening = true
	}
	if s.relay != nil {
		return
	}
	*after = append(*after, func() { s.supervise(why) })
	if s.state().Link&bearer.TLSSameLeg != 0 {
		s.state().TLSClient = true // §9.6: the rule makes this end the TLS client
	}
	*after = append(*after, func() {
		if s.st.spliced(why) {
			return
		}
		if t := s.leg.TLS(); t != nil && len(s.fps) > 0 {
			s.leg.SetFingerprints(s.fps, why)
		}
		s.st.input(s.side, bearer.Configured, "", why)
	})
}

func (s *sep) relayPacket(p *packet.Packet) {
	if s.relay == nil {
		s.st.gw.Host.Discard(p, "no relay")
		return
	}
	s.relay.packet(p)
}

// close takes no new connection any more: the endpoint is subtracted, or was never made.
func (s *sep) close() {
	gw := s.st.gw
	if s.listening {
		if s.relay != nil {
			gw.Host.Relay(s.local, gw.late)
		} else {
			gw.Host.Unlisten(s.local)
		}
		s.listening = false
	}
	if s.ice != nil {
		s.ice.close()
	}
	s.retire()
}

// retire gives back port and timer slot once nothing of a closed endpoint is left. R-8: the port is used again only after
// its connection has ended.
func (s *sep) retire() {
	gw := s.st.gw
	if s.listening || s.retired || s.leg != nil && s.leg.Stream() != nil && !s.leg.Ended() || s.old != nil && !s.old.Ended() {
		return
	}
	s.retired = true
	gw.ports[s.local.Addr].put(s.local.Port)
	gw.K.Arm(&s.timer, gw.Entity, s.slot, sim.Never)
	gw.seps[s.slot] = nil
	gw.free = append(gw.free, s.slot)
}
