package mediagw

import (
	"time"

	"imsim/netem/tcp"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/nodes/protocol/h248"
	"imsim/sim"
)

// punch is what an endpoint does that the controller has ordered to punch a hole (H.248.84, spec reference §8.5): it is
// strictly active and takes no SYN but one that meets its own, repeats its SYN every second, and gives up after hpTimer.
type punch struct {
	until sim.Time // hpTimer is over
	next  sim.Time // when to try again after an RST; sim.Never
	why   sim.Cause
	keep  bool // a failure is reported, and ends nothing (tcphp/punch, x_keep)
}

// config is the TCP of a punching endpoint's attempt, which ends with hpTimer.
func (p *punch) config(c tcp.Config, now sim.Time, every time.Duration) tcp.Config {
	c.SYNSchedule, c.InitialRTO, c.ConnectTimeout = tcp.Steady, every, p.until.Sub(now)
	return c
}

// again says whether a refused attempt is repeated: an RST is final, but with hp.retryOnRst.
func (p *punch) again(s *sep, cause string, why sim.Cause) bool {
	if p == nil {
		return false
	}
	gw := s.st.gw
	at := gw.K.Now().Add(gw.hpRetry)
	if cause != "refused" || !gw.cfg.HolePunch.RetryOnRST || at >= p.until {
		s.punch = nil
		if p.keep {
			s.miss(cause, why)
		}
		return p.keep
	}
	p.next, p.why = at, why
	s.newLeg()
	s.armTimers(why)
	return true
}

// miss reports that no hole was punched, and leaves the stream as it was before: what the partner has held is held on, until the
// controller has decided on another way (§8.5 step 6). Until then the endpoint has no role, and takes nothing. [SIM]
func (s *sep) miss(cause string, why sim.Cause) {
	x := s.state()
	x.TCP, x.TCPRole = bearer.TCPIdle, bearer.Undecided
	s.missed = true
	s.newLeg()
	s.armTimers(why)
	if x.Armed&bearer.ArmTCPFail != 0 {
		s.st.gw.notify(s, bearer.Out{Side: s.side, Action: bearer.NotifyTCPFail, Cause: cause}, why)
	}
}

// anew gives an endpoint that has missed another port: SYNs that are still under way to the one before mean the connection that
// has failed.
func (s *sep) anew() *h248.ErrorDescriptor {
	gw := s.st.gw
	local, ok := gw.local(s.term.realm)
	if !ok {
		return fault(h248.ErrInsufficientResources, "Insufficient resources: no free port")
	}
	gw.Host.Unlisten(s.local)
	gw.ports[s.local.Addr].put(s.local.Port)
	s.local, s.listening, s.missed = local, false, false
	return nil
}

// retry sends a SYN on a connection of its own, as the one before was refused.
func (p *punch) retry(s *sep) {
	gw := s.st.gw
	p.next = sim.Never
	why := gw.Waited(p.why, "hp.retry")
	s.dial(why)
}

// dial opens the endpoint's connection.
func (s *sep) dial(why sim.Cause) {
	gw := s.st.gw
	cfg := gw.tcp
	if s.punch != nil {
		cfg = s.punch.config(cfg, gw.K.Now(), gw.hpRetry)
		why = gw.Mark(why, s.name(), nodes.HolePunch, s.remote.String())
	}
	if err := s.leg.Dial(s.local, s.remote, cfg, why); err != nil {
		s.st.queue = append(s.st.queue, input{s.side, bearer.TCPFail, "unreachable", why})
	}
}
