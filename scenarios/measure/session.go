package measure

import (
	"time"

	"imsim/nodes"
	"imsim/sim"
)

// Outcome is what became of a session.
type Outcome string

// The outcomes of a session, and of a run whose sessions all had the same.
const (
	Established Outcome = "established" // still up at the end of the run
	Released    Outcome = "released"    // up, then ended in good order
	Rejected    Outcome = "rejected"    // refused by signalling
	Cancelled   Outcome = "cancelled"   // given up by the one who started it
	Failed      Outcome = "failed"      // broken before or after it was up
	Unfinished  Outcome = "unfinished"  // neither up nor ended when the run ended

	// Of runs only.
	Partial Outcome = "partial" // the sessions had several outcomes
	None    Outcome = "none"    // there was no session
)

// Outcomes lists all outcomes, those of runs at the end.
var Outcomes = []Outcome{Established, Released, Rejected, Cancelled, Failed, Unfinished, Partial, None}

// none stands for an instant that has not come.
const none = sim.Time(-1)

// session is what is kept of one session.
type session struct {
	class, from string

	start, up, end      sim.Time
	invite, answer      sim.Time // at from
	firstSYN, lastTCP   sim.Time // until the session is up
	firstHello, lastTLS sim.Time
	bye, released       sim.Time // at byeNode
	byeNode             string
	outcome             Outcome // as the end said; "": no end yet
	rejected            bool
	talk                [2]talk // by sender, in the order in which they first send
	delays              []time.Duration
	messages            uint32

	all  []entry    // full ledger only
	seen []sighting // watched milestones, otherwise
}

func newSession() *session {
	return &session{
		start: none, up: none, end: none, invite: none, answer: none, firstSYN: none, lastTCP: none, firstHello: none,
		lastTLS: none, bye: none, released: none, talk: [2]talk{{first: none}, {first: none}},
	}
}

// talk is the SENDs of one end on their way to the other.
type talk struct {
	from  string
	sent  []sim.Time // not yet received
	first sim.Time   // of the SENDs received since the last delivery
	skip  bool       // the next SEND received is the one that bound the session
}

// note takes the milestones that outcomes and quantities are made of.
func (s *session) note(m *nodes.Milestone) {
	switch m.Name {
	case nodes.SessionStart:
		once(&s.start, m.At)
		s.class, s.from = m.Detail, m.Node
	case nodes.SessionUp:
		once(&s.up, m.At)
	case nodes.SessionEnd:
		once(&s.end, m.At)
		s.outcome = Outcome(m.Detail)
	case nodes.CallRejected:
		s.rejected = s.rejected || m.Node == s.from
	case nodes.InviteSent:
		if m.Node == s.from {
			once(&s.invite, m.At)
		}
	case nodes.AnswerReceived:
		if m.Node == s.from {
			once(&s.answer, m.At)
		}
	case nodes.SYNSent:
		once(&s.firstSYN, m.At)
	case nodes.TCPEstablished:
		s.untilUp(&s.lastTCP, m.At)
	case nodes.ClientHelloSent:
		once(&s.firstHello, m.At)
	case nodes.TLSEstablished:
		s.untilUp(&s.lastTLS, m.At)
	case nodes.ByeSent:
		if s.bye == none {
			s.bye, s.byeNode = m.At, m.Node
		}
	case nodes.CallReleased:
		if m.Node == s.byeNode {
			once(&s.released, m.At)
		}
	case nodes.MSRPSendSent, nodes.MSRPSendReceived, nodes.MSRPBound, nodes.MSRPDelivered:
		s.message(m)
	}
}

func once(t *sim.Time, at sim.Time) {
	if *t == none {
		*t = at
	}
}

func (s *session) untilUp(t *sim.Time, at sim.Time) {
	if s.up == none || at == s.up {
		*t = at
	}
}

// message follows SENDs from one end to the other.
func (s *session) message(m *nodes.Milestone) {
	if m.Name == nodes.MSRPSendSent {
		for i := range s.talk {
			t := &s.talk[i]
			if t.from == "" {
				t.from = m.Node
			}
			if t.from == m.Node {
				t.sent = append(t.sent, m.At)
				return
			}
		}
		return
	}
	var t *talk // what m.Node receives
	for i := range s.talk {
		if s.talk[i].from != "" && s.talk[i].from != m.Node {
			t = &s.talk[i]
		}
	}
	if t == nil {
		return
	}
	switch m.Name {
	case nodes.MSRPBound: // RFC 4975 §5.4: bound by the first SEND, which need not carry a message
		t.skip = t.first == none
		t.first = none
	case nodes.MSRPSendReceived:
		if len(t.sent) == 0 {
			return
		}
		sent := t.sent[0]
		if t.sent = t.sent[1:]; len(t.sent) == 0 {
			t.sent = nil
		}
		if t.skip {
			t.skip = false
		} else {
			once(&t.first, sent)
		}
	case nodes.MSRPDelivered:
		s.messages++
		if t.first != none {
			s.delays = append(s.delays, m.At.Sub(t.first))
			t.first = none
		}
	}
}

// result is what became of the session so far.
func (s *session) result() Outcome {
	switch {
	case s.outcome == "" && s.up != none:
		return Established
	case s.outcome == "":
		return Unfinished
	case s.outcome == Released && s.up == none:
		return Failed // it ended in good order, but its media was never usable
	case s.outcome == Failed && s.up == none && s.rejected:
		return Rejected
	}
	return s.outcome
}

// between is the time from one instant to another, where both came.
func between(from, to sim.Time) (time.Duration, bool) {
	return to.Sub(from), from != none && to != none && to >= from
}
