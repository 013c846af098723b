package invariant

import (
	"slices"
	"strings"

	"imsim/nodes"
	"imsim/sim"
)

// callKey names the part of a node in a session.
type callKey struct {
	node string
	id   sim.SessionID
}

// call is what is known of a node's legs in one session.
type call struct {
	legs     []legState
	leaving  bool
	resetAt  sim.Time // of the last RST on a leg that had not been closed in good order
	resetLeg string
	over     bool // in the ring of finished ones
}

// legState is what the milestones have said of one leg.
type legState struct {
	name string
	has  facts
}

type facts uint16

const (
	tcpUp facts = 1 << iota
	tcpGone
	hello
	tlsUp
	tlsBad // failed, or ended by an alert
	cnSent
	cnRcvd
	finRcvd
	reset
	shown // the truncation is in the milestones
	left  // we had closed the session when the FIN came (RFC 5246 §7.2.1 has nobody wait for the answer), or given it up (E-31)
)

func (f facts) all(g facts) bool { return f&g == g }
func (f facts) any(g facts) bool { return f&g != 0 }

// truncated reports a FIN on an established TLS leg whose close_notify never came.
func (f facts) truncated() bool { return f.all(finRcvd|tlsUp) && !f.any(cnRcvd|tlsBad) }

// Milestone checks a step and passes it on.
func (s *Suite) Milestone(m nodes.Milestone) {
	s.tick(m.At, m.Node)
	switch m.Name {
	case nodes.SessionStart:
		s.running[m.Why.Session] = true
	case nodes.SessionEnd:
		s.book.checked(sessionsEnded)
		if !s.running[m.Why.Session] {
			s.book.broken(sessionsEnded, m.At, m.Node, m.Why.Session, "a session ended that was not running")
		}
		delete(s.running, m.Why.Session)
	case nodes.AssociationLost:
		s.excused = true
	default:
		s.replies(&m)
		if m.Why.Session != 0 && concerns(m.Name) {
			s.step(&m)
		}
	}
	s.Observer.Milestone(m)
}

// concerns reports whether a milestone says something of a leg.
func concerns(name string) bool {
	return strings.HasPrefix(name, "tcp.") || strings.HasPrefix(name, "tls.") || name == nodes.Through ||
		name == nodes.NotifySent || name == nodes.SubtractRecv
}

func (s *Suite) step(m *nodes.Milestone) {
	key := callKey{m.Node, m.Why.Session}
	c := s.calls[key]
	if c == nil {
		c = &call{resetAt: -1}
		s.calls[key] = c
	}
	switch m.Name {
	case nodes.Through:
		// Rule (2): a stream is not connected through before its protected legs are; those of another connection, whose
		// names end otherwise, are nothing to it.
		s.book.checked(readyBeforeData)
		for i := range c.legs {
			if l := &c.legs[i]; nodes.OfStream(l.name, m.Leg) && l.has.any(hello) && !l.has.any(tlsUp) {
				s.breach(readyBeforeData, m, "through-connected before TLS is established on leg "+l.name)
			}
		}
		return
	case nodes.SubtractRecv, nodes.ByeSent, nodes.ByeReceived:
		c.leaving = true
		return
	}
	l := c.leg(m.Leg)
	switch m.Name {
	case nodes.SYNSent, nodes.SYNReceived:
		// A repetition belongs to the same attempt.
		if !strings.HasPrefix(m.Detail, "#") && (!l.has.any(tcpUp) || l.has.any(tcpGone|reset)) {
			s.judge(m, l)
			l.has = 0
			c.over = false
		}
	case nodes.TCPEstablished:
		l.has |= tcpUp
	case nodes.ClientHelloSent, nodes.ClientHelloRecv:
		s.within(m, l)
		l.has |= hello
	case nodes.HandshakeDone, nodes.TLSVerified:
		s.within(m, l)
	case nodes.TLSEstablished:
		s.within(m, l)
		l.has |= tlsUp
	case nodes.AlertSent, nodes.AlertReceived, nodes.TLSFailed:
		if m.Detail == "truncated" {
			l.has |= shown
		} else {
			l.has |= tlsBad
		}
	case nodes.CloseNotifySent:
		s.within(m, l)
		s.afterReset(m, c, l)
		l.has |= cnSent
		if c.leaving {
			l.has |= left // for signalling, whatever the processor has not come to yet
		}
	case nodes.CloseNotifyRecv:
		s.within(m, l)
		l.has |= cnRcvd
	case nodes.FINReceived:
		l.has |= finRcvd
		if l.has.any(cnSent) {
			l.has |= left
		}
	case nodes.FINSent:
		s.finSent(m, c, l)
	case nodes.RSTReceived:
		if !l.has.all(cnSent | cnRcvd) {
			c.resetAt, c.resetLeg = m.At, l.name
		}
		fallthrough
	case nodes.RSTSent:
		s.book.checked(noNotifyAfterRST)
		l.has |= reset
		s.settle(key, c)
	case nodes.TCPClosed, nodes.TCPFailed:
		l.has |= tcpGone
		s.settle(key, c)
	case nodes.NotifySent:
		if m.Detail == "truncated" {
			l.has |= shown
		}
	}
}

func (c *call) leg(name string) *legState {
	for i := range c.legs {
		if c.legs[i].name == name {
			return &c.legs[i]
		}
	}
	c.legs = append(c.legs, legState{name: name})
	return &c.legs[len(c.legs)-1]
}

func (s *Suite) breach(i int, m *nodes.Milestone, text string) {
	s.book.broken(i, m.At, m.Node, m.Why.Session, text)
}

// within is rule (1): TLS happens between the start and the end of its TCP connection.
func (s *Suite) within(m *nodes.Milestone, l *legState) {
	s.book.checked(tlsWithinTCP)
	switch {
	case !l.has.any(tcpUp):
		s.breach(tlsWithinTCP, m, m.Name+" before TCP is established on leg "+l.name)
	case l.has.any(tcpGone | reset):
		s.breach(tlsWithinTCP, m, m.Name+" after the end of TCP on leg "+l.name)
	}
}

// afterReset is rule (4): neither the leg that was reset nor, because of it, its partner says close_notify. A connection
// that had exchanged close_notify ended in good order (D9).
func (s *Suite) afterReset(m *nodes.Milestone, c *call, l *legState) {
	s.book.checked(noNotifyAfterRST)
	if l.has.any(reset) {
		s.breach(noNotifyAfterRST, m, "close_notify after RST on leg "+l.name)
	} else if c.resetAt == m.At && c.resetLeg != l.name && !c.leaving {
		s.breach(noNotifyAfterRST, m, "close_notify on leg "+l.name+" because of an RST on leg "+c.resetLeg)
	}
}

// finSent is rule (3): an established TLS leg that ends in good order says close_notify before FIN. A leg whose session
// has failed, or that answers a truncation here or on its partner (R-3, D7), does not end in good order.
func (s *Suite) finSent(m *nodes.Milestone, c *call, l *legState) {
	if !l.has.any(tlsUp) {
		l.has |= left // a handshake that ends behind our FIN makes no session to be truncated
		return
	}
	s.book.checked(notifyBeforeFIN)
	if l.has.any(cnSent|tlsBad) || slices.Contains(s.truncate, m.Node) || slices.ContainsFunc(c.legs, func(o legState) bool { return o.has.truncated() }) {
		return
	}
	s.breach(notifyBeforeFIN, m, "FIN without close_notify on leg "+l.name)
}

// judge is rule (5), asked when all is known of a connection: a truncation must show, to an end that still listens.
func (s *Suite) judge(m *nodes.Milestone, l *legState) {
	if !l.has.all(finRcvd | tlsUp) {
		return
	}
	s.book.checked(truncationShown)
	if l.has.truncated() && !l.has.any(shown|left) {
		s.breach(truncationShown, m, "FIN without close_notify on leg "+l.name+" passed for an orderly end")
	}
}

// settle lets go of a call whose connections have all ended, once some thousand others have ended after it.
func (s *Suite) settle(key callKey, c *call) {
	for i := range c.legs {
		if c.legs[i].has.any(tcpUp) && !c.legs[i].has.any(tcpGone|reset) {
			return
		}
	}
	if c.over {
		return
	}
	c.over = true
	if old, full := s.done.push(key); full {
		if o := s.calls[old]; o != nil && o.over {
			s.judgeAll(old, o)
			delete(s.calls, old)
		}
	}
}

func (s *Suite) judgeAll(key callKey, c *call) {
	for i := range c.legs {
		s.judge(&nodes.Milestone{At: s.last, Node: key.node, Why: sim.Cause{Session: key.id}}, &c.legs[i])
	}
}

// finishCalls judges what is still there.
func (s *Suite) finishCalls(sim.Time) {
	keys := make([]callKey, 0, len(s.calls))
	for k := range s.calls { //tidy:order sorted below
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b callKey) int {
		if a.id != b.id {
			return int(a.id) - int(b.id)
		}
		return strings.Compare(a.node, b.node)
	})
	for _, k := range keys {
		s.judgeAll(k, s.calls[k])
	}
}

// finishSessions names the sessions that never ended.
func (s *Suite) finishSessions(now sim.Time) {
	var open []sim.SessionID
	for id := range s.running { //tidy:order sorted below
		open = append(open, id)
	}
	slices.Sort(open)
	for _, id := range open {
		s.book.broken(sessionsEnded, now, "", id, "the session never ended")
	}
}
