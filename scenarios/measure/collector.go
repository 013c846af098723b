package measure

import (
	"imsim/nodes"
	"imsim/scenarios"
	"imsim/sim"
)

// Config says what a Collector keeps.
type Config struct {
	Full   bool                    // every milestone
	Watch  []scenarios.Expectation // whose milestones are kept in any case
	Warmup sim.Time                // sessions that start before do not count in quantities
}

// FullSessions is the largest number of sessions of which everything is kept by default.
const FullSessions = 100

// Collector is a nodes.Observer that measures one run.
type Collector struct {
	nodes.Unobserved // but for milestones

	cfg     Config
	watch   map[string][]int // milestone name: indexes in watched
	watched []scenarios.Milestone

	seq      uint64
	sessions []*session // by number; nil: none of that number, or nothing kept of it
	order    []sim.SessionID
	loose    session // milestones of no session
	traffic  Traffic
}

// New makes a collector.
func New(cfg Config) *Collector {
	c := &Collector{cfg: cfg, watch: map[string][]int{}}
	for i := range cfg.Watch {
		for _, m := range references(cfg.Watch[i].Check) {
			c.watch[m.Name] = append(c.watch[m.Name], len(c.watched))
			c.watched = append(c.watched, m)
		}
	}
	return c
}

// Traffic returns what counts the run's traffic, for it to be told of the network.
func (c *Collector) Traffic() *Traffic { return &c.traffic }

// references lists the milestones that a check names.
func references(check any) []scenarios.Milestone {
	switch x := check.(type) {
	case *scenarios.MilestoneCheck:
		if x.Since != nil {
			return []scenarios.Milestone{x.Milestone, *x.Since}
		}
		return []scenarios.Milestone{x.Milestone}
	case *scenarios.OrderCheck:
		return x.Order
	case *scenarios.NeverCheck:
		return []scenarios.Milestone{x.Never}
	case *scenarios.CountCheck:
		return []scenarios.Milestone{x.Count.Milestone}
	}
	return nil
}

// entry is one milestone in the full ledger.
type entry struct {
	at                      sim.Time
	seq                     uint64
	node, leg, name, detail string
}

// sighting is what is kept of a watched milestone.
type sighting struct {
	at    sim.Time // of the occurrence asked for
	seq   uint64
	count int
}

// Milestone takes note of a milestone.
func (c *Collector) Milestone(m nodes.Milestone) {
	c.seq++
	s := c.session(&m)
	if c.cfg.Full {
		s.all = append(s.all, entry{m.At, c.seq, m.Node, m.Leg, m.Name, m.Detail})
	} else if list := c.watch[m.Name]; len(list) > 0 {
		c.sight(s, list, &m)
	}
	if s != &c.loose {
		s.note(&m)
	}
}

// session returns the session that a milestone belongs to.
func (c *Collector) session(m *nodes.Milestone) *session {
	id := m.Why.Session
	if id == 0 {
		return &c.loose
	}
	for int(id) >= len(c.sessions) {
		c.sessions = append(c.sessions, nil)
	}
	s := c.sessions[id]
	if s == nil {
		s = newSession()
		c.sessions[id] = s
	}
	if m.Name == nodes.SessionStart && s.start == none {
		c.order = append(c.order, id)
	}
	return s
}

func (c *Collector) sight(s *session, list []int, m *nodes.Milestone) {
	if s.seen == nil {
		s.seen = make([]sighting, len(c.watched))
	}
	for _, i := range list {
		w := &c.watched[i]
		if !w.Is(m.Node, m.Leg, m.Detail) {
			continue
		}
		x := &s.seen[i]
		if x.count++; x.count == w.N {
			x.at, x.seq = m.At, c.seq
		}
	}
}
