package mediagw

import (
	"time"

	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// latches reports whether the endpoint takes the source of the first SYN for the remote address: by order (H.248.37), or of
// itself (spec reference §8.2, tcpImplicitLatch [S]) where it waits for a connection.
func (s *sep) latches() bool {
	return s.latch || s.st.gw.cfg.ImplicitLatch && s.punch == nil && s.state().TCPRole != bearer.Active
}

// source takes the source of the SYN at hand for the remote address, where that is to be latched or is not known.
func (s *sep) source(why sim.Cause) {
	if s.latches() && !s.latched || !s.remote.Addr.IsValid() {
		s.remote, s.latched = s.opening.Remote, true
		if s.latches() {
			s.st.gw.Mark(why, s.name(), nodes.Latched, s.remote.String())
		}
	}
	s.deadlock = deadline{}
}

// supervise starts latch deadlock supervision, where the controller wants to hear of it (spec reference §8.2).
func (s *sep) supervise(why sim.Cause) {
	d := time.Duration(s.st.gw.cfg.Timers.LatchDeadlock)
	if d == 0 || !s.wantsIdle || !s.latch || s.latched || s.deadlock.at != 0 || !s.state().Remote {
		return
	}
	s.deadlock = deadline{s.st.gw.K.Now().Add(d), why}
	s.armTimers(why)
}

// deadlocked reports that nothing has come to latch onto. It is no event of the correlation machine: the controller decides.
func (s *sep) deadlocked() {
	gw := s.st.gw
	why := gw.Waited(s.deadlock.why, "latchDeadlock")
	s.deadlock = deadline{}
	if s.latched || s.leaving {
		return
	}
	why = gw.Mark(why, s.term.realm, nodes.NotifySent, "no_latch")
	gw.report(h248.In(s.term.ctx.id, h248.NotifyOf(s.term.id, s.request, h248.ObservedEvent{
		Time: h248.Stamp(gw.K.Now()), Name: "adid/ipstop", Stream: h248.StreamID(s.st.id),
	})), why)
}
