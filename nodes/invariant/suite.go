package invariant

import (
	"strconv"

	"imsim/netem"
	"imsim/netem/packet"
	"imsim/nodes"
	"imsim/sim"
)

// Config says what a Suite is to expect.
type Config struct {
	Sessions  int      // planned; above SampleFrom packets are sampled
	Plaintext [][]byte // message bodies that must never be seen on a protected leg; those under 8 octets are ignored
	Truncate  []string // nodes that the scenario has close without close_notify
}

// SampleFrom is the number of sessions up to which the packets of all of them are looked at; above it, so many sessions
// are sampled that about SampleFrom remain.
const SampleFrom = 10_000

// Suite is all invariants of one run. It is the Observer between the nodes and whoever else observes them.
type Suite struct {
	nodes.Observer // who is told next
	now            func() sim.Time
	last           sim.Time
	book           book
	every          sim.SessionID // one session in so many has its packets looked at
	plaintext      [][]byte
	truncate       []string

	calls    map[callKey]*call
	done     ring[callKey]
	running  map[sim.SessionID]bool
	pending  map[string]pending // by node: a command that is not answered yet
	excused  bool               // an association was lost: the controller cannot clean up
	ends     map[packet.AddrPort]end
	contexts map[contextKey]*streams
	recent   ring[contextKey]
	flows    map[flowKey]*flow
	borders  map[string]*border         // by node
	doubtful map[sim.SessionID]bool     // that others may have been missed
	prints   map[sim.SessionID][]string // fingerprints that SDP has announced
	proofs   map[packet.AddrPort]proof  // by the gateway's address of a protected leg
}

// New makes the invariants of a run whose clock is now. next is told of everything after the Suite.
func New(cfg Config, now func() sim.Time, next nodes.Observer) *Suite {
	s := &Suite{
		Observer: next, now: now, every: 1, truncate: cfg.Truncate,
		calls: map[callKey]*call{}, running: map[sim.SessionID]bool{}, pending: map[string]pending{},
		ends: map[packet.AddrPort]end{}, contexts: map[contextKey]*streams{}, flows: map[flowKey]*flow{}, borders: map[string]*border{},
		doubtful: map[sim.SessionID]bool{}, prints: map[sim.SessionID][]string{}, proofs: map[packet.AddrPort]proof{},
	}
	if next == nil {
		s.Observer = nodes.Unobserved{}
	}
	if cfg.Sessions > SampleFrom {
		s.every = sim.SessionID((cfg.Sessions + SampleFrom - 1) / SampleFrom)
	}
	for _, b := range cfg.Plaintext {
		if len(b) >= 8 && len(s.plaintext) < 16 {
			s.plaintext = append(s.plaintext, b)
		}
	}
	for i := range s.book {
		s.book[i].Name = names[i]
	}
	return s
}

// Attach taps the interfaces of all hosts: what routers pass on was seen where it began.
func (s *Suite) Attach(n *netem.Network) {
	for _, node := range n.Nodes() {
		if node.Forwards() {
			continue
		}
		for _, i := range netem.CoreOf(node).Interfaces() {
			t := &tap{s: s, node: netem.CoreOf(node).Name()}
			if b := s.borders[t.node]; b != nil {
				t.border = &border{inside: b.inside, own: b.own, names: b.names}
			}
			i.AddTap(t.see)
		}
	}
}

// tick checks that time only goes forward.
func (s *Suite) tick(now sim.Time, node string) {
	s.book.checked(timeMonotone)
	if now < s.last {
		s.book.broken(timeMonotone, now, node, 0, "time went back from "+s.last.String())
	}
	s.last = now
}

// Left is something that a node must not hold when a run has ended by itself.
type Left struct {
	Node string
	What string // e.g. "contexts"
	N    int
}

// Finish closes the book. finished says that the run ended because nothing was left to happen: otherwise what is still
// under way is no violation. left is what the nodes say they hold, live the number of packets in use.
func (s *Suite) Finish(finished bool, live int, left []Left) []Result {
	now := s.last
	s.finishCalls(now)
	if finished {
		s.book.checked(packets)
		if live != 0 {
			s.book.broken(packets, now, "", 0, strconv.Itoa(live)+" packets neither delivered nor dropped")
		}
		for _, l := range left {
			if s.excused {
				break
			}
			s.book.checked(leftovers)
			if l.N != 0 {
				s.book.broken(leftovers, now, l.Node, 0, strconv.Itoa(l.N)+" "+l.What+" left")
			}
		}
		s.finishSessions(now)
		s.finishReplies(now)
	}
	return s.book[:]
}
