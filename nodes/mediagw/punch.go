package mediagw

import (
	"time"

	"imsim/netem/tcp"
	"imsim/nodes"
	"imsim/nodes/bearer"
	"imsim/sim"
)

// punch is what an endpoint does that the controller has ordered to punch a hole (H.248.84, spec reference §8.5): it is
// strictly active and takes no SYN but one that meets its own, repeats its SYN every second, and gives up after hpTimer.
type punch struct {
	until sim.Time // hpTimer is over
	next  sim.Time // when to try again after an RST; sim.Never
	why   sim.Cause
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
		return false
	}
	p.next, p.why = at, why
	s.newLeg()
	s.armTimers(why)
	return true
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
