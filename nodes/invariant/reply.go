package invariant

import (
	"slices"
	"strings"

	"imsim/nodes"
	"imsim/sim"
)

// pending is an H.248 command that a node works at.
type pending struct {
	at   sim.Time
	id   sim.SessionID
	name string
}

// replies is rule (6): between a command and its reply nothing happens on the node's media legs, and no time passes.
func (s *Suite) replies(m *nodes.Milestone) {
	switch m.Name {
	case nodes.AddReceived, nodes.ModifyReceived, nodes.SubtractRecv:
		s.pending[m.Node] = pending{m.At, m.Why.Session, m.Name}
		return
	case nodes.ReplySent:
		p, ok := s.pending[m.Node]
		if !ok {
			return // to a command without a milestone, or one that was refused
		}
		s.book.checked(replyAtOnce)
		if m.At != p.at {
			s.breach(replyAtOnce, m, "reply "+m.At.Sub(p.at).String()+" after "+p.name)
		}
		delete(s.pending, m.Node)
		return
	}
	if len(s.pending) == 0 || !strings.HasPrefix(m.Name, "tcp.") && !strings.HasPrefix(m.Name, "tls.") {
		return
	}
	if p, ok := s.pending[m.Node]; ok {
		s.breach(replyAtOnce, m, m.Name+" on leg "+m.Leg+" between "+p.name+" and its reply")
	}
}

func (s *Suite) finishReplies(now sim.Time) {
	var open []string
	for node := range s.pending { //tidy:order sorted below
		open = append(open, node)
	}
	slices.Sort(open)
	for _, node := range open {
		s.book.broken(replyAtOnce, now, node, s.pending[node].id, "no reply to "+s.pending[node].name)
	}
}
