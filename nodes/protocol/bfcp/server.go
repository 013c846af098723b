package bfcp

import (
	"slices"
	"time"

	"imsim/sim"
)

// Policy says who decides on a floor (RFC 8855 §3).
type Policy uint8

// Floor policies.
const (
	FCFS    Policy = iota // first come, first served, within a priority
	Chaired               // its chair accepts or denies each request
)

// FloorConfig is one floor.
type FloorConfig struct {
	ID      uint16
	Policy  Policy
	Chair   uint16 // user; with Chaired
	Holders int    // at one time; 0: 1
	PerUser int    // ongoing requests of one user; 0: no limit. More get Error 8
}

// DefaultGrace is how long the floors of a user whose connection is gone are kept for it. [SIM]
const DefaultGrace = 10 * time.Second

// ServerConfig is a conference.
type ServerConfig struct {
	Conference uint32
	Users      []uint16 // nil: any
	Floors     []FloorConfig
	Grace      time.Duration // 0: DefaultGrace
	Keep       bool          // floors of a user that is gone stay with it for good
	TLSOnly    bool          // requests in clear get Error 9
}

// Server is the floor control server of one conference.
type Server struct {
	cfg      ServerConfig
	floors   []floor
	requests []*request // ongoing, in the order of their coming
	last     uint16     // floor request id
	peers    []*Peer
	away     []absence // users without a connection, in the order of their deadlines
	ready    []*Peer   // peers that may have outputs
	status   Message   // that is being put together
}

type floor struct {
	FloorConfig
	held int
}

// absence is a user whose connection is gone, with what it had.
type absence struct {
	user     uint16
	deadline sim.Time
	why      sim.Cause
}

// Peer is one client's connection.
type Peer struct {
	s       *Server
	user    uint16 // whose connection it is; 0: nobody has spoken
	bound   bool   // user has been told from outside
	secure  bool
	framer  Framer
	message Message
	watches []uint16 // floors whose state it wants (RFC 8855 §13.5)
	out     outputs
	listed  bool // in ready
	lost    bool
}

// NewServer makes a server. It panics when two floors have one id: that is ours.
func NewServer(cfg ServerConfig) *Server {
	if cfg.Grace == 0 {
		cfg.Grace = DefaultGrace
	}
	s := &Server{cfg: cfg}
	for _, f := range cfg.Floors {
		if s.floor(f.ID) != nil {
			panic("bfcp: two floors with one id")
		}
		f.Holders = max(f.Holders, 1)
		s.floors = append(s.floors, floor{FloorConfig: f})
	}
	return s
}

func (s *Server) floor(id uint16) *floor {
	for i := range s.floors {
		if s.floors[i].ID == id {
			return &s.floors[i]
		}
	}
	return nil
}

// Connect takes a new connection. user is who it belongs to as offer and answer said (RFC 8855 §9.1: others get Error 5), 0 when
// that is not known; secure says that it is protected.
func (s *Server) Connect(user uint16, secure bool) *Peer {
	p := &Peer{s: s, user: user, bound: user != 0, secure: secure}
	s.peers = append(s.peers, p)
	return p
}

// Input takes octets of a client's.
func (p *Peer) Input(now sim.Time, why sim.Cause, octets []byte) {
	if p.lost {
		return
	}
	p.framer.Push(octets)
	for !p.lost {
		b, ok := p.framer.Next()
		if !ok {
			return
		}
		if err := Parse(b, &p.message); err != nil || p.message.Version != Reliable {
			// RFC 8855 §6.1: over TCP what cannot be parsed ends the connection.
			p.add(Output{Kind: OutClose, Name: "malformed", Why: why})
			return
		}
		p.take(now, why)
	}
}

// Lost tells the server that a connection is gone. What its user has and waits for is kept for a while (RFC 8855 §13).
func (p *Peer) Lost(now sim.Time, why sim.Cause) {
	if p.lost {
		return
	}
	p.lost = true
	s := p.s
	s.peers = slices.DeleteFunc(s.peers, func(q *Peer) bool { return q == p })
	if p.user == 0 || s.cfg.Keep || s.peer(p.user) != nil || !s.has(p.user) {
		return
	}
	s.away = append(s.away, absence{p.user, now.Add(s.cfg.Grace), why})
}

// peer returns the connection of a user: the newest, where there are several.
func (s *Server) peer(user uint16) *Peer {
	for i := len(s.peers) - 1; i >= 0; i-- {
		if s.peers[i].user == user {
			return s.peers[i]
		}
	}
	return nil
}

func (s *Server) has(user uint16) bool {
	return slices.ContainsFunc(s.requests, func(r *request) bool { return r.user == user || r.by == user })
}

// Deadline returns when Tick is due.
func (s *Server) Deadline() sim.Time {
	if len(s.away) == 0 {
		return sim.Never
	}
	return s.away[0].deadline
}

// TimerCause returns what armed the deadline.
func (s *Server) TimerCause() sim.Cause {
	if len(s.away) == 0 {
		return sim.Cause{}
	}
	return s.away[0].why
}

// Tick takes the passing of time: who has not come back loses what it had.
func (s *Server) Tick(now sim.Time) { s.Expire(now, s.TimerCause()) }

// Expire is Tick with the cause of an owner that has recorded the wait.
func (s *Server) Expire(now sim.Time, why sim.Cause) {
	for len(s.away) > 0 && s.away[0].deadline <= now {
		user := s.away[0].user
		s.away = s.away[1:]
		for _, r := range slices.Clone(s.requests) {
			if r.by == user || r.user == user {
				s.end(r, ended(r.status), 0, why)
			}
		}
		s.settle(why)
	}
}

// ended is what the end of a request makes of it when its participant wants it so.
func ended(from Status) Status {
	if from == Granted {
		return Released
	}
	return Cancelled
}

// Revoke takes a floor away from all that hold it, by the server's own decision.
func (s *Server) Revoke(id uint16, why sim.Cause) {
	for _, r := range slices.Clone(s.requests) {
		if r.status == Granted && r.of(id) != nil {
			s.end(r, Revoked, 0, why)
		}
	}
	s.settle(why)
}

// Next returns the next output, and the connection that it is about.
func (s *Server) Next() (*Peer, Output, bool) {
	for len(s.ready) > 0 {
		p := s.ready[0]
		if o, ok := p.out.next(); ok {
			return p, o, true
		}
		p.listed = false
		s.ready = s.ready[1:]
	}
	s.ready = nil
	return nil, Output{}, false
}

func (p *Peer) add(o Output) {
	if p.lost {
		return
	}
	p.out.add(o)
	if !p.listed {
		p.listed = true
		p.s.ready = append(p.s.ready, p)
	}
}

// send encodes a message to the client. Texts are left out where they do not fit.
func (p *Peer) send(m *Message, why sim.Cause) {
	m.Version, m.Conference = Reliable, p.s.cfg.Conference
	b, err := m.AppendTo(nil)
	if err != nil {
		for i := range m.Requests {
			r := &m.Requests[i]
			r.Info, r.Has = "", r.Has&^(1<<ParticipantProvidedInfo)
		}
		if b, err = m.AppendTo(nil); err != nil {
			return // more floors in one request than 8 bits of length describe
		}
	}
	p.add(Output{Kind: OutSend, Primitive: m.Primitive, Transaction: m.Transaction, Code: m.Code, Octets: b, Why: why})
}
