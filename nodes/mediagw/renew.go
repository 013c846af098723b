package mediagw

import (
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/sim"
)

// announce notes that the controller has announced a new connection for an endpoint that has one (RFC 4145 §5, spec
// reference §2.5 modification, E-28).
func (s *sep) announce() {
	if x := s.state(); x.Renewable() {
		x.Renew = true
	}
}

// renew begins the new connection beside the old one: make before break.
func (s *sep) renew(why sim.Cause) {
	gw := s.st.gw
	s.drop(why)
	s.renewals++
	s.next = bearer.NewLeg(&gw.Base, s.name(), s)
	s.next.Proto = s.proto
	if s.state().TCPRole == bearer.Active {
		if err := s.next.Dial(s.local, s.remote, gw.tcp, why); err != nil {
			gw.Mark(why, s.next.Name, nodes.TCPFailed, "unreachable")
			s.next = nil
		}
		return
	}
	s.source(why)
	s.next.Accept(*s.opening, gw.tcp, false)
	s.opening = nil
}

// renewal takes what happens on the new connection before it has taken the place of the old one. Where it fails, the old
// one stays.
func (s *sep) renewal(ev bearer.Event, why sim.Cause) {
	switch ev {
	case bearer.TCPUp:
		if !s.state().Renewable() {
			s.drop(why)
			return
		}
		s.term.stats.sent += uint64(s.leg.Written)
		s.term.stats.received += uint64(s.leg.Read)
		s.old, s.leg, s.next = s.leg, s.next, nil
		s.old.CloseTLS(why)
		s.old.FIN(why)
		s.old.DiscardInput(why)
		s.oldEnd = deadline{s.st.gw.K.Now().Add(s.st.gw.timers[bearer.Rel]), why}
		s.st.input(s.side, bearer.Renewed, "", why)
	case bearer.TCPFail, bearer.RstIn, bearer.TCPLost, bearer.TCPGone:
		s.next = nil
	}
}

// endOld resets the connection that was replaced, where its peer has not closed it within relTimer.
func (s *sep) endOld(now sim.Time) {
	if s.oldEnd.at == 0 || s.oldEnd.at > now {
		return
	}
	why := s.st.gw.Waited(s.oldEnd.why, bearer.Rel.String())
	s.oldEnd = deadline{}
	if s.old != nil && !s.old.Ended() {
		s.old.Reset(false, why)
	}
	if s.leaving {
		s.retire()
	}
}

// drop gives up a new connection that is not up.
func (s *sep) drop(why sim.Cause) {
	if s.next != nil {
		l := s.next
		s.next = nil
		l.Reset(false, why)
	}
}
